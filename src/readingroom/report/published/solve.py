"""One row of a published table solved: the counts behind it, and every figure again with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from readingroom.evaluation import Estimate, diagnostic_counts, proportion
from readingroom.evaluation.published import Counts, Possible, Printed, Sizes, conflicts, possible_tables
from readingroom.report.published.columns import RATES
from readingroom.report.published.table import PublishedRow

_WHOLE = ("share", "minimum", "maximum")
METHOD_OF_SEVERAL = "wilson, over all counts that are possible"


@dataclass(frozen=True)
class Solved:
    """The counts behind a row.

    Args:
        row: as printed.
        sizes: the numbers of cases that were gone on with.
        origin: where these come from: ``printed`` counts, ``stated`` or ``inferred`` sizes, the ``own class``, or
            nothing.
        possible: the tables that give the figures; None where the number of cases is not known, or over classes.
        conflicts: the smallest sets of figures that contradict each other.
        f1_of_rounded: F1 fits the precision and recall as printed, but not the counts: it was computed from rounded
            figures, and was left aside.
    """

    row: PublishedRow
    sizes: Sizes
    origin: str
    possible: Possible | None = None
    conflicts: tuple[tuple[str, ...], ...] = ()
    f1_of_rounded: bool = False

    @property
    def counts(self) -> Counts | None:
        """The four counts, where they are certain."""
        return None if self.possible is None else self.possible.only

    def shares(self, measure: str) -> set[tuple[int, int]] | None:
        """Every count and number of cases that a figure can be; None where they are not known."""
        if measure in self.row.shares and self.origin != "printed":
            return {self.row.shares[measure]}
        if self.possible is not None and self.possible.all_known and measure != "auc":
            return {table.ratio(measure) for table in self.possible.tables}
        n = {"sensitivity": self.sizes.positive, "specificity": self.sizes.negative, "accuracy": self.sizes.total}
        figure, cases = self.row.figures.get(measure), n.get(measure)
        if figure is None or cases is None:
            return None
        return {(count, cases) for count in figure.counts(cases) or figure.counts(cases, cut=True)}


@dataclass(frozen=True)
class Recomputed:
    """One printed figure with what it rests on.

    Args:
        measure: its name.
        printed: as printed; None where only a count was.
        statistic: ``share``, or what it is over classes.
        counts: lowest and highest count that it can be.
        n: of how many; None where it is not certain.
        estimate: with its interval, over all possible counts where there are several; None where nothing is known.
        cut: whether its digits were cut off instead of rounded.
    """

    measure: str
    printed: Printed | None
    statistic: str
    counts: tuple[int, int] | None = None
    n: int | None = None
    estimate: Estimate | None = None
    cut: bool = False


def table_figures(row: PublishedRow) -> dict[str, Printed]:
    """The figures of a row that come from one two-way table."""
    return {name: figure for name, figure in row.figures.items() if name != "auc"}


def solve(row: PublishedRow, sizes: Sizes, *, inferred: bool) -> Solved:
    """The counts behind a row.

    Args:
        row: as printed.
        sizes: of its test set.
        inferred: whether these come from the digits of the columns.
    """
    if row.classes is not None:
        return Solved(row, row.sizes, "stated")
    counts = row.counts or _from_shares(row.shares)
    if counts is not None:
        known = Sizes(counts.positive, counts.negative).settled()
        return Solved(row, known, "printed", _only(counts))
    figures = table_figures(row)
    if sizes.total is None:
        return Solved(row, sizes, "", None, conflicts(figures, Sizes()))
    possible = possible_tables(figures, sizes)
    if possible.count == 0 and row.kind and sizes.positive is not None:
        own = Sizes(total=sizes.positive)
        among = possible_tables(figures, own)
        if among.count != 0:
            return Solved(row, _narrowed(own, among), "own class", among)
    origin = "inferred" if inferred else "stated"
    if possible.count == 0 and (others := _without_f1(figures, sizes)) is not None:
        return Solved(row, _narrowed(sizes, others), origin, others, f1_of_rounded=True)
    if possible.count == 0 and inferred:
        # The digits gave away the smallest sizes; other ones may do.
        return Solved(row, Sizes(), "", None, conflicts(figures, Sizes()))
    found = conflicts(figures, sizes) if possible.count == 0 else ()
    return Solved(row, _narrowed(sizes, possible), origin, possible, found)


def _without_f1(figures: Mapping[str, Printed], sizes: Sizes) -> Possible | None:
    parts = {name: figures[name] for name in ("ppv", "sensitivity", "f1") if name in figures}
    if len(parts) < 3 or conflicts(parts, Sizes()):
        return None
    possible = possible_tables({name: figure for name, figure in figures.items() if name != "f1"}, sizes)
    return None if possible.count == 0 else possible


def _from_shares(shares: Mapping[str, tuple[int, int]]) -> Counts | None:
    if not {"sensitivity", "specificity"} <= set(shares):
        return None
    (tp, positive), (tn, negative) = shares["sensitivity"], shares["specificity"]
    return Counts(tp, negative - tn, positive - tp, tn)


def _only(counts: Counts) -> Possible:
    names = ("tp", "fp", "fn", "tn", "positive", "negative")
    return Possible(1, (counts,), {name: (getattr(counts, name),) * 2 for name in names})


def _narrowed(sizes: Sizes, possible: Possible) -> Sizes:
    low, high = possible.limits.get("positive", (0, 1))
    return sizes if low != high or sizes.total is None else replace(Sizes(low, None, sizes.total).settled())


def recompute(solved: Solved, level: float = 0.95) -> tuple[Recomputed, ...]:
    """Every figure of a row again, with its interval."""
    row = solved.row
    measures = [name for name in RATES if name in row.figures or name in row.shares]
    return tuple(_recomputed(solved, measure, level) for measure in measures)


def _recomputed(solved: Solved, measure: str, level: float) -> Recomputed:
    figure, statistic = solved.row.figures.get(measure), solved.row.statistic(measure)
    bare = Recomputed(measure, figure, statistic)
    if statistic not in _WHOLE or (solved.row.classes and measure != "accuracy"):
        return bare
    if measure == "f1" and solved.f1_of_rounded:
        return bare
    shares = solved.shares(measure)
    if not shares or any(n == 0 for _, n in shares):
        return bare
    cut = figure is not None and not any(figure.fits(Fraction(*share)) for share in shares)
    low, high = min(shares, key=_value), max(shares, key=_value)
    sizes = {n for _, n in shares}
    if len(shares) > 1 or measure == "f1":
        certain = solved.counts if measure == "f1" else None
        estimate = _f1(certain, level) if certain is not None else _several(bare, low, high, level)
    else:
        estimate = proportion(*low, level=level)
    counts = (low[0], high[0]) if len(sizes) == 1 and measure != "f1" else None
    return replace(bare, counts=counts, n=sizes.pop() if counts else None, estimate=estimate, cut=cut)


def _value(share: tuple[int, int]) -> Fraction:
    return Fraction(*share)


def _f1(counts: Counts, level: float) -> Estimate:
    return diagnostic_counts(counts.tp, counts.fp, counts.fn, counts.tn, level=level)["f1"]


def _several(bare: Recomputed, low: tuple[int, int], high: tuple[int, int], level: float) -> Estimate | None:
    if bare.measure == "f1" or bare.printed is None:
        return None
    first, last = proportion(*low, level=level), proportion(*high, level=level)
    n = min(low[1], high[1])
    return Estimate(bare.printed.value, first.low, last.high, level, METHOD_OF_SEVERAL, n)
