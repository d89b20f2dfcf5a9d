import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import aggregate_calls, aggregate_scores, aggregate_truth

LESION = ["b", "b", "a", "a", "a", "c"]


def test_a_lesion_is_recognised_if_any_of_its_images_is() -> None:
    result = aggregate_calls(LESION, [0, 1, 0, 0, 0, 1], rule="any")
    assert result.units.tolist() == ["b", "a", "c"]
    assert result.values.tolist() == [True, False, True]
    assert result.sizes.tolist() == [2, 3, 1]


def test_all_and_majority_are_stricter() -> None:
    call = [0, 1, 1, 1, 0, 1]
    assert aggregate_calls(LESION, call, rule="all").values.tolist() == [False, False, True]
    assert aggregate_calls(LESION, call, rule="majority").values.tolist() == [False, True, True]


def test_scores_take_the_largest_or_the_mean() -> None:
    score = [-1.0, -3.0, 1.0, 2.0, 3.0, 9.0]
    assert aggregate_scores(LESION, score).values.tolist() == [-1, 3, 9]
    assert aggregate_scores(LESION, score, rule="mean").values.tolist() == [-2, 2, 9]


def test_scores_of_several_classes_keep_their_columns() -> None:
    values = aggregate_scores(["x", "x", "y"], [[0.1, 0.9], [0.6, 0.4], [0.5, 0.5]]).values
    assert values.tolist() == [[0.6, 0.9], [0.5, 0.5]]


def test_a_unit_has_one_truth() -> None:
    assert aggregate_truth(LESION, ["s", "s", "n", "n", "n", "s"]).values.tolist() == ["s", "n", "s"]
    with pytest.raises(EvaluationError, match="several truths: a"):
        aggregate_truth(LESION, ["s", "s", "n", "s", "n", "s"])


@given(st.lists(st.tuples(st.integers(0, 4), st.floats(-5, 5)), min_size=1, max_size=30), st.floats(-5, 5))
def test_any_of_the_calls_is_the_call_of_the_largest_score(rows, threshold: float) -> None:
    unit, score = (np.array(column) for column in zip(*rows, strict=True))
    calls = aggregate_calls(unit, score >= threshold).values
    assert (calls == (aggregate_scores(unit, score).values >= threshold)).all()


@pytest.mark.parametrize(
    ("unit", "call", "rule"),
    [(["a"], [1, 0], "any"), (["a", None], [1, 0], "any"), (["a"], [2], "any"), (["a"], [1], "one")],
)
def test_bad_input_is_a_clear_error(unit, call, rule: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        aggregate_calls(unit, call, rule=rule)
    assert caught.value.field in {"unit", "call", "rule"}


def test_no_readings_are_refused() -> None:
    with pytest.raises(EvaluationError, match="no values"):
        aggregate_scores([], [])
