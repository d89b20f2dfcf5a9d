import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import cochran_q, compare_calls, holm, mcnemar
from readingroom.evaluation.paired import MCNEMAR_METHODS


@pytest.mark.parametrize("method", MCNEMAR_METHODS)
def test_p_values_equal_r(method: str, reference) -> None:
    expected = reference("paired_expected.json")
    for name in ("all_correctness", "sensitivity", "specificity"):
        part = expected[name]
        assert mcnemar(part["b"], part["c"], method=method).p_value == pytest.approx(part[method], abs=1e-9)


def test_calls_give_the_discordant_pairs_that_r_counted(scores, reference) -> None:
    expected = reference("paired_expected.json")
    tests = compare_calls(scores.truth, scores.reader_a >= 0.6, scores.reader_b >= 0.6)
    for ours, theirs in (
        ("accuracy", "all_correctness"),
        ("sensitivity", "sensitivity"),
        ("specificity", "specificity"),
    ):
        assert tests[ours].n == expected[theirs]["b"] + expected[theirs]["c"]
        assert tests[ours].p_value == pytest.approx(expected[theirs]["exact"], abs=1e-9)


R_NAMES = {"corrected": "chisq_corrected", "uncorrected": "chisq_uncorrected", "midp": "midp", "exact": "exact"}


def test_more_tables_of_r_agree(shared) -> None:
    for table in shared("proportions_2x2_expected.json")["mcnemar"].values():
        for ours, theirs in R_NAMES.items():
            p = table.get(theirs, {}).get("p_value")
            if isinstance(p, float) and table["b"] + table["c"]:
                assert mcnemar(table["b"], table["c"], method=ours).p_value == pytest.approx(p, abs=1e-9)


def test_mcnemar_s_tests_of_dtcompair_agree(shared) -> None:
    table, expected = shared("dtcompair_paired1.csv"), shared("proportions_2x2_expected.json")["dtcompair_paired1"]
    for method, key in (("uncorrected", "sesp_mcnemar"), ("exact", "sesp_exactbinom")):
        tests = compare_calls(table.d, table.y1, table.y2, method=method)
        for name in ("sensitivity", "specificity"):
            theirs = expected[key][name]
            assert tests[name].p_value == pytest.approx(theirs["p.value"], abs=1e-9)
            # DTComPair takes the second minus the first.
            assert tests[name].difference == pytest.approx(-theirs["diff"], abs=1e-9)
            if "test.statistic" in theirs:
                assert tests[name].statistic == pytest.approx(theirs["test.statistic"], abs=1e-9)


def test_tango_s_interval_equals_dtcompair(shared) -> None:
    table = shared("dtcompair_paired1.csv")
    expected = shared("proportions_2x2_expected.json")["dtcompair_paired1"]["sesp_diff_tango"]
    tests = compare_calls(table.d, table.y1, table.y2)
    for name in ("sensitivity", "specificity"):
        # DTComPair takes the second test minus the first, and stops its own search at 1e-7.
        limits = (-expected[name]["diff.ucl"], -expected[name]["diff.lcl"])
        assert (tests[name].low, tests[name].high) == pytest.approx(limits, abs=5e-6)


pairs = st.tuples(st.integers(0, 40), st.integers(0, 40))


@given(pairs, st.sampled_from(sorted(MCNEMAR_METHODS)), st.integers(0, 50))
def test_mcnemar_is_symmetric_and_its_interval_contains_the_difference(pair, method: str, agreed: int) -> None:
    b, c = pair
    total = b + c + agreed or 1
    one, other = (mcnemar(x, y, method=method, total=total) for x, y in ((b, c), (c, b)))
    assert one.p_value == other.p_value
    assert 0 <= one.p_value <= 1
    assert one.difference == -other.difference
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)
    assert -1 <= one.low <= one.difference <= one.high <= 1


@given(pairs.filter(lambda pair: sum(pair) > 0))
def test_the_mid_p_value_lies_below_the_exact_one(pair) -> None:
    assert mcnemar(*pair, method="midp").p_value < mcnemar(*pair, method="exact").p_value or pair[0] == pair[1]


def test_the_exact_p_value_is_the_plain_binomial_sum() -> None:
    tail = sum(math.comb(17, k) for k in range(6)) / 2**17
    assert mcnemar(5, 12).p_value == pytest.approx(2 * tail)


@pytest.mark.parametrize(("arguments", "field"), [((-1, 2), "b"), ((1, 2.5), "c")])
def test_what_is_no_count_is_refused(arguments, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        mcnemar(*arguments)
    assert caught.value.field == field


def test_a_total_below_the_discordant_pairs_is_refused() -> None:
    with pytest.raises(EvaluationError, match="3 pairs with 4 discordant"):
        mcnemar(2, 2, total=3)


def test_a_class_without_cases_cannot_be_compared() -> None:
    tests = compare_calls([1, 1], [1, 0], [1, 1])
    assert tests.specificity.p_value is None
    assert tests.sensitivity.p_value == 1


def test_cochran_q_of_two_readers_is_mcnemar_uncorrected() -> None:
    random = np.random.default_rng(5)
    calls = random.integers(0, 2, (80, 2))
    b, c = (int(np.sum((calls[:, i] == 1) & (calls[:, 1 - i] == 0))) for i in (0, 1))
    assert cochran_q(calls).statistic == pytest.approx(mcnemar(b, c, method="uncorrected").statistic)
    assert cochran_q(calls).p_value == pytest.approx(mcnemar(b, c, method="uncorrected").p_value)


def test_cochran_q_has_the_textbook_value() -> None:
    # Three readers right 1, 2, ... of the cases: Q = 2 * sum (G - mean)^2 * 3 / sum L (3 - L).
    calls = np.array([[1, 0, 0]] * 4 + [[1, 1, 0]] * 6 + [[0, 1, 1]] * 2)
    totals, rows = calls.sum(axis=0), calls.sum(axis=1)
    q = 2 * 3 * np.sum((totals - totals.mean()) ** 2) / np.sum(rows * (3 - rows))
    assert cochran_q(calls).statistic == pytest.approx(q)
    assert cochran_q(calls).df == 2


def test_readers_that_never_differ_have_p_one() -> None:
    assert cochran_q([[1, 1, 1], [0, 0, 0]]).p_value == 1


@pytest.mark.parametrize("calls", [[[1]], [1, 0], [[1, 2]], np.empty((0, 2))])
def test_what_is_no_table_of_calls_is_refused(calls) -> None:
    with pytest.raises(EvaluationError):
        cochran_q(calls)


def test_holm_equals_r(reference) -> None:
    assert holm([0.01, 0.04, 0.03, 0.2]) == pytest.approx([0.04, 0.09, 0.09, 0.2], abs=1e-12)
    assert reference("sites_expected.json")["holm"] == pytest.approx([0.04, 0.09, 0.09, 0.2])


def test_holm_leaves_out_what_could_not_be_tested() -> None:
    assert holm([0.01, None, 0.03]) == [0.02, None, 0.03]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_lowers_a_p_value_nor_changes_their_order(p_values) -> None:
    adjusted = holm(p_values)
    assert all(new >= old for new, old in zip(adjusted, p_values, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(np.array(adjusted)[order]) >= 0).all()


def test_what_is_no_p_value_is_refused() -> None:
    with pytest.raises(EvaluationError, match="not p-values"):
        holm([0.1, 1.2])


def test_clustered_calls_count_patients() -> None:
    random = np.random.default_rng(4)
    truth, a, b = (random.integers(0, 2, 60) for _ in range(3))
    single = compare_calls(truth, a, b, cluster=np.arange(60)).accuracy
    apart = (a == truth).astype(float) - (b == truth)
    plain = stats.ttest_1samp(apart, 0)
    assert (single.statistic, single.p_value) == pytest.approx((plain.statistic, plain.pvalue))
    doubled = compare_calls(*(np.tile(x, 2) for x in (truth, a, b)), cluster=np.tile(np.arange(60), 2)).accuracy
    assert doubled.variance == pytest.approx(single.variance)
    assert doubled.difference == pytest.approx(single.difference)
    back = compare_calls(truth, b, a, cluster=np.arange(60)).accuracy
    assert back.difference == pytest.approx(-(single.difference or 0))
    assert back.p_value == pytest.approx(single.p_value)


def test_readers_that_never_differ_have_p_1_with_clusters_too() -> None:
    test = compare_calls([1, 1, 0, 0], [1, 0, 0, 1], [1, 0, 0, 1], cluster=["p", "p", "q", "q"]).accuracy
    assert (test.difference, test.p_value) == (0.0, 1.0)
    assert compare_calls([1, 1, 0], [1, 0, 0], [1, 1, 0], cluster=[1, 1, 1]).accuracy.p_value is None
