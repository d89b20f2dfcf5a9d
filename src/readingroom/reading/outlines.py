"""Outlines: the probability of lesion at every pixel becomes polygons in the image's own frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from readingroom.annotation.outlines import fill_rings
from readingroom.cases.panel import Box
from readingroom.cases.view import View, view_mask
from readingroom.core.errors import ReadingsError
from readingroom.reading.preprocessing import Preprocessing

Map = npt.NDArray[np.float32]
Mask = npt.NDArray[np.uint8]
Ring = npt.NDArray[np.float64]
"""Corners x, y of a closed line, (N, 2), in pixels: pixel (0, 0) covers 0 to 1. The first is not repeated."""
Chain = npt.NDArray[Any]
"""Pixels along a border as OpenCV walks it, (N, 1, 2) whole numbers."""
Corners = npt.NDArray[Any]


@dataclass(frozen=True)
class OutlineRule:
    """How a map becomes outlines.

    Args:
        threshold: lesion where the probability is at least this.
        smallest_px: parts, and holes, of fewer pixels are specks: they are left out, or filled.
        fill_holes: fill all holes; a lesion rarely has one.
        tolerance_px: corners may be left out as long as the line moves by no more than this; 0 keeps the edges of the
            pixels themselves, whose area is the number of pixels.
    """

    threshold: float = 0.5
    smallest_px: int = 100
    fill_holes: bool = True
    tolerance_px: float = 1.0

    def __post_init__(self) -> None:
        if not (0 < self.threshold <= 1 and self.smallest_px >= 0 and self.tolerance_px >= 0):
            fix = "Give a threshold above 0 and at most 1, and no negative number of pixels"
            raise ReadingsError(f"outlines cannot be drawn by {self}", fix=fix)


@dataclass(frozen=True, eq=False)
class Outline:
    """One outlined lesion, in the pixels of its image.

    Args:
        polygon_xy_px: its border.
        holes_xy_px: borders of what is left out inside it.
        area_px: pixels inside, holes not counted; of the pixels themselves, not of the simplified border.
        box_xyxy_px: smallest box around its pixels, end exclusive.
        probability: mean of the map over its pixels.
    """

    polygon_xy_px: Ring
    holes_xy_px: tuple[Ring, ...]
    area_px: int
    box_xyxy_px: Box
    probability: float

    @property
    def rings(self) -> tuple[Ring, ...]:
        """The border, then those of the holes."""
        return (self.polygon_xy_px, *self.holes_xy_px)


def input_box(view: View, preprocessing: Preprocessing) -> Box:
    """Where `Preprocessing.prepare` puts a view in the square input, x0, y0, x1, y1, end exclusive.

    Example:
        >>> input_box(View("whole", (0, 0, 100, 50)), Preprocessing("whole", 64, "pad"))
        (0, 16, 64, 48)
    """
    x0, y0, x1, y1 = view.box_xyxy_px
    size = preprocessing.size
    if preprocessing.fit != "pad":
        return 0, 0, size, size
    scale = size / max(x1 - x0, y1 - y0)
    width, height = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    left, top = (size - width) // 2, (size - height) // 2
    return left, top, left + width, top + height


def to_frame(probability: Map, view: View, preprocessing: Preprocessing, height: int, width: int) -> Map:
    """Place a map that was predicted on the prepared view back into the frame: the inverse of `Preprocessing.prepare`.

    Each pixel of the map goes back over the same part of the frame that it was made from, linearly interpolated (or
    averaged, where the view is smaller than the input).

    Args:
        probability: (size, size) of the input.
        view: of the frame.
        preprocessing: that prepared the view.
        height: of the frame.
        width: of the frame.

    Returns:
        (H, W) float32; 0 outside the view. Under a patch or a line of text inside the view the map is kept: anatomy
        is there, though the network did not see it.

    Raises:
        ReadingsError: a map that is not of the input's size, or a view that is not of this frame.

    Example:
        >>> view, preprocessing = View("whole", (0, 0, 60, 30)), Preprocessing("whole", 32, "pad")
        >>> made = to_frame(np.ones((32, 32), np.float32), view, preprocessing, 30, 60)
        >>> made.shape, float(made.min())
        ((30, 60), 1.0)
    """
    size = preprocessing.size
    if probability.shape != (size, size):
        raise ReadingsError(f"a map of {probability.shape}", fix=f"Give one of ({size}, {size}), the reader's input")
    x0, y0, x1, y1 = view.box_xyxy_px
    if not (0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height):
        raise ReadingsError(f"the view {view.box_xyxy_px} is not of a frame of {width} x {height}")
    left, top, right, bottom = input_box(view, preprocessing)
    inner = np.ascontiguousarray(probability[top:bottom, left:right], dtype=np.float32)
    shrinks = inner.shape[0] >= y1 - y0 and inner.shape[1] >= x1 - x0
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    frame = np.zeros((height, width), dtype=np.float32)
    placed = frame[y0:y1, x0:x1]
    # Written where it belongs: to move eight megabytes of a frame costs as much as to make them.
    cv2.resize(inner, (x1 - x0, y1 - y0), dst=placed, interpolation=how)
    if view.kind != "whole":
        placed[view_mask(replace(view, excluded_xyxy_px=())) == 0] = 0
    return frame


def find_outlines(
    probability: npt.NDArray[np.floating] | npt.NDArray[np.bool_], rule: OutlineRule
) -> tuple[Outline, ...]:
    """Outline what a map says is lesion.

    Args:
        probability: (H, W) 0 to 1, or a boolean mask.
        rule: threshold, specks, holes and tolerance. Pixels that touch at a corner are connected.

    Returns:
        Outlines, the largest first; none where no part is large enough.

    Raises:
        ReadingsError: not two-dimensional, or values that are no probabilities.

    Example:
        >>> probability = np.zeros((9, 9), np.float32)
        >>> probability[2:6, 3:8] = 0.75
        >>> outline, = find_outlines(probability, OutlineRule(smallest_px=4))
        >>> outline.area_px, outline.box_xyxy_px, outline.probability
        (20, (3, 2, 8, 6), 0.75)
    """
    return _found(_checked(probability), rule)


def outlines_in_frame(
    probability: Map, view: View, preprocessing: Preprocessing, height: int, width: int, rule: OutlineRule
) -> tuple[Outline, ...]:
    """Outline in the frame what a map on the prepared view says is lesion: `to_frame`, then `find_outlines`.

    Args:
        probability: (size, size) 0 to 1.
        view: of the frame.
        preprocessing: that prepared the view.
        height: of the frame.
        width: of the frame.
        rule: its pixels are those of the frame.

    Raises:
        ReadingsError: as `to_frame` and `find_outlines`.

    Example:
        >>> view, preprocessing = View("whole", (0, 0, 640, 320)), Preprocessing("whole", 64, "stretch")
        >>> outline, = outlines_in_frame(np.eye(64, dtype=np.float32), view, preprocessing, 320, 640, OutlineRule())
        >>> outline.box_xyxy_px
        (0, 0, 640, 320)
    """
    # The map is smaller than the frame, and interpolation leaves probabilities what they are.
    return _found(to_frame(_checked(probability), view, preprocessing, height, width), rule)


def _checked(probability: npt.NDArray[np.floating] | npt.NDArray[np.bool_]) -> Map:
    values = np.asarray(probability, dtype=np.float32)
    if values.ndim != 2 or values.size == 0:
        raise ReadingsError(f"a map of shape {values.shape}", fix="Give (H, W)")
    # Interpolation may leave 1 by its last digits; the least of numbers with one that is none is none, and no >= 0.
    if not (values.min() >= 0 and values.max() <= 1 + 1e-5):
        raise ReadingsError("a map with values that are no probabilities", fix="Give numbers from 0 to 1")
    return values


def _found(values: Map, rule: OutlineRule) -> tuple[Outline, ...]:
    inside = (values >= rule.threshold).view(np.uint8)
    found = [_outline(values, part, rule) for part in _parts(inside, rule)]
    return tuple(sorted(found, key=lambda outline: -outline.area_px))


@dataclass(frozen=True, eq=False)
class _Part:
    """A connected part by the pixels along its border and along its holes, each chain as OpenCV walks it."""

    border: Chain
    holes: list[Chain]
    area_px: int


def _parts(inside: Mask, rule: OutlineRule) -> Iterator[_Part]:
    x, y, width, height = cv2.boundingRect(inside)
    if width == 0:
        return
    chains, hierarchy = cv2.findContours(
        inside[y : y + height, x : x + width], cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=(x, y)
    )
    holes: dict[int, list[Chain]] = {}
    for chain, (*_, parent) in zip(chains, hierarchy[0], strict=True):
        if parent >= 0 and not rule.fill_holes and _hole_area(chain) >= max(rule.smallest_px, 1):
            holes.setdefault(int(parent), []).append(chain)
    for number, (chain, (*_, parent)) in enumerate(zip(chains, hierarchy[0], strict=True)):
        inner = holes.get(number, [])
        area = _border_area(chain) - sum(_hole_area(hole) for hole in inner) if parent < 0 else 0
        if area >= max(rule.smallest_px, 1):
            yield _Part(chain, inner, area)


def _border_area(chain: Chain) -> int:
    """Pixels on and inside a chain of pixels, by Pick's theorem; a step there and back counts twice, as it should."""
    return round(cv2.contourArea(chain) + len(chain) / 2 + 1) if len(chain) > 1 else 1


def _hole_area(chain: Chain) -> int:
    """Pixels inside a chain of pixels around a hole, by Pick's theorem."""
    return round(cv2.contourArea(chain) - len(chain) / 2 + 1)


def _outline(values: Map, part: _Part, rule: OutlineRule) -> Outline:
    x, y, width, height = cv2.boundingRect(part.border)
    box = x, y, x + width, y + height
    rings = [_simplified(_along_edges(chain[:, 0]), rule.tolerance_px) for chain in (part.border, *part.holes)]
    return Outline(rings[0], tuple(rings[1:]), part.area_px, box, _mean_inside(values, part, box))


def _mean_inside(values: Map, part: _Part, box: Box) -> float:
    x0, y0, x1, y1 = box
    inside = np.zeros((y1 - y0, x1 - x0), dtype=np.uint8)
    cv2.drawContours(inside, [part.border], 0, 1, cv2.FILLED, offset=(-x0, -y0))
    for hole in part.holes:
        # The chain around a hole belongs to the lesion.
        border = np.zeros_like(inside)
        cv2.drawContours(border, [hole], 0, 1, 1, offset=(-x0, -y0))
        cv2.drawContours(inside, [hole], 0, 0, cv2.FILLED, offset=(-x0, -y0))
        inside |= border
    return float(cv2.mean(values[y0:y1, x0:x1], inside)[0])


# Eight ways from a pixel to its neighbours, each a turn of 45 degrees from the one before: by (dy + 1, dx + 1).
_WAYS = np.array([[5, 6, 7], [4, -1, 0], [3, 2, 1]])
# The corner of the pixel that lies that way, x and y, for the slanting ones.
_CORNERS = np.array([(0, 0), (1, 1), (0, 0), (0, 1), (0, 0), (0, 0), (0, 0), (1, 0)], dtype=np.int32)


def _corners_passed() -> npt.NDArray[np.int64]:
    """(8, 8, 4) for the way into a pixel and the way out: the corners on the outside between them, in order, or -1.

    OpenCV walks with the outside on the left of the way (y is down). Seen from the pixel, the outside begins at the
    one before and ends at the one after; the first corner was passed at the pixel before already.
    """
    passed = np.full((8, 8, 4), -1, dtype=np.int64)
    for into in range(8):
        for out in range(8):
            turns = (into + 4 - out) % 8 or 8
            seen = [(into + 4 - turn) % 8 for turn in range(2, turns + 1)]
            slanting = [way for way in seen if way % 2]
            passed[into, out, : len(slanting)] = slanting
    return passed


_PASSED = _corners_passed()


def _along_edges(chain: Corners) -> Corners:
    """The corners along the edges of the pixels of a chain, (N, 2), so that the line encloses exactly the pixels."""
    if len(chain) == 1:
        return np.asarray(chain + _CORNERS[[5, 3, 1, 7]])
    steps = np.diff(chain, axis=0, append=chain[:1])
    ways = _WAYS[steps[:, 1] + 1, steps[:, 0] + 1]
    passed = _PASSED[np.concatenate([ways[-1:], ways[:-1]]), ways]
    return np.asarray((chain[:, None] + _CORNERS[passed])[passed >= 0])


def _simplified(ring: Corners, tolerance_px: float) -> Ring:
    if tolerance_px > 0:
        kept = cv2.approxPolyDP(ring, tolerance_px, closed=True)[:, 0]
        if len(kept) > 2:
            return np.asarray(kept, dtype=np.float64)
    before, after = ring - np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0) - ring
    return np.asarray(ring[before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]], dtype=np.float64)


def mask_outlines(mask: npt.NDArray[np.generic]) -> tuple[Outline, ...]:
    """The outlines of a mask (H, W) or (H, W, 3), 0 outside; the line moves by at most half a pixel.

    Example:
        >>> [outline.area_px for outline in mask_outlines(np.eye(4, dtype=np.uint8))]
        [4]
    """
    plane = mask[..., 0] if mask.ndim == 3 else mask
    return find_outlines(np.asarray(plane) > 0, OutlineRule(0.5, 1, fill_holes=False, tolerance_px=0.5))


def fill_outlines(outlines: Sequence[Outline], height: int, width: int) -> npt.NDArray[np.bool_]:
    """The pixels whose middle lies inside an outline.

    Args:
        outlines: of this image.
        height: of the image.
        width: of the image.

    Returns:
        (H, W); for outlines of tolerance 0 exactly the pixels that were outlined.

    Example:
        >>> mask = np.eye(3) > 0
        >>> outlines = find_outlines(mask, OutlineRule(smallest_px=0, tolerance_px=0))
        >>> bool((fill_outlines(outlines, 3, 3) == mask).all())
        True
    """
    mask = np.zeros((height, width), dtype=np.bool_)
    for outline in outlines:
        fill_rings(mask, outline.rings)
    return mask
