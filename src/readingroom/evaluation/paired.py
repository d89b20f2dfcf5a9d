"""Two or more readers of the same cases, by their calls: McNemar, Cochran's Q, and Holm's correction."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.areas import difference_test
from readingroom.evaluation.arrays import (
    Bools,
    Floats,
    Ints,
    binary,
    clusters,
    numbers,
    ratings_of,
    same_length,
    whole_number,
)
from readingroom.evaluation.clustered import mean_variance
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import Table, Test, Tests, checked_level, chosen

NO_DISCORDANT = "no discordant pair"


def _exact(b: int, c: int) -> tuple[float | None, float]:
    return None, min(1.0, 2.0 * float(special.bdtr(min(b, c), b + c, 0.5)))


def _midp(b: int, c: int) -> tuple[float | None, float]:
    n, k = b + c, min(b, c)
    point = math.exp(special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1) - n * math.log(2))
    return None, min(1.0, 2.0 * float(special.bdtr(k, n, 0.5)) - point)


def _corrected(b: int, c: int) -> tuple[float | None, float]:
    # R's correction is never larger than the difference itself.
    statistic = (abs(b - c) - min(1.0, abs(b - c))) ** 2 / (b + c)
    return statistic, float(special.chdtrc(1, statistic))


def _uncorrected(b: int, c: int) -> tuple[float | None, float]:
    statistic = (b - c) ** 2 / (b + c)
    return statistic, float(special.chdtrc(1, statistic))


MCNEMAR_METHODS: dict[str, Callable[[int, int], tuple[float | None, float]]] = {
    "exact": _exact,
    "midp": _midp,
    "corrected": _corrected,
    "uncorrected": _uncorrected,
}


def mcnemar(b: int, c: int, *, method: str = "exact", total: int | None = None, level: float = 0.95) -> Test:
    """McNemar's test of two readers' calls on the same cases.

    Args:
        b: cases that only the first reader got (called, or called right).
        c: cases that only the second got.
        method: ``exact`` (binomial), ``midp`` (Fagerland, Lydersen & Laake 2013), ``corrected`` (chi-squared with
            Edwards' continuity correction, 1948) or ``uncorrected`` (McNemar 1947).
        total: all paired cases; with it the difference (b - c) / total is given with Tango's score interval (1998).
        level: confidence level of that interval.

    Returns:
        The test; ``n`` is the number of discordant pairs. With b = c = 0 the p-value is 1: no discordant pair.

    Raises:
        EvaluationError: counts that are negative or not whole, or a total below b + c.

    Example:
        >>> round(mcnemar(5, 12).p_value, 4)
        0.1435
    """
    compute = chosen(method, MCNEMAR_METHODS)
    b, c, checked = whole_number(b, "b"), whole_number(c, "c"), checked_level(level)
    if total is not None and (total < b + c or total == 0):
        raise EvaluationError(f"{total} pairs with {b + c} discordant", fix="Give all pairs", field="total")
    statistic, p = compute(b, c) if b + c else (None, 1.0)
    difference, low, high = (None, None, None) if total is None else _tango(b, c, total, checked)
    note = "" if b + c else NO_DISCORDANT
    return Test(statistic, p, difference, low, high, f"mcnemar, {method}", level, b + c, note=note)


def _tango(b: int, c: int, n: int, level: float) -> tuple[float, float, float]:
    """The paired difference of proportions with Tango's (1998) score interval."""
    difference, z = (b - c) / n, normal_quantile(level)

    def score(delta: float) -> float:
        if delta == difference:
            return 0.0
        linear = (2 * n - b + c) * delta - b - c
        q21 = (math.sqrt(max(linear**2 + 8 * n * c * delta * (1 - delta), 0.0)) - linear) / (4 * n)
        variance = n * (2 * q21 + delta * (1 - delta))
        return (b - c - n * delta) / math.sqrt(variance) if variance > 1e-300 else math.inf * (difference - delta)

    edge = 1 - 1e-12
    low = -1.0 if c == n else float(optimize.brentq(lambda delta: score(delta) - z, -edge, difference, xtol=1e-13))
    high = 1.0 if b == n else float(optimize.brentq(lambda delta: score(delta) + z, difference, edge, xtol=1e-13))
    return difference, low, high


CLUSTERED = "paired difference of shares, clustered (Obuchowski 1998)"


def compare_calls(
    truth: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    *,
    method: str = "exact",
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> Tests:
    """Two readers' calls on the same cases, compared in ``accuracy``, ``sensitivity`` and ``specificity``.

    Differences are the first reader's share minus the second's. One case a patient: McNemar's test, and Tango's
    interval. With ``cluster``, where McNemar's test would take a patient's cases for independent: the difference over
    its standard error, whose variance sums the differences within each patient, C / (C - 1) Σ (Σ (dᵢ - d̄))² / n²
    (Obuchowski, Statistics in Medicine 1998;17:1495-1507), referred to Student's t with C - 1 degrees of freedom, for
    the sake of studies of few patients, instead of the normal distribution.

    Args:
        truth: (n,) 0 or 1.
        a: (n,) calls of the first reader, 0 or 1.
        b: (n,) calls of the second.
        method: of McNemar's test, see `mcnemar`.
        cluster: (n,) patient of each case; None takes cases as independent.
        level: confidence level.

    Raises:
        EvaluationError: lengths differ, a value that is neither 0 nor 1, or a missing cluster.

    Example:
        >>> compare_calls([1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 1]).accuracy.difference
        0.5
    """
    real, first, second = binary(truth, "truth"), binary(a, "a"), binary(b, "b")
    same_length(truth=real, a=first, b=second)
    everyone = np.ones(real.size, dtype=bool)
    parts = {"accuracy": everyone, "sensitivity": real, "specificity": ~real}
    right_a, right_b = first == real, second == real
    if cluster is None:
        return Table({name: _within(right_a[part], right_b[part], method, level) for name, part in parts.items()})
    codes, _ = clusters(cluster)
    same_length(truth=real, cluster=codes)
    apart = right_a.astype(np.float64) - right_b
    return Table({name: _clustered(apart[part], codes[part], checked_level(level)) for name, part in parts.items()})


def _clustered(apart: Floats, codes: Ints, level: float) -> Test:
    held, own = np.unique(codes, return_inverse=True)
    if held.size < 2:
        note = "fewer than two patients"
        value = float(apart.mean()) if apart.size else None
        return Test(None, None, value, None, None, CLUSTERED, level, apart.size, note=note)
    variance = mean_variance(apart, np.asarray(own, dtype=np.int64), held.size)
    test = difference_test(float(apart.mean()), variance, CLUSTERED, apart.size, level, df=held.size - 1)
    low, high = (None if limit is None else min(max(limit, -1.0), 1.0) for limit in (test.low, test.high))
    return replace(test, low=low, high=high)


def _within(a: Bools, b: Bools, method: str, level: float) -> Test:
    if a.size == 0:
        return Test(None, None, None, None, None, f"mcnemar, {method}", level, 0, note="no case of this class")
    only_a, only_b = int(np.count_nonzero(a & ~b)), int(np.count_nonzero(b & ~a))
    return mcnemar(only_a, only_b, method=method, total=a.size, level=level)


def cochran_q(calls: ArrayLike) -> Test:
    """Cochran's Q: whether several readers of the same cases are right equally often (Cochran 1950).

    Args:
        calls: (n, R) 0 or 1, one column a reader.

    Returns:
        The test, chi-squared with R - 1 degrees of freedom. Where no case divides the readers, p = 1.

    Raises:
        EvaluationError: not a table of 0 and 1 with two readers or more.

    Example:
        >>> round(cochran_q([[1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 0, 1]]).statistic, 4)
        2.6667
    """
    table = ratings_of(calls, "calls")
    right = binary(table.ravel(), "calls").reshape(table.shape).astype(np.float64)
    readers, columns, rows = table.shape[1], right.sum(axis=0), right.sum(axis=1)
    within = float(np.sum(rows * (readers - rows)))
    n = int(np.count_nonzero((rows > 0) & (rows < readers)))
    if within == 0:
        return Test(0.0, 1.0, None, None, None, "cochran q", n=0, df=readers - 1, note="no case divides the readers")
    statistic = float(readers * (readers - 1) * np.sum((columns - columns.mean()) ** 2) / within)
    p = float(special.chdtrc(readers - 1, statistic))
    return Test(statistic, p, None, None, None, "cochran q", n=n, df=readers - 1)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down correction (1979): adjusted p-values in the order given.

    Args:
        p_values: one a comparison; None (a test that is not defined) stays None and is not counted.

    Raises:
        EvaluationError: a value that is not between 0 and 1.

    Example:
        >>> holm([0.01, 0.04, 0.03])
        [0.03, 0.06, 0.06]
    """
    known = [i for i, p in enumerate(p_values) if p is not None]
    values = numbers([p for p in p_values if p is not None], "p_values") if known else np.empty(0)
    if not ((values >= 0) & (values <= 1)).all():
        raise EvaluationError("not p-values", fix="Give numbers between 0 and 1", field="p_values")
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(values.size, 0, -1))
    adjusted: list[float | None] = [None] * len(p_values)
    for i, p in zip(order, np.minimum(stepped, 1.0), strict=True):
        adjusted[known[i]] = float(p)
    return adjusted
