"""External validation: how far each measure moves from the test part to other hospitals' images."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scipy import special

from readingroom.evaluation import Estimate
from readingroom.report.measures import Performance

TWO_CLASSES = ("auc", "sensitivity", "specificity")
MORE_CLASSES = ("top1", "auc")
UNPAIRED = "difference of two independent estimates, normal"


@dataclass(frozen=True)
class Shift:
    """One reader's measure on the external part against the test part.

    Args:
        reader, measure: of what.
        test, external: the two estimates, each with its own interval.
        difference, low, high: external minus test.
        p_value: two-sided, for no difference; None where a variance is missing.
        method: the test.
    """

    reader: str
    measure: str
    test: Estimate
    external: Estimate
    difference: float
    low: float | None
    high: float | None
    p_value: float | None
    method: str


def shifts(performances: Sequence[Performance], level: float) -> Iterator[Shift]:
    """Every reader that read both parts, images as units."""
    shown = [p for p in performances if p.unit == "image" and p.fold == 0 and p.repeat == 1]
    tested = {p.reader: p for p in shown if p.split == "test"}
    for external in (p for p in shown if p.split == "external" and p.reader in tested):
        for measure in TWO_CLASSES if external.binary is not None else MORE_CLASSES:
            before, after = _measure(tested[external.reader], measure), _measure(external, measure)
            if before is not None and after is not None:
                yield _shift(external.reader, measure, before, after, level)


def _measure(performance: Performance, measure: str) -> Estimate | None:
    found = performance.measure(measure)
    return found if found is not None and found.defined else None


def _shift(reader: str, measure: str, test: Estimate, external: Estimate, level: float) -> Shift:
    difference = (external.value or 0.0) - (test.value or 0.0)
    variances = [_variance(estimate) for estimate in (test, external)]
    if None in variances or not sum(v or 0.0 for v in variances):
        return Shift(reader, measure, test, external, difference, None, None, None, UNPAIRED)
    se = math.sqrt(sum(v or 0.0 for v in variances))
    half = float(special.ndtri(0.5 + level / 2)) * se
    p = float(2 * special.ndtr(-abs(difference) / se))
    return Shift(reader, measure, test, external, difference, difference - half, difference + half, p, UNPAIRED)


def _variance(estimate: Estimate) -> float | None:
    """From the width of the interval, so that a share of 0 or 1 has one too."""
    if estimate.low is None or estimate.high is None:
        return None
    return float(((estimate.high - estimate.low) / 2 / special.ndtri(0.5 + estimate.level / 2)) ** 2)
