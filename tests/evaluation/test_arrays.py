import numpy as np
import pandas as pd
import pytest

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import binary, clusters, coded, matrix, numbers, probabilities, same_length


@pytest.mark.parametrize(
    "values",
    [[True, False], [1, 0], [1.0, 0.0], pd.Series([1, 0], index=[5, 6]), np.array([True, False], dtype=object)],
)
def test_booleans_and_zeros_and_ones_are_binary(values: object) -> None:
    assert binary(values).tolist() == [True, False]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [["0", "1"], [0, 2], [0, np.nan], [None, 1], [], [[0, 1]], pd.array([1, None], dtype="Int64"), 1, [0.5]],
)
def test_anything_else_is_refused_with_its_field(values: object) -> None:
    with pytest.raises(EvaluationError) as caught:
        binary(values, "truth")  # type: ignore[arg-type]
    assert caught.value.field == "truth"


def test_the_message_names_the_first_bad_value_and_how_many_more() -> None:
    with pytest.raises(EvaluationError, match=r"value number 2, 7, is neither 0 nor 1 \(and 1 more\)"):
        binary([0, 7, 1, 8])


@pytest.mark.parametrize("values", [[1, np.nan], [1, np.inf], ["a", "b"], [None], []])
def test_numbers_that_are_not_finite_are_refused(values: object) -> None:
    with pytest.raises(EvaluationError):
        numbers(values)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-0.01, 1.01])
def test_a_probability_outside_zero_to_one_is_refused(value: float) -> None:
    with pytest.raises(EvaluationError, match="is not a probability"):
        probabilities([0.5, value])


def test_differing_lengths_are_named() -> None:
    with pytest.raises(EvaluationError, match="truth has 2, score has 3"):
        same_length(truth=np.zeros(2), score=np.zeros(3))


def test_an_unknown_class_is_named_with_those_known() -> None:
    with pytest.raises(EvaluationError, match="Rf3, is none of the classes Rf0, Rf1"):
        coded(["Rf0", "Rf3"], ["Rf0", "Rf1"], "predicted")


def test_chinese_classes_and_integers_are_found() -> None:
    assert coded(["贲门", "胃角"], ["胃角", "贲门"], "truth").tolist() == [1, 0]
    assert coded([2, 0], [0, 1, 2], "truth").tolist() == [2, 0]


def test_a_class_named_twice_is_refused() -> None:
    with pytest.raises(EvaluationError, match="Name each class once"):
        coded(["a"], ["a", "a"], "truth")


def test_a_missing_cluster_is_refused() -> None:
    with pytest.raises(EvaluationError, match="missing"):
        clusters(["p1", None])


def test_a_matrix_with_a_hole_or_of_another_width_is_refused() -> None:
    with pytest.raises(EvaluationError, match="value number 2"):
        matrix([[1, 2], [np.nan, 1]], "scores")
    with pytest.raises(EvaluationError, match=r"\(readings, 3\)"):
        matrix([[1, 2]], "scores", columns=3)
