"""The figure of scores between grades: difference against mean, with the limits of agreement (Bland & Altman)."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from readingroom.evaluation import Estimate
from readingroom.report.analyses.scored import EXPECTED, ScoreAgreement
from readingroom.report.figures.style import INK, MUTED, PALETTE, PAPER, PERSON, WIDTH_IN, Pen, new_figure

_COLUMNS = 3
_BIAS, _LIMIT = PALETTE[0], PALETTE[1]


def draw_scores(pen: Pen, scored: Sequence[ScoreAgreement]) -> Figure:
    """One panel a reader, the same scale in all: points are images, lines the bias and the limits, bands intervals."""
    columns = min(len(scored), _COLUMNS)
    rows = ceil(len(scored) / columns)
    figure = new_figure(0.75 + 2.65 * rows, WIDTH_IN if columns > 1 else 5.2)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    reach = max(max(abs(value) for value in one.differences) for one in scored)
    ends = [end for one in scored for end in (one.limits.lower.low, one.limits.upper.high) if end is not None]
    reach = 1.08 * max([reach, *(abs(end) for end in ends)])
    for panel, one in zip(panels, scored, strict=False):
        _panel(panel, pen, one)
        panel.set_ylim(-reach, reach)
    for place, panel in enumerate(panels[: len(scored)]):
        panel.tick_params(labelbottom=place + columns >= len(scored))
    for panel in panels[len(scored) :]:
        panel.set_axis_off()
    figure.supxlabel(pen.say("Mean of reader and reference, grades"), fontsize=9, color=MUTED)
    figure.supylabel(pen.say("Reader − reference, grades"), fontsize=9, color=MUTED)
    return figure


def _panel(panel: Axes, pen: Pen, one: ScoreAgreement) -> None:
    means, differences = np.array(one.means), np.array(one.differences)
    colour = INK if one.what == EXPECTED else PERSON
    panel.axhline(0, color=MUTED, linewidth=0.7)
    panel.scatter(means, differences, s=11, color=colour, alpha=0.45, linewidths=0)
    for estimate, shade, dash in (
        (one.limits.bias, _BIAS, "-"),
        (one.limits.lower, _LIMIT, (0, (4, 2))),
        (one.limits.upper, _LIMIT, (0, (4, 2))),
    ):
        _line(panel, estimate, shade, dash)
    panel.margins(x=0.12)
    panel.set_title(pen.name(one.reader, 30))


def _line(panel: Axes, estimate: Estimate, colour: str, dash: Any) -> None:
    if estimate.value is None:
        return
    panel.axhline(estimate.value, color=colour, linewidth=1.3, linestyle=dash)
    if estimate.low is not None and estimate.high is not None:
        panel.axhspan(estimate.low, estimate.high, color=colour, alpha=0.13, linewidth=0)
    said = f"{estimate.value:.2f}".replace("-", "−")
    panel.annotate(
        said, (1.0, estimate.value), (-2, 2), xycoords=("axes fraction", "data"), textcoords="offset points",
        ha="right", va="bottom", fontsize=7.5, color=colour,
        path_effects=[patheffects.withStroke(linewidth=2.2, foreground=PAPER)],
    )  # fmt: skip
