"""Vessels: branching trees of the submucosa, drawn on a tile that repeats without a seam."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field

_SHIFT = 4  # fractional bits of the coordinates that cv2 draws at
_LEVELS = ((26, 22), (80, 14), (150, 8))  # branches and steps of trunks, branches and twigs
_STEP = 1 / 72  # length of a step, as a share of the tile's side


def vessel_tile(rng: np.random.Generator, side: int, crookedness: float) -> Field:
    """A tile of vessels, 1 at the middle of a trunk and 0 beside them.

    Args:
        rng: where the numbers come from.
        side: pixels of a side.
        crookedness: standard deviation of the turn at each step, in radians.

    Returns:
        Map (side, side) in [0, 1], periodic.
    """
    margin = side // 3
    canvas = np.zeros((side + 2 * margin, side + 2 * margin), np.uint8)
    parents: NDArray[np.float64] | None = None
    for level, (count, steps) in enumerate(_LEVELS):
        paths = _walk(rng, count, steps, side, crookedness, parents)
        _trace(
            canvas, paths[..., :2] + margin, thickness=max(1, round(side * (3 - level) / 512)), value=235 - 60 * level
        )
        parents = paths
    folded = _fold_margins(canvas, margin, side)
    return np.asarray(cv2.GaussianBlur(folded, (0, 0), max(side / 512, 0.3)) / np.float32(255), np.float32)


def _walk(
    rng: np.random.Generator,
    count: int,
    steps: int,
    side: int,
    crookedness: float,
    parents: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """Random walks (count, steps, [x, y, angle]) that begin anywhere, or leave a parent at an acute angle."""
    if parents is None:
        start = np.column_stack([rng.uniform(0, side, (count, 2)), rng.uniform(-np.pi, np.pi, count)])
    else:
        start = parents[rng.integers(0, len(parents), count), rng.integers(2, parents.shape[1], count)].copy()
        start[:, 2] += rng.choice([-1, 1], count) * rng.uniform(0.5, 1.1, count)
    angle = start[:, 2:] + np.cumsum(rng.normal(0, crookedness, (count, steps)), axis=1)
    stride = side * _STEP
    x = start[:, :1] + stride * np.cumsum(np.cos(angle), axis=1)
    y = start[:, 1:2] + stride * np.cumsum(np.sin(angle), axis=1)
    return np.stack([x, y, angle], axis=2)


def _trace(canvas: NDArray[np.uint8], paths: NDArray[np.float64], thickness: int, value: int) -> None:
    points = np.round(paths * 2**_SHIFT).astype(np.int32)
    cv2.polylines(canvas, list(points), False, value, thickness, cv2.LINE_AA, _SHIFT)


def _fold_margins(canvas: NDArray[np.uint8], margin: int, side: int) -> NDArray[np.uint8]:
    """What ran over an edge comes in at the opposite one."""
    rows = canvas[margin : margin + side].copy()
    np.maximum(rows[:margin], canvas[margin + side :], out=rows[:margin])
    np.maximum(rows[-margin:], canvas[:margin], out=rows[-margin:])
    tile = rows[:, margin : margin + side].copy()
    np.maximum(tile[:, :margin], rows[:, margin + side :], out=tile[:, :margin])
    np.maximum(tile[:, -margin:], rows[:, :margin], out=tile[:, -margin:])
    return tile
