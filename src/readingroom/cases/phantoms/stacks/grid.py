"""Grid: where the voxels of a phantom volume lie in the patient, in millimetres of DICOM's axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field

Values = NDArray[np.floating[Any]]

Place = tuple[float, float, float]
"""x to the patient's left, y to the back, z to the head, in millimetres."""


@dataclass(frozen=True)
class Grid:
    """Voxels (D, H, W): planes from the feet up, rows from front to back, columns from right to left.

    Args:
        shape: planes, rows and columns.
        spacing_mm: between planes, rows and columns.
        first_mm: x, y and z of the middle of the first voxel.
    """

    shape: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    first_mm: Place

    @property
    def axes(self) -> tuple[Field, Field, Field]:
        """Heights z (D, 1, 1), then y (1, H, 1) and x (1, 1, W) of the voxels' middles."""
        z, y, x = (
            np.float32(first) + np.float32(step) * np.arange(count, dtype=np.float32)
            for first, step, count in zip(self.first_mm[::-1], self.spacing_mm, self.shape, strict=True)
        )
        return z[:, None, None], y[None, :, None], x[None, None, :]

    def index(self, place: Place) -> tuple[int, int, int]:
        """Plane, row and column of the voxel nearest to a place.

        Example:
            >>> centred((5, 5, 5), (2.0, 1.0, 1.0)).index((1.0, 0.0, -2.0))
            (1, 2, 3)
        """
        z, y, x = (
            round((at - first) / step)
            for at, first, step in zip(place[::-1], self.first_mm[::-1], self.spacing_mm, strict=True)
        )
        return z, y, x

    def box(self, place: Place, reach_mm: float) -> tuple[tuple[slice, slice, slice], Grid]:
        """The voxels around a place, as slices of the volume and as a grid; cut off at the border."""
        low, high = (tuple(at + sign * reach_mm for at in place) for sign in (-1, 1))
        return self.span((low[0], low[1], low[2]), (high[0], high[1], high[2]))

    def span(self, low: Place, high: Place) -> tuple[tuple[slice, slice, slice], Grid]:
        """The voxels between two corners, as slices of the volume and as a grid; cut off at the border."""
        slices = []
        for near, far, count in zip(self.index(low), self.index(high), self.shape, strict=True):
            start = min(max(near, 0), count - 1)
            slices.append(slice(start, max(min(far + 1, count), start + 1)))
        where = slices[0], slices[1], slices[2]
        return where, self._part(where)

    def _part(self, where: tuple[slice, slice, slice]) -> Grid:
        shape = tuple(one.stop - one.start for one in where)
        steps = zip(self.first_mm, self.spacing_mm[::-1], where[::-1], strict=True)
        x, y, z = (first + step * one.start for first, step, one in steps)
        return Grid((shape[0], shape[1], shape[2]), self.spacing_mm, (x, y, z))

    def finer(self, times: int) -> Grid:
        """Each voxel as so many along every axis; `coarsen` takes values back."""
        z, y, x = (step / times for step in self.spacing_mm)
        back = (times - 1) / 2
        first = self.first_mm[0] - back * x, self.first_mm[1] - back * y, self.first_mm[2] - back * z
        planes, rows, columns = (count * times for count in self.shape)
        return Grid((planes, rows, columns), (z, y, x), first)


def centred(shape: tuple[int, int, int], spacing_mm: tuple[float, float, float], middle_mm: Place = (0, 0, 0)) -> Grid:
    """The grid whose middle is at a place."""
    pairs = zip(middle_mm, shape[::-1], spacing_mm[::-1], strict=True)
    x, y, z = (middle - (count - 1) / 2 * step for middle, count, step in pairs)
    return Grid(shape, spacing_mm, (x, y, z))


def coarsen(values: Field, times: int) -> Field:
    """Means of cubes of a finer grid's values, so that thin shapes fill their share of a voxel."""
    planes, rows, columns = (count // times for count in values.shape)
    cubes = values.reshape(planes, times, rows, times, columns, times)
    return np.asarray(cubes.mean(axis=(1, 3, 5), dtype=np.float32), np.float32)


def volume_noise(rng: np.random.Generator, grid: Grid, blob_mm: float) -> Field:
    """Smooth noise (D, H, W) of blobs of a size in millimetres; zero mean and about unit deviation."""
    weights = [
        _weights(count, step / blob_mm, float(rng.random()))
        for count, step in zip(grid.shape, grid.spacing_mm, strict=True)
    ]
    field = rng.standard_normal([one.shape[1] for one in weights], dtype=np.float32)
    for weight in weights:
        # Each turn brings the next axis to the front; after three they are in order again.
        field = np.moveaxis(np.tensordot(weight, field, axes=(1, 0)), 0, -1)
    return np.ascontiguousarray(field, np.float32)


def _weights(count: int, step: float, shift: float) -> NDArray[np.float32]:
    """Bells (count, knots) on knots one apart, each row of unit length."""
    at = np.arange(count) * step + shift + 1
    knots = np.arange(int(at[-1]) + 3)
    bells = np.exp(-2.2 * np.square(at[:, None] - knots))
    return np.asarray(bells / np.linalg.norm(bells, axis=1, keepdims=True), np.float32)


def ellipsoid(grid: Grid, middle: Place, half: Place, power: float = 2.0) -> Field:
    """Signed distance (D, H, W) in millimetres, about exact at the surface, below 0 inside.

    Args:
        grid: of the volume.
        middle: of the ellipsoid.
        half: axes along x, y and z; an infinite one makes a cylinder.
        power: 2 for an ellipsoid, more for a box with round edges.
    """
    parts = [
        np.abs((axis - np.float32(at)) / np.float32(size)) ** np.float32(power)
        for axis, at, size in zip(grid.axes[::-1], middle, half, strict=True)
    ]
    away = (parts[0] + parts[1] + parts[2]) ** np.float32(1 / power)
    return np.asarray((away - 1) * np.float32(min(half)), np.float32)


def lay(values: Field, alpha: Values, value: float | Values) -> None:
    """Give a shape a value, in place; ``alpha`` is its share of each voxel."""
    values += np.asarray(alpha, np.float32) * (np.asarray(value, np.float32) - values)


def inside(distance: Values, soft_mm: float) -> Field:
    """Share of a voxel within a shape, from its signed distance; the edge is as wide as ``soft_mm``."""
    return np.asarray(np.clip(np.float32(0.5) - distance / np.float32(soft_mm), 0, 1), np.float32)
