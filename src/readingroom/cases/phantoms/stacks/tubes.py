"""Tubes: branching vessels of a phantom volume, grown towards places and stamped into voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from readingroom.cases.phantoms.noise import Field
from readingroom.cases.phantoms.stacks.grid import Grid, Place

Points = NDArray[np.float32]
"""(N, 3): x, y and z in millimetres."""

_EDGES_MM = (1.2, 2.5, 5.0, 10.0)  # points of similar radius are stamped together


@dataclass(frozen=True)
class Tubes:
    """Points along the middle of tubes, densely.

    Args:
        points_mm: (N, 3).
        radius_mm: (N,).
    """

    points_mm: Points
    radius_mm: NDArray[np.float32]


def join(*tubes: Tubes) -> Tubes:
    """Several tubes as one."""
    return Tubes(np.concatenate([one.points_mm for one in tubes]), np.concatenate([one.radius_mm for one in tubes]))


def bend(corners: Sequence[Place] | Points, radii: tuple[float, float]) -> Tubes:
    """A smooth tube through places, from one radius to another."""
    step_mm = max(0.3 * min(radii), 0.5)
    knots = np.asarray(corners, float)
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(knots, axis=0), axis=1))])
    at = np.linspace(0, along[-1], max(int(along[-1] / step_mm), 2) + 1)
    points = CubicSpline(along, knots)(at) if len(knots) > 2 else np.linspace(knots[0], knots[1], len(at))
    radius = np.interp(at, (0, along[-1]), radii)
    return Tubes(points.astype(np.float32), radius.astype(np.float32))


def grow(
    rng: np.random.Generator, root: Place, targets: Points, *, thinnest_mm: float, branching: float = 2.6
) -> Tubes:
    """A tree from a root to all targets, thicker where more of it hangs (Murray's law).

    Each target, the nearest to the root first, is joined to the node that makes the way short both
    from node to target and from root to node (Cuntz et al., PLoS Comput Biol 2010, with balance 0.35).

    Args:
        rng: for the bends.
        root: where the tree begins.
        targets: (N, 3).
        thinnest_mm: radius of the last twigs.
        branching: Murray's exponent.
    """
    start = np.asarray(root, np.float32)
    order = np.argsort(np.linalg.norm(targets - start, axis=1))
    nodes = np.concatenate([start[None], targets[order]]).astype(np.float32)
    parents = _join_nodes(nodes)
    hanging = np.ones(len(nodes))
    for node in range(len(nodes) - 1, 0, -1):
        hanging[parents[node]] += hanging[node]
    radius = thinnest_mm * hanging ** (1 / branching)
    # Of a child that is a side branch, the first part is as thin as the child, not as its parent.
    tubes = [_segment(rng, nodes[parents[at]], nodes[at], float(radius[at])) for at in range(1, len(nodes))]
    return join(*tubes)


def _join_nodes(nodes: Points) -> NDArray[np.int64]:
    parents, way = np.zeros(len(nodes), np.int64), np.zeros(len(nodes))
    for node in range(1, len(nodes)):
        away = np.linalg.norm(nodes[:node] - nodes[node], axis=1)
        parents[node] = int(np.argmin(away + 0.35 * way[:node]))
        way[node] = way[parents[node]] + away[parents[node]]
    return parents


def _segment(rng: np.random.Generator, start: Points, end: Points, radius: float) -> Tubes:
    length = float(np.linalg.norm(end - start))
    at = np.linspace(0, 1, max(int(length / 0.8), 2) + 1, dtype=np.float32)[:, None]
    sag = (rng.normal(0, 0.07 * length, 3)).astype(np.float32)
    points = start + at * (end - start) + 4 * at * (1 - at) * sag
    return Tubes(points.astype(np.float32), np.full(len(at), radius, np.float32))


def stamp(grid: Grid, tubes: Tubes, soft_mm: float) -> Field:
    """Share (D, H, W) of each voxel that tubes fill; the edge is as wide as ``soft_mm``."""
    filled = np.zeros(grid.shape, np.float32)
    bins = np.digitize(tubes.radius_mm, _EDGES_MM)
    for one in np.unique(bins):
        chosen = bins == one
        _stamp_alike(filled, grid, tubes.points_mm[chosen], tubes.radius_mm[chosen], soft_mm)
    return filled


def _stamp_alike(filled: Field, grid: Grid, points: Points, radius: NDArray[np.float32], soft_mm: float) -> None:
    half = np.float32(soft_mm / 2)
    cells, squares = zip(*(_reach(grid, points, axis, float(radius.max() + half)) for axis in range(3)), strict=True)
    planes, rows = grid.shape[1] * grid.shape[2], grid.shape[2]
    flat = (cells[0] * planes)[:, :, None, None] + (cells[1] * rows)[:, None, :, None] + cells[2][:, None, None, :]
    away = squares[0][:, :, None, None] + squares[1][:, None, :, None] + squares[2][:, None, None, :]
    near = away < np.square(radius + half)[:, None, None, None]
    point = np.nonzero(near)[0]
    share = np.float32(0.5) + (radius[point] - np.sqrt(away[near])) / np.float32(soft_mm)
    np.maximum.at(filled.reshape(-1), flat[near], np.minimum(share, np.float32(1)))


def _reach(grid: Grid, points: Points, axis: int, reach_mm: float) -> tuple[NDArray[np.int64], Field]:
    """Voxels (N, K) along an axis around each point, and their squared distances; infinite beyond the volume."""
    spacing, count = grid.spacing_mm[axis], grid.shape[axis]
    at = (points[:, 2 - axis] - np.float32(grid.first_mm[2 - axis])) / np.float32(spacing)
    reach = int(np.ceil(reach_mm / spacing))
    cells = np.rint(at).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    squares = np.square((cells - at[:, None]) * np.float32(spacing)).astype(np.float32)
    outside = (cells < 0) | (cells >= count)
    return np.where(outside, 0, cells), np.where(outside, np.float32(np.inf), squares)
