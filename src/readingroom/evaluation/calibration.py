"""Calibration: whether a predicted probability means what it says."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator
from readingroom.evaluation.arrays import (
    Bools,
    Floats,
    Ints,
    array_of,
    binary,
    coded,
    matrix,
    probabilities,
    same_length,
)
from readingroom.evaluation.proportions import normal_quantile, proportion_limits
from readingroom.evaluation.results import Estimate, Test, checked_level, chosen


def checked_pair(truth: ArrayLike, probability: ArrayLike) -> tuple[Bools, Floats]:
    """Truth and probability of the same readings."""
    real, p = binary(truth), probabilities(probability)
    same_length(truth=real, probability=p)
    return real, p


def brier(truth: ArrayLike, probability: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The Brier score (1950): mean squared distance of the probability from the truth; lower is better.

    For two classes (p - y)², from 0 to 1 (some programs sum both classes and give twice this); for several classes the
    sum of squares over the classes, from 0 to 2. Interval: value ± z·se of the mean, cut at 0.

    Args:
        truth: (n,) 0 or 1; with several classes the column of the true class, 0 to C - 1.
        probability: (n,) of the positive class, or (n, C).
        level: confidence level.

    Raises:
        EvaluationError: lengths differ, a value outside [0, 1], rows that do not add up to 1.

    Example:
        >>> round(brier([0, 1], [0.2, 0.6]).value, 4)
        0.1
    """
    squares = _squares(truth, probability)
    n, value = squares.size, float(squares.mean())
    if n < 2:
        return Estimate(value, None, None, checked_level(level), "brier", n)
    variance = float(squares.var(ddof=1)) / n
    half = normal_quantile(checked_level(level)) * math.sqrt(variance)
    return Estimate(value, max(value - half, 0.0), value + half, level, "brier, normal", n, variance)


def _squares(truth: ArrayLike, probability: ArrayLike) -> Floats:
    if array_of(probability, "probability").ndim != 2:
        real, p = checked_pair(truth, probability)
        return np.asarray((p - real) ** 2)
    columns, codes = _distribution(truth, probability)
    return np.asarray(np.sum((columns - np.eye(columns.shape[1])[codes]) ** 2, axis=1))


def _distribution(truth: ArrayLike, probability: ArrayLike) -> tuple[Floats, Ints]:
    columns = matrix(probability, "probability")
    codes = coded(truth, range(columns.shape[1]), "truth")
    same_length(truth=codes, probability=columns)
    probabilities(columns.ravel())
    # Scores stored as float32 add up to 1 within a few millionths.
    if np.abs(columns.sum(axis=1) - 1).max() > 1e-4:
        raise EvaluationError("rows do not add up to 1", fix="Give probabilities, not logits", field="probability")
    return columns, codes


@dataclass(frozen=True, eq=False)
class CalibrationCurve:
    """Observed share against predicted probability, in bins.

    Args:
        predicted: (B,) mean probability of each bin that holds readings.
        observed: (B,) share of positives in it.
        low: (B,) Wilson's lower limit of that share.
        high: (B,) Wilson's upper limit.
        count: (B,) readings in it.
        level: confidence level.
        method: how the bins were made.
    """

    predicted: Floats
    observed: Floats
    low: Floats
    high: Floats
    count: Ints
    level: float
    method: str


def calibration_curve(
    truth: ArrayLike, probability: ArrayLike, *, bins: int = 10, strategy: str = "quantile", level: float = 0.95
) -> CalibrationCurve:
    """Observed share against predicted probability, in bins; empty bins are left out.

    Args:
        truth: (n,) 0 or 1.
        probability: (n,) of the positive class.
        bins: how many.
        strategy: ``quantile`` (equal numbers, as `hosmer_lemeshow`) or ``uniform`` (equal widths, [a, b), as
            `expected_calibration_error`).
        level: confidence level.

    Raises:
        EvaluationError: lengths differ, a value outside [0, 1], an unknown strategy.

    Example:
        >>> calibration_curve([0, 1, 1, 1], [0.1, 0.3, 0.7, 0.9], bins=2).observed.tolist()
        [0.5, 1.0]
    """
    group = chosen(strategy, STRATEGIES, "strategy")
    real, p = checked_pair(truth, probability)
    codes = group(p, _bins(bins))
    total = np.bincount(codes)
    held = total > 0
    hits = np.bincount(codes, weights=real)[held]
    predicted = np.bincount(codes, weights=p)[held] / total[held]
    low, high = proportion_limits(hits, total[held], level=level)
    return CalibrationCurve(predicted, hits / total[held], low, high, total[held], level, f"{bins} bins, {strategy}")


def _bins(bins: int) -> int:
    if bins < 1:
        raise EvaluationError(f"{bins} bins", fix="Give 1 or more; 10 is usual", field="bins")
    return bins


def _quantile_bins(p: Floats, bins: int) -> Ints:
    # R's cut(p, unique(quantile(p)), include.lowest = TRUE): right-closed, the first closed on both sides.
    edges = np.unique(np.quantile(p, np.linspace(0, 1, bins + 1)))
    return np.clip(np.searchsorted(edges, p, side="left") - 1, 0, max(edges.size - 2, 0))


def _uniform_bins(p: Floats, bins: int) -> Ints:
    return np.clip(np.searchsorted(np.linspace(0, 1, bins + 1), p, side="right") - 1, 0, bins - 1)


STRATEGIES: dict[str, Callable[[Floats, int], Ints]] = {"quantile": _quantile_bins, "uniform": _uniform_bins}


def expected_calibration_error(
    truth: ArrayLike,
    probability: ArrayLike,
    *,
    bins: int = 10,
    norm: str = "l1",
    level: float = 0.95,
    replicates: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Expected calibration error: the distance of observed share and mean probability, averaged over bins.

    Two classes: bins of equal width on P(positive), [a, b), the last closed (as torchmetrics and Metrics Reloaded).
    Several classes: on the highest probability, against whether that class is right (Guo 2017, "top label"). It is
    biased upwards where bins hold few readings. Interval: bootstrap percentiles, widened to hold the value itself.

    Args:
        truth: (n,) 0 or 1; with several classes the column of the true class.
        probability: (n,) of the positive class, or (n, C).
        bins: how many.
        norm: ``l1`` (mean), ``l2`` (root mean square) or ``max`` (the worst bin).
        level: confidence level.
        replicates: of the bootstrap; 0 gives no interval.
        seed: of the bootstrap.

    Raises:
        EvaluationError: lengths differ, a value outside [0, 1], an unknown norm.

    Example:
        >>> round(expected_calibration_error([0, 1], [0.25, 0.75], bins=2, replicates=0).value, 4)
        0.25
    """
    combine = chosen(norm, NORMS, "norm")
    hits, p = _top_label(truth, probability)
    codes, n = _uniform_bins(p, _bins(bins)), p.size
    gap = hits - p

    def error(drawn: Floats) -> float:
        return float(combine(np.abs(np.bincount(codes, drawn * gap, bins)), np.bincount(codes, drawn, bins)))

    value = error(np.ones(n))
    method = f"ece, {norm}, {bins} bins of equal width"
    if replicates == 0:
        return Estimate(value, None, None, checked_level(level), method, n)
    random = generator(seed, "calibration error")
    drawn = [error(np.bincount(random.integers(0, n, n), minlength=n).astype(np.float64)) for _ in range(replicates)]
    low, high = np.quantile(drawn, [(1 - checked_level(level)) / 2, (1 + level) / 2])
    method = f"{method}; bootstrap percentile, {replicates} replicates"
    return Estimate(value, min(float(low), value), max(float(high), value), level, method, n)


def _top_label(truth: ArrayLike, probability: ArrayLike) -> tuple[Floats, Floats]:
    if array_of(probability, "probability").ndim != 2:
        real, p = checked_pair(truth, probability)
        return real.astype(np.float64), p
    columns, codes = _distribution(truth, probability)
    return (columns.argmax(axis=1) == codes).astype(np.float64), columns.max(axis=1)


NORMS: dict[str, Callable[[Floats, Floats], float]] = {
    "l1": lambda gap, count: gap.sum() / count.sum(),
    "l2": lambda gap, count: math.sqrt(np.sum(gap[count > 0] ** 2 / count[count > 0]) / count.sum()),
    "max": lambda gap, count: (gap[count > 0] / count[count > 0]).max(),
}


def hosmer_lemeshow(truth: ArrayLike, probability: ArrayLike, *, groups: int = 10) -> Test:
    """Hosmer & Lemeshow's (1980) goodness of fit: chi-squared over groups of equal size, groups - 2 degrees of freedom.

    Groups are R's ``cut`` at the unique quantiles (type 7), closed on the right, as ResourceSelection's hoslem.test;
    where ties leave fewer groups, the degrees of freedom still come from ``groups``, as there.

    Args:
        truth: (n,) 0 or 1.
        probability: (n,) of the positive class.
        groups: 3 or more.

    Returns:
        The test; not defined where a group expects none (or all) and has some (or misses some).

    Raises:
        EvaluationError: lengths differ, a value outside [0, 1], fewer than 3 groups.

    Example:
        >>> test = hosmer_lemeshow([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.4, 0.6, 0.8, 0.9], groups=3)
        >>> round(test.statistic, 3), test.df
        (0.706, 1)
    """
    if groups < 3:
        raise EvaluationError(f"{groups} groups", fix="Give 3 or more; 10 is usual", field="groups")
    real, p = checked_pair(truth, probability)
    codes = _quantile_bins(p, groups)
    total, hits, expected = (np.bincount(codes, weights=w) for w in (np.ones(p.size), real, p))
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = (hits - expected) ** 2 * (1 / expected + 1 / (total - expected))
    parts = np.where((total == 0) | (hits == expected), 0.0, parts)
    method, df = f"hosmer-lemeshow, {groups} groups", groups - 2
    if not np.isfinite(parts).all():
        note = "a group expects none or all"
        return Test(None, None, None, None, None, method, n=p.size, df=df, note=note)
    statistic = float(parts.sum())
    return Test(statistic, float(special.chdtrc(df, statistic)), None, None, None, method, n=p.size, df=df)
