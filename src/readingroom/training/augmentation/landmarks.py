"""Landmarks: points and boxes of an image, moved along the same warp as its pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readingroom.training.augmentation.warp import Warp

_POINTS_PER_SIDE = 17
_ROUNDS = 30


def move_points(warp: Warp, row: int, points_xy_px: ArrayLike) -> NDArray[np.float64]:
    """Where points of the image are found in the warped image.

    Args:
        warp: the warp of a batch.
        row: which image of the batch.
        points_xy_px: (N, 2) points (x, y) in the image that came in; (0, 0) is the corner of the first pixel.

    Returns:
        (N, 2) points in the image that is made; they may lie outside it.
    """
    points = np.asarray(points_xy_px, dtype=np.float64).reshape(-1, 2)
    matrix = warp.matrix[row]
    straight: NDArray[np.float64] = (points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T
    field = warp.field(row)
    return straight if field is None else _undo(field, warp.stride_px, straight)


def move_boxes(warp: Warp, row: int, boxes_xyxy_px: ArrayLike, *, cut: bool = True) -> NDArray[np.float64]:
    """The smallest upright boxes around boxes that were moved with the image, cut at its border.

    Args:
        warp: the warp of a batch.
        row: which image of the batch.
        boxes_xyxy_px: (N, 4) boxes x0 y0 x1 y1 in the image that came in.
        cut: False leaves them whole, beyond the border too.

    Returns:
        (N, 4) boxes in the image that is made; one that left the image has no area, where it is cut.
    """
    boxes = np.asarray(boxes_xyxy_px, dtype=np.float64).reshape(-1, 4)
    outlines = move_points(warp, row, _perimeters(boxes)).reshape(len(boxes), 4 * _POINTS_PER_SIDE, 2)
    limits = np.array([warp.size[1], warp.size[0]], dtype=np.float64)
    low, high = outlines.min(axis=1), outlines.max(axis=1)
    if cut:
        low, high = np.clip(low, 0, limits), np.clip(high, 0, limits)
    return np.concatenate([low, high], axis=1)


def _perimeters(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 4 * points, 2) points along the sides: an elastic field bends them."""
    along = np.linspace(0, 1, _POINTS_PER_SIDE)
    zeros = np.zeros_like(along)
    sides = [(along, zeros), (along, zeros + 1), (zeros, along), (zeros + 1, along)]
    unit = np.concatenate([np.stack(side, axis=1) for side in sides])
    return boxes[:, None, :2] + unit[None] * (boxes[:, None, 2:] - boxes[:, None, :2])


def _undo(field: NDArray[np.float32], stride_px: int, displaced: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) the points that ``displaced = point + field(point)`` came from."""
    points = displaced
    # The iteration contracts, because fields that fold the image are refused.
    for _ in range(_ROUNDS):
        points = displaced - _displacement(field, stride_px, points)
    return points


def _displacement(field: NDArray[np.float32], stride_px: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 2) the elastic field at any points, linear between its nodes; its edge value beyond them."""
    places = points / stride_px + 0.5
    last = np.array([field.shape[1], field.shape[0]]) - 1
    places = np.clip(places, 0, last)
    first = np.minimum(places.astype(np.int64), last - 1)
    (x, y), (right, down) = first.T, (places - first).T[..., None]
    top = field[y, x] * (1 - right) + field[y, x + 1] * right
    bottom = field[y + 1, x] * (1 - right) + field[y + 1, x + 1] * right
    return np.asarray(top * (1 - down) + bottom * down, dtype=np.float64)
