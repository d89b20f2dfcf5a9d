"""The threshold of a two-class reader: fixed on validation, stored with the reader, then left alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from readingroom.core.errors import EvaluationError, StudyFileError
from readingroom.evaluation import operating_point
from readingroom.reading.bundle import Threshold


def choose_threshold(truth: npt.NDArray[np.bool_], score: npt.NDArray[np.floating], rule: str | float) -> Threshold:
    """Choose an operating point.

    Args:
        truth: (N,) whether the image is of the positive class.
        score: (N,) its score for the positive class.
        rule: ``youden``, ``sensitivity>=0.9``, ``specificity>=0.9``, or a number that is taken as it is.

    Raises:
        StudyFileError: no threshold can be chosen, because validation is empty or lacks a class.
    """
    if not isinstance(rule, str):
        return Threshold(float(rule), "fixed", split="study file")
    try:
        return Threshold(float(operating_point(truth, score, rule=rule).threshold), rule)
    except EvaluationError as error:
        raise StudyFileError(
            f"no threshold can be chosen on the validation part ({error.what})",
            fix="Give validation more images of both classes, or a number as evaluation.threshold",
            field="evaluation.threshold",
        ) from error
