"""A claim of being better, tested of two readers when only their numbers of right answers were printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.paired import mcnemar

_MOST_PAIRS = 400


@dataclass(frozen=True)
class ClaimTest:
    """Two readers' right answers of the same number of cases.

    Args:
        first: right answers of the first, lowest and highest that the table allows.
        second: of the second.
        n: cases of each.
        fisher: p value of Fisher's exact test, which takes the two for readers of different cases; lowest and highest.
        corrected: of the chi-squared test with continuity correction, likewise.
        paired: of McNemar's exact test on the same cases, lowest and highest over every possible overlap.
        discordant: cases on which just one of the two is right, lowest and highest.
    """

    first: tuple[int, int]
    second: tuple[int, int]
    n: int
    fisher: tuple[float, float]
    corrected: tuple[float, float]
    paired: tuple[float, float]
    discordant: tuple[int, int]


def compare_counts(first: range, second: range, n: int) -> ClaimTest:
    """Test two readers by their right answers alone.

    How often the two are right on the same cases is not printed, so that McNemar's test has a p value for each
    overlap; with the difference fixed it grows with the number of discordant cases, so that the two ends bound it.

    Args:
        first: possible numbers of right answers of the first reader.
        second: of the second.
        n: cases that each read.

    Raises:
        EvaluationError: no possible number, or one that is not between 0 and n.

    Example:
        >>> test = compare_counts(range(220, 221), range(218, 219), 229)
        >>> round(test.fisher[0], 2), [round(p, 2) for p in test.paired], test.discordant
        (0.82, [0.5, 0.82], (2, 20))
    """
    for name, span in (("first", first), ("second", second)):
        if not span or span[0] < 0 or span[-1] > n:
            raise EvaluationError(f"{span} are no counts of {n}", fix="Give counts between 0 and n", field=name)
    pairs = list(product(_thinned(first), _thinned(second)))
    equal = range(max(first[0], second[0]), min(first[-1], second[-1]) + 1)
    pairs += [(count, count) for count in equal[:1]]
    overlaps = [_discordant(a, b, n) for a, b in pairs]
    paired = [mcnemar(only_a, only_b).p_value for ends in overlaps for only_a, only_b in ends]
    return ClaimTest(
        first=(first[0], first[-1]),
        second=(second[0], second[-1]),
        n=n,
        fisher=_ends(fisher_p(a, b, n) for a, b in pairs),
        corrected=_ends(corrected_p(a, b, n) for a, b in pairs),
        paired=_ends(p for p in paired if p is not None),
        discordant=(min(sum(ends[0]) for ends in overlaps), max(sum(ends[1]) for ends in overlaps)),
    )


def fisher_p(first: int, second: int, n: int) -> float:
    """Two-sided p value of Fisher's exact test of two independent groups of n."""
    return float(stats.fisher_exact([[first, n - first], [second, n - second]]).pvalue)


def corrected_p(first: int, second: int, n: int) -> float:
    """The p value of the chi-squared test of two independent groups of n, with Yates' continuity correction."""
    if first + second in {0, 2 * n}:
        return 1.0
    return float(stats.chi2_contingency([[first, n - first], [second, n - second]], correction=True).pvalue)


def _discordant(first: int, second: int, n: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Cases that only the first and only the second got, with the most and with the least overlap."""
    most, least = min(first, second), max(0, first + second - n)
    return (first - most, second - most), (first - least, second - least)


def _thinned(span: range) -> Iterable[int]:
    return span if len(span) <= _MOST_PAIRS**0.5 else sorted({span[0], span[len(span) // 2], span[-1]})


def _ends(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return min(found), max(found)
