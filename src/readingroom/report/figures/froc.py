"""The figure of boxes: sensitivity against false boxes an image (FROC), by lesion and by patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from readingroom.evaluation import Estimate
from readingroom.report.analyses.boxed import BoxPerformance
from readingroom.report.box_tables import RATES
from readingroom.report.box_words import WORDS
from readingroom.report.figures.style import DASHES, INK, PALETTE, WIDTH_IN, Pen, new_figure

_LEAST, _MOST = 1 / 16, 12.0


def draw_froc(pen: Pen, boxed: Sequence[BoxPerformance]) -> Figure:
    """Curves of all readers with intervals at the stated rates; a ring where each reader's threshold puts it."""
    figure = new_figure(3.9, WIDTH_IN)
    left, right = figure.subplots(1, 2, sharey=True)
    for place, one in enumerate(boxed):
        _curve(left, pen, one, place, 1, one.by_lesion, "lesion_sensitivity")
        _curve(right, pen, one, place, 2, one.by_patient, "patient_sensitivity")
    along = pen.say(WORDS[boxed[0].form].axis)
    _axes(left, pen.say("Sensitivity, by lesion"), along)
    _axes(right, pen.say("Sensitivity, by patient"), along)
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    return figure


def _curve(
    panel: Axes, pen: Pen, one: BoxPerformance, place: int, column: int, rates: Mapping[str, Estimate], point: str
) -> None:
    colour, dashes = PALETTE[place % len(PALETTE)], DASHES[place // len(PALETTE) % len(DASHES)]
    points = np.array(one.curve)
    # A share of false boxes that a reader never reaches leaves it at its last sensitivity.
    x, y = np.append(points[:, 0], max(_MOST, points[-1, 0])), np.append(points[:, column], points[-1, column])
    panel.step(np.maximum(x, _LEAST), y, where="post", color=colour, linestyle=dashes, label=pen.name(one.reader))
    for name in RATES:
        _bar(panel, float(name) * (1 + 0.03 * place), rates.get(name), colour)
    at, false = one.at_threshold.get(point), one.at_threshold.get("false_boxes")
    if at is not None and at.value is not None and false is not None and false.value is not None:
        panel.plot(
            max(false.value, _LEAST), at.value, "o", mfc="none", mec=colour, mew=1.6, markersize=8, clip_on=False
        )


def _bar(panel: Axes, x: float, found: Estimate | None, colour: str) -> None:
    if found is not None and found.low is not None and found.high is not None:
        panel.vlines(x, found.low, found.high, color=colour, linewidth=1.0, alpha=0.7)


def _axes(panel: Axes, title: str, along: str) -> None:
    panel.set(xscale="log", xlim=(_LEAST, _MOST), ylim=(0, 1.02))
    panel.xaxis.set_major_locator(FixedLocator([float(name) for name in RATES]))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: RATES.get(f"{value:g}", "")))
    panel.set_xlabel(along)
    panel.set_ylabel(title, color=INK)
