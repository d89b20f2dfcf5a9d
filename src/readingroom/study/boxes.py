"""The boxes of a study's cases: which images have some, which are known to have no lesion, and what is wrong."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.annotation.masks import read_mask
from readingroom.cases.table import CaseTable
from readingroom.core.errors import AnnotationError, CaseTableError
from readingroom.core.progress import Progress
from readingroom.reading.boxes import BoxArray
from readingroom.study.outlines import NO_LESION, UNKNOWN, normal_classes

BOXED = "boxed"
_BEYOND_PX = 1.0
"""By how much a box may reach beyond the image: tools round."""


@dataclass(frozen=True)
class Boxes:
    """What is known of the lesions of every image.

    Args:
        cases: the case table.
        state: by image, `BOXED`, ``no lesion`` or ``unknown``.
        reasons: by image, why its boxes cannot be used.
        found: by image that is boxed, (N, 4) x0 y0 x1 y1 in pixels of the frame.
    """

    cases: CaseTable
    state: dict[str, str]
    reasons: dict[str, str]
    found: dict[str, BoxArray]

    noun = "a box"
    marked_state = BOXED

    @property
    def marked(self) -> pd.Series:
        """Whether the table has a box or an outline for each row."""
        frame = self.cases.frame
        columns = [name for name in ("boxes", "outline") if name in frame]
        return frame[columns].notna().any(axis=1)

    def of(self, image: str) -> BoxArray | None:
        """The boxes of an image; None where they are not known."""
        if self.state.get(image, UNKNOWN) == UNKNOWN:
            return None
        return self.found.get(image, np.empty((0, 4)))

    def table(self) -> pd.DataFrame:
        """One row a box: image, x0, y0, x1, y1; and one row without corners for an image without a lesion."""
        rows = [
            (image, *box)
            for image, state in self.state.items()
            if state != UNKNOWN
            for box in (self.found[image].tolist() if state == BOXED else [(np.nan,) * 4])
        ]
        return pd.DataFrame(rows, columns=["image", "x0", "y0", "x1", "y1"])

    def audit(self) -> dict[str, Any]:
        """For ``audit.json``: how many images of each state, and what is wrong with which."""
        counts = Counter(self.state.values())
        return {
            "boxed": counts[BOXED],
            "boxes": sum(len(boxes) for boxes in self.found.values()),
            "without_lesion": counts[NO_LESION],
            "unknown": counts[UNKNOWN],
            "reasons": dict(Counter(self.reasons.values())),
            "excluded": [{"image": image, "reason": reason} for image, reason in self.reasons.items()],
        }


def check_boxes(cases: CaseTable, catalogue: pd.DataFrame, normal: Sequence[str] | None, progress: Progress) -> Boxes:
    """Read the boxes of every image and say what can be learned from and judged by.

    They are in the column ``boxes``; where its cell is empty, each connected part of the mask in ``outline`` has one.

    Args:
        cases: with a column ``boxes`` or ``outline``.
        catalogue: for the size of each image.
        normal: classes without a lesion; None takes those called so.
        progress: where it is reported.

    Raises:
        CaseTableError: there is neither column, or a class in ``normal`` that the cases do not have.
    """
    frame = cases.frame
    if "boxes" not in frame and "outline" not in frame:
        raise CaseTableError(
            "there is no column boxes, and no column outline",
            fix="Add a column boxes with x0 y0 x1 y1 in pixels, several boxes separated by ';'; leave the cell empty "
            "where there is no lesion",
            file=cases.source,
        )
    without = normal_classes(cases, normal)
    sides = zip(catalogue["width"].tolist(), catalogue["height"].tolist(), strict=True)
    sizes = dict(zip(catalogue["image"].astype(str), sides, strict=True))
    columns = frame.reindex(columns=["image", "boxes", "outline", "label"])

    def judge(row: Any) -> tuple[str, BoxArray | str]:
        image = str(row.image)
        width, height = (int(side) for side in sizes[image])
        return image, _judged(cases, row, (width, height), is_normal=row.label in without)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        rows = list(columns.itertuples())
        found = dict(progress.track(pool.map(judge, rows), "checking the boxes", len(rows)))
    reasons = {image: said for image, said in found.items() if isinstance(said, str)}
    boxes = {image: said for image, said in found.items() if not isinstance(said, str)}
    known = {image: BOXED if len(said) else NO_LESION for image, said in boxes.items()}
    state = {image: known.get(image, UNKNOWN) for image in found}
    return Boxes(cases, state, reasons, {image: said for image, said in boxes.items() if len(said)})


def _judged(cases: CaseTable, row: Any, size: tuple[int, int], *, is_normal: bool) -> BoxArray | str:
    """The boxes of an image, none where there is no lesion; or why they are not known."""
    if pd.notna(row.boxes):
        found = parse_boxes(str(row.boxes), size)
    elif pd.notna(row.outline):
        found = _from_outline(cases, str(row.outline), size)
        if not isinstance(found, str) and not len(found) and not is_normal:
            return "the outline is empty, and the class has a lesion"
    else:
        return np.empty((0, 4)) if is_normal else "a label without a box"
    if is_normal and not isinstance(found, str) and len(found):
        return "a lesion is boxed, and the class has none"
    return found


def parse_boxes(text: str, size: tuple[int, int]) -> BoxArray | str:
    """The boxes of a cell, (N, 4), or what is wrong with it.

    Args:
        text: ``x0 y0 x1 y1`` in pixels, several separated by ``;``; commas between the numbers are taken too.
        size: width and height of the image.

    Example:
        >>> parse_boxes("1 2 11 12; 20 20 30.5 40", (64, 64)).tolist()
        [[1.0, 2.0, 11.0, 12.0], [20.0, 20.0, 30.5, 40.0]]
        >>> parse_boxes("1 2 1 12", (64, 64))
        'a box without extent: x1 must be more than x0, and y1 more than y0'
    """
    parts = [part.replace(",", " ").split() for part in text.split(";") if part.strip()]
    try:
        boxes = np.array([[float(number) for number in part] for part in parts if len(part) == 4], dtype=np.float64)
    except ValueError:
        return "a box that is not of numbers"
    if not parts or any(len(part) != 4 for part in parts):
        return "a box that is not of four numbers"
    if not np.isfinite(boxes).all():
        return "a box that is not of numbers"
    if (boxes[:, 2:] <= boxes[:, :2]).any():
        return "a box without extent: x1 must be more than x0, and y1 more than y0"
    limits = np.array([*size, *size], dtype=np.float64)
    if (boxes < -_BEYOND_PX).any() or (boxes > limits + _BEYOND_PX).any():
        return "a box outside the image"
    cut = np.clip(boxes, 0, limits)
    return cut if (cut[:, 2:] > cut[:, :2]).all() else "a box outside the image"


def _from_outline(cases: CaseTable, outline: str, size: tuple[int, int]) -> BoxArray | str:
    try:
        inside = read_mask(cases.path(outline), size).inside
    except AnnotationError as error:
        return error.what
    return boxes_around(inside)


def boxes_around(mask: npt.NDArray[np.bool_]) -> BoxArray:
    """(N, 4) the smallest boxes around the parts of a mask (H, W); pixels that touch at a corner are connected.

    Example:
        >>> boxes_around(np.pad(np.ones((2, 3), bool), 1)).tolist()
        [[1.0, 1.0, 4.0, 3.0]]
    """
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    x, y, width, height = stats[1:, :4].T.astype(np.float64)
    return np.stack([x, y, x + width, y + height], axis=1)
