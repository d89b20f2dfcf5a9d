"""Statistics from how often each cluster was drawn: sorted once, so that a replicate costs one pass and no sorting."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.areas import placements
from readingroom.evaluation.arrays import Bools, Floats, Ints


class Weighted(ABC):
    """A statistic of clustered readings that can be recomputed for any draw of the clusters."""

    @abstractmethod
    def of(self, drawn: Floats) -> float:
        """The statistic where cluster c counts ``drawn[c]`` times; not a number where it is not defined."""

    @abstractmethod
    def influence(self) -> Floats:
        """(C,) how much each cluster moves the statistic, up to a common factor."""


class WeightedArea(Weighted):
    """The area under the ROC curve.

    Args:
        truth: (n,) both classes present.
        score: (n,).
        codes: (n,) number of each reading's cluster.
        count: clusters in all.
    """

    def __init__(self, truth: Bools, score: Floats, codes: Ints, count: int) -> None:
        # The running sum is the slow step, so it goes over the smaller class; the larger is looked up in it.
        self._turned = np.count_nonzero(truth) * 2 < truth.size
        larger, smaller = (_ranked(part, score) for part in ((~truth, truth) if self._turned else (truth, ~truth)))
        self._larger, self._smaller = codes[larger], codes[smaller]
        self._below = np.searchsorted(score[smaller], score[larger], "left")
        upto = np.searchsorted(score[smaller], score[larger], "right")
        self._upto = None if np.array_equal(upto, self._below) else upto
        self._truth, self._score, self._codes, self._count = truth, score, codes, count

    def of(self, drawn: Floats) -> float:
        """The area where cluster c counts ``drawn[c]`` times."""
        weight = drawn[self._larger]
        below = np.empty(self._smaller.size + 1)
        below[0] = 0.0
        np.cumsum(drawn[self._smaller], out=below[1:])
        pairs = float(weight.sum()) * float(below[-1])
        if pairs == 0:
            return np.nan
        wins = _dot(weight, below[self._below])
        if self._upto is not None:
            wins = (wins + _dot(weight, below[self._upto])) / 2
        return 1 - wins / pairs if self._turned else wins / pairs

    def influence(self) -> Floats:
        """(C,) sums of DeLong's centred components."""
        places = placements(self._truth, self._score)
        component = np.empty(self._truth.size)
        component[self._truth] = (places.positive - places.area) / places.positive.size
        component[~self._truth] = (places.negative - places.area) / places.negative.size
        return np.bincount(self._codes, weights=component, minlength=self._count).astype(np.float64)


def _dot(a: Floats, b: Floats) -> float:
    # The operator @ shares so short a product among threads, which takes longer than the product where cores are busy.
    return float(np.einsum("i,i->", a, b))


def _ranked(part: Bools, score: Floats) -> Ints:
    rows = np.flatnonzero(part)
    return np.asarray(rows[np.argsort(score[rows], kind="stable")])


class WeightedTotals:
    """Totals of several quantities.

    Args:
        each: (K, n) what each reading adds to each quantity.
        codes: (n,) number of each reading's cluster.
        count: clusters in all.
    """

    def __init__(self, each: Floats, codes: Ints, count: int) -> None:
        self.sums = np.stack([np.bincount(codes, weights=row, minlength=count) for row in each])
        self._drawn: Floats | None = None
        self._totals: Floats = self.sums.sum(axis=1)

    def of(self, drawn: Floats) -> Floats:
        """(K,) the totals where cluster c counts ``drawn[c]`` times; kept, for a draw's ratios are asked in turn."""
        if drawn is not self._drawn:
            self._drawn, self._totals = drawn, np.asarray(np.einsum("kc,c->k", self.sums, drawn))
        return self._totals


class WeightedRatio(Weighted):
    """A ratio of two totals: sensitivity, a predictive value, a mean.

    Args:
        totals: several, which several ratios may share.
        above: (K,) which of them are added above the line.
        below: (K,) and below it.
    """

    def __init__(self, totals: WeightedTotals, above: Sequence[int], below: Sequence[int]) -> None:
        self._totals, self._above, self._below = totals, np.array(above), np.array(below)

    def of(self, drawn: Floats) -> float:
        """The ratio where cluster c counts ``drawn[c]`` times."""
        totals = self._totals.of(drawn)
        below = float(self._below @ totals)
        return float(self._above @ totals) / below if below else np.nan

    def influence(self) -> Floats:
        """(C,) residuals of the ratio."""
        above, below = self._above @ self._totals.sums, self._below @ self._totals.sums
        return np.asarray(above - above.sum() / below.sum() * below)


class WeightedMean(Weighted):
    """The mean of several statistics on the same draw, such as one a class; those not defined are left out."""

    def __init__(self, parts: Sequence[Weighted]) -> None:
        self._parts = parts

    def of(self, drawn: Floats) -> float:
        """The mean where cluster c counts ``drawn[c]`` times."""
        found = [value for part in self._parts if not np.isnan(value := part.of(drawn))]
        return sum(found) / len(found) if found else np.nan

    def influence(self) -> Floats:
        """(C,) the mean of the influences."""
        return np.asarray(np.mean([part.influence() for part in self._parts], axis=0))


class WeightedKappa(Weighted):
    """Cohen's kappa of two readers, disagreements weighted.

    Args:
        totals: of the K² cells of the table of both readers' classes, row by row.
        weight: (K, K) by how much a cell counts as agreement.
    """

    def __init__(self, totals: WeightedTotals, weight: Floats) -> None:
        self._totals, self._weight = totals, weight

    def of(self, drawn: Floats) -> float:
        """Kappa where cluster c counts ``drawn[c]`` times; not a number where both gave one class throughout."""
        cells = self._totals.of(drawn)
        n = float(cells.sum())
        return _kappa(cells.reshape(self._weight.shape) / n, self._weight)[0] if n else np.nan

    def influence(self) -> Floats:
        """(C,) sums of the terms of Fleiss, Cohen & Everitt's variance (1969), centred."""
        cells = self._totals.sums.sum(axis=1)
        p = cells.reshape(self._weight.shape) / cells.sum()
        value, chance = _kappa(p, self._weight)
        means = (self._weight @ p.sum(axis=0))[:, None] + (p.sum(axis=1) @ self._weight)[None, :]
        each = self._weight - means * (1 - value) - (value - chance * (1 - value))
        return np.asarray(each.ravel() @ self._totals.sums)


def _kappa(p: Floats, weight: Floats) -> tuple[float, float]:
    """Kappa of a table of shares, and the agreement to be had by chance."""
    agreed, chance = float((p * weight).sum()), float(p.sum(axis=1) @ weight @ p.sum(axis=0))
    return (np.nan if chance >= 1 - 1e-12 else (agreed - chance) / (1 - chance)), chance


class WeightedDifference(Weighted):
    """One statistic minus another, on the same draw."""

    def __init__(self, first: Weighted, second: Weighted) -> None:
        self._first, self._second = first, second

    def of(self, drawn: Floats) -> float:
        """The difference where cluster c counts ``drawn[c]`` times."""
        return self._first.of(drawn) - self._second.of(drawn)

    def influence(self) -> Floats:
        """(C,) the difference of the influences."""
        return self._first.influence() - self._second.influence()


class WeightedCallable(Weighted):
    """Any function of the arrays, called on the readings drawn; as slow as the function.

    Args:
        function: takes the arrays, resampled, and gives a number, or None where it is not defined.
        arrays: (n, ...) each.
        codes: (n,) number of each reading's cluster.
        count: clusters in all.
    """

    def __init__(
        self, function: Callable[..., float | None], arrays: tuple[NDArray[Any], ...], codes: Ints, count: int
    ) -> None:
        self._function, self._arrays, self._codes, self._count = function, arrays, codes, count

    def of(self, drawn: Floats) -> float:
        """The function of the readings, each repeated as often as its cluster was drawn."""
        rows = np.repeat(np.arange(self._codes.size), drawn[self._codes].astype(np.int64))
        if rows.size == 0:
            return np.nan
        try:
            value = self._function(*(array[rows] for array in self._arrays))
        except EvaluationError:
            # A draw may lack a class; the caller counts such draws and says so.
            return np.nan
        return np.nan if value is None else float(value)

    def influence(self) -> Floats:
        """(C,) jackknife: what the statistic loses without each cluster."""
        left_out = np.array([self.of(_without(c, self._count)) for c in range(self._count)])
        return np.asarray(np.nanmean(left_out) - left_out)


def _without(c: int, count: int) -> Floats:
    drawn = np.ones(count)
    drawn[c] = 0.0
    return drawn
