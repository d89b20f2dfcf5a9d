import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import auc, partial_auc, roc_curve, sensitivity_at, specificity_at

TRUTH, SCORE = [0, 0, 1, 1, 0, 1], [1, 2, 2, 3, 2, 5]
FOCUS = {"spec": "specificity", "sens": "sensitivity"}

samples = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=4, max_size=30).filter(
    lambda rows: 0 < sum(row[0] for row in rows) < len(rows)
)


def test_the_curve_runs_from_nothing_positive_to_everything() -> None:
    curve = roc_curve(TRUTH, SCORE)
    assert curve.threshold.tolist() == [np.inf, 5, 3, 2, 1]
    assert curve.midpoint.tolist() == [np.inf, 4, 2.5, 1.5, -np.inf]
    assert curve.tp.tolist() == [0, 1, 2, 3, 3]
    assert curve.fp.tolist() == [0, 0, 0, 2, 3]


@given(samples)
def test_each_point_is_what_its_thresholds_give(rows) -> None:
    truth, score = (np.array(column) for column in zip(*rows, strict=True))
    curve = roc_curve(truth, score)
    for thresholds in (curve.threshold, curve.midpoint):
        for threshold, tp, fp in zip(thresholds, curve.tp, curve.fp, strict=True):
            assert np.count_nonzero((score >= threshold) & (truth == 1)) == tp
            assert np.count_nonzero((score >= threshold) & (truth == 0)) == fp


@given(samples)
def test_the_area_under_the_curve_is_the_auc(rows) -> None:
    truth, score = zip(*rows, strict=True)
    curve = roc_curve(truth, score)
    assert np.trapezoid(curve.sensitivity, 1 - curve.specificity) == pytest.approx(auc(truth, score).value, abs=1e-12)


def test_neighbouring_floating_point_scores_stay_apart_at_their_midpoint() -> None:
    low = 0.3
    high = np.nextafter(low, 1)
    assert roc_curve([0, 1], [low, high]).midpoint[1] > low


@pytest.mark.parametrize("reader", ["reader_a", "reader_b"])
def test_readings_off_the_curve_and_partial_areas_equal_proc(reader: str, scores, reference) -> None:
    expected = reference("scores_expected.json")[reader]
    part = partial_auc(scores.truth, scores[reader], replicates=0).value
    corrected = partial_auc(scores.truth, scores[reader], corrected=True, replicates=0).value
    assert specificity_at(scores.truth, scores[reader], 0.9, replicates=0).value == pytest.approx(
        expected["spec_at_sens90"], abs=1e-9
    )
    assert part == pytest.approx(expected["pauc_spec_1_0.9"], abs=1e-9)
    assert corrected == pytest.approx(expected["pauc_spec_mcclish"], abs=1e-9)


def test_all_partial_areas_of_proc_s_example_agree(shared) -> None:
    table, expected = shared("aSAH.csv"), shared("aSAH_expected.json")
    checked = 0
    for marker, parts in expected["partial"].items():
        for name, value in parts.items():
            if name.startswith("bootstrap"):
                continue
            focus, *ends = name.removesuffix("_mcclish").split("_")
            ours = partial_auc(
                table.outcome == "Poor", table[marker], focus=FOCUS[focus], between=tuple(map(float, ends)),
                corrected="mcclish" in name, replicates=0,
            ).value  # fmt: skip
            assert ours == (None if value is None else pytest.approx(value, abs=1e-9))
            checked += 1
    assert checked == 30


def test_proc_s_sensitivity_at_specificity_agrees(shared) -> None:
    table, expected = shared("aSAH.csv"), shared("aSAH_expected.json")["coords"]
    for marker, points in expected.items():
        ours = sensitivity_at(table.outcome == "Poor", table[marker], 0.9, replicates=0).value
        assert ours == pytest.approx(points["at_spec_0.9"][0]["sensitivity"], abs=1e-9)
        ours = specificity_at(table.outcome == "Poor", table[marker], 0.9, replicates=0).value
        assert ours == pytest.approx(points["at_sens_0.9"][0]["specificity"], abs=1e-9)


def test_the_partial_area_of_rocr_agrees(shared) -> None:
    table, expected = shared("aSAH.csv"), shared("site_compare_expected.json")["rocr"]
    ours = partial_auc(table.outcome == "Poor", table.s100b, replicates=0).value
    assert ours == pytest.approx(expected["pauc_fpr0.1"], abs=1e-9)


def test_the_partial_area_s_bootstrap_agrees_with_proc_s(shared) -> None:
    table, expected = shared("aSAH.csv"), shared("aSAH_expected.json")["partial"]["s100b"]
    ours = partial_auc(table.outcome == "Poor", table.s100b, replicates=4000)
    assert (ours.low, ours.high) == pytest.approx(tuple(expected["bootstrap_ci95_spec_1_0.9"]["ci"]), abs=4e-3)


@given(samples)
def test_the_whole_slice_is_the_whole_area(rows) -> None:
    truth, score = zip(*rows, strict=True)
    for focus in ("specificity", "sensitivity"):
        whole = partial_auc(truth, score, focus=focus, between=(0, 1), replicates=0).value
        assert whole == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


@given(samples, st.floats(0.05, 0.95))
def test_two_slices_add_up_to_the_area(rows, cut: float) -> None:
    truth, score = zip(*rows, strict=True)
    parts = [partial_auc(truth, score, between=ends, replicates=0).value for ends in ((1, cut), (cut, 0))]
    assert sum(parts) == pytest.approx(auc(truth, score).value, abs=1e-9)


@given(samples, st.floats(0, 1))
def test_reading_off_one_axis_is_not_below_the_points_that_reach_the_other(rows, wanted: float) -> None:
    truth, score = zip(*rows, strict=True)
    curve = roc_curve(truth, score)
    ours = specificity_at(truth, score, wanted, replicates=0).value
    assert ours >= curve.specificity[curve.sensitivity >= wanted].max() - 1e-12


def test_the_same_seed_gives_the_same_interval_and_it_holds_the_value() -> None:
    one, other = (sensitivity_at(TRUTH, SCORE, 0.8, replicates=50, seed=4) for _ in range(2))
    assert one == other
    assert one.low <= one.value <= one.high


def test_below_chance_the_corrected_part_is_not_defined() -> None:
    assert partial_auc([1, 1, 0, 0], [1, 2, 3, 4], corrected=True).value is None


@pytest.mark.parametrize("arguments", [{"focus": "accuracy"}, {"between": (0.9, 0.9)}, {"between": (1.2, 0.9)}])
def test_an_impossible_part_is_refused(arguments) -> None:
    with pytest.raises(EvaluationError, match="no part of the curve"):
        partial_auc(TRUTH, SCORE, **arguments)


def test_a_wanted_share_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(EvaluationError, match="outside 0 to 1"):
        specificity_at(TRUTH, SCORE, 90)
