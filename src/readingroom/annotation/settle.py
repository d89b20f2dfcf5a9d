"""The list of what experts must settle: a table that goes out with the disputes and comes back with decisions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from readingroom.annotation.consensus import Consensus
from readingroom.core.errors import AnnotationError, CaseTableError, Problem
from readingroom.core.tables import read_table, write_csv

DECISION = "decision"
"""Column that the experts fill in: the annotator who is right on this image, or ``exclude``."""

_SAID = "said by "


def settle_table(consensus: Consensus) -> pd.DataFrame:
    """One row for each dispute: image, question, reason, what each annotator said, and an empty decision."""
    rows = [
        {
            "image": dispute.image,
            "question": dispute.question,
            "reason": dispute.reason,
            **{_SAID + who: dispute.answers.get(who, "") for who in consensus.annotators},
            DECISION: "" if dispute.blocks else "-",
        }
        for dispute in consensus.disputes
    ]
    said = [_SAID + who for who in consensus.annotators]
    return pd.DataFrame(rows, columns=["image", "question", "reason", *said, DECISION])


def write_settle(consensus: Consensus, path: str | Path) -> None:
    """Write the list as CSV that spreadsheets open."""
    write_csv(settle_table(consensus), path)


def read_decisions(path: str | Path) -> dict[str, str]:
    """The experts' decisions: image, and whose annotation is right, or ``exclude``. Rows left empty are undecided.

    Args:
        path: the list, filled in; one decision in one of an image's rows is enough.

    Raises:
        AnnotationError: no columns image and decision, or two different decisions on one image.
    """
    try:
        frame = read_table(path)
    except CaseTableError as error:
        raise AnnotationError(error.what, fix=error.fix, file=path) from error
    missing = [name for name in ("image", DECISION) if name not in frame]
    if missing:
        raise AnnotationError(f"no column {missing[0]!r}", fix="Fill in the list as it was written", file=path)
    said = frame[["image", DECISION]].dropna().apply(lambda column: column.str.strip())
    said = said[~said[DECISION].isin(["", "-"])]
    counts = said.groupby("image")[DECISION].nunique()
    twice = [Problem(str(name), "two different decisions", "Keep one") for name in counts.index[counts > 1]]
    if twice:
        raise AnnotationError("decisions that contradict each other", file=path, problems=twice)
    return {str(name): str(decision) for name, decision in zip(said["image"], said[DECISION], strict=True)}
