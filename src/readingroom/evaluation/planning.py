"""How many cases a study needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scipy import special, stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.proportions import METHODS, normal_quantile, proportion_limits
from readingroom.evaluation.results import chosen


@dataclass(frozen=True)
class ShareGoal:
    """A sensitivity (or specificity) whose interval is to be narrow.

    Args:
        expected: the share expected.
        width: whole width of the interval wanted.
        prevalence: share of all cases that are of its class, so that the total can be said; None gives the class only.
        method: interval, one of those of `proportion`.
        level: confidence level.
        effect: design effect of several readings a patient, 1 + (size - 1) · correlation.
    """

    expected: float
    width: float
    prevalence: float | None = None
    method: str = "wilson"
    level: float = 0.95
    effect: float = 1.0


@dataclass(frozen=True)
class AreaGoal:
    """A difference of two areas under the ROC curve, or of one from a fixed value, that is to be found.

    Args:
        area: expected of the first reader.
        other: of the second; with ``correlation`` None a fixed value (0.5 is chance).
        correlation: between the two areas, as the same cases make it (Hanley & McNeil 1983); 0 where each reader has
            its own cases.
        ratio: negatives for each positive.
        power: chance of finding the difference.
        alpha: two-sided significance.
    """

    area: float
    other: float = 0.5
    correlation: float | None = None
    ratio: float = 1.0
    power: float = 0.8
    alpha: float = 0.05


@dataclass(frozen=True)
class ReaderGoal:
    """A difference of two modalities in a multi-reader study.

    Args:
        difference: to be found.
        readers: who will read.
        components: variance components of a pilot study, as `multireader` gives them.
        pilot_cases: cases of that study.
        power: chance of finding the difference.
        alpha: two-sided significance.
    """

    difference: float
    readers: int
    components: Mapping[str, float]
    pilot_cases: int
    power: float = 0.8
    alpha: float = 0.05


@dataclass(frozen=True)
class SampleSize:
    """How many cases.

    Args:
        cases: in all; None where the prevalence is not known.
        positives: of the positive class (of the share's own class for a `ShareGoal`); None where not asked.
        negatives: of the other class; None where not asked.
        readers: None where not asked.
        power: reached, for a test.
        method: the formula.
    """

    cases: int | None
    positives: int | None
    negatives: int | None
    readers: int | None
    power: float | None
    method: str


def sample_size(goal: ShareGoal | AreaGoal | ReaderGoal) -> SampleSize:
    """How many cases reach a goal.

    `ShareGoal`: the fewest whose interval, at the expected share, is no wider than wanted (searched, no
    approximation). `AreaGoal`: Obuchowski & McClish (1997) with the binormal variance of Obuchowski (1994),
    V = 0.0099 exp(-A²/2) (5A² + 8 + (A² + 8) / ratio), A = √2 Φ⁻¹(area); the null variance has both areas at their
    mean. `ReaderGoal`: Hillis, Obuchowski & Berbaum (2011), random readers and cases; error and covariances shrink
    with the number of cases.

    Raises:
        EvaluationError: a goal that is impossible, naming the field.

    Example:
        >>> sample_size(ShareGoal(expected=0.9, width=0.1, prevalence=0.25)).cases
        564
    """
    compute: Callable[[Any], SampleSize] = chosen(type(goal).__name__, GOALS, "goal")
    return compute(goal)


def _between(value: float, low: float, high: float, field: str) -> None:
    if not low < value < high:
        raise EvaluationError(f"{value} is not between {low} and {high}", fix="Correct the goal", field=field)


def _share(goal: ShareGoal) -> SampleSize:
    chosen(goal.method, METHODS)
    _between(goal.expected, 0, 1, "expected")
    _between(goal.width, 0, 1, "width")
    if goal.effect < 1:
        raise EvaluationError(f"design effect {goal.effect}", fix="Give 1 or more", field="effect")

    def enough(n: int) -> bool:
        low, high = proportion_limits(goal.expected * n, n, method=goal.method, level=goal.level)
        return bool(high - low <= goal.width)

    own = math.ceil(_fewest(enough) * goal.effect - 1e-9)
    if goal.prevalence is None:
        return SampleSize(None, own, None, None, None, f"{goal.method} interval no wider than {goal.width:g}")
    _between(goal.prevalence, 0, 1, "prevalence")
    cases = math.ceil(own / goal.prevalence - 1e-9)
    return SampleSize(cases, own, cases - own, None, None, f"{goal.method} interval no wider than {goal.width:g}")


def _fewest(enough: Callable[[int], bool], most: int = 10**8) -> int:
    """The smallest number that is enough, by doubling and halving: more is never less."""
    high = 2
    while not enough(high):
        high *= 2
        if high > most:
            raise EvaluationError(f"more than {most} cases", fix="Ask for less", field="goal")
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def area_variance(area: float, ratio: float) -> float:
    """Obuchowski's (1994) binormal variance of an area, times the number of positives."""
    a = math.sqrt(2) * float(special.ndtri(area))
    return 0.0099 * math.exp(-(a**2) / 2) * (5 * a**2 + 8 + (a**2 + 8) / ratio)


def _area(goal: AreaGoal) -> SampleSize:
    _between(goal.area, 0, 1, "area")
    _between(goal.other, 0, 1, "other")
    _between(goal.power, goal.alpha, 1, "power")
    if goal.area == goal.other or goal.ratio <= 0:
        field = "ratio" if goal.ratio <= 0 else "other"
        raise EvaluationError("no difference to find, or no negatives", fix="Correct the goal", field=field)
    null, alternative = _area_variances(goal)
    z_alpha, z_beta = normal_quantile(1 - goal.alpha), float(special.ndtri(goal.power))
    exact = ((z_alpha * math.sqrt(null) + z_beta * math.sqrt(alternative)) / (goal.area - goal.other)) ** 2
    positives = math.ceil(exact - 1e-9)
    negatives = math.ceil(exact * goal.ratio - 1e-9)
    method = "obuchowski 1997, one area" if goal.correlation is None else "obuchowski 1997, two areas"
    return SampleSize(positives + negatives, positives, negatives, None, goal.power, method)


def _area_variances(goal: AreaGoal) -> tuple[float, float]:
    """Variance of the difference, times the positives, where there is none and where there is the expected one."""
    if goal.correlation is None:
        return area_variance(goal.other, goal.ratio), area_variance(goal.area, goal.ratio)
    _between(goal.correlation, -1, 1, "correlation")
    mean = area_variance((goal.area + goal.other) / 2, goal.ratio)
    first, second = area_variance(goal.area, goal.ratio), area_variance(goal.other, goal.ratio)
    null = 2 * mean * (1 - goal.correlation)
    return null, first + second - 2 * goal.correlation * math.sqrt(first * second)


def _readers(goal: ReaderGoal) -> SampleSize:
    needed = ("modality:reader", "error", "cov1", "cov2", "cov3")
    missing = [name for name in needed if name not in goal.components]
    if missing or goal.readers < 2 or goal.difference == 0 or goal.pilot_cases < 2:
        what = f"no component {missing[0]}" if missing else "fewer than 2 readers or cases, or no difference"
        raise EvaluationError(what, fix="Give multireader(...).components and a difference", field="components")
    _between(goal.power, goal.alpha, 1, "power")
    if _power(goal, 10**8) < goal.power:
        fix = "Ask more readers, or look for a larger difference"
        raise EvaluationError(f"{goal.readers} readers cannot reach this power", fix=fix, field="readers")
    cases = _fewest(lambda n: _power(goal, n) >= goal.power)
    return SampleSize(cases, None, None, goal.readers, _power(goal, cases), "hillis 2011, random readers and cases")


def _power(goal: ReaderGoal, cases: int) -> float:
    c, r, scale = goal.components, goal.readers, goal.pilot_cases / cases
    interaction, excess = max(c["modality:reader"], 0.0), max(c["cov2"] - c["cov3"], 0.0)
    own = c["error"] - c["cov1"]
    denominator = interaction + scale * (own + (r - 1) * excess)
    mean_square = interaction + scale * max(own - excess, 0.0)
    shift = r * goal.difference**2 / (2 * denominator)
    df = (r - 1) * (denominator / mean_square) ** 2 if mean_square > 0 else math.inf
    if math.isinf(df) or df > 1e6:
        z = normal_quantile(1 - goal.alpha)
        return float(special.ndtr(math.sqrt(shift) - z) + special.ndtr(-math.sqrt(shift) - z))
    return float(stats.ncf.sf(stats.f.isf(goal.alpha, 1, df), 1, df, shift))


GOALS: dict[str, Callable[[Any], SampleSize]] = {"ShareGoal": _share, "AreaGoal": _area, "ReaderGoal": _readers}
