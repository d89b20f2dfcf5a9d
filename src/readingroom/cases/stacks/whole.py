"""Whole volumes at one spacing: each keeps its own extent, and every voxel its place in the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from readingroom.cases.stacks.choice import VolumeStack
from readingroom.cases.stacks.geometry import Affine, shear_of, skewed
from readingroom.cases.stacks.pixels import NO_WINDOW, Pixels, volume_window
from readingroom.cases.stacks.place import split_place
from readingroom.cases.stacks.read import read_stack
from readingroom.cases.stacks.resample import SKEWED, Grid, black_of
from readingroom.cases.stacks.sampling import Positions, grid_around, sample
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.window import WindowChoice
from readingroom.core.errors import ImageError

_AT_ONCE = 32
"""Planes that are resampled before they become 8 bits, so that no volume of floating point is ever whole in memory."""


@dataclass(frozen=True)
class WholeVolume:
    """A volume as a network sees it, patch by patch.

    Args:
        pixels: (D, H, W) 8 bit.
        affine: (4, 4), from plane, row and column of ``pixels`` to x, y and z in mm (LPS).
        notes: what was done.
    """

    pixels: Pixels
    affine: Affine
    notes: tuple[str, ...]


def read_whole_volume(path: str | Path, choice: VolumeStack, *, window: WindowChoice = "percentiles") -> WholeVolume:
    """Read a volume and bring all of it to a spacing.

    Args:
        path: as the case table names it; a place at its end is left aside.
        choice: with ``spacing``.
        window: how more than 8 bits become 8.

    Raises:
        ImageError: as `readingroom.cases.stacks.read.read_stack`, or rows and columns are not at right angles.
    """
    file, _ = split_place(path)
    stack = read_stack(file, choice)
    try:
        return whole_volume(stack, choice, window)
    except ImageError as error:
        raise ImageError(error.what, fix=error.fix, field=error.field, file=path) from error


def whole_volume(stack: LoadedStack, choice: VolumeStack, window: WindowChoice) -> WholeVolume:
    """The same of a stack that was read."""
    if stack.affine is None or stack.spacing_mm is None or choice.spacing is None:
        raise ImageError("the distances between voxels are not known", fix="Marks are given in mm: give an affine")
    if skewed(stack.affine):
        raise ImageError("rows and columns are not at right angles", fix=SKEWED)
    volume = np.asarray(stack.planes)
    shear = shear_of(stack.affine)
    steps = [wanted / has for wanted, has in zip(choice.spacing, stack.spacing_mm, strict=True)]
    grid = _grid(volume.shape, steps, shear)
    windowed, black = volume_window(stack, window), black_of(volume, stack.display.inverted)
    made = np.empty(tuple(map(len, grid)), np.uint8)
    how = ""
    for start in range(0, len(grid[0]), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        # A single plane says nothing of its distance to the next: it is sampled with the one before it.
        first = part.start - 1 if len(grid[0][part]) == 1 and start else part.start
        values = sample(volume, (grid[0][first : part.stop], grid[1], grid[2]), black, shear)[part.start - first :]
        made[part], how = windowed(values)
    notes = [*stack.facts.notes, f"resampled to {' x '.join(f'{mm:g}' for mm in choice.spacing)} mm, whole"]
    return WholeVolume(
        made, _affine_of(stack.affine, grid, steps, shear), (*notes, *([NO_WINDOW] * (how == "missing")))
    )


def _grid(shape: tuple[int, ...], steps: Sequence[float], shear: tuple[float, float]) -> Grid:
    """Positions that cover all of a volume, also where its planes are shifted against each other."""
    reach = [(0.0, 0.0), *(tuple(sorted((0.0, (shape[0] - 1) * shift))) for shift in shear)]
    made = [_along(length, low, high, step) for length, (low, high), step in zip(shape, reach, steps, strict=True)]
    return made[0], made[1], made[2]


def _along(length: int, low: float, high: float, step: float) -> Positions:
    whole = length + high - low
    # A hair less than a voxel more is no reason for another plane.
    return grid_around((length - 1 + high + low) / 2, max(1, int(np.ceil(whole / step - 1e-3))), step)


def _affine_of(affine: Affine, grid: Grid, steps: Sequence[float], shear: tuple[float, float]) -> Affine:
    """From places on the grid to mm."""
    to_voxel = np.eye(4)
    to_voxel[:3, :3] = np.diag(steps)
    to_voxel[:3, 3] = [positions[0] for positions in grid]
    unshift = np.eye(4)
    unshift[1, 0], unshift[2, 0] = -shear[0], -shear[1]
    return np.asarray(affine @ unshift @ to_voxel)


def to_mm(affine: Affine, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(N, 3) x, y, z in mm of places (N, 3): plane, row and column, not necessarily whole numbers.

    Example:
        >>> to_mm(np.diag([2.0, 1.0, 1.0, 1.0]), np.array([[1.0, 5.0, 0.0]])).tolist()
        [[2.0, 5.0, 0.0]]
    """
    return np.asarray(places @ affine[:3, :3].T + affine[:3, 3])


def to_places(affine: Affine, points_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The inverse of `to_mm`."""
    return np.asarray(np.linalg.solve(affine[:3, :3], (points_mm - affine[:3, 3]).T).T)
