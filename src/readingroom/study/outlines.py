"""The outlines of a study's cases: which images have one, which are known to have no lesion, and what is wrong."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.annotation.masks import read_mask
from readingroom.cases.table import CaseTable
from readingroom.core.errors import AnnotationError, CaseTableError
from readingroom.core.files import hash_file, hash_value
from readingroom.core.progress import Progress

NORMAL = frozenset({"normal", "no lesion", "healthy", "negative", "正常", "无病变", "阴性"})
"""Names of classes that have no lesion, where the study file does not say."""

OUTLINED, NO_LESION, UNKNOWN = "outlined", "no lesion", "unknown"
CLASSES = ("no lesion", "lesion")
"""The classes of a study that only outlines."""

Mask = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Outlines:
    """What is known of the lesions of every image.

    Args:
        cases: the case table.
        state: by image, `OUTLINED`, `NO_LESION` or `UNKNOWN`.
        reasons: by image, why an outline cannot be used.
    """

    cases: CaseTable
    state: dict[str, str]
    reasons: dict[str, str]

    noun = "an outline"
    marked_state = OUTLINED

    @property
    def marked(self) -> pd.Series:
        """Whether the table has an outline for each row."""
        return self.cases.frame["outline"].notna()

    def mask(self, image: str, height: int, width: int) -> Mask | None:
        """The outline at the frame's size, (H, W) 0 or 1; None where it is not known."""
        state = self.state.get(image, UNKNOWN)
        if state == UNKNOWN:
            return None
        if state == NO_LESION:
            return np.zeros((height, width), dtype=np.uint8)
        return np.asarray(read_mask(self.cases.path(self.files[image]), (width, height)).inside, dtype=np.uint8)

    @cached_property
    def files(self) -> dict[str, str]:
        """The outline's file of every image that has one, as the table names it."""
        named = self.cases.frame.dropna(subset=["outline"])
        return dict(zip(named["image"].astype(str), named["outline"].astype(str), strict=True))

    @property
    def key(self) -> str:
        """Hash of every outline's file and of what is known."""
        outlined = self.cases.frame[self.cases.frame["image"].map(self.state) == OUTLINED]
        return hash_value([self.state, [hash_file(self.cases.path(name)) for name in outlined["outline"]]])

    def audit(self) -> dict[str, Any]:
        """For ``audit.json``: how many images of each state, and what is wrong with which."""
        counts = Counter(self.state.values())
        return {
            "outlined": counts[OUTLINED],
            "without_lesion": counts[NO_LESION],
            "unknown": counts[UNKNOWN],
            "reasons": dict(Counter(self.reasons.values())),
            "excluded": [{"image": image, "reason": reason} for image, reason in self.reasons.items()],
        }


def check_outlines(
    cases: CaseTable, catalogue: pd.DataFrame, normal: Sequence[str] | None, progress: Progress
) -> Outlines:
    """Read every outline once and say what can be learned from and judged by.

    Args:
        cases: with a column ``outline`` of mask files.
        catalogue: for the size of each image.
        normal: classes without a lesion; None takes those called so (`NORMAL`).
        progress: where it is reported.

    Raises:
        CaseTableError: there is no column ``outline``, or a class in ``normal`` that the cases do not have.
    """
    frame = cases.frame
    if "outline" not in frame:
        raise CaseTableError(
            "there is no column outline",
            fix="Add a column with the path of each image's mask file; leave the cell empty where there is no lesion",
            file=cases.source,
        )
    without = normal_classes(cases, normal)
    sides = zip(catalogue["height"].tolist(), catalogue["width"].tolist(), strict=True)
    sizes = dict(zip(catalogue["image"].astype(str), sides, strict=True))
    rows = [(str(r.image), r.outline, r.label in without) for r in frame[["image", "outline", "label"]].itertuples()]

    def judge(row: tuple[str, Any, bool]) -> tuple[str, str]:
        image, outline, is_normal = row
        if pd.isna(outline):
            return (NO_LESION, "") if is_normal else (UNKNOWN, "a label without an outline")
        height, width = sizes[image]
        return _judged(cases, str(outline), (int(width), int(height)), is_normal=is_normal)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = list(progress.track(pool.map(judge, rows), "checking the outlines", len(rows)))
    state = {image: one for (image, *_), (one, _) in zip(rows, found, strict=True)}
    reasons = {image: reason for (image, *_), (_, reason) in zip(rows, found, strict=True) if reason}
    return Outlines(cases, state, reasons)


def normal_classes(cases: CaseTable, normal: Sequence[str] | None) -> frozenset[str]:
    """The classes without a lesion: those named, or those that are called so (`NORMAL`)."""
    labels = set(cases.frame["label"].dropna().astype(str)) if "label" in cases.frame else set()
    if normal is None:
        return frozenset(label for label in labels if label.casefold() in NORMAL)
    missing = set(normal) - set(cases.classes) - labels
    if missing:
        raise CaseTableError(
            f"task.normal names {sorted(missing)[0]!r}, which is no class of the cases",
            fix=f"The classes are {', '.join(cases.classes)}",
            file=cases.source,
        )
    return frozenset(normal)


def _judged(cases: CaseTable, outline: str, size: tuple[int, int], *, is_normal: bool) -> tuple[str, str]:
    try:
        present = read_mask(cases.path(outline), size).present
    except AnnotationError as error:
        return UNKNOWN, error.what
    if is_normal:
        return (UNKNOWN, "a lesion is outlined, and the class has none") if present else (NO_LESION, "")
    return (OUTLINED, "") if present else (UNKNOWN, "the outline is empty, and the class has a lesion")


class Known(Protocol):
    """What is known of the lesions of every image, as outlines or as boxes."""

    @property
    def cases(self) -> CaseTable:
        """The case table."""

    @property
    def state(self) -> dict[str, str]:
        """By image."""

    @property
    def reasons(self) -> dict[str, str]:
        """By image, why what the table says cannot be used."""

    @property
    def marked(self) -> pd.Series:
        """Whether the table marks a lesion in each row."""

    noun: str
    marked_state: str


def as_lesion_cases(known: Known) -> CaseTable:
    """The cases of a study that only looks for lesions: classes are `CLASSES`; the unknown is left out and counted.

    The class of the table is kept as the fact ``class``.

    Raises:
        CaseTableError: no image has a lesion that is marked.
    """
    cases, marked = known.cases, known.marked_state
    # An image that cannot be read stays, so that the flow counts it as such.
    said = known.marked.map({True: marked, False: NO_LESION})
    state = cases.frame["image"].map(known.state).fillna(said)
    if not (state == marked).any():
        raise CaseTableError(f"no image has {known.noun} that can be used", fix=_first(known), file=cases.source)
    kept = cases.frame[state != UNKNOWN]
    named = state[state != UNKNOWN].map({marked: CLASSES[1], NO_LESION: CLASSES[0]})
    frame = kept.assign(**{"class": kept["label"]}, label=named).reset_index(drop=True)
    counted = Counter(_kind(known.reasons.get(str(i), UNKNOWN)) for i in cases.frame.loc[state == UNKNOWN, "image"])
    return replace(cases, frame=frame, classes=CLASSES, excluded=(*cases.excluded, *counted.items()))


def _kind(reason: str) -> str:
    """A reason without its numbers, to be counted."""
    return "the outline has another size than its image" if " x " in reason else reason.partition(" (")[0]


def _first(known: Known) -> str:
    return next((f"The first: {image}: {reason}" for image, reason in known.reasons.items()), "Mark the lesions")
