import numpy as np
import pytest

from readingroom.core.errors import StudyFileError
from readingroom.training.threshold import choose_threshold

TRUTH = np.array([False, False, False, True, True, True])
SCORE = np.array([0.1, 0.2, 0.6, 0.4, 0.7, 0.9])


def test_youdens_threshold_lies_between_scores_so_that_no_rounding_moves_a_call() -> None:
    chosen = choose_threshold(TRUTH, SCORE, "youden")
    assert chosen.rule == "youden"
    assert chosen.split == "validation"
    assert not np.isclose(SCORE, chosen.value).any()
    assert (chosen.value <= SCORE).tolist() == [False, False, True, True, True, True]


def test_a_sensitivity_can_be_asked_for() -> None:
    called = choose_threshold(TRUTH, SCORE, "sensitivity>=0.9").value <= SCORE
    assert called[TRUTH].all()


def test_a_given_number_is_taken_as_it_is() -> None:
    chosen = choose_threshold(TRUTH[:0], SCORE[:0], 0.37)
    assert (chosen.value, chosen.rule, chosen.split) == (0.37, "fixed", "study file")


def test_without_both_classes_in_validation_there_is_no_threshold() -> None:
    with pytest.raises(StudyFileError, match="no threshold can be chosen") as caught:
        choose_threshold(TRUTH[:3], SCORE[:3], "youden")
    assert caught.value.field == "evaluation.threshold"
