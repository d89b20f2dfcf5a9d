"""Subgroups: how well a reader did at each level of a fact (centre, sex, size), and whether the levels differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy import special

from readingroom.core.errors import ReadingsError
from readingroom.core.tables import CASE_COLUMNS, READING_COLUMNS, SCORE
from readingroom.evaluation import Estimate, holm
from readingroom.report.analyses.answers import Answers
from readingroom.report.measures import Performance
from readingroom.report.performance import read_performance

MOST_LEVELS = 8
LEAST_IMAGES = 10
_THIRDS = 3
_OWN = frozenset({*READING_COLUMNS, *CASE_COLUMNS, "label", "score", "call", "person", "modality", "copy"})
_FACTS = frozenset({"site", "centre"})
HETEROGENEITY = "cochran's q over levels taken as independent"


@dataclass(frozen=True)
class Subgroup:
    """One reader on the images at one level of a fact.

    Args:
        reader, split: who, and on which part.
        fact, level: the column, and its value; numbers with many values are cut into thirds.
        n: images.
        n_positive: images of the positive class; None with more than two classes.
        patients: different patients; None where they are not known.
        measures: ``auc, sensitivity, specificity`` with two classes, ``top1, auc`` with more; as far as they exist.
    """

    reader: str
    split: str
    fact: str
    level: str
    n: int
    n_positive: int | None
    patients: int | None
    measures: dict[str, Estimate]


@dataclass(frozen=True)
class Interaction:
    """Whether a measure differs between the levels of a fact.

    Args:
        reader, split, fact, measure: of what.
        levels: how many levels had an estimate.
        statistic, df, p_value: chi-squared test of equal values (Cochran's Q).
        p_holm: after Holm, over the facts of the same reader and measure.
        method: the test.
        note: what must be known of it.
    """

    reader: str
    split: str
    fact: str
    measure: str
    levels: int
    statistic: float
    df: int
    p_value: float
    p_holm: float | None
    method: str
    note: str = ""


def facts_of(readings: pd.DataFrame, asked: Sequence[str] | None = None) -> tuple[str, ...]:
    """Columns that make subgroups: those asked for, or every fact that has more than one level and not too many.

    Raises:
        ReadingsError: a column that is asked for is not there.
    """
    if asked is not None:
        missing = [name for name in asked if name not in readings]
        if missing:
            there = ", ".join(map(str, readings.columns))
            raise ReadingsError(f"no column {missing[0]!r} to make subgroups of", fix=f"The columns are: {there}")
        return tuple(asked)
    images = readings.drop_duplicates("image")
    columns = [str(c) for c in images if (c in _FACTS or c not in _OWN) and not str(c).startswith(SCORE)]
    return tuple(name for name in columns if _has_levels(images[name]))


def _has_levels(values: pd.Series) -> bool:
    counts = levels(values).value_counts()
    return 1 < len(counts) <= MOST_LEVELS and int((counts >= LEAST_IMAGES).sum()) > 1


def levels(values: pd.Series) -> pd.Series:
    """The level of each image; numbers with more values than levels can have are cut into thirds.

    A part cannot be told from another by a value that it lacks: missing values stay missing.
    """
    known = values.dropna()
    if known.nunique() <= MOST_LEVELS:
        return values.astype("string")
    numbers = pd.to_numeric(known, errors="coerce")
    if numbers.isna().any():
        return values.astype("string")
    cuts = np.quantile(numbers, np.arange(1, _THIRDS) / _THIRDS)
    # Cut where it can be said: 44.67, not 44.66666666.
    edges = np.unique([cut if cut == round(cut) else float(f"{cut:.4g}") for cut in cuts])
    names = [f"≤ {edges[0]:g}", *(f"{a:g}–{b:g}" for a, b in pairwise(edges))]
    names.append(f"> {edges[-1]:g}")
    places = np.searchsorted(edges, numbers.to_numpy(), side="left")
    found = pd.Series(pd.NA, index=values.index, dtype="string")
    found.loc[known.index] = np.asarray(names, dtype=object)[places]
    return found


def divide(
    answers: Answers, facts: Sequence[str], classes: Sequence[str], positive: str | None, level: float
) -> Iterator[Subgroup]:
    """One reader at every level of every fact. Levels of under ten images are left out; one level alone is none."""
    for fact in facts:
        if fact not in answers.rows:
            continue
        values = levels(answers.rows[fact])
        large = [name for name in _ordered(values) if (values == name).sum() >= LEAST_IMAGES]
        for name in large if len(large) > 1 else ():
            chosen = (values == name).fillna(False).to_numpy(dtype=bool)
            found = read_performance(answers.rows.loc[chosen], classes, positive, "image", level)
            yield _subgroup(found, fact, name, positive)


def _ordered(values: pd.Series) -> list[str]:
    present = [str(name) for name in values.dropna().unique()]
    below = [name for name in present if name.startswith("≤ ")]
    above = [name for name in present if name.startswith("> ")]
    if len(below) == 1 and len(above) == 1:
        middle = sorted(name for name in present if name not in {*below, *above})
        return [*below, *middle, *above]
    return sorted(present)


def _subgroup(found: Performance, fact: str, level: str, positive: str | None) -> Subgroup:
    names = ("auc", "sensitivity", "specificity") if positive is not None else ("top1", "auc")
    estimates = {name: found.measure(name) for name in names}
    return Subgroup(
        reader=found.reader,
        split=found.split,
        fact=fact,
        level=level,
        n=found.n,
        n_positive=found.binary.n_positive if found.binary is not None else None,
        patients=found.patients,
        measures={name: e for name, e in estimates.items() if e is not None and e.defined},
    )


def interactions(subgroups: Sequence[Subgroup]) -> tuple[Interaction, ...]:
    """For every reader, fact and measure, whether the levels differ; Holm over the facts."""
    keys = dict.fromkeys((s.reader, s.split, name) for s in subgroups for name in s.measures)
    found: list[Interaction] = []
    for reader, split, measure in keys:
        own = [s for s in subgroups if (s.reader, s.split) == (reader, split)]
        family = [
            test
            for fact in dict.fromkeys(s.fact for s in own)
            if (test := _heterogeneity([s for s in own if s.fact == fact], measure)) is not None
        ]
        corrected = holm([test.p_value for test in family])
        found += [replace(test, p_holm=p) for test, p in zip(family, corrected, strict=True)]
    return tuple(found)


def _heterogeneity(own: Sequence[Subgroup], measure: str) -> Interaction | None:
    """Q = Σ (θᵢ - θ̄)² / vᵢ with θ̄ weighted by 1 / vᵢ, chi-squared with k - 1 degrees of freedom (Cochran 1954).

    vᵢ comes from the width of the interval, so that a share of 0 or 1 has one too.
    """
    estimates = [s.measures[measure] for s in own if measure in s.measures]
    usable = [e for e in estimates if e.low is not None and e.high is not None and e.high > e.low]
    if len(usable) < 2:
        return None
    values = np.array([e.value for e in usable], dtype=float)
    halves = np.array([(e.high or 0.0) - (e.low or 0.0) for e in usable]) / 2
    variances = (halves / special.ndtri(0.5 + usable[0].level / 2)) ** 2
    mean = np.average(values, weights=1 / variances)
    statistic, df = float(np.sum((values - mean) ** 2 / variances)), len(usable) - 1
    left_out = len(own) - len(usable)
    note = f"{left_out} levels without an interval are left out" if left_out else ""
    p = float(special.chdtrc(df, statistic))
    first = own[0]
    return Interaction(
        first.reader, first.split, first.fact, measure, len(usable), statistic, df, p, None, HETEROGENEITY, note
    )
