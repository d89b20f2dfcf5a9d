"""Sharpness and exposure within the view."""

from __future__ import annotations

import cv2
import numpy as np

from readingroom.cases.quality import measure_quality


def texture(height: int = 300, width: int = 380) -> np.ndarray:
    rng = np.random.default_rng(1)
    grey = rng.integers(60, 200, (height // 4, width // 4), dtype=np.uint8)
    return np.dstack([cv2.resize(grey, (width, height), interpolation=cv2.INTER_CUBIC)] * 3)


def everywhere(pixels: np.ndarray) -> np.ndarray:
    return np.ones(pixels.shape[:2], np.uint8)


def test_blurring_lowers_sharpness_until_it_is_complained_of() -> None:
    sharp = texture()
    measured = [measure_quality(cv2.GaussianBlur(sharp, (0, 0), s), everywhere(sharp)) for s in (0.1, 1, 3, 9)]
    assert [m.blur for m in measured] == sorted((m.blur for m in measured), reverse=True)
    assert measured[0].complaints == ()
    assert measured[-1].complaints == ("blurred",)


def test_the_edge_of_the_view_is_not_taken_for_sharpness() -> None:
    flat = np.full((200, 260, 3), 150, np.uint8)
    mask = np.zeros((200, 260), np.uint8)
    cv2.circle(mask, (130, 100), 90, 1, -1)
    flat[mask == 0] = 0
    assert measure_quality(flat, mask).blur == 0.0


def test_exposure_is_measured_inside_the_view_only() -> None:
    pixels = texture()
    mask = everywhere(pixels)
    mask[:, :190] = 0
    pixels[:, :190] = 0
    pixels[:150, 190:285] = 255
    measured = measure_quality(pixels, mask)
    assert measured.dark_share < 0.01
    assert abs(measured.bright_share - 0.25) < 0.02
    assert "overexposed" in measured.complaints


def test_a_dark_image_is_underexposed() -> None:
    assert "underexposed" in measure_quality((texture() * 0.1).astype(np.uint8), everywhere(texture())).complaints


def test_a_view_with_nothing_to_see_is_dark_and_not_an_error() -> None:
    pixels = texture(40, 40)
    assert measure_quality(pixels, np.zeros((40, 40), np.uint8)).dark_share == 1.0


def test_sharpness_hardly_depends_on_the_size_of_a_large_view() -> None:
    small = texture(384, 384)
    large = cv2.resize(small, (1152, 1152), interpolation=cv2.INTER_CUBIC)
    a, b = measure_quality(small, everywhere(small)), measure_quality(large, everywhere(large))
    assert abs(a.blur / b.blur - 1) < 0.2
