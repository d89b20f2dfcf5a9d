"""Calibration as a line, and the temperature that mends it."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from readingroom.evaluation.arrays import Floats, coded, matrix, same_length, truth_of_both
from readingroom.evaluation.calibration import checked_pair
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import Estimate, Estimates, Table, checked_level, undefined


def calibration_line(truth: ArrayLike, probability: ArrayLike, *, level: float = 0.95) -> Estimates:
    """Calibration slope and intercept by logistic regression of the truth on the logit of the probability (Cox 1958).

    ``slope`` and ``intercept`` come from one fit, logit P(y = 1) = intercept + slope · logit(p), as rms val.prob gives
    them; ``in_the_large`` is the intercept with the slope held at 1. Perfect: slope 1, intercepts 0. Wald intervals.
    Probabilities of exactly 0 or 1 have no logit: they are left out, as val.prob does, and counted in the note.

    Args:
        truth: (n,) 0 or 1, both classes present.
        probability: (n,) of the positive class.
        level: confidence level.

    Returns:
        ``slope``, ``intercept`` and ``in_the_large``; not defined where the classes are perfectly separated by the
        probability, or all probabilities are equal (slope and intercept).

    Raises:
        EvaluationError: lengths differ, one class only, a value outside [0, 1].

    Example:
        >>> p = [0.1, 0.2, 0.4, 0.6, 0.8, 0.9, 0.3, 0.7]
        >>> round(calibration_line([0, 0, 1, 0, 1, 1, 0, 1], p).slope.value, 2)
        1.87
    """
    real, p = checked_pair(truth, probability)
    truth_of_both(real)
    finite = (p > 0) & (p < 1)
    note = f"{np.count_nonzero(~finite)} probabilities of exactly 0 or 1 left out" if not finite.all() else ""
    y, logit = real[finite].astype(np.float64), special.logit(p[finite])
    checked_level(level)
    line = _logistic(np.column_stack([np.ones_like(logit), logit]), y, np.zeros_like(logit))
    large = _logistic(np.ones((logit.size, 1)), y, logit)
    fits = {"slope": (line, 1), "intercept": (line, 0), "in_the_large": (large, 0)}
    return Table({name: _coefficient(fit, i, y.size, level, note) for name, (fit, i) in fits.items()})


Fit = tuple[Floats, Floats] | None


def _logistic(x: Floats, y: Floats, offset: Floats) -> Fit:
    """Maximum likelihood by Newton's method: coefficients and their covariance; None where there is no maximum."""
    beta = np.zeros(x.shape[1])
    if y.size == 0 or y.min() == y.max() or np.linalg.matrix_rank(x) < x.shape[1]:
        return None
    for _ in range(100):
        fitted = special.expit(x @ beta + offset)
        information = (x * (fitted * (1 - fitted))[:, None]).T @ x
        if np.linalg.cond(information) > 1e14:
            return None
        step = np.linalg.solve(information, x.T @ (y - fitted))
        # A long step overshoots where the curve is flat; halving it keeps Newton's method safe.
        beta = beta + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
        if np.abs(step).max() < 1e-12:
            return beta, np.linalg.inv(information)
    return None


def _coefficient(fit: Fit, i: int, n: int, level: float, note: str) -> Estimate:
    if fit is None:
        return undefined(n, level, "logistic, wald", "no finite maximum likelihood (perfect separation or no spread)")
    value, variance = float(fit[0][i]), float(fit[1][i, i])
    half = normal_quantile(level) * math.sqrt(variance)
    return Estimate(value, value - half, value + half, level, "logistic, wald", n, variance, note)


_MOST_SPREAD = math.log(1e6)


def temperature(truth: ArrayLike, logits: ArrayLike, *, level: float = 0.95) -> Estimate:
    """The temperature that calibrates a network's scores (Guo 2017), fitted on the validation part.

    It minimises the mean cross-entropy of softmax(logits / T). It changes no order, hence no area and no call by the
    highest score. Give logarithms of probabilities where logits are not kept: the two are the same up to a constant.

    Args:
        truth: (n,) column of the true class, 0 to C - 1.
        logits: (n, C).
        level: confidence level; the interval is Wald's on the logarithm of T.

    Returns:
        T; above 1 where the network is too sure. Not defined where every reading is right, or scores do not help
        (no finite maximum). Where the readings leave T open by more than a factor of 1e6 there is no interval.

    Raises:
        EvaluationError: lengths differ, a value that is not a finite number, an unknown class.

    Example:
        >>> logits = [[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [0.0, 2.0]]
        >>> round(temperature([0, 0, 1, 1], logits).value, 3)
        1.82
    """
    columns = matrix(logits, "logits")
    codes = coded(truth, range(columns.shape[1]), "truth")
    n, method = same_length(truth=codes, logits=columns), "temperature, maximum likelihood"
    true = columns[np.arange(n), codes]

    def slope(log_inverse: float) -> float:
        weights = special.softmax(columns * math.exp(log_inverse), axis=1)
        return float(np.mean((weights * columns).sum(axis=1) - true))

    if slope(-12.0) >= 0 or slope(12.0) <= 0:
        return undefined(n, checked_level(level), method, "no finite temperature: all are right, or scores do not help")
    inverse = math.exp(optimize.brentq(slope, -12.0, 12.0, xtol=1e-13))
    weights = special.softmax(columns * inverse, axis=1)
    spread = (weights * columns**2).sum(axis=1) - (weights * columns).sum(axis=1) ** 2
    # Information of log(1/T) at the maximum.
    information = inverse**2 * float(spread.sum())
    half = normal_quantile(checked_level(level)) / math.sqrt(information)
    value = 1 / inverse
    if half > _MOST_SPREAD:
        return Estimate(value, None, None, level, method, n, note="the readings hardly tell the temperature")
    low, high = value * math.exp(-half), value * math.exp(half)
    return Estimate(value, low, high, level, method, n, value**2 / information)
