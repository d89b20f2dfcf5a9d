"""Prepared images: decoded, cropped to the view and resized once a study, then shared by all readers and epochs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.format import open_memmap

from readingroom.core.files import atomic_write, hash_value
from readingroom.core.progress import Progress, SilentProgress
from readingroom.reading.preprocessing import Pixels

JUDGED = 64
"""Images that are judged in one batch."""

_MOST_VALUES = 64 * 3 * 224 * 224


@dataclass(frozen=True)
class PreparedImages:
    """A memory-mapped file of prepared images, or of their outlines.

    Args:
        path: ``.npy`` of (N, size, size, 3), 8 bit RGB; of (N, planes, size, size, C) for stacks; or of (N, size, size)
            for outlines.
    """

    path: Path

    @cached_property
    def pixels(self) -> Pixels:
        """One prepared image a row; pages are read from disk when they are touched."""
        return np.asarray(np.load(self.path, mmap_mode="r"))

    def __getstate__(self) -> dict[str, Any]:
        # Another process maps the file for itself instead of receiving its content.
        return {"path": self.path}

    @property
    def at_once(self) -> int:
        """How many are judged in one batch: 64, of stacks fewer, so that the memory holds them."""
        if self.pixels.ndim < 5:
            return JUDGED
        return max(1, min(JUDGED, _MOST_VALUES // int(np.prod(self.pixels.shape[1:]))))

    def moments(self, rows: npt.NDArray[np.int64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of each channel over images, in units of full brightness.

        Args:
            rows: images to measure: those of the training part.
        """
        total, squares, count = np.zeros(3), np.zeros(3), 0
        for row in rows:
            values = _present(self.pixels[row]).astype(np.float64)
            total += values.sum(axis=0)
            squares += np.square(values).sum(axis=0)
            count += len(values)
        count = max(count, 1)
        mean = total / count
        sd = np.sqrt(np.maximum(squares / count - mean**2, 1e-12))
        return tuple((mean / 255).tolist()), tuple(np.maximum(sd / 255, 1e-3).tolist())


def prepare_images(
    folder: Path,
    names: Sequence[str],
    prepare: Callable[[str], Pixels],
    *,
    shape: tuple[int, ...],
    key: str,
    what: str = "images",
    progress: Progress | None = None,
) -> PreparedImages:
    """Prepare images into one memory-mapped file, or find the file that an earlier run made of the same images.

    Args:
        folder: where the file is kept.
        names: images, in the order of the rows.
        prepare: name to an array of this shape.
        shape: of one prepared image, stack or outline.
        key: what decides the pixels besides the names: preprocessing, hashes of the files.
        what: shown with the progress.
        progress: where it is reported.
    """
    size = shape[-1] if len(shape) == 2 else shape[-2]
    path = folder / f"{hash_value([key, size, list(names)])[:16]}.npy"
    if path.is_file():
        return PreparedImages(path)
    progress = progress or SilentProgress()
    with atomic_write(path) as temporary:
        pixels = open_memmap(temporary, mode="w+", dtype=np.uint8, shape=(len(names), *shape))
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            # Each thread writes its own rows, so that finished images never wait in memory.
            done = pool.map(partial(_place, pixels, names, prepare), range(len(names)))
            for _ in progress.track(done, f"preparing {what} at {size} px", len(names)):
                pass
        pixels.flush()
    return PreparedImages(path)


def _present(pixels: Pixels) -> Pixels:
    """The values of an image as (n, 3); planes of a stack that are not there are left out, and grey counts thrice."""
    if pixels.ndim == 4:
        pixels = pixels[pixels.any(axis=(1, 2, 3))]
    return np.broadcast_to(pixels, (*pixels.shape[:-1], 3)).reshape(-1, 3)


def _place(pixels: Pixels, names: Sequence[str], prepare: Callable[[str], Pixels], row: int) -> None:
    pixels[row] = prepare(names[row])
