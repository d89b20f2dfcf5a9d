"""Agreement of two readers, or of several, on classes: Cohen's and Fleiss' kappa."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats, Ints, coded, flat, ratings_of, same_length
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import Estimate, checked_level, chosen, undefined

WEIGHTS: dict[str | None, Callable[[Floats, int], Floats]] = {
    None: lambda apart, classes: (apart == 0).astype(np.float64),
    "linear": lambda apart, classes: 1 - apart / max(classes - 1, 1),
    "quadratic": lambda apart, classes: 1 - (apart / max(classes - 1, 1)) ** 2,
}


def cohen_kappa(
    a: ArrayLike, b: ArrayLike, *, weights: str | None = None, classes: Sequence[Any] | None = None, level: float = 0.95
) -> Estimate:
    """Agreement of two readers beyond chance (Cohen 1960, 1968).

    Interval: value ± z·se with the large-sample variance of Fleiss, Cohen & Everitt (1969), cut to [-1, 1].

    Args:
        a: (n,) classes given by the first reader (or the reference).
        b: (n,) by the second.
        weights: None (all disagreements equal), ``linear`` (1 - d / (k - 1), Cicchetti & Allison 1971) or
            ``quadratic`` (1 - d² / (k - 1)², Fleiss & Cohen 1973), d the distance in the order of the classes.
        classes: all k classes in their order; None takes those seen, sorted. Weights of classes that are text need it.
        level: confidence level.

    Returns:
        Kappa; not defined where both give one and the same class throughout.

    Raises:
        EvaluationError: lengths differ, a missing value, an unknown class, weights without an order.

    Example:
        >>> round(cohen_kappa([0, 0, 1, 1, 1], [0, 1, 1, 1, 1]).value, 4)
        0.5455
    """
    weigh = chosen(weights, WEIGHTS, "weights")  # type: ignore[arg-type]
    first, second = flat(a, "a"), flat(b, "b")
    n = same_length(a=first, b=second)
    names = list(classes) if classes is not None else _ordered(first, second, weights)
    rows, columns = coded(first, names, "a"), coded(second, names, "b")
    k, method = len(names), f"cohen kappa, {weights or 'unweighted'}"
    p = np.bincount(rows * k + columns, minlength=k * k).reshape(k, k) / n
    return _kappa(p, weigh(distances(k), k), n, checked_level(level), method)


def distances(classes: int) -> Floats:
    """(K, K) how many classes lie between two, in their order."""
    places = np.arange(classes, dtype=np.float64)
    return np.asarray(np.abs(places[:, None] - places[None, :]))


def _ordered(a: NDArray[Any], b: NDArray[Any], weights: str | None) -> list[Any]:
    seen = pd.unique(np.concatenate([a.astype(object), b.astype(object)])).tolist()
    if weights is not None and any(isinstance(name, str) for name in seen):
        raise EvaluationError("weights need the order of the classes", fix="Name them in their order", field="classes")
    return sorted(seen, key=str) if any(isinstance(name, str) for name in seen) else sorted(seen)


def _kappa(p: Floats, weight: Floats, n: int, level: float, method: str) -> Estimate:
    row, column = p.sum(axis=1), p.sum(axis=0)
    agreed, chance = float(np.sum(p * weight)), float(row @ weight @ column)
    if chance >= 1 - 1e-12:
        return undefined(n, level, method, "only one class was given")
    value = (agreed - chance) / (1 - chance)
    # Mean weight of each row and column, as Fleiss, Cohen & Everitt define them.
    means = (weight @ column)[:, None] + (row @ weight)[None, :]
    spread = float(np.sum(p * (weight - means * (1 - value)) ** 2)) - (value - chance * (1 - value)) ** 2
    variance = max(spread, 0.0) / (n * (1 - chance) ** 2)
    return agreement(value, variance, n, level, method)


def agreement(value: float, variance: float, n: int, level: float, method: str) -> Estimate:
    """A coefficient with its normal interval, cut to [-1, 1]."""
    half = normal_quantile(level) * math.sqrt(variance)
    return Estimate(value, max(value - half, -1.0), min(value + half, 1.0), level, method, n, variance)


def fleiss_kappa(ratings: ArrayLike, *, classes: Sequence[Any] | None = None, level: float = 0.95) -> Estimate:
    """Agreement of several readers beyond chance, every reader having rated every case (Fleiss 1971).

    Interval: value ± z·se with the jackknife variance over cases, cut to [-1, 1].

    Args:
        ratings: (n, R) classes, one column a reader.
        classes: all classes; None takes those seen.
        level: confidence level.

    Returns:
        Kappa; not defined where one class only was given; without interval for fewer than three cases.

    Raises:
        EvaluationError: fewer than two readers, a missing rating (use `krippendorff_alpha`), an unknown class.

    Example:
        >>> round(fleiss_kappa([[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 1, 1]]).value, 4)
        0.6571
    """
    checked_level(level)
    table = ratings_of(ratings, "ratings")
    values = flat(table.ravel(), "ratings")
    names = list(classes) if classes is not None else pd.unique(values.astype(object)).tolist()
    counts = case_counts(coded(values, names, "ratings").reshape(table.shape), len(names))
    n, method = len(table), "fleiss kappa, jackknife over cases"
    value = float(_fleiss(counts.sum(axis=0), np.sum(counts**2), n, table.shape[1]))
    if math.isnan(value):
        return undefined(n, level, method, "only one class was given")
    without = _fleiss(counts.sum(axis=0) - counts, np.sum(counts**2) - np.sum(counts**2, axis=1), n - 1, table.shape[1])
    if n < 3 or np.isnan(without).any():
        return Estimate(value, None, None, level, method, n, note="too few cases for an interval")
    return agreement(value, float(np.var(without) * (n - 1)), n, level, method)


def case_counts(codes: Ints, classes: int) -> Floats:
    """How many readers gave each case each class, (n, K); a code of -1 is no rating."""
    n = len(codes)
    cells = (np.arange(n)[:, None] * classes + codes)[codes >= 0]
    return np.bincount(cells, minlength=n * classes).reshape(n, classes).astype(np.float64)


def _fleiss(totals: Floats, squares: Any, n: int, readers: int) -> Any:
    """Kappa from the totals of each class and the sum of squared counts; for one draw or many (rows)."""
    if n < 1:
        return np.nan
    agreed = (squares - n * readers) / (n * readers * (readers - 1))
    chance = np.sum((totals / (n * readers)) ** 2, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance < 1 - 1e-12, (agreed - chance) / (1 - chance), np.nan)[()]
