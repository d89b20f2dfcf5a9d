"""Over the classes: each measure of one class against the rest, its mean, median and range, and readers compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from readingroom.evaluation import Test, compare_over_classes, holm
from readingroom.evaluation.multiclass import spread_of
from readingroom.report.measures import Performance

OVER_CLASSES = ("accuracy", "sensitivity", "specificity", "ppv", "npv")
"""Measures of one class against the rest, in the order of the fourth study's table."""

PAIRED = ("paired-t", "signed-rank")
UNPAIRED = ("t", "rank-sum")
LEAST_CLASSES = 6
"""With fewer, the signed-rank test cannot give p < 0.05, whatever the values."""


@dataclass(frozen=True)
class ClassSpread:
    """One reader's measure over the classes, each against the rest; images as units.

    Args:
        reader, split: who, and on which part.
        measure: ``accuracy, sensitivity, specificity, ppv, npv, f1, auc``.
        classes: how many classes it is defined for.
        mean, median: over these classes.
        sd: sample standard deviation over them; None with fewer than two.
        lowest, highest: the range.
        lowest_class, highest_class: whose they are; of equals the first.
    """

    reader: str
    split: str
    measure: str
    classes: int
    mean: float
    sd: float | None
    median: float
    lowest: float
    highest: float
    lowest_class: str
    highest_class: str


@dataclass(frozen=True)
class ClassComparison:
    """A measure of two readers compared over the classes; images as units.

    Args:
        first, second: the readers.
        split: on which part.
        measure: ``accuracy, sensitivity, specificity, ppv`` or ``npv``.
        paired: whether the two values of a class are held together; unpaired tests do not, and are given because
            published studies used them.
        method: the test.
        classes: classes with a value: of both readers where paired, else of the reader who has fewer.
        difference, low, high: first minus second with its interval; of rank tests the Hodges-Lehmann shift.
        statistic, df: of the test; ``df`` is None for a rank test.
        p_value: two-sided, before any correction.
        p_holm: after Holm, over all pairs of readers and all measures of this test and part.
        note: what must be known of this test; empty when nothing.
    """

    first: str
    second: str
    split: str
    measure: str
    paired: bool
    method: str
    classes: int
    difference: float | None
    low: float | None
    high: float | None
    statistic: float | None
    df: float | None
    p_value: float | None
    p_holm: float | None
    note: str = ""


def class_spreads(performances: Sequence[Performance]) -> tuple[ClassSpread, ...]:
    """Mean, median and range of every reader's every measure."""
    return tuple(
        spread
        for p in performances
        for measure in (*OVER_CLASSES, "f1", "auc")
        if (spread := _spread(p, measure)) is not None
    )


def _spread(p: Performance, measure: str) -> ClassSpread | None:
    values = values_of(p, measure)
    found = spread_of(list(values.values()))
    if found is None:
        return None
    known = {name: value for name, value in values.items() if value is not None}
    return ClassSpread(
        p.reader, p.split, measure, found.classes, found.mean, found.sd, found.median, found.lowest, found.highest,
        min(known, key=known.__getitem__), max(known, key=known.__getitem__),
    )  # fmt: skip


def values_of(p: Performance, measure: str) -> dict[str, float | None]:
    """A measure by class; None where it is not defined."""
    found = {table.positive: table.measures.get(measure) for table in p.classes}
    return {name: None if estimate is None else estimate.value for name, estimate in found.items()}


def compare_classes(performances: Sequence[Performance], level: float) -> tuple[ClassComparison, ...]:
    """Every pair of readers of one part, every measure, by the paired tests and by the unpaired ones.

    Args:
        performances: of all readers on one part, by image.
        level: confidence level of the differences.

    Returns:
        Nothing with fewer than `LEAST_CLASSES` classes. Classes are no sample of patients: the comparison by image
        (`compare_readers`) stands first.
    """
    found = [
        comparison
        for first, second in combinations(performances, 2)
        for measure in OVER_CLASSES
        for comparison in _compared(first, second, measure, level)
    ]
    return _corrected(found)


def _compared(a: Performance, b: Performance, measure: str, level: float) -> Iterator[ClassComparison]:
    mine, theirs = values_of(a, measure), values_of(b, measure)
    first = [value for value in mine.values() if value is not None]
    second = [value for value in theirs.values() if value is not None]
    both = [(mine[name], theirs[name]) for name in mine if mine[name] is not None and theirs.get(name) is not None]
    if len(both) < LEAST_CLASSES:
        return
    for method in PAIRED:
        test = compare_over_classes(*zip(*both, strict=True), method=method, level=level)
        yield _comparison(a, b, measure, True, len(both), test)
    for method in UNPAIRED:
        test = compare_over_classes(first, second, method=method, level=level)
        yield _comparison(a, b, measure, False, min(len(first), len(second)), test)


def _comparison(
    a: Performance, b: Performance, measure: str, paired: bool, classes: int, test: Test
) -> ClassComparison:
    return ClassComparison(
        first=a.reader,
        second=b.reader,
        split=a.split,
        measure=measure,
        paired=paired,
        method=test.method,
        classes=classes,
        difference=test.difference,
        low=test.low,
        high=test.high,
        statistic=test.statistic,
        df=test.df if isinstance(test.df, float | int) else None,
        p_value=test.p_value,
        p_holm=None,
        note=test.note,
    )


def kind_of(comparison: ClassComparison) -> str:
    """The test by its name in `CLASSWISE_METHODS`, whether exact or normal."""
    return comparison.method.split(",")[0]


def _corrected(found: Sequence[ClassComparison]) -> tuple[ClassComparison, ...]:
    families: dict[str, list[int]] = defaultdict(list)
    for place, comparison in enumerate(found):
        families[kind_of(comparison)].append(place)
    corrected = list(found)
    for places in families.values():
        for place, p in zip(places, holm([found[place].p_value for place in places]), strict=True):
            corrected[place] = replace(found[place], p_holm=p)
    return tuple(corrected)
