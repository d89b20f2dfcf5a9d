"""How far readers agree with each other and with the reference standard, beyond chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from readingroom.evaluation import (
    Estimate,
    among_raters,
    cohen_kappa,
    fleiss_kappa,
    grade_values,
    icc,
    krippendorff_alpha,
)
from readingroom.report.analyses.answers import TRAINED, Answers

REFERENCE = "reference standard"
_REPLICATES = 400
_MOST_READERS = 12


@dataclass(frozen=True)
class Agreement:
    """Agreement of some readers on one part.

    Args:
        kind: ``cohen`` (two readers, or one with the `REFERENCE`), ``fleiss``, ``krippendorff`` or, of grades, ``icc``
            (several people).
        readers: who; the last may be the reference standard.
        split: the part.
        n: images that all of them (or, for Krippendorff's alpha, at least two) answered.
        same: share of these images with the same answer; None for more than two readers.
        estimate: kappa or alpha.
        modality: of several people; None where the table names none.
    """

    kind: str
    readers: tuple[str, ...]
    split: str
    n: int
    same: float | None
    estimate: Estimate
    modality: str | None = None


def agreements(
    answers: Sequence[Answers], classes: Sequence[str], level: float, *, ordered: bool
) -> Iterator[Agreement]:
    """Each reader with the reference, each pair, and all people together.

    Args:
        answers: of all readers on one part; those without calls are passed over.
        classes: all classes, in order.
        level: confidence level.
        ordered: the classes are grades: kappa is weighted quadratically, with an interval by patient where patients
            have several images; alpha is ordinal.
    """
    called = [one for one in answers if one.units.answer is not None]
    if not called:
        return
    table = _calls(called)
    weights = "quadratic" if ordered and len(classes) > 2 else None
    patients = _patients(called) if weights else {}
    for one in called:
        yield _pair(table, (one.reader, REFERENCE), one.split, len(classes), weights, level, patients)
    people = [one for one in called if one.kind not in TRAINED]
    paired = called if len(called) <= _MOST_READERS else people
    for first, second in combinations(paired[:_MOST_READERS], 2):
        both = table[[first.reader, second.reader]].notna().all(axis=1)
        if both.any():
            yield _pair(table, (first.reader, second.reader), first.split, len(classes), weights, level, patients)
    for modality in dict.fromkeys(one.modality for one in people):
        names = [one.reader for one in people if one.modality == modality]
        if len(names) > 1:
            found = _together(table[names], people[0].split, classes, level, ordered=ordered)
            yield from (replace(one, modality=modality) for one in found)


def _calls(answers: Sequence[Answers]) -> pd.DataFrame:
    """Class index by image (row) and reader (column), with the reference standard as the last column."""
    columns = {one.reader: pd.Series(one.units.answer, index=one.units.keys) for one in answers}
    truths = pd.concat([pd.Series(one.units.reference, index=one.units.keys) for one in answers])
    return pd.DataFrame(columns | {REFERENCE: truths[~truths.index.duplicated()]})


def _patients(answers: Sequence[Answers]) -> dict[str, pd.Series]:
    """By reader the patient of each image; of those readers only where some patient has several."""
    several = (one for one in answers if one.units.several_a_patient)
    return {one.reader: pd.Series(one.units.clusters, index=one.units.keys) for one in several}


def _pair(
    table: pd.DataFrame,
    names: tuple[str, str],
    split: str,
    classes: int,
    weights: str | None,
    level: float,
    patients: Mapping[str, pd.Series],
) -> Agreement:
    complete = table[list(names)].dropna()
    both = complete.to_numpy(dtype=int)
    found = cohen_kappa(both[:, 0], both[:, 1], weights=weights, classes=range(classes), level=level)
    if names[0] in patients and weights is not None:
        given = dict(zip(names, both.T, strict=True))
        cluster = patients[names[0]].loc[complete.index].to_numpy()
        drawn = among_raters(given, classes=range(classes), weights=weights, cluster=cluster, level=level)
        found = replace(drawn.between, beside=found)
    return Agreement("cohen", names, split, len(both), float((both[:, 0] == both[:, 1]).mean()), found)


def _together(
    table: pd.DataFrame, split: str, grades: Sequence[str], level: float, *, ordered: bool
) -> Iterator[Agreement]:
    names, classes = tuple(str(name) for name in table.columns), len(grades)
    complete = table.dropna()
    if len(complete):
        kappa = fleiss_kappa(complete.to_numpy(dtype=int), classes=range(classes), level=level)
        yield Agreement("fleiss", names, split, len(complete), None, kappa)
    if len(complete) > 1 and ordered and classes > 2:
        measured = grade_values(grades)[complete.to_numpy(dtype=int)]
        yield Agreement("icc", names, split, len(complete), None, icc(measured, form="ICC(A,1)", level=level))
    rated = table[table.notna().sum(axis=1) > 1]
    if len(rated):
        alpha = krippendorff_alpha(
            rated.to_numpy(dtype=np.float64),
            level="ordinal" if ordered else "nominal",
            classes=range(classes),
            confidence=level,
            replicates=_REPLICATES,
        )
        yield Agreement("krippendorff", names, split, len(rated), None, alpha)
