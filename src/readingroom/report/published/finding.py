"""One thing that a published table's figures say, and how a sentence says figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.evaluation.published import Printed
from readingroom.report.wording import joined

LEVELS = ("contradiction", "warning", "note")
"""Figures that cannot all be right; what is not what it is called; what the figures can only mean."""

MEASURES = {
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "PPV",
    "npv": "NPV",
    "accuracy": "Accuracy",
    "f1": "F1",
    "auc": "AUC",
}

STATISTICS = {"mean": "mean", "median": "median", "minimum": "minimum", "maximum": "maximum", "share": "share"}

CHANCE = 0.05
"""Below it an agreement of figures is not taken for an accident."""


@dataclass(frozen=True)
class Finding:
    """What was found.

    Args:
        kind: of what sort it is, for programs.
        level: one of `LEVELS`.
        text: plain sentences, in the language of the report.
        group: of the table.
        lines: rows of the file that it is about.
    """

    kind: str
    level: str
    text: str
    group: str = ""
    lines: tuple[int, ...] = ()


def named(measure: str, figure: Printed, say: Translator) -> str:
    """A measure with its figure: ``Sensitivity 82.83%``."""
    return say("{measure} {figure}", measure=say(MEASURES[measure]), figure=figure.text)


def percent(share: Fraction | float, decimals: int = 2) -> str:
    """A share in per cent."""
    return f"{float(100 * share):.{decimals}f}%"


def like(figure: Printed, share: Fraction) -> str:
    """A share written with two digits more than a figure has, in its unit."""
    decimals = len(str(figure.scale)) - 1
    if figure.text.endswith("%"):
        return percent(share, decimals)
    return f"{float(share):.{decimals + 2}f}"


def interval_as_printed(figure: Printed | None, estimate: Estimate | None, joint: str) -> str:
    """The limits in the unit of a printed figure: ``74.2–89.0`` beside ``82.83%``, ``0.876–0.985`` beside ``0.955``."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    if figure is None or figure.text.endswith("%"):
        return f"{100 * estimate.low:.1f}{joint}{100 * estimate.high:.1f}"
    return f"{estimate.low:.3f}{joint}{estimate.high:.3f}"


def with_interval(estimate: Estimate, say: Translator) -> str:
    """``60.0% (95% CI 31.3 to 83.2)``."""
    value, low, high = (f"{100 * part:.1f}" for part in estimate.limits())
    level = f"{100 * estimate.level:g}"
    return say("{value}% ({level}% CI {low} to {high})", value=value, level=level, low=low, high=high)


def listed(words: Iterable[str], say: Translator, most: int = 8) -> str:
    """A list as a sentence has it; what is too much is counted."""
    found = list(dict.fromkeys(words))
    if len(found) > most:
        return say(", ").join(found[:most]) + say(" and {n} more", n=len(found) - most)
    return joined(found, say)


def place_of(place: str, line: int, say: Translator) -> str:
    """Where a row stands: as the table says, or its line."""
    return say(place) if place else say("row {n}", n=line)


def span(ends: Sequence[int], say: Translator) -> str:
    """``82``, or ``812 to 815``."""
    return f"{ends[0]}" if ends[0] == ends[-1] else say("{low} to {high}", low=ends[0], high=ends[-1])
