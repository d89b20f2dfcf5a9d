"""The decision curve: what a reader is worth at each threshold of action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats, binary, numbers, probabilities, same_length
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import checked_level


@dataclass(frozen=True, eq=False)
class NetBenefit:
    """Net benefit over thresholds; every array has one value a threshold.

    Args:
        threshold: (K,) probability from which one would act.
        value: (K,) net benefit of acting on the reader, in true positives a reading.
        low: (K,) lower confidence limit.
        high: (K,) upper confidence limit.
        act_on_all: (K,) net benefit of acting on everyone; acting on no one has 0.
        true_positive: (K,) share of all readings that are acted on and positive.
        false_positive: (K,) share that are acted on and negative.
        prevalence: used.
        n: readings.
        level: confidence level.
        method: the convention.
    """

    threshold: Floats
    value: Floats
    low: Floats
    high: Floats
    act_on_all: Floats
    true_positive: Floats
    false_positive: Floats
    prevalence: float
    n: int
    level: float
    method: str = "decision curve (Vickers & Elkin 2006), positive at score >= threshold"


def net_benefit(
    truth: ArrayLike,
    probability: ArrayLike,
    thresholds: Sequence[float] | None = None,
    *,
    prevalence: float | None = None,
    level: float = 0.95,
) -> NetBenefit:
    """The decision curve of a reader (Vickers & Elkin 2006).

    Net benefit = sensitivity · π - (1 - specificity)(1 - π) t / (1 - t); a reading is acted on at probability >= t (as
    R's dcurves). Interval: value ± z·se, sensitivity and specificity as independent binomials at a stated prevalence,
    each reading's contribution as one of a sample otherwise.

    Args:
        truth: (n,) 0 or 1.
        probability: (n,) of the positive class; must be calibrated to mean anything here.
        thresholds: between 0 and 1, 1 excluded; None takes 0.00 to 0.99.
        prevalence: π where the sample's is not that of the clinic; None takes the sample's.
        level: confidence level.

    Raises:
        EvaluationError: lengths differ, a value or threshold outside, no positives or negatives with a prevalence.

    Example:
        >>> net_benefit([0, 1, 1, 0], [0.2, 0.6, 0.8, 0.7], [0.5]).value.tolist()
        [0.25]
    """
    real, p = binary(truth), probabilities(probability)
    n = same_length(truth=real, probability=p)
    at = numbers(np.arange(100) / 100 if thresholds is None else np.asarray(thresholds), "thresholds")
    if (at < 0).any() or (at >= 1).any():
        raise EvaluationError("a threshold outside 0 to 1", fix="Give 0 or more and less than 1", field="thresholds")
    positives = int(real.sum())
    tpr, fpr = _reached(p[real], at, positives), _reached(p[~real], at, n - positives)
    share, odds = _prevalence(prevalence, positives, n), at / (1 - at)
    tp, fp = tpr * share, fpr * (1 - share)
    value = tp - fp * odds
    if prevalence is None:
        variance = (tp + fp * odds**2 - value**2) / n
    else:
        m = max(n - positives, 1)
        variance = share**2 * tpr * (1 - tpr) / positives + ((1 - share) * odds) ** 2 * fpr * (1 - fpr) / m
    half = normal_quantile(checked_level(level)) * np.sqrt(np.maximum(variance, 0.0))
    everyone = share - (1 - share) * odds
    return NetBenefit(at, value, value - half, value + half, everyone, tp, fp, share, n, level)


def _reached(p: Floats, at: Floats, count: int) -> Floats:
    if count == 0:
        return np.zeros_like(at)
    return np.asarray((count - np.searchsorted(np.sort(p), at, side="left")) / count)


def _prevalence(prevalence: float | None, positives: int, n: int) -> float:
    if prevalence is None:
        return positives / n
    if not 0 < prevalence < 1 or positives in (0, n):
        raise EvaluationError(f"prevalence {prevalence} with {positives} positives of {n}",
                              fix="It needs both classes, and a share between 0 and 1", field="prevalence")  # fmt: skip
    return prevalence
