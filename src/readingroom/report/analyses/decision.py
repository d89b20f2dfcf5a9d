"""Whether acting on a reader's answer does more good than harm: decision curves (Vickers & Elkin 2006)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from readingroom.evaluation import net_benefit
from readingroom.report.analyses.answers import Answers

_THRESHOLDS = np.arange(1, 100) / 100


@dataclass(frozen=True)
class DecisionCurve:
    """The net benefit of acting on one reader's answers, over the threshold probabilities 0.01 to 0.99.

    Args:
        reader, split: who, and on which part.
        positive: the class that is acted on.
        from_calls: the reader gave calls only: the same calls stand at every threshold, and there is no interval.
        n: images.
        prevalence: of the sample, or the one that the study states.
        threshold, net_benefit, low, high: the curve; ``low`` and ``high`` are empty with calls only.
        act_on_all: net benefit of acting on everybody.
    """

    reader: str
    split: str
    positive: str
    from_calls: bool
    n: int
    prevalence: float
    threshold: tuple[float, ...]
    net_benefit: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    act_on_all: tuple[float, ...]


def decide(
    answers: Answers, classes: Sequence[str], positive: str, level: float, prevalence: float | None
) -> DecisionCurve | None:
    """One reader's decision curve; None where there is one class only, or neither probabilities nor calls."""
    place = list(classes).index(positive)
    truth, scores, called = answers.truth(place), answers.probabilities, answers.units.called
    if truth.all() or not truth.any():
        return None
    if scores is not None:
        acted = scores[:, place]
    elif called is not None:
        # A call is as good as a certain probability: positive at every threshold, or at none.
        acted = called[:, place].astype(float)
    else:
        return None
    found = net_benefit(truth, acted, _THRESHOLDS.tolist(), prevalence=prevalence, level=level)
    limits = (found.low, found.high) if scores is not None else (np.empty(0), np.empty(0))
    return DecisionCurve(
        reader=answers.reader,
        split=answers.split,
        positive=positive,
        from_calls=scores is None,
        n=found.n,
        prevalence=found.prevalence,
        threshold=tuple(_THRESHOLDS.tolist()),
        net_benefit=tuple(found.value.tolist()),
        low=tuple(limits[0].tolist()),
        high=tuple(limits[1].tolist()),
        act_on_all=tuple(found.act_on_all.tolist()),
    )
