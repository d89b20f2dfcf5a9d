"""Whether a network's probabilities mean what they say, and what a temperature fitted on validation would mend."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from readingroom.evaluation import (
    Estimate,
    Test,
    brier,
    calibration_curve,
    calibration_line,
    expected_calibration_error,
    hosmer_lemeshow,
    temperature,
)
from readingroom.report.analyses.answers import Answers
from readingroom.report.units import Flags, Scores

_REPLICATES = 400
_LEAST = 20
_SMALLEST = 1e-12


@dataclass(frozen=True)
class Calibration:
    """How well one reader's probabilities are calibrated on one part.

    Args:
        reader, split: who, and on which part.
        positive: the class that the probability is of; None where it is that of the class answered, whichever it is
            (with more than two classes: Guo 2017, "top label").
        n: images.
        measures: ``brier, slope, intercept, ece``, and ``temperature, ece_after_temperature`` where there are
            validation readings to fit a temperature on.
        hosmer_lemeshow: the test of fit; None where it is not defined.
        predicted, observed, low, high, count: the calibration curve, ten bins of equal numbers.
    """

    reader: str
    split: str
    positive: str | None
    n: int
    measures: dict[str, Estimate]
    hosmer_lemeshow: Test | None
    predicted: tuple[float, ...]
    observed: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    count: tuple[int, ...]


def calibrate(
    answers: Answers, validation: Answers | None, classes: Sequence[str], positive: str | None, level: float
) -> Calibration | None:
    """The calibration of one reader on one part; None where its scores are no probabilities, or of too few images.

    Args:
        answers: of the part.
        validation: the same reader's on the validation part, to fit a temperature on.
        classes: all classes, in order.
        positive: the positive class where there are two.
        level: confidence level.
    """
    scores = answers.probabilities
    if scores is None or len(scores) < _LEAST or (answers.units.reference < 0).any():
        return None
    truth, p = _pair(answers, scores, classes, positive)
    curve = calibration_curve(truth, p, level=level)
    # Several classes: Brier's sum over the classes, and the error of the class answered.
    graded, target = (p, truth) if positive is not None else (scores, answers.units.reference)
    measures = {"brier": brier(target, graded, level=level)}
    if truth.any() and not truth.all():
        line = calibration_line(truth, _inside(p), level=level)
        measures |= {name: line[name] for name in ("slope", "intercept")}
    measures["ece"] = expected_calibration_error(target, graded, level=level, replicates=_REPLICATES)
    measures |= _after_temperature(answers, validation, classes, positive, level)
    return Calibration(
        answers.reader,
        answers.split,
        positive,
        len(p),
        {name: estimate for name, estimate in measures.items() if estimate.defined},
        _fit(truth, p),
        tuple(curve.predicted.tolist()),
        tuple(curve.observed.tolist()),
        tuple(curve.low.tolist()),
        tuple(curve.high.tolist()),
        tuple(curve.count.tolist()),
    )


def _pair(answers: Answers, scores: Scores, classes: Sequence[str], positive: str | None) -> tuple[Flags, Scores]:
    if positive is None:
        return scores.argmax(axis=1) == answers.units.reference, scores.max(axis=1)
    place = list(classes).index(positive)
    return answers.truth(place), scores[:, place]


def _inside(p: Scores) -> Scores:
    # The logit of a probability of exactly 0 or 1 is not a number.
    return np.clip(p, _SMALLEST, 1 - _SMALLEST)


def _after_temperature(
    answers: Answers, validation: Answers | None, classes: Sequence[str], positive: str | None, level: float
) -> dict[str, Estimate]:
    fitted_on = None if validation is None else validation.probabilities
    scores = answers.probabilities
    if validation is None or fitted_on is None or scores is None or (validation.units.reference < 0).any():
        return {}
    found = temperature(validation.units.reference, np.log(_inside(fitted_on)), level=level)
    if found.value is None:
        return {}
    powers = _inside(scores) ** (1 / found.value)
    cooled = powers / powers.sum(axis=1, keepdims=True)
    truth, p = _pair(answers, cooled, classes, positive)
    graded, target = (p, truth) if positive is not None else (cooled, answers.units.reference)
    error = expected_calibration_error(target, graded, level=level, replicates=_REPLICATES)
    return {"temperature": found, "ece_after_temperature": error}


def _fit(truth: Flags, p: Scores) -> Test | None:
    test = hosmer_lemeshow(truth, p)
    return test if test.defined else None
