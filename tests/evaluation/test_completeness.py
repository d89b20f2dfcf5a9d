"""Completeness on examples worked by hand."""

from __future__ import annotations

import pytest

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.clustered import clustered_proportion
from readingroom.evaluation.completeness import completeness
from readingroom.evaluation.proportions import proportion

PLACES = {"A": ["a"], "B": ["b", "bb"], "C": ["c"], "D": []}
PATIENT = ["p", "p", "p", "q", "q", "q"]
ANSWER = ["a", "a", "bb", "c", "x", None]
SCORE = [0.9, 0.4, 0.6, 0.3, 0.9, 0.9]


def found(**options):
    return completeness(PATIENT, ANSWER, PLACES, **options)


def test_several_images_of_a_place_and_several_sites_of_a_place_count_together():
    assert found().images.to_dict("index") == {"p": {"A": 2, "B": 1, "C": 0}, "q": {"A": 0, "B": 0, "C": 1}}


def test_the_best_score_of_a_place_is_kept():
    best = found(score=SCORE).best
    assert best.loc["p", "A"] == 0.9
    assert best.isna().sum().sum() == 3


def test_names_that_are_no_site_count_for_nothing_and_are_told():
    assert found().unknown == {"x": 1}
    assert found(others=["x"]).unknown == {}


def test_a_place_without_sites_is_set_aside():
    assert found().undocumentable == ("D",)
    assert "D" not in found().images


def test_answers_below_the_least_score_do_not_count_and_are_told():
    strict = found(score=SCORE, least=0.5)
    assert strict.unsure == 2
    assert strict.images.to_dict("index") == {"p": {"A": 1, "B": 1, "C": 0}, "q": {"A": 0, "B": 0, "C": 0}}


def test_a_score_equal_to_the_least_counts():
    assert found(score=SCORE, least=0.6).images.loc["p", "B"] == 1


def test_the_table_of_a_patient_names_what_is_missing():
    table = found().by_patient()
    assert table["documented"].tolist() == [2, 1]
    assert table["missing"].tolist() == ["C", "A, B"]
    assert table["share"].tolist() == pytest.approx([2 / 3, 1 / 3])


def test_places_most_often_missed_come_first_with_wilson_limits():
    table = completeness(PATIENT, ANSWER, PLACES, patients=["p", "q", "r"]).by_place()
    assert table["missed"].tolist() == [2, 2, 2]
    one = found(score=SCORE, least=0.5).by_place().iloc[0]
    assert (one["place"], one["missed"], one["share"]) == ("C", 2, 1.0)
    assert one["low"] == pytest.approx(proportion(2, 2).low)


def test_a_patient_without_any_image_counts_as_nothing_seen():
    with_r = found(patients=["p", "q", "r"])
    assert with_r.by_patient()["documented"].tolist() == [2, 1, 0]
    assert with_r.share_seen().value == pytest.approx(3 / 9)


def test_the_interval_of_the_share_seen_counts_patients():
    expected = clustered_proportion([1, 1, 0, 0, 0, 1], ["p"] * 3 + ["q"] * 3)
    assert found().share_seen() == expected
    assert found().share_complete().value == 0.0


@pytest.mark.parametrize(
    "arguments",
    [
        {"answer": ["a"]},
        {"patient": ["p", None]},
        {"patients": ["p"]},
        {"least": 0.5},
        {"score": [0.5]},
        {"score": [0.5, float("nan")]},
        {"score": ["high", "low"]},
        {"required": {"D": []}},
        {"patient": [], "answer": []},
    ],
)
def test_what_cannot_be_counted_is_refused(arguments):
    with pytest.raises(EvaluationError):
        completeness(**{"patient": ["p", "q"], "answer": ["a", "b"], "required": PLACES, **arguments})
