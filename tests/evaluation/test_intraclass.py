import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import icc
from readingroom.evaluation.intraclass import FORMS

IRR = {"ICC(1)": "oneway_single", "ICC(k)": "oneway_avg", "ICC(A,1)": "twoway_agree_single",
       "ICC(A,k)": "twoway_agree_avg", "ICC(C,1)": "twoway_cons_single", "ICC(C,k)": "twoway_cons_avg"}  # fmt: skip


def test_the_committed_ratings_equal_irr(reference) -> None:
    table, expected = reference("annotators.csv"), reference("annotators_expected.json")
    ours, one = icc(table), expected["icc_a1"]
    assert (ours.value, ours.low, ours.high) == pytest.approx((one["value"], one["lbound"], one["ubound"]), abs=1e-9)
    assert icc(table, form="ICC(C,1)").value == pytest.approx(expected["icc_c1"], abs=1e-9)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_equals_irr_on_its_own_example(form: str, shared) -> None:
    expected = shared("kappa_expected.json")["results"]["icc_anxiety"][IRR[form]]
    ours = icc(shared("irr_anxiety.csv"), form=form)
    assert ours.value == pytest.approx(expected["value"], abs=1e-9)
    if form != "ICC(A,k)":
        assert (ours.low, ours.high) == pytest.approx((expected["lbound"], expected["ubound"]), abs=1e-9)


def test_limits_of_the_mean_under_absolute_agreement_equal_psych(shared) -> None:
    rows = shared("kappa_expected.json")["results"]["icc_anxiety_psych"]
    (expected,) = (row for row in rows if row["type"] == "ICC2k")
    ours = icc(shared("irr_anxiety.csv"), form="ICC(A,k)")
    assert (ours.low, ours.high) == pytest.approx((expected["lower bound"], expected["upper bound"]), abs=1e-9)


def test_shrout_and_fleiss_have_their_published_values() -> None:
    table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    rounded = [round(icc(table, form=form).value, 2) for form in ("ICC(1)", "ICC(A,1)", "ICC(C,1)")]
    assert rounded == [0.17, 0.29, 0.71]


@given(st.integers(0, 10**6), st.sampled_from(sorted(FORMS)))
def test_the_interval_contains_the_value_and_a_shift_of_all_changes_nothing(seed: int, form: str) -> None:
    table = np.random.default_rng(seed).normal(size=(8, 3)) + np.arange(8)[:, None] / 2
    ours = icc(table, form=form)
    assert ours.low <= ours.value <= ours.high
    assert icc(table * 3 + 7, form=form).value == pytest.approx(ours.value)


def test_perfect_agreement_is_one_and_no_spread_is_not_defined() -> None:
    assert icc([[1, 1], [2, 2], [5, 5]]).value == 1
    assert icc([[2, 2], [2, 2]]).value is None


@pytest.mark.parametrize("table", [[[1, 2]], [[1], [2]], [[1, np.nan], [2, 3]], [1, 2]])
def test_bad_ratings_are_a_clear_error(table) -> None:
    with pytest.raises(EvaluationError) as caught:
        icc(table)
    assert caught.value.field == "ratings"


def test_an_unknown_form_is_refused_with_the_forms() -> None:
    with pytest.raises(EvaluationError, match=r"ICC\(A,1\)"):
        icc([[1, 2], [2, 3]], form="ICC(2,1)")
