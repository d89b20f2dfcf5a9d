"""Fit: an image brought to a square, stretched or with its proportions kept."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Fit = Literal["stretch", "pad"]


def fit_square(pixels: Pixels, size: int, fit: Fit = "stretch") -> Pixels:
    """An image of 8 bits as a square.

    Args:
        pixels: (H, W) or (H, W, C).
        size: side of the square.
        fit: ``stretch``, or ``pad`` with black on two sides.

    Example:
        >>> fit_square(np.full((2, 4), 9, np.uint8), 4, "pad").tolist()
        [[0, 0, 0, 0], [9, 9, 9, 9], [9, 9, 9, 9], [0, 0, 0, 0]]
    """
    return _padded(pixels, size) if fit == "pad" else _resized(pixels, size, size)


def _resized(pixels: Pixels, height: int, width: int) -> Pixels:
    # Averaging over areas is what keeps a shrunk picture free of moiré.
    shrinks = pixels.shape[0] >= height and pixels.shape[1] >= width
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=how), dtype=np.uint8)


def _padded(pixels: Pixels, size: int) -> Pixels:
    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    inner = _resized(pixels, max(1, round(height * scale)), max(1, round(width * scale)))
    canvas = np.zeros((size, size, *pixels.shape[2:]), dtype=np.uint8)
    top, left = (size - inner.shape[0]) // 2, (size - inner.shape[1]) // 2
    canvas[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return canvas
