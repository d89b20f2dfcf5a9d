"""The intraclass correlation: agreement of readers on a measurement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats, matrix
from readingroom.evaluation.results import Estimate, checked_level, chosen, undefined


@dataclass(frozen=True)
class _Squares:
    """Mean squares of the two-way table of n cases and k readers."""

    n: int
    k: int
    rows: float
    columns: float
    error: float
    within: float


Limits = tuple[float, float, float]


def icc(ratings: ArrayLike, *, form: str = "ICC(A,1)", level: float = 0.95) -> Estimate:
    """Intraclass correlation in the forms of McGraw & Wong (1996), with their F intervals.

    Args:
        ratings: (n, k) measurements, one column a reader, none missing.
        form: ``ICC(1)`` and ``ICC(k)`` (one-way: other readers for each case), ``ICC(A,1)`` and ``ICC(A,k)`` (two-way,
            absolute agreement), ``ICC(C,1)`` and ``ICC(C,k)`` (two-way, consistency); the second of each pair is the
            mean of the k readers. Limits of ICC(A,k) are those of ICC(A,1) by Spearman & Brown, which is McGraw &
            Wong's formula; R's irr departs from it.
        level: confidence level.

    Returns:
        The correlation; not defined where all measurements are equal.

    Raises:
        EvaluationError: an unknown form, fewer than two cases or readers, a value missing.

    Example:
        >>> round(icc([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]).value, 2)
        0.29
    """
    compute: Callable[[_Squares, float], Limits] = chosen(form, FORMS, "form")
    table = matrix(ratings, "ratings")
    n, k = table.shape
    if n < 2 or k < 2:
        raise EvaluationError(f"{n} cases and {k} readers", fix="Give two or more of each", field="ratings")
    squares = _squares(table)
    if np.ptp(table) == 0:
        return undefined(n, checked_level(level), form, "all measurements are equal")
    # Perfect agreement divides by an error of 0: the limits are then the value itself.
    with np.errstate(divide="ignore", invalid="ignore"):
        value, low, high = compute(squares, (1 + checked_level(level)) / 2)
    if not np.isfinite(value):
        return undefined(n, level, form, "no variance between cases")
    if not (np.isfinite(low) and np.isfinite(high)):
        low = high = value
    return Estimate(float(value), float(low), float(high), level, form, n)


def _squares(table: Floats) -> _Squares:
    n, k = table.shape
    rows, columns, grand = table.mean(axis=1), table.mean(axis=0), table.mean()
    rest = table - rows[:, None] - columns[None, :] + grand
    return _Squares(
        n,
        k,
        np.float64(k * np.sum((rows - grand) ** 2) / (n - 1)),
        np.float64(n * np.sum((columns - grand) ** 2) / (k - 1)),
        np.float64(np.sum(rest**2) / ((n - 1) * (k - 1))),
        np.float64(np.sum((table - rows[:, None]) ** 2) / (n * (k - 1))),
    )


def _f(df1: float, df2: float, quantile: float) -> float:
    return float(special.fdtri(df1, df2, quantile))


def _ratio_limits(ratio: float, df1: float, df2: float, quantile: float) -> tuple[float, float]:
    return ratio / _f(df1, df2, quantile), ratio * _f(df2, df1, quantile)


def _one_way(s: _Squares, quantile: float) -> Limits:
    low, high = _ratio_limits(s.rows / s.within, s.n - 1, s.n * (s.k - 1), quantile)
    value = (s.rows - s.within) / (s.rows + (s.k - 1) * s.within)
    return value, (low - 1) / (low + s.k - 1), (high - 1) / (high + s.k - 1)


def _consistency(s: _Squares, quantile: float) -> Limits:
    low, high = _ratio_limits(s.rows / s.error, s.n - 1, (s.n - 1) * (s.k - 1), quantile)
    value = (s.rows - s.error) / (s.rows + (s.k - 1) * s.error)
    return value, (low - 1) / (low + s.k - 1), (high - 1) / (high + s.k - 1)


def _absolute(s: _Squares, quantile: float) -> Limits:
    n, k = s.n, s.k
    value = (s.rows - s.error) / (s.rows + (k - 1) * s.error + k / n * (s.columns - s.error))
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    df = (a * s.columns + b * s.error) ** 2 / (
        (a * s.columns) ** 2 / (k - 1) + (b * s.error) ** 2 / ((n - 1) * (k - 1))
    )
    lower, upper = _f(n - 1, df, quantile), _f(df, n - 1, quantile)
    rest = k * s.columns + (k * n - k - n) * s.error
    low = n * (s.rows - lower * s.error) / (lower * rest + n * s.rows)
    high = n * (upper * s.rows - s.error) / (rest + n * upper * s.rows)
    return value, low, high


def _averaged(single: Callable[[_Squares, float], Limits]) -> Callable[[_Squares, float], Limits]:
    def compute(s: _Squares, quantile: float) -> Limits:
        value, low, high = (s.k * part / (1 + (s.k - 1) * part) for part in single(s, quantile))
        return value, low, high

    return compute


FORMS: dict[str, Callable[[_Squares, float], Limits]] = {
    "ICC(1)": _one_way,
    "ICC(A,1)": _absolute,
    "ICC(C,1)": _consistency,
    "ICC(k)": _averaged(_one_way),
    "ICC(A,k)": _averaged(_absolute),
    "ICC(C,k)": _averaged(_consistency),
}
