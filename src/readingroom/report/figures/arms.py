"""The figure of an arm: every reader under another protocol and here, joined by a line."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from readingroom.evaluation import Estimate
from readingroom.report.analyses.arms import ArmDifference
from readingroom.report.figures.style import MUTED, PALETTE, WIDTH_IN, Pen, new_figure
from readingroom.report.wording import MEASURE_NAMES, value_text

_APART = 0.16


def draw_arm(pen: Pen, found: Sequence[ArmDifference], measures: Sequence[str]) -> Figure:
    """One panel a measure, one row a reader: hollow in the arm, filled here, with intervals."""
    readers = list(dict.fromkeys(one.reader for one in found))
    figure = new_figure(0.9 + 0.46 * len(readers), WIDTH_IN)
    panels = figure.subplots(1, len(measures), squeeze=False, sharey=True).ravel()
    for panel, measure in zip(panels, measures, strict=True):
        for one in found:
            if one.measure == measure:
                _row(panel, readers.index(one.reader), one)
        panel.set_title(pen.say(MEASURE_NAMES[measure]))
        panel.grid(visible=False, axis="y")
        panel.tick_params(axis="y", length=0)
        panel.set_xlim(-0.02, 1.02)
    panels[0].set_yticks(range(len(readers)), [pen.name(reader, 30) for reader in readers])
    panels[0].set_ylim(len(readers) - 0.4, -0.6)
    return figure


def _row(panel: Axes, place: int, one: ArmDifference) -> None:
    if one.there.value is None or one.here.value is None:
        return
    values = (one.there.value, one.here.value)
    colour = PALETTE[place % len(PALETTE)]
    panel.plot(values, [place - _APART, place + _APART], color=MUTED, linewidth=1, zorder=1)
    ends = zip((one.there, one.here), values, (-_APART, _APART), ("white", colour), strict=True)
    for estimate, value, shift, face in ends:
        panel.plot([value], [place + shift], marker="o", color=colour, markerfacecolor=face, markersize=6, zorder=3)
        _interval(panel, estimate, place + shift, colour)
        above = shift < 0
        panel.annotate(value_text(one.measure, value), (value, place + shift), xytext=(0, 5 if above else -5),
                       textcoords="offset points", ha="center", va="bottom" if above else "top", fontsize=7,
                       color=MUTED)  # fmt: skip


def _interval(panel: Axes, estimate: Estimate, height: float, colour: str) -> None:
    if estimate.low is not None and estimate.high is not None:
        panel.plot([estimate.low, estimate.high], [height, height], color=colour, linewidth=1.2, zorder=2)
