"""Predictive values of two readers of the same cases, compared."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from readingroom.evaluation.arrays import Bools, binary, same_length
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import Table, Test, Tests, checked_level

METHOD = "weighted generalised score (Kosinski 2013)"


def compare_predictive_values(truth: ArrayLike, a: ArrayLike, b: ArrayLike, *, level: float = 0.95) -> Tests:
    """Whether two readers of the same cases differ in ``ppv`` and ``npv``.

    Test: the weighted generalised score statistic (Kosinski, Stat Med 2013;32:964-977), chi-squared with one degree
    of freedom: (PPV_A - PPV_B)² / {[p (1 - p) - 2 C] (1 / n_A + 1 / n_B)} with p the pooled predictive value and C the
    pooled covariance of the cases that both call. Interval of the difference: linearisation (the variance of each
    case's contribution).

    Args:
        truth: (n,) 0 or 1.
        a: (n,) calls of the first reader, 0 or 1.
        b: (n,) calls of the second.
        level: confidence level.

    Returns:
        ``ppv`` and ``npv``; differences are A - B. Not defined where a reader calls none so.

    Raises:
        EvaluationError: lengths differ, or a value that is neither 0 nor 1.

    Example:
        >>> test = compare_predictive_values([1, 1, 0, 0, 1], [1, 1, 1, 0, 0], [1, 0, 0, 0, 1]).ppv
        >>> round(test.difference, 4)
        -0.3333
    """
    real, first, second = binary(truth, "truth"), binary(a, "a"), binary(b, "b")
    same_length(truth=real, a=first, b=second)
    checked_level(level)
    return Table({"ppv": _compare(real, first, second, level), "npv": _compare(~real, ~first, ~second, level)})


def _compare(right: Bools, a: Bools, b: Bools, level: float) -> Test:
    n_a, n_b, n = int(a.sum()), int(b.sum()), right.size
    if n_a == 0 or n_b == 0:
        return Test(None, None, None, None, None, METHOD, level, n, note="a reader calls none so")
    value_a, value_b = float(right[a].mean()), float(right[b].mean())
    contribution = a * (right - value_a) / n_a - b * (right - value_b) / n_b
    variance, difference = float(np.sum(contribution**2)), value_a - value_b
    statistic = _score(right, a, b, difference)
    if statistic is None:
        note = "the two never differ"
        return Test(None, 1.0, difference, None, None, METHOD, level, n, variance=variance, note=note)
    half = normal_quantile(level) * math.sqrt(variance)
    p = float(special.chdtrc(1, statistic))
    return Test(statistic, p, difference, difference - half, difference + half, METHOD, level, n, variance=variance)


def _score(right: Bools, a: Bools, b: Bools, difference: float) -> float | None:
    n_a, n_b, both = int(a.sum()), int(b.sum()), a & b
    pooled = (np.count_nonzero(a & right) + np.count_nonzero(b & right)) / (n_a + n_b)
    agreed = np.count_nonzero(both & right) * (1 - pooled) ** 2 + np.count_nonzero(both & ~right) * pooled**2
    spread = (pooled * (1 - pooled) - 2 * agreed / (n_a + n_b)) * (1 / n_a + 1 / n_b)
    # Nothing is left where both call the same cases, or all are right.
    return None if spread <= 1e-15 else float(difference**2 / spread)
