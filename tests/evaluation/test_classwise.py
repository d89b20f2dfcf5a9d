import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import compare_over_classes
from readingroom.evaluation.classwise import CLASSWISE_METHODS

R = {"t": "student", "welch": "welch", "paired-t": "paired_t", "rank-sum": "ranksum", "signed-rank": "signed_rank"}


@pytest.mark.parametrize("method", CLASSWISE_METHODS)
def test_two_networks_over_thirty_sites_equal_r(method: str, reference) -> None:
    table, expected = reference("sites.csv"), reference("sites_expected.json")[R[method]]
    test = compare_over_classes(table.network_a, table.network_b, method=method)
    assert test.p_value == pytest.approx(expected["p_value"], abs=1e-9)
    assert test.statistic == pytest.approx(next(iter(expected["statistic"].values())), abs=1e-9)
    if "parameter" in expected:
        assert test.df == pytest.approx(expected["parameter"]["df"], abs=1e-9)
    if "conf_int" in expected:
        assert (test.low, test.high) == pytest.approx(tuple(expected["conf_int"]), abs=1e-9)


def test_every_t_test_of_r_agrees(shared) -> None:
    cases, checked = shared("site_compare_expected.json"), 0
    for kind, names in (("two_sample", {"t": "t_student", "welch": "t_welch"}), ("paired", {"paired-t": "t_paired"})):
        for case in cases[kind].values():
            for method, theirs in names.items():
                test, expected = compare_over_classes(case["x"], case["y"], method=method), case[theirs]
                assert test.p_value == pytest.approx(expected["p_value"], abs=1e-9)
                assert test.statistic == pytest.approx(expected["statistic"]["t"], abs=1e-9)
                assert test.df == pytest.approx(expected["parameter"]["df"], abs=1e-9)
                assert (test.low, test.high) == pytest.approx(tuple(expected["conf_int"]), abs=1e-9)
                checked += 1
    assert checked == 14


def test_exact_and_tied_rank_sums_of_r_agree(shared) -> None:
    for case in shared("site_compare_expected.json")["two_sample"].values():
        test = compare_over_classes(case["x"], case["y"], method="rank-sum")
        assert test.p_value == pytest.approx(case["wilcoxon_default"]["p_value"], abs=1e-9)
        assert test.statistic == case["wilcoxon_default"]["statistic"]["W"]
        assert test.difference == pytest.approx(
            case["wilcoxon_hodges_lehmann"]["estimate"]["difference in location"], abs=4e-3
        )


def test_exact_and_tied_signed_ranks_of_r_agree(shared) -> None:
    for case in shared("site_compare_expected.json")["paired"].values():
        test = compare_over_classes(case["x"], case["y"], method="signed-rank")
        assert test.p_value == pytest.approx(case["wilcoxon_signed_rank"]["p_value"], abs=1e-9)
        assert test.statistic == case["wilcoxon_signed_rank"]["statistic"]["V"]


values = st.lists(st.integers(0, 9), min_size=3, max_size=20)


@given(values, st.data(), st.sampled_from(sorted(CLASSWISE_METHODS)))
def test_every_test_is_symmetric_and_its_interval_contains_the_difference(a, data, method: str) -> None:
    b = data.draw(st.lists(st.integers(0, 9), min_size=len(a), max_size=len(a)))
    one, other = compare_over_classes(a, b, method=method), compare_over_classes(b, a, method=method)
    assert one.difference == pytest.approx(-other.difference)
    assert one.p_value == (None if other.p_value is None else pytest.approx(other.p_value))
    if one.low is not None:
        assert one.low <= one.difference <= one.high


@given(values, st.data())
def test_the_normal_rank_sum_is_scipy_s_with_continuity(a, data) -> None:
    b = data.draw(st.lists(st.integers(0, 9), min_size=50, max_size=60))
    if len({*a, *b}) > 1:
        expected = stats.mannwhitneyu(a, b, method="asymptotic", use_continuity=True).pvalue
        assert compare_over_classes(a, b, method="rank-sum").p_value == pytest.approx(expected)


@pytest.mark.parametrize("method", CLASSWISE_METHODS)
def test_networks_that_never_differ_have_p_one(method: str) -> None:
    assert compare_over_classes([90.0, 90.0, 90.0], [90.0, 90.0, 90.0], method=method).p_value == 1


def test_a_constant_difference_cannot_be_tested_by_t() -> None:
    test = compare_over_classes([1.0, 2.0, 3.0], [0.0, 1.0, 2.0], method="paired-t")
    assert (test.difference, test.p_value) == (1, None)


@pytest.mark.parametrize(
    ("a", "b", "method"),
    [([1, 2], [1], "paired-t"), ([1], [2], "welch"), ([1, np.nan], [1, 2], "t"), ([1, 2], [1, 2], "anova")],
)
def test_bad_input_is_a_clear_error(a, b, method: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        compare_over_classes(a, b, method=method)
    assert caught.value.field
