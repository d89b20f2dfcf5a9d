"""Reader against reader: paired tests on the units that both read, corrected for their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from readingroom.evaluation import Test, clustered_auc_test, compare_calls, compare_grades, delong_test, holm
from readingroom.report.analyses.ordered import FEWEST
from readingroom.report.results import Comparison
from readingroom.report.units import Flags, Scores, UnitReadings

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class _Pair:
    """Two readers and the rows where each stands for the same units."""

    names: tuple[str, str]
    units: tuple[UnitReadings, UnitReadings]
    rows: tuple[Rows, Rows]
    split: str
    level: float

    @property
    def clusters(self) -> Rows | None:
        """The patient of each row, where patients have several."""
        units = self.units[0]
        if units.clusters is None or not units.several_a_patient:
            return None
        return units.clusters[self.rows[0]]

    def truth(self, place: int) -> Flags:
        return np.asarray(self.units[0].truth[self.rows[0], place], dtype=bool)

    def called(self, place: int) -> tuple[Flags, Flags] | None:
        first, second = (units.called for units in self.units)
        if first is None or second is None:
            return None
        return first[self.rows[0], place], second[self.rows[1], place]

    def comparison(self, measure: str, positive: str, test: Test, only: tuple[int, int] | None) -> Comparison:
        first_only, second_only = only or (None, None)
        return Comparison(
            first=self.names[0],
            second=self.names[1],
            split=self.split,
            unit=self.units[0].unit,
            measure=measure,
            positive=positive,
            n=len(self.rows[0]),
            difference=test.difference,
            low=test.low,
            high=test.high,
            p_value=test.p_value,
            p_holm=None,
            statistic=test.statistic,
            method=test.method,
            first_only=first_only,
            second_only=second_only,
            note=test.note,
        )


def compare_readers(
    units: Mapping[str, UnitReadings],
    classes: Sequence[str],
    positive: str | None,
    split: str,
    level: float,
    *,
    ordered: bool = False,
) -> tuple[Comparison, ...]:
    """Every pair of readers on one part, counted in one unit.

    Areas where both gave scores: by DeLong's paired test, or Obuchowski's where patients have several units. Accuracy,
    and with two classes sensitivity and specificity, by McNemar's test, or Obuchowski's clustered difference (1998)
    where patients have several units. Of images with three ordered grades or more also the quadratic weighted kappa
    with the reference and the mean absolute error, by the bootstrap of patients. Holm's correction is over all pairs
    (and classes) of one measure.

    Args:
        units: each reader's answers.
        classes: all classes, in order.
        positive: the positive class where there are two.
        split: name of the part.
        level: confidence level of the differences.
        ordered: the classes are grades, from the least to the most severe.
    """
    found: list[Comparison] = []
    for first, second in combinations(units, 2):
        rows = _common_rows(units[first], units[second])
        if len(rows[0]):
            pair = _Pair((first, second), (units[first], units[second]), rows, split, level)
            found += [*_areas(pair, classes, positive), *_accuracy(pair), *_rates(pair, classes, positive)]
            found += _grades(pair, classes) if ordered else []
    return _corrected(found)


def _common_rows(first: UnitReadings, second: UnitReadings) -> tuple[Rows, Rows]:
    _, rows_first, rows_second = np.intersect1d(
        first.keys.astype(str), second.keys.astype(str), assume_unique=True, return_indices=True
    )
    return rows_first, rows_second


def _areas(pair: _Pair, classes: Sequence[str], positive: str | None) -> Iterator[Comparison]:
    first, second = (units.scores for units in pair.units)
    if first is None or second is None:
        return
    for name in classes if positive is None else [positive]:
        place = list(classes).index(name)
        truth = pair.truth(place)
        if truth.any() and not truth.all():
            scores = first[pair.rows[0], place], second[pair.rows[1], place]
            yield pair.comparison("auc", name, _area_test(pair, truth, *scores), None)


def _area_test(pair: _Pair, truth: Flags, first: Scores, second: Scores) -> Test:
    if pair.clusters is not None:
        return clustered_auc_test(truth, first, second, pair.clusters, level=pair.level)
    return delong_test(truth, first, second, level=pair.level)


def _accuracy(pair: _Pair) -> Iterator[Comparison]:
    first, second = (units.top1 for units in pair.units)
    if first is None or second is None:
        return
    a, b = first[pair.rows[0]], second[pair.rows[1]]
    # Right or wrong is a call on a case that is always there.
    test = compare_calls(np.ones(len(a), dtype=bool), a, b, cluster=pair.clusters, level=pair.level)["accuracy"]
    yield pair.comparison("accuracy", "", test, _only(a, b))


def _rates(pair: _Pair, classes: Sequence[str], positive: str | None) -> Iterator[Comparison]:
    if positive is None:
        return
    place = list(classes).index(positive)
    called, truth = pair.called(place), pair.truth(place)
    if called is None:
        return
    tests = compare_calls(truth, *called, cluster=pair.clusters, level=pair.level)
    for measure, part in (("sensitivity", truth), ("specificity", ~truth)):
        if part.any():
            a, b = (calls[part] == truth[part] for calls in called)
            found = pair.comparison(measure, positive, tests[measure], _only(a, b))
            yield replace(found, n=int(part.sum()))


def _grades(pair: _Pair, classes: Sequence[str]) -> Iterator[Comparison]:
    first, second = (units.answer for units in pair.units)
    # The grade of a lesion or a patient of several images is no plain matter: here an image's alone is compared.
    if first is None or second is None or len(classes) < FEWEST or pair.units[0].unit != "image":
        return
    reference = pair.units[0].reference[pair.rows[0]]
    grades = first[pair.rows[0]], second[pair.rows[1]]
    tests = compare_grades(reference, *grades, classes=range(len(classes)), cluster=pair.clusters, level=pair.level)
    for measure in ("quadratic_kappa", "mean_absolute_error"):
        yield pair.comparison(measure, "", tests[measure], None)


def _only(a: Flags, b: Flags) -> tuple[int, int]:
    return int((a & ~b).sum()), int((b & ~a).sum())


def _corrected(found: Sequence[Comparison]) -> tuple[Comparison, ...]:
    families: dict[str, list[Comparison]] = defaultdict(list)
    for comparison in found:
        families[comparison.measure].append(comparison)
    corrected = []
    for family in families.values():
        adjusted = holm([comparison.p_value for comparison in family])
        corrected += [replace(c, p_holm=p) for c, p in zip(family, adjusted, strict=True)]
    return tuple(corrected)
