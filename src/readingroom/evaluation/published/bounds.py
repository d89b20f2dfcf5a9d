"""What each printed figure leaves of the true negatives, for a given number of true positives; whole numbers only."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from readingroom.evaluation.arrays import Ints
from readingroom.evaluation.published.printed import Printed

TABLE_RATES = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1")
"""Rates that the four counts give."""

_FAR = np.int64(2) ** 60

Span = tuple[Ints, Ints]


def specificities_left(
    figures: Mapping[str, Printed], cut: frozenset[str], positive: Ints, negative: Ints, tp: Ints
) -> Span:
    """Lowest and highest true negatives that all figures allow; none where the lowest is above the highest.

    Every figure is monotone in the true negatives once positives, negatives and true positives are fixed, so that it
    leaves one unbroken span. ``sensitivity`` is taken as met by ``tp`` already.

    Args:
        figures: by the names of `TABLE_RATES`.
        cut: those whose digits may have been cut off.
        positive: (n,) positives.
        negative: (n,) negatives.
        tp: (n,) true positives.
    """
    low, high = np.zeros_like(tp), negative.copy()
    for name, figure in figures.items():
        if name in _SPANS:
            first, last = _SPANS[name](_Limits(figure, name in cut), positive, negative, tp)
            low, high = np.maximum(low, first), np.minimum(high, last)
    return low, high


class _Limits:
    """low / q <= x / y <= high / q in whole numbers; ``open`` is 1 where the upper limit is excluded."""

    def __init__(self, figure: Printed, cut: bool) -> None:
        low, high, excluded = figure.half_units(cut=cut)
        self.q, self.low, self.high, self.open = 2 * figure.scale, low, high, int(excluded)
        self.zero = figure.units == 0

    def of(self, y: Ints) -> Span:
        """Whole x between the limits, for given y."""
        return -(-self.low * y // self.q), (self.high * y - self.open) // self.q

    def below(self, x: Ints) -> Span:
        """Whole y between the limits, for given x; y is 0 only where nothing is printed as 0."""
        least = -(-(self.q * x + self.open) // self.high)
        most = np.full_like(x, _FAR) if self.low <= 0 else self.q * x // self.low
        return np.maximum(np.where(x == 0, 0, least), 0 if self.zero else 1), most


def _specificity(limits: _Limits, positive: Ints, negative: Ints, tp: Ints) -> Span:
    low, high = limits.of(negative)
    empty = negative == 0
    return np.where(empty, 0 if limits.zero else 1, low), np.where(empty, 0, high)


def _accuracy(limits: _Limits, positive: Ints, negative: Ints, tp: Ints) -> Span:
    low, high = limits.of(positive + negative)
    return low - tp, high - tp


def _ppv(limits: _Limits, positive: Ints, negative: Ints, tp: Ints) -> Span:
    called_low, called_high = limits.below(tp)
    return negative + tp - called_high, negative + tp - called_low


def _npv(limits: _Limits, positive: Ints, negative: Ints, tp: Ints) -> Span:
    fn = positive - tp
    low = -(-limits.low * fn // (limits.q - limits.low))
    if not limits.zero:
        low = np.maximum(low, np.where(fn == 0, 1, 0))
    rest, room = limits.q - limits.high, limits.high * fn - limits.open
    high = room // rest if rest > 0 else np.where((rest == 0) & (room < 0), -1, _FAR)
    # Nothing called negative is printed as 0.
    return low, np.where(fn == 0, np.maximum(high, 0), high) if limits.zero else high


def _f1(limits: _Limits, positive: Ints, negative: Ints, tp: Ints) -> Span:
    low, high = limits.below(2 * tp)
    fixed = positive + tp
    return negative + fixed - high, negative + fixed - low


_SPANS: dict[str, Callable[[_Limits, Ints, Ints, Ints], Span]] = {
    "specificity": _specificity,
    "accuracy": _accuracy,
    "ppv": _ppv,
    "npv": _npv,
    "f1": _f1,
}
