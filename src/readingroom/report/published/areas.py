"""Whether a printed AUC is an area under a curve at all."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from readingroom.core.translations import Translator
from readingroom.evaluation.published import Printed, area_limits, label_area
from readingroom.evaluation.published.formulae import Span
from readingroom.report.published.finding import CHANCE, Finding, listed, named
from readingroom.report.published.solve import Solved


@dataclass(frozen=True)
class _Area:
    solved: Solved
    figure: Printed
    sensitivity: Span
    specificity: Span

    @property
    def of_labels(self) -> bool:
        """Whether the mean of sensitivity and specificity is printed so."""
        low, high = label_area(self.sensitivity, self.specificity)
        return low <= self.figure.limits()[1] and high >= self.figure.limits()[0]

    @property
    def chance(self) -> float:
        """How likely an area somewhere within its limits agrees so well by accident."""
        low, high = area_limits(self.sensitivity, self.specificity)
        labels = label_area(self.sensitivity, self.specificity)
        room = float(high - low)
        agreeing = float(labels[1] - labels[0]) + 1 / self.figure.scale
        return min(1.0, agreeing / room) if room > 0 else 1.0


def area_findings(rows: Sequence[Solved], say: Translator) -> list[Finding]:
    """What is wrong with the areas of a group."""
    areas = [area for solved in rows if (area := _area(solved)) is not None]
    outside = [finding for area in areas if (finding := _outside(area, say)) is not None]
    return [*outside, *_labels(areas, say)]


def _area(solved: Solved) -> _Area | None:
    figures = solved.row.figures
    if not {"auc", "sensitivity", "specificity"} <= set(figures) or solved.row.classes is not None:
        return None
    return _Area(solved, figures["auc"], _span(solved, "sensitivity"), _span(solved, "specificity"))


def _span(solved: Solved, measure: str) -> Span:
    shares = solved.shares(measure)
    if not shares or any(n == 0 for _, n in shares):
        return solved.row.figures[measure].limits()
    values = [Fraction(*share) for share in shares]
    return min(values), max(values)


def _outside(area: _Area, say: Translator) -> Finding | None:
    low, high = area_limits(area.sensitivity, area.specificity)
    printed = area.figure.limits()
    if printed[1] >= low and printed[0] <= high:
        return None
    text = (
        "{area} is impossible: a ROC curve through sensitivity {sensitivity} and specificity {specificity} has an area "
        "from {low} to {high}."
    )
    row = area.solved.row
    said = say(
        text,
        area=named("auc", area.figure, say),
        sensitivity=row.figures["sensitivity"].text,
        specificity=row.figures["specificity"].text,
        low=f"{float(low):.3f}",
        high=f"{float(high):.3f}",
    )
    return Finding("auc-outside", "contradiction", said, row.group, (row.line,))


def _labels(areas: Sequence[_Area], say: Translator) -> list[Finding]:
    found = [area for area in areas if area.of_labels]
    if not found:
        return []
    all_of_them = len(found) == len(areas) > 1 and math.prod(area.chance for area in found) < CHANCE
    chosen = found if all_of_them else [area for area in found if area.chance < CHANCE / 2]
    if not chosen:
        return []
    rows = [area.solved.row for area in chosen]
    if all_of_them:
        text = "Every AUC ({n} of {n}) is the mean of sensitivity and specificity: {list}."
        said = say(text, n=len(areas), list=listed((_sum(area, say) for area in chosen), say, 3))
    else:
        text = "An AUC that is the mean of sensitivity and specificity: {list}."
        said = say(text, list=listed((f"{a.solved.row.name}, {_sum(a, say)}" for a in chosen), say, 3))
    text = "That is the area of one point, computed from labels and not from scores: it is no AUC."
    lines = tuple(row.line for row in rows)
    return [Finding("auc-of-labels", "warning", said + say(" ") + say(text), rows[0].group, lines)]


def _sum(area: _Area, say: Translator) -> str:
    figures = area.solved.row.figures
    parts = {name: figures[name].text for name in ("sensitivity", "specificity")}
    return say("({sensitivity} + {specificity}) / 2 = {auc}", auc=figures["auc"].text, **parts)
