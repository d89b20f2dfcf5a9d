"""Noise: taken off an image of 8 bits, by OpenCV."""

from __future__ import annotations

import cv2
import numpy as np

from readingroom.cases.cleaning.lightness import Pixels, is_grey
from readingroom.cases.cleaning.section import Denoise


def denoise(pixels: Pixels, how: Denoise) -> Pixels:
    """Take noise off, by non-local means (Buades, Coll and Morel 2005) or a bilateral filter (Tomasi, Manduchi 1998).

    Args:
        pixels: (H, W) or (H, W, 3) RGB, 8 bits.
        how: method and strength.

    Returns:
        The same shape.
    """
    if pixels.ndim == 3 and is_grey(pixels):
        return np.repeat(denoise(pixels[..., 0], how)[..., None], 3, axis=2)
    smooth = _bilateral if how.method == "bilateral" else _non_local_means
    return np.asarray(smooth(np.ascontiguousarray(pixels), how), dtype=np.uint8)


def _bilateral(pixels: Pixels, how: Denoise) -> np.ndarray:
    return cv2.bilateralFilter(pixels, -1, how.strength, how.reach)


def _non_local_means(pixels: Pixels, how: Denoise) -> np.ndarray:
    if pixels.ndim == 2:
        return cv2.fastNlMeansDenoising(pixels, None, how.strength, how.patch, how.search)
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    made = cv2.fastNlMeansDenoisingColored(bgr, None, how.strength, how.strength, how.patch, how.search)
    return cv2.cvtColor(made, cv2.COLOR_BGR2RGB)
