import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import AreaGoal, ReaderGoal, ShareGoal, proportion_limits, sample_size

PILOT = {"modality:reader": 0.0002004, "error": 0.00080229, "cov1": 0.00034661, "cov2": 0.00034407, "cov3": 0.00023903}


def test_one_area_against_chance_needs_what_proc_says(shared) -> None:
    expected = shared("aSAH_expected.json")["power"]["ncases_auc0.8_power0.9"]["ncases"]
    assert sample_size(AreaGoal(0.8, power=0.9)).positives == int(np.ceil(expected))


@given(st.floats(0.05, 0.95), st.floats(0.02, 0.4), st.sampled_from(["wilson", "clopper-pearson", "agresti-coull"]))
@settings(max_examples=15)
def test_the_cases_suffice_and_one_fewer_do_not(expected: float, width: float, method: str) -> None:
    n = sample_size(ShareGoal(expected, width, method=method)).positives
    for size, enough in ((n, True), (n - 1, False)):
        low, high = proportion_limits(expected * size, size, method=method)
        assert bool(high - low <= width) is enough or size < 2


def test_a_prevalence_gives_the_total_and_a_design_effect_multiplies() -> None:
    plan = sample_size(ShareGoal(0.9, 0.1, prevalence=0.25))
    assert (plan.positives, plan.cases, plan.negatives) == (141, 564, 423)
    assert sample_size(ShareGoal(0.9, 0.1, effect=2.0)).positives == 282


def test_a_stronger_correlation_needs_fewer_cases() -> None:
    sizes = [sample_size(AreaGoal(0.9, 0.85, correlation=r)).cases for r in (0.0, 0.3, 0.6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 1.8 * sizes[2]


@given(st.floats(0.6, 0.95), st.sampled_from([0.5, 1.0, 3.0]))
def test_more_power_needs_more_cases_and_the_ratio_is_kept(area: float, ratio: float) -> None:
    weak, strong = (sample_size(AreaGoal(area, ratio=ratio, power=power)) for power in (0.7, 0.95))
    assert strong.positives > weak.positives
    assert abs(strong.negatives - ratio * strong.positives) <= max(1, ratio)


def test_more_readers_need_fewer_cases_and_reach_the_power() -> None:
    plans = [sample_size(ReaderGoal(0.05, readers, PILOT, 114)) for readers in (5, 10, 20)]
    assert [plan.cases for plan in plans] == sorted((plan.cases for plan in plans), reverse=True)
    for plan in plans:
        assert 0.8 <= plan.power < 0.83


def test_readers_that_differ_too_much_can_never_reach_the_power() -> None:
    with pytest.raises(EvaluationError, match="3 readers cannot reach"):
        sample_size(ReaderGoal(0.01, 3, PILOT, 114))


@pytest.mark.parametrize(
    ("goal", "field"),
    [
        (ShareGoal(1.0, 0.1), "expected"),
        (ShareGoal(0.9, 0.0), "width"),
        (ShareGoal(0.9, 0.1, prevalence=0.0), "prevalence"),
        (ShareGoal(0.9, 0.1, effect=0.5), "effect"),
        (ShareGoal(0.9, 0.1, method="wald"), "method"),
        (AreaGoal(0.8, 0.8, correlation=0.2), "other"),
        (AreaGoal(1.2), "area"),
        (AreaGoal(0.8, power=0.01), "power"),
        (AreaGoal(0.8, ratio=0.0), "ratio"),
        (AreaGoal(0.8, 0.7, correlation=1.0), "correlation"),
        (ReaderGoal(0.05, 1, PILOT, 100), "components"),
        (ReaderGoal(0.05, 5, {"error": 0.1}, 100), "components"),
    ],
)
def test_an_impossible_goal_names_its_field(goal, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        sample_size(goal)
    assert caught.value.field == field
