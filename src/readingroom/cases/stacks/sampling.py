"""Sampling: values of a volume on another grid along its own axes, by one linear interpolation an axis.

Along an axis that is made coarser the weights reach as far as a step of the new grid (a triangle), so that what lies
between its points counts and nothing flickers; along one that is made finer they are those of trilinear
interpolation. The volume is gone through plane by plane: beside it and the result no more than a plane is in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

Positions = npt.NDArray[np.float64]


def sample(
    planes: npt.NDArray[Any], grid: Sequence[Positions], fill: float, shear: tuple[float, float] = (0.0, 0.0)
) -> npt.NDArray[np.float32]:
    """Values on a grid.

    Args:
        planes: (D, H, W), of any kind of number.
        grid: positions along planes, rows and columns, in planes, rows and columns from the middle of the first;
            each at equal distances.
        fill: value of what lies outside, which is more than half a voxel from the middle of the outermost.
        shear: by how many rows and columns each plane is shifted against the one before it.

    Returns:
        (len(grid[0]), len(grid[1]), len(grid[2])) float32.

    Example:
        >>> volume = np.arange(8).reshape(2, 2, 2)
        >>> sample(volume, (np.array([0.5]), np.array([0.0, 1.0]), np.array([1.0, 2.0])), -1).tolist()
        [[[3.0, -1.0], [5.0, -1.0]]]
    """
    if any(shear):
        return _by_plane(planes, grid, fill, shear)
    # Along the axis that is slowest in memory: planes of another are scattered all over it.
    order = sorted(range(3), key=lambda axis: -abs(planes.strides[axis]))
    made = _by_plane(planes.transpose(order), [grid[axis] for axis in order], fill, shear)
    return np.ascontiguousarray(made.transpose(np.argsort(order)))


def _by_plane(
    planes: npt.NDArray[Any], grid: Sequence[Positions], fill: float, shear: tuple[float, float]
) -> npt.NDArray[np.float32]:
    depth, height, width = planes.shape
    across = weights(grid[0], depth).tocsc()
    down, along = weights(grid[1], height), weights(grid[2], width)
    # Made around the fill, so that what has no weight at all is that.
    made = np.zeros((len(grid[0]), len(grid[1]), len(grid[2])), np.float32)
    for place in np.flatnonzero(np.diff(across.indptr)):
        if any(shear):
            down = weights(grid[1] - place * shear[0], height)
            along = weights(grid[2] - place * shear[1], width)
        plane = planes[place].astype(np.float32) - np.float32(fill)
        small = (along @ (down @ plane).T).T
        column = across[:, [place]].tocoo()
        made[column.row] += column.data[:, None, None] * small
    return np.asarray(made + np.float32(fill))


def weights(positions: Positions, length: int) -> sparse.csr_array:
    """What each of ``length`` values along a line counts at positions, (positions, length).

    Rows sum to 1, or to 0 where a position is more than half a step outside.
    """
    step = abs(float(positions[1] - positions[0])) if len(positions) > 1 else 1.0
    reach = max(1.0, step)
    first = np.ceil(positions - reach).astype(np.int64)
    places = first[:, None] + np.arange(int(np.floor(2 * reach)) + 1)
    share = np.maximum(0.0, 1.0 - np.abs(places - positions[:, None]) / reach)
    share[(places < 0) | (places >= length)] = 0.0
    inside = (positions >= -0.5 - 1e-9) & (positions <= length - 0.5 + 1e-9)
    total = share.sum(axis=1, keepdims=True)
    share = np.where(inside[:, None] & (total > 0), share / np.where(total > 0, total, 1.0), 0.0)
    rows = np.repeat(np.arange(len(positions)), places.shape[1])
    kept = share.ravel() > 0
    found = (share.ravel()[kept].astype(np.float32), (rows[kept], places.ravel()[kept]))
    return sparse.csr_array(found, shape=(len(positions), length))


def whole_grid(length: int, count: int) -> Positions:
    """Middles of ``count`` equal parts of ``length`` values."""
    return np.asarray((np.arange(count) + 0.5) * (length / count) - 0.5, np.float64)


def grid_around(middle: float, count: int, step: float) -> Positions:
    """``count`` positions at equal distances around a middle."""
    return np.asarray(middle + (np.arange(count) - (count - 1) / 2) * step, np.float64)
