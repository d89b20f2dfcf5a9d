"""Noise fields: smooth random maps that tile without a seam, from which every texture of a phantom is made."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""A map of single-precision numbers, (H, W) unless said otherwise."""

_MARGIN = 3  # cells of wrap on each side, so that cubic interpolation sees its neighbours across the seam


def smooth_noise(rng: np.random.Generator, side: int, cells: int) -> Field:
    """A periodic map of blobs about one cell wide, zero mean and unit standard deviation.

    Args:
        rng: where the numbers come from.
        side: pixels of a side; a multiple of ``cells``.
        cells: blobs along a side, at least 3.

    Returns:
        Map (side, side).

    Example:
        >>> smooth_noise(np.random.default_rng(1), 64, 8).shape
        (64, 64)
    """
    return fractal_noise(rng, side, cells, octaves=1)


def fractal_noise(rng: np.random.Generator, side: int, cells: int, octaves: int, gain: float = 0.5) -> Field:
    """Smooth noise at several scales, each twice as fine and ``gain`` times as strong as the one before.

    Returns:
        Map (side, side), periodic, zero mean and unit standard deviation.
    """
    field = rng.standard_normal((cells, cells), dtype=np.float32)
    for level in range(1, octaves):
        field = _enlarge(field, 2)
        field += np.float32(gain**level) * rng.standard_normal(field.shape, dtype=np.float32)
    field = _enlarge(field, side // len(field))
    some = field[::2, ::2]
    return np.asarray((field - some.mean()) / max(float(some.std()), 1e-6), np.float32)


def _enlarge(field: Field, times: int) -> Field:
    """Cubic interpolation to so many times the side, across the seam too."""
    wrapped = np.pad(field, _MARGIN, mode="wrap")
    large = cv2.resize(wrapped, None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
    inside = slice(_MARGIN * times, (_MARGIN + len(field)) * times)
    return np.array(large[inside, inside], np.float32)


def tile_of(*fields: Field) -> NDArray[np.float32]:
    """Fields side by side as the channels of one tile (S, S, C), so that one look-up serves all."""
    return np.asarray(cv2.merge(fields), np.float32)


def sample(tile: NDArray[np.float32], x: Field, y: Field) -> NDArray[np.float32]:
    """Values of a tile at places given in pixels of the tile, which repeats without end.

    Args:
        tile: (S, S) or (S, S, C).
        x: columns (H, W), any real number.
        y: rows (H, W).

    Returns:
        (H, W) or (H, W, C), interpolated linearly.
    """
    return np.asarray(cv2.remap(tile, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)


def smoothstep(low: float, high: float, values: Field) -> Field:
    """Zero up to ``low``, one from ``high``, an S between them (falls where ``low`` is above ``high``)."""
    t = (values - np.float32(low)) * np.float32(1 / (high - low))
    np.maximum(t, 0, out=t)
    np.minimum(t, 1, out=t)
    return np.asarray(t * t * (3 - 2 * t), np.float32)
