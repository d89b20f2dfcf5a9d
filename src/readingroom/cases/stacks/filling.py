"""Filling: planes that arrive one after another, kept as small as their values allow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from readingroom.core.errors import ImageError

MOST_VOXELS = 1_000_000_000
"""Largest volume that is read: a CT of 512 x 512 has 3 800 planes of it."""

_INT16 = np.iinfo(np.int16)


class Filling:
    """A volume (D, H, W) in the making.

    Whole numbers are kept with 8 or 16 bits whatever they come as, all else as float32, so that a CT, which rescaling
    turns into floating point, takes two bytes a voxel.

    Args:
        shape: planes, rows and columns.
    """

    def __init__(self, shape: tuple[int, int, int]) -> None:
        voxels = int(np.prod(shape, dtype=np.int64))
        if voxels > MOST_VOXELS:
            said = " x ".join(map(str, shape))
            raise ImageError(f"{said} voxels, more than the {MOST_VOXELS} that are read", fix="Save it smaller")
        self.shape = shape
        self._made: npt.NDArray[Any] | None = None
        self.not_numbers = 0

    def put(self, first: int, slab: npt.NDArray[Any]) -> None:
        """Keep planes (n, H, W) from the place ``first`` on. Voxels that are not finite are counted, and black."""
        small = _smallest(self._finite(slab))
        if self._made is None:
            self._made = np.zeros(self.shape, small.dtype)
        common = _common(self._made.dtype, small.dtype)
        if common != self._made.dtype:
            self._made = self._made.astype(common)
        self._made[first : first + len(small)] = small

    def _finite(self, slab: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if not np.issubdtype(slab.dtype, np.floating):
            return slab
        bad = ~np.isfinite(slab)
        count = int(bad.sum())
        self.not_numbers += count
        if not count:
            return slab
        return np.where(bad, 0 if bad.all() else slab[~bad].min(), slab)

    def made(self) -> npt.NDArray[Any]:
        """The volume."""
        return np.zeros(self.shape, np.uint8) if self._made is None else self._made


def _smallest(slab: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if slab.dtype in (np.uint8, np.uint16, np.int16):
        return slab
    low, high = slab.min(), slab.max()
    if _INT16.min <= low and high <= _INT16.max:
        whole = slab.astype(np.int16)
        if np.issubdtype(slab.dtype, np.integer) or np.array_equal(whole, slab):
            return whole
    return slab.astype(np.float32)


def _common(first: np.dtype[Any], second: np.dtype[Any]) -> np.dtype[Any]:
    found = np.promote_types(first, second)
    return found if found in (np.uint8, np.uint16, np.int16) else np.dtype(np.float32)
