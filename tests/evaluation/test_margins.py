import pytest
from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import Estimate, Test, compare_over_classes, delong_test, non_inferiority


def test_it_is_concluded_exactly_where_the_lower_limit_passes_the_margin() -> None:
    difference = Estimate(-0.01, -0.04, 0.02, 0.95, "any", 200)
    assert non_inferiority(difference, 0.0401).concluded is True
    assert non_inferiority(difference, 0.0399).concluded is False


def test_the_p_value_is_one_sided_and_passes_two_and_a_half_per_cent_there(scores) -> None:
    difference = delong_test(scores.truth, scores.reader_b, scores.reader_a)
    at_the_limit = non_inferiority(difference, -difference.low)
    assert at_the_limit.p_value == pytest.approx(0.025, abs=1e-9)
    assert at_the_limit.difference == difference.difference


def test_student_s_difference_is_tested_by_student() -> None:
    difference = compare_over_classes([1.0, 2.0, 4.0, 3.5], [2.0, 2.5, 4.5, 3.0], method="paired-t")
    ours = non_inferiority(difference, 1.0)
    t = (difference.difference + 1) / difference.variance**0.5
    assert ours.p_value == pytest.approx(stats.t.sf(t, 3))


def test_a_difference_without_interval_concludes_nothing() -> None:
    ours = non_inferiority(Test(None, 0.5, 0.1, None, None, "any"), 0.05)
    assert ours.concluded is None
    assert ours.p_value is None


@pytest.mark.parametrize("margin", [0, -0.1, float("nan")])
def test_a_margin_must_be_above_zero(margin: float) -> None:
    with pytest.raises(EvaluationError, match="not a margin"):
        non_inferiority(Estimate(0.0, -0.1, 0.1, 0.95, "any", 10), margin)


def test_a_difference_that_is_not_defined_is_refused() -> None:
    with pytest.raises(EvaluationError, match="not defined"):
        non_inferiority(Estimate(None, None, None, 0.95, "any", 10), 0.1)
