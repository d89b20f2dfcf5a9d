"""Scores: the column with the reference standard's continuous score, checked before anything is computed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from readingroom.cases.table import CaseTable
from readingroom.core.errors import CaseTableError, Problem
from readingroom.evaluation import grade_values

_MOST_SHOWN = 20
_BEYOND = 0.5
"""How many grades a score may lie beyond the least and the most severe one."""


def check_scores(cases: CaseTable, column: str | None) -> None:
    """See that a column holds scores on the scale of the grades; empty cells are allowed, and have no score.

    Args:
        cases: the case table.
        column: of the scores; None where there is none, and nothing is checked.

    Raises:
        CaseTableError: there is no such column, no score in it, or a cell that is no number or far from every grade.
    """
    if column is None:
        return
    frame = cases.frame
    if column not in frame.columns:
        raise CaseTableError(
            f"no column {column}", fix="Name the column of the score in task.score, or leave it out", file=cases.source
        )
    values = pd.to_numeric(frame[column], errors="coerce")
    if not values.notna().any():
        raise CaseTableError(f"the column {column} holds no number", fix="Fill it in", file=cases.source)
    problems = _problems(frame, column, values, cases)
    if problems:
        more = [Problem("", f"and {len(problems) - _MOST_SHOWN} more")] if len(problems) > _MOST_SHOWN else []
        raise CaseTableError(
            f"{len(problems)} scores cannot be used", file=cases.source, problems=[*problems[:_MOST_SHOWN], *more]
        )


def _problems(frame: pd.DataFrame, column: str, values: pd.Series, cases: CaseTable) -> list[Problem]:
    grades = grade_values(cases.classes)
    low, high = grades.min() - _BEYOND, grades.max() + _BEYOND
    wrong = (frame[column].notna() & values.isna()) | (values < low) | (values > high) | np.isinf(values)
    return [
        Problem(
            f"{row.image}, {column}", f"{cell!r} is no score between {grades.min():g} and {grades.max():g}",
            "Correct it, or leave the cell empty",
        )
        for row, cell in zip(frame[wrong].itertuples(), frame.loc[wrong, column], strict=True)
    ]  # fmt: skip
