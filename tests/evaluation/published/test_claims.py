"""Claims of one reader being better than another, from their counts alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import mcnemar
from readingroom.evaluation.published import compare_counts


@pytest.mark.parametrize(
    ("first", "second", "n", "fisher", "corrected", "paired"),
    [(220, 218, 229, 0.8198, 0.8191, (0.5, 0.8238)), (92, 89, 101, 0.6457, 0.6448, (0.25, 0.6636))],
)
def test_better_than_the_senior(
    first: int, second: int, n: int, fisher: float, corrected: float, paired: tuple[float, float]
) -> None:
    found = compare_counts(range(first, first + 1), range(second, second + 1), n)
    assert found.fisher == pytest.approx((fisher, fisher), abs=5e-5)
    assert found.corrected == pytest.approx((corrected, corrected), abs=5e-5)
    assert found.paired == pytest.approx(paired, abs=5e-5)


@given(st.integers(1, 60), st.data())
def test_the_paired_p_value_of_every_overlap_lies_within_the_range(n: int, data: st.DataObject) -> None:
    a, b = (data.draw(st.integers(0, n)) for _ in range(2))
    found = compare_counts(range(a, a + 1), range(b, b + 1), n)
    for both in range(max(0, a + b - n), min(a, b) + 1):
        p = mcnemar(a - both, b - both).p_value
        assert p is not None
        assert found.paired[0] - 1e-12 <= p <= found.paired[1] + 1e-12
        assert found.discordant[0] <= a + b - 2 * both <= found.discordant[1]


def test_counts_that_are_not_certain_widen_every_range() -> None:
    sure = compare_counts(range(90, 91), range(80, 81), 100)
    unsure = compare_counts(range(88, 93), range(78, 90), 100)
    assert unsure.paired[0] <= sure.paired[0]
    assert unsure.fisher[1] == unsure.paired[1] == 1
    assert (unsure.first, unsure.second) == ((88, 92), (78, 89))


def test_two_readers_that_are_always_right_do_not_differ() -> None:
    found = compare_counts(range(10, 11), range(10, 11), 10)
    assert (found.fisher, found.corrected, found.paired) == ((1, 1),) * 3


@pytest.mark.parametrize(("first", "second"), [(range(0), range(1, 2)), (range(1, 2), range(11, 12))])
def test_what_are_no_counts_is_refused(first: range, second: range) -> None:
    with pytest.raises(EvaluationError, match="are no counts of 10"):
        compare_counts(first, second, 10)
