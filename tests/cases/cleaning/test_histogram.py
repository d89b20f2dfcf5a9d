import cv2
import numpy as np
import pytest

from readingroom.cases.cleaning import levels_of, match_levels, mean_levels
from readingroom.cases.cleaning.histogram import FLAT, stretch_levels
from readingroom.cases.cleaning.lightness import lightness


def picture(seed: int, mean: float, sd: float) -> np.ndarray:
    drawn = np.random.default_rng(seed).normal(mean, sd, (80, 90))
    return cv2.GaussianBlur(drawn, (0, 0), 1.5).clip(0, 255).astype(np.uint8)


def test_levels_become_those_of_another_picture_as_scikit_image_does_it() -> None:
    exposure = pytest.importorskip("skimage.exposure", reason="scikit-image comes with the extra 'radiomics'")
    dark, bright = picture(1, 60, 60), picture(2, 150, 160)
    reference = levels_of(bright)
    assert reference is not None
    made = match_levels(dark, reference)
    expected = exposure.match_histograms(dark, bright)
    assert np.abs(made - expected).mean() < 1.5
    assert abs(float(made.mean()) - bright.mean()) < 1


def test_equalising_is_that_of_opencv() -> None:
    dull = picture(3, 100, 50)
    assert np.abs(match_levels(dull, FLAT).astype(float) - cv2.equalizeHist(dull)).mean() < 4


def test_two_centres_of_different_brightness_become_alike(body: np.ndarray) -> None:
    scene = np.clip(body.astype(float) + np.random.default_rng(2).normal(0, 6, body.shape), 0, 255)
    here, there = (scene * 0.5 + 5).astype(np.uint8), (scene * 0.9 + 20).astype(np.uint8)
    reference = mean_levels([levels_of(here), levels_of(there)])
    assert reference is not None
    before = np.abs(here.astype(float) - there).mean()
    after = np.abs(match_levels(here, reference).astype(float) - match_levels(there, reference)).mean()
    assert after < before / 8


def test_the_mean_of_levels_is_taken_share_by_share_and_leaves_out_who_has_none() -> None:
    dark, light = np.full((4, 4), 40, np.uint8), np.full((4, 4), 100, np.uint8)
    assert set(mean_levels([levels_of(dark), None, levels_of(light)]) or ()) == {70.0}
    assert mean_levels([None]) is None


def test_only_what_is_inside_the_mask_counts() -> None:
    frame = picture(4, 90, 40)
    mask = np.zeros_like(frame)
    mask[20:60, 20:60] = 1
    assert levels_of(frame, mask) == levels_of(frame[20:60, 20:60])
    assert levels_of(frame, np.zeros_like(mask)) is None
    assert (match_levels(frame, FLAT, np.zeros_like(mask)) == frame).all()


def test_hues_stay(coloured: np.ndarray) -> None:
    dull = (coloured // 2 + 30).astype(np.uint8)
    made = match_levels(dull, FLAT)
    before, after = (cv2.cvtColor(one.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for one in (dull, made))
    middle = (coloured.max(axis=2) > 0) & (lightness(made) < 200)
    hue = [np.degrees(np.arctan2(one[..., 2], one[..., 1]))[middle] for one in (before, after)]
    assert np.abs(hue[1] - hue[0]).max() < 6


def test_percentiles_become_black_and_white() -> None:
    dull = np.tile(np.linspace(80, 120, 101), (10, 1)).astype(np.uint8)
    made = stretch_levels(dull, (0, 100))
    assert (made.min(), made.max()) == (0, 255)
    assert (np.diff(made[0].astype(int)) >= 0).all()


@pytest.mark.parametrize("value", [0, 77, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 3), (30, 40, 3)])
def test_a_constant_image_stays_constant(value: int, shape: tuple[int, ...]) -> None:
    plain = np.full(shape, value, np.uint8)
    assert len(np.unique(match_levels(plain, FLAT))) == 1
    assert (stretch_levels(plain, (1, 99)) == plain).all()
