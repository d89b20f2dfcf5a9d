"""Ordered grades: how near each reader's grades, network's or person's, are to the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from readingroom.evaluation import Estimate, grade_table
from readingroom.report.analyses.answers import Answers

FEWEST = 3
"""Grades from which on a distance says more than right or wrong."""


@dataclass(frozen=True)
class GradePerformance:
    """One reader's grades on one part against the reference standard; images as units.

    Args:
        reader, split: who, and on which part.
        n: images.
        patients: different patients among them, or groups of near-duplicates; None where neither is known.
        measures: ``quadratic_kappa, linear_kappa``, ``mean_absolute_error`` in grades, and ``within_one``, the share
            no further than one grade from the reference. Where patients have several images, intervals are clustered by
            patient, and the kappas' that takes images for independent stands beside.
        apart: images by how many grades the answer lies above the reference; below it is negative.
    """

    reader: str
    split: str
    n: int
    patients: int | None
    measures: dict[str, Estimate]
    apart: dict[str, int]


def grade_performances(answers: Sequence[Answers], classes: Sequence[str], level: float) -> Iterator[GradePerformance]:
    """Every reader that gave a class; none where there are two classes, of which one is simply right or wrong.

    Args:
        answers: of all readers on one part.
        classes: all grades, from the least to the most severe.
        level: confidence level.
    """
    if len(classes) < FEWEST:
        return
    for one in answers:
        units = one.units
        if units.answer is None:
            continue
        cluster = units.clusters if units.several_a_patient else None
        places = range(len(classes))
        table = grade_table(units.reference, units.answer, classes=places, cluster=cluster, level=level)
        steps, counts = np.unique(units.answer - units.reference, return_counts=True)
        apart = {str(step): int(count) for step, count in zip(steps, counts, strict=True)}
        yield GradePerformance(one.reader, one.split, len(units.answer), units.patients, dict(table), apart)
