"""From images to the lesion or the patient: several readings become one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats, Ints, array_of, binary, flat, matrix, numbers, same_length
from readingroom.evaluation.results import chosen


@dataclass(frozen=True, eq=False)
class Aggregate:
    """One value a unit.

    Args:
        units: (U,) the lesions or patients, in order of first appearance.
        values: (U,) or (U, C) their values.
        sizes: (U,) readings of each.
    """

    units: NDArray[Any]
    values: NDArray[Any]
    sizes: Ints


def _sum(values: Floats, codes: Ints, count: int) -> Floats:
    return np.bincount(codes, weights=values, minlength=count).astype(np.float64)


def _largest(values: Floats, codes: Ints, count: int) -> Floats:
    largest = np.full(count, -np.inf)
    np.maximum.at(largest, codes, values)
    return largest


def _mean(values: Floats, codes: Ints, count: int) -> Floats:
    return _sum(values, codes, count) / np.bincount(codes, minlength=count)


SCORE_RULES: dict[str, Callable[[Floats, Ints, int], Floats]] = {"max": _largest, "mean": _mean}

CALL_RULES: dict[str, Callable[[Floats], Any]] = {
    "any": lambda share: share > 0,
    "all": lambda share: share >= 1,
    "majority": lambda share: share > 0.5,
}


def aggregate_calls(unit: ArrayLike, call: ArrayLike, *, rule: str = "any") -> Aggregate:
    """One call a unit from the calls on its images.

    The rule ``any`` is that of lesion-based studies: a lesion is recognised if any one of its images is. Give
    ``call = predicted == truth`` for "recognised", or ``call = predicted == name`` for one class against the rest.

    Args:
        unit: (n,) lesion or patient of each reading.
        call: (n,) 0 or 1.
        rule: ``any``, ``all`` or ``majority`` (more than half).

    Raises:
        EvaluationError: lengths differ, a missing unit, or a value that is neither 0 nor 1.

    Example:
        >>> aggregate_calls(["a", "a", "b"], [0, 1, 0]).values.tolist()
        [True, False]
    """
    decide = chosen(rule, CALL_RULES, "rule")
    codes, units, sizes = _units(unit, len(called := binary(call, "call")))
    return Aggregate(units, decide(_mean(called.astype(np.float64), codes, len(units))), sizes)


def aggregate_scores(unit: ArrayLike, score: ArrayLike, *, rule: str = "max") -> Aggregate:
    """One score a unit (or one a class) from the scores of its images.

    Args:
        unit: (n,) lesion or patient of each reading.
        score: (n,) or (n, C) finite numbers.
        rule: ``max`` (the most suspicious image speaks; the scores' form of ``any``) or ``mean``.

    Raises:
        EvaluationError: lengths differ, a missing unit, or a score that is not a finite number.

    Example:
        >>> aggregate_scores(["a", "a", "b"], [0.2, 0.6, 0.1]).values.tolist()
        [0.6, 0.1]
    """
    combine = chosen(rule, SCORE_RULES, "rule")
    scores = matrix(score, "score") if array_of(score, "score").ndim == 2 else numbers(score)
    codes, units, sizes = _units(unit, len(scores))
    if scores.ndim == 1:
        return Aggregate(units, combine(scores, codes, len(units)), sizes)
    columns = [combine(column, codes, len(units)) for column in scores.T]
    return Aggregate(units, np.stack(columns, axis=1), sizes)


def aggregate_truth(unit: ArrayLike, truth: ArrayLike) -> Aggregate:
    """One truth a unit, which all its readings must share.

    Args:
        unit: (n,) lesion or patient of each reading.
        truth: (n,) class by the reference standard.

    Raises:
        EvaluationError: lengths differ, something is missing, or a unit has two truths; the message names them.

    Example:
        >>> aggregate_truth(["a", "a", "b"], ["ulcer", "ulcer", "none"]).values.tolist()
        ['ulcer', 'none']
    """
    classes = flat(truth, "truth")
    codes, units, sizes = _units(unit, len(classes))
    first = np.full(len(units), -1, dtype=np.int64)
    labels, names = pd.factorize(classes)
    first[codes[::-1]] = labels[::-1]
    torn = np.unique(codes[labels != first[codes]])
    if torn.size:
        said = ", ".join(str(units[i]) for i in torn[:5])
        fix = "Aggregate by the lesion, or compare each class with the rest by aggregate_calls"
        raise EvaluationError(f"{torn.size} units have several truths: {said}", fix=fix, field="unit")
    return Aggregate(units, np.asarray(names)[first], sizes)


def _units(unit: ArrayLike, length: int) -> tuple[Ints, NDArray[Any], Ints]:
    values = flat(unit, "unit")
    same_length(unit=values, readings=np.empty(length))
    codes, units = pd.factorize(values)
    return np.asarray(codes, dtype=np.int64), np.asarray(units), np.bincount(codes).astype(np.int64)
