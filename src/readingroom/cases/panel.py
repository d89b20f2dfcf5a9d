"""The burned-in panel: patches (position display, blanked boxes) and lines of text, also where they lie on anatomy."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Box = tuple[int, int, int, int]

TEXT_CONTRASTS = (32, 55, 85)
"""By how much letters are brighter than what surrounds them, in their least bright channel (they are white);
faint text needs the lowest, text on a restless ground the highest."""
_STROKE_WINDOW = np.ones((17, 17), np.uint8)
_LETTER_HEIGHTS = (6, 20)
_LONGEST_WORD = 220
_ALIGNED = 1
_SMALL_LETTER = 0.6
_GREEN_MARGIN = 35
_FLAT = 8
_FILLED = 0.95
_EMBLEM_CONTRAST = 60
_BLACK = 32
_EMBLEM_SIZES = (8, 28)


def find_green_patches(rgb: np.ndarray) -> list[Box]:
    """Rectangles filled with flat green, as a scope's position display is.

    Args:
        rgb: (H, W, 3) uint8.

    Returns:
        Boxes x0, y0, x1, y1 (end exclusive), largest first.
    """
    red, green, _ = cv2.split(rgb)
    mask = (cv2.subtract(green, red) > _GREEN_MARGIN).astype(np.uint8)
    if cv2.countNonZero(mask) < 0.004 * mask.size:
        return []
    mask = np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask)
    large = [row for row in stats[1:].tolist() if row[4] > max(0.004 * mask.size, _FILLED * row[2] * row[3])]
    boxes = [_box(row) for row in sorted(large, key=lambda row: -row[4])]
    return [box for box in boxes if _is_flat(rgb, box)]


def _is_flat(rgb: np.ndarray, box: Box) -> bool:
    """Most of the box has one colour: tissue under green dye or narrow-band light is never so even."""
    x0, y0, x1, y1 = box
    inside = rgb[y0:y1, x0:x1].reshape(-1, 3).astype(np.int16)
    near = (np.abs(inside - np.median(inside, axis=0)) < _FLAT).all(axis=1)
    return bool(near.mean() > 0.75)


def find_black_patches(lit: np.ndarray, frame: Box) -> list[Box]:
    """Black rectangles that lie over a corner of the anatomy's box, as a blanked position display does.

    Args:
        lit: (H, W) uint8 or bool, nonzero where a pixel is brighter than the border.
        frame: the anatomy's box, x0, y0, x1, y1.

    Returns:
        One box for each corner that has such a patch.
    """
    x0, y0, x1, y1 = frame
    inside = lit[y0:y1, x0:x1] > 0
    found: list[Box] = []
    for right in (False, True):
        for down in (False, True):
            turned = inside[:, ::-1] if right else inside
            size = _corner_rectangle(turned[::-1] if down else turned)
            if size is not None:
                width, height = size
                left, top = (x1 - width if right else x0), (y1 - height if down else y0)
                found.append((left, top, left + width, top + height))
    return found


def _corner_rectangle(lit: np.ndarray) -> tuple[int, int] | None:
    """Width and height of the largest dark rectangle at the top left, if anatomy begins sharply at both its edges."""
    skips = range(0, max(lit.shape[0] // 16, 1), max(lit.shape[0] // 64, 1))
    sizes = [size for size in (_dark_rectangle(lit, skip) for skip in skips) if size is not None]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _dark_rectangle(lit: np.ndarray, skip: int) -> tuple[int, int] | None:
    """The same, where the first rows may hold a rest of anatomy that looks out beyond the patch."""
    height, width = lit.shape
    runs = np.where(lit.any(axis=1), lit.argmax(axis=1), width)
    widths = np.minimum.accumulate(runs[skip:])
    areas = widths * np.arange(1, len(widths) + 1)
    rows = skip + int(areas.argmax()) + 1
    columns = int(widths[rows - skip - 1])
    if not 0.01 * lit.size < rows * columns < 0.45 * lit.size or rows + 4 >= height or columns + 4 >= width:
        return None
    # A cut corner or a shadow is dark beyond the rectangle's edges; behind a patch anatomy begins at once.
    right, below = lit[:rows, columns + 1 : columns + 4].any(axis=1), lit[rows + 1 : rows + 4, :columns].any(axis=0)
    return (columns, rows) if min(right.mean(), below.mean()) > 0.5 else None


def text_contrast(dimmest: np.ndarray) -> np.ndarray:
    """How much brighter than its surroundings each pixel is, as white strokes are (a white top-hat).

    Args:
        dimmest: (H, W) uint8, the least of red, green and blue: what is white is bright in it, tissue is not.

    Returns:
        (H, W) uint8.
    """
    return np.asarray(cv2.morphologyEx(dimmest, cv2.MORPH_TOPHAT, _STROKE_WINDOW))


def find_text(contrast: np.ndarray) -> list[Box]:
    """Lines of burned-in text.

    Letters are white strokes whose tops and bottoms lie on common lines, one letter close to the next; and a panel
    has its lines one below the other, beginning at the same place. Highlights on wet tissue are white too, but do
    not line up.

    Args:
        contrast: (H, W) uint8, of `text_contrast`; the frame's longer side should have about 640 pixels.

    Returns:
        One box a line (or part of a line), x0, y0, x1, y1; boxes may overlap.
    """
    width = contrast.shape[1]
    # Panels stand at the sides of the frame, highlights anywhere.
    left, right = contrast[:, : width // 3], contrast[:, -width // 4 :]
    return _lines(left, 0) + _lines(right, width - right.shape[1])


def _lines(contrast: np.ndarray, offset: int) -> list[Box]:
    masks = [contrast > level for level in TEXT_CONTRASTS]
    words = np.concatenate([_words(_letters(strokes), strokes) for strokes in masks])
    grown = _drop_contained([_grow(masks[0], _box_of(word)) for word in _panel_words(words)])
    return [(x0 + offset, y0, x1 + offset, y1) for x0, y0, x1, y1 in grown]


def _letters(strokes: np.ndarray) -> np.ndarray:
    """Boxes (N, 4) x0, y0, x1, y1 of strokes that are as high as letters."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(strokes.view(np.uint8), ltype=cv2.CV_16U)
    x, y, width, height, area = stats[1:].T
    low, high = _LETTER_HEIGHTS
    fits = (height >= low) & (height <= high) & (width <= _LONGEST_WORD) & (area > 0.2 * width * height)
    boxes = np.stack([x, y, x + width, y + height], axis=1).astype(np.int64)
    return np.asarray(boxes[fits])


def _words(letters: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """Letters joined to words: (M, 6) x0, y0, x1, y1, the number of letters, strokes crossed from end to end."""
    if len(letters) == 0:
        return np.zeros((0, 6), np.int64)
    x0, y0, x1, y1 = letters.T
    gap = np.maximum(x0[:, None], x0) - np.minimum(x1[:, None], x1)
    height = y1 - y0
    lower = np.minimum(height[:, None], height) >= _SMALL_LETTER * np.maximum(height[:, None], height)
    aligned = (np.abs(y1[:, None] - y1) <= _ALIGNED) & lower
    near = gap <= 1.1 * np.maximum(height[:, None], height)
    _, labels = connected_components(csr_array(aligned & near), directed=False)
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    low = np.minimum.reduceat(letters[order][:, :2], starts)
    high = np.maximum.reduceat(letters[order][:, 2:], starts)
    boxes, letters_each = np.c_[low, high], np.diff(starts, append=len(order))
    wide = (high - low) @ (5, -6) >= 0  # at least 1.2 times as wide as high
    boxes, letters_each = boxes[wide], letters_each[wide]
    crossed = np.array([_strokes_crossed(strokes, box) for box in boxes], np.int64)
    return np.asarray(np.c_[boxes, letters_each, crossed])


def _strokes_crossed(strokes: np.ndarray, box: np.ndarray) -> int:
    """How many strokes the rows of a box cross, on average."""
    x0, y0, x1, y1 = box
    inside = strokes[y0:y1, x0:x1]
    begun = int(np.count_nonzero(inside[:, 1:] > inside[:, :-1]) + np.count_nonzero(inside[:, 0]))
    return round(begun / int(y1 - y0))


def _panel_words(words: np.ndarray) -> np.ndarray:
    """Words long enough to be text, and those that line up with another such word."""
    x0, y0, x1, y1, letters, strokes = words.T
    height, width = y1 - y0, x1 - x0
    written = strokes >= 2
    long = written & (width >= 2.2 * height) & (strokes >= 0.7 * width / height)
    across = np.maximum(x0[:, None], x0) - np.minimum(x1[:, None], x1)  # gap; negative where they overlap
    down = np.maximum(y0[:, None], y0) - np.minimum(y1[:, None], y1)
    same_height = np.abs(height[:, None] - height) <= 2
    in_list = same_height & (np.abs(x0[:, None] - x0) <= 3) & (down >= 0)
    stacked = same_height & long[:, None] & long & (across < 0) & (down >= 0) & (down < 1.5 * height)
    close = same_height & long[:, None] & (across < 4 * height) & (down < 4 * height)
    beside = (-down >= 0.6 * np.maximum(height[:, None], height)) & (across < 8 * height)
    alone = (width >= 4.5 * height) & ((letters >= 5) | (strokes >= 1.1 * width / height))
    rich = long & (strokes >= 3) & (strokes >= 1.2 * width / height)
    apart = (down >= 0) | (across >= 0)  # not the same word, seen at another contrast
    together = close & apart & rich[:, None] & rich
    sure = long & (alone | ((in_list & written) | stacked | together).any(axis=1))
    listed = sure | (written & ((in_list | close) & sure).any(axis=1))
    return np.asarray(words[listed | (written & (beside & listed).any(axis=1))])


def _grow(strokes: np.ndarray, box: Box) -> Box:
    """Lengthen a line of text to both sides while strokes go on, as they do where letters lie on a bright ground."""
    x0, y0, x1, y1 = box
    step = y1 - y0
    while x0 > 0 and _looks_written(strokes[y0:y1, max(x0 - step, 0) : x0]):
        x0 = max(x0 - step, 0)
    while x1 < strokes.shape[1] and _looks_written(strokes[y0:y1, x1 : x1 + step]):
        x1 = min(x1 + step, strokes.shape[1])
    return _widen((x0, y0, x1, y1), 2, strokes.shape)


def _looks_written(strokes: np.ndarray) -> bool:
    return 0.15 < float(strokes.mean()) < 0.75


def _drop_contained(boxes: list[Box]) -> list[Box]:
    kept: list[Box] = []
    for box in sorted(set(boxes), key=lambda b: -(b[2] - b[0]) * (b[3] - b[1])):
        if not any(k[0] <= box[0] and k[1] <= box[1] and k[2] >= box[2] and k[3] >= box[3] for k in kept):
            kept.append(box)
    return kept


def find_emblems(brightest: np.ndarray, contrast: np.ndarray) -> list[Box]:
    """Small white signs on a black ground of their own near the right or left edge, as the sign for a magnifier is.

    Args:
        brightest: (H, W) uint8, the greatest of red, green and blue.
        contrast: (H, W) uint8, of `text_contrast` on the same frame.

    Returns:
        One box a sign.
    """
    width = contrast.shape[1]
    side = max(width // 8, 1)
    found: list[Box] = []
    for offset in (0, width - side):
        strokes = (contrast[:, offset : offset + side] > _EMBLEM_CONTRAST).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(strokes)
        found += [_box([row[0] + offset, *row[1:]]) for row in stats[1:].tolist() if _is_emblem(*row[2:4])]
    return [_widen(box, 4, contrast.shape) for box in found if _stands_on_black(box, brightest)]


def _is_emblem(width: int, height: int) -> bool:
    low, high = _EMBLEM_SIZES
    return low <= width <= high and low <= height <= high


def _stands_on_black(box: Box, brightest: np.ndarray) -> bool:
    x0, y0, x1, y1 = _widen(box, 2, brightest.shape)
    return float((brightest[y0:y1, x0:x1] < _BLACK).mean()) > 0.3


def _widen(box: Box, by: int, shape: tuple[int, ...]) -> Box:
    x0, y0, x1, y1 = box
    return max(x0 - by, 0), max(y0 - by, 0), min(x1 + by, shape[1]), min(y1 + by, shape[0])


def _box(stats: list[int]) -> Box:
    x, y, width, height = stats[:4]
    return x, y, x + width, y + height


def _box_of(word: np.ndarray) -> Box:
    x0, y0, x1, y1 = (int(value) for value in word[:4])
    return x0, y0, x1, y1
