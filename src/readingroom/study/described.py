"""Which cases the features readers of a study can describe; the others are left out for all readers, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from readingroom.cases.table import CaseTable
from readingroom.core.errors import CaseTableError
from readingroom.core.progress import Progress
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.features.table import Sources, check_columns, gather_features


def exclude_undescribed(
    cases: CaseTable, sections: Sequence[tuple[str, FeaturesSection]], kept: Path, progress: Progress
) -> tuple[CaseTable, dict[str, Any]]:
    """Leave out the images that a features reader cannot describe, for all readers alike.

    Every reader of the study is then compared on the same cases.

    Args:
        cases: that can be read as images.
        sections: of the features readers, by name.
        kept: folder where radiomics are kept.
        progress: where it is reported.

    Returns:
        The cases that stay, and for ``audit.json`` what was left out and why.

    Raises:
        CaseTableError: a column is missing, or no case is left.
    """
    reasons: dict[str, str] = {}
    for name, section in sections:
        check_columns(section, cases.frame)
        own = _describable(section)
        if own is None:
            continue
        table = gather_features(own, Sources(cases.frame, cases.root, kept=kept), name=name, progress=progress)
        reasons |= {one.image: one.reason for one in table.unread if one.image not in reasons}
    gone = cases.frame["image"].isin(reasons)
    if gone.all():
        first = next(iter(reasons.items()))
        raise CaseTableError(
            "no image has all that the features readers need",
            fix=f"The first: {first[0]}: {first[1]}",
            file=cases.source,
        )
    excluded = [{"image": image, "reason": reason} for image, reason in reasons.items()]
    found = {
        "described": int((~gone).sum()),
        "reasons": dict(Counter(map(_kind, reasons.values()))),
        "excluded": excluded,
    }
    return _without(cases, gone, reasons), found


def _describable(section: FeaturesSection) -> FeaturesSection | None:
    """The sources that may lack something in an image; None where none can."""
    if section.radiomics is None and section.text is None:
        return None
    return section.model_copy(update={"network": False, "facts": (), "scores": ()})


def _without(cases: CaseTable, gone: pd.Series, reasons: dict[str, str]) -> CaseTable:
    if not gone.any():
        return cases
    frame = cases.frame[~gone].reset_index(drop=True)
    counted = Counter(_kind(reasons[str(image)]) for image in cases.frame.loc[gone, "image"])
    patients: Counter[str] = Counter()
    if cases.has_patients:
        lost = cases.frame[gone & ~cases.frame["patient"].isin(frame["patient"])].dropna(subset=["patient"])
        patients = Counter(_kind(reasons[str(one)]) for one in lost.drop_duplicates("patient")["image"])
    return replace(
        cases,
        frame=frame,
        excluded=(*cases.excluded, *counted.items()),
        excluded_patients=(*cases.excluded_patients, *patients.items()),
    )


def _kind(reason: str) -> str:
    """A reason without its numbers, to be counted."""
    if reason.startswith("the outline has ") and "too few" in reason:
        return "the outline has too few pixels to describe"
    return "the outline has another size than its image" if " x " in reason else reason.partition(" (")[0]
