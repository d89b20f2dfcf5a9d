"""Calls against the truth: the confusion table, and every measure of a two-way table with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Bools, Ints, binary, coded, flat, same_length
from readingroom.evaluation.proportions import normal_quantile, proportion
from readingroom.evaluation.results import Estimate, Estimates, Table, checked_level, undefined


@dataclass(frozen=True, eq=False)
class Confusion:
    """How often each class was called each class.

    Args:
        classes: the classes, in the order of rows and columns.
        counts: (C, C) readings; row = truth, column = predicted.
    """

    classes: tuple[Any, ...]
    counts: Ints

    @property
    def n(self) -> int:
        """All readings."""
        return int(self.counts.sum())

    def accuracy(self, *, method: str = "wilson", level: float = 0.95) -> Estimate:
        """Share of readings called their own class (top-1 accuracy)."""
        return proportion(int(np.trace(self.counts)), self.n, method=method, level=level)

    def one_against_rest(self, name: Any) -> tuple[int, int, int, int]:
        """``tp, fp, fn, tn`` of one class against all the others."""
        k = self.classes.index(name)
        tp, called, real = int(self.counts[k, k]), int(self.counts[:, k].sum()), int(self.counts[k].sum())
        return tp, called - tp, real - tp, self.n - called - real + tp

    def to_frame(self) -> pd.DataFrame:
        """The table with the classes as its index (truth) and columns (predicted)."""
        return pd.DataFrame(self.counts, index=list(self.classes), columns=list(self.classes))


def confusion(truth: ArrayLike, predicted: ArrayLike, classes: Sequence[Any] | None = None) -> Confusion:
    """Count how often each class was called each class.

    Args:
        truth: (n,) class of each reading by the reference standard.
        predicted: (n,) class that the reader answered.
        classes: all classes, in the order wanted; None takes those seen, sorted.

    Raises:
        EvaluationError: lengths differ, a missing value, or a value that is none of the classes.

    Example:
        >>> confusion(["a", "b", "b"], ["a", "a", "b"], ["a", "b"]).counts.tolist()
        [[1, 0], [1, 1]]
    """
    same_length(truth=flat(truth, "truth"), predicted=flat(predicted, "predicted"))
    names = tuple(_seen(truth, predicted) if classes is None else classes)
    rows, columns = coded(truth, names, "truth"), coded(predicted, names, "predicted")
    counts = np.bincount(rows * len(names) + columns, minlength=len(names) ** 2)
    return Confusion(names, counts.reshape(len(names), len(names)))


def _seen(truth: ArrayLike, predicted: ArrayLike) -> list[Any]:
    both = pd.unique(np.concatenate([np.asarray(truth, dtype=object), np.asarray(predicted, dtype=object)]))
    return sorted(both.tolist(), key=str)


def binary_counts(truth: Bools, call: Bools) -> tuple[int, int, int, int]:
    """``tp, fp, fn, tn`` of checked booleans."""
    tp = int(np.count_nonzero(truth & call))
    called, real = int(np.count_nonzero(call)), int(np.count_nonzero(truth))
    return tp, called - tp, real - tp, truth.size - called - real + tp


def diagnostic_table(truth: ArrayLike, call: ArrayLike, *, method: str = "wilson", level: float = 0.95) -> Estimates:
    """Every measure of a two-way diagnostic table, each with its interval; see `diagnostic_counts`.

    Args:
        truth: (n,) 0 or 1 by the reference standard.
        call: (n,) 0 or 1 as the reader answered.
        method: interval of the proportions, one of those of `proportion`.
        level: confidence level.

    Raises:
        EvaluationError: lengths differ, or a value that is neither 0 nor 1.

    Example:
        >>> diagnostic_table([1, 1, 0, 0], [1, 0, 0, 0]).npv.value
        0.6666666666666666
    """
    real, called = binary(truth, "truth"), binary(call, "call")
    same_length(truth=real, call=called)
    return diagnostic_counts(*binary_counts(real, called), method=method, level=level)


def diagnostic_counts(tp: int, fp: int, fn: int, tn: int, *, method: str = "wilson", level: float = 0.95) -> Estimates:
    """Every measure of a two-way diagnostic table, from its four counts.

    ``sensitivity`` (recall), ``specificity``, ``ppv`` (precision), ``npv``, ``accuracy`` and ``prevalence`` are
    proportions with the interval asked for. The others:

    - ``balanced_accuracy`` and ``youden`` (sensitivity + specificity - 1): Newcombe's hybrid score interval (1998,
      method 10), from the Wilson limits of the two.
    - ``f1`` = 2 tp / (2 tp + fp + fn) = 2 F / (1 + F) with F = tp / (tp + fp + fn), a binomial proportion given its
      denominator; its Wilson limits are transformed.
    - ``lr_positive``, ``lr_negative``: log method (Simel, Samsa & Matchar 1991); ``dor``: Woolf's logit (1955). With a
      count of 0 that makes the ratio 0 the upper limit has half a case added to every count; with one that makes it
      infinite the ratio is not defined.

    Args:
        tp: positives called positive.
        fp: negatives called positive.
        fn: positives called negative.
        tn: negatives called negative.
        method: interval of the proportions.
        level: confidence level.

    Returns:
        A table of estimates by these names, with the four counts.
    """
    shares = {
        "sensitivity": (tp, tp + fn),
        "specificity": (tn, tn + fp),
        "ppv": (tp, tp + fp),
        "npv": (tn, tn + fn),
        "accuracy": (tp + tn, tp + fp + fn + tn),
        "prevalence": (tp + fn, tp + fp + fn + tn),
    }
    entries = {name: proportion(*share, method=method, level=level) for name, share in shares.items()}
    entries |= _summaries(tp, fp, fn, tn, level) | _ratios(tp, fp, fn, tn, level)
    return Table(entries, {"tp": tp, "fp": fp, "fn": fn, "tn": tn})


def _summaries(tp: int, fp: int, fn: int, tn: int, level: float) -> dict[str, Estimate]:
    youden = _youden(tp, fp, fn, tn, level)
    return {"balanced_accuracy": _scaled(youden, 0.5, 0.5), "youden": youden, "f1": _f1(tp, fp, fn, level)}


def _youden(tp: int, fp: int, fn: int, tn: int, level: float) -> Estimate:
    method, n = "newcombe hybrid score", tp + fp + fn + tn
    a, b = proportion(tp, tp + fn, level=level), proportion(tn, tn + fp, level=level)
    if not (a.defined and b.defined):
        return undefined(n, level, method, "one class only")
    (sens, sens_low, sens_high), (spec, spec_low, spec_high) = a.limits(), b.limits()
    value = sens + spec - 1
    low = value - math.hypot(sens - sens_low, spec - spec_low)
    high = value + math.hypot(sens_high - sens, spec_high - spec)
    return Estimate(value, low, high, level, method, n)


def _f1(tp: int, fp: int, fn: int, level: float) -> Estimate:
    method = "wilson, of tp / (tp + fp + fn)"
    share = proportion(tp, tp + fp + fn, level=level)
    if not share.defined:
        return undefined(0, level, method, "no positive, neither real nor called")
    value, low, high = (2 * part / (1 + part) for part in share.limits())
    return Estimate(value, low, high, level, method, share.n)


def _scaled(estimate: Estimate, factor: float, shift: float) -> Estimate:
    if not estimate.defined:
        return estimate
    value, low, high = (factor * part + shift for part in estimate.limits())
    return Estimate(value, low, high, estimate.level, estimate.method, estimate.n)


def _ratios(tp: int, fp: int, fn: int, tn: int, level: float) -> dict[str, Estimate]:
    return {
        "lr_positive": _likelihood_ratio(tp, tp + fn, fp, fp + tn, level),
        "lr_negative": _likelihood_ratio(fn, tp + fn, tn, fp + tn, level),
        "dor": _odds_ratio(tp, fp, fn, tn, level),
    }


def _likelihood_ratio(a: int, n: int, b: int, m: int, level: float) -> Estimate:
    method = "log (Simel 1991)"
    if n == 0 or m == 0 or b == 0:
        return undefined(n + m, level, method, "one class only" if 0 in (n, m) else "division by a count of 0")
    half = 0.5 if a == 0 else 0.0
    a_, n_, b_, m_ = a + half, n + 2 * half, b + half, m + 2 * half
    variance = 1 / a_ - 1 / n_ + 1 / b_ - 1 / m_
    return _log_interval(a / n / (b / m), (a_ / n_) / (b_ / m_), variance, n + m, level, method)


def _odds_ratio(tp: int, fp: int, fn: int, tn: int, level: float) -> Estimate:
    method, n = "woolf logit", tp + fp + fn + tn
    if fp * fn == 0:
        return undefined(n, level, method, "division by a count of 0")
    half = 0.5 if tp * tn == 0 else 0.0
    cells = [cell + half for cell in (tp, fp, fn, tn)]
    variance = sum(1 / cell for cell in cells)
    centre = cells[0] * cells[3] / (cells[1] * cells[2])
    return _log_interval(tp * tn / (fp * fn), centre, variance, n, level, method)


def _log_interval(value: float, centre: float, variance: float, n: int, level: float, method: str) -> Estimate:
    half = normal_quantile(checked_level(level)) * math.sqrt(max(variance, 0.0))
    low, high = centre * math.exp(-half), centre * math.exp(half)
    if value == 0:
        return Estimate(0.0, 0.0, high, level, method, n, note="upper limit with half a case added to each count")
    return Estimate(value, low, high, level, method, n)


def at_prevalence(
    sensitivity: Estimate, specificity: Estimate, prevalence: float, *, level: float | None = None
) -> Estimates:
    """Predictive values at a stated prevalence, by Bayes' theorem, with intervals.

    Raw predictive values of a case-control sample say nothing of a clinic: this moves them to the clinic's prevalence.
    Intervals: logit delta method (Mercaldo, Lau & Zhou 2007); where a rate is 0 or 1 the limits come from the rates
    with z²/2 cases added to either side (their adjusted interval). The prevalence is taken as known.

    Args:
        sensitivity: an estimate with its ``n`` (and its own variance where it is clustered).
        specificity: likewise.
        prevalence: between 0 and 1, both excluded.
        level: confidence level; None takes the sensitivity's.

    Returns:
        ``ppv`` and ``npv``.

    Raises:
        EvaluationError: a prevalence outside, or a rate that is not defined.

    Example:
        >>> table = diagnostic_counts(90, 20, 10, 80)
        >>> round(at_prevalence(table.sensitivity, table.specificity, 0.02).ppv.value, 4)
        0.0841
    """
    if not 0 < prevalence < 1:
        raise EvaluationError(f"{prevalence} is not a prevalence", fix="Give one between 0 and 1", field="prevalence")
    level = checked_level(sensitivity.level if level is None else level)
    odds = prevalence / (1 - prevalence)
    se, sp = _rate(sensitivity, "sensitivity"), _rate(specificity, "specificity")
    n = sensitivity.n + specificity.n
    return Table({"ppv": _predictive(se, sp, odds, n, level), "npv": _predictive(sp, se, 1 / odds, n, level)})


@dataclass(frozen=True)
class _Rate:
    value: float
    variance: float
    n: int

    def interior(self, level: float) -> tuple[float, float]:
        if 0 < self.value < 1:
            return self.value, self.variance
        z2 = normal_quantile(level) ** 2
        value = (self.n * self.value + z2 / 2) / (self.n + z2)
        return value, value * (1 - value) / (self.n + z2)


def _rate(estimate: Estimate, name: str) -> _Rate:
    if estimate.value is None:
        raise EvaluationError("not defined", fix="It needs at least one case of its class", field=name)
    binomial = estimate.value * (1 - estimate.value) / estimate.n
    return _Rate(estimate.value, binomial if estimate.variance is None else estimate.variance, estimate.n)


def _predictive(own: _Rate, other: _Rate, odds: float, n: int, level: float) -> Estimate:
    method = "logit (Mercaldo 2007)"
    if own.value == 0 and other.value == 1:
        return undefined(n, level, method, "nothing is called so")
    value = odds * own.value / (odds * own.value + 1 - other.value)
    (a, a_variance), (b, b_variance) = own.interior(level), other.interior(level)
    logit = math.log(odds * a / (1 - b))
    half = normal_quantile(level) * math.sqrt(a_variance / a**2 + b_variance / (1 - b) ** 2)
    low, high = (1 / (1 + math.exp(-end)) for end in (logit - half, logit + half))
    return Estimate(value, min(low, value), max(high, value), level, method, n)
