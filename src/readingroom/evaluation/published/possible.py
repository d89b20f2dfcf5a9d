"""Which two-way tables a row of printed figures can come from, and which figures contradict each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import combinations

import numpy as np

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Ints
from readingroom.evaluation.published.bounds import TABLE_RATES, specificities_left
from readingroom.evaluation.published.printed import Printed
from readingroom.evaluation.published.relaxed import can_stand_together, relaxed_limits

MOST_TRIED = 20_000_000
"""Pairs of positives and true positives that are gone through; above it limits come from linear programming."""

MOST_SIZES = 200_000
"""Numbers of positives that are gone through where only the total is known."""

_CHUNK = 1_000_000
_CELLS = ("tp", "fp", "fn", "tn", "positive", "negative")


@dataclass(frozen=True, order=True)
class Counts:
    """The four counts of a two-way table."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def positive(self) -> int:
        """Cases that are positive by the reference standard."""
        return self.tp + self.fn

    @property
    def negative(self) -> int:
        """Cases that are negative by the reference standard."""
        return self.fp + self.tn

    def ratio(self, name: str) -> tuple[int, int]:
        """Numerator and denominator of a rate, not reduced: ``ratio("ppv")`` is ``(tp, tp + fp)``."""
        tp, fp, fn, tn = self.tp, self.fp, self.fn, self.tn
        return {
            "sensitivity": (tp, tp + fn),
            "specificity": (tn, tn + fp),
            "ppv": (tp, tp + fp),
            "npv": (tn, tn + fn),
            "accuracy": (tp + tn, tp + fp + fn + tn),
            "f1": (2 * tp, 2 * tp + fp + fn),
        }[name]

    def share(self, name: str) -> Fraction | None:
        """A rate exactly; None where it is not defined."""
        count, n = self.ratio(name)
        return Fraction(count, n) if n else None


@dataclass(frozen=True)
class Sizes:
    """What is known of the test set.

    Args:
        positive: number of positives.
        negative: number of negatives.
        total: of both together.
        candidates: numbers of positives that may be meant, where only the total is known; empty for any.
    """

    positive: int | None = None
    negative: int | None = None
    total: int | None = None
    candidates: tuple[int, ...] = ()

    def settled(self) -> Sizes:
        """The same, with what follows from the others filled in.

        Raises:
            EvaluationError: they contradict each other.
        """
        positive, negative, total = self.positive, self.negative, self.total
        if positive is not None and negative is not None:
            total = positive + negative if total is None else total
        elif total is not None and positive is not None:
            negative = total - positive
        elif total is not None and negative is not None:
            positive = total - negative
        known = [part for part in (positive, negative, total) if part is not None]
        if any(part < 0 for part in known) or (len(known) == 3 and known[0] + known[1] != known[2]):
            raise EvaluationError(
                f"{positive} positives and {negative} negatives are not {total} cases", field="n_positive"
            )
        return replace(self, positive=positive, negative=negative, total=total)


@dataclass(frozen=True)
class Possible:
    """The tables that give the printed figures.

    Args:
        count: how many there are; None where they were too many to go through.
        tables: the first few, in order.
        limits: lowest and highest ``tp, fp, fn, tn, positive, negative`` over all of them; empty where there is none.
        cut: figures that fit only if their further digits were cut off, not rounded.
    """

    count: int | None
    tables: tuple[Counts, ...] = ()
    limits: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    cut: tuple[str, ...] = ()

    @property
    def only(self) -> Counts | None:
        """The table, where there is only one."""
        return self.tables[0] if self.count == 1 else None

    @property
    def all_known(self) -> bool:
        """Whether ``tables`` holds every one of them."""
        return self.count == len(self.tables) and self.count > 0


def possible_tables(figures: Mapping[str, Printed], sizes: Sizes, *, most: int = 12) -> Possible:
    """All two-way tables that give the printed figures.

    Rounding is tried first; only where no table is left may digits have been cut off. For each number of true
    positives every figure bounds the true negatives from both sides, so that tables are counted without being listed.
    A predictive value of nothing is taken to be printed as 0, as programs do.

    Args:
        figures: of `TABLE_RATES`; an AUC is none of them.
        sizes: the positives and negatives, or the total.
        most: how many tables to list.

    Raises:
        EvaluationError: nothing is known of the sizes, or they contradict each other.

    Example:
        >>> from readingroom.evaluation.published import read_printed
        >>> printed = {"accuracy": "0.961", "sensitivity": "0.955", "ppv": "0.914", "f1": "0.934"}
        >>> possible_tables({name: read_printed(text) for name, text in printed.items()}, Sizes(total=229)).only
        Counts(tp=64, fp=6, fn=3, tn=156)
    """
    sizes = sizes.settled()
    if sizes.total is None:
        raise EvaluationError("the number of cases is not known", fix="Give n, or n_positive and n_negative", field="n")
    rounded = _search(figures, sizes, frozenset(), most)
    if rounded.count != 0:
        return rounded
    either = _search(figures, sizes, frozenset(figures), most)
    if either.count == 0:
        return either
    needed = (name for name in figures if _search(figures, sizes, frozenset(figures) - {name}, 1).count == 0)
    return replace(either, cut=tuple(needed))


def conflicts(figures: Mapping[str, Printed], sizes: Sizes) -> tuple[tuple[str, ...], ...]:
    """The smallest sets of figures that no table can give together; empty where all can stand.

    Args:
        figures: of `TABLE_RATES`.
        sizes: as far as they are known; without a total, figures are only compared with each other as shares.
    """
    if not _impossible(figures, sizes):
        return ()
    for size in range(1, len(figures) + 1):
        found = [names for names in combinations(figures, size) if _impossible({n: figures[n] for n in names}, sizes)]
        if found:
            return tuple(found)
    return ()


def _impossible(figures: Mapping[str, Printed], sizes: Sizes) -> bool:
    sizes = sizes.settled()
    if sizes.total is None:
        return not can_stand_together(figures)
    return _search(figures, sizes, frozenset(figures), 1).count == 0


def _search(figures: Mapping[str, Printed], sizes: Sizes, cut: frozenset[str], most: int) -> Possible:
    _refuse_unknown(figures)
    total = sizes.total or 0
    positives = _positives(figures, sizes, cut)
    if len(positives) > MOST_SIZES:
        return _too_many(figures, sizes, cut)
    spans = {p: _true_positives(figures.get("sensitivity"), p, "sensitivity" in cut) for p in positives}
    if sum(len(span) for span in spans.values()) > MOST_TRIED:
        return _too_many(figures, sizes, cut)
    found = Possible(0)
    for positive, tp in _chunks(spans):
        low, high = specificities_left(figures, cut, positive, total - positive, tp)
        found = _joined(found, positive, total - positive, tp, low, high, most)
    return found


def _refuse_unknown(figures: Mapping[str, Printed]) -> None:
    for name in figures:
        if name not in TABLE_RATES:
            raise EvaluationError(f"there is no {name!r}", fix=f"Choose of {', '.join(TABLE_RATES)}", field=name)


def _positives(figures: Mapping[str, Printed], sizes: Sizes, cut: frozenset[str]) -> Sequence[int]:
    if sizes.positive is not None:
        return [sizes.positive]
    if sizes.candidates or sizes.total is None or sizes.total < 2:
        return sizes.candidates
    limits = relaxed_limits(figures, total=sizes.total, cut=cut)
    if limits is None:
        return []
    low, high = limits["positive"]
    # A test set has both classes.
    return range(max(int(low) - 1, 1), min(int(high) + 2, sizes.total - 1) + 1)


def _true_positives(figure: Printed | None, positive: int, cut: bool) -> range:
    if figure is None or positive == 0:
        return range(positive + 1) if figure is None or figure.units == 0 else range(0)
    return figure.counts(positive, cut=cut)


def _chunks(spans: Mapping[int, range]) -> Iterator[tuple[Ints, Ints]]:
    """Pairs of positives and true positives, as flat arrays of bearable length."""
    positives: list[Ints] = []
    trues: list[Ints] = []
    held = 0
    for positive, span in spans.items():
        for start in range(span.start, span.stop, _CHUNK):
            part = np.arange(start, min(start + _CHUNK, span.stop), dtype=np.int64)
            positives.append(np.full(part.size, positive, dtype=np.int64))
            trues.append(part)
            held += part.size
            if held >= _CHUNK:
                yield np.concatenate(positives), np.concatenate(trues)
                positives, trues, held = [], [], 0
    if held:
        yield np.concatenate(positives), np.concatenate(trues)


def _joined(found: Possible, positive: Ints, negative: Ints, tp: Ints, low: Ints, high: Ints, most: int) -> Possible:
    kept = low <= high
    positive, negative, tp, low, high = (part[kept] for part in (positive, negative, tp, low, high))
    if not tp.size:
        return found
    spans = {
        "tp": (tp, tp),
        "fp": (negative - high, negative - low),
        "fn": (positive - tp, positive - tp),
        "tn": (low, high),
        "positive": (positive, positive),
        "negative": (negative, negative),
    }
    limits = {name: (int(lows.min()), int(highs.max())) for name, (lows, highs) in spans.items()}
    listed = list(found.tables)
    for p, n, t, first, last in zip(*(part.tolist() for part in (positive, negative, tp, low, high)), strict=True):
        if len(listed) >= most:
            break
        listed += [Counts(t, n - tn, p - t, tn) for tn in range(first, min(last, first + most - len(listed) - 1) + 1)]
    return Possible((found.count or 0) + int((high - low + 1).sum()), tuple(listed), _widest(found.limits, limits))


def _widest(first: Mapping[str, tuple[int, int]], second: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    pairs = {name: (first.get(name, second[name]), second[name]) for name in _CELLS}
    return {name: (min(a[0], b[0]), max(a[1], b[1])) for name, (a, b) in pairs.items()}


def _too_many(figures: Mapping[str, Printed], sizes: Sizes, cut: frozenset[str]) -> Possible:
    limits = relaxed_limits(figures, total=sizes.total or 0, positive=sizes.positive, cut=cut)
    return Possible(0) if limits is None else Possible(None, limits=_whole(limits))


def _whole(limits: Mapping[str, tuple[float, float]]) -> dict[str, tuple[int, int]]:
    return {name: (int(np.ceil(low - 1e-6)), int(np.floor(high + 1e-6))) for name, (low, high) in limits.items()}
