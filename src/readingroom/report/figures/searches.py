"""Searches: what each trial was judged by, in the order of the trials, and the best so far."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from readingroom.report.figures.style import DASHES, INK, MUTED, PALETTE, WIDTH_IN, Pen, new_figure

LESS_IS_BETTER = ("loss",)
_MARKS = (("complete", "o", "trained to the end"), ("pruned", "x", "stopped early"))


def draw_searches(pen: Pen, searches: dict[str, pd.DataFrame], measures: dict[str, str]) -> Figure:
    """The value of each trial, one panel a reader; the line is the best of the complete trials so far, a fold each.

    Args:
        pen: writes the figure's language.
        searches: by reader, columns ``trial, state, fold, taken`` and the measure's.
        measures: by reader, the column that trials were judged by.
    """
    figure = new_figure(0.6 + 2.1 * len(searches), WIDTH_IN)
    panels = figure.subplots(len(searches), 1, squeeze=False, sharex=True).ravel()
    for panel, (reader, trials) in zip(panels, searches.items(), strict=True):
        measure = measures[reader]
        for place, (_, fold) in enumerate(trials.groupby("fold")):
            _trials(panel, pen, fold.sort_values("trial"), measure, place)
        panel.set_title(pen.name(reader))
        panel.set_ylabel(
            pen.say({"auc": "AUC", "loss": "Loss", "accuracy": "Accuracy", "iou": "IoU"}.get(measure, "AP"))
        )
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[-1].set_xlabel(pen.say("Trial"))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=3)
    return figure


def _trials(panel: Axes, pen: Pen, fold: pd.DataFrame, measure: str, place: int) -> None:
    for state, marker, label in _MARKS:
        own = fold[fold["state"] == state]
        colour = PALETTE[0] if state == "complete" else MUTED
        panel.scatter(
            own["trial"], own[measure], marker=marker, s=22, color=colour, label=pen.say(label) if place == 0 else None
        )
    complete = fold[measure].where(fold["state"] == "complete")
    best = complete.cummin() if measure in LESS_IS_BETTER else complete.cummax()
    panel.step(
        fold["trial"],
        best.ffill(),
        where="post",
        color=INK,
        linewidth=1.0,
        linestyle=DASHES[place % len(DASHES)],
        label=pen.say("best so far") if place == 0 else None,
    )
