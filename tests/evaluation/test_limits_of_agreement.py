"""Limits of agreement against the published examples, an analysis of variance, statsmodels, and simulated coverage."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator
from readingroom.evaluation import Estimate, limits_of_agreement

# Peak expiratory flow in l/min of 17 subjects, first reading of each meter: Bland & Altman, Lancet 1986;i:307, table 1.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]
TWO_SD = 0.9544997361036416  # the share within two standard deviations, which that paper used


def limits(estimate: Estimate) -> tuple[float, float]:
    _, low, high = estimate.limits()
    return low, high


def test_the_peak_flow_meters_agree_as_published() -> None:
    found = limits_of_agreement(WRIGHT, MINI, share=TWO_SD)
    assert found.bias.value == pytest.approx(-2.1, abs=0.05)
    assert found.sd.value == pytest.approx(38.8, abs=0.05)
    assert (found.lower.value, found.upper.value) == pytest.approx((-79.7, 75.5), abs=0.15)
    assert limits(found.bias) == pytest.approx((-22.0, 17.8), abs=0.1)
    assert (found.n, found.patients, found.inside) == (17, 17, 16)


def test_blood_pressure_agrees_as_published_and_exact_limits_are_near_the_approximate_ones() -> None:
    # Systolic pressure, observer less machine: n 85, mean -16.29, SD 19.61; Bland & Altman 1999, section 2.
    draws = generator(1, "pressures").normal(size=85)
    difference = -16.29 + 19.61 * (draws - draws.mean()) / draws.std(ddof=1)
    found = limits_of_agreement(difference, np.zeros(85))
    assert limits(found.bias) == pytest.approx((-20.5, -12.1), abs=0.1)
    assert (found.lower.value, found.upper.value) == pytest.approx((-54.7, 22.1), abs=0.1)
    assert limits(found.lower) == pytest.approx((-61.9, -47.5), abs=1.5)
    assert limits(found.upper) == pytest.approx((14.9, 29.3), abs=1.5)


def test_exact_limits_lie_further_out_than_in() -> None:
    found = limits_of_agreement(WRIGHT, MINI)
    low, high = limits(found.upper)
    assert high - found.upper.value > found.upper.value - low


def test_an_exact_limit_is_the_non_central_t_of_the_tolerance_limits() -> None:
    # The one-sided tolerance factor for 97.5 % of a population with 97.5 % confidence, n = 17, is k = t' / sqrt(n).
    found = limits_of_agreement(WRIGHT, MINI)
    factor = stats.nct.ppf(0.975, 16, stats.norm.ppf(0.975) * np.sqrt(17)) / np.sqrt(17)
    assert found.upper.high == pytest.approx(found.bias.value + factor * found.sd.value)


def test_repeated_pairs_have_the_variance_of_a_one_way_analysis_of_variance() -> None:
    random = generator(2, "repeated")
    patients, each = 12, 4
    codes = np.repeat(np.arange(patients), each)
    difference = random.normal(0, 2, patients)[codes] + random.normal(0.5, 1, codes.size)
    found = limits_of_agreement(difference, np.zeros(codes.size), cluster=codes)
    table = difference.reshape(patients, each)
    between = each * table.mean(axis=1).var(ddof=1)
    within = ((table - table.mean(axis=1, keepdims=True)) ** 2).sum() / (codes.size - patients)
    assert found.sd.value == pytest.approx(np.sqrt((between - within) / each + within))
    assert found.bias.value == pytest.approx(difference.mean())
    assert limits(found.bias) == pytest.approx(stats.ttest_1samp(table.mean(axis=1), 0).confidence_interval())


def test_repeated_pairs_say_less_than_as_many_patients() -> None:
    random = generator(3, "repeated")
    codes = np.repeat(np.arange(10), 6)
    difference = random.normal(0, 2, 10)[codes] + random.normal(0, 0.5, 60)
    clustered = limits_of_agreement(difference, np.zeros(60), cluster=codes)
    naive = limits_of_agreement(difference, np.zeros(60))
    assert np.diff(limits(clustered.bias)) > 1.8 * np.diff(limits(naive.bias))
    assert np.diff(limits(clustered.upper)) > 1.8 * np.diff(limits(naive.upper))


def test_patients_weigh_alike_however_many_pairs_they_have() -> None:
    found = limits_of_agreement([1, 1, 1, 1, 0, 0.2], [0] * 6, cluster=["a", "a", "a", "a", "b", "c"])
    assert found.bias.value == pytest.approx(1.2 / 3)


@pytest.mark.parametrize("each", [1, 3])
def test_intervals_hold_the_true_limit_about_as_often_as_they_say(each: int) -> None:
    random, patients, runs = generator(4, "coverage", each), 25, 400
    codes = np.repeat(np.arange(patients), each)
    bias, between, within = 0.3, 0.8, 0.6
    upper = bias + stats.norm.ppf(0.975) * np.hypot(between, within)
    held = {"bias": 0, "lower": 0, "upper": 0}
    for _ in range(runs):
        difference = bias + between * random.normal(size=patients)[codes] + within * random.normal(size=codes.size)
        found = limits_of_agreement(difference, np.zeros(codes.size), cluster=codes)
        for name, true in (("bias", bias), ("lower", 2 * bias - upper), ("upper", upper)):
            low, high = limits(getattr(found, name))
            held[name] += low <= true <= high
    assert all(0.92 <= count / runs <= 0.985 for count in held.values()), held


def test_the_slope_is_that_of_least_squares() -> None:
    found = limits_of_agreement(WRIGHT, MINI).slope
    a, b = np.array(WRIGHT), np.array(MINI)
    fitted = sm.OLS(a - b, sm.add_constant((a + b) / 2)).fit()
    assert found.difference == pytest.approx(fitted.params[1])
    assert found.p_value == pytest.approx(fitted.pvalues[1])
    assert (found.low, found.high) == pytest.approx(tuple(fitted.conf_int()[1]))


def test_the_slope_of_repeated_pairs_has_the_clustered_error_of_statsmodels() -> None:
    random = generator(5, "slope")
    codes = np.repeat(np.arange(15), 3)
    true = random.normal(5, 2, 15)[codes]
    a, b = true + random.normal(size=45), 0.8 * true + random.normal(size=45)
    found = limits_of_agreement(a, b, cluster=codes).slope
    fitted = sm.OLS(a - b, sm.add_constant((a + b) / 2)).fit(cov_type="cluster", cov_kwds={"groups": codes}, use_t=True)
    assert found.variance == pytest.approx(fitted.bse[1] ** 2)
    assert found.p_value == pytest.approx(fitted.pvalues[1])


def test_one_patient_alone_has_no_intervals() -> None:
    found = limits_of_agreement([1, 2, 3.5], [1, 1, 1], cluster=["a"] * 3)
    assert found.bias.low is None
    assert "one patient" in found.upper.note
    assert not found.slope.defined


def test_measurements_that_never_differ_have_limits_of_zero() -> None:
    found = limits_of_agreement([1, 2, 3], [1, 2, 3])
    assert (found.lower.value, found.upper.value, found.inside) == (0, 0, 3)


@pytest.mark.parametrize(
    ("a", "b", "what"),
    [([1.0], [2.0], "one pair"), ([1, 2], [1, 2, 3], "lengths"), ([1, np.nan], [1, 2], "missing")],
)
def test_what_cannot_be_compared_is_refused(a: list[float], b: list[float], what: str) -> None:
    with pytest.raises(EvaluationError, match=what):
        limits_of_agreement(a, b)
