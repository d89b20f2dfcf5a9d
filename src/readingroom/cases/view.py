"""The view: the part of a frame that is anatomy, found and cropped to, without the burned-in panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from readingroom.cases.border import fit_shape, outline_points
from readingroom.cases.images import to_rgb8
from readingroom.cases.panel import Box, find_black_patches, find_emblems, find_green_patches, find_text, text_contrast

ViewKind = Literal["octagon", "circle", "rectangle", "whole"]
ViewMode = Literal["auto", "whole"]
"""``auto`` looks for the view, ``whole`` uses frames from edge to edge."""

WORKING_SIDE = 640
"""Longer side, in pixels, at which text is looked for; a larger frame is reduced to it, a smaller one left."""
BORDER_LEVEL = 48
"""Brightest border (0 to 255) of an endoscope's frame. Where three corners are brighter, there is no border."""
BORDER_MARGIN = 12
"""By how much anatomy is brighter than the border."""
SMALLEST_VIEW = 0.08
"""Smallest share of the frame that may be the view; less is a dark or empty frame, and stays whole."""
LEAST_COLOUR = 8.0
"""Least mean difference between a bright pixel's strongest and weakest channel. Below it the picture is grey (MRI, CT,
X-ray, ultrasound): its dark ground belongs to it, and no view is looked for."""

_EDGE_SIDE = 320
_WHOLE = 0.98
_PART = 0.05
_SPREAD = 1.5
_OPENING = np.ones((7, 7), np.uint8)
_SUBPIXEL = 4


@dataclass(frozen=True)
class View:
    """Where the anatomy is in a frame, in the frame's own pixels; pixel (0, 0) covers 0 to 1 on both axes.

    Args:
        kind: shape of the anatomy; ``whole`` where the frame has no border.
        box_xyxy_px: smallest box around it, x0, y0, x1, y1, end exclusive.
        polygon_xy_px: its corners, in order; empty for ``whole``.
        excluded_xyxy_px: boxes inside it that hide anatomy: patches and lines of text.
    """

    kind: ViewKind
    box_xyxy_px: Box
    polygon_xy_px: tuple[tuple[float, float], ...] = ()
    excluded_xyxy_px: tuple[Box, ...] = ()


def whole_view(width: int, height: int) -> View:
    """The view of a frame that is used from edge to edge."""
    return View("whole", (0, 0, width, height))


def find_view(pixels: np.ndarray) -> View:
    """Find the endoscope's octagon, circle or rectangle in a frame, and what is burned into it.

    The border is what is about as dark as the darkest corner of the frame. The shape is the simplest of the three
    that holds everything brighter, letters and patches aside, so it never cuts bright anatomy off. A frame without a
    dark border, a dark or empty frame, and a picture without colour (MRI, CT, X-ray, ultrasound) are left whole.

    Text and patches that lie over the anatomy are found too, and excluded. Text over overexposed tissue, with
    hardly any contrast, may be missed.

    Args:
        pixels: (H, W) or (H, W, 3), uint8 or uint16, as `read_image` gives them.

    Returns:
        The view.

    Example:
        >>> frame = np.zeros((200, 300, 3), np.uint8)
        >>> frame[20:180, 100:280] = (180, 90, 80)
        >>> find_view(frame).box_xyxy_px
        (100, 20, 280, 180)
    """
    height, width = pixels.shape[:2]
    if pixels.ndim == 2 or min(height, width) < 16:
        return whole_view(width, height)
    rgb = _reduce(to_rgb8(pixels))
    red, green, blue = cv2.split(rgb)
    brightest, dimmest = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    patches = find_green_patches(rgb)
    shape = _find_shape(brightest, dimmest, patches)
    if shape is None:
        return whole_view(width, height)
    patches = [*patches, *shape.black_patches]
    hidden = _over_anatomy(shape.corners, [*patches, *_find_writing(brightest, dimmest)])
    return _to_frame(shape, hidden, np.array([width / rgb.shape[1], height / rgb.shape[0]]), (width, height))


def crop_to_view(pixels: np.ndarray, view: View, fill: int = 0) -> np.ndarray:
    """Crop a frame to its view's box; what lies outside the polygon or is excluded becomes blank.

    Args:
        pixels: (H, W) or (H, W, C).
        view: of this frame.
        fill: value of blank pixels.

    Returns:
        A new array, the size of the box.
    """
    x0, y0, x1, y1 = view.box_xyxy_px
    inside = np.full_like(pixels[y0:y1, x0:x1], fill)
    cv2.copyTo(np.ascontiguousarray(pixels[y0:y1, x0:x1]), view_mask(view), inside)
    return inside


def view_mask(view: View) -> np.ndarray:
    """Where the box of a view shows anatomy: (box height, box width) uint8, 1 inside and 0 outside."""
    x0, y0, x1, y1 = view.box_xyxy_px
    if view.kind == "whole":
        mask = np.ones((y1 - y0, x1 - x0), np.uint8)
    else:
        mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
        # OpenCV's coordinates are of pixel centres, ours of pixel corners.
        corners = np.asarray(view.polygon_xy_px) - (x0 + 0.5, y0 + 0.5)
        cv2.fillConvexPoly(mask, np.rint(corners * 2**_SUBPIXEL).astype(np.int32), 1, shift=_SUBPIXEL)
    for left, top, right, bottom in view.excluded_xyxy_px:
        mask[max(top - y0, 0) : max(bottom - y0, 0), max(left - x0, 0) : max(right - x0, 0)] = 0
    return mask


def _reduce(rgb: np.ndarray) -> np.ndarray:
    scale = WORKING_SIDE / max(rgb.shape[:2])
    if scale >= 1:
        return rgb
    size = max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1)
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


@dataclass(frozen=True)
class _Found:
    kind: ViewKind
    corners: np.ndarray  # (N, 2), in the pixels of the working copy
    black_patches: list[Box]


def _find_shape(brightest: np.ndarray, dimmest: np.ndarray, patches: Sequence[Box]) -> _Found | None:
    step = max(round(max(brightest.shape) / _EDGE_SIDE), 1)
    thinned = np.ascontiguousarray(brightest[::step, ::step])
    level = _border_level(thinned)
    if level > BORDER_LEVEL:
        return None
    lit = (thinned > level + BORDER_MARGIN).astype(np.uint8)
    if not _has_colour(thinned, np.ascontiguousarray(dimmest[::step, ::step]), lit):
        return None
    anatomy = _largest_parts(_without(lit, [_scaled(box, 1 / step) for box in patches]))
    if anatomy is None:
        return None
    shape = fit_shape(anatomy)
    height, width = brightest.shape
    corners = np.minimum(shape.corners * step, (width, height))
    if shape.kind == "rectangle" and np.ptp(corners, axis=0).prod() > _WHOLE * height * width:
        return None
    black = [_scaled(box, step) for box in find_black_patches(lit, _box_around(shape.corners))]
    return _Found(shape.kind, corners, black)


def _border_level(brightest: np.ndarray) -> float:
    """Brightness of the darkest corner of the frame; 255 where fewer than two corners are dark, as in a photograph."""
    side = max(min(brightest.shape) // 40, 4)
    corners = (brightest[rows, columns] for rows in _ends(side) for columns in _ends(side))
    darkest, second, *_ = sorted(float(np.median(corner)) for corner in corners)
    return darkest if second <= BORDER_LEVEL else 255.0


def _ends(side: int) -> tuple[slice, slice]:
    return slice(None, side), slice(-side, None)


def _has_colour(brightest: np.ndarray, dimmest: np.ndarray, lit: np.ndarray) -> bool:
    colour, *_ = cv2.mean(cv2.subtract(brightest, dimmest), mask=lit)
    return colour >= LEAST_COLOUR


def _without(lit: np.ndarray, boxes: Sequence[Box]) -> np.ndarray:
    kept = lit.copy()
    for x0, y0, x1, y1 in boxes:
        kept[y0:y1, x0:x1] = 0
    return kept


def _largest_parts(lit: np.ndarray) -> np.ndarray | None:
    """Anatomy without letters (opening) and specks: the largest part, and others that a shadow cut off from it.

    What lies beside the anatomy, as a position display does, would spread the hull far beyond itself.
    """
    margin = _OPENING.shape[0]
    # The frame's edge cuts the anatomy off; it does not end there.
    padded = cv2.copyMakeBorder(lit, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    opened = cv2.morphologyEx(padded, cv2.MORPH_OPEN, _OPENING)[margin:-margin, margin:-margin]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    if count < 2 or areas.max() < SMALLEST_VIEW * lit.size:
        return None
    order = [int(part) for part in np.argsort(-areas) if areas[part] >= _PART * areas.max()]
    kept = np.asarray(labels == order[0], np.uint8)
    for part in order[1:]:
        joined = kept | np.asarray(labels == part, np.uint8)
        if _hull_area(joined) - _hull_area(kept) <= _SPREAD * areas[part]:
            kept = joined
    return kept


def _hull_area(parts: np.ndarray) -> float:
    return float(cv2.contourArea(cv2.convexHull(outline_points(parts))))


def _find_writing(brightest: np.ndarray, dimmest: np.ndarray) -> list[Box]:
    contrast = text_contrast(dimmest)
    return [*find_text(contrast), *find_emblems(brightest, contrast)]


def _over_anatomy(corners: np.ndarray, boxes: Sequence[Box]) -> list[Box]:
    """The boxes that hide something inside the polygon."""
    x0, y0, *_ = frame = _box_around(corners)
    mask = view_mask(View("octagon", frame, tuple((float(x), float(y)) for x, y in corners)))
    return [box for box in boxes if mask[max(box[1] - y0, 0) : box[3] - y0, max(box[0] - x0, 0) : box[2] - x0].any()]


def _box_around(corners: np.ndarray) -> Box:
    low, high = np.floor(corners.min(axis=0) + 1e-6).astype(int), np.ceil(corners.max(axis=0) - 1e-6).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _scaled(box: Box, scale: np.ndarray | float) -> Box:
    across, down = np.broadcast_to(scale, 2)
    x0, y0, x1, y1 = box[0] * across, box[1] * down, box[2] * across, box[3] * down
    return int(np.floor(x0)), int(np.floor(y0)), int(np.ceil(x1)), int(np.ceil(y1))


def _to_frame(found: _Found, hidden: Sequence[Box], scale: np.ndarray, size: tuple[int, int]) -> View:
    polygon = np.clip(found.corners * scale, 0, size)
    return View(
        found.kind,
        _box_around(polygon),
        tuple((round(float(x), 2), round(float(y), 2)) for x, y in polygon),
        tuple(_clipped(_scaled(box, scale), size) for box in hidden),
    )


def _clipped(box: Box, size: tuple[int, int]) -> Box:
    width, height = size
    return max(box[0], 0), max(box[1], 0), min(box[2], width), min(box[3], height)
