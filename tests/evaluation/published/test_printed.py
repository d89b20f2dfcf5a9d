"""Printed figures."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.published import read_printed


@pytest.mark.parametrize(
    ("text", "per_cent", "units", "scale", "said"),
    [
        ("82.83", None, 8283, 10_000, "82.83%"),
        ("0.961", None, 961, 1000, "0.961"),
        ("95 %", None, 95, 100, "95%"),
        ("９５．０％", None, 950, 1000, "95.0%"),
        (".5", None, 5, 10, ".5"),
        ("0.00", True, 0, 10_000, "0.00%"),
        ("1", False, 1, 1, "1"),
        ("100", True, 100, 100, "100%"),
        ("0.9606986899563319", None, 960_698_690, 10**9, "0.9606986899563319"),
    ],
)
def test_a_figure_keeps_its_digits(text: str, per_cent: bool | None, units: int, scale: int, said: str) -> None:
    figure = read_printed(text, per_cent=per_cent)
    assert (figure.units, figure.scale, figure.text) == (units, scale, said)


@pytest.mark.parametrize("text", ["", "%", ".", "n/a", "-0.5", "0.9 (0.8-1)", "101%", "<0.1", "1e-3", "nan"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(EvaluationError):
        read_printed(text)


def test_a_tie_may_be_rounded_either_way() -> None:
    assert list(read_printed("0.12").counts(8)) == [1]
    assert list(read_printed("0.13").counts(8)) == [1]


def test_digits_that_were_cut_off_are_told_from_rounded_ones() -> None:
    figure = read_printed("80.80%")
    assert not figure.counts(99)
    assert list(figure.counts(99, cut=True)) == [80]
    assert not figure.fits(Fraction(80, 99))
    assert figure.fits(Fraction(80, 99), cut=True)


@given(st.integers(1, 3000), st.integers(0, 9999), st.booleans())
def test_counts_are_those_that_fit(n: int, units: int, cut: bool) -> None:
    figure = read_printed(f"{units / 100:.2f}%")
    assert list(figure.counts(n, cut=cut)) == [k for k in range(n + 1) if figure.fits(Fraction(k, n), cut=cut)]
