"""Several readings of one patient: areas and proportions whose variance counts patients, not images."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from readingroom.evaluation.areas import AUC_METHODS, Placements, difference_test, placements
from readingroom.evaluation.arrays import Floats, Ints, binary, clusters, numbers, same_length, truth_of_both
from readingroom.evaluation.confusion import diagnostic_table
from readingroom.evaluation.proportions import normal_quantile, proportion, wilson
from readingroom.evaluation.results import Estimate, Estimates, Table, Test, checked_level, chosen, undefined

FEW = "fewer than two clusters: no variance"


def clustered_auc(truth: ArrayLike, score: ArrayLike, cluster: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The area under the ROC curve where a patient has several readings (Obuchowski 1997).

    The area is that of `auc`; its variance sums DeLong's components within each cluster, for clusters that hold one
    class or both. Interval: value ± z·se, cut to [0, 1].

    Args:
        truth: (n,) 0 or 1, both classes present.
        score: (n,) finite numbers; higher speaks for the positive class.
        cluster: (n,) patient (or lesion) of each reading.
        level: confidence level.

    Returns:
        The area; ``beside`` is DeLong's interval that takes the readings as independent.

    Raises:
        EvaluationError: lengths differ, one class only, something missing or not finite.

    Example:
        >>> truth, score = [0, 0, 1, 1, 0, 1], [1, 2, 3, 4, 3, 2]
        >>> round(clustered_auc(truth, score, ["a", "a", "b", "b", "c", "c"]).variance, 4)
        0.0943
    """
    real, scores = truth_of_both(truth), numbers(score)
    codes, count = clusters(cluster)
    same_length(truth=real, score=scores, cluster=codes)
    places, method = placements(real, scores), "obuchowski 1997, clustered"
    naive = AUC_METHODS["delong"](places, checked_level(level))
    value, covered = places.area, cluster_covariance([places], real, codes, count)
    if covered is None:
        return Estimate(value, None, None, level, method, real.size, note=FEW, beside=naive)
    variance = float(covered[0, 0])
    half = normal_quantile(level) * math.sqrt(variance)
    low, high = max(value - half, 0.0), min(value + half, 1.0)
    return Estimate(value, low, high, level, method, real.size, variance, f"{count} clusters", naive)


def clustered_auc_test(
    truth: ArrayLike, a: ArrayLike, b: ArrayLike, cluster: ArrayLike, *, level: float = 0.95
) -> Test:
    """Whether two readers of the same clustered cases differ in area (Obuchowski 1997); normal reference.

    Args:
        truth: (n,) 0 or 1, both classes present.
        a: (n,) scores of the first reader.
        b: (n,) scores of the second.
        cluster: (n,) patient of each reading.
        level: confidence level.

    Raises:
        EvaluationError: lengths differ, one class only, something missing or not finite.

    Example:
        >>> truth, a, b = [0, 0, 1, 1, 0, 1], [1, 2, 3, 4, 3, 2], [2, 1, 1, 4, 3, 2]
        >>> round(clustered_auc_test(truth, a, b, [1, 1, 2, 2, 3, 3]).difference, 4)
        0.2222
    """
    checked_level(level)
    real, first, second = truth_of_both(truth), numbers(a, "a"), numbers(b, "b")
    codes, count = clusters(cluster)
    n = same_length(truth=real, a=first, b=second, cluster=codes)
    readers = [placements(real, first), placements(real, second)]
    covered = cluster_covariance(readers, real, codes, count)
    variance = None if covered is None else float(covered[0, 0] + covered[1, 1] - 2 * covered[0, 1])
    test = difference_test(readers[0].area - readers[1].area, variance, "obuchowski 1997, paired", n, level)
    return replace(test, note=FEW) if covered is None else test


def cluster_covariance(readers: list[Placements], real: np.ndarray, codes: Ints, count: int) -> Floats | None:
    """Obuchowski's covariance of the areas of several readers, (R, R); None where a class has fewer than two clusters.

    S10 / M + S01 / N + (S11 + S11ᵀ) / (M N), eq. 6 to 9 of Obuchowski (Biometrics 1997;53:567-578).
    """
    positive = np.stack([_centred(codes[real], r.positive, r.area, count) for r in readers])
    negative = np.stack([_centred(codes[~real], r.negative, r.area, count) for r in readers])
    with_positive, with_negative = np.unique(codes[real]).size, np.unique(codes[~real]).size
    if min(with_positive, with_negative) < 2:
        return None
    m, n = int(real.sum()), int((~real).sum())
    s10 = with_positive / ((with_positive - 1) * m) * positive @ positive.T
    s01 = with_negative / ((with_negative - 1) * n) * negative @ negative.T
    s11 = count / (count - 1) * positive @ negative.T
    return np.asarray(s10 / m + s01 / n + (s11 + s11.T) / (m * n))


def mean_variance(values: Floats, codes: Ints, count: int) -> float:
    """Variance of the mean of readings where a patient has several: C / (C - 1) Σ (Σ (xᵢ - x̄))² / n², over C patients.

    The inner sum is over a patient's own readings; one reading a patient gives the usual variance of a mean.
    """
    sums = np.bincount(codes, weights=values - values.mean(), minlength=count)
    return float(count / (count - 1) * np.sum(sums**2)) / values.size**2


def _centred(codes: Ints, component: Floats, area: float, count: int) -> Floats:
    return np.bincount(codes, weights=component - area, minlength=count).astype(np.float64)


def clustered_proportion(
    success: ArrayLike, cluster: ArrayLike, *, method: str = "rao-scott", level: float = 0.95
) -> Estimate:
    """A proportion of readings where a patient has several.

    The value is the plain share of readings; its variance is the ratio estimator's, C / (C - 1) Σ (xᵢ - p nᵢ)² / n².

    Args:
        success: (n,) 0 or 1.
        cluster: (n,) patient of each reading.
        method: ``rao-scott`` (Wilson's interval at the effective size n / deff, Rao & Scott 1992; deff is never taken
            below 1) or ``ratio`` (value ± z·se, cut to [0, 1]).
        level: confidence level.

    Returns:
        The share; at 0 or 1, where clusters show no variance, the effective size is the number of clusters. ``beside``
        is Wilson's interval that takes the readings as independent.

    Raises:
        EvaluationError: lengths differ, a value that is neither 0 nor 1, a missing cluster.

    Example:
        >>> str(clustered_proportion([1, 1, 1, 0, 0, 0], ["a", "a", "a", "b", "b", "c"]))
        '0.500 (0.084 to 0.916)'
    """
    interval = chosen(method, CLUSTERED_METHODS)
    hits = binary(success, "success")
    codes, count = clusters(cluster)
    n = same_length(success=hits, cluster=codes)
    value, naive = float(hits.mean()), proportion(int(hits.sum()), n, level=checked_level(level))
    name = f"{method}, clustered"
    if count < 2:
        return Estimate(value, None, None, level, name, n, note=FEW, beside=naive)
    residual = np.bincount(codes, weights=hits - value, minlength=count)
    variance = float(count / (count - 1) * np.sum(residual**2)) / n**2
    low, high = interval(value, variance, n, count, level)
    return Estimate(value, low, high, level, name, n, variance, f"{count} clusters", naive)


def _rao_scott(value: float, variance: float, n: int, count: int, level: float) -> tuple[float, float]:
    independent = value * (1 - value) / n
    effect = n / count if independent == 0 else max(variance / independent, 1.0)
    size = n / effect
    low, high = wilson(np.asarray(value * size), np.asarray(size), level)
    return float(low), float(high)


def _ratio(value: float, variance: float, n: int, count: int, level: float) -> tuple[float, float]:
    half = normal_quantile(level) * math.sqrt(variance)
    return max(value - half, 0.0), min(value + half, 1.0)


CLUSTERED_METHODS: dict[str, Callable[[float, float, int, int, float], tuple[float, float]]] = {
    "rao-scott": _rao_scott,
    "ratio": _ratio,
}


def clustered_diagnostic_table(
    truth: ArrayLike, call: ArrayLike, cluster: ArrayLike, *, level: float = 0.95
) -> Estimates:
    """The measures of `diagnostic_table` with intervals that count patients, each with the naive one ``beside``.

    Proportions: `clustered_proportion` (Rao-Scott) among the readings of their denominator. The others: linearisation
    over clusters (the ratio estimator's variance), on the scale of the logit for ``f1``, of the logarithm for the
    likelihood ratios and the odds ratio, plain for ``youden`` and ``balanced_accuracy``.

    Args:
        truth: (n,) 0 or 1.
        call: (n,) 0 or 1.
        cluster: (n,) patient of each reading.
        level: confidence level.

    Raises:
        EvaluationError: lengths differ, a value that is neither 0 nor 1, a missing cluster.

    Example:
        >>> table = clustered_diagnostic_table([1, 1, 0, 0], [1, 0, 0, 0], ["a", "a", "b", "c"])
        >>> table.sensitivity.value, table.npv.n
        (0.5, 3)
    """
    naive = diagnostic_table(truth, call, level=level)
    real, called = binary(truth, "truth"), binary(call, "call")
    codes, count = clusters(cluster)
    same_length(truth=real, cluster=codes)
    everyone = np.ones(real.size, dtype=bool)
    parts = {
        "sensitivity": (real, called), "specificity": (~real, ~called), "ppv": (called, real),
        "npv": (~called, ~real), "accuracy": (everyone, real == called), "prevalence": (everyone, real),
    }  # fmt: skip
    entries = {
        name: clustered_proportion(hits[part], codes[part], level=level) if part.any() else naive[name]
        for name, (part, hits) in parts.items()
    }
    cells = (real & called, ~real & called, real & ~called, ~real & ~called)
    totals = np.stack([np.bincount(codes[cell], minlength=count) for cell in cells], axis=1).astype(np.float64)
    others = {name: _linearised(name, naive[name], totals, level) for name in LINEARISED}
    return Table({name: (entries | others)[name] for name in naive}, naive.counts)


def _youden_slope(t: Floats) -> Floats:
    tp, fp, fn, tn = t
    p, n = tp + fn, fp + tn
    return np.array([fn / p**2, -tn / n**2, -tp / p**2, fp / n**2])


def _f1_slope(t: Floats) -> Floats:
    tp, fp, fn, _ = t
    # logit(F1) = log(2 tp / (fp + fn))
    return np.array([1 / tp, -1 / (fp + fn), -1 / (fp + fn), 0.0])


def _lr_positive_slope(t: Floats) -> Floats:
    tp, fp, fn, tn = t
    p, n = tp + fn, fp + tn
    return np.array([1 / tp - 1 / p, 1 / n - 1 / fp, -1 / p, 1 / n])


def _lr_negative_slope(t: Floats) -> Floats:
    tp, fp, fn, tn = t
    p, n = tp + fn, fp + tn
    return np.array([-1 / p, 1 / n, 1 / fn - 1 / p, 1 / n - 1 / tn])


def _dor_slope(t: Floats) -> Floats:
    tp, fp, fn, tn = t
    return np.array([1 / tp, -1 / fp, -1 / fn, 1 / tn])


def _plain(value: float, half: float) -> tuple[float, float]:
    return value - half, value + half


def _logged(value: float, half: float) -> tuple[float, float]:
    return value * math.exp(-half), value * math.exp(half)


def _logit(value: float, half: float) -> tuple[float, float]:
    odds = value / (1 - value)
    low, high = _logged(odds, half)
    return low / (1 + low), high / (1 + high)


Slope = Callable[[Floats], Floats]
LINEARISED: dict[str, tuple[Slope, Callable[[float, float], tuple[float, float]]]] = {
    "balanced_accuracy": (lambda totals: _youden_slope(totals) / 2, _plain),
    "youden": (_youden_slope, _plain),
    "f1": (_f1_slope, _logit),
    "lr_positive": (_lr_positive_slope, _logged),
    "lr_negative": (_lr_negative_slope, _logged),
    "dor": (_dor_slope, _logged),
}


def _linearised(name: str, naive: Estimate, totals: Floats, level: float) -> Estimate:
    method, count = "linearised over clusters", len(totals)
    if naive.value is None:
        return undefined(naive.n, level, method, naive.note)
    slope, interval = LINEARISED[name]
    with np.errstate(divide="ignore", invalid="ignore"):
        gradient = slope(totals.sum(axis=0))
    if count < 2 or not np.isfinite(gradient).all():
        note = FEW if count < 2 else "a count of 0: no clustered interval"
        return Estimate(naive.value, None, None, level, method, naive.n, note=note, beside=naive)
    spread = (totals - totals.mean(axis=0)) @ gradient
    half = normal_quantile(level) * math.sqrt(count / (count - 1) * float(np.sum(spread**2)))
    low, high = interval(naive.value, half)
    return Estimate(naive.value, low, high, level, method, naive.n, note=f"{count} clusters", beside=naive)
