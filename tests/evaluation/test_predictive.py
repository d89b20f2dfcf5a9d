import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.evaluation import bootstrap, compare_predictive_values


def test_both_values_equal_dtcompair(scores, reference) -> None:
    expected = reference("paired_expected.json")["predictive_values_wgs"]
    tests = compare_predictive_values(scores.truth, scores.reader_a >= 0.6, scores.reader_b >= 0.6)
    for name in ("ppv", "npv"):
        _, _, difference, statistic, p = expected[name]
        # DTComPair takes the second minus the first.
        assert tests[name].difference == pytest.approx(-difference, abs=1e-9)
        assert (tests[name].statistic, tests[name].p_value) == pytest.approx((statistic, p), abs=1e-9)


def test_dtcompair_s_own_example_agrees(shared) -> None:
    table = shared("dtcompair_paired1.csv")
    expected = shared("proportions_2x2_expected.json")["dtcompair_paired1"]["pv_wgs"]
    tests = compare_predictive_values(table.d, table.y1, table.y2)
    for name in ("ppv", "npv"):
        assert tests[name].statistic == pytest.approx(expected[name]["test.statistic"], abs=1e-9)


def test_the_interval_is_near_the_bootstrap_s(scores) -> None:
    a, b = (scores.reader_a >= 0.6).to_numpy(), (scores.reader_b >= 0.6).to_numpy()
    ours = compare_predictive_values(scores.truth, a, b).ppv
    drawn = bootstrap(lambda t, x, y: t[x].mean() - t[y].mean(), scores.truth, a, b, replicates=1500)
    assert (ours.low, ours.high) == pytest.approx((drawn.low, drawn.high), abs=0.02)


@given(st.integers(0, 10**6))
def test_the_test_is_symmetric_and_its_interval_contains_the_difference(seed: int) -> None:
    truth, a, b = np.random.default_rng(seed).integers(0, 2, (3, 40))
    one, other = compare_predictive_values(truth, a, b), compare_predictive_values(truth, b, a)
    for name in ("ppv", "npv"):
        assert one[name].p_value == pytest.approx(other[name].p_value)
        assert one[name].difference == pytest.approx(-other[name].difference)
        assert one[name].low <= one[name].difference <= one[name].high


def test_equal_calls_have_p_one_and_no_calls_no_test() -> None:
    truth, call = [1, 0, 1, 0], [1, 1, 0, 0]
    assert compare_predictive_values(truth, call, call).ppv.p_value == 1
    assert compare_predictive_values(truth, call, [0, 0, 0, 0]).ppv.p_value is None
