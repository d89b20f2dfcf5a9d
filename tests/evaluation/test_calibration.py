import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import brier, calibration_curve, expected_calibration_error, hosmer_lemeshow


def test_brier_and_hosmer_lemeshow_equal_r(reference) -> None:
    table, expected = reference("calibration.csv"), reference("calibration_expected.json")
    assert brier(table.truth, table.probability).value == pytest.approx(expected["val_prob"]["Brier"], abs=1e-9)
    test = hosmer_lemeshow(table.truth, table.probability)
    assert test.statistic == pytest.approx(expected["hosmer_lemeshow"]["statistic"]["X-squared"], abs=1e-9)
    assert test.p_value == pytest.approx(expected["hosmer_lemeshow"]["p_value"], abs=1e-9)


def test_every_further_set_equals_r_torchmetrics_and_metrics_reloaded(shared) -> None:
    inputs = shared("calibration_inputs.csv")
    expected, peers = shared("calibration_expected.json")["results"], shared("ece_peers.json")["binary"]
    checked = 0
    for name, table in inputs.groupby("set"):
        if name not in expected:
            continue
        assert brier(table.y, table.p).value == pytest.approx(expected[name]["brier"], abs=1e-9)
        for groups, row in expected[name]["hosmer_lemeshow"].items():
            test = hosmer_lemeshow(table.y, table.p, groups=int(groups))
            assert test.statistic == pytest.approx(row["statistic"]["X-squared"], abs=1e-9)
            assert (test.p_value, test.df) == pytest.approx((row["p_value"], row["parameter"]["df"]), abs=1e-9)
        for bins in (2, 5, 10, 15, 20):
            for norm in ("l1", "l2", "max"):
                ours = expected_calibration_error(table.y, table.p, bins=bins, norm=norm, replicates=0).value
                assert ours == pytest.approx(peers[name][f"torchmetrics_{norm}_bins{bins}"], abs=1e-9)
                checked += 1
            for norm, theirs in (("l1", "ece"), ("max", "mce")):
                ours = expected_calibration_error(table.y, table.p, bins=bins, norm=norm, replicates=0).value
                assert ours == pytest.approx(peers[name][f"metricsreloaded_{theirs}_bins{bins}"], abs=1e-9)
                checked += 1
        both = np.column_stack([1 - table.p, table.p])
        assert brier(table.y, both).value == pytest.approx(peers[name]["metricsreloaded_brier_2class_sum"], abs=1e-9)
    assert checked == 125


def test_the_top_label_error_of_several_classes_equals_torchmetrics(shared) -> None:
    table = shared("multiclass_iris_lda_loo.csv")
    names = list(table.columns[2:])
    expected = shared("ece_peers.json")["multiclass"]["iris_lda_loo"]
    ours = expected_calibration_error(table.truth.map(names.index), table[names].to_numpy(), replicates=0).value
    assert ours == pytest.approx(expected["top_label_l1_bins10"], abs=1e-5)


samples = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2, max_size=40)


@given(samples)
def test_brier_lies_between_zero_and_one_and_two_columns_give_twice_it(rows) -> None:
    truth, p = (np.array(column) for column in zip(*rows, strict=True))
    ours = brier(truth, p)
    assert 0 <= ours.low <= ours.value <= ours.high
    assert brier(truth, np.column_stack([1 - p, p])).value == pytest.approx(2 * ours.value, abs=1e-9)


@given(samples, st.sampled_from(["quantile", "uniform"]), st.integers(1, 12))
def test_the_bins_of_the_curve_hold_every_reading_once(rows, strategy: str, bins: int) -> None:
    truth, p = (np.array(column) for column in zip(*rows, strict=True))
    curve = calibration_curve(truth, p, bins=bins, strategy=strategy)
    assert curve.count.sum() == len(truth)
    assert np.sum(curve.count * curve.observed) == pytest.approx(truth.sum())
    assert np.sum(curve.count * curve.predicted) == pytest.approx(p.sum())
    assert (curve.low <= curve.observed).all()
    assert (curve.observed <= curve.high).all()


@given(samples)
def test_the_calibration_error_is_the_curve_s_mean_distance(rows) -> None:
    truth, p = zip(*rows, strict=True)
    curve = calibration_curve(truth, p, strategy="uniform")
    distance = np.sum(curve.count * np.abs(curve.observed - curve.predicted)) / curve.count.sum()
    assert expected_calibration_error(truth, p, replicates=0).value == pytest.approx(distance, abs=1e-12)


def test_the_error_s_interval_holds_it_and_repeats_with_its_seed(reference) -> None:
    table = reference("calibration.csv")
    one, other = (expected_calibration_error(table.truth, table.probability, replicates=80) for _ in range(2))
    assert one == other
    assert one.low <= one.value <= one.high


def test_a_group_that_expects_none_and_has_one_cannot_be_tested() -> None:
    test = hosmer_lemeshow([1, 0, 0, 0, 1, 1], [0.0, 0.0, 0.4, 0.5, 0.9, 0.9], groups=3)
    assert test.p_value is None
    assert "expects none" in test.note


@pytest.mark.parametrize(
    "call",
    [
        lambda: brier([0, 1], [0.5, 1.5]),
        lambda: brier([0, 1], [0.5]),
        lambda: brier([0, 1], [[0.5, 0.5], [0.9, 0.9]]),
        lambda: brier([0, 2], [[0.5, 0.5], [0.1, 0.9]]),
        lambda: calibration_curve([0, 1], [0.5, np.nan]),
        lambda: calibration_curve([0, 1], [0.5, 0.6], bins=0),
        lambda: calibration_curve([0, 1], [0.5, 0.6], strategy="kernel"),
        lambda: expected_calibration_error([0, 1], [0.5, 0.6], norm="l3"),
        lambda: hosmer_lemeshow([0, 1], [0.5, 0.6], groups=2),
    ],
)
def test_bad_input_is_a_clear_error(call) -> None:
    with pytest.raises(EvaluationError) as caught:
        call()
    assert caught.value.field
