"""Reading times: two readers of the same cases, compared as a ratio."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.areas import difference_test
from readingroom.evaluation.arrays import clusters, numbers, same_length
from readingroom.evaluation.clustered import mean_variance
from readingroom.evaluation.results import Test, checked_level


def compare_times(a: ArrayLike, b: ArrayLike, *, cluster: ArrayLike | None = None, level: float = 0.95) -> Test:
    """Whether two readers took equally long over the same cases, by the mean difference of the logarithms of time.

    Times are skewed and readers differ by factors: exp(``difference``) is the ratio of the geometric means, first to
    second, and exp of the limits its interval. Student's t on the paired differences; with clusters the variance
    counts patients, C / (C - 1) Σ (Σ over the patient's (dᵢ - d̄))² / n², with C - 1 degrees of freedom.

    Args:
        a: (n,) times of the first reader, above 0.
        b: (n,) times of the second, of the same cases.
        cluster: (n,) patient of each case; None takes the cases as independent.
        level: confidence level.

    Raises:
        EvaluationError: lengths differ, fewer than two cases (or patients), a time that is missing or not above 0.

    Example:
        >>> test = compare_times([2.0, 4.0, 8.0], [1.0, 2.0, 2.0])
        >>> round(float(np.exp(test.difference)), 2)
        2.52
    """
    first, second = _times(a, "a"), _times(b, "b")
    n = same_length(a=first, b=second)
    codes, count = (np.arange(n), n) if cluster is None else clusters(cluster)
    same_length(a=first, cluster=codes)
    if count < 2:
        raise EvaluationError("one case only", fix="Give two or more", field="cluster" if cluster is not None else "a")
    apart = np.log(first) - np.log(second)
    mean, variance = float(apart.mean()), mean_variance(apart, codes, count)
    method = "paired t of log times" + ("" if cluster is None else ", clustered")
    return difference_test(mean, variance, method, n, checked_level(level), df=count - 1)


def _times(values: ArrayLike, field: str) -> np.ndarray:
    times = numbers(values, field)
    if (times <= 0).any():
        row = int(np.flatnonzero(times <= 0)[0])
        raise EvaluationError(f"value {row} is not above 0", fix="Leave out what took no time", field=field)
    return times
