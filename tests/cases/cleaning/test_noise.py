import cv2
import numpy as np
import pytest

from readingroom.cases.cleaning import Denoise, denoise


def psnr(made: np.ndarray, clean: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / np.square(made.astype(float) - clean).mean()))


def noisy(clean: np.ndarray) -> np.ndarray:
    drawn = np.random.default_rng(7).normal(0, 12, clean.shape)
    return np.rint(clean + drawn).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("how", [Denoise(strength=12), Denoise(method="bilateral", strength=40)])
def test_what_is_left_is_nearer_to_the_truth(body: np.ndarray, how: Denoise) -> None:
    assert psnr(denoise(noisy(body), how), body) > psnr(noisy(body), body) + 5


@pytest.mark.parametrize("how", [Denoise(strength=14), Denoise(method="bilateral", strength=60)])
def test_colours_too(coloured: np.ndarray, how: Denoise) -> None:
    assert psnr(denoise(noisy(coloured), how), coloured) > psnr(noisy(coloured), coloured) + 3


def test_grey_is_what_opencv_makes_of_it(body: np.ndarray) -> None:
    dirty = noisy(body)
    assert (
        denoise(dirty, Denoise(strength=9, patch=5, search=15)) == cv2.fastNlMeansDenoising(dirty, None, 9, 5, 15)
    ).all()
    by_range = denoise(dirty, Denoise(method="bilateral", strength=20, reach=2))
    assert (by_range == cv2.bilateralFilter(dirty, -1, 20, 2)).all()


def test_colour_is_what_opencv_makes_of_it(coloured: np.ndarray) -> None:
    dirty = noisy(coloured)
    expected = cv2.fastNlMeansDenoisingColored(dirty[..., ::-1].copy(), None, 10, 10, 7, 21)[..., ::-1]
    assert (denoise(dirty, Denoise()) == expected).all()


def test_grey_in_three_channels_stays_grey(body: np.ndarray) -> None:
    dirty = noisy(body)
    made = denoise(np.repeat(dirty[..., None], 3, axis=2), Denoise())
    assert (made == denoise(dirty, Denoise())[..., None]).all()


@pytest.mark.parametrize("method", ["nlm", "bilateral"])
@pytest.mark.parametrize("value", [0, 77, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (30, 40), (3, 90, 3)])
def test_what_has_no_noise_stays_as_it_is(method: str, value: int, shape: tuple[int, ...]) -> None:
    plain = np.full(shape, value, np.uint8)
    assert (denoise(plain, Denoise.model_validate({"method": method})) == plain).all()
