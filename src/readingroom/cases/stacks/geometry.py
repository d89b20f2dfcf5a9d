"""Geometry of volumes: where a voxel lies in the patient, and axes brought to the usual order without interpolation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Affine = npt.NDArray[np.float64]
"""(4, 4): from plane, row and column to x, y and z in mm of DICOM's patient axes (left, back, head)."""
Order = tuple[tuple[int, int, int], tuple[bool, bool, bool]]
"""For each of planes, rows and columns: which axis it was, and whether that is turned."""

_NAMES = ("x", "y", "z")
_LARGEST_SHEAR = 0.01
_SMALLEST_MM = 1e-4


def lps_from_ras(affine: Affine) -> Affine:
    """An affine of NIfTI (x to the right, y to the front) in DICOM's patient axes (to the left, to the back)."""
    return np.asarray(np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine)


def affine_problem(affine: Affine) -> str:
    """Why an affine says nothing of where voxels lie; empty where it does.

    Example:
        >>> affine_problem(np.diag([1.0, 1.0, 0.0, 1.0]))
        'singular'
    """
    if not np.isfinite(affine).all():
        return "not all numbers"
    if not affine[:3, :3].any():
        return "all zero"
    steps = np.linalg.norm(affine[:3, :3], axis=0)
    if steps.min() < _SMALLEST_MM or abs(np.linalg.det(affine[:3, :3] / steps)) < _SMALLEST_MM:
        return "singular"
    return ""


def spacing_of(affine: Affine) -> tuple[float, float, float]:
    """Distance between planes along their normal, between rows and between columns, in mm."""
    return float(abs(affine[:3, 0] @ axes_of(affine)[0])), _length(affine[:3, 1]), _length(affine[:3, 2])


def axes_of(affine: Affine) -> npt.NDArray[np.float64]:
    """Directions of length 1, one a row: the planes' normal (towards the next plane), down rows, along columns."""
    down, along = affine[:3, 1] / _length(affine[:3, 1]), affine[:3, 2] / _length(affine[:3, 2])
    normal = np.cross(along, down)
    normal /= _length(normal)
    return np.stack([normal if normal @ affine[:3, 0] > 0 else -normal, down, along])


def shear_of(affine: Affine) -> tuple[float, float]:
    """By how many rows and columns each plane is shifted against the one before it, as by a tilted gantry."""
    _, down, along = axes_of(affine)
    step = affine[:3, 0]
    shifts = float(step @ down) / _length(affine[:3, 1]), float(step @ along) / _length(affine[:3, 2])
    return tuple(shift if abs(shift) > 1e-6 else 0.0 for shift in shifts)  # type: ignore[return-value]


def skewed(affine: Affine) -> bool:
    """Whether rows and columns do not stand at right angles, so that a plane is no rectangle."""
    _, down, along = axes_of(affine)
    return abs(float(down @ along)) > _LARGEST_SHEAR


def tilt_deg(affine: Affine) -> float:
    """The largest angle between one of the volume's axes and the patient's axis next to it."""
    return float(np.degrees(np.arccos(np.clip(np.abs(axes_of(affine)).max(axis=1).min(), 0.0, 1.0))))


def nearest_axial(affine: Affine) -> Order:
    """The order of axes by which planes go from feet to head, rows from front to back, columns from right to left.

    Each of the patient's axes takes the volume's axis nearest to it, the best pairs first.
    """
    unit = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    taken = _matched(np.abs(unit))
    axes = taken[2], taken[1], taken[0]
    flips = unit[2, axes[0]] < 0, unit[1, axes[1]] < 0, unit[0, axes[2]] < 0
    return axes, (bool(flips[0]), bool(flips[1]), bool(flips[2]))


def upright(affine: Affine) -> Order:
    """The order of axes by which planes stay as they were acquired, each as radiologists look at it.

    Axial planes as in `nearest_axial`; coronal ones from front to back with the head above, sagittal ones from right to
    left with the head above and the front at the left.
    """
    unit = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    taken = _matched(np.abs(unit))
    across = taken.index(0)  # the patient's axis that the planes' axis is nearest to
    if across == 2:
        return nearest_axial(affine)
    columns = 0 if across == 1 else 1
    axes = 0, taken[2], taken[columns]
    # Rows run from the head down: against the patient's third axis.
    return axes, (bool(unit[across, 0] < 0), bool(unit[2, axes[1]] > 0), bool(unit[columns, axes[2]] < 0))


def _matched(near: npt.NDArray[np.float64]) -> tuple[int, int, int]:
    """For x, y and z the volume's axis that is nearest."""
    left, found = near.copy(), [0, 0, 0]
    for _ in range(3):
        patient, axis = np.unravel_index(int(left.argmax()), left.shape)
        found[int(patient)] = int(axis)
        left[patient], left[:, axis] = -1.0, -1.0
    return found[0], found[1], found[2]


def reorder(planes: npt.NDArray[Any], affine: Affine, order: Order) -> tuple[npt.NDArray[Any], Affine]:
    """Axes changed and turned; every voxel keeps its value and its place in the patient.

    Returns:
        A view of the planes, not a copy, and its affine.
    """
    axes, turned = order
    moved = planes.transpose(axes)
    changed = affine.copy()
    changed[:3, :3] = affine[:3, list(axes)]
    for axis, turn in enumerate(turned):
        if turn:
            changed[:3, 3] += changed[:3, axis] * (moved.shape[axis] - 1)
            changed[:3, axis] *= -1
            moved = np.flip(moved, axis)
    return moved, changed


def place_of(affine: Affine, point: tuple[float, float, float]) -> npt.NDArray[np.float64]:
    """Plane, row and column (not whole numbers) of a point in mm."""
    return np.asarray(np.linalg.solve(affine[:3, :3], np.asarray(point) - affine[:3, 3]))


def _length(vector: npt.NDArray[np.float64]) -> float:
    return float(np.linalg.norm(vector))
