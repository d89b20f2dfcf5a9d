"""The bootstrap, of readings or of patients, percentile or BCa, stratified or not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator
from readingroom.evaluation.arrays import (
    Floats,
    Ints,
    array_of,
    binary,
    clusters,
    flat,
    numbers,
    same_length,
    truth_of_both,
)
from readingroom.evaluation.results import Estimate, Estimates, Table, checked_level, chosen, undefined
from readingroom.evaluation.weighted import (
    Weighted,
    WeightedArea,
    WeightedCallable,
    WeightedDifference,
    WeightedMean,
    WeightedRatio,
    WeightedTotals,
)

REPLICATES = 2000
Arrays = tuple[ArrayLike, ...]


def bootstrap(
    statistic: str | Callable[..., float | None],
    *arrays: ArrayLike,
    cluster: ArrayLike | None = None,
    method: str = "percentile",
    stratified: bool = False,
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> Estimate:
    """A statistic with its bootstrap interval.

    Clusters (patients) are drawn with replacement, each with all its readings. A named statistic is sorted once and
    recomputed from the number of times each cluster was drawn; a function is called on the resampled arrays.

    Args:
        statistic: ``auc`` (of truth, score), ``auc_difference`` (truth, a, b), ``sensitivity``, ``specificity``,
            ``ppv``, ``npv``, ``accuracy`` (truth, call), ``mean`` (values), ``mean_auc`` (class numbers, (n, C)
            scores), ``mean_recall`` (classes, answers), or a function of the arrays.
        arrays: (n, ...) each, what the statistic takes.
        cluster: (n,) patient of each reading; None draws readings.
        method: ``percentile`` (Efron 1979; quantiles of type 7) or ``bca`` (bias-corrected and accelerated, Efron
            1987; replicates equal to the estimate count half; acceleration from the clusters' influence).
        stratified: draw within the classes of the first array (as pROC does); with clusters, among the clusters that
            hold the same classes. Fixes the prevalence: not for predictive values or accuracy.
        replicates: how many.
        seed: the same seed gives the same interval.
        level: confidence level.

    Returns:
        The estimate; replicates in which it is not defined are left out, and their number is in the note.

    Raises:
        EvaluationError: an unknown name, lengths differ, or arrays that the statistic cannot take.

    Example:
        >>> estimate = bootstrap("mean", [1.0, 2.0, 3.0, 4.0], replicates=500)
        >>> estimate.value, 1.0 < estimate.low < 2.5 < estimate.high < 4.0
        (2.5, True)
    """
    sample = _sample(arrays, cluster, stratified)
    weighted = _weighted(statistic, sample)
    return _estimates({"statistic": weighted}, sample, method, replicates, seed, level)["statistic"]


def bootstrap_table(
    truth: ArrayLike,
    *,
    score: ArrayLike | None = None,
    call: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    method: str = "percentile",
    stratified: bool = False,
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> Estimates:
    """The area and the measures of a two-way table, from one set of bootstrap draws; see `bootstrap`.

    Args:
        truth: (n,) 0 or 1, both classes present.
        score: (n,) for ``auc``; None leaves it out.
        call: (n,) 0 or 1, for ``sensitivity, specificity, ppv, npv, accuracy``; None leaves them out.
        cluster: (n,) patient of each reading; None draws readings.
        method: ``percentile`` or ``bca``.
        stratified: see `bootstrap`.
        replicates: how many.
        seed: the same seed gives the same intervals.
        level: confidence level.

    Raises:
        EvaluationError: neither score nor call, lengths differ, one class only, a value missing.

    Example:
        >>> sorted(bootstrap_table([0, 1, 0, 1], call=[0, 1, 1, 1], replicates=50))
        ['accuracy', 'npv', 'ppv', 'sensitivity', 'specificity']
    """
    truth_of_both(truth)
    given = [array for array in (score, call) if array is not None]
    if not given:
        raise EvaluationError("neither score nor call", fix="Give one of them", field="score")
    sample = _sample((truth, *given), cluster, stratified)
    weighted: dict[str, Weighted] = {}
    if score is not None:
        weighted["auc"] = _weighted("auc", sample.of(truth, score))
    if call is not None:
        weighted |= _rates(sample.of(truth, call))
    return Table(_estimates(weighted, sample, method, replicates, seed, level))


@dataclass(frozen=True)
class SamplesCompared:
    """A statistic on two samples that share patients, from one set of bootstrap draws.

    Args:
        first, second: the statistic on each.
        difference: first minus second.
    """

    first: Estimate
    second: Estimate
    difference: Estimate


def compare_samples(
    statistic: str,
    first: Arrays,
    second: Arrays,
    *,
    clusters: tuple[ArrayLike, ArrayLike],
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> SamplesCompared:
    """A statistic on one sample of readings against the same on another, where patients may be in both.

    The two test parts of a study that was divided twice share some patients and not others, so that the two are neither
    paired nor independent. Patients of both together are drawn with replacement, each with all its readings in either
    sample (Davison & Hinkley 1997, section 3.2 and 3.8); the difference is taken within each draw. The intervals are
    percentiles; they take what the readers learned as given.

    Args:
        statistic: as `bootstrap` names it.
        first: arrays of the first sample, what the statistic takes.
        second: arrays of the second.
        clusters: the patient of each reading of the first and of the second sample; equal names are one patient.
        replicates: how many draws.
        seed: the same seed gives the same intervals.
        level: confidence level.

    Raises:
        EvaluationError: an unknown name, lengths differ, or arrays that the statistic cannot take.

    Example:
        >>> found = compare_samples("mean", ([1.0, 2.0],), ([0.0, 1.0],), clusters=(["a", "b"], ["a", "b"]))
        >>> found.difference.value, found.difference.low, found.difference.high
        (1.0, 1.0, 1.0)
    """
    samples = [_sample(arrays, cluster, False) for arrays, cluster in zip((first, second), clusters, strict=True)]
    names = np.concatenate([array_of(cluster, "clusters").astype(str) for cluster in clusters])
    codes, patients = pd.factorize(names)
    ends = samples[0].codes.size
    parts = [
        _weighted(statistic, _Sample(sample.arrays, own, len(patients), sample.strata))
        for sample, own in zip(samples, (codes[:ends], codes[ends:]), strict=True)
    ]
    weighted: dict[str, Weighted] = {"first": parts[0], "second": parts[1], "difference": WeightedDifference(*parts)}
    found = bootstrap_together(weighted, codes, len(patients), replicates=replicates, seed=seed, level=level)
    sizes = {"first": ends, "second": codes.size - ends, "difference": codes.size}
    return SamplesCompared(**{name: replace(estimate, n=sizes[name]) for name, estimate in found.items()})


def bootstrap_together(
    weighted: dict[str, Weighted], codes: Ints, count: int, *, replicates: int, seed: int, level: float
) -> dict[str, Estimate]:
    """Several statistics of the same readings with their percentile intervals, from one set of draws.

    Args:
        weighted: by name.
        codes: (n,) number of each reading's cluster.
        count: clusters in all.
        replicates: how many.
        seed: the same seed gives the same intervals.
        level: confidence level.
    """
    return _estimates(weighted, _Sample((), codes, count, [np.arange(count)]), "percentile", replicates, seed, level)


@dataclass(frozen=True, eq=False)
class _Sample:
    arrays: tuple[NDArray[Any], ...]
    codes: Ints
    count: int
    strata: list[Ints]

    def of(self, *arrays: ArrayLike) -> _Sample:
        return _Sample(tuple(np.asarray(array) for array in arrays), self.codes, self.count, self.strata)

    def draws(self, replicates: int, seed: int) -> Iterator[Floats]:
        """How often each cluster is drawn, for each replicate."""
        random = generator(seed, "bootstrap")
        for _ in range(replicates):
            drawn = np.zeros(self.count)
            for members in self.strata:
                drawn[members] = np.bincount(random.integers(0, members.size, members.size), minlength=members.size)
            yield drawn


def _sample(arrays: Arrays, cluster: ArrayLike | None, stratified: bool) -> _Sample:
    if not arrays:
        raise EvaluationError("no arrays", fix="Give what the statistic takes", field="arrays")
    values = tuple(array_of(array, f"array {i + 1}") for i, array in enumerate(arrays))
    n = same_length(**{f"array {i + 1}": array for i, array in enumerate(values)})
    if n == 0:
        raise EvaluationError("no values", fix="Give at least one reading", field="array 1")
    codes, count = (np.arange(n), n) if cluster is None else clusters(cluster)
    same_length(arrays=values[0], cluster=codes)
    strata = _strata(values[0], codes, count) if stratified else [np.arange(count)]
    return _Sample(values, codes, count, strata)


def _strata(classes: NDArray[Any], codes: Ints, count: int) -> list[Ints]:
    labels, names = pd.factorize(flat(classes, "array 1"))
    held = np.zeros((count, len(names)), dtype=bool)
    held[codes, labels] = True
    _, pattern = np.unique(held, axis=0, return_inverse=True)
    return [np.flatnonzero(pattern.ravel() == p) for p in range(int(pattern.max()) + 1)]


def _area(sample: _Sample) -> Weighted:
    truth, score = _exactly(sample, "truth", "score")
    return WeightedArea(truth_of_both(truth), numbers(score), sample.codes, sample.count)


def _area_difference(sample: _Sample) -> Weighted:
    truth, a, b = _exactly(sample, "truth", "a", "b")
    return WeightedDifference(_area(sample.of(truth, a)), _area(sample.of(truth, b)))


def _rates(sample: _Sample) -> dict[str, Weighted]:
    truth, call = _exactly(sample, "truth", "call")
    real, called = binary(truth, "truth"), binary(call, "call")
    cells = np.stack([real & called, ~real & called, real & ~called, ~real & ~called]).astype(np.float64)
    totals = WeightedTotals(cells, sample.codes, sample.count)
    return {name: WeightedRatio(totals, *parts) for name, parts in RATES.items()}


def _mean(sample: _Sample) -> Weighted:
    (values,) = _exactly(sample, "values")
    each = np.stack([numbers(values, "values"), np.ones(len(values))])
    return WeightedRatio(WeightedTotals(each, sample.codes, sample.count), [1, 0], [0, 1])


RATES: Mapping[str, tuple[list[int], list[int]]] = {
    "sensitivity": ([1, 0, 0, 0], [1, 0, 1, 0]),
    "specificity": ([0, 0, 0, 1], [0, 1, 0, 1]),
    "ppv": ([1, 0, 0, 0], [1, 1, 0, 0]),
    "npv": ([0, 0, 0, 1], [0, 0, 1, 1]),
    "accuracy": ([1, 0, 0, 1], [1, 1, 1, 1]),
}
"""Which of tp, fp, fn, tn are above and below the line."""


def _mean_recall(sample: _Sample) -> Weighted:
    truth, answer = (flat(a, n) for a, n in zip(_exactly(sample, "truth", "answer"), ("truth", "answer"), strict=True))
    right = (truth == answer).astype(np.float64)
    cells = [cell for one in np.unique(truth) for cell in (right * (truth == one), (truth == one).astype(np.float64))]
    totals, count = WeightedTotals(np.stack(cells), sample.codes, sample.count), len(cells)
    marks = np.eye(count, dtype=int)
    return WeightedMean([WeightedRatio(totals, marks[at], marks[at + 1]) for at in range(0, count, 2)])


def _mean_area(sample: _Sample) -> Weighted:
    truth, scores = _exactly(sample, "truth", "scores")
    truth = flat(truth, "truth")
    if scores.ndim != 2 or not np.isin(truth, np.arange(scores.shape[1])).all():
        raise EvaluationError("truth is no column of scores", fix="Give (n,) numbers from 0 and (n, C)", field="truth")
    seen = [one for one in range(scores.shape[1]) if 0 < np.count_nonzero(truth == one) < truth.size]
    if not seen:
        raise EvaluationError("one class only", fix="Give readings of two classes or more", field="truth")
    return WeightedMean([_area(sample.of((truth == one).astype(int), scores[:, one])) for one in seen])


STATISTICS: dict[str, Callable[[_Sample], Weighted]] = {
    "auc": _area,
    "auc_difference": _area_difference,
    "mean": _mean,
    "mean_auc": _mean_area,
    "mean_recall": _mean_recall,
    **{name: lambda sample, name=name: _rates(sample)[name] for name in RATES},  # type: ignore[misc]
}


def _exactly(sample: _Sample, *names: str) -> tuple[NDArray[Any], ...]:
    if len(sample.arrays) != len(names):
        raise EvaluationError(f"{len(sample.arrays)} arrays", fix=f"Give {', '.join(names)}", field="arrays")
    return sample.arrays


def _weighted(statistic: str | Callable[..., float | None], sample: _Sample) -> Weighted:
    if callable(statistic):
        return WeightedCallable(statistic, sample.arrays, sample.codes, sample.count)
    build = chosen(statistic, STATISTICS, "statistic")
    weighted: Weighted = build(sample)
    return weighted


def _estimates(
    weighted: dict[str, Weighted], sample: _Sample, method: str, replicates: int, seed: int, level: float
) -> dict[str, Estimate]:
    limits = chosen(method, INTERVALS)
    checked_level(level)
    if replicates < 2:
        raise EvaluationError(f"{replicates} replicates", fix="Give 2 or more; 2000 is usual", field="replicates")
    drawn = np.array([[w.of(draw) for w in weighted.values()] for draw in sample.draws(replicates, seed)])
    unit = "readings" if sample.count == sample.codes.size else f"{sample.count} clusters"
    name = f"{'stratified ' if len(sample.strata) > 1 else ''}bootstrap of {unit}, {method}, {replicates} replicates"
    one = np.ones(sample.count)
    return {
        key: _estimate(w, w.of(one), drawn[:, i], limits, name, sample.codes.size, level)
        for i, (key, w) in enumerate(weighted.items())
    }


Interval = Callable[[Weighted, float, Floats, float], tuple[float, float]]


def _estimate(
    weighted: Weighted, value: float, drawn: Floats, limits: Interval, method: str, n: int, level: float
) -> Estimate:
    if np.isnan(value):
        return undefined(n, level, method, "not defined in the sample")
    known = drawn[~np.isnan(drawn)]
    lost = drawn.size - known.size
    note = f"not defined in {lost} of {drawn.size} replicates, which are left out" if lost else ""
    if known.size < 2:
        return Estimate(value, None, None, level, method, n, note=note)
    low, high = limits(weighted, value, known, level)
    return Estimate(value, low, high, level, method, n, float(known.var(ddof=1)), note)


def _percentile(weighted: Weighted, value: float, drawn: Floats, level: float) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _bca(weighted: Weighted, value: float, drawn: Floats, level: float) -> tuple[float, float]:
    share = (np.count_nonzero(drawn < value) + np.count_nonzero(drawn == value) / 2) / drawn.size
    if share in (0, 1):
        return _percentile(weighted, value, drawn, level)
    influence = weighted.influence()
    spread = float(np.sum(influence**2))
    acceleration = float(np.sum(influence**3)) / (6 * spread**1.5) if spread else 0.0
    shift = float(special.ndtri(share))
    ends = special.ndtri([(1 - level) / 2, (1 + level) / 2]) + shift
    low, high = np.quantile(drawn, special.ndtr(shift + ends / (1 - acceleration * ends)))
    return float(low), float(high)


INTERVALS: dict[str, Interval] = {"percentile": _percentile, "bca": _bca}
