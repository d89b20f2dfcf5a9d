"""What all estimates keep, and what all tests of two readers keep: one table of members for each family."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import readingroom.evaluation as ev
from readingroom.core.errors import EvaluationError

Frame = pd.DataFrame


def calls(frame: Frame, name: str = "a") -> Any:
    """Calls of a reader; a missing score stays missing."""
    return [math.nan if math.isnan(score) else float(score >= 0.5) for score in frame[name]]


def two_columns(frame: Frame) -> Any:
    return np.column_stack([1 - frame.a, frame.a])


def marks(frame: Frame) -> ev.Matches:
    """A mark on every image, scored as a does; it hits a lesion where there is one."""
    boxes, ill = [[0, 0, 9, 9]] * len(frame), frame.index[frame.truth == 1]
    return ev.match_boxes(frame.index, frame.index, frame.a, boxes, ill, boxes[: ill.size], patient=frame.patient)


def two_readers(frame: Frame) -> Frame:
    """The readings of both as one table."""
    return frame.reset_index(names="case").melt(["case", "truth"], ["a", "b"], "reader", "score")


ESTIMATES: dict[str, Callable[[Frame, float], ev.Estimate]] = {
    "auc": lambda f, level: ev.auc(f.truth, f.a, level=level),
    "auc newcombe": lambda f, level: ev.auc(f.truth, f.a, method="newcombe", level=level),
    "delong": lambda f, level: ev.delong(f.truth, f.a, level=level),
    "partial_auc": lambda f, level: ev.partial_auc(f.truth, f.a, level=level, replicates=60),
    "sensitivity_at": lambda f, level: ev.sensitivity_at(f.truth, f.a, 0.8, level=level, replicates=60),
    "specificity_at": lambda f, level: ev.specificity_at(f.truth, f.a, 0.8, level=level, replicates=60),
    "hand_till": lambda f, level: ev.hand_till(f.truth, two_columns(f), [0, 1], level=level),
    "clustered_auc": lambda f, level: ev.clustered_auc(f.truth, f.a, f.patient, level=level),
    "clustered_proportion": lambda f, level: ev.clustered_proportion(calls(f), f.patient, level=level),
    "bootstrap auc": lambda f, level: ev.bootstrap("auc", f.truth, f.a, cluster=f.patient, replicates=60, level=level),
    "bootstrap bca": lambda f, level: ev.bootstrap("npv", f.truth, calls(f), method="bca", replicates=60, level=level),
    **{
        f"pooled_readers, {kind}": lambda f, level, options=options: ev.pooled_readers(
            two_readers(f), level=level, **options
        )
        for kind, options in {
            "random": {},
            "fixed readers": {"readers": "fixed"},
            "fixed cases": {"cases": "fixed"},
        }.items()
    },
    "froc by lesion": lambda f, level: ev.froc(marks(f), rates=[0.2], level=level, replicates=60).by_lesion["0.2"],
    "froc by patient": lambda f, level: ev.froc(marks(f), between="linear", level=level, replicates=60).by_patient.mean,
    "average_precision": lambda f, level: ev.average_precision(marks(f), level=level, replicates=60),
    "cohen_kappa": lambda f, level: ev.cohen_kappa(f.truth, calls(f), level=level),
    **{
        name: lambda f, level, name=name: ev.grade_table(f.truth, calls(f), classes=[0, 1], replicates=60, level=level)[
            name
        ]
        for name in ("quadratic_kappa", "linear_kappa")
    },
    **{
        f"clustered {name}": lambda f, level, name=name: ev.grade_table(
            f.truth, calls(f), classes=[0, 1], cluster=f.patient, replicates=60, level=level
        )[name]
        for name in ("quadratic_kappa", "linear_kappa", "mean_absolute_error")
    },
    "within_one": lambda f, level: (
        ev.grade_table(
            3 * f.truth, [3 * call for call in calls(f)], classes=range(4), cluster=f.patient, replicates=2, level=level
        ).within_one
    ),
    "fleiss_kappa": lambda f, level: ev.fleiss_kappa(np.column_stack([f.truth, calls(f)]), level=level),
    "icc": lambda f, level: ev.icc(np.column_stack([f.a, f.b]), level=level),
    "brier": lambda f, level: ev.brier(f.truth, f.a, level=level),
    "calibration_error": lambda f, level: ev.expected_calibration_error(f.truth, f.a, level=level, replicates=60),
    "temperature": lambda f, level: ev.temperature(f.truth, two_columns(f), level=level),
    **{
        name: lambda f, level, name=name: ev.diagnostic_table(f.truth, calls(f), level=level)[name]
        for name in ev.diagnostic_counts(1, 1, 1, 1)
    },
    **{
        f"clustered {name}": lambda f, level, name=name: ev.clustered_diagnostic_table(
            f.truth, calls(f), f.patient, level=level
        )[name]
        for name in ev.diagnostic_counts(1, 1, 1, 1)
    },
    **{
        name: lambda f, level, name=name: ev.calibration_line(f.truth, f.a, level=level)[name]
        for name in ("slope", "intercept", "in_the_large")
    },
}


def two_modalities(frame: Frame, a: str, b: str) -> Frame:
    """One doctor's readings without help (a) and with it (b)."""
    case = np.arange(len(frame))
    parts = [Frame({"case": case, "truth": frame.truth, "modality": m, "score": frame[n]}) for m, n in ((0, a), (1, b))]
    return pd.concat(parts, ignore_index=True).assign(reader="doctor")


# Estimates that look at the order of the scores only.
OF_ORDER = ("auc", "auc newcombe", "delong", "partial_auc", "sensitivity_at", "specificity_at", "clustered_auc",
            "bootstrap auc")  # fmt: skip

TESTS: dict[str, Callable[[Frame, str, str], ev.Test]] = {
    "delong_test": lambda f, a, b: ev.delong_test(f.truth, f[a], f[b]),
    "unpaired": lambda f, a, b: ev.delong_test(f.truth, f[a], f[b], truth_b=f.truth),
    "clustered_auc_test": lambda f, a, b: ev.clustered_auc_test(f.truth, f[a], f[b], f.patient),
    "permutation": lambda f, a, b: ev.permutation_test(f.truth, f[a], f[b], replicates=99),
    "permutation of calls": lambda f, a, b: ev.permutation_test(
        f.truth, calls(f, a), calls(f, b), statistic="sensitivity", cluster=f.patient, replicates=99
    ),
    "compare_times": lambda f, a, b: ev.compare_times(f[a], f[b], cluster=f.patient),
    "multireader": lambda f, a, b: ev.multireader(two_modalities(f, a, b), readers="fixed").test,
    **{
        name: lambda f, a, b, name=name: ev.compare_grades(
            f.truth, calls(f, a), calls(f, b), classes=[0, 1], cluster=f.patient, replicates=60
        )[name]
        for name in ("quadratic_kappa", "linear_kappa", "mean_absolute_error")
    },
    "mcnemar": lambda f, a, b: ev.compare_calls(f.truth, calls(f, a), calls(f, b)).accuracy,
    "ppv": lambda f, a, b: ev.compare_predictive_values(f.truth, calls(f, a), calls(f, b)).ppv,
    "npv": lambda f, a, b: ev.compare_predictive_values(f.truth, calls(f, a), calls(f, b)).npv,
    **{
        method: lambda f, a, b, method=method: ev.compare_over_classes(f[a], f[b], method=method)
        for method in ("t", "welch", "paired-t", "rank-sum", "signed-rank")
    },
}


@pytest.fixture(scope="module")
def frame() -> Frame:
    random = np.random.default_rng(42)
    truth = np.arange(60) % 2
    a, b = (1 / (1 + np.exp(-random.normal(size=60) * 1.5 - shift * (2 * truth - 1))) for shift in (0.8, 0.4))
    return Frame({"truth": truth, "a": a, "b": b, "patient": np.arange(60) // 3})


@pytest.mark.parametrize("name", ESTIMATES)
def test_every_estimate_has_its_value_inside_its_interval_and_says_how(name: str, frame: Frame) -> None:
    estimate = ESTIMATES[name](frame, 0.9)
    assert estimate.low <= estimate.value <= estimate.high
    assert estimate.level == 0.9
    assert estimate.method
    assert 0 < estimate.n <= 60
    assert all(type(part) is float for part in (estimate.value, estimate.low, estimate.high))
    assert json.loads(json.dumps(estimate.to_dict(), allow_nan=False))["value"] == estimate.value


@pytest.mark.parametrize("name", ESTIMATES)
def test_every_interval_widens_with_its_level(name: str, frame: Frame) -> None:
    narrow, wide = (ESTIMATES[name](frame, level) for level in (0.6, 0.99))
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high
    assert wide.high - wide.low > narrow.high - narrow.low


@pytest.mark.parametrize("name", ESTIMATES)
def test_every_estimate_repeats_exactly(name: str, frame: Frame) -> None:
    assert ESTIMATES[name](frame, 0.95) == ESTIMATES[name](frame.copy(), 0.95)


@pytest.mark.parametrize("name", ESTIMATES)
def test_every_estimate_refuses_what_is_not_a_level(name: str, frame: Frame) -> None:
    with pytest.raises(EvaluationError) as caught:
        ESTIMATES[name](frame, 95.0)
    assert caught.value.field == "level"


@pytest.mark.parametrize("name", ESTIMATES)
def test_every_estimate_refuses_missing_values_and_no_values(name: str, frame: Frame) -> None:
    for broken in (frame.assign(a=frame.a.where(frame.index != 7)), frame.iloc[:0]):
        with pytest.raises(EvaluationError) as caught:
            ESTIMATES[name](broken, 0.95)
        assert caught.value.field
        assert caught.value.fix


@pytest.mark.parametrize("name", ESTIMATES)
@given(order=st.permutations(range(60)))
@settings(max_examples=8)
def test_no_estimate_depends_on_the_order_of_readings(name: str, order: list[int], frame: Frame) -> None:
    one, other = ESTIMATES[name](frame, 0.95), ESTIMATES[name](frame.iloc[order].reset_index(drop=True), 0.95)
    assert other.value == pytest.approx(one.value, abs=1e-9)
    # A bootstrap draws the readings by their place, so that another order is another draw.
    if "bootstrap" not in one.method:
        assert (other.low, other.high) == pytest.approx((one.low, one.high), abs=1e-9)


@pytest.mark.parametrize("name", OF_ORDER)
@given(slope=st.floats(0.1, 50), power=st.sampled_from([1 / 3, 1.0, 3.0]), shift=st.floats(-5, 5))
@settings(max_examples=8)
def test_strictly_rising_transforms_leave_estimates_of_order_as_they_are(
    name: str, slope: float, power: float, shift: float, frame: Frame
) -> None:
    curved = frame.assign(a=slope * frame.a**power + shift)
    # Rounding may join two scores that are all but equal; then nothing was strictly rising.
    if curved.a.nunique() == frame.a.nunique():
        assert ESTIMATES[name](curved, 0.95) == ESTIMATES[name](frame, 0.95)


@pytest.mark.parametrize("name", ["auc", "auc newcombe", "delong", "clustered_auc", "bootstrap auc"])
def test_scores_turned_round_give_one_minus_the_area(name: str, frame: Frame) -> None:
    one, other = ESTIMATES[name](frame, 0.9), ESTIMATES[name](frame.assign(a=-frame.a), 0.9)
    assert other.value == pytest.approx(1 - one.value, abs=1e-12)
    assert (other.low, other.high) == pytest.approx((1 - one.high, 1 - one.low), abs=1e-9)


@pytest.mark.parametrize("name", TESTS)
@given(order=st.permutations(range(60)))
@settings(max_examples=8)
def test_no_test_depends_on_the_order_of_readings(name: str, order: list[int], frame: Frame) -> None:
    one, other = TESTS[name](frame, "a", "b"), TESTS[name](frame.iloc[order].reset_index(drop=True), "a", "b")
    assert other.difference == pytest.approx(one.difference, abs=1e-12)
    if "random" not in one.method:
        assert other.p_value == pytest.approx(one.p_value, abs=1e-9)


# With a patient for each reading: clustered, and what it must equal.
SINGLY: dict[str, tuple[Callable[[Frame], Any], Callable[[Frame], Any]]] = {
    "auc": (lambda f: ev.clustered_auc(f.truth, f.a, f.index), lambda f: ev.delong(f.truth, f.a)),
    "auc test": (
        lambda f: ev.clustered_auc_test(f.truth, f.a, f.b, f.index),
        lambda f: ev.delong_test(f.truth, f.a, f.b),
    ),
    "bootstrap": (
        lambda f: ev.bootstrap("auc", f.truth, f.a, cluster=f.index, replicates=40),
        lambda f: ev.bootstrap("auc", f.truth, f.a, replicates=40),
    ),
    "bootstrap table": (
        lambda f: ev.bootstrap_table(f.truth, call=calls(f), cluster=f.index, replicates=40).npv,
        lambda f: ev.bootstrap_table(f.truth, call=calls(f), replicates=40).npv,
    ),
    "grade table": (
        lambda f: ev.grade_table(f.truth, calls(f), classes=[0, 1], cluster=f.index, replicates=40).quadratic_kappa,
        lambda f: ev.grade_table(f.truth, calls(f), classes=[0, 1], replicates=40).quadratic_kappa,
    ),
    "grades compared": (
        lambda f: ev.compare_grades(f.truth, calls(f), calls(f, "b"), classes=[0, 1], cluster=f.index).linear_kappa,
        lambda f: ev.compare_grades(f.truth, calls(f), calls(f, "b"), classes=[0, 1]).linear_kappa,
    ),
    "permutation": (
        lambda f: ev.permutation_test(f.truth, f.a, f.b, cluster=f.index, replicates=40),
        lambda f: ev.permutation_test(f.truth, f.a, f.b, replicates=40),
    ),
    "times": (
        lambda f: ev.compare_times(f.a, f.b, cluster=f.index),
        lambda f: ev.compare_times(f.a, f.b),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SINGLY)
def test_a_patient_for_each_reading_changes_nothing(name: str, frame: Frame) -> None:
    clustered, plain = (build(frame.set_index(frame.index + 100)) for build in SINGLY[name])
    for part in ("value", "difference", "p_value", "low", "high", "variance"):
        if hasattr(plain, part) and getattr(plain, part) is not None:
            assert getattr(clustered, part) == pytest.approx(getattr(plain, part), abs=1e-12), part


@pytest.mark.parametrize("name", TESTS)
def test_every_test_of_two_readers_is_symmetric(name: str, frame: Frame) -> None:
    one, other = TESTS[name](frame, "a", "b"), TESTS[name](frame, "b", "a")
    assert one.p_value == pytest.approx(other.p_value)
    assert one.difference == pytest.approx(-other.difference)
    if one.low is not None:
        assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


@pytest.mark.parametrize("name", TESTS)
def test_every_test_has_a_p_value_and_a_difference_inside_its_interval(name: str, frame: Frame) -> None:
    test = TESTS[name](frame, "a", "b")
    assert 0 < test.p_value <= 1
    assert test.low is None or test.low <= test.difference <= test.high
    assert test.method
    assert json.dumps(test.to_dict(), allow_nan=False)


@pytest.mark.parametrize("name", TESTS)
def test_every_test_of_a_reader_against_itself_has_p_one(name: str, frame: Frame) -> None:
    test = TESTS[name](frame, "a", "a")
    assert test.p_value == pytest.approx(1)
    assert test.difference == 0


@pytest.mark.parametrize("name", TESTS)
def test_every_test_refuses_missing_values(name: str, frame: Frame) -> None:
    with pytest.raises(EvaluationError) as caught:
        TESTS[name](frame.assign(b=frame.b.where(frame.index != 7)), "a", "b")
    assert caught.value.field
