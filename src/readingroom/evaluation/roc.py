"""The ROC curve, readings off it, and areas under parts of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator
from readingroom.evaluation.arrays import Bools, Floats, Ints, numbers, same_length, truth_of_both
from readingroom.evaluation.results import Estimate, checked_level, undefined

REPLICATES = 2000


@dataclass(frozen=True, eq=False)
class RocCurve:
    """The empirical ROC curve, from nothing called positive to everything.

    A call is positive at score >= threshold. Row i of every array belongs together; thresholds fall.

    Args:
        threshold: (K,) the scores themselves, as scikit-learn gives them; the first is infinite (nothing is positive).
        midpoint: (K,) halfway between this score and the next lower one, as pROC gives them; the last is -infinite.
        sensitivity: (K,).
        specificity: (K,).
        tp: (K,) positives called positive.
        fp: (K,) negatives called positive.
        positives: positives in all.
        negatives: negatives in all.
    """

    threshold: Floats
    midpoint: Floats
    sensitivity: Floats
    specificity: Floats
    tp: Ints
    fp: Ints
    positives: int
    negatives: int


def roc_curve(truth: ArrayLike, score: ArrayLike) -> RocCurve:
    """The empirical ROC curve, one point for each distinct score and one where nothing is positive.

    Args:
        truth: (n,) 0 or 1, both classes present.
        score: (n,) finite numbers; higher speaks for the positive class.

    Raises:
        EvaluationError: lengths differ, one class only, a value missing or not finite.

    Example:
        >>> roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).sensitivity.tolist()
        [0.0, 0.5, 0.5, 1.0, 1.0]
    """
    real, scores = _checked(truth, score)
    order = np.argsort(-scores, kind="stable")
    falling, hits = scores[order], np.cumsum(real[order])
    last = np.flatnonzero(np.append(falling[1:] != falling[:-1], True))
    tp = np.concatenate([[0], hits[last]]).astype(np.int64)
    fp = np.concatenate([[0], last + 1]).astype(np.int64) - tp
    threshold = np.concatenate([[np.inf], falling[last]])
    positives, negatives = int(tp[-1]), int(fp[-1])
    sensitivity, specificity = tp / positives, (negatives - fp) / negatives
    return RocCurve(threshold, _midpoints(threshold), sensitivity, specificity, tp, fp, positives, negatives)


def _checked(truth: ArrayLike, score: ArrayLike) -> tuple[Bools, Floats]:
    real, scores = truth_of_both(truth), numbers(score)
    same_length(truth=real, score=scores)
    return real, scores


def _midpoints(threshold: Floats) -> Floats:
    lower = np.append(threshold[1:], -np.inf)
    with np.errstate(invalid="ignore"):
        middle = np.where(np.isinf(threshold), threshold, (threshold + lower) / 2)
    # Between neighbouring floating-point numbers there is no middle: the rounded one would call the lower positive.
    return np.where((middle > lower) | np.isinf(lower), middle, threshold)


def specificity_at(
    truth: ArrayLike,
    score: ArrayLike,
    sensitivity: float = 0.9,
    *,
    level: float = 0.95,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Estimate:
    """Specificity where the ROC curve has a given sensitivity.

    Read off the curve by linear interpolation (as pROC's ``coords``); of several points at one sensitivity, the
    highest specificity. Interval: percentiles of a bootstrap stratified by truth, of independent readings.

    Args:
        truth: (n,) 0 or 1, both classes present.
        score: (n,) finite numbers.
        sensitivity: between 0 and 1.
        level: confidence level.
        replicates: of the bootstrap; 0 gives no interval.
        seed: of the bootstrap.

    Raises:
        EvaluationError: a sensitivity outside, or arrays that have no ROC curve.

    Example:
        >>> specificity_at([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], 0.5, replicates=0).value
        1.0
    """
    _unit(sensitivity, "sensitivity")

    def read(tpr: Floats, fpr: Floats) -> float:
        return 1.0 - _lowest(tpr, fpr, sensitivity)

    return _read_off(truth, score, read, "read off the curve", level, replicates, seed)


def sensitivity_at(
    truth: ArrayLike,
    score: ArrayLike,
    specificity: float = 0.9,
    *,
    level: float = 0.95,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Estimate:
    """Sensitivity where the ROC curve has a given specificity; see `specificity_at`."""
    _unit(specificity, "specificity")

    def read(tpr: Floats, fpr: Floats) -> float:
        return 1.0 - _lowest(1.0 - fpr[::-1], 1.0 - tpr[::-1], specificity)

    return _read_off(truth, score, read, "read off the curve", level, replicates, seed)


def _unit(value: float, field: str) -> None:
    if not 0 <= value <= 1:
        raise EvaluationError(f"{value} is outside 0 to 1", fix="Give a share", field=field)


def _lowest(rising: Floats, cost: Floats, wanted: float) -> float:
    """The smallest ``cost`` on the polyline where ``rising`` first reaches ``wanted``."""
    i = int(np.searchsorted(rising, wanted - 1e-12))
    if i == 0 or rising[i] <= wanted + 1e-12:
        return float(cost[i])
    share = (wanted - rising[i - 1]) / (rising[i] - rising[i - 1])
    return float(cost[i - 1] + share * (cost[i] - cost[i - 1]))


def partial_auc(
    truth: ArrayLike,
    score: ArrayLike,
    *,
    focus: str = "specificity",
    between: tuple[float, float] = (1.0, 0.9),
    corrected: bool = False,
    level: float = 0.95,
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Estimate:
    """The area under a part of the ROC curve.

    Args:
        truth: (n,) 0 or 1, both classes present.
        score: (n,) finite numbers.
        focus: ``specificity`` (a vertical slice) or ``sensitivity`` (a horizontal one, area to the right of the curve).
        between: the two ends of the slice on that axis, in either order; the curve is interpolated at the ends.
        corrected: McClish's (1989) standardisation, (1 + (area - chance) / (maximum - chance)) / 2, so that 0.5 is
            chance and 1 is perfect; not defined below chance (as pROC).
        level: confidence level.
        replicates: of the stratified bootstrap that makes the interval; 0 gives none.
        seed: of the bootstrap.

    Raises:
        EvaluationError: an unknown focus, ends outside [0, 1] or equal, or arrays that have no ROC curve.

    Example:
        >>> partial_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], between=(1, 0.5), replicates=0).value
        0.25
    """
    low, high = sorted(between)
    if focus not in {"specificity", "sensitivity"} or not 0 <= low < high <= 1:
        fix = 'Give focus="specificity" or "sensitivity" and two ends between 0 and 1'
        raise EvaluationError(f"no part of the curve: {focus} between {between}", fix=fix, field="between")

    def read(tpr: Floats, fpr: Floats) -> float:
        if focus == "specificity":
            area = _area_between(fpr, tpr, 1 - high, 1 - low)
        else:
            area = _area_between(tpr, 1 - fpr, low, high)
        return _mcclish(area, low, high) if corrected else area

    part = f"{focus} {low:g} to {high:g}"
    method = f"partial area, {part}{', McClish-corrected' if corrected else ''}"
    return _read_off(truth, score, read, method, level, replicates, seed)


def _area_between(x: Floats, y: Floats, low: float, high: float) -> float:
    """Area under a polyline of rising (not strictly) x, between two ends, interpolated there."""
    # At a jump the slice begins with the upper value and ends with the lower one, neither of which has any area.
    inside = (x > low) & (x < high)
    xs = np.concatenate([[low], x[inside], [high]])
    ys = np.concatenate([[_height(x, y, low, "right")], y[inside], [_height(x, y, high, "left")]])
    return float(np.trapezoid(ys, xs))


def _height(x: Floats, y: Floats, at: float, side: str) -> float:
    i = int(np.searchsorted(x, at, side="right" if side == "right" else "left"))
    if side == "right":
        left, right = i - 1, min(i, x.size - 1)
    else:
        left, right = max(i - 1, 0), min(i, x.size - 1)
    if x[right] == x[left]:
        return float(y[left] if side == "right" else y[right])
    return float(y[left] + (at - x[left]) / (x[right] - x[left]) * (y[right] - y[left]))


def _mcclish(area: float, low: float, high: float) -> float:
    most = high - low
    least = ((1 - low) ** 2 - (1 - high) ** 2) / 2
    return math.nan if area < least else (1 + (area - least) / (most - least)) / 2


def _read_off(
    truth: ArrayLike,
    score: ArrayLike,
    read: Callable[[Floats, Floats], float],
    what: str,
    level: float,
    replicates: int,
    seed: int,
) -> Estimate:
    checked_level(level)
    curve = roc_curve(truth, score)
    value, n = read(curve.sensitivity, 1 - curve.specificity), curve.positives + curve.negatives
    if math.isnan(value):
        return undefined(n, level, what, "below chance")
    if replicates == 0:
        return Estimate(value, None, None, level, what, n)
    drawn = np.array([read(*_resampled(curve, seed, i)) for i in range(replicates)])
    drawn = drawn[~np.isnan(drawn)]
    method = f"{what}; stratified percentile bootstrap, {replicates} replicates"
    if drawn.size == 0:
        return Estimate(value, None, None, level, method, n)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value, min(float(low), value), max(float(high), value), level, method, n, float(drawn.var(ddof=1)))


def _resampled(curve: RocCurve, seed: int, i: int) -> tuple[Floats, Floats]:
    """Sensitivity and 1 - specificity of a resample, drawn as counts at the distinct scores."""
    random = generator(seed, "bootstrap of the curve", i)
    tp = random.multinomial(curve.positives, np.diff(curve.tp) / curve.positives)
    fp = random.multinomial(curve.negatives, np.diff(curve.fp) / curve.negatives)
    return _cumulative(tp, curve.positives), _cumulative(fp, curve.negatives)


def _cumulative(counts: Ints, total: int) -> Floats:
    return np.concatenate([[0.0], np.cumsum(counts) / total])
