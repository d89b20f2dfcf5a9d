"""A proportion with its confidence interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats, array_of, whole_number
from readingroom.evaluation.results import Estimate, checked_level, chosen, undefined

Limits = tuple[Floats, Floats]


def normal_quantile(level: float) -> float:
    """The two-sided standard normal quantile, 1.96 at level 0.95."""
    return float(special.ndtri(0.5 + level / 2))


def wilson(count: Floats, total: Floats, level: float) -> Limits:
    """Wilson (1927) score limits, without continuity correction; one formula at 0, 1, n - 1 and n too."""
    z2 = normal_quantile(level) ** 2
    share = count / total
    centre = (count + z2 / 2) / (total + z2)
    half = np.sqrt(z2) / (total + z2) * np.sqrt(count * (1 - share) + z2 / 4)
    # The formula gives the ends exactly; floating point misses them by a last digit.
    low = np.where(count <= 0, 0.0, np.minimum(centre - half, share))
    high = np.where(count >= total, 1.0, np.maximum(centre + half, share))
    return low, high


def clopper_pearson(count: Floats, total: Floats, level: float) -> Limits:
    """Clopper & Pearson (1934) exact limits, from the beta distribution."""
    tail = (1 - level) / 2
    low = np.where(count <= 0, 0.0, special.betaincinv(np.maximum(count, 0.5), total - count + 1, tail))
    high = np.where(count >= total, 1.0, special.betaincinv(count + 1, np.maximum(total - count, 0.5), 1 - tail))
    return low, high


def jeffreys(count: Floats, total: Floats, level: float) -> Limits:
    """Jeffreys limits, Beta(x + 1/2, n - x + 1/2), with 0 and 1 at the ends (Brown, Cai & DasGupta 2001)."""
    tail = (1 - level) / 2
    low = special.betaincinv(count + 0.5, total - count + 0.5, tail)
    high = special.betaincinv(count + 0.5, total - count + 0.5, 1 - tail)
    return np.where(count <= 0, 0.0, low), np.where(count >= total, 1.0, high)


def agresti_coull(count: Floats, total: Floats, level: float) -> Limits:
    """Agresti & Coull (1998) limits, around Wilson's centre, cut to [0, 1]."""
    z2 = normal_quantile(level) ** 2
    centre = (count + z2 / 2) / (total + z2)
    half = np.sqrt(z2 * centre * (1 - centre) / (total + z2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


METHODS: dict[str, Callable[[Floats, Floats, float], Limits]] = {
    "wilson": wilson,
    "clopper-pearson": clopper_pearson,
    "jeffreys": jeffreys,
    "agresti-coull": agresti_coull,
}


def proportion_limits(count: ArrayLike, total: ArrayLike, *, method: str = "wilson", level: float = 0.95) -> Limits:
    """Confidence limits of many proportions at once; not a number where ``total`` is 0.

    Args:
        count: successes, any shape; not necessarily whole (an effective size is not).
        total: trials, of the same shape.
        method: one of `METHODS`.
        level: confidence level.

    Returns:
        Lower and upper limits.

    Raises:
        EvaluationError: shapes differ, or a count that is missing, negative or above its total.
    """
    limits = chosen(method, METHODS)
    count, total = _counted(count, "count"), _counted(total, "total")
    if count.shape != total.shape or (count > total).any():
        found = f"shapes {count.shape} and {total.shape}" if count.shape != total.shape else "a count above its total"
        raise EvaluationError(found, fix="Give a total for each count, not below it", field="count")
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = limits(count, total, checked_level(level))
    return np.where(total > 0, low, np.nan), np.where(total > 0, high, np.nan)


def _counted(values: ArrayLike, field: str) -> Floats:
    try:
        counts = np.asarray(array_of(values, field), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EvaluationError("not numbers", fix="Give counts", field=field) from error
    if not (counts >= 0).all():
        raise EvaluationError("a count that is missing or negative", fix="Give 0 or more", field=field)
    return counts


def proportion(count: int, total: int, *, method: str = "wilson", level: float = 0.95) -> Estimate:
    """A proportion of independent observations with its interval.

    Args:
        count: observations that have the property.
        total: all observations; with 0 of them the proportion is not defined.
        method: ``wilson`` (score interval without continuity correction, Wilson 1927), ``clopper-pearson`` (exact,
            1934), ``jeffreys`` (Brown, Cai & DasGupta 2001) or ``agresti-coull`` (1998, cut to [0, 1]).
        level: confidence level.

    Raises:
        EvaluationError: a count that is negative, not whole, or above the total.

    Example:
        >>> str(proportion(6, 10))
        '0.600 (0.313 to 0.832)'
    """
    chosen(method, METHODS)
    checked_level(level)
    count, total = whole_number(count, "count"), whole_number(total, "total")
    if count > total:
        raise EvaluationError(f"{count} of {total}", fix="The count cannot exceed the total", field="count")
    if total == 0:
        return undefined(0, level, method, "no observation")
    low, high = proportion_limits(count, total, method=method, level=level)
    value = count / total
    return Estimate(value, float(low), float(high), level, method, total, variance=value * (1 - value) / total)
