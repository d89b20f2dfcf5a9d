"""Where trusted peers disagree: one test for each convention of the reference README, in its order."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from readingroom.evaluation import (
    auc,
    compare_over_classes,
    delong,
    diagnostic_table,
    mcnemar,
    multireader,
    net_benefit,
    one_against_rest,
    operating_point,
    overlap,
    proportion,
    roc_curve,
)


def test_1_hd95_is_the_larger_directed_percentile_not_the_pooled_one() -> None:
    reference_mask, prediction = np.zeros((40, 60), dtype=bool), np.zeros((40, 60), dtype=bool)
    reference_mask[5:35, 5:35] = True
    prediction[5:35, 5:35] = True
    prediction[20, 35:55] = True
    ours = overlap(reference_mask, prediction)
    # 20 of the prediction's 135 border points lie in the spur: their 95th percentile is far, the pooled one nearer.
    assert ours.hausdorff == 20
    assert 13 < ours.hausdorff95 < 14
    pooled = np.percentile(np.r_[np.zeros(116), np.zeros(115), np.arange(1, 21)], 95)
    assert ours.hausdorff95 > pooled + 3


@pytest.mark.parametrize("shape", [(6, 6), (4, 5, 6)])
def test_2_empty_masks_are_decided_and_never_an_exception(shape) -> None:
    empty, full = np.zeros(shape), np.ones(shape)
    both = overlap(empty, empty)
    assert (both.dice, both.iou, both.surface_dice, both.hausdorff, both.empty) == (1, 1, 1, 0, "both")
    for pair, name in (((empty, full), "reference"), ((full, empty), "prediction")):
        one = overlap(*pair)
        assert (one.dice, one.iou, one.surface_dice, one.empty) == (0, 0, 0, name)
        assert one.hausdorff == one.hausdorff95 == one.surface_distance == math.inf


def test_3_the_surface_distance_pools_both_borders() -> None:
    point, line = np.zeros((3, 12)), np.zeros((3, 12))
    point[1, 0] = 1
    line[1, 0:9] = 1
    # Pooled: (0 + 0 + 1 + ... + 8) / 10 = 3.6; the mean of the two means would be (0 + 4) / 2 = 2.
    assert overlap(point, line).surface_distance == pytest.approx(3.6)


@pytest.mark.parametrize("method", ["exact", "midp", "corrected", "uncorrected"])
def test_4_no_discordant_pair_has_p_one(method: str) -> None:
    test = mcnemar(0, 0, method=method)
    assert test.p_value == 1
    assert test.note == "no discordant pair"


@pytest.mark.parametrize("k", [0, 1, 39, 40])
def test_5_wilson_is_one_formula_without_continuity_correction(k: int) -> None:
    n, z = 40, 1.959963984540054
    centre, half = k / n + z**2 / (2 * n), z * math.sqrt(k / n * (1 - k / n) / n + z**2 / (4 * n**2))
    plain = [(centre + sign * half) / (1 + z**2 / n) for sign in (-1, 1)]
    ours = proportion(k, n)
    assert (ours.low, ours.high) == pytest.approx(plain, abs=1e-12)


def test_6_a_call_is_positive_at_the_threshold_and_both_conventions_are_named() -> None:
    curve = roc_curve([0, 1], [0.2, 0.8])
    assert curve.threshold.tolist() == [math.inf, 0.8, 0.2]
    assert curve.midpoint.tolist() == [math.inf, 0.5, -math.inf]
    truth, score = [0, 0, 1, 1, 0, 1], [1, 2, 2, 3, 2, 5]
    assert (
        roc_curve(truth, score).threshold.tolist()
        == metrics.roc_curve(truth, score, drop_intermediate=False)[2].tolist()
    )
    point = operating_point([0, 1], [0.2, 0.8])
    assert (point.threshold, point.score) == (0.5, 0.8)
    assert diagnostic_table([1], [point.score >= 0.8]).counts["tp"] == 1


def test_7_the_delong_interval_is_clipped_and_where_it_collapses_another_is_beside_it() -> None:
    clipped = delong([0, 0, 0, 0, 1, 1, 1, 1], [1, 1, 2, 2, 1, 2, 2, 3])
    assert clipped.high == 1
    perfect = auc([0, 0, 0, 1, 1, 1], [1, 2, 3, 4, 5, 6])
    assert perfect.low == perfect.high == 1
    assert "collapses" in perfect.note
    assert perfect.beside.method == "newcombe"
    assert perfect.beside.low < 0.6


def test_8_a_negative_covariance_counts_as_zero_as_in_the_official_program() -> None:
    # A reader sees with one eye what the other sees in the other modality, so that readers resemble each other across
    # modalities and not within one.
    random = np.random.default_rng(1)
    eyes, truth = random.normal(size=(2, 60)), np.arange(60) % 2
    rows = [
        (reader, modality, case, truth[case], eyes[(reader + modality) % 2, case] + truth[case] + random.normal() / 4)
        for reader in range(2)
        for modality in range(2)
        for case in range(60)
    ]
    ours = multireader(pd.DataFrame(rows, columns=["reader", "modality", "case", "truth", "score"]))
    assert ours.components["cov2"] < ours.components["cov3"] - 1e-4
    figures = np.array([[ours.readings[m, r].value for r in range(2)] for m in range(2)])
    rest = figures - figures.mean(axis=1)[:, None] - figures.mean(axis=0) + figures.mean()
    between = 2 * np.sum((figures.mean(axis=1) - figures.mean()) ** 2)
    assert ours.test.statistic == pytest.approx(between / np.sum(rest**2))
    assert ours.test.df == pytest.approx((1, 1))
    assert "counts as 0" in ours.test.note


def test_9_a_class_never_predicted_has_no_predictive_value() -> None:
    result = one_against_rest(["a", "b", "c"], ["a", "b", "c"], predicted=["a", "b", "b"])
    assert result.tables["c"].ppv.value is None
    assert result.tables["c"].sensitivity.value == 0
    assert str(result.tables["c"].ppv) == "not defined"


def test_10_tied_rank_sums_are_normal_with_tie_and_continuity_correction() -> None:
    # R: wilcox.test(c(1,1,2,2,2,3), c(2,3,3,3,4,4)) gives W = 4, p = 0.02444895.
    test = compare_over_classes([1, 1, 2, 2, 2, 3], [2, 3, 3, 3, 4, 4], method="rank-sum")
    assert test.statistic == 4
    assert test.p_value == pytest.approx(0.024448945310089412, abs=1e-9)


def test_11_the_decision_curve_counts_scores_at_the_threshold() -> None:
    assert net_benefit([1, 0], [0.5, 0.2], [0.5]).true_positive[0] == 0.5
    assert net_benefit([1, 0], [0.5, 0.2], [0.2]).false_positive[0] == 0.5
