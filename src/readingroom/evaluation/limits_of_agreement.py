"""Limits of agreement of two measurements (Bland & Altman), with one pair or several pairs a patient."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.areas import difference_test
from readingroom.evaluation.arrays import Floats, Ints, clusters, numbers, same_length
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import Estimate, Test, checked_level

EXACT = "bland-altman, exact"
MOVER = "bland-altman, repeated measures, MOVER"


@dataclass(frozen=True)
class LimitsOfAgreement:
    """How far a measurement lies from another: first minus second.

    Args:
        n: pairs.
        patients: different patients among them.
        share: of the differences that the limits are to hold.
        bias: mean difference; where patients have several pairs, the mean of the patients' means.
        sd: standard deviation of a single difference, between and within patients together.
        lower, upper: limits of agreement, bias ∓ z·sd.
        inside: how many of the n differences lie within them.
        slope: proportional bias: by how much the difference grows with the mean of the two, and its test.
    """

    n: int
    patients: int
    share: float
    bias: Estimate
    sd: Estimate
    lower: Estimate
    upper: Estimate
    inside: int
    slope: Test


def limits_of_agreement(
    a: ArrayLike, b: ArrayLike, *, cluster: ArrayLike | None = None, share: float = 0.95, level: float = 0.95
) -> LimitsOfAgreement:
    """Limits within which a stated share of the differences of two measurements lies.

    One pair a patient (Bland & Altman, Lancet 1986;i:307 and Stat Methods Med Res 1999;8:135): the bias has Student's
    interval, the deviation that of the chi-squared distribution, each limit the exact interval of Carkeet (Optom Vis
    Sci 2015;92:e71) from the non-central t distribution. Bland & Altman's own interval of a limit is an approximation,
    and symmetric, which the exact one is not.

    Several pairs a patient, whose true value may vary (Bland & Altman, J Biopharm Stat 2007;17:571): the variance of a
    difference is the sum of one-way components between and within patients, with intervals by MOVER (Zou, Stat Methods
    Med Res 2013;22:630), for the bias with Student's t over patients. All patients weigh alike in the bias, however
    many pairs they have.

    Proportional bias: least squares of the difference on the mean of the two, its standard error clustered by patient
    where patients have several pairs, against Student's t. Two measurements of unequal spread have a slope without any
    proportional bias: a score that shrinks towards the middle has one below 0.

    Args:
        a: (n,) first measurement.
        b: (n,) second, or the reference.
        cluster: (n,) patient of each pair; None takes pairs as independent.
        share: of the differences that the limits are to hold.
        level: confidence level.

    Returns:
        Differences are a - b. Without intervals for one patient alone; the slope is not defined where all means are
        equal.

    Raises:
        EvaluationError: lengths differ, a value that is not a finite number, or one pair alone.

    Example:
        >>> found = limits_of_agreement([1.0, 2.0, 3.0, 4.0], [1.5, 1.5, 3.5, 3.0])
        >>> round(found.bias.value, 3), round(found.sd.value, 3), round(found.upper.value, 3)
        (0.125, 0.75, 1.595)
    """
    first, second = numbers(a, "a"), numbers(b, "b")
    n = same_length(a=first, b=second)
    codes, count = (np.arange(n), n) if cluster is None else clusters(cluster)
    same_length(a=first, cluster=codes)
    if n < 2:
        raise EvaluationError("one pair", fix="Give two pairs or more", field="a")
    checked_level(share)
    checked_level(level)
    difference, z = first - second, normal_quantile(share)
    bias, sd, lower, upper = _limits(difference, codes, count, z, level)
    reach = z * (sd.value or 0.0) + 1e-12
    inside = int(np.count_nonzero(np.abs(difference - (bias.value or 0.0)) <= reach))
    slope = _slope(difference, (first + second) / 2, codes, count, level)
    return LimitsOfAgreement(n, count, share, bias, sd, lower, upper, inside, slope)


@dataclass(frozen=True)
class _Spread:
    """A mean difference and the variances that its limits rest on.

    Args:
        mean: over patients.
        of_mean: variance of that mean.
        parts: each variance component of a single difference with its degrees of freedom; they add up.
    """

    mean: float
    of_mean: float
    parts: tuple[tuple[float, int], ...]

    @property
    def sd(self) -> float:
        return math.sqrt(max(sum(part for part, _ in self.parts), 0.0))


Four = tuple[Estimate, Estimate, Estimate, Estimate]
"""Bias, deviation, lower and upper limit."""


def _limits(difference: Floats, codes: Ints, count: int, z: float, level: float) -> Four:
    if count == difference.size:
        return _single(difference, z, level)
    return _alone(difference, z, level) if count < 2 else _repeated(difference, codes, count, z, level)


def _single(difference: Floats, z: float, level: float) -> Four:
    n = difference.size
    mean, sd = float(difference.mean()), float(difference.std(ddof=1))
    se, quantiles = sd / math.sqrt(n), ((1 - level) / 2, (1 + level) / 2)
    half = se * float(special.stdtrit(n - 1, quantiles[1]))
    # A limit is mean + z sd: its estimate less the true one, over se, is a non-central t.
    far = [se * float(stats.nct.ppf(quantile, n - 1, z * math.sqrt(n))) for quantile in quantiles]
    spread = [sd * math.sqrt((n - 1) / float(special.chdtri(n - 1, quantile))) for quantile in quantiles]
    return (
        Estimate(mean, mean - half, mean + half, level, "student t", n, se**2),
        Estimate(sd, spread[0], spread[1], level, "chi-squared", n),
        Estimate(mean - z * sd, mean - far[1], mean - far[0], level, EXACT, n),
        Estimate(mean + z * sd, mean + far[0], mean + far[1], level, EXACT, n),
    )


def _repeated(difference: Floats, codes: Ints, count: int, z: float, level: float) -> Four:
    n, found = difference.size, _components(difference, codes, count)
    low_sd, high_sd = _sd_limits(found, level)
    half = math.sqrt(found.of_mean) * float(special.stdtrit(count - 1, (1 + level) / 2))
    near, far = math.hypot(half, z * (found.sd - low_sd)), math.hypot(half, z * (high_sd - found.sd))
    lower, upper = found.mean - z * found.sd, found.mean + z * found.sd
    return (
        Estimate(found.mean, found.mean - half, found.mean + half, level, "student t over patients", n, found.of_mean),
        Estimate(found.sd, low_sd, high_sd, level, MOVER, n),
        Estimate(lower, lower - far, lower + near, level, MOVER, n),
        Estimate(upper, upper - near, upper + far, level, MOVER, n),
    )


def _components(difference: Floats, codes: Ints, count: int) -> _Spread:
    """Zou's form: the variance of the patients' means, and what is left within patients beyond their mean's share."""
    sizes = np.bincount(codes, minlength=count).astype(np.float64)
    means = np.bincount(codes, weights=difference, minlength=count) / sizes
    within = float(np.sum((difference - means[codes]) ** 2)) / (difference.size - count)
    between = float(means.var(ddof=1))
    # 1 - 1 / harmonic mean of the sizes
    rest = 1 - float(np.mean(1 / sizes))
    parts = ((between, count - 1), (rest * within, difference.size - count))
    return _Spread(float(means.mean()), between / count, parts)


def _sd_limits(found: _Spread, level: float) -> tuple[float, float]:
    """Limits of the root of a sum of variances, recovered from those of each (MOVER)."""
    below = above = 0.0
    for part, df in found.parts:
        below += (part * (1 - df / float(special.chdtri(df, (1 - level) / 2)))) ** 2
        above += (part * (df / float(special.chdtri(df, (1 + level) / 2)) - 1)) ** 2
    total = found.sd**2
    return math.sqrt(max(total - math.sqrt(below), 0.0)), math.sqrt(total + math.sqrt(above))


def _alone(difference: Floats, z: float, level: float) -> Four:
    """Of one patient: nothing is known of others, so that no number has an interval."""
    n, note = difference.size, "one patient alone: no interval"
    mean, sd = float(difference.mean()), float(difference.std(ddof=1))
    values = (mean, sd, mean - z * sd, mean + z * sd)
    return tuple(Estimate(value, None, None, level, MOVER, n, note=note) for value in values)  # type: ignore[return-value]


def _slope(difference: Floats, middle: Floats, codes: Ints, count: int, level: float) -> Test:
    n, method = difference.size, "regression of the difference on the mean"
    centred = middle - middle.mean()
    square = float(centred @ centred)
    df = (n - 2) if count == n else count - 1
    if square <= 1e-18 or df < 1:
        return Test(None, None, None, None, None, method, level, n, note="too few different means for a slope")
    slope = float(centred @ difference) / square
    left = difference - difference.mean() - slope * centred
    if count == n:
        variance = float(left @ left) / (n - 2) / square
    else:
        method += ", clustered by patient"
        sums = np.bincount(codes, weights=centred * left, minlength=count)
        # The correction for few clusters of Stata and statsmodels.
        correction = count / (count - 1) * (n - 1) / max(n - 2, 1)
        variance = correction * float(sums @ sums) / square**2
    return difference_test(slope, variance, method, n, level, df=df)
