"""Krippendorff's alpha: agreement of any number of readers, with ratings missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator
from readingroom.evaluation.arrays import Floats, coded, numbers, ratings_of
from readingroom.evaluation.kappa import case_counts
from readingroom.evaluation.results import Estimate, checked_level, chosen, undefined


def krippendorff_alpha(
    ratings: ArrayLike,
    *,
    level: str = "nominal",
    classes: Sequence[Any] | None = None,
    confidence: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Agreement of any number of readers, with ratings missing (Krippendorff 2011): 1 - Do / De.

    Each pair of ratings of a case with m of them weighs 1 / (m - 1), so that without missing ratings nominal alpha is
    1 - (1 - Fleiss' kappa)(1 - 1 / N), N all ratings. R's irr forgets that weight where nothing is missing (it takes
    N (m - 1) for N), and differs by a factor near 1. Interval: percentiles of a bootstrap over cases.

    Args:
        ratings: (n, R), one column a reader; a missing rating is None or not a number. Cases with fewer than two
            ratings do not count.
        level: level of measurement, which sets the distance: ``nominal``, ``ordinal``, ``interval`` or ``ratio``.
        classes: for ``nominal`` and ``ordinal`` all classes, in their order; None takes those seen, sorted (ordinal
            classes that are text need it).
        confidence: confidence level.
        replicates: of the bootstrap; 0 gives no interval.
        seed: of the bootstrap.

    Returns:
        Alpha; not defined where all ratings are equal.

    Raises:
        EvaluationError: an unknown level, no case with two ratings, numbers wanted and not given.

    Example:
        >>> round(krippendorff_alpha([[1, 1], [2, 2], [3, 3], [3, 4], [1, None]], level="ordinal").value, 4)
        0.9103
    """
    square = chosen(level, DISTANCES, "level")
    checked_level(confidence)
    table = ratings_of(ratings, "ratings").astype(object)
    counts, values = _counts(table, level, classes)
    counts = counts[counts.sum(axis=1) >= 2]
    n, method = len(counts), f"krippendorff alpha, {level}; bootstrap over cases, {replicates} replicates"
    if n == 0:
        raise EvaluationError("no case has two ratings", fix="Give cases that two readers rated", field="ratings")
    value = _alpha(counts, values, square, np.ones(n))
    if np.isnan(value):
        return undefined(n, confidence, method, "all ratings are equal")
    if replicates == 0:
        return Estimate(value, None, None, confidence, method, n)
    drawn = np.array([_alpha(counts, values, square, draw) for draw in _draws(n, replicates, seed)])
    low, high = np.quantile(drawn[~np.isnan(drawn)], [(1 - confidence) / 2, (1 + confidence) / 2])
    return Estimate(
        value, min(float(low), value), max(float(high), value), confidence, method, n, float(np.nanvar(drawn))
    )


def _draws(n: int, replicates: int, seed: int) -> list[Floats]:
    random = generator(seed, "krippendorff")
    return [np.bincount(random.integers(0, n, n), minlength=n).astype(np.float64) for _ in range(replicates)]


def _counts(table: NDArray[Any], level: str, classes: Sequence[Any] | None) -> tuple[Floats, Floats]:
    """How often each case was given each value, (n, V), and the values as numbers (names: their order)."""
    given = ~np.asarray(pd.isna(table))
    if not given.any():
        raise EvaluationError("no rating", fix="Give cases that two readers rated", field="ratings")
    rated = table[given]
    if level in {"interval", "ratio"}:
        names: list[Any] = np.unique(numbers(rated, "ratings")).tolist()
        values = np.array(names, dtype=np.float64)
    else:
        names = list(classes) if classes is not None else _sorted(rated, level)
        values = np.arange(len(names), dtype=np.float64)
    codes = np.full(table.shape, -1, dtype=np.int64)
    codes[given] = coded(rated, names, "ratings")
    return case_counts(codes, len(names)), values


def _sorted(rated: NDArray[Any], level: str) -> list[Any]:
    seen = pd.unique(rated).tolist()
    if not any(isinstance(name, str) for name in seen):
        return sorted(seen)
    if level == "ordinal":
        raise EvaluationError("ordinal classes need their order", fix="Name them in their order", field="classes")
    return sorted(seen, key=str)


def _nominal(values: Floats, totals: Floats) -> Floats:
    return 1.0 - np.eye(values.size)


def _ordinal(values: Floats, totals: Floats) -> Floats:
    # Krippendorff's sum of the ratings between two ranks is the distance of their midranks.
    return _interval(np.cumsum(totals) - totals / 2, totals)


def _interval(values: Floats, totals: Floats) -> Floats:
    return np.asarray(np.subtract.outer(values, values) ** 2)


def _ratio(values: Floats, totals: Floats) -> Floats:
    sums = np.add.outer(values, values)
    return np.divide(np.subtract.outer(values, values), sums, out=np.zeros_like(sums), where=sums != 0) ** 2


DISTANCES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio,
}


def _alpha(counts: Floats, values: Floats, square: Callable[[Floats, Floats], Floats], drawn: Floats) -> float:
    totals = drawn @ counts
    distance, n = square(values, totals), totals.sum()
    expected = float(totals @ distance @ totals) / (n - 1)
    if expected <= 0:
        return float("nan")
    within = np.sum((counts @ distance) * counts, axis=1) / (counts.sum(axis=1) - 1)
    return float(1 - drawn @ within / expected)
