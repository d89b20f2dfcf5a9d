import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import at_prevalence, confusion, diagnostic_counts, diagnostic_table, proportion

EPIR = {"sensitivity": "se", "specificity": "sp", "ppv": "pv.pos", "npv": "pv.neg", "accuracy": "diag.ac",
        "prevalence": "tp", "lr_positive": "lr.pos", "lr_negative": "lr.neg", "dor": "diag.or"}  # fmt: skip


CARET = {"sensitivity": "Sensitivity", "specificity": "Specificity", "ppv": "Pos Pred Value", "npv": "Neg Pred Value",
         "f1": "F1", "prevalence": "Prevalence", "balanced_accuracy": "Balanced Accuracy"}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "key"),
    [("wilson", "epiR_wilson"), ("clopper-pearson", "epiR_exact"), ("jeffreys", "epiR_jeffreys")],
)
def test_every_measure_equals_r_epir(method: str, key: str, shared) -> None:
    checked = 0
    for case in shared("proportions_2x2_expected.json")["diagnostic_2x2"].values():
        table = diagnostic_counts(case["tp"], case["fp"], case["fn"], case["tn"], method=method)
        expected = {row["statistic"]: row for row in case.get(key, ())}
        for name, theirs in EPIR.items():
            row = expected.get(theirs)
            if row is None or not all(isinstance(row[part], (int, float)) for part in ("est", "lower", "upper")):
                continue
            if method == "jeffreys" and row["est"] in (0, 1):
                continue  # epiR keeps the beta quantile at the end itself; Brown, Cai & DasGupta take 0 and 1
            assert table[name].value == pytest.approx(row["est"], rel=1e-9, abs=1e-9)
            assert table[name].low == pytest.approx(row["lower"], rel=1e-9, abs=1e-9)
            assert table[name].high == pytest.approx(row["upper"], rel=1e-9, abs=1e-9)
            checked += 1
    assert checked > 80


def test_every_measure_equals_r_caret(shared) -> None:
    checked = 0
    for case in shared("proportions_2x2_expected.json")["diagnostic_2x2"].values():
        table = diagnostic_counts(case["tp"], case["fp"], case["fn"], case["tn"], method="clopper-pearson")
        for name, theirs in CARET.items():
            value = case["caret_byClass"][theirs]
            assert table[name].value == (None if value is None else pytest.approx(value, abs=1e-9))
            checked += 1
        overall = case["caret_overall"]
        limits = (overall["AccuracyLower"], overall["Accuracy"], overall["AccuracyUpper"])
        assert (table.accuracy.low, table.accuracy.value, table.accuracy.high) == pytest.approx(limits, abs=1e-9)
    assert checked == 77


def test_the_gastric_classes_have_their_recomputed_f1_and_balanced_accuracy(shared) -> None:
    classes = shared("seeds_check.json")["gastric"]["per_class"]
    for row in classes.values():
        table = diagnostic_counts(row["tp"], row["fp"], row["fn"], row["tn"])
        expected = (row["f1"], row["balanced_accuracy"])
        assert (table.f1.value, table.balanced_accuracy.value) == pytest.approx(expected, abs=1e-12)
    assert len(classes) == 5


def test_the_published_convmixer_table_gives_the_published_figures() -> None:
    table = diagnostic_counts(64, 6, 3, 156)
    assert [round(table[name].value, 3) for name in ("recall", "precision", "f1", "accuracy")] == [
        0.955,
        0.914,
        0.934,
        0.961,
    ]


def test_counts_come_from_calls() -> None:
    assert diagnostic_table([1, 1, 1, 0, 0, 0], [1, 1, 0, 1, 0, 0]).counts == {"tp": 2, "fp": 1, "fn": 1, "tn": 2}


counts = st.tuples(*[st.integers(0, 60)] * 4).filter(lambda cells: sum(cells) > 0)


@given(counts)
def test_every_interval_contains_its_estimate(cells) -> None:
    for name, estimate in diagnostic_counts(*cells).items():
        if estimate.defined:
            low, value, high = estimate.low, estimate.value, estimate.high
            assert low <= value + 1e-12, name
            assert value <= high + 1e-12, name
        else:
            assert estimate.low is estimate.high is None
            assert estimate.note


@given(counts)
def test_exchanging_the_classes_exchanges_the_measures(cells) -> None:
    tp, fp, fn, tn = cells
    one, other = diagnostic_counts(tp, fp, fn, tn), diagnostic_counts(tn, fn, fp, tp)
    for a, b in (("sensitivity", "specificity"), ("ppv", "npv"), ("accuracy", "accuracy"), ("youden", "youden")):
        assert one[a].value == (pytest.approx(other[b].value, abs=1e-12) if other[b].defined else None)


@given(counts)
def test_youden_is_twice_balanced_accuracy_minus_one(cells) -> None:
    table = diagnostic_counts(*cells)
    if table.youden.defined:
        assert table.youden.value == pytest.approx(2 * table.balanced_accuracy.value - 1, abs=1e-12)


def test_f1_is_the_harmonic_mean_of_precision_and_recall() -> None:
    table = diagnostic_counts(20, 5, 10, 40)
    precision, recall = table.precision.value, table.recall.value
    assert table.f1.value == pytest.approx(2 * precision * recall / (precision + recall))


def test_the_f1_interval_is_that_of_a_binomial_share_transformed() -> None:
    share, f1 = proportion(20, 35), diagnostic_counts(20, 5, 10, 40).f1
    assert (f1.low, f1.high) == pytest.approx((2 * share.low / (1 + share.low), 2 * share.high / (1 + share.high)))


def test_ratios_divided_by_zero_are_not_defined_and_say_why() -> None:
    table = diagnostic_counts(50, 0, 3, 100)
    assert table.lr_positive.value is None
    assert table.dor.value is None
    assert "count of 0" in table.dor.note


def test_a_ratio_of_zero_keeps_an_upper_limit() -> None:
    ratio = diagnostic_counts(50, 5, 0, 100).lr_negative
    assert (ratio.value, ratio.low) == (0, 0)
    assert 0 < ratio.high < 1
    assert "half a case" in ratio.note


def test_one_class_only_leaves_what_needs_the_other_not_defined() -> None:
    table = diagnostic_table([1, 1, 1], [1, 0, 1])
    assert table.sensitivity.value == pytest.approx(2 / 3)
    assert table.specificity.value is None
    assert table.youden.value is None


def test_the_confusion_table_has_truth_in_rows() -> None:
    table = confusion(["a", "a", "b"], ["b", "a", "b"], ["a", "b", "c"])
    assert table.counts.tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert table.one_against_rest("b") == (1, 1, 0, 1)
    assert table.to_frame().loc["a", "b"] == 1
    assert table.accuracy().value == pytest.approx(2 / 3)


def test_classes_not_given_are_those_seen_in_order() -> None:
    assert confusion(["胃角", "贲门"], ["贲门", "贲门"]).classes == ("胃角", "贲门")


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(EvaluationError, match="none of the classes") as caught:
        confusion(["a"], ["z"], ["a", "b"])
    assert caught.value.field == "predicted"


def test_predictive_values_at_the_samples_prevalence_are_the_samples() -> None:
    table = diagnostic_counts(90, 20, 10, 80)
    moved = at_prevalence(table.sensitivity, table.specificity, 0.5)
    assert moved.ppv.value == pytest.approx(table.ppv.value)
    assert moved.npv.value == pytest.approx(table.npv.value)


def test_the_interval_at_a_prevalence_is_the_logit_delta_one() -> None:
    # Mercaldo, Lau & Zhou (2007): var logit PPV = (1 - Se) / (Se n1) + Sp / ((1 - Sp) n0).
    table = diagnostic_counts(90, 20, 10, 80)
    ppv = at_prevalence(table.sensitivity, table.specificity, 0.02).ppv
    half = 1.959963984540054 * math.sqrt(0.1 / (0.9 * 100) + 0.8 / (0.2 * 100))
    logit = math.log(0.9 * 0.02 / (0.2 * 0.98))
    assert (ppv.low, ppv.high) == pytest.approx([1 / (1 + math.exp(-(logit + s * half))) for s in (-1, 1)], abs=1e-12)


@given(counts, st.floats(0.001, 0.999))
def test_intervals_at_any_prevalence_contain_the_value(cells, prevalence: float) -> None:
    table = diagnostic_counts(*cells)
    if table.sensitivity.defined and table.specificity.defined:
        for estimate in at_prevalence(table.sensitivity, table.specificity, prevalence).values():
            if estimate.defined:
                assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@pytest.mark.parametrize("prevalence", [0, 1, -0.1, float("nan")])
def test_an_impossible_prevalence_is_refused(prevalence: float) -> None:
    table = diagnostic_counts(9, 2, 1, 8)
    with pytest.raises(EvaluationError, match="prevalence"):
        at_prevalence(table.sensitivity, table.specificity, prevalence)


def test_a_rate_that_is_not_defined_has_no_predictive_value() -> None:
    table = diagnostic_counts(0, 2, 0, 8)
    with pytest.raises(EvaluationError, match="at least one case"):
        at_prevalence(table.sensitivity, table.specificity, 0.1)


def test_thirty_classes_are_all_counted() -> None:
    truth = np.arange(60_000) % 30
    table = confusion(truth, (truth + 1) % 30, list(range(30)))
    assert table.n == 60_000
    assert np.trace(table.counts) == 0
