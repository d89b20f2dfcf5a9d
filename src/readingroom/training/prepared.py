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


@dataclass(frozen=True)
class PreparedImages:
    """A memory-mapped file of prepared images, or of their outlines.

    Args:
        path: ``.npy`` of (N, size, size, 3), 8 bit RGB, or of (N, size, size).
    """

    path: Path

    @cached_property
    def pixels(self) -> Pixels:
        """(N, size, size, 3) or (N, size, size); pages are read from disk when they are touched."""
        return np.asarray(np.load(self.path, mmap_mode="r"))

    def __getstate__(self) -> dict[str, Any]:
        # Another process maps the file for itself instead of receiving its content.
        return {"path": self.path}

    def moments(self, rows: npt.NDArray[np.int64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation of each channel over images, in units of full brightness.

        Args:
            rows: images to measure: those of the training part.
        """
        total = np.zeros(3)
        squares = np.zeros(3)
        for row in rows:
            values = self.pixels[row].reshape(-1, 3).astype(np.float64)
            total += values.sum(axis=0)
            squares += np.square(values).sum(axis=0)
        count = len(rows) * self.pixels.shape[1] * self.pixels.shape[2]
        mean = total / count
        sd = np.sqrt(np.maximum(squares / count - mean**2, 1e-12))
        return tuple((mean / 255).tolist()), tuple(np.maximum(sd / 255, 1e-3).tolist())


def prepare_images(
    folder: Path,
    names: Sequence[str],
    prepare: Callable[[str], Pixels],
    *,
    size: int,
    key: str,
    channels: tuple[int, ...] = (3,),
    what: str = "images",
    progress: Progress | None = None,
) -> PreparedImages:
    """Prepare images into one memory-mapped file, or find the file that an earlier run made of the same images.

    Args:
        folder: where the file is kept.
        names: images, in the order of the rows.
        prepare: name to (size, size, *channels).
        size: side in pixels.
        key: what decides the pixels besides the names: preprocessing, hashes of the files.
        channels: ``(3,)`` for images, ``()`` for outlines.
        what: shown with the progress.
        progress: where it is reported.
    """
    path = folder / f"{hash_value([key, size, list(names)])[:16]}.npy"
    if path.is_file():
        return PreparedImages(path)
    progress = progress or SilentProgress()
    with atomic_write(path) as temporary:
        pixels = open_memmap(temporary, mode="w+", dtype=np.uint8, shape=(len(names), size, size, *channels))
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            # Each thread writes its own rows, so that finished images never wait in memory.
            done = pool.map(partial(_place, pixels, names, prepare), range(len(names)))
            for _ in progress.track(done, f"preparing {what} at {size} px", len(names)):
                pass
        pixels.flush()
    return PreparedImages(path)


def _place(pixels: Pixels, names: Sequence[str], prepare: Callable[[str], Pixels], row: int) -> None:
    pixels[row] = prepare(names[row])
