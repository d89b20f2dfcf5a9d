"""Grades as numbers."""

from __future__ import annotations

import numpy as np
import pytest

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import expected_grade, grade_values, nearest_grade


def test_grades_that_are_numbers_keep_them() -> None:
    assert grade_values(["1", "2", "4"]).tolist() == [1, 2, 4]


@pytest.mark.parametrize("classes", [["Rf0", "Rf1", "Rf2"], ["2", "1", "0"], ["0", "1", "nan"]])
def test_other_grades_are_counted_from_zero(classes: list[str]) -> None:
    assert grade_values(classes).tolist() == [0, 1, 2]


def test_a_sure_reader_expects_the_grade_itself() -> None:
    assert expected_grade(np.eye(3), [0, 1, 2]).tolist() == [0, 1, 2]


def test_midway_is_the_higher_grade_and_beyond_the_last_is_the_last() -> None:
    assert nearest_grade([-0.4, 0.49, 0.5, 2.5, 9], [0, 1, 2, 3]).tolist() == [0, 0, 1, 3, 3]


def test_grades_that_do_not_rise_have_no_nearest() -> None:
    with pytest.raises(EvaluationError, match="do not rise"):
        nearest_grade([1.0], [2, 1])
