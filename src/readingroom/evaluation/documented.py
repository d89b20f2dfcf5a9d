"""Documented: which places of an examination a reader says are documented, against the reference standard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats, array_of, same_length
from readingroom.evaluation.clustered import FEW, clustered_diagnostic_table
from readingroom.evaluation.completeness import Completeness
from readingroom.evaluation.confusion import diagnostic_table
from readingroom.evaluation.resampling import bootstrap
from readingroom.evaluation.results import Estimate, Estimates

MEAN = "mean over patients"


@dataclass(frozen=True)
class DocumentedAgreement:
    """A reader's list of documented places against that of the reference standard.

    Args:
        reference, answered: (examinations, places) whether a place is documented.
        overall: sensitivity, specificity, PPV and NPV of *documented*, over all examinations and places; intervals
            count patients.
        by_place: the same of each place.
        mean_reference, mean_answered: places documented of an examination, on average.
        mean_difference: answered minus reference.
    """

    reference: pd.DataFrame
    answered: pd.DataFrame
    overall: Estimates
    by_place: dict[str, Estimates]
    mean_reference: Estimate
    mean_answered: Estimate
    mean_difference: Estimate


def compare_documented(
    reference: Completeness, answered: Completeness, *, patient: ArrayLike | None = None, seed: int = 0
) -> DocumentedAgreement:
    """How well a reader tells which places the pictures of an examination document.

    A place is documented by the reference standard if one picture is of it, and by the reader if the reader answered it
    for one picture, whichever: two errors that cancel each other do no harm to the list.

    Args:
        reference: of the reference standard, one row an examination.
        answered: of the reader, on the same pictures.
        patient: (examinations,) whose examination it is; None where each is of another patient.
        seed: of the bootstrap that gives the intervals of the means.

    Raises:
        EvaluationError: the two are not of the same examinations and places, or a length differs.

    Example:
        >>> from readingroom.evaluation.completeness import completeness
        >>> asked = {"cardia": ["cardia"], "pylorus": ["pylorus"]}
        >>> true = completeness(["a", "a", "b"], ["cardia", "pylorus", "pylorus"], asked)
        >>> said = completeness(["a", "a", "b"], ["cardia", "cardia", "pylorus"], asked)
        >>> found = compare_documented(true, said)
        >>> round(found.overall.sensitivity.value, 3), found.overall.specificity.value, found.mean_difference.value
        (0.667, 1.0, -0.5)
    """
    real, said = reference.seen, answered.seen
    if not real.index.equals(said.index) or not real.columns.equals(said.columns):
        raise EvaluationError(
            "other examinations or places than those of the reference standard",
            fix="Compute both from the same pictures and the same list of places",
            field="answered",
        )
    whose = np.arange(len(real)) if patient is None else array_of(patient, "patient")
    same_length(reference=real.to_numpy()[:, 0], patient=whose)
    level, columns = reference.level, list(real.columns)
    cells = np.repeat(whose, len(columns))
    counts = real.sum(axis=1).to_numpy(np.float64), said.sum(axis=1).to_numpy(np.float64)
    return DocumentedAgreement(
        reference=real,
        answered=said,
        overall=clustered_diagnostic_table(real.to_numpy().ravel(), said.to_numpy().ravel(), cells, level=level),
        by_place={str(name): _rates(real[name].to_numpy(), said[name].to_numpy(), whose, level) for name in columns},
        mean_reference=_mean(counts[0], whose, level, seed),
        mean_answered=_mean(counts[1], whose, level, seed),
        mean_difference=_mean(counts[1] - counts[0], whose, level, seed),
    )


def _rates(real: ArrayLike, said: ArrayLike, whose: np.ndarray, level: float) -> Estimates:
    """By Wilson where each examination is of another patient."""
    if len(np.unique(whose)) < len(whose):
        return clustered_diagnostic_table(real, said, whose, level=level)
    return diagnostic_table(real, said, level=level)


def _mean(values: Floats, whose: np.ndarray, level: float, seed: int) -> Estimate:
    if len(np.unique(whose)) < 2:
        return Estimate(float(values.mean()), None, None, level, MEAN, values.size, note=FEW)
    return bootstrap("mean", values, cluster=whose, level=level, seed=seed)
