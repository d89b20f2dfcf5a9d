"""The permutation test of two readers of the same cases: exchange their readings, patient by patient."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator
from readingroom.evaluation.arrays import (
    Bools,
    Floats,
    Ints,
    array_of,
    binary,
    clusters,
    numbers,
    same_length,
    truth_of_both,
)
from readingroom.evaluation.results import Test, chosen
from readingroom.evaluation.weighted import WeightedArea

Difference = Callable[[Floats], float]
"""The difference between the readers where cluster c is exchanged if ``swapped[c]`` is 1."""


def permutation_test(
    truth: ArrayLike,
    a: ArrayLike,
    b: ArrayLike,
    *,
    statistic: str = "auc",
    cluster: ArrayLike | None = None,
    replicates: int = 9999,
    seed: int = 0,
) -> Test:
    """Whether two readers of the same cases differ, by exchanging their readings.

    Under the null hypothesis the two readers of a patient could as well be exchanged. For ``auc`` each reader's scores
    are first turned into midranks, so that readers on other scales can be exchanged (Bandos, Rockette & Gur 2005).
    All 2^C exchanges are taken where there are no more than ``replicates`` of them; else a random sample, with
    p = (1 + exceedances) / (1 + replicates) (Phipson & Smyth 2010).

    Args:
        truth: (n,) 0 or 1.
        a: (n,) scores (``auc``) or calls (the others) of the first reader.
        b: (n,) of the second.
        statistic: ``auc``, ``sensitivity``, ``specificity`` or ``accuracy``.
        cluster: (n,) patient of each reading, exchanged as a whole; None exchanges single readings.
        replicates: how many exchanges.
        seed: the same seed gives the same p-value.

    Returns:
        The test, two-sided; its statistic is the difference A - B itself.

    Raises:
        EvaluationError: an unknown statistic, lengths differ, one class only, something missing.

    Example:
        >>> permutation_test([0, 0, 1, 1], [1, 2, 3, 4], [1, 2, 3, 4]).p_value
        1.0
    """
    build = chosen(statistic, DIFFERENCES, "statistic")
    if replicates < 1:
        raise EvaluationError(f"{replicates} replicates", fix="Give 1 or more; 9999 is usual", field="replicates")
    n = same_length(truth=array_of(truth, "truth"), a=array_of(a, "a"), b=array_of(b, "b"))
    codes, count = (np.arange(n), n) if cluster is None else clusters(cluster)
    same_length(truth=np.empty(n), cluster=codes)
    difference: Difference = build(truth, a, b, codes, count)
    observed = difference(np.zeros(count))
    exact = count < 20 and 2**count <= replicates
    drawn = _all(difference, count) if exact else _random(difference, count, replicates, seed)
    # The tolerance makes ties of differences that are equal in exact arithmetic.
    beyond = int(np.count_nonzero(np.abs(drawn) >= abs(observed) - 1e-12))
    p = beyond / drawn.size if exact else (1 + beyond) / (1 + drawn.size)
    method = f"permutation of {statistic}, {'all' if exact else 'random'} {drawn.size} exchanges"
    return Test(observed, p, observed, None, None, method, n=codes.size)


def _all(difference: Difference, count: int) -> Floats:
    return np.array([difference(np.array(swapped, dtype=np.float64)) for swapped in product((0, 1), repeat=count)])


def _random(difference: Difference, count: int, replicates: int, seed: int) -> Floats:
    random = generator(seed, "permutation")
    return np.array([difference(random.integers(0, 2, count).astype(np.float64)) for _ in range(replicates)])


def _area(truth: ArrayLike, a: ArrayLike, b: ArrayLike, codes: Ints, count: int) -> Difference:
    real = truth_of_both(truth)
    ranks = np.concatenate([stats.rankdata(numbers(a, "a")), stats.rankdata(numbers(b, "b"))])
    # Both readers' readings in one sorted list: those of an exchanged patient change the reader that they count for.
    both = WeightedArea(np.tile(real, 2), ranks, np.concatenate([codes, codes + count]), 2 * count)

    def difference(swapped: Floats) -> float:
        first, second = np.concatenate([1 - swapped, swapped]), np.concatenate([swapped, 1 - swapped])
        return both.of(first) - both.of(second)

    return difference


def _share(part_of: Callable[[Bools], Bools]) -> Callable[..., Difference]:
    def build(truth: ArrayLike, a: ArrayLike, b: ArrayLike, codes: Ints, count: int) -> Difference:
        real = binary(truth, "truth")
        part = part_of(real)
        if not part.any():
            raise EvaluationError("no case of this class", fix="Give at least one", field="truth")
        gain = (binary(a, "a") == real).astype(np.float64) - (binary(b, "b") == real)
        sums = np.bincount(codes, weights=gain * part, minlength=count) / part.sum()
        return lambda swapped: float((1 - 2 * swapped) @ sums)

    return build


DIFFERENCES: dict[str, Callable[..., Difference]] = {
    "auc": _area,
    "sensitivity": _share(lambda real: real),
    "specificity": _share(lambda real: ~real),
    "accuracy": _share(lambda real: real | ~real),
}
