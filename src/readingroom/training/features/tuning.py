"""Tuning inside the training part: cross-validation that keeps a patient's images together, then one fit on all."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import Pipeline

from readingroom.core.errors import StudyFileError

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tuned:
    """A fitted model and how it was tuned.

    Args:
        model: fitted on all rows.
        folds: of the cross-validation; 0 where the patients were too few for one.
        chosen: by parameter, what was best.
        tried: one row a candidate: parameters, and its mean log loss with its standard deviation over the folds.
    """

    model: Pipeline
    folds: int
    chosen: dict[str, Any] = field(default_factory=dict)
    tried: list[dict[str, Any]] = field(default_factory=list)


def tune(
    pipeline: Pipeline,
    tried: dict[str, list[Any]],
    frame: pd.DataFrame,
    targets: npt.NDArray[np.int64],
    groups: npt.NDArray[Any],
    *,
    folds: int,
    seed: int,
) -> Tuned:
    """Choose parameters by the mean log loss over grouped folds, and fit on all rows.

    Every step of the pipeline, selection of features included, is fitted anew in each fold, on its training side.

    Args:
        pipeline: not fitted.
        tried: values by parameter.
        frame: (N, F) features of the training part.
        targets: (N,) classes.
        groups: (N,) patients (with their near-duplicates), never on both sides of a fold.
        folds: at most so many.
        seed: of the folds.

    Raises:
        StudyFileError: the features cannot be fitted: one class only, or texts without a term in common.
    """
    if len(np.unique(targets)) < 2:
        raise StudyFileError("the training part has one class only", fix="See partition.csv", field="partition")
    parts = grouped_folds(targets, groups, folds, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            if not parts:
                return Tuned(pipeline.fit(frame, targets), 0)
            search = GridSearchCV(pipeline, tried, cv=parts, scoring="neg_log_loss", error_score="raise")
            search.fit(frame, targets)
        except ValueError as error:
            raise StudyFileError(
                f"the features cannot be learned from ({error})",
                fix="Look at the training part: texts too short for `least`, or columns without a value",
                field="readers.features",
            ) from error
    return Tuned(search.best_estimator_, len(parts), dict(search.best_params_), _table(search))


def grouped_folds(
    targets: npt.NDArray[np.int64], groups: npt.NDArray[Any], folds: int, seed: int
) -> list[tuple[Rows, Rows]]:
    """Rows to fit on and rows to judge by, every class on both sides; no fold where a class has one patient."""
    least = min(len(np.unique(groups[targets == target])) for target in np.unique(targets))
    for count in range(min(folds, least), 1, -1):
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed % 2**31)
        parts = list(splitter.split(np.zeros(len(targets)), targets, groups))
        classes = set(np.unique(targets))
        if all(set(targets[side]) == classes for part in parts for side in part):
            return parts
    return []


def _table(search: GridSearchCV) -> list[dict[str, Any]]:
    found = search.cv_results_
    rows = zip(found["params"], found["mean_test_score"], found["std_test_score"], strict=True)
    return [
        {
            **{name.rsplit("__", 1)[-1]: value for name, value in chosen.items()},
            "log_loss": -float(mean),
            "sd": float(sd),
        }
        for chosen, mean, sd in rows
    ]
