"""The figure of ordered grades: how many grades each reader's answers lie below or above the reference."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from readingroom.report.analyses.ordered import GradePerformance
from readingroom.report.figures.style import INK, RULE, WIDTH_IN, Pen, new_figure

_RIGHT = RULE
_TOO_LOW = LinearSegmentedColormap.from_list("too low", ["#9ecae1", "#0072B2", "#08306b"])
_TOO_HIGH = LinearSegmentedColormap.from_list("too high", ["#f7b98b", "#D55E00", "#7a2f00"])
_LEAST_NAMED = 0.035
_DARK = 0.45


def draw_grades(pen: Pen, graded: Sequence[GradePerformance]) -> Figure:
    """One bar a reader, shares of its images: too low to the left of the right ones, too high to their right."""
    figure = new_figure(1.15 + 0.34 * len(graded), WIDTH_IN)
    panel = figure.subplots()
    steps = sorted({int(step) for one in graded for step in one.apart} | {0})
    for place, one in enumerate(graded):
        _bar(panel, place, one, steps)
    panel.set_yticks(range(len(graded)), [pen.name(one.reader, 30) for one in graded])
    panel.invert_yaxis()
    panel.set(xlim=(0, 1), xticks=[tick / 4 for tick in range(5)], xticklabels=[f"{25 * tick}" for tick in range(5)])
    panel.set_xlabel(pen.say("Share of the images, per cent"))
    panel.grid(visible=False)
    panel.tick_params(axis="y", length=0)
    handles = [panel.barh(0, 0, color=_colour(step, steps), label=_name(pen, step)) for step in steps]
    figure.legend(handles=handles, loc="outside upper center", ncols=min(len(steps), 5), fontsize=8, frameon=False)
    return figure


def _bar(panel: Axes, place: int, one: GradePerformance, steps: Sequence[int]) -> None:
    left = 0.0
    for step in steps:
        share = one.apart.get(str(step), 0) / one.n
        panel.barh(place, share, left=left, height=0.7, color=_colour(step, steps), edgecolor="white", linewidth=0.8)
        if share >= _LEAST_NAMED:
            ink = INK if _depth(step, steps) < _DARK else "white"
            panel.text(left + share / 2, place, f"{100 * share:.0f}", ha="center", va="center", fontsize=8, color=ink)
        left += share


def _depth(step: int, steps: Sequence[int]) -> float:
    """0 for one grade away (and for none), 1 for the furthest."""
    furthest = max(abs(one) for one in steps)
    return 0.0 if furthest < 2 or step == 0 else (abs(step) - 1) / (furthest - 1)


def _colour(step: int, steps: Sequence[int]) -> object:
    if step == 0:
        return _RIGHT
    return (_TOO_LOW if step < 0 else _TOO_HIGH)(_depth(step, steps))


def _name(pen: Pen, step: int) -> str:
    if step == 0:
        return pen.say("the same grade")
    return pen.say("too low by {n}" if step < 0 else "too high by {n}", n=abs(step))
