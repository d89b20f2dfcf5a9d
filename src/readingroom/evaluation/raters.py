"""Several raters: how far they agree with each other on grades, and whether a reader agrees with them as well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.areas import difference_test
from readingroom.evaluation.arrays import Floats, Ints, clusters, coded, same_length
from readingroom.evaluation.kappa import WEIGHTS, distances
from readingroom.evaluation.resampling import REPLICATES, bootstrap_together
from readingroom.evaluation.results import Estimate, Test, checked_level, chosen
from readingroom.evaluation.weighted import Weighted, WeightedDifference, WeightedKappa, WeightedMean, WeightedTotals

Pair = tuple[str, str]


@dataclass(frozen=True)
class AmongRaters:
    """Readers among raters, on the cases that all of them graded.

    Args:
        n: cases.
        pairs: weighted kappa of every two raters, and of every reader with every rater.
        between: mean kappa over all pairs of raters.
        with_raters: of each reader, its mean kappa over the raters.
        differences: of each reader, ``with_raters`` less ``between``, with its test. Below 0: the raters agree with
            each other better than with the reader.
    """

    n: int
    pairs: dict[Pair, Estimate]
    between: Estimate
    with_raters: dict[str, Estimate]
    differences: dict[str, Test]


def among_raters(
    raters: Mapping[str, ArrayLike],
    readers: Mapping[str, ArrayLike] | None = None,
    *,
    classes: Any,
    weights: str = "quadratic",
    cluster: ArrayLike | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> AmongRaters:
    """Whether a reader agrees with raters as well as they do with each other.

    The mean of Cohen's weighted kappas over the pairs of raters is set against the mean over the reader and each rater
    (Light's kappa, Psychol Bull 1971;76:365, with the reader as one more rater). Patients are drawn with replacement,
    each with all its grades; intervals are percentiles, and the difference is tested over its bootstrap standard error
    by Student's t with patients less one degrees of freedom. Raters are taken as they are: the result is for these
    raters, not for others.

    A reader that learned from the raters' consensus may agree with each of them better than they do with each other,
    since a consensus varies less than one rater.

    Args:
        raters: (n,) grades that each rater gave, by name; two raters or more.
        readers: (n,) grades of each reader that is compared with them.
        classes: all grades in their order.
        weights: ``quadratic`` or ``linear``.
        cluster: (n,) patient of each case; None takes cases as independent.
        replicates: of the bootstrap.
        seed: the same seed gives the same intervals.
        level: confidence level.

    Raises:
        EvaluationError: fewer than two raters, one name twice, lengths differ, a value missing, or a grade that is none
            of the classes.

    Example:
        >>> raters = {"a": [0, 1, 2, 2, 0], "b": [0, 1, 2, 1, 0]}
        >>> found = among_raters(raters, {"net": [0, 1, 2, 2, 1]}, classes=[0, 1, 2], replicates=50)
        >>> round(found.between.value, 3), round(found.with_raters["net"].value, 3)
        (0.857, 0.772)
    """
    asked = dict(readers or {})
    if len(raters) < 2 or set(raters) & set(asked):
        raise EvaluationError(
            f"{len(raters)} raters: {', '.join(raters)}", fix="Give two raters or more, none of them a reader too",
            field="raters",
        )  # fmt: skip
    weigh = chosen(weights, WEIGHTS, "weights")(distances(len(classes)), len(classes))  # type: ignore[arg-type]
    codes_of = {name: coded(given, classes, name) for name, given in {**raters, **asked}.items()}
    n = same_length(**codes_of)
    codes, count = (np.arange(n), n) if cluster is None else clusters(cluster)
    same_length(raters=next(iter(codes_of.values())), cluster=codes)
    checked_level(level)
    kappas = {
        (a, b): _kappa(codes_of[a], codes_of[b], weigh, codes, count)
        for a, b in (*combinations(raters, 2), *((reader, rater) for reader in asked for rater in raters))
    }
    drawn = bootstrap_together(
        _statistics(kappas, list(raters), list(asked)), codes, count, replicates=replicates, seed=seed, level=level
    )
    if count < 2:
        drawn = {name: replace(one, low=None, high=None, variance=None) for name, one in drawn.items()}
    pairs = {pair: drawn[_name(pair)] for pair in kappas}
    with_raters = {name: drawn[f"with/{name}"] for name in asked}
    differences = {name: _test(drawn[f"less/{name}"], count, replicates, level) for name in asked}
    return AmongRaters(n, pairs, drawn["between"], with_raters, differences)


def _name(pair: Pair) -> str:
    return "pair/" + "\0".join(pair)


def _kappa(a: Ints, b: Ints, weight: Floats, codes: Ints, count: int) -> Weighted:
    k = len(weight)
    cells = np.zeros((k * k, a.size))
    cells[a * k + b, np.arange(a.size)] = 1.0
    return WeightedKappa(WeightedTotals(cells, codes, count), weight)


def _statistics(kappas: Mapping[Pair, Weighted], raters: list[str], readers: list[str]) -> dict[str, Weighted]:
    between = WeightedMean([one for pair, one in kappas.items() if pair[0] in raters])
    found: dict[str, Weighted] = {_name(pair): one for pair, one in kappas.items()} | {"between": between}
    for reader in readers:
        own = WeightedMean([kappas[reader, rater] for rater in raters])
        found |= {f"with/{reader}": own, f"less/{reader}": WeightedDifference(own, between)}
    return found


def _test(found: Estimate, count: int, replicates: int, level: float) -> Test:
    method = f"bootstrap of {'readings' if count == found.n else 'patients'}, {replicates} random draws"
    if found.value is None or count < 2:
        return Test(None, None, found.value, None, None, method, level, found.n, note=found.note)
    return difference_test(found.value, found.variance, method, found.n, level, df=count - 1)
