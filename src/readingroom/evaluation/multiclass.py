"""Several classes: each against the rest, top-1 accuracy, and the Hand-Till area."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.areas import Placements, auc, placements
from readingroom.evaluation.arrays import Bools, Floats, Ints, coded, matrix, same_length
from readingroom.evaluation.confusion import Confusion, confusion, diagnostic_counts
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import Estimate, Estimates, Table, checked_level, undefined


@dataclass(frozen=True)
class Spread:
    """A measure over the classes where it is defined.

    Args:
        mean: plain mean over classes (macro average).
        sd: sample standard deviation over classes; None with fewer than two.
        median: over classes.
        lowest: the worst class's.
        highest: the best class's.
        classes: how many classes it is defined for.
    """

    mean: float
    sd: float | None
    median: float
    lowest: float
    highest: float
    classes: int


@dataclass(frozen=True, eq=False)
class OneAgainstRest:
    """Every class against all the others.

    Args:
        classes: in the order asked for.
        tables: the two-way measures of each class, with ``auc`` among them where there are scores.
        top1: share of readings whose predicted class is the true one. With one label a reading the mean
            one-against-rest accuracy over C classes is 1 - 2 (1 - top1) / C: always show top-1 beside it.
        macro_auc: mean of the classes' areas; not defined without scores or with an absent class.
        confusion: the counts behind.
    """

    classes: tuple[Any, ...]
    tables: Mapping[Any, Estimates]
    top1: Estimate
    macro_auc: Estimate
    confusion: Confusion

    def spread(self, measure: str) -> Spread | None:
        """One measure over the classes; None where it is defined for no class.

        Raises:
            EvaluationError: no such measure.
        """
        tables = list(self.tables.values())
        if measure not in tables[0]:
            raise EvaluationError(f"there is no {measure!r}", fix=f"Choose of {', '.join(tables[0])}", field="measure")
        return spread_of([table[measure].value for table in tables])


def spread_of(values: Sequence[float | None]) -> Spread | None:
    """Mean, SD, median and range of the values of classes; None where none is defined.

    Args:
        values: one a class; None where the measure is not defined for it.

    Example:
        >>> spread_of([0.5, None, 0.75]).mean
        0.625
    """
    known = [value for value in values if value is not None]
    if not known:
        return None
    sd = float(np.std(known, ddof=1)) if len(known) > 1 else None
    return Spread(float(np.mean(known)), sd, float(np.median(known)), min(known), max(known), len(known))


def one_against_rest(
    truth: ArrayLike,
    classes: Sequence[Any],
    *,
    predicted: ArrayLike | None = None,
    scores: ArrayLike | None = None,
    method: str = "wilson",
    level: float = 0.95,
) -> OneAgainstRest:
    """Each class against all the others, and the top-1 accuracy.

    Args:
        truth: (n,) true class of each reading.
        classes: all C classes, in the order of the columns of ``scores``.
        predicted: (n,) class answered; None takes the class of the highest score (the first of equals).
        scores: (n, C) one score a class; None gives no area (an area is never made from calls).
        method: interval of the proportions.
        level: confidence level.

    Raises:
        EvaluationError: neither predicted nor scores, lengths differ, a value that is none of the classes.

    Example:
        >>> result = one_against_rest(["a", "b", "c"], ["a", "b", "c"], predicted=["a", "b", "b"])
        >>> result.tables["b"].sensitivity.value, result.tables["c"].ppv.value
        (1.0, None)
    """
    names = tuple(classes)
    codes = coded(truth, names, "truth")
    columns = None if scores is None else _columns(scores, codes, len(names))
    if predicted is None:
        if columns is None:
            raise EvaluationError("neither predicted classes nor scores", fix="Give one", field="predicted")
        predicted = np.asarray(names, dtype=object)[columns.argmax(axis=1)]
    table = confusion(truth, predicted, names)
    tables = {name: _table(table, name, k, codes, columns, method, level) for k, name in enumerate(names)}
    top1 = table.accuracy(method=method, level=level)
    return OneAgainstRest(names, tables, top1, _macro(codes, columns, len(names), level), table)


def _columns(scores: ArrayLike, codes: Ints, count: int) -> Floats:
    columns = matrix(scores, "scores", columns=count)
    same_length(truth=codes, scores=columns)
    return columns


def _table(
    table: Confusion, name: Any, k: int, codes: Ints, columns: Floats | None, method: str, level: float
) -> Estimates:
    measures = diagnostic_counts(*table.one_against_rest(name), method=method, level=level)
    area = undefined(codes.size, level, "delong", "no scores were given")
    if columns is not None:
        area = _area(codes == k, columns[:, k], level)
    return Table({**measures.entries, "auc": area}, measures.counts)


def _area(real: Bools, score: Floats, level: float) -> Estimate:
    if real.all() or not real.any():
        return undefined(real.size, level, "delong", "one class only")
    return auc(real, score, level=level)


def _macro(codes: Ints, columns: Floats | None, count: int, level: float) -> Estimate:
    method = "mean over classes, each against the rest; delong over classes"
    present = np.bincount(codes, minlength=count) > 0
    if columns is None or not present.all() or count < 2:
        note = "no scores were given" if columns is None else "a class is absent from the truth"
        return undefined(codes.size, level, method, note)
    influence, areas = np.zeros(codes.size), []
    for k in range(count):
        real = codes == k
        places = placements(real, columns[:, k])
        areas.append(places.area)
        influence[real] += (places.positive - places.area) / places.positive.size / count
        influence[~real] += (places.negative - places.area) / places.negative.size / count
    return _normal(float(np.mean(areas)), float(np.sum(influence**2)), codes.size, level, method)


def _normal(value: float, variance: float, n: int, level: float, method: str) -> Estimate:
    half = normal_quantile(checked_level(level)) * math.sqrt(variance)
    return Estimate(value, max(value - half, 0.0), min(value + half, 1.0), level, method, n, variance)


def hand_till(truth: ArrayLike, scores: ArrayLike, classes: Sequence[Any], *, level: float = 0.95) -> Estimate:
    """The Hand-Till area M: the mean area over all pairs of classes (Hand & Till 2001, eq. 7).

    For classes i and j, A(i, j) = (A(i | j) + A(j | i)) / 2, with A(i | j) the area of class i's score between the
    readings of i and those of j. Unlike the one-against-rest mean it does not depend on how frequent classes are.
    Interval: DeLong's components summed over the pairs that each reading enters (normal, cut to [0, 1]).

    Args:
        truth: (n,) true class of each reading.
        scores: (n, C) one score a class.
        classes: the C classes, in the order of the columns.
        level: confidence level.

    Returns:
        M; not defined where a class is absent; without interval where a class has one reading.

    Raises:
        EvaluationError: lengths differ, a value that is none of the classes, fewer than two classes.

    Example:
        >>> hand_till(["a", "a", "b", "b"], [[3, 1], [2, 2], [1, 3], [0, 4]], ["a", "b"]).value
        1.0
    """
    codes = coded(truth, tuple(classes), "truth")
    columns, count = _columns(scores, codes, len(classes)), len(classes)
    method, sizes = "hand-till; delong over pairs", np.bincount(codes, minlength=count)
    if count < 2:
        raise EvaluationError(f"{count} class", fix="Give two classes or more", field="classes")
    if (sizes == 0).any():
        return undefined(codes.size, level, method, "a class is absent from the truth")
    value, components = _pairs(codes, columns, count)
    if sizes.min() < 2:
        note = "one reading only in a class: no variance"
        return Estimate(value, None, None, level, method, codes.size, note=note)
    variance = sum(components[codes == k].var(ddof=1) / sizes[k] for k in range(count))
    return _normal(value, float(variance), codes.size, level, method)


def _pairs(codes: Ints, columns: Floats, count: int) -> tuple[float, Floats]:
    """The area, and for each reading the sum of its placements over the pairs that it enters."""
    weight, total, components = 1.0 / (count * (count - 1)), 0.0, np.zeros(codes.size)
    for own, other, places in _ordered_pairs(codes, columns, count):
        total += weight * places.area
        components[own] += weight * places.positive
        components[other] += weight * places.negative
    return total, components


def _ordered_pairs(codes: Ints, columns: Floats, count: int) -> Iterator[tuple[Ints, Ints, Placements]]:
    members = [np.flatnonzero(codes == k) for k in range(count)]
    for i in range(count):
        for j in range(count):
            if i != j:
                both = np.concatenate([members[i], members[j]])
                real = np.arange(both.size) < members[i].size
                yield members[i], members[j], placements(real, columns[both, i])
