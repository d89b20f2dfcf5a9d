"""View: the octagon, circle or rectangle of a frame that is anatomy, and where the panel has room beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

ViewShape = Literal["octagon", "circle", "rectangle", "whole"]
VIEW_SHAPES: tuple[str, ...] = get_args(ViewShape)

_PANEL_SHARE = 0.22  # width of the frame that the panel takes, left of the view
_CORNER = 0.24  # what the octagon cuts off each corner, as a share of the shorter side


@dataclass(frozen=True)
class ViewArea:
    """Where the anatomy lies in a frame.

    Args:
        box_xyxy_px: columns and rows of the box, the ends excluded.
        inside: (H, W) of the whole frame, true where the anatomy is.
    """

    box_xyxy_px: tuple[int, int, int, int]
    inside: NDArray[np.bool_]


@lru_cache(maxsize=16)
def view_area(shape: ViewShape, size: tuple[int, int]) -> ViewArea:
    """The view of a frame of ``size`` (height, width) in pixels.

    Example:
        >>> view_area("whole", (24, 32)).box_xyxy_px
        (0, 0, 32, 24)
    """
    box = _box(shape, size)
    x0, y0, x1, y1 = box
    inside = np.zeros(size, np.uint8)
    corners = np.round(_polygon(shape, box)).astype(np.int32)
    if shape == "circle":
        middle, axes = ((x0 + x1 - 1) // 2, (y0 + y1 - 1) // 2), ((x1 - x0 - 1) // 2, (y1 - y0 - 1) // 2)
        cv2.ellipse(inside, middle, axes, 0, 0, 360, 1, cv2.FILLED)
    else:
        cv2.fillPoly(inside, [corners], 1)
    area = inside.astype(bool)
    area.setflags(write=False)
    return ViewArea(box, area)


def _box(shape: ViewShape, size: tuple[int, int]) -> tuple[int, int, int, int]:
    height, width = size
    if shape == "whole":
        return 0, 0, width, height
    margin = max(1, round(0.012 * height))
    left = round(_PANEL_SHARE * width)
    right = width - margin
    if shape == "circle":
        side = min(right - left, height - 2 * margin)
        top = (height - side) // 2
        return right - side, top, right, top + side
    return left, margin, right, height - margin


def _polygon(shape: ViewShape, box: tuple[int, int, int, int]) -> NDArray[np.float64]:
    x0, y0, x1, y1 = box[0], box[1], box[2] - 1, box[3] - 1
    cut = _CORNER * min(x1 - x0, y1 - y0) if shape == "octagon" else 0.0
    corners = [(x0 + cut, y0), (x1 - cut, y0), (x1, y0 + cut), (x1, y1 - cut)]
    corners += [(x1 - cut, y1), (x0 + cut, y1), (x0, y1 - cut), (x0, y0 + cut)]
    return np.array(corners, float)
