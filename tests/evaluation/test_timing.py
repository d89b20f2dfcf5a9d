"""Reading times, against SciPy's paired t test of the logarithms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import compare_times


def test_it_is_the_paired_t_test_of_the_logarithms() -> None:
    random = np.random.default_rng(1)
    a, b = random.gamma(4, 900, 40), random.gamma(4, 700, 40)
    found = compare_times(a, b)
    plain = stats.ttest_rel(np.log(a), np.log(b))
    interval = plain.confidence_interval()
    assert (found.statistic, found.p_value) == pytest.approx((plain.statistic, plain.pvalue))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_single_clusters_change_nothing_and_doubled_cases_add_nothing() -> None:
    random = np.random.default_rng(2)
    a, b = random.gamma(4, 900, 30), random.gamma(4, 700, 30)
    plain = compare_times(a, b)
    assert compare_times(a, b, cluster=range(30)).variance == pytest.approx(plain.variance)
    doubled = compare_times(np.tile(a, 2), np.tile(b, 2), cluster=[*range(30), *range(30)])
    assert doubled.variance == pytest.approx(plain.variance)


def test_swapping_the_readers_turns_the_ratio_round() -> None:
    a, b = [2.0, 3.0, 5.0, 4.0], [1.0, 2.0, 2.0, 4.5]
    first, second = compare_times(a, b), compare_times(b, a)
    assert math.exp(first.difference or 0) == pytest.approx(1 / math.exp(second.difference or 0))
    assert first.p_value == pytest.approx(second.p_value)


@pytest.mark.parametrize(
    ("a", "b", "cluster"),
    [([1.0], [2.0], None), ([1.0, 0.0], [1.0, 1.0], None), ([1.0, 2.0], [1.0], None), ([1.0, 2.0], [3.0, 4.0], [1, 1])],
)
def test_bad_times_are_refused(a: list[float], b: list[float], cluster: list[int] | None) -> None:
    with pytest.raises(EvaluationError):
        compare_times(a, b, cluster=cluster)
