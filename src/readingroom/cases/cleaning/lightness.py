"""Lightness: what is done to grey levels, done to colours so that their hues stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]


def is_grey(pixels: npt.NDArray[Any]) -> bool:
    """Whether an image has no colour: one channel, or equal ones."""
    if pixels.ndim == 2 or pixels.shape[-1] == 1:
        return True
    return bool((pixels[..., 0] == pixels[..., 1]).all() and (pixels[..., 0] == pixels[..., 2]).all())


def lightness(pixels: Pixels) -> Pixels:
    """Lightness of each pixel, 0 to 255: the value of grey, L* of the CIE's L*a*b* of colour.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits.

    Returns:
        (H, W).
    """
    if pixels.ndim == 2:
        return pixels
    if is_grey(pixels):
        return np.ascontiguousarray(pixels[..., 0])
    return np.ascontiguousarray(cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2LAB)[..., 0], dtype=np.uint8)


def on_lightness(pixels: Pixels, change: Callable[[Pixels], Pixels]) -> Pixels:
    """Change an image's lightness and nothing else.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits.
        change: from (H, W) to (H, W), 8 bits.

    Returns:
        The same shape.
    """
    if pixels.ndim == 2:
        return change(np.ascontiguousarray(pixels))
    if is_grey(pixels):
        return np.repeat(change(np.ascontiguousarray(pixels[..., 0]))[..., None], 3, axis=2)
    lab = cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_RGB2LAB)
    lab[..., 0] = change(np.ascontiguousarray(lab[..., 0], dtype=np.uint8))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), dtype=np.uint8)
