"""Grades as numbers: what a grade counts, the grade that probabilities expect, and the grade nearest to a score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats, Ints, matrix, numbers


def grade_values(classes: Sequence[str]) -> Floats:
    """The number of each grade: the number that its name is, where all names are rising numbers; else 0, 1, 2 and on.

    Example:
        >>> grade_values(["0", "1", "2"]).tolist(), grade_values(["Rf0", "Rf1"]).tolist()
        ([0.0, 1.0, 2.0], [0.0, 1.0])
    """
    try:
        named = np.array([float(name) for name in classes])
    except ValueError:
        return np.arange(len(classes), dtype=np.float64)
    rising = bool(np.isfinite(named).all() and (np.diff(named) > 0).all())
    return named if rising else np.arange(len(classes), dtype=np.float64)


def expected_grade(probabilities: ArrayLike, values: ArrayLike) -> Floats:
    """The mean of the grades, each with its probability: a score between the grades.

    Args:
        probabilities: (n, K), each row adding up to 1.
        values: (K,) number of each grade.

    Returns:
        (n,) scores on the scale of the grades.

    Raises:
        EvaluationError: other shapes, or values that are not finite numbers.

    Example:
        >>> expected_grade([[0.5, 0.5, 0.0], [0.0, 0.2, 0.8]], [0, 1, 2]).tolist()
        [0.5, 1.8]
    """
    scale = numbers(values, "values")
    return np.asarray(matrix(probabilities, "probabilities", columns=scale.size) @ scale)


def nearest_grade(score: ArrayLike, values: ArrayLike) -> Ints:
    """Place of the grade nearest to a score; midway the higher one, as a doubtful case is read.

    Args:
        score: (n,) on the scale of the grades.
        values: (K,) rising number of each grade.

    Returns:
        (n,) places from 0.

    Raises:
        EvaluationError: a value that is not a finite number, or grades that do not rise.

    Example:
        >>> nearest_grade([0.4, 0.5, 3.6], [0, 1, 2]).tolist()
        [0, 1, 2]
    """
    scale = numbers(values, "values")
    if (np.diff(scale) <= 0).any():
        raise EvaluationError("grades that do not rise", fix="Give the numbers of the grades in order", field="values")
    middles = (scale[1:] + scale[:-1]) / 2
    return np.searchsorted(middles, numbers(score, "score"), side="right").astype(np.int64)
