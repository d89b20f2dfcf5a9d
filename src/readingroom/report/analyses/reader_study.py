"""The reader study: people pooled, with help against without (Obuchowski & Rockette), and their reading times."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd

from readingroom.evaluation import Estimate, Test, compare_times, holm, multireader, pooled_readers
from readingroom.report.analyses.answers import Answers
from readingroom.report.units import UnitReadings, grouped_readings

_MOST_TIMED = 12
_LEAST_RANDOM = 3


@dataclass(frozen=True)
class Pool:
    """Several people together, in one modality.

    Args:
        group: ``people``, or the experience that they share.
        modality: with or without help; None where the table names none.
        readers: who.
        split, unit: on which part, counted in what.
        measure: ``auc, sensitivity, specificity`` or ``accuracy``.
        estimate: the mean over the readers, for readers and cases like these.
    """

    group: str
    modality: str | None
    readers: tuple[str, ...]
    split: str
    unit: str
    measure: str
    estimate: Estimate


@dataclass(frozen=True)
class Modalities:
    """Two modalities read by the same people: the multi-reader multi-case comparison.

    Args:
        first, second: the modalities; differences are first minus second.
        readers: who read in both.
        split, unit: on which part, counted in what.
        measure: ``auc, sensitivity, specificity`` or ``accuracy``.
        means: of each modality, over the readers.
        test: of the difference of the means, readers random where there are several.
        by_reader: each reader's own difference.
    """

    first: str
    second: str
    readers: tuple[str, ...]
    split: str
    unit: str
    measure: str
    means: dict[str, Estimate]
    test: Test
    by_reader: dict[str, Test]


@dataclass(frozen=True)
class TimeRatio:
    """Two readers' times over the same images, or two modalities' over the same people.

    Args:
        first, second: who, or which modality.
        over: ``images`` of two readers, or ``readers`` of two modalities.
        split: the part.
        n: images, or readers.
        ratio, low, high: geometric mean of first divided by second.
        p_value: two-sided.
        p_holm: after Holm, over all pairs of readers of the part.
        method: the test.
    """

    first: str
    second: str
    over: str
    split: str
    n: int
    ratio: float
    low: float | None
    high: float | None
    p_value: float | None
    p_holm: float | None
    method: str


def people_of(answers: Sequence[Answers]) -> list[Answers]:
    """Those answers that people gave."""
    return [one for one in answers if one.kind == "person"]


def pools(
    answers: Sequence[Answers], classes: Sequence[str], positive: str | None, level: float, *, patients_known: bool
) -> Iterator[Pool]:
    """People together, by modality and experience, on the cases that all of a group read."""
    people = people_of(answers)
    for modality in dict.fromkeys(one.modality for one in people):
        own = [one for one in people if one.modality == modality]
        groups = {"people": own}
        experiences = dict.fromkeys(one.experience for one in own if one.experience is not None)
        if len(experiences) > 1:
            groups |= {name: [one for one in own if one.experience == name] for name in experiences}
        for group, members in groups.items():
            if len(members) > 1:
                for measure, unit, table in _tables(members, classes, positive, patients_known=patients_known):
                    names = tuple(one.person for one in members)
                    found = _pooled(table, measure, len(members), level)
                    yield Pool(group, modality, names, members[0].split, unit, measure, found)


def _pooled(table: pd.DataFrame, measure: str, readers: int, level: float) -> Estimate:
    """For readers like these; for these readers where there are two, or where they differ so little that it collapses.

    Two readers say next to nothing of other readers: Student's t with one degree of freedom fills the whole range.
    """
    if readers >= _LEAST_RANDOM:
        found = pooled_readers(table, metric=measure, level=level)
        if found.variance:
            return found
    return pooled_readers(table, metric=measure, readers="fixed", level=level)


def modalities(
    answers: Sequence[Answers], classes: Sequence[str], positive: str | None, level: float, *, patients_known: bool
) -> Iterator[Modalities]:
    """Each pair of modalities that some people both read in."""
    people = [one for one in people_of(answers) if one.modality is not None]
    for first, second in combinations(dict.fromkeys(str(one.modality) for one in people), 2):
        pair = [one for one in people if one.modality in (first, second)]
        both = [one for one in pair if sum(other.person == one.person for other in pair) == 2]
        if not both:
            continue
        names = tuple(dict.fromkeys(one.person for one in both))
        drawn = "random" if len(names) > 1 else "fixed"
        for measure, unit, table in _tables(both, classes, positive, patients_known=patients_known):
            found = multireader(table, metric=measure, readers=drawn, level=level)
            test = found.comparisons[first, second]
            means = {str(name): estimate for name, estimate in found.modalities.items()}
            own = {str(who): test for (who, _, _), test in found.readers.items()}
            yield Modalities(first, second, names, both[0].split, unit, measure, means, test, own)


def _tables(
    answers: Sequence[Answers], classes: Sequence[str], positive: str | None, *, patients_known: bool
) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """For every measure that all of them have: its name, the unit, and reader, modality, case, truth, score."""
    # With more classes a patient would be right if any one image is: too kind a unit for an accuracy.
    several = positive is not None and patients_known and any(one.units.several_a_patient for one in answers)
    unit = "patient" if several else "image"
    units = [one.units if unit == "image" else grouped_readings(one.rows, classes, unit) for one in answers]
    common = set.intersection(*(set(one.keys.astype(str)) for one in units))
    measures = ("auc", "sensitivity", "specificity") if positive is not None else ("accuracy",)
    for measure in measures:
        parts = [_long(one, of, classes, positive, measure) for one, of in zip(answers, units, strict=True)]
        known = [part[part["case"].isin(common)] for part in parts if part is not None]
        table = pd.concat(known, ignore_index=True) if len(known) == len(answers) else pd.DataFrame()
        # Each class needs two cases for a variance.
        if len(table) and table.drop_duplicates("case")["truth"].value_counts().reindex([0, 1]).fillna(0).min() > 1:
            yield measure, unit, table


def _long(
    answers: Answers, units: UnitReadings, classes: Sequence[str], positive: str | None, measure: str
) -> pd.DataFrame | None:
    if positive is None:
        if units.top1 is None:
            return None
        # Right or wrong is a call that equals the truth, whichever two classes the truth is said in.
        truth = units.truth[:, _most_even(units)]
        score = np.where(units.top1, truth, ~truth).astype(float)
    else:
        place = list(classes).index(positive)
        source = units.scores if measure == "auc" else units.called
        if source is None:
            return None
        truth, score = units.truth[:, place], source[:, place].astype(float)
    return pd.DataFrame(
        {
            "reader": answers.person,
            "modality": answers.modality,
            "case": units.keys.astype(str),
            "truth": truth.astype(int),
            "score": score,
        }
    )


def _most_even(units: UnitReadings) -> int:
    return int(np.abs(units.truth.mean(axis=0) - 0.5).argmin())


def time_ratios(answers: Sequence[Answers], level: float) -> tuple[TimeRatio, ...]:
    """Times of two people in one modality, of one person in two, and of two modalities over all who read in both."""
    timed = [one for one in answers if "time_ms" in one.rows and (one.rows["time_ms"] > 0).any()]
    people = people_of(timed)[:_MOST_TIMED]
    pairs = [(a, b) for a, b in combinations(people, 2) if a.person == b.person or a.modality == b.modality]
    found = [ratio for first, second in pairs if (ratio := _ratio(first, second, level)) is not None]
    corrected = holm([one.p_value for one in found])
    adjusted = [replace(one, p_holm=p) for one, p in zip(found, corrected, strict=True)]
    return (*adjusted, *_over_people(people, level))


def _ratio(first: Answers, second: Answers, level: float) -> TimeRatio | None:
    joined = _times(first).join(_times(second)["time_ms"].rename("second"), how="inner")
    clusters = joined["cluster"].to_numpy() if first.units.several_a_patient else None
    if len(joined) < 2 or (clusters is not None and len(set(clusters)) < 2):
        return None
    a, b = joined["time_ms"].to_numpy(dtype=float), joined["second"].to_numpy(dtype=float)
    return _said(first.reader, second.reader, "images", first.split, compare_times(a, b, cluster=clusters, level=level))


def _times(answers: Answers) -> pd.DataFrame:
    clusters = answers.units.clusters
    rows = answers.rows[["image", "time_ms"]].assign(cluster=0 if clusters is None else clusters)
    return rows[rows["time_ms"] > 0].set_index("image")


def _over_people(people: Sequence[Answers], level: float) -> Iterator[TimeRatio]:
    named = [one for one in people if one.modality is not None]
    for first, second in combinations(dict.fromkeys(str(one.modality) for one in named), 2):
        means = {(one.person, one.modality): math.exp(float(np.log(_times(one)["time_ms"]).mean())) for one in named}
        both = [
            who for who in dict.fromkeys(one.person for one in named) if {(who, first), (who, second)} <= set(means)
        ]
        if len(both) > 1:
            a, b = ([means[who, modality] for who in both] for modality in (first, second))
            yield _said(first, second, "readers", named[0].split, compare_times(a, b, level=level))


def _said(first: str, second: str, over: str, split: str, test: Test) -> TimeRatio:
    ratio, low, high = (None if value is None else math.exp(value) for value in (test.difference, test.low, test.high))
    return TimeRatio(first, second, over, split, test.n or 0, ratio or 1.0, low, high, test.p_value, None, test.method)
