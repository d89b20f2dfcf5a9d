"""What the test images themselves would have chosen as threshold: shown beside, and called optimistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from readingroom.evaluation import Estimate, operating_point
from readingroom.report.analyses.answers import Answers
from readingroom.report.performance import rates

SHOWN = ("sensitivity", "specificity", "accuracy")


@dataclass(frozen=True)
class Optimistic:
    """The threshold of the highest Youden index on the very images that are judged, and what it gives there.

    Args:
        reader, split: who, and on which part.
        positive: the class.
        threshold: chosen on these images; a call is positive at score >= threshold.
        measures: ``sensitivity, specificity, accuracy`` at that threshold, on the same images: too good to be believed.
        validated: the same measures at the threshold that the study fixed; empty where there are no calls.
    """

    reader: str
    split: str
    positive: str
    threshold: float
    measures: dict[str, Estimate]
    validated: dict[str, Estimate]


def flatter(answers: Answers, classes: Sequence[str], positive: str, level: float) -> Optimistic | None:
    """The threshold that the judged images would choose; None without scores, or with one class only."""
    place = list(classes).index(positive)
    truth, scores, called = answers.truth(place), answers.units.scores, answers.units.called
    if scores is None or truth.all() or not truth.any():
        return None
    point = operating_point(truth, scores[:, place])
    best = rates(truth, scores[:, place] >= point.threshold, answers.units, level)
    fixed = {} if called is None else rates(truth, called[:, place], answers.units, level)
    return Optimistic(
        answers.reader,
        answers.split,
        positive,
        point.threshold,
        {name: best[name] for name in SHOWN},
        {name: fixed[name] for name in SHOWN if name in fixed},
    )
