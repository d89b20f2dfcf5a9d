"""Documented places of a reader against the reference standard, worked by hand and against the plain table."""

from __future__ import annotations

import numpy as np
import pytest

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.completeness import completeness
from readingroom.evaluation.documented import compare_documented
from readingroom.evaluation.proportions import proportion

ASKED = {"A": ["a"], "B": ["b"], "C": ["c"]}
EXAM = ["p", "p", "p", "q", "q", "q", "r", "r", "r"]
TRUTH = ["a", "b", "b", "a", "b", "c", "c", "c", "c"]
SAID = ["b", "a", "c", "a", "b", "b", "c", "a", "c"]


def found(patient=None):
    return compare_documented(completeness(EXAM, TRUTH, ASKED), completeness(EXAM, SAID, ASKED), patient=patient)


def test_sensitivity_and_specificity_count_places_of_examinations():
    # Documented: p A B, q A B C, r C; the reader says p A B C, q A B, r A C.
    counts = found().overall.counts
    assert {name: counts[name] for name in ("tp", "fn", "fp", "tn")} == {"tp": 5, "fn": 1, "fp": 2, "tn": 1}
    assert found().overall.sensitivity.value == pytest.approx(5 / 6)


def test_errors_that_cancel_each_other_do_no_harm():
    agreement = found()
    assert agreement.reference.loc["p", ["A", "B"]].all()
    assert agreement.answered.loc["p", ["A", "B"]].all()


def test_each_place_has_wilsons_interval_where_each_examination_is_of_another_patient():
    estimate, plain = found().by_place["C"].sensitivity, proportion(1, 2)
    assert (estimate.value, estimate.low, estimate.high) == (plain.value, plain.low, plain.high)


def test_examinations_of_one_patient_widen_the_interval_of_a_place():
    exams = [f"{n}" for n in range(8)]
    truth, said = ["a"] * 8, ["a"] * 4 + ["b"] * 4
    tables = [completeness(exams, answers, ASKED) for answers in (truth, said)]
    alone, paired = (compare_documented(*tables, patient=p) for p in (None, np.repeat([0, 1, 2, 3], 2)))
    widths = [one.by_place["A"].sensitivity for one in (alone, paired)]
    assert widths[1].high - widths[1].low > widths[0].high - widths[0].low


def test_the_mean_difference_is_that_of_the_means():
    agreement = found()
    assert agreement.mean_reference.value == pytest.approx(2.0)
    assert agreement.mean_answered.value == pytest.approx(7 / 3)
    assert agreement.mean_difference.value == pytest.approx(1 / 3)
    assert agreement.mean_difference.low <= 1 / 3 <= agreement.mean_difference.high


def test_one_patient_alone_gives_means_without_an_interval():
    one = compare_documented(completeness(["p"], ["a"], ASKED), completeness(["p"], ["b"], ASKED))
    assert (one.mean_reference.value, one.mean_reference.low) == (1.0, None)


def test_tables_of_other_examinations_are_refused():
    with pytest.raises(EvaluationError, match="other examinations or places"):
        compare_documented(completeness(["p"], ["a"], ASKED), completeness(["q"], ["a"], ASKED))
