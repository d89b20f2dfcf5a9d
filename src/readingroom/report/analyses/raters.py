"""Readers among raters: whether a network agrees with the people as well as they agree with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readingroom.evaluation import Estimate, Test, among_raters
from readingroom.report.analyses.answers import Answers
from readingroom.report.analyses.ordered import FEWEST

_LEAST_CASES = 3


@dataclass(frozen=True)
class RatersCompared:
    """The people of one part as raters, and every network among them; on the images that all of them graded.

    Args:
        split: the part.
        modality: of the people; None where the table names none.
        raters: the people.
        n: images that all of them and all networks graded.
        patients: different patients among them; None where they are not known.
        between: mean quadratic weighted kappa over all pairs of people.
        with_raters: by network, its mean kappa over the people.
        differences: by network, that less ``between``, with the test.
    """

    split: str
    modality: str | None
    raters: tuple[str, ...]
    n: int
    patients: int | None
    between: Estimate
    with_raters: dict[str, Estimate]
    differences: dict[str, Test]


def raters_compared(answers: Sequence[Answers], classes: Sequence[str], level: float) -> Iterator[RatersCompared]:
    """For each modality that two people or more read in; none where there are two classes.

    Args:
        answers: of all readers on one part.
        classes: all grades, from the least to the most severe.
        level: confidence level.
    """
    called = [one for one in answers if one.units.answer is not None]
    people = [one for one in called if one.kind == "person"]
    networks = [one for one in called if one.kind != "person"]
    if len(classes) < FEWEST:
        return
    for modality in dict.fromkeys(one.modality for one in people):
        raters = [one for one in people if one.modality == modality]
        table = pd.concat([_grades(one) for one in (*raters, *networks)], axis=1, join="inner") if raters else None
        if table is not None and len(raters) > 1 and len(table) >= _LEAST_CASES:
            yield _compared(raters, networks, table, modality, len(classes), level)


def _compared(
    raters: list[Answers], networks: list[Answers], table: pd.DataFrame, modality: str | None, k: int, level: float
) -> RatersCompared:
    units = raters[0].units
    clusters = None if units.clusters is None else pd.Series(units.clusters, index=units.keys).loc[table.index]
    found = among_raters(
        {one.reader: table[one.reader].to_numpy() for one in raters},
        {one.reader: table[one.reader].to_numpy() for one in networks},
        classes=range(k),
        cluster=None if clusters is None else clusters.to_numpy(),
        level=level,
    )
    names = tuple(one.reader for one in raters)
    patients = None if clusters is None else len(np.unique(clusters))
    return RatersCompared(
        raters[0].split, modality, names, found.n, patients, found.between, found.with_raters, found.differences
    )


def _grades(one: Answers) -> pd.Series:
    return pd.Series(one.units.answer, index=one.units.keys, name=one.reader)
