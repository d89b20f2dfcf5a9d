"""The points of a study's cases: which volumes have lesions and where, which are known to have none, what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.cases.catalogue import volume_of
from readingroom.cases.stacks.points import PointArray, parse_points
from readingroom.cases.stacks.whole import to_places
from readingroom.cases.table import CaseTable
from readingroom.core.errors import CaseTableError
from readingroom.study.outlines import NO_LESION, UNKNOWN, normal_classes

POINTED = "marked"
COLUMNS = ("x_mm", "y_mm", "z_mm", "radius_mm")
POINTS = "points"
"""Column of the case table: ``x y z r; x y z r``, in mm of DICOM's patient axes."""


@dataclass(frozen=True)
class Points:
    """What is known of the lesions of every volume.

    Args:
        cases: the case table.
        state: by image, `POINTED`, ``no lesion`` or ``unknown``.
        reasons: by image, why its points cannot be used.
        found: by image with a lesion, (N, 4) x, y, z and radius in mm (LPS).
    """

    cases: CaseTable
    state: dict[str, str]
    reasons: dict[str, str]
    found: dict[str, PointArray]

    noun = "a point"
    marked_state = POINTED

    @property
    def marked(self) -> pd.Series:
        """Whether the table has a point for each row."""
        return self.cases.frame[POINTS].notna()

    def of(self, image: str) -> PointArray | None:
        """The lesions of an image; None where they are not known."""
        if self.state.get(image, UNKNOWN) == UNKNOWN:
            return None
        return self.found.get(image, np.empty((0, 4)))

    def table(self) -> pd.DataFrame:
        """One row a lesion: image and `COLUMNS`; and one row without a place for an image without a lesion."""
        rows = [
            (image, *point)
            for image, state in self.state.items()
            if state != UNKNOWN
            for point in (self.found[image].tolist() if state == POINTED else [(np.nan,) * 4])
        ]
        return pd.DataFrame(rows, columns=["image", *COLUMNS])

    def audit(self) -> dict[str, Any]:
        """For ``audit.json``: how many images of each state, and what is wrong with which."""
        counts = Counter(self.state.values())
        return {
            "marked": counts[POINTED],
            "points": sum(len(points) for points in self.found.values()),
            "without_lesion": counts[NO_LESION],
            "unknown": counts[UNKNOWN],
            "reasons": dict(Counter(reason.partition(" (")[0] for reason in self.reasons.values())),
            "excluded": [{"image": image, "reason": reason} for image, reason in self.reasons.items()],
        }


def check_points(cases: CaseTable, catalogue: pd.DataFrame, normal: Sequence[str] | None) -> Points:
    """Read the points of every volume and say what can be learned from and judged by.

    Where the table has no classes at all, an empty cell means that there is no lesion. Where it has, that holds of the
    classes without one only.

    Args:
        cases: with a column ``points``.
        catalogue: for where each volume lies.
        normal: classes without a lesion; None takes those called so.

    Raises:
        CaseTableError: there is no such column, or a class in ``normal`` that the cases do not have.
    """
    frame = cases.frame
    if POINTS not in frame:
        raise CaseTableError(
            "there is no column points",
            fix="Add a column points with x y z and the radius in mm of each lesion (DICOM's patient axes), several "
            "separated by ';'; leave the cell empty where there is no lesion",
            file=cases.source,
        )
    without, rows = normal_classes(cases, normal), catalogue.set_index("image")
    columns = frame.reindex(columns=["image", POINTS, "label"])
    found: dict[str, PointArray | str] = {}
    for image, cell, label in columns.itertuples(index=False):
        placed = volume_of(rows.loc[image])
        is_normal = label in without or bool(columns["label"].isna().all())
        found[str(image)] = _judged(cell, placed, called_normal=label in without, may_be_empty=is_normal)
    reasons = {image: said for image, said in found.items() if isinstance(said, str)}
    points = {image: said for image, said in found.items() if not isinstance(said, str)}
    known = {image: POINTED if len(said) else NO_LESION for image, said in points.items()}
    state = {image: known.get(image, UNKNOWN) for image in found}
    return Points(cases, state, reasons, {image: said for image, said in points.items() if len(said)})


def _judged(
    cell: Any,
    placed: tuple[npt.NDArray[np.float64], tuple[int, ...]] | None,
    *,
    called_normal: bool,
    may_be_empty: bool,
) -> PointArray | str:
    """The lesions of a volume, none where there is none; or why they are not known."""
    if pd.isna(cell):
        return np.empty((0, 4)) if may_be_empty else "a label without a point"
    found = parse_points(str(cell))
    if isinstance(found, str):
        return found
    if called_normal:
        return "a lesion is marked, and the class has none"
    return found if placed is None else _within(found, *placed)


def _within(points: PointArray, affine: npt.NDArray[np.float64], shape: tuple[int, ...]) -> PointArray | str:
    """The points, if all of their middles lie in the volume."""
    places = to_places(affine, points[:, :3])
    outside = ((places < -0.5) | (places > np.array(shape) - 0.5)).any(axis=1)
    if not outside.any():
        return points
    said = " ".join(f"{value:g}" for value in points[np.flatnonzero(outside)[0], :3])
    return f"a point outside the volume ({said}; programs for NIfTI turn the signs of x and y)"
