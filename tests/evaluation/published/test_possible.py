"""Which tables give printed figures: against going through every table, and from tables that were printed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.published import Counts, Printed, Sizes, conflicts, possible_tables, read_printed
from readingroom.evaluation.published import possible as module
from readingroom.evaluation.published.bounds import TABLE_RATES

ROUNDED = (ROUND_HALF_UP, ROUND_HALF_EVEN)


def printed(share: tuple[int, int], decimals: int, rounding: str) -> Printed:
    """A share in per cent as a table prints it; what is not defined is printed as 0."""
    exact = Decimal(100 * share[0]) / Decimal(share[1]) if share[1] else Decimal(0)
    return read_printed(f"{exact.quantize(Decimal(1).scaleb(-decimals), rounding)}%")


def row(**figures: str) -> dict[str, Printed]:
    return {name: read_printed(text) for name, text in figures.items()}


def all_tables(sizes: Sizes) -> Iterator[Counts]:
    known = sizes.settled()
    positives = [known.positive] if known.positive is not None else range(1, (known.total or 0))
    for positive in positives:
        negative = (known.total or 0) - positive
        for tp in range(positive + 1):
            for tn in range(negative + 1):
                yield Counts(tp, negative - tn, positive - tp, tn)


def gives(table: Counts, figures: dict[str, Printed], *, cut: bool) -> bool:
    return all(
        figure.units == 0 if table.share(name) is None else figure.fits(table.share(name), cut=cut)
        for name, figure in figures.items()
    )


tables = st.builds(
    Counts, *(st.integers(0, 12) for _ in range(4))
).filter(lambda table: table.positive > 0 and table.negative > 0)  # fmt: skip
names = st.sets(st.sampled_from(TABLE_RATES), min_size=1)


@given(tables, names, st.integers(0, 2), st.sampled_from((*ROUNDED, ROUND_DOWN)), st.booleans())
def test_all_tables_are_found_and_no_others(
    table: Counts, chosen: set[str], decimals: int, rounding: str, parted: bool
) -> None:
    figures = {name: printed(table.ratio(name), decimals, rounding) for name in sorted(chosen)}
    total = table.positive + table.negative
    sizes = Sizes(positive=table.positive, negative=table.negative) if parted else Sizes(total=total)
    found = possible_tables(figures, sizes, most=10_000)
    cut = not any(gives(one, figures, cut=False) for one in all_tables(sizes))
    expected = {one for one in all_tables(sizes) if gives(one, figures, cut=cut)}
    assert set(found.tables) == expected
    assert found.count == len(found.tables) == len(expected)
    assert bool(found.cut) == cut or not found.cut
    for name, (low, high) in found.limits.items():
        values = [getattr(one, name) for one in expected]
        assert (low, high) == (min(values), max(values))


@given(
    st.builds(Counts, *(st.integers(0, 25_000) for _ in range(4))).filter(lambda t: t.positive and t.negative),
    st.sets(st.sampled_from(TABLE_RATES[:5]), min_size=1),
    st.integers(0, 2),
    st.sampled_from(ROUNDED),
)
def test_what_was_printed_from_a_table_never_contradicts_itself_and_the_table_is_among_the_possible(
    table: Counts, chosen: set[str], decimals: int, rounding: str
) -> None:
    figures = {name: printed(table.ratio(name), decimals, rounding) for name in chosen | {"sensitivity"}}
    sizes = Sizes(positive=table.positive, negative=table.negative)
    assert conflicts(figures, sizes) == ()
    assert conflicts(figures, Sizes()) == ()
    found = possible_tables(figures, sizes)
    assert found.count is None or found.count > 0
    assert not found.cut
    for name, (low, high) in found.limits.items():
        assert low <= getattr(table, name) <= high


@given(tables, st.sampled_from((*ROUNDED, ROUND_DOWN)))
def test_cutting_off_is_named_only_where_nothing_else_explains_a_figure(table: Counts, rounding: str) -> None:
    figures = {name: printed(table.ratio(name), 2, rounding) for name in ("sensitivity", "specificity")}
    found = possible_tables(figures, Sizes(positive=table.positive, negative=table.negative))
    for name, figure in figures.items():
        share = table.share(name)
        assert (name in found.cut) == (share is not None and not figure.fits(share))


def test_figures_that_no_table_gives_are_named_by_the_fewest_of_them() -> None:
    figures = row(sensitivity="90.0%", specificity="80.0%", accuracy="95.0%", f1="0.861")
    assert conflicts(figures, Sizes())[0] == ("sensitivity", "specificity", "accuracy")
    assert conflicts(figures, Sizes(positive=7, negative=10)) == (("sensitivity",), ("accuracy",), ("f1",))


def test_a_predictive_value_that_needs_other_numbers_of_cases_is_found() -> None:
    figures = row(sensitivity="90%", specificity="90%", ppv="90%")
    assert conflicts(figures, Sizes()) == ()
    assert conflicts(figures, Sizes(positive=100, negative=900)) == (("specificity", "ppv"),)


def test_f1_must_match_precision_and_recall() -> None:
    assert conflicts(row(sensitivity="0.955", ppv="0.914", f1="0.934"), Sizes()) == ()
    assert conflicts(row(sensitivity="0.955", ppv="0.914", f1="0.943"), Sizes()) == (("sensitivity", "ppv", "f1"),)


def test_a_hundred_thousand_cases_take_no_more_than_moments() -> None:
    table = Counts(41_234, 3_210, 8_766, 46_790)
    figures = {name: printed(table.ratio(name), 1, ROUND_HALF_UP) for name in ("sensitivity", "ppv", "accuracy")}
    begun = time.perf_counter()
    for sizes in (Sizes(positive=50_000, negative=50_000), Sizes(total=100_000)):
        found = possible_tables(figures, sizes)
        assert all(low <= getattr(table, name) <= high for name, (low, high) in found.limits.items())
    assert time.perf_counter() - begun < 20


def test_too_many_tables_to_go_through_have_limits_that_hold_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    table = Counts(50, 20, 10, 120)
    figures = {name: printed(table.ratio(name), 0, ROUND_HALF_UP) for name in ("ppv", "accuracy")}
    listed = possible_tables(figures, Sizes(total=200))
    monkeypatch.setattr(module, "MOST_TRIED", 10)
    found = possible_tables(figures, Sizes(total=200))
    assert found.count is None
    assert listed.count is not None
    for name, (low, high) in listed.limits.items():
        assert found.limits[name][0] <= low <= high <= found.limits[name][1]


def test_sizes_that_contradict_each_other_and_unknown_figures_are_refused() -> None:
    figure = {"sensitivity": read_printed("90%")}
    with pytest.raises(EvaluationError, match="40 positives and 50 negatives are not 100 cases"):
        possible_tables(figure, Sizes(40, 50, 100))
    with pytest.raises(EvaluationError, match="number of cases is not known"):
        possible_tables(figure, Sizes(positive=10))
    with pytest.raises(EvaluationError, match="there is no 'auc'"):
        possible_tables({"auc": read_printed("0.9")}, Sizes(total=100))
