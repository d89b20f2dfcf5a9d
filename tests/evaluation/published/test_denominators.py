"""The number of cases behind a column of rates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.evaluation.published import denominators, read_printed
from readingroom.evaluation.published.denominators import fitting

SENSITIVITIES = ("82.83", "94.95", "75.76", "80.80", "96.97", "73.74", "75.76", "100.00")


def test_multiples_of_one_share_give_their_number_away() -> None:
    column = [read_printed(f"{text}%") for text in SENSITIVITIES]
    found = denominators(column)
    assert found is not None
    assert (found.smallest, found.others) == (99, (198, 297, 396, 495))
    assert [column[place].text for place in found.cut] == ["80.80%"]
    assert found.chance < 1e-4


def test_few_coarse_figures_are_no_evidence() -> None:
    found = denominators([read_printed("95%"), read_printed("90%")])
    assert found is not None
    assert found.smallest == 20
    assert found.chance > 0.02
    nothing = denominators([read_printed("0%"), read_printed("100%")])
    assert nothing is not None
    assert (nothing.smallest, nothing.chance) == (1, 1)


def test_where_nothing_fits_there_is_none() -> None:
    assert denominators([read_printed("0.3333"), read_printed("0.5")], most=5) is None


@given(st.integers(1, 400), st.lists(st.integers(0, 400), min_size=1, max_size=6))
def test_the_true_number_always_fits_and_the_smallest_is_not_above_it(n: int, counts: list[int]) -> None:
    column = [read_printed(f"{100 * min(count, n) / n:.2f}%") for count in counts]
    found = denominators(column)
    assert found is not None
    assert found.smallest <= n
    assert fitting(column, n, cut=False)[n - 1]


@pytest.mark.parametrize("cut", [True, False])
def test_fitting_agrees_with_the_counts_of_each_number(cut: bool) -> None:
    column = [read_printed("61.3%"), read_printed("0.48")]
    fits = fitting(column, 300, cut=cut)
    assert fits.tolist() == [all(f.counts(n, cut=cut) for f in column) for n in range(1, 301)]
