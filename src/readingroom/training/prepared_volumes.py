"""Prepared volumes: whole, at one spacing and in 8 bits, each in a file of its own, for they differ in extent."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from readingroom.cases.stacks.whole import WholeVolume
from readingroom.core.files import atomic_write, hash_value, read_json, write_json
from readingroom.core.progress import Progress, SilentProgress
from readingroom.reading.preprocessing import Pixels

_INDEX = "volumes.json"


@dataclass(frozen=True)
class PreparedVolumes:
    """A folder of prepared volumes, ``<row>.npy`` of (D, H, W), and a file that says where each lies in its patient.

    Args:
        path: the folder.
    """

    path: Path

    @cached_property
    def _affines(self) -> list[npt.NDArray[np.float64]]:
        return [np.array(affine) for affine in read_json(self.path / _INDEX)["affines"]]

    def __getstate__(self) -> dict[str, Any]:
        return {"path": self.path}

    def voxels(self, row: int) -> Pixels:
        """(D, H, W) 8 bit; pages are read from disk when they are touched."""
        return _mapped(self.path / f"{row}.npy")

    def affine(self, row: int) -> npt.NDArray[np.float64]:
        """(4, 4), from plane, row and column to x, y and z in mm (LPS)."""
        return self._affines[row]

    def moments(self, rows: npt.NDArray[np.int64]) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Mean and standard deviation over volumes, thrice, in units of full brightness."""
        counts = np.zeros(256)
        for row in rows:
            for plane in self.voxels(int(row)):
                counts += np.bincount(plane.ravel(), minlength=256)
        values, total = np.arange(256) / 255, max(counts.sum(), 1.0)
        mean = float(counts @ values / total)
        sd = max(float(np.sqrt(counts @ (values - mean) ** 2 / total)), 1e-3)
        return (mean,) * 3, (sd,) * 3


@lru_cache(maxsize=512)
def _mapped(path: Path) -> Pixels:
    return np.asarray(np.load(path, mmap_mode="r"))


def prepare_volumes(
    folder: Path,
    names: Sequence[str],
    prepare: Callable[[str], WholeVolume],
    *,
    key: str,
    progress: Progress | None = None,
) -> PreparedVolumes:
    """Prepare volumes into a folder, or find the folder that an earlier run made of the same volumes.

    Args:
        folder: where it is kept.
        names: of the volumes, in the order of the rows.
        prepare: name to volume.
        key: what decides the pixels besides the names.
        progress: where it is reported.
    """
    path = folder / hash_value([key, list(names)])[:16]
    if (path / _INDEX).is_file():
        return PreparedVolumes(path)
    progress = progress or SilentProgress()

    def place(row: int) -> list[list[float]]:
        made = prepare(names[row])
        with atomic_write(path / f"{row}.npy") as temporary, temporary.open("wb") as opened:
            np.save(opened, made.pixels)
        return [[float(value) for value in line] for line in made.affine]

    # Two at once: each thread holds a volume as it was read and as it becomes.
    with ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        affines = list(progress.track(pool.map(place, range(len(names))), "preparing volumes", len(names)))
    # Written last, so that a folder that has it is whole.
    write_json(path / _INDEX, {"affines": affines})
    return PreparedVolumes(path)
