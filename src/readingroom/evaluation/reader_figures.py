"""Every reader's figure (area, sensitivity, specificity), and how the figures vary together over the same cases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.areas import covariance as delong_covariance
from readingroom.evaluation.areas import placements
from readingroom.evaluation.arrays import Bools, Floats, binary
from readingroom.evaluation.crossed import Crossed
from readingroom.evaluation.results import chosen

COVARIANCES = {"delong": False, "jackknife": True}
"""Name -> whether it leaves out one case at a time."""


def reader_figures(crossed: Crossed, metric: str, covariance: str) -> tuple[Floats, Floats | None]:
    """The figures of a study and their covariance.

    Args:
        crossed: the study.
        metric: ``auc``, ``sensitivity``, ``specificity`` or ``accuracy``.
        covariance: ``delong`` (for shares the sample covariance of the calls) or ``jackknife``.

    Returns:
        (T, R) figures, and (T·R, T·R) their covariance over the cases; None with one case in a class.

    Raises:
        EvaluationError: another metric or covariance, or scores where calls are wanted.
    """
    compute: Callable[[Crossed, bool], tuple[Floats, Floats | None]] = chosen(metric, METRICS, "metric")
    return compute(crossed, chosen(covariance, COVARIANCES, "covariance"))


def _auc(crossed: Crossed, jackknife: bool) -> tuple[Floats, Floats | None]:
    t, r, n = crossed.scores.shape
    readers = [placements(crossed.truth, row) for row in crossed.scores.reshape(t * r, n)]
    figures = np.array([reader.area for reader in readers])
    if not jackknife:
        return figures.reshape(t, r), delong_covariance(readers)
    positive, negative = np.stack([x.positive for x in readers]), np.stack([x.negative for x in readers])
    return figures.reshape(t, r), _jackknife(np.hstack([_left_out(positive), _left_out(negative)]))


def _left_out(component: Floats) -> Floats:
    """The mean of each row without each of its columns in turn."""
    m = component.shape[1]
    if m < 2:
        raise EvaluationError("one case only in a class", fix="The jackknife needs two", field="truth")
    return np.asarray((component.sum(axis=1, keepdims=True) - component) / (m - 1))


def _jackknife(left_out: Floats) -> Floats:
    n = left_out.shape[1]
    return np.atleast_2d(np.cov(left_out, bias=True) * (n - 1))


def _share(hits_of: Callable[[Floats, Bools], Bools]) -> Callable[[Crossed, bool], tuple[Floats, Floats | None]]:
    def compute(crossed: Crossed, jackknife: bool) -> tuple[Floats, Floats | None]:
        t, r, n = crossed.scores.shape
        binary(crossed.scores.ravel(), "score")
        hits = hits_of(crossed.scores.reshape(t * r, n), crossed.truth).astype(np.float64)
        # The jackknife of a share over its own cases is the sample covariance exactly.
        covered = None if hits.shape[1] < 2 else np.atleast_2d(np.cov(hits) / hits.shape[1])
        return hits.mean(axis=1).reshape(t, r), covered

    return compute


METRICS: dict[str, Callable[[Crossed, bool], tuple[Floats, Floats | None]]] = {
    "auc": _auc,
    "sensitivity": _share(lambda calls, truth: calls[:, truth] == 1.0),
    "specificity": _share(lambda calls, truth: calls[:, ~truth] == 0.0),
    "accuracy": _share(lambda calls, truth: calls == truth),
}
