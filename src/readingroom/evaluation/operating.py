"""The operating point: the threshold that a rule chooses on the data that may choose it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats
from readingroom.evaluation.confusion import diagnostic_counts
from readingroom.evaluation.results import Estimate, Estimates
from readingroom.evaluation.roc import RocCurve, roc_curve


@dataclass(frozen=True)
class Cost:
    """What a mistake costs, for the threshold of least expected cost.

    Args:
        false_negative: cost of a missed positive.
        false_positive: cost of a false alarm, in the same unit.
        prevalence: of the positives where the threshold will be used; None takes the sample's.
    """

    false_negative: float
    false_positive: float = 1.0
    prevalence: float | None = None


@dataclass(frozen=True)
class OperatingPoint:
    """A threshold and what it gives.

    Args:
        threshold: a call is positive at score >= this. It is the midpoint to the next lower score (pROC's convention:
            a last digit that differs between machines does not turn a call), or the lowest score where all are
            positive, or just above the highest where none is.
        score: the lowest score called positive (scikit-learn's convention); None where none is.
        rule: how it was chosen.
        table: every measure at this threshold, with its interval; the same data chose the threshold, so they are
            optimistic unless these data are only the validation part.
    """

    threshold: float
    score: float | None
    rule: str
    table: Estimates

    @property
    def sensitivity(self) -> Estimate:
        """Sensitivity at the threshold."""
        return self.table["sensitivity"]

    @property
    def specificity(self) -> Estimate:
        """Specificity at the threshold."""
        return self.table["specificity"]


def operating_point(
    truth: ArrayLike, score: ArrayLike, *, rule: str | Cost = "youden", method: str = "wilson", level: float = 0.95
) -> OperatingPoint:
    """Choose the threshold by a rule, on the data that may choose it (the validation part).

    Args:
        truth: (n,) 0 or 1, both classes present.
        score: (n,) finite numbers.
        rule: ``youden`` (largest sensitivity + specificity - 1, Youden 1950); ``sensitivity>=0.9`` (of the thresholds
            that reach it, the most specific); ``specificity>=0.9`` (the most sensitive); or a `Cost` (least expected
            cost, sensitivity + specificity·(1 - prevalence)·cost_fp / (prevalence·cost_fn) largest, as pROC's
            ``best.weights``). Equal points: the more sensitive.
        method: interval of the proportions.
        level: confidence level.

    Raises:
        EvaluationError: an unknown rule, or arrays that have no ROC curve.

    Example:
        >>> operating_point([0, 0, 1, 1], [1, 4, 3, 8]).threshold
        2.0
    """
    curve = roc_curve(truth, score)
    i = _cheapest(curve, rule) if isinstance(rule, Cost) else _by_rule(curve, rule)
    tp, fp = int(curve.tp[i]), int(curve.fp[i])
    table = diagnostic_counts(tp, fp, curve.positives - tp, curve.negatives - fp, method=method, level=level)
    name = f"cost {rule.false_negative:g}:{rule.false_positive:g}" if isinstance(rule, Cost) else rule
    return OperatingPoint(_usable(curve, i), float(curve.threshold[i]) if i else None, name, table)


def _usable(curve: RocCurve, i: int) -> float:
    if i == 0:
        return float(np.nextafter(curve.threshold[1], np.inf))
    return float(curve.threshold[i] if np.isinf(curve.midpoint[i]) else curve.midpoint[i])


def _last_largest(values: Floats) -> int:
    # Later points are more sensitive; the tolerance makes ties of ties in exact arithmetic.
    return int(np.flatnonzero(values >= values.max() - 1e-12)[-1])


def _by_rule(curve: RocCurve, rule: str) -> int:
    if rule == "youden":
        # Whole numbers, so that equal points are exactly equal.
        return _last_largest(curve.tp * float(curve.negatives) - curve.fp * float(curve.positives))
    match = re.fullmatch(r"\s*(sensitivity|specificity)\s*>=\s*(0?\.\d+|0|1|1\.0*)\s*", rule)
    if match is None:
        fix = "Choose youden, sensitivity>=0.9, specificity>=0.9 (any share), or a Cost"
        raise EvaluationError(f"there is no rule {rule!r}", fix=fix, field="rule")
    least = float(match[2]) - 1e-12
    if match[1] == "sensitivity":
        # Points of one specificity differ in sensitivity only: the last is the most sensitive.
        return _last_largest(np.where(curve.sensitivity >= least, curve.specificity, -1.0))
    return _last_largest(np.where(curve.specificity >= least, curve.sensitivity, -1.0))


def _cheapest(curve: RocCurve, cost: Cost) -> int:
    prevalence = cost.prevalence
    if prevalence is None:
        prevalence = curve.positives / (curve.positives + curve.negatives)
    if not 0 < prevalence < 1 or cost.false_negative <= 0 or cost.false_positive <= 0:
        fix = "Costs are above 0, the prevalence is between 0 and 1"
        raise EvaluationError(f"{cost}", fix=fix, field="rule")
    weight = (1 - prevalence) * cost.false_positive / (prevalence * cost.false_negative)
    return _last_largest(curve.sensitivity + weight * curve.specificity)
