"""The border of a picture: a dark frame around it and what is written there, or a share of each side, cut off."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from readingroom.cases.cleaning.section import BorderChoice
from readingroom.cases.images import to_rgb8
from readingroom.cases.panel import Box
from readingroom.cases.view import (
    BORDER_LEVEL,
    BORDER_MARGIN,
    SMALLEST_VIEW,
    View,
    ViewMode,
    find_view,
    whole_view,
)

_PART = 0.05
"""Parts of less than this share of the largest are no picture."""


def framed_view(pixels: np.ndarray, mode: ViewMode, border: BorderChoice | None = None) -> View:
    """The view that is read: found or whole, without its border.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits, as they are shown.
        mode: ``auto`` or ``whole``.
        border: what to cut off the view; None cuts nothing.
    """
    height, width = pixels.shape[:2]
    view = find_view(pixels) if mode == "auto" else whole_view(width, height)
    return view if border is None else crop_border(pixels, view, border)


def crop_border(pixels: np.ndarray, view: View, border: BorderChoice) -> View:
    """A view without its border; of the same shape, and a rectangle where it was the whole frame.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits, of the frame.
        view: of this frame.
        border: ``auto``, or shares of the view's height and width: top, right, bottom, left.

    Example:
        >>> crop_border(np.full((20, 40), 90, np.uint8), whole_view(40, 20), (0.1, 0.0, 0.0, 0.25)).box_xyxy_px
        (10, 2, 40, 20)
    """
    x0, y0, x1, y1 = view.box_xyxy_px
    inner = find_border(pixels[y0:y1, x0:x1]) if border == "auto" else _cut(x1 - x0, y1 - y0, border)
    box = x0 + inner[0], y0 + inner[1], x0 + inner[2], y0 + inner[3]
    if box == view.box_xyxy_px:
        return view
    if view.kind != "whole":
        return replace(view, box_xyxy_px=box)
    left, top, right, bottom = (float(end) for end in box)
    corners = (left, top), (right, top), (right, bottom), (left, bottom)
    return replace(view, kind="rectangle", box_xyxy_px=box, polygon_xy_px=corners)


def find_border(pixels: np.ndarray) -> Box:
    """The box inside a dark border: around every large part that is brighter than the darkest corner.

    Letters and specks in the border are no part of the picture. Where fewer than two corners are dark, where all is
    dark, or where hardly anything is bright, there is no border.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits.

    Returns:
        x0, y0, x1, y1, end exclusive.

    Example:
        >>> framed = np.zeros((60, 80), np.uint8)
        >>> framed[10:50, 20:70] = 120
        >>> find_border(framed)
        (20, 10, 70, 50)
    """
    height, width = pixels.shape[:2]
    everything = (0, 0, width, height)
    bright = to_rgb8(pixels).max(axis=2)
    level = _dark_corner(bright)
    if level > BORDER_LEVEL or min(height, width) < 8:
        return everything
    # The median takes noise from the border, and keeps edges where they are.
    lit = (cv2.medianBlur(np.ascontiguousarray(bright), 5) > level + _margin(bright, level)).astype(np.uint8)
    picture = _large_parts(lit)
    if picture.sum() < SMALLEST_VIEW * picture.size:
        return everything
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _dark_corner(bright: np.ndarray) -> float:
    """Brightness of the darkest corner; 255 where fewer than two corners are dark."""
    side = max(min(bright.shape) // 40, 4)
    ends = slice(None, side), slice(-side, None)
    darkest, second, *_ = sorted(float(np.median(bright[rows, columns])) for rows in ends for columns in ends)
    return darkest if second <= BORDER_LEVEL else 255.0


def _margin(bright: np.ndarray, level: float) -> float:
    """By how much the picture is brighter than its border: less where writing in it made the picture dark."""
    return float(np.clip(0.2 * (np.percentile(bright, 90) - level), 2, BORDER_MARGIN))


def _large_parts(lit: np.ndarray) -> np.ndarray:
    """Where a square of a thirtieth of the picture finds room, without letters, even those that touch the picture."""
    side = max(min(lit.shape) // 30, 5) | 1  # odd, so that nothing is shifted
    # What touches the edge goes on beyond it.
    padded = cv2.copyMakeBorder(lit, side, side, side, side, cv2.BORDER_REPLICATE)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))[side:-side, side:-side]
    _, labels = cv2.connectedComponents(opened)
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    return np.isin(labels, np.flatnonzero((areas > 0) & (areas >= _PART * areas.max())))


def _cut(width: int, height: int, shares: tuple[float, float, float, float]) -> Box:
    top, right, bottom, left = shares
    x0, y0 = round(left * width), round(top * height)
    return x0, y0, max(width - round(right * width), x0 + 1), max(height - round(bottom * height), y0 + 1)
