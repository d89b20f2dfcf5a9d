import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, special

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import calibration_line, temperature


def test_slope_and_intercept_equal_rms(reference) -> None:
    table, expected = reference("calibration.csv"), reference("calibration_expected.json")["val_prob"]
    line = calibration_line(table.truth, table.probability)
    assert line.slope.value == pytest.approx(expected["Slope"], abs=1e-9)
    assert line.intercept.value == pytest.approx(expected["Intercept"], abs=1e-9)


def test_lines_and_wald_intervals_equal_r_s_glm(shared) -> None:
    expected = shared("calibration_expected.json")["results"]
    for name, table in shared("calibration_inputs.csv").groupby("set"):
        if name in expected:
            line = calibration_line(table.y, table.p)
            # R's glm stops when the deviance changes by less than 1e-8; its errors are those of the step before.
            for ours, theirs in (
                (line.slope, "calibration_slope"),
                (line.in_the_large, "calibration_intercept_given_slope1"),
            ):
                assert ours.value == pytest.approx(expected[name][theirs]["est"], abs=1e-7)
                assert (ours.low, ours.high) == pytest.approx(tuple(expected[name][theirs]["ci95_wald"]), abs=2e-5)


def test_lines_of_every_further_set_equal_rms(shared) -> None:
    expected, checked = shared("calibration_expected.json")["results"], 0
    for name, table in shared("calibration_inputs.csv").groupby("set"):
        if name in expected:
            line, theirs = calibration_line(table.y, table.p), expected[name]["val_prob"]
            # rms' lrm.fit stops when the log-likelihood changes by less than 2.5e-5.
            assert line.slope.value == pytest.approx(theirs["Slope"], abs=1e-6)
            assert line.intercept.value == pytest.approx(theirs["Intercept"], abs=1e-6)
            checked += 1
    assert checked == 5


def test_probabilities_moved_along_a_line_give_the_line_back() -> None:
    random = np.random.default_rng(4)
    p = random.random(4000)
    truth = random.random(4000) < special.expit(0.5 + 2 * special.logit(p))
    line = calibration_line(truth, p)
    assert line.slope.low < 2 < line.slope.high
    assert line.intercept.low < 0.5 < line.intercept.high


def test_probabilities_of_zero_and_one_are_left_out_and_counted() -> None:
    line = calibration_line([0, 1, 0, 1, 0, 1], [0.2, 0.4, 0.6, 0.7, 0.0, 1.0])
    assert line.slope.n == 4
    assert "2 probabilities" in line.slope.note


def test_perfect_separation_and_equal_probabilities_have_no_line() -> None:
    assert calibration_line([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]).slope.value is None
    equal = calibration_line([0, 1, 0, 1], [0.5] * 4)
    assert equal.slope.value is None
    assert equal.in_the_large.value == pytest.approx(0)


def test_one_class_has_no_line() -> None:
    with pytest.raises(EvaluationError, match="all 2 are positive"):
        calibration_line([1, 1], [0.5, 0.6])


@given(st.integers(0, 10**6))
def test_the_temperature_is_where_a_general_minimiser_finds_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    logits, truth = random.normal(size=(60, 3)) * 2, random.integers(0, 3, 60)
    logits[np.arange(60), truth] += 1

    def loss(log_t: float) -> float:
        scaled = logits / np.exp(log_t)
        return -np.mean(scaled[np.arange(60), truth] - special.logsumexp(scaled, axis=1))

    ours = temperature(truth, logits)
    found = optimize.minimize_scalar(loss, bounds=(-5, 5), method="bounded", options={"xatol": 1e-9}).x
    assert np.log(ours.value) == pytest.approx(found, abs=1e-6)
    assert ours.low < ours.value < ours.high


def test_logits_scaled_by_three_have_three_times_the_temperature() -> None:
    logits, truth = np.array([[2.0, 0.0], [2.0, 0.0], [2.0, 0.0], [0.0, 2.0]]), [0, 0, 1, 1]
    assert temperature(truth, 3 * logits).value == pytest.approx(3 * temperature(truth, logits).value)


def test_logarithms_of_probabilities_give_the_same_temperature() -> None:
    logits, truth = np.array([[2.0, 0.0], [1.0, 0.0], [2.0, 0.5], [0.0, 2.0]]), [0, 0, 1, 1]
    assert temperature(truth, special.log_softmax(logits, axis=1)).value == pytest.approx(
        temperature(truth, logits).value
    )


def test_a_network_that_is_always_right_or_useless_has_no_temperature() -> None:
    assert temperature([0, 1], [[2.0, 0.0], [0.0, 2.0]]).value is None
    assert temperature([1, 0], [[2.0, 0.0], [0.0, 2.0]]).value is None


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(EvaluationError, match="none of the classes"):
        temperature([2], [[0.0, 1.0]])


def test_a_temperature_that_the_readings_hardly_tell_has_no_interval() -> None:
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 40)
    logits = np.zeros((40, 2))
    logits[:, 1] = rng.normal(0, 1e-4, 40)
    logits[:, 1] += 1e-7 * (truth - 0.5)
    found = temperature(truth, logits)
    assert (found.low is None) == (found.high is None)
    assert found.value is None or found.low is None or 0 < found.low <= found.value <= (found.high or 0)


@pytest.mark.parametrize("seed", range(40))
def test_readers_at_chance_never_stop_the_calibration(seed: int) -> None:
    rng = np.random.default_rng(seed)
    temperature(rng.integers(0, 2, 30), rng.normal(0, 8, (30, 2)))
