"""The number of cases that a column of printed rates gives away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from readingroom.evaluation.arrays import Bools, Floats
from readingroom.evaluation.published.printed import Printed

MOST_CASES = 20_000
_SHOWN = 4


@dataclass(frozen=True)
class Denominators:
    """Numbers of cases of which every rate of a column is a whole number.

    Args:
        smallest: the smallest one.
        others: the next ones.
        cut: figures (by their position) that fit the smallest one only if digits were cut off.
        chance: how many such numbers up to the smallest one rates without any denominator would be expected to hit:
            near 0, the denominator is no accident.
    """

    smallest: int
    others: tuple[int, ...]
    cut: tuple[int, ...]
    chance: float


def denominators(figures: Sequence[Printed], *, most: int = MOST_CASES) -> Denominators | None:
    """The smallest number of cases that makes all figures shares of it; None where there is none up to ``most``.

    Rounded figures go first; cutting off is allowed where it gives a smaller number.

    Args:
        figures: all of one denominator: the sensitivities (or the specificities) of readers of one test set.
        most: largest number of cases to try.

    Example:
        >>> from readingroom.evaluation.published import read_printed
        >>> denominators([read_printed(f"{text}%") for text in ("82.83", "94.95", "75.76")]).smallest
        99
    """
    fits = np.flatnonzero(fitting(figures, most, cut=True)) + 1
    if not fits.size:
        return None
    smallest = int(fits[0])
    cut = tuple(place for place, figure in enumerate(figures) if not figure.counts(smallest))
    rounded = np.flatnonzero(fitting(figures, most, cut=False)) + 1
    if cut and rounded.size and rounded[0] <= 2 * smallest:
        smallest, cut = int(rounded[0]), ()
    allowed = fits if cut else rounded
    others = tuple(int(n) for n in allowed[allowed > smallest][:_SHOWN])
    return Denominators(smallest, others, cut, _chance(figures, smallest, bool(cut)))


def fitting(figures: Sequence[Printed], most: int, *, cut: bool) -> Bools:
    """For each number of cases from 1 to ``most``, whether all figures are shares of it."""
    n = np.arange(1, most + 1, dtype=np.int64)
    fits = np.ones(most, dtype=bool)
    for figure in figures:
        low, high, open_ = figure.half_units(cut=cut)
        first = np.maximum(-(-low * n // (2 * figure.scale)), 0)
        last = np.minimum((high * n - open_) // (2 * figure.scale), n)
        fits &= first <= last
    return fits


def _chance(figures: Sequence[Printed], smallest: int, cut: bool) -> float:
    n = np.arange(1, smallest + 1, dtype=np.float64)
    expected: Floats = np.ones(smallest)
    # 0 and 1 are shares of everything, and the same figure twice says nothing new.
    for _, scale in {(f.units, f.scale) for f in figures if 0 < f.units < f.scale}:
        expected = expected * np.minimum(1.0, n * (1.5 if cut else 1.0) / scale)
    return float(expected.sum())
