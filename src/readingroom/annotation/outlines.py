"""Outlines as polygons and as pixels: each into the other without losing a pixel; lines that cross themselves.

A pixel belongs to an outline when its middle lies inside. A mask becomes polygons along the edges of its pixels, so
that their area is the number of pixels, their box the box of the mask, and filling them gives the mask again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.annotation.model import Box, Lesion, Point, Polygon, Ring

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Directions along the edges of pixels: right, down, left, up; each is a right turn from the one before.
_STEP_X, _STEP_Y = np.array([1, 0, -1, 0]), np.array([0, 1, 0, -1])
_PAIRS = 2_000_000
"""Pairs of edges that are compared at a time."""


def rasterise(polygons: Iterable[Polygon], height: int, width: int) -> Bools:
    """The pixels whose middle lies in one of the polygons.

    Args:
        polygons: in pixels; what lies beyond the image is cut off.
        height: of the image.
        width: of the image.

    Returns:
        (H, W) boolean.

    Example:
        >>> triangle = Polygon(((0, 0), (3, 0), (0, 3)))
        >>> rasterise([triangle], 3, 3).astype(int).tolist()
        [[1, 1, 0], [1, 0, 0], [0, 0, 0]]
    """
    mask = np.zeros((height, width), dtype=np.bool_)
    for polygon in polygons:
        rings = [np.array(ring, dtype=np.float64) for ring in polygon.rings if len(ring) > 2]
        if rings:
            fill_rings(mask, rings)
    return mask


def fill_rings(mask: Bools, rings: Sequence[Floats]) -> None:
    """Add to a mask (H, W) the pixels whose middle lies inside an odd number of rings, each (N, 2) x, y.

    Only the window that the rings cover is looked at.
    """
    corners, limits = np.concatenate(rings), mask.shape[::-1]
    x0, y0 = np.clip(np.floor(corners.min(axis=0)), 0, limits).astype(np.int64)
    x1, y1 = np.clip(np.ceil(corners.max(axis=0)), 0, limits).astype(np.int64)
    flips = np.zeros((y1 - y0, x1 - x0 + 1), dtype=np.uint8)
    for ring in rings:
        row, column = _flips(ring - (x0, y0), int(y1 - y0))
        # Each edge flips every pixel to its right.
        np.bitwise_xor.at(flips, (row, np.clip(column, 0, x1 - x0).astype(np.int64)), 1)
    mask[y0:y1, x0:x1] |= np.bitwise_xor.accumulate(flips, axis=1)[:, :-1].astype(np.bool_)


def _flips(corners: Floats, height: int) -> tuple[Ints, Floats]:
    """For each edge and each row whose middle it passes: the row, and the first pixel whose middle lies beyond."""
    start, end = corners, np.roll(corners, -1, axis=0)
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    first = np.clip(np.ceil(low - 0.5), 0, height).astype(np.int64)
    last = np.clip(np.ceil(high - 0.5), 0, height).astype(np.int64)
    edge, row = _spread(first, last - first)
    (x0, y0), (x1, y1) = start[edge].T, end[edge].T
    x = x0 + (row + 0.5 - y0) * (x1 - x0) / (y1 - y0)
    return row, np.ceil(x - 0.5)


def _spread(first: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Each index as often as it counts, and the numbers that follow its first: (0, 5), (0, 6), (2, 9)..."""
    index = np.repeat(np.arange(counts.size), counts)
    return index, np.arange(index.size) - np.repeat(np.cumsum(counts) - counts, counts) + first[index]


def trace(mask: NDArray[np.generic]) -> tuple[Polygon, ...]:
    """The polygons along the edges of a mask's pixels, one for each part (pixels that share an edge), with its holes.

    Args:
        mask: (H, W); everything but 0 is inside.

    Returns:
        Polygons from top to bottom; `rasterise` gives exactly the mask again.

    Example:
        >>> trace(np.array([[0, 1, 1]]))
        (Polygon(exterior=((1.0, 0.0), (3.0, 0.0), (3.0, 1.0), (1.0, 1.0)), holes=()),)
    """
    inside = np.asarray(mask != 0)
    box = mask_box(inside)
    if box is None:
        return ()
    x, y = int(box[0]), int(box[1])
    crop, shift = np.pad(inside[y : int(box[3]), x : int(box[2])], 1), np.array([x - 1, y - 1])
    _, parts = cv2.connectedComponents(crop.astype(np.uint8), connectivity=4)
    exteriors: dict[int, Ring] = {}
    holes: dict[int, list[Ring]] = {}
    for corners, part in _loops(crop, np.asarray(parts)):
        ring = tuple((float(px), float(py)) for px, py in (corners + shift).tolist())
        if _signed_area(corners.astype(np.float64)) > 0:
            exteriors[part] = ring
        else:
            holes.setdefault(part, []).append(ring)
    return tuple(Polygon(ring, tuple(holes.get(part, ()))) for part, ring in exteriors.items())


def _loops(inside: Bools, parts: NDArray[np.generic]) -> Iterator[tuple[Ints, int]]:
    """Corners of each closed line with the inside on its right, and the part that it borders.

    Args:
        inside: (H, W) with an empty frame of one pixel.
        parts: (H, W) number of the part that a pixel belongs to.
    """
    y, x, way = _edges(inside)
    ends = _followers(inside.shape[1], y, x, way)
    # The pixel on the right of an edge, by its way.
    bordering = parts[y + np.array([0, 0, -1, -1])[way], x + np.array([0, -1, -1, 0])[way]]
    following = ends.tolist()
    seen = bytearray(len(following))
    for start in range(len(following)):
        if seen[start]:
            continue
        loop, edge = [], start
        while not seen[edge]:
            seen[edge] = 1
            loop.append(edge)
            edge = following[edge]
        order = np.array(loop)
        turns = order[way[order] != way[np.roll(order, 1)]]
        yield np.stack([x[turns], y[turns]], axis=1), int(bordering[start])


def _edges(inside: Bools) -> tuple[Ints, Ints, Ints]:
    """Where each edge between inside and outside starts (row and column of the corner), and which way it goes."""
    here, above, left = inside, np.roll(inside, 1, axis=0), np.roll(inside, 1, axis=1)
    right_way = np.argwhere(here & ~above)
    down_way = np.argwhere(left & ~here)
    left_way = np.argwhere(above & ~here) + np.array([0, 1])
    up_way = np.argwhere(here & ~left) + np.array([1, 0])
    places = np.concatenate([right_way, down_way, left_way, up_way])
    way = np.repeat(np.arange(4), [len(part) for part in (right_way, down_way, left_way, up_way)])
    return places[:, 0], places[:, 1], way


def _followers(width: int, y: Ints, x: Ints, way: Ints) -> Ints:
    """The edge that follows each: where two part, the one that turns right, which stays at the same pixel."""
    names = (y * (width + 2) + x) * 4 + way
    order = np.argsort(names)
    ends = (y + _STEP_Y[way]) * (width + 2) + x + _STEP_X[way]
    following = np.full(names.size, -1)
    for turn in (3, 0, 1):  # left, straight on, right; the last that exists stays
        wanted = ends * 4 + (way + turn) % 4
        place = np.minimum(np.searchsorted(names, wanted, sorter=order), names.size - 1)
        exists = names[order[place]] == wanted
        following[exists] = order[place[exists]]
    return following


def mask_box(mask: NDArray[np.generic]) -> Box | None:
    """Box around the pixels of a mask, None where it has none.

    Example:
        >>> mask_box(np.array([[0, 0], [0, 1]]))
        (1.0, 1.0, 2.0, 2.0)
    """
    inside = np.asarray(mask != 0)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    if rows.size == 0:
        return None
    return (float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1))


def lesion_mask(lesion: Lesion, height: int, width: int, *, boxes: bool = True) -> Bools:
    """The pixels of a lesion: of its outline, or else of its box.

    Args:
        lesion: with an outline or a box; with neither, no pixel.
        height: of the image.
        width: of the image.
        boxes: whether a lesion without outline is its box.
    """
    if lesion.polygons is None and boxes and lesion.drawn_box is not None:
        return rasterise([Polygon(box_ring(lesion.drawn_box))], height, width)
    return rasterise(lesion.polygons or (), height, width)


def box_ring(box: Box) -> Ring:
    """The corners of a box.

    Example:
        >>> box_ring((0, 0, 2, 1))
        ((0, 0), (2, 0), (2, 1), (0, 1))
    """
    x0, y0, x1, y1 = box
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


ELLIPSE_CORNERS = 72
"""Corners of the polygon that an ellipse becomes: it covers 99.9 % of the ellipse."""


def ellipse_ring(x: float, y: float, radius_x: float, radius_y: float, degrees: float = 0.0) -> Ring:
    """An ellipse as a polygon of `ELLIPSE_CORNERS` corners, turned clockwise by some degrees."""
    angles = np.linspace(0, 2 * math.pi, ELLIPSE_CORNERS, endpoint=False)
    turn = math.radians(degrees)
    across, down = radius_x * np.cos(angles), radius_y * np.sin(angles)
    xs = x + across * math.cos(turn) - down * math.sin(turn)
    ys = y + across * math.sin(turn) + down * math.cos(turn)
    return closed_pairs(np.stack([xs, ys], axis=1))


def closed_pairs(points: Floats) -> Ring:
    """A ring from an array (N, 2)."""
    return tuple((float(x), float(y)) for x, y in points)


def area(polygons: Iterable[Polygon]) -> float:
    """Area in pixels: of the exteriors, less the holes."""
    return sum(ring_area(polygon.exterior) - sum(ring_area(hole) for hole in polygon.holes) for polygon in polygons)


def ring_area(ring: Ring) -> float:
    """Area inside a ring, in pixels.

    Example:
        >>> ring_area(((0, 0), (2, 0), (2, 1), (0, 1)))
        2.0
    """
    return abs(_signed_area(np.array(ring, dtype=np.float64).reshape(-1, 2)))


def _signed_area(corners: Floats) -> float:
    x, y = corners.T
    return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2)


def crossing(polygon: Polygon) -> Point | None:
    """Where an outline crosses itself, or None. Lines that only touch, as those of masks do, don't cross.

    Args:
        polygon: its exterior and its holes, none of which may cross another either.

    Example:
        >>> crossing(Polygon(((0, 0), (2, 2), (2, 0), (0, 2))))
        (1.0, 1.0)
    """
    rings = [np.array(ring, dtype=np.float64) for ring in polygon.rings if len(ring) > 2]
    if not rings:
        return None
    start = np.concatenate(rings)
    end = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    before = np.concatenate([np.roll(ring, 1, axis=0) for ring in rings])
    for one, other in _near(start, end):
        found = _crossing_of(start, end, before, one, other)
        if found is not None:
            return found
    return _crossing_corner(start, end, before)


def _near(start: Floats, end: Floats) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of edges whose rows overlap, a block at a time."""
    low, high = np.minimum(start[:, 1], end[:, 1]), np.maximum(start[:, 1], end[:, 1])
    order = np.argsort(low, kind="stable")
    counts = np.searchsorted(low[order], high[order], side="right") - np.arange(order.size) - 1
    first = np.arange(order.size) + 1
    done = 0
    while done < order.size:
        upto = max(int(np.searchsorted(np.cumsum(counts[done:]), _PAIRS)), 1) + done
        one, other = _spread(first[done:upto], counts[done:upto])
        yield order[one + done], order[other]
        done = upto


def _side(a: Floats, b: Floats, p: Floats) -> Floats:
    """On which side of the line from a to b each p lies: positive, negative, or 0 on it."""
    turn = (b[:, 0] - a[:, 0]) * (p[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (p[:, 0] - a[:, 0])
    return np.sign(turn)


def _crossing_of(start: Floats, end: Floats, before: Floats, one: Ints, other: Ints) -> Point | None:
    """Where one of these pairs of edges cross: in the middle of both, or where a corner of one passes through."""
    a, b, c, d = start[one], end[one], start[other], end[other]
    of_c, of_d, of_a, of_b = _side(a, b, c), _side(a, b, d), _side(c, d, a), _side(c, d, b)
    proper = (of_c * of_d < 0) & (of_a * of_b < 0)
    if proper.any():
        place = int(np.argmax(proper))
        return _meeting(a[place], b[place], c[place], d[place])
    through = (of_c == 0) & _between(a, b, c) & (_side(a, b, before[other]) * of_d < 0)
    if through.any():
        return _point(c[int(np.argmax(through))])
    through = (of_a == 0) & _between(c, d, a) & (_side(c, d, before[one]) * of_b < 0)
    return _point(a[int(np.argmax(through))]) if through.any() else None


def _between(a: Floats, b: Floats, p: Floats) -> Bools:
    """Whether points on the line through a and b lie between them, neither of them included."""
    along = np.sum((p - a) * (b - a), axis=1)
    return np.asarray((along > 0) & (along < np.sum((b - a) ** 2, axis=1)))


def _meeting(a: Floats, b: Floats, c: Floats, d: Floats) -> Point:
    (px, py), (qx, qy), (rx, ry) = b - a, d - c, c - a
    share = (rx * qy - ry * qx) / (px * qy - py * qx)
    return _point(a + share * (b - a))


def _point(place: Floats) -> Point:
    return (round(float(place[0]), 2), round(float(place[1]), 2))


def _crossing_corner(start: Floats, end: Floats, before: Floats) -> Point | None:
    """Where two corners share a place and their lines pass through each other there."""
    _, place, counts = np.unique(start, axis=0, return_inverse=True, return_counts=True)
    for shared in np.flatnonzero(counts > 1):
        visits = np.flatnonzero(place.ravel() == shared)
        for one, other in combinations(visits.tolist(), 2):
            if _interleave(start[one], [before[one], end[one]], [before[other], end[other]]):
                return _point(start[one])
    return None


def _interleave(corner: Floats, one: Sequence[Floats], other: Sequence[Floats]) -> bool:
    """Whether, seen from a corner, exactly one arm of the other line lies between the two arms of the one."""
    low, high = (math.atan2(*(arm - corner)[::-1]) for arm in one)
    span = (high - low) % (2 * math.pi)
    apart = [(math.atan2(*(arm - corner)[::-1]) - low) % (2 * math.pi) for arm in other]
    if any(angle in (0.0, span) for angle in apart):
        return False  # arms that lie on each other touch
    return (apart[0] < span) != (apart[1] < span)
