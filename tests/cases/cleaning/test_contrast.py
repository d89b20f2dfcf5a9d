import cv2
import numpy as np
import pytest

from readingroom.cases.cleaning import Clahe, raise_contrast


def test_low_contrast_is_raised_as_opencv_does_it(body: np.ndarray) -> None:
    dull = (body // 8 + 100 + np.random.default_rng(5).integers(0, 6, body.shape)).astype(np.uint8)
    made = raise_contrast(dull, Clahe(clip=3, tiles=4))
    assert (made == cv2.createCLAHE(3, (4, 4)).apply(dull)).all()
    assert made.std() > 1.5 * dull.std()


def test_colours_keep_their_hue(coloured: np.ndarray) -> None:
    lab = cv2.cvtColor(coloured, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(2, (8, 8)).apply(np.ascontiguousarray(lab[..., 0]))
    assert (raise_contrast(coloured, Clahe()) == cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)).all()


def test_grey_in_three_channels_stays_grey(body: np.ndarray) -> None:
    made = raise_contrast(np.repeat(body[..., None], 3, axis=2), Clahe())
    assert (made == raise_contrast(body, Clahe())[..., None]).all()


@pytest.mark.parametrize("value", [0, 77, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (30, 40, 3), (3, 90)])
def test_a_constant_image_stays_constant(value: int, shape: tuple[int, ...]) -> None:
    assert len(np.unique(raise_contrast(np.full(shape, value, np.uint8), Clahe()))) == 1
