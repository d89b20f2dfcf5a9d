import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import (
    clustered_auc,
    clustered_auc_test,
    clustered_diagnostic_table,
    clustered_proportion,
    delong,
    diagnostic_table,
    proportion_limits,
)
from readingroom.evaluation.areas import placements


@pytest.mark.parametrize("reader", ["reader_a", "reader_b"])
def test_the_clustered_area_equals_the_cleveland_clinic_code(reader: str, scores, reference) -> None:
    expected = reference("scores_expected.json")["clustered"][reader]
    ours = clustered_auc(scores.truth, scores[reader], scores.patient)
    assert ours.value == pytest.approx(expected["auc"], abs=1e-9)
    assert ours.variance == pytest.approx(expected["var"], abs=1e-12)
    assert (ours.low, ours.high) == pytest.approx(tuple(expected["ci"]), abs=1e-9)


def test_the_clustered_paired_difference_equals_it_too(scores, reference) -> None:
    expected = reference("scores_expected.json")["clustered"]["paired"]
    test = clustered_auc_test(scores.truth, scores.reader_a, scores.reader_b, scores.patient)
    assert test.difference == pytest.approx(expected["auc.AminusB"], abs=1e-9)
    assert test.variance == pytest.approx(expected["auc.var.AminusB"], abs=1e-12)
    assert test.p_value == pytest.approx(expected["p.value"], abs=1e-9)
    assert (test.low, test.high) == pytest.approx((expected["ci.bot.AminusB"], expected["ci.top.AminusB"]), abs=1e-9)


def test_the_naive_interval_is_beside_it(scores) -> None:
    ours = clustered_auc(scores.truth, scores.reader_a, scores.patient)
    assert ours.beside == delong(scores.truth, scores.reader_a)
    assert ours.high - ours.low > ours.beside.high - ours.beside.low


def test_the_variance_is_obuchowski_s_plain_sum() -> None:
    random = np.random.default_rng(11)
    truth, score = random.random(80) < 0.5, random.normal(size=80)
    cluster = random.integers(0, 25, 80)
    places = placements(truth, score)
    component = np.empty(80)
    component[truth], component[~truth] = places.positive - places.area, places.negative - places.area
    s10 = s01 = s11 = 0.0
    for c in np.unique(cluster):
        positive = component[(cluster == c) & truth].sum()
        negative = component[(cluster == c) & ~truth].sum()
        s10, s01, s11 = s10 + positive**2, s01 + negative**2, s11 + positive * negative
    m, n = truth.sum(), (~truth).sum()
    i10, i01, i = (np.unique(cluster[part]).size for part in (truth, ~truth, truth | ~truth))
    plain = i10 / (i10 - 1) * s10 / m**2 + i01 / (i01 - 1) * s01 / n**2 + 2 * i / (i - 1) * s11 / (m * n)
    assert clustered_auc(truth, score, cluster).variance == pytest.approx(plain, abs=1e-14)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=6, max_size=30))
def test_a_cluster_for_each_reading_gives_the_areas_own_variance(rows) -> None:
    truth = np.array([0, 0, 1, 1] + [row[0] for row in rows])
    score = np.array([3, 5, 4, 7] + [row[1] for row in rows], dtype=float)
    ours, plain = clustered_auc(truth, score, np.arange(len(truth))), delong(truth, score)
    assert ours.variance == pytest.approx(plain.variance, abs=1e-12)


@given(st.integers(0, 10**6), st.floats(0.5, 0.999))
def test_the_clustered_interval_contains_the_area(seed: int, level: float) -> None:
    random = np.random.default_rng(seed)
    truth = np.r_[0, 0, 1, 1, random.integers(0, 2, 20)]
    ours = clustered_auc(truth, random.integers(0, 6, 24), np.arange(24) // 2, level=level)
    if ours.low is not None:
        assert 0 <= ours.low <= ours.value <= ours.high <= 1


@given(st.lists(st.booleans(), min_size=2, max_size=60))
def test_a_share_with_a_patient_for_each_reading_is_wilson_s_of_one_reading_less(hits) -> None:
    # The variance of clusters divides by C - 1, so that the effective size of n patients is n - 1.
    n, p = len(hits), sum(hits) / len(hits)
    ours = clustered_proportion(hits, np.arange(n))
    size = n if p in (0, 1) else n - 1
    assert (ours.low, ours.high) == pytest.approx(tuple(map(float, proportion_limits(p * size, size))), abs=1e-12)


@given(st.integers(0, 10**6))
@settings(max_examples=30)
def test_the_clustered_test_is_symmetric(seed: int) -> None:
    random = np.random.default_rng(seed)
    truth = np.r_[0, 0, 1, 1, random.integers(0, 2, 20)]
    a, b, cluster = random.random(24), random.random(24), np.arange(24) // 2
    one, other = clustered_auc_test(truth, a, b, cluster), clustered_auc_test(truth, b, a, cluster)
    assert one.difference == pytest.approx(-other.difference)
    assert one.p_value == pytest.approx(other.p_value)


def test_a_class_within_one_patient_has_no_clustered_variance() -> None:
    ours = clustered_auc([0, 0, 1, 1], [1, 3, 2, 4], ["a", "b", "c", "c"])
    assert ours.value == 0.75
    assert ours.low is ours.variance is None
    assert "fewer than two clusters" in ours.note
    test = clustered_auc_test([0, 0, 1, 1], [1, 3, 2, 4], [1, 2, 3, 4], ["a", "b", "c", "c"])
    assert test.p_value is None


def test_the_ratio_estimator_s_variance_is_the_plain_sum() -> None:
    success, cluster = np.array([1, 0, 1, 1, 0, 0, 1]), np.array([0, 0, 1, 1, 1, 2, 3])
    p = success.mean()
    residual = [np.sum(success[cluster == c] - p) for c in range(4)]
    ours = clustered_proportion(success, cluster, method="ratio")
    assert ours.variance == pytest.approx(4 / 3 * np.sum(np.square(residual)) / 49)


def test_images_copied_ten_times_narrow_only_the_naive_interval() -> None:
    success = np.array([1, 0, 1, 1, 0, 1, 1, 1])
    once = clustered_proportion(success, np.arange(8))
    tenfold = clustered_proportion(np.repeat(success, 10), np.repeat(np.arange(8), 10))
    assert (tenfold.low, tenfold.high) == pytest.approx((once.low, once.high), abs=1e-12)
    assert tenfold.beside.high - tenfold.beside.low < 0.5 * (tenfold.high - tenfold.low)


def test_at_one_the_effective_size_is_the_number_of_patients() -> None:
    ours = clustered_proportion([1] * 20, np.repeat(np.arange(5), 4))
    assert ours.low == pytest.approx(5 / (5 + 1.959963984540054**2))
    assert ours.high == 1


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=2, max_size=40),
    st.sampled_from(["rao-scott", "ratio"]),
)
def test_the_clustered_interval_contains_the_share(rows, method: str) -> None:
    success, cluster = zip(*rows, strict=True)
    ours = clustered_proportion(success, cluster, method=method)
    if ours.low is not None:
        assert 0 <= ours.low <= ours.value <= ours.high <= 1


def test_the_clustered_table_has_the_naive_one_beside_every_measure(scores) -> None:
    call = scores.reader_a >= 0.6
    ours, naive = clustered_diagnostic_table(scores.truth, call, scores.patient), diagnostic_table(scores.truth, call)
    assert list(ours) == list(naive)
    for name, estimate in ours.items():
        assert estimate.value == pytest.approx(naive[name].value)
        assert estimate.beside.value == naive[name].value
        assert estimate.low < estimate.value < estimate.high


def test_linearised_intervals_agree_with_the_patient_bootstrap(scores) -> None:
    from readingroom.evaluation import bootstrap

    call = (scores.reader_a >= 0.6).to_numpy()
    ours = clustered_diagnostic_table(scores.truth, call, scores.patient)

    def youden(truth, call) -> float | None:
        return diagnostic_table(truth, call).youden.value

    def log_dor(truth, call) -> float | None:
        value = diagnostic_table(truth, call).dor.value
        return None if value is None else float(np.log(value))

    for name, statistic, scale in (("youden", youden, float), ("dor", log_dor, np.log)):
        drawn = bootstrap(statistic, scores.truth, call, cluster=scores.patient, replicates=400)
        width = scale(ours[name].high) - scale(ours[name].low)
        assert width == pytest.approx(2 * 1.96 * drawn.variance**0.5, rel=0.12)


def test_without_a_kind_of_mistake_the_odds_ratio_has_no_clustered_interval() -> None:
    table = clustered_diagnostic_table([1, 1, 0, 0], [1, 1, 0, 0], ["a", "b", "c", "d"])
    assert table.dor.value is None
    assert table.lr_negative.low is None
    assert table.sensitivity.value == 1


def test_a_table_without_positives_leaves_sensitivity_not_defined() -> None:
    assert clustered_diagnostic_table([0, 0], [1, 0], ["a", "b"]).sensitivity.value is None


@pytest.mark.parametrize("cluster", [["a"], ["a", None], []])
def test_bad_clusters_are_a_clear_error(cluster) -> None:
    with pytest.raises(EvaluationError) as caught:
        clustered_proportion([1, 0], cluster)
    assert caught.value.field in {"cluster", "success"}
