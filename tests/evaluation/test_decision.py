import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import net_benefit


@pytest.mark.parametrize("model", ["cancerpredmarker", "p_full", "p_marker"])
def test_the_curve_equals_r_dcurves(model: str, shared) -> None:
    inputs, expected = shared("dca_inputs.csv"), shared("dca_expected.csv")
    rows = expected[expected.variable == model]
    ours = net_benefit(inputs.cancer, inputs[model], rows.threshold.to_numpy())
    assert ours.value == pytest.approx(rows.net_benefit.to_numpy(), abs=1e-9)
    assert ours.true_positive == pytest.approx(rows.tp_rate.to_numpy(), abs=1e-9)
    everyone = expected[expected.variable == "all"].net_benefit.to_numpy()
    assert ours.act_on_all == pytest.approx(everyone, abs=1e-9)
    assert len(rows) == 100


samples = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2, max_size=30)


@given(samples, st.floats(0, 0.99))
def test_net_benefit_is_its_plain_formula_and_inside_its_interval(rows, threshold: float) -> None:
    truth, p = (np.array(column) for column in zip(*rows, strict=True))
    act = p >= threshold
    plain = (np.sum(act & (truth == 1)) - np.sum(act & (truth == 0)) * threshold / (1 - threshold)) / len(truth)
    ours = net_benefit(truth, p, [threshold])
    assert ours.value[0] == pytest.approx(plain, abs=1e-9)
    assert ours.low[0] <= ours.value[0] <= ours.high[0]


@given(samples)
def test_acting_on_everyone_is_the_reader_at_threshold_zero(rows) -> None:
    truth, p = zip(*rows, strict=True)
    ours = net_benefit(truth, p, [0.0])
    assert ours.value[0] == pytest.approx(ours.act_on_all[0])


def test_a_stated_prevalence_weighs_the_two_rates() -> None:
    ours = net_benefit([1, 1, 0, 0], [0.9, 0.2, 0.8, 0.1], [0.5], prevalence=0.1)
    assert ours.value[0] == pytest.approx(0.5 * 0.1 - 0.5 * 0.9)
    assert ours.prevalence == 0.1


def test_at_the_samples_prevalence_nothing_changes() -> None:
    truth, p = [1, 1, 0, 0], [0.9, 0.2, 0.8, 0.1]
    assert net_benefit(truth, p, prevalence=0.5).value == pytest.approx(net_benefit(truth, p).value)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (([0, 1], [0.5, 1.5]), {}),
        (([0, 1], [0.5, 0.5], [1.0]), {}),
        (([0, 1], [0.5, 0.5], [-0.1]), {}),
        (([0, 1], [0.5]), {}),
        (([1, 1], [0.5, 0.5]), {"prevalence": 0.1}),
        (([0, 1], [0.5, 0.5]), {"prevalence": 1.0}),
    ],
)
def test_bad_input_is_a_clear_error(arguments, options) -> None:
    with pytest.raises(EvaluationError) as caught:
        net_benefit(*arguments, **options)
    assert caught.value.field
