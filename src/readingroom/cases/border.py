"""The border of a frame: which shape (octagon, circle or rectangle) the anatomy fills, as a polygon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

Kind = Literal["octagon", "circle", "rectangle"]

_ANGLES = np.deg2rad(np.arange(20, 71, 1.0))
_QUADRANTS = ((-1, -1), (1, -1), (1, 1), (-1, 1))
_SQUARE_CORNERS = 0.012
"""A shape whose cut corners are less than this share of its box is a rectangle."""
_CIRCLE_ERROR = 0.008
"""Largest root mean square distance from a circle, as a share of its radius, for a circle."""
_CIRCLE_POINTS = 72


@dataclass(frozen=True)
class Shape:
    """A convex shape around the anatomy: its kind and its corners (N, 2), x then y, float."""

    kind: Kind
    corners: np.ndarray


def fit_shape(anatomy: np.ndarray) -> Shape:
    """The simplest convex shape that holds all of the anatomy and little else.

    A shadow at the rim does not cut a corner off: each corner is one straight line that leaves all anatomy
    on its inner side, so what is dark between bright parts stays inside.

    Args:
        anatomy: (H, W) uint8, nonzero where there is anatomy; not all zero.

    Returns:
        The shape in pixel coordinates, where pixel (0, 0) covers 0 to 1 on both axes.
    """
    points = cv2.convexHull(outline_points(anatomy))[:, 0].astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    box = np.array([low, (high[0], low[1]), high, (low[0], high[1])])
    octagon = _clip_corners(box, points)
    box_area, octagon_area = _area(box), _area(octagon)
    if box_area - octagon_area < _SQUARE_CORNERS * box_area:
        return Shape("rectangle", box)
    circle = _fit_circle(points, anatomy.shape)
    if circle is not None:
        clipped = _inside_box(circle, low, high)
        if _area(clipped) < octagon_area:
            return Shape("circle", clipped)
    return Shape("octagon", octagon)


def outline_points(anatomy: np.ndarray) -> np.ndarray:
    """Left and right ends of each row of the anatomy, each pixel being a square of side 1: (N, 2) float32, x then y."""
    rows = np.flatnonzero(anatomy.any(axis=1))
    left = anatomy[rows].argmax(axis=1)
    right = anatomy.shape[1] - anatomy[rows, ::-1].argmax(axis=1)
    sides = [np.c_[x, rows + below] for x in (left, right) for below in (0, 1)]
    return np.concatenate(sides).astype(np.float32)


def _clip_corners(box: np.ndarray, points: np.ndarray) -> np.ndarray:
    polygon = box
    for corner, (right, down) in zip(box, _QUADRANTS, strict=True):
        normals = np.stack([right * np.cos(_ANGLES), down * np.sin(_ANGLES)], axis=1)
        reach = (normals @ points.T).max(axis=1)
        gap = normals @ corner - reach
        removed = gap**2 / (2 * np.abs(normals[:, 0] * normals[:, 1]))
        best = int(removed.argmax())
        polygon = _clip(polygon, normals[best], reach[best])
    return polygon


def _clip(polygon: np.ndarray, normal: np.ndarray, reach: float) -> np.ndarray:
    """The part of a convex polygon where ``normal . point <= reach``."""
    kept: list[np.ndarray] = []
    over = polygon @ normal - reach
    for here, there, a, b in zip(polygon, np.roll(polygon, -1, axis=0), over, np.roll(over, -1), strict=True):
        if a <= 0:
            kept.append(here)
        if (a < 0 < b) or (b < 0 < a):
            kept.append(here + (there - here) * (a / (a - b)))
    return np.array(kept)


def _fit_circle(points: np.ndarray, shape: tuple[int, ...]) -> np.ndarray | None:
    """A circle through the outline where the frame does not cut it (Kasa's algebraic fit), or None."""
    height, width = shape[:2]
    free = (points > 2).all(axis=1) & (points < (width - 2, height - 2)).all(axis=1)
    rim = points[free]
    if len(rim) < 8:
        return None
    system = np.c_[2 * rim, np.ones(len(rim))]
    (x, y, rest), *_ = np.linalg.lstsq(system, (rim**2).sum(axis=1), rcond=None)
    radius = float(np.sqrt(max(rest + x * x + y * y, 0.0)))
    error = np.hypot(*(rim - (x, y)).T) - radius
    if not 0 < radius < 1.5 * max(width, height) or np.sqrt((error**2).mean()) > _CIRCLE_ERROR * radius:
        return None
    # Every pixel of the outline stays inside, as in the other shapes.
    radius += max(float(error.max()), 0.0)
    if np.hypot(*(points - (x, y)).T).max() > radius * (1 + _CIRCLE_ERROR):
        return None
    turns = np.linspace(0, 2 * np.pi, _CIRCLE_POINTS, endpoint=False)
    return np.asarray(np.c_[x, y] + radius * np.c_[np.cos(turns), np.sin(turns)])


def _inside_box(polygon: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    for normal, reach in (((1, 0), high[0]), ((0, 1), high[1]), ((-1, 0), -low[0]), ((0, -1), -low[1])):
        polygon = _clip(polygon, np.array(normal, float), float(reach))
    return polygon


def _area(polygon: np.ndarray) -> float:
    return float(cv2.contourArea(polygon.astype(np.float32)))
