"""The area under the ROC curve with DeLong's variance, in O(n log n), and the test of two areas."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from readingroom.evaluation.arrays import Bools, Floats, numbers, same_length, truth_of_both
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import Estimate, Test, checked_level, chosen

COLLAPSED = "the DeLong interval collapses where the classes are perfectly separated"


@dataclass(frozen=True, eq=False)
class Placements:
    """DeLong's structural components: where each reading stands among those of the other class.

    Args:
        positive: (m,) share of negatives that each positive reading exceeds, ties counted half (V10).
        negative: (n,) share of positives that exceed each negative reading, ties counted half (V01).
    """

    positive: Floats
    negative: Floats

    @property
    def area(self) -> float:
        """The area under the empirical ROC curve."""
        return float(self.positive.mean())


def placements(truth: Bools, score: Floats) -> Placements:
    """The structural components of checked arrays, by sorting (the fast algorithm of Sun & Xu 2014)."""
    positive, negative = score[truth], score[~truth]
    return Placements(_share_below(positive, negative), 1.0 - _share_below(negative, positive))


def _share_below(values: Floats, others: Floats) -> Floats:
    # Searching in sorted order keeps the search in the processor's cache: 5 times faster at a million readings.
    order, ranked = np.argsort(values, kind="stable"), np.sort(others)
    queries = values[order]
    below = np.searchsorted(ranked, queries, "left") + np.searchsorted(ranked, queries, "right")
    share = np.empty(values.size)
    share[order] = below / (2.0 * others.size)
    return share


def covariance(readers: list[Placements]) -> Floats | None:
    """DeLong's covariance of the areas of several readers of the same cases, (R, R); None with one case in a class.

    S10 / m + S01 / n with S the sample covariances of the components (DeLong, DeLong & Clarke-Pearson 1988, eq. 4-6).
    """
    positive = np.stack([reader.positive for reader in readers])
    negative = np.stack([reader.negative for reader in readers])
    if min(positive.shape[1], negative.shape[1]) < 2:
        return None
    within = np.cov(positive) / positive.shape[1] + np.cov(negative) / negative.shape[1]
    return np.atleast_2d(within)


def auc(truth: ArrayLike, score: ArrayLike, *, method: str = "delong", level: float = 0.95) -> Estimate:
    """The area under the empirical ROC curve of independent readings, with its interval.

    A higher score speaks for the positive class; the direction is never turned round. Ties count half
    (Mann-Whitney), which is the area by the trapezoidal rule.

    Args:
        truth: (n,) 0 or 1, both classes present.
        score: (n,) finite numbers, any monotone scale. Scores, not calls: calls give (sensitivity + specificity) / 2.
        method: ``delong`` (value ± z·se, cut to [0, 1]; DeLong 1988) or ``newcombe`` (score-type interval that does
            not collapse at an area of 1; Newcombe 2006, method 5).
        level: confidence level.

    Returns:
        The area; where DeLong's interval collapses (area 0 or 1) ``note`` says so and ``beside`` has Newcombe's.

    Raises:
        EvaluationError: lengths differ, one class only, a value missing or not finite.

    Example:
        >>> auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).value
        0.75
    """
    interval = chosen(method, AUC_METHODS)
    real, scores = truth_of_both(truth), numbers(score)
    same_length(truth=real, score=scores)
    estimate: Estimate = interval(placements(real, scores), checked_level(level))
    return estimate


def delong(truth: ArrayLike, score: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The area under the ROC curve with DeLong's interval and variance; `auc` with ``method="delong"``."""
    return auc(truth, score, method="delong", level=level)


def _delong_interval(places: Placements, level: float) -> Estimate:
    value, n = places.area, places.positive.size + places.negative.size
    covered = covariance([places])
    if covered is None:
        note = "one case only in a class: DeLong's variance does not exist"
        return Estimate(value, None, None, level, "delong", n, note=note, beside=_newcombe_interval(places, level))
    variance = float(covered[0, 0])
    half = normal_quantile(level) * math.sqrt(variance)
    low, high = max(value - half, 0.0), min(value + half, 1.0)
    # With every reading tied the variance is 0 as well, but the area is 0.5.
    note, beside = (COLLAPSED, _newcombe_interval(places, level)) if variance == 0 and value in (0, 1) else ("", None)
    return Estimate(value, low, high, level, "delong", n, variance=variance, note=note, beside=beside)


def _newcombe_interval(places: Placements, level: float) -> Estimate:
    value, m, n = places.area, places.positive.size, places.negative.size
    z = normal_quantile(level)

    def distance(theta: float) -> float:
        return (value - theta) - z * math.sqrt(_newcombe_variance(theta, m, n))

    def reverse(theta: float) -> float:
        return (value - theta) + z * math.sqrt(_newcombe_variance(theta, m, n))

    # At an area of 0 or 1 the end itself solves the equation: the limit is the other solution.
    below, above = min(value, 1 - 1e-12), max(value, 1e-12)
    low = 0.0 if value == 0 else float(optimize.brentq(distance, 0.0, below, xtol=1e-14))
    high = 1.0 if value == 1 else float(optimize.brentq(reverse, above, 1.0, xtol=1e-14))
    return Estimate(value, low, high, level, "newcombe", m + n)


def _newcombe_variance(theta: float, m: int, n: int) -> float:
    # Hanley & McNeil's exponential variance with m and n both replaced by their mean where they multiply the
    # two model terms; Newcombe, Stat Med 2006;25:559-573, method 5.
    mean = (m + n) / 2 - 1
    shape = 1 + mean * (1 - theta) / (2 - theta) + mean * theta / (1 + theta)
    return theta * (1 - theta) * shape / (m * n)


AUC_METHODS: dict[str, Callable[[Placements, float], Estimate]] = {
    "delong": _delong_interval,
    "newcombe": _newcombe_interval,
}


def delong_test(
    truth: ArrayLike, a: ArrayLike, b: ArrayLike, *, truth_b: ArrayLike | None = None, level: float = 0.95
) -> Test:
    """Whether two areas under the ROC curve differ.

    Paired (``truth_b`` None): two readers of the same cases; Z = (A - B) / se with DeLong's covariance (1988).
    Unpaired: other cases for the second reader; the difference is referred to Student's t with Welch-like degrees
    of freedom, (vA + vB)² / (vA² / (nA - 1) + vB² / (nB - 1)), as pROC does.

    Args:
        truth: (n,) 0 or 1.
        a: (n,) scores of the first reader.
        b: scores of the second, (n,) paired or as long as ``truth_b``.
        truth_b: truth of the second reader's own cases, for the unpaired test.
        level: confidence level of the interval of the difference.

    Returns:
        The test; ``difference`` is A - B. With a difference of 0 and no variance, p = 1; with a difference and no
        variance the test is not defined.

    Raises:
        EvaluationError: lengths differ, one class only, a value missing or not finite.

    Example:
        >>> test = delong_test([0, 0, 1, 1, 1], [1, 2, 3, 4, 2], [2, 1, 1, 3, 2])
        >>> round(test.difference, 4), round(test.p_value, 4)
        (0.25, 0.4795)
    """
    checked_level(level)
    if truth_b is not None:
        return _unpaired(auc(truth, a, level=level), auc(truth_b, b, level=level), level)
    real, first, second = truth_of_both(truth), numbers(a, "a"), numbers(b, "b")
    n = same_length(truth=real, a=first, b=second)
    readers = [placements(real, first), placements(real, second)]
    covered = covariance(readers)
    variance = None if covered is None else float(covered[0, 0] + covered[1, 1] - 2 * covered[0, 1])
    return difference_test(readers[0].area - readers[1].area, variance, "delong, paired", n, level)


def _unpaired(a: Estimate, b: Estimate, level: float) -> Test:
    method, n = "delong, unpaired (Welch degrees of freedom)", a.n + b.n
    difference = (a.value or 0.0) - (b.value or 0.0)
    if a.variance is None or b.variance is None:
        return difference_test(difference, None, method, n, level)
    variance = a.variance + b.variance
    spread = a.variance**2 / (a.n - 1) + b.variance**2 / (b.n - 1)
    return difference_test(difference, variance, method, n, level, df=variance**2 / spread if spread else None)


def difference_test(
    difference: float, variance: float | None, method: str, n: int, level: float, *, df: float | None = None
) -> Test:
    """The test of a difference whose variance is known: normal, or Student's t with ``df``.

    Without variance: p = 1 where the difference is 0 too (the two are the same), not defined otherwise.
    """
    if variance is None:
        return Test(None, None, difference, None, None, method, level, n, note="no variance: one case only in a class")
    if variance <= 1e-18:
        if abs(difference) < 1e-12:
            note = "the two never differ"
            return Test(0.0, 1.0, 0.0, 0.0, 0.0, method, level, n, df, 0.0, note)
        note = "the difference has no variance in this sample, so that it cannot be tested"
        return Test(None, None, difference, None, None, method, level, n, df, 0.0, note)
    se = math.sqrt(variance)
    statistic = difference / se
    p = 2 * (special.ndtr(-abs(statistic)) if df is None else special.stdtr(df, -abs(statistic)))
    half = se * (normal_quantile(level) if df is None else float(special.stdtrit(df, 0.5 + level / 2)))
    low, high = difference - half, difference + half
    return Test(statistic, float(p), difference, low, high, method, level, n, df, variance)
