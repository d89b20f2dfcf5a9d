"""Ordered grades: how far a reader's grades lie from the reference, and whether two readers differ in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from readingroom.evaluation.areas import difference_test
from readingroom.evaluation.arrays import Floats, Ints, clusters, coded, same_length
from readingroom.evaluation.clustered import FEW, clustered_proportion
from readingroom.evaluation.kappa import WEIGHTS, cohen_kappa, distances
from readingroom.evaluation.proportions import proportion
from readingroom.evaluation.resampling import REPLICATES, bootstrap_together
from readingroom.evaluation.results import Estimate, Estimates, Table, Test, Tests, checked_level
from readingroom.evaluation.weighted import (
    Weighted,
    WeightedDifference,
    WeightedKappa,
    WeightedRatio,
    WeightedTotals,
)

KAPPAS = {"quadratic_kappa": "quadratic", "linear_kappa": "linear"}
"""Kappas of grades, and the weights of each."""


def grade_table(
    reference: ArrayLike,
    grade: ArrayLike,
    *,
    classes: Sequence[Any],
    cluster: ArrayLike | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> Estimates:
    """How near a reader's grades are to the reference.

    ``quadratic_kappa`` and ``linear_kappa`` are agreement beyond chance (see `cohen_kappa`), ``mean_absolute_error``
    is the mean distance in grades, ``within_one`` the share of cases no further than one grade away. Where no patient
    has several cases, the kappas have the interval of Fleiss, Cohen & Everitt and the share has Wilson's; where some
    have, the kappas' is the percentile bootstrap of patients (with the other ``beside``) and the share's that of Rao &
    Scott. The mean error's is always the bootstrap's.

    Args:
        reference: (n,) grades of the reference standard.
        grade: (n,) grades that the reader gave.
        classes: all grades in their order; distances are counted in it.
        cluster: (n,) patient of each case; None takes cases as independent.
        replicates: of the bootstrap.
        seed: the same seed gives the same intervals.
        level: confidence level.

    Returns:
        ``quadratic_kappa, linear_kappa, mean_absolute_error, within_one``; without intervals for one patient alone.

    Raises:
        EvaluationError: lengths differ, a value missing, or a grade that is none of the classes.

    Example:
        >>> table = grade_table([0, 1, 2, 2], [0, 2, 2, 0], classes=[0, 1, 2])
        >>> table.mean_absolute_error.value, table.within_one.value
        (0.75, 0.75)
    """
    true, given = coded(reference, classes, "reference"), coded(grade, classes, "grade")
    codes, count = _patients(same_length(reference=true, grade=given), cluster)
    checked_level(level)
    weighted = _statistics(true, given, len(classes), codes, count)
    drawn = bootstrap_together(weighted, codes, count, replicates=replicates, seed=seed, level=level)
    near = np.abs(true - given) <= 1
    plain = {name: _kappa(true, given, len(classes), weights, level) for name, weights in KAPPAS.items()}
    if count == codes.size:
        share = proportion(int(near.sum()), near.size, level=level)
        return Table(drawn | plain | {"within_one": share})
    if count < 2:
        drawn = {name: replace(one, low=None, high=None, variance=None, note=FEW) for name, one in drawn.items()}
    drawn |= {name: replace(drawn[name], beside=one) for name, one in plain.items()}
    return Table(drawn | {"within_one": clustered_proportion(near, codes, level=level)})


def compare_grades(
    reference: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    *,
    classes: Sequence[Any],
    cluster: ArrayLike | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> Tests:
    """Two readers' grades of the same cases, compared in their kappas and mean absolute errors.

    Patients are drawn with replacement, each with both readers' grades of all its cases. The difference over its
    bootstrap standard error is tested, as pROC does for areas (Robin et al., BMC Bioinformatics 2011;12:77), here by
    Student's t with C - 1 degrees of freedom for C patients, for the sake of studies of few; the interval is
    difference ± t·se.

    Args:
        reference: (n,) grades of the reference standard.
        a: (n,) grades that the first reader gave.
        b: (n,) grades that the second gave.
        classes: all grades in their order.
        cluster: (n,) patient of each case; None takes cases as independent.
        replicates: of the bootstrap.
        seed: the same seed gives the same tests.
        level: confidence level of the intervals.

    Returns:
        ``quadratic_kappa, linear_kappa, mean_absolute_error``: the first reader's minus the second's. A kappa is better
        where it is higher, an error where it is lower.

    Raises:
        EvaluationError: lengths differ, a value missing, or a grade that is none of the classes.

    Example:
        >>> tests = compare_grades([0, 1, 2, 2], [0, 1, 2, 1], [0, 2, 2, 0], classes=[0, 1, 2])
        >>> tests.mean_absolute_error.difference
        -0.5
    """
    true = coded(reference, classes, "reference")
    first, second = coded(a, classes, "a"), coded(b, classes, "b")
    codes, count = _patients(same_length(reference=true, a=first, b=second), cluster)
    of_a, of_b = (_statistics(true, given, len(classes), codes, count) for given in (first, second))
    apart: dict[str, Weighted] = {name: WeightedDifference(of_a[name], of_b[name]) for name in of_a}
    drawn = bootstrap_together(apart, codes, count, replicates=replicates, seed=seed, level=level)
    unit = "readings" if count == codes.size else "patients"
    method = f"paired bootstrap of {unit}, {replicates} random draws"
    return Table({name: _test(one, method, count, level) for name, one in drawn.items()})


def _patients(n: int, cluster: ArrayLike | None) -> tuple[Ints, int]:
    codes, count = (np.arange(n), n) if cluster is None else clusters(cluster)
    same_length(reference=np.empty(n), cluster=codes)
    return codes, count


def _statistics(true: Ints, given: Ints, classes: int, codes: Ints, count: int) -> dict[str, Weighted]:
    n = true.size
    cells = np.zeros((classes * classes, n))
    cells[true * classes + given, np.arange(n)] = 1.0
    totals = WeightedTotals(cells, codes, count)
    apart = np.abs(true - given).astype(np.float64)
    error = WeightedRatio(WeightedTotals(np.stack([apart, np.ones(n)]), codes, count), [1, 0], [0, 1])
    kappas: dict[str, Weighted] = {
        name: WeightedKappa(totals, _weight(weights, classes)) for name, weights in KAPPAS.items()
    }
    return {**kappas, "mean_absolute_error": error}


def _weight(weights: str, classes: int) -> Floats:
    return WEIGHTS[weights](distances(classes), classes)


def _kappa(true: Ints, given: Ints, classes: int, weights: str, level: float) -> Estimate:
    return cohen_kappa(true, given, weights=weights, classes=range(classes), level=level)


def _test(found: Estimate, method: str, count: int, level: float) -> Test:
    if found.value is None:
        return Test(None, None, None, None, None, method, level, found.n, note=found.note)
    test = difference_test(found.value, found.variance, method, found.n, level, df=count - 1)
    return replace(test, note="; ".join(filter(None, (test.note, found.note))))
