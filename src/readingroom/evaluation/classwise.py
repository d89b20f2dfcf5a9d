"""Two networks compared over classes (or sites): t, Welch, paired t, rank-sum and signed-rank, as R does them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.areas import difference_test
from readingroom.evaluation.arrays import Floats, numbers, same_length
from readingroom.evaluation.proportions import normal_quantile
from readingroom.evaluation.results import Test, checked_level, chosen

EXACT_BELOW = 50
"""R takes the exact distribution of the rank tests below this many values, where there are no ties."""


def compare_over_classes(a: ArrayLike, b: ArrayLike, *, method: str = "paired-t", level: float = 0.95) -> Test:
    """Whether a measure of two networks differs over the classes (sites) of a study.

    The values of one class under both networks belong together: ``paired-t`` or ``signed-rank``. The unpaired tests
    are there because published studies used them.

    Args:
        a: one value a class, of the first network.
        b: of the second; as many for the paired tests.
        method: ``t`` (Student, equal variances), ``welch``, ``paired-t``, ``rank-sum`` (Wilcoxon, Mann & Whitney; the
            statistic is R's W) or ``signed-rank`` (Wilcoxon, pairs without difference dropped; R's V). The rank tests
            are exact below 50 values without ties; else normal with tie and continuity correction, as R.
        level: confidence level.

    Returns:
        The test. ``difference`` is the mean difference A - B, for the rank tests the Hodges-Lehmann shift with the
        interval of its order statistics (normal approximation).

    Raises:
        EvaluationError: an unknown method, values missing, lengths that differ where they must not, too few values.

    Example:
        >>> round(compare_over_classes([1.0, 2.0, 4.0], [2.0, 3.0, 4.5], method="paired-t").p_value, 4)
        0.0377
    """
    compute: Callable[[Floats, Floats, float], Test] = chosen(method, CLASSWISE_METHODS)
    first, second = numbers(a, "a"), numbers(b, "b")
    if method in {"paired-t", "signed-rank"}:
        same_length(a=first, b=second)
    if min(first.size, second.size) < 2:
        raise EvaluationError("fewer than two classes", fix="Give a value for two classes or more", field="a")
    return compute(first, second, checked_level(level))


def _student(a: Floats, b: Floats, level: float) -> Test:
    n, m = a.size, b.size
    pooled = float((np.sum((a - a.mean()) ** 2) + np.sum((b - b.mean()) ** 2)) / (n + m - 2))
    return _t(float(a.mean() - b.mean()), pooled * (1 / n + 1 / m), "t", n + m, level, n + m - 2)


def _welch(a: Floats, b: Floats, level: float) -> Test:
    va, vb = float(a.var(ddof=1)) / a.size, float(b.var(ddof=1)) / b.size
    spread = va**2 / (a.size - 1) + vb**2 / (b.size - 1)
    df = (va + vb) ** 2 / spread if spread else None
    return _t(float(a.mean() - b.mean()), va + vb, "welch", a.size + b.size, level, df)


def _paired_t(a: Floats, b: Floats, level: float) -> Test:
    d = a - b
    return _t(float(d.mean()), float(d.var(ddof=1)) / d.size, "paired-t", d.size, level, d.size - 1)


def _t(difference: float, variance: float, method: str, n: int, level: float, df: float | None) -> Test:
    return difference_test(difference, variance, method, n, level, df=df)


def _rank_sum(a: Floats, b: Floats, level: float) -> Test:
    n, m = a.size, b.size
    ranks = stats.rankdata(np.concatenate([a, b]))
    statistic = float(ranks[:n].sum() - n * (n + 1) / 2)
    exact = max(n, m) < EXACT_BELOW and np.unique(ranks).size == n + m
    ties = _ties(ranks)
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    p = stats.mannwhitneyu(a, b, method="exact").pvalue if exact else _normal_p(statistic - n * m / 2, variance)
    shift, low, high = _shift(np.subtract.outer(a, b).ravel(), n * m / 2, n * m * (n + m + 1) / 12, level)
    return Test(statistic, float(p), shift, low, high, f"rank-sum, {_kind(exact)}", level, n + m)


def _signed_rank(a: Floats, b: Floats, level: float) -> Test:
    d = a - b
    kept = d[d != 0]
    n = kept.size
    if n == 0:
        return Test(0.0, 1.0, 0.0, 0.0, 0.0, "signed-rank", level, d.size, note="the two never differ")
    ranks = stats.rankdata(np.abs(kept))
    statistic = float(ranks[kept > 0].sum())
    exact = n < EXACT_BELOW and n == d.size and np.unique(ranks).size == n
    if exact:
        p = float(stats.wilcoxon(kept, method="exact").pvalue)
    else:
        p = _normal_p(statistic - n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24 - _ties(ranks) / 48)
    walsh = np.add.outer(kept, kept)[np.triu_indices(n)] / 2
    shift, low, high = _shift(walsh, n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24, level)
    return Test(statistic, p, shift, low, high, f"signed-rank, {_kind(exact)}", level, n)


def _kind(exact: bool) -> str:
    return "exact" if exact else "normal with tie and continuity correction"


def _ties(ranks: Floats) -> float:
    sizes = np.unique(ranks, return_counts=True)[1].astype(np.float64)
    return float(np.sum(sizes**3 - sizes))


def _normal_p(distance: float, variance: float) -> float:
    if variance <= 0:
        return 1.0
    corrected = distance - np.sign(distance) * 0.5
    return float(min(1.0, 2 * special.ndtr(-abs(corrected) / np.sqrt(variance))))


def _shift(differences: Floats, mean: float, variance: float, level: float) -> tuple[float, float, float]:
    ordered = np.sort(differences)
    k = max(int(np.floor(mean - normal_quantile(level) * np.sqrt(variance))), 1)
    return float(np.median(ordered)), float(ordered[k - 1]), float(ordered[-k])


CLASSWISE_METHODS: dict[str, Callable[[Floats, Floats, float], Test]] = {
    "t": _student,
    "welch": _welch,
    "paired-t": _paired_t,
    "rank-sum": _rank_sum,
    "signed-rank": _signed_rank,
}
