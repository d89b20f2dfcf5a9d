import numpy as np
import pytest
import SimpleITK

from readingroom.cases.cleaning import Bias, correct_bias
from readingroom.core.errors import ImageError


def spread(values: np.ndarray, body: np.ndarray) -> float:
    tissue = values[body == 110].astype(float)
    return float(tissue.std() / tissue.mean())


def test_a_tissue_is_even_again(body: np.ndarray, field: np.ndarray) -> None:
    uneven = (body * field * 8).astype(np.uint16)
    made = correct_bias(uneven, Bias())
    assert made.dtype == np.uint16
    assert spread(uneven, body) > 0.2
    assert spread(made, body) < 0.04


def test_the_field_is_that_of_simpleitk(body: np.ndarray, field: np.ndarray) -> None:
    uneven = (body * field).astype(np.float32)
    image = SimpleITK.GetImageFromArray(uneven)
    mask = SimpleITK.OtsuThreshold(image, 0, 1)
    n4 = SimpleITK.N4BiasFieldCorrectionImageFilter()
    n4.SetMaximumNumberOfIterations([50] * 4)
    n4.Execute(SimpleITK.Shrink(image, [2, 2]), SimpleITK.Shrink(mask, [2, 2]))
    expected = uneven / np.exp(SimpleITK.GetArrayFromImage(n4.GetLogBiasFieldAsImage(image)))
    made = correct_bias(uneven, Bias(shrink=2))
    inside = SimpleITK.GetArrayFromImage(mask) > 0
    ratio = made[inside] / expected[inside]
    np.testing.assert_allclose(ratio, ratio.mean(), rtol=1e-3)


def test_an_image_keeps_its_brightness(body: np.ndarray, field: np.ndarray) -> None:
    uneven = body * field
    made = correct_bias(uneven, Bias())
    logarithms = [np.log(values[body > 0]).mean() for values in (uneven, made)]
    assert logarithms[1] == pytest.approx(logarithms[0], abs=0.02)


def test_a_volume_is_corrected_as_one(body: np.ndarray, field: np.ndarray) -> None:
    down = np.linspace(0.7, 1.4, 20, dtype=np.float32)[:, None, None]
    made = correct_bias(down * body * field, Bias())
    assert made.shape == (20, 96, 96)
    means = [plane[body == 110].mean() for plane in made]
    assert np.std(means) / np.mean(means) < 0.05


def test_grey_in_three_channels_is_grey(body: np.ndarray, field: np.ndarray) -> None:
    uneven = (body * field * 0.6).astype(np.uint8)
    made = correct_bias(np.repeat(uneven[..., None], 3, axis=2), Bias())
    assert (made == correct_bias(uneven, Bias())[..., None]).all()


def test_colours_are_refused(coloured: np.ndarray) -> None:
    with pytest.raises(ImageError, match=r"colours.*Take bias out of input\.clean"):
        correct_bias(coloured, Bias())


def test_hounsfield_units_are_refused() -> None:
    with pytest.raises(ImageError, match="below 0, found -1000"):
        correct_bias(np.array([[-1000.0, 40.0]] * 20, np.float32), Bias())


@pytest.mark.parametrize("value", [0, 90, 255])
@pytest.mark.parametrize("shape", [(1, 1), (40, 40), (3, 300)])
def test_what_has_no_field_stays_as_it_is(value: int, shape: tuple[int, int]) -> None:
    plain = np.full(shape, value, np.uint8)
    assert (correct_bias(plain, Bias()) == plain).all()
