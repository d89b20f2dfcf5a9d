"""Scores between ordered grades: how far each reader's lie from the reference (limits of agreement)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readingroom.evaluation import (
    Estimate,
    LimitsOfAgreement,
    bootstrap,
    expected_grade,
    grade_values,
    icc,
    limits_of_agreement,
)
from readingroom.report.analyses.answers import Answers
from readingroom.report.analyses.ordered import FEWEST
from readingroom.report.units import Scores

ICC = "ICC(A,1)"
EXPECTED, GIVEN, GRADE, SCORE = "expected grade", "score given", "grade given", "score"
_REPLICATES = 1000
_LEAST = 3


@dataclass(frozen=True)
class ScoreAgreement:
    """One reader's scores on one part against the reference standard's; images as units.

    Args:
        reader, split: who, and on which part.
        what: ``expected grade`` (of a reader with probabilities, the sum of the grades times their probabilities),
            ``score given`` or ``grade given`` (of a person).
        reference: ``score`` where the case table has one, else ``grade given``, the grade of the reference standard.
        limits: limits of agreement, reader minus reference; by patient where patients have several images.
        icc: intraclass correlation ICC(A,1), absolute agreement; its interval is a bootstrap of patients where these
            have several images.
        means, differences: of each image, the points of the figure.
    """

    reader: str
    split: str
    what: str
    reference: str
    limits: LimitsOfAgreement
    icc: Estimate
    means: tuple[float, ...]
    differences: tuple[float, ...]


def score_agreements(answers: Sequence[Answers], classes: Sequence[str], level: float) -> Iterator[ScoreAgreement]:
    """Every reader whose scores, or whose reference, lie between the grades; none where there are two classes.

    Two readings in whole grades are compared by kappa alone: limits of agreement are for measurements.

    Args:
        answers: of all readers on one part.
        classes: all grades, from the least to the most severe.
        level: confidence level.
    """
    if len(classes) < FEWEST:
        return
    values = grade_values(classes)
    for one in answers:
        what, given = _given(one, values)
        kind, reference = _reference(one, values)
        if given is None or (what == GRADE and kind == GRADE):
            continue
        known = np.isfinite(given) & np.isfinite(reference)
        if known.sum() >= _LEAST:
            yield _agreement(one, what, kind, given[known], reference[known], known, level)


def _agreement(
    one: Answers, what: str, kind: str, given: Scores, reference: Scores, known: np.ndarray, level: float
) -> ScoreAgreement:
    clusters = one.units.clusters
    cluster = clusters[known] if clusters is not None and one.units.several_a_patient else None
    limits = limits_of_agreement(given, reference, cluster=cluster, level=level)
    both = np.column_stack([given, reference])
    found = icc(both, form=ICC, level=level)
    if cluster is not None and limits.patients < limits.n and limits.patients > 1:
        found = bootstrap(_correlation, given, reference, cluster=cluster, replicates=_REPLICATES, level=level)
    points = (tuple(float(value) for value in row) for row in (both.mean(axis=1), given - reference))
    return ScoreAgreement(one.reader, one.split, what, kind, limits, found, *points)


def _correlation(given: Scores, reference: Scores) -> float | None:
    return icc(np.column_stack([given, reference]), form=ICC).value


def _given(one: Answers, values: Scores) -> tuple[str, Scores | None]:
    written = _column(one.rows, "given_score")
    if written is not None:
        return GIVEN, written
    probabilities = one.probabilities
    if probabilities is not None:
        return EXPECTED, expected_grade(probabilities, values)
    return GRADE, None if one.units.answer is None else values[one.units.answer]


def _reference(one: Answers, values: Scores) -> tuple[str, Scores]:
    written = _column(one.rows, "truth_score")
    return (GRADE, values[one.units.reference]) if written is None else (SCORE, written)


def _column(rows: pd.DataFrame, name: str) -> Scores | None:
    """A column of numbers; None where there is none, or nothing in it."""
    if name not in rows or not rows[name].notna().any():
        return None
    return np.asarray(pd.to_numeric(rows[name]), dtype=np.float64)
