"""Resampling: a volume brought to the planes, rows and columns that a network sees, and what that left out said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from readingroom.cases.fit import Fit
from readingroom.cases.stacks.choice import VolumeStack
from readingroom.cases.stacks.geometry import place_of, shear_of, skewed
from readingroom.cases.stacks.place import Point
from readingroom.cases.stacks.sampling import Positions, grid_around, sample, whole_grid
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.core.errors import ImageError

Grid = tuple[Positions, Positions, Positions]

_POINT_FIX = (
    "Write x y z in mm of DICOM's patient axes; "
    "programs for NIfTI show x and y the other way round (RAS): turn their sign"
)
SKEWED = "Resample it at right angles first, for example with SimpleITK or in 3D Slicer"


@dataclass(frozen=True)
class Resampled:
    """Planes as a network sees them, not yet of 8 bits.

    Args:
        planes: (planes, size, size) float32.
        notes: what was done.
    """

    planes: npt.NDArray[np.float32]
    notes: tuple[str, ...]


def resample_volume(
    stack: LoadedStack, choice: VolumeStack, size: int, place: Point | None = None, fit: Fit = "stretch"
) -> Resampled:
    """Bring a volume to (planes, size, size).

    With ``spacing`` a box of that many planes, rows and columns is cut along the volume's own axes around its centre or
    the place; outside the volume all is black. Without, the whole volume is brought there. Either way each voxel of the
    result is interpolated once; see `readingroom.cases.stacks.sampling`. The shift of planes under a tilted gantry is
    undone.

    Args:
        stack: a volume.
        choice: planes, spacing and middle.
        size: rows and columns.
        place: x, y and z in mm (LPS), where the choice is ``around: point``.
        fit: without ``spacing``: ``pad`` keeps the proportions of rows and columns.

    Raises:
        ImageError: spacing is wanted and the volume's is not known; a point is wanted and not given, or lies outside.
    """
    volume = np.asarray(stack.planes)
    black = black_of(volume, stack.display.inverted)
    shear = (0.0, 0.0)
    if choice.spacing is None:
        grid, notes = _whole(stack, volume.shape, choice.planes, size, fit)
    else:
        grid, notes, shear = _box(stack, volume.shape, choice, size, place)
    if place is not None and (choice.spacing is None or choice.around == "centre"):
        notes.append("the point is not used: stack is not `around: point`, or has no spacing")
    return Resampled(sample(volume, grid, black, shear), tuple(notes))


def black_of(volume: npt.NDArray[Any], inverted: bool) -> float:
    """The value that is shown black: the lowest, or of MONOCHROME1 the highest."""
    return float(volume.max() if inverted else volume.min())


def _whole(stack: LoadedStack, shape: tuple[int, ...], planes: int, size: int, fit: Fit) -> tuple[Grid, list[str]]:
    said = " x ".join(map(str, shape))
    notes = [f"resampled from {said} voxels to {planes} x {size} x {size}"]
    down, along = whole_grid(shape[1], size), whole_grid(shape[2], size)
    if fit == "pad":
        rows_mm, columns_mm = (1.0, 1.0) if stack.spacing_mm is None else stack.spacing_mm[1:]
        step_mm = max(shape[1] * rows_mm, shape[2] * columns_mm) / size
        down = grid_around((shape[1] - 1) / 2, size, step_mm / rows_mm)
        along = grid_around((shape[2] - 1) / 2, size, step_mm / columns_mm)
    return (whole_grid(shape[0], planes), down, along), notes


def _box(
    stack: LoadedStack, shape: tuple[int, ...], choice: VolumeStack, size: int, place: Point | None
) -> tuple[Grid, list[str], tuple[float, float]]:
    if stack.affine is None or stack.spacing_mm is None or choice.spacing is None:
        raise ImageError("the distances between voxels are not known", fix="Leave `spacing` out of the `stack`")
    if skewed(stack.affine):
        raise ImageError("rows and columns are not at right angles", fix=SKEWED)
    own = stack.spacing_mm
    shear = shear_of(stack.affine)
    middle = _middle(stack, shape, choice, place, shear)
    counts = (choice.planes, size, size)
    steps = [wanted / has for wanted, has in zip(choice.spacing, own, strict=True)]
    made = [grid_around(at, count, step) for at, count, step in zip(middle, counts, steps, strict=True)]
    grid = (made[0], made[1], made[2])
    notes = [f"resampled from {_mm(own)} to {_mm(choice.spacing)} mm", *_outside(grid, shape, steps)]
    if any(shear):
        notes.append("planes shifted against each other (tilted gantry): the shift is undone")
    return grid, notes, shear


def _middle(
    stack: LoadedStack, shape: tuple[int, ...], choice: VolumeStack, place: Point | None, shear: tuple[float, float]
) -> npt.NDArray[np.float64]:
    """Plane, row and column of the middle, as if planes were not shifted."""
    voxel = (np.array(shape) - 1) / 2
    if choice.around == "point":
        voxel = _at_point(stack, shape, place)
    return np.asarray(voxel + np.array([0.0, voxel[0] * shear[0], voxel[0] * shear[1]]))


def _at_point(stack: LoadedStack, shape: tuple[int, ...], place: Point | None) -> npt.NDArray[np.float64]:
    if place is None or stack.affine is None:
        raise ImageError("no point in this volume", fix="Fill the column point, or choose `around: centre`")
    voxel = place_of(stack.affine, place)
    beyond = np.maximum(np.maximum(-0.5 - voxel, voxel - np.array(shape) + 0.5), 0.0)
    if beyond.any():
        apart = float(np.linalg.norm(beyond * np.array(stack.spacing_mm)))
        said = ", ".join(f"{value:g}" for value in place)
        raise ImageError(f"the point {said} lies {apart:.1f} mm outside the volume ({_reach(stack, shape)})",
                         fix=_POINT_FIX, field="point")  # fmt: skip
    return voxel


def _reach(stack: LoadedStack, shape: tuple[int, ...]) -> str:
    """From where to where a volume goes, in mm."""
    corners = np.array(np.meshgrid(*[(0, length - 1) for length in shape])).reshape(3, -1)
    assert stack.affine is not None
    where = stack.affine[:3] @ np.vstack([corners, np.ones(8)])
    return ", ".join(f"{name} {low:.0f} to {high:.0f}" for name, low, high in
                     zip("xyz", where.min(axis=1), where.max(axis=1), strict=True))  # fmt: skip


def _outside(grid: Grid, shape: tuple[int, ...], steps: list[float]) -> list[str]:
    """How much of the volume the box leaves out, and how much of the box is beyond the volume."""
    common = volume = box = 1.0
    for positions, length, step in zip(grid, shape, steps, strict=True):
        low, high = positions[0] - step / 2, positions[-1] + step / 2
        common *= max(0.0, min(high, length - 0.5) - max(low, -0.5))
        volume, box = volume * length, box * (high - low)
    shares = (1 - common / volume, 1 - common / box)
    texts = ("{:.0%} of the volume is outside the box", "{:.0%} of the box is outside the volume, and black")
    return [text.format(share) for share, text in zip(shares, texts, strict=True) if share >= 0.005]


def _mm(spacing: tuple[float, float, float]) -> str:
    return " x ".join(f"{value:.3g}" for value in spacing)
