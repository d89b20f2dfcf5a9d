import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import bootstrap, bootstrap_table, clustered_auc, delong, diagnostic_table
from readingroom.evaluation.resampling import INTERVALS
from readingroom.evaluation.weighted import WeightedRatio, WeightedTotals

MARKERS = ("s100b", "ndka", "wfns")


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_stratified_intervals_agree_with_r_boot(method: str, shared) -> None:
    table, expected = shared("aSAH.csv"), shared("bootstrap_expected.json")["auc_bootstrap"]
    poor = table.outcome == "Poor"
    for marker in MARKERS:
        ours = bootstrap("auc", poor, table[marker], method=method, stratified=True, replicates=15000)
        assert (ours.low, ours.high) == pytest.approx(tuple(expected[marker][method]), abs=4e-3)
        assert ours.variance**0.5 == pytest.approx(expected[marker]["se"], abs=2e-3)


@pytest.mark.parametrize("stratified", [True, False])
def test_percentile_intervals_agree_with_proc(stratified: bool, shared) -> None:
    table, expected = shared("aSAH.csv"), shared("aSAH_expected.json")["single"]
    name = "bootstrap_stratified" if stratified else "bootstrap_unstratified"
    for marker, figures in expected.items():
        ours = bootstrap("auc", table.outcome == "Poor", table[marker], stratified=stratified, replicates=15000)
        assert (ours.low, ours.high) == pytest.approx(tuple(figures[name]["ci95"]), abs=4e-3)


def test_the_interval_of_a_difference_agrees_with_r_boot(shared) -> None:
    table = shared("aSAH.csv")
    expected = shared("bootstrap_expected.json")["auc_bootstrap"]["diff_s100b_minus_wfns"]
    ours = bootstrap(
        "auc_difference", table.outcome == "Poor", table.s100b, table.wfns, stratified=True, replicates=15000
    )
    assert ours.value == pytest.approx(expected["t0"], abs=1e-9)
    assert (ours.low, ours.high) == pytest.approx(tuple(expected["percentile"]), abs=4e-3)


def test_the_bootstrap_of_a_share_agrees_with_the_binomial(shared) -> None:
    for case in shared("bootstrap_expected.json")["proportion_bootstrap_limit"]:
        ours = bootstrap("mean", np.arange(case["n"]) < case["k"], replicates=6000)
        assert (ours.low, ours.high) == pytest.approx(tuple(case["limit_percentile"]), abs=1.01 / case["n"])


def test_bca_moves_its_limits_as_efron_s_formula_does() -> None:
    # Replicates spread evenly about the value, so that only the acceleration of a skewed influence is left.
    totals = WeightedTotals(np.array([[0.0, 0.0, 3.0], np.ones(3)]), np.arange(3), 3)
    skewed = WeightedRatio(totals, [1, 0], [0, 1])
    low, high = INTERVALS["bca"](skewed, 0.5, np.linspace(0, 1, 100_001), 0.95)
    acceleration = (-1 - 1 + 8) / (6 * 6**1.5)
    z = np.array([-1.959963984540054, 1.959963984540054])
    assert (low, high) == pytest.approx(tuple(stats.norm.cdf(z / (1 - acceleration * z))), abs=1e-5)


def test_patients_drawn_give_the_clustered_variance(scores) -> None:
    ours = bootstrap("auc", scores.truth, scores.reader_a, cluster=scores.patient, replicates=3000)
    clustered = clustered_auc(scores.truth, scores.reader_a, scores.patient)
    assert ours.variance == pytest.approx(clustered.variance, rel=0.1)
    assert ours.variance > 1.5 * delong(scores.truth, scores.reader_a).variance


def test_the_same_seed_gives_the_same_interval_and_another_another(scores) -> None:
    one, other, third = (
        bootstrap("auc", scores.truth, scores.reader_a, replicates=200, seed=seed) for seed in (1, 1, 2)
    )
    assert one == other
    assert one.low != third.low


@pytest.mark.parametrize("cluster", [None, "patient"])
@pytest.mark.parametrize("stratified", [False, True])
def test_the_fast_statistic_and_a_plain_function_have_the_same_replicates(cluster, stratified: bool, scores) -> None:
    options = {"cluster": None if cluster is None else scores[cluster], "stratified": stratified, "replicates": 60}
    fast = bootstrap("auc", scores.truth, scores.reader_a, **options)
    plain = bootstrap(lambda t, s: delong(t, s).value, scores.truth, scores.reader_a, **options)
    assert (fast.low, fast.high, fast.variance) == pytest.approx((plain.low, plain.high, plain.variance), abs=1e-12)


def test_the_table_holds_the_single_bootstraps(scores) -> None:
    call = scores.reader_a >= 0.6
    table = bootstrap_table(scores.truth, score=scores.reader_a, call=call, cluster=scores.patient, replicates=100)
    alone = bootstrap("npv", scores.truth, call, cluster=scores.patient, replicates=100)
    assert table.npv == alone
    assert list(table) == ["auc", "sensitivity", "specificity", "ppv", "npv", "accuracy"]
    assert table.accuracy.value == diagnostic_table(scores.truth, call).accuracy.value


@given(st.integers(0, 10**6), st.sampled_from(["percentile", "bca"]))
@settings(max_examples=25)
def test_the_interval_lies_where_the_statistic_can(seed: int, method: str) -> None:
    random = np.random.default_rng(seed)
    truth, score = np.r_[0, 1, random.integers(0, 2, 20)], random.random(22)
    ours = bootstrap("auc", truth, score, method=method, replicates=60, seed=seed)
    assert 0 <= ours.low <= ours.high <= 1


@given(st.integers(0, 10**6), st.sampled_from(["auc", "sensitivity", "accuracy"]), st.booleans())
@settings(max_examples=25)
def test_percentiles_contain_the_estimate_and_repeat_with_their_seed(seed: int, name: str, patients: bool) -> None:
    random = np.random.default_rng(seed)
    truth = np.r_[0, 1, random.integers(0, 2, 58)]
    given_ = random.normal(size=60) + truth if name == "auc" else random.integers(0, 2, 60)
    cluster = np.arange(60) // 2 if patients else None
    one, other = (bootstrap(name, truth, given_, cluster=cluster, replicates=100, seed=seed) for _ in range(2))
    assert one == other
    assert one.low <= one.value <= one.high


def test_stratified_draws_keep_both_classes_and_others_say_what_they_lost() -> None:
    truth, score = [1, 0, 0, 0, 0, 0], [3, 1, 2, 3, 4, 5]
    assert bootstrap("auc", truth, score, replicates=200, stratified=True).note == ""
    assert "replicates, which are left out" in bootstrap("auc", truth, score, replicates=200).note


def test_bca_at_the_edge_falls_back_to_the_percentiles() -> None:
    truth, score = [0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6]
    ours = bootstrap("auc", truth, score, method="bca", stratified=True, replicates=50)
    assert (ours.value, ours.low, ours.high) == (1, 1, 1)


def test_what_is_not_defined_in_the_sample_is_not_defined() -> None:
    assert bootstrap("ppv", [1, 0], [0, 0], replicates=10).value is None


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: bootstrap("auc", [0, 1], [1]), "array 1"),
        (lambda: bootstrap("auc", [0, 0], [1, 2]), "truth"),
        (lambda: bootstrap("auc", [0, 1]), "arrays"),
        (lambda: bootstrap("median", [0, 1]), "statistic"),
        (lambda: bootstrap("mean", [1.0, np.nan]), "values"),
        (lambda: bootstrap("mean", [1.0, 2.0], cluster=["a"]), "arrays"),
        (lambda: bootstrap("mean", [1.0, 2.0], method="basic"), "method"),
        (lambda: bootstrap("mean", [1.0, 2.0], replicates=1), "replicates"),
        (lambda: bootstrap("mean", []), "array 1"),
        (lambda: bootstrap("mean"), "arrays"),
        (lambda: bootstrap_table([0, 1]), "score"),
    ],
)
def test_bad_input_is_a_clear_error(call, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        call()
    assert caught.value.field == field
