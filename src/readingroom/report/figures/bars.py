"""Bars with intervals: the measures of all readers, networks and people side by side, and their reading time."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from readingroom.evaluation import Estimate
from readingroom.report.figures.style import INK, MUTED, PALETTE, PERSON, WIDTH_IN, Pen, new_figure
from readingroom.report.measures import Performance
from readingroom.report.results import ReadingTime, Results

_LOGARITHMIC_FROM = 20.0


def draw_measures(pen: Pen, results: Results, split: str, unit: str = "image") -> Figure:
    """One panel a measure, one bar a reader, in per cent: networks in colour, people hatched, lines for intervals."""
    performances = results.select(split=split, unit=unit)
    panels = _panels(pen, results, performances)
    columns = 2 if len(panels) in {2, 4} else 3
    rows = ceil(len(panels) / columns)
    figure = new_figure(rows * (0.55 + 0.27 * len(performances)) + 0.3, WIDTH_IN)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True, sharex=True).ravel()
    people = {reader.name for reader in results.readers if reader.kind == "person"}
    for panel, (title, values) in zip(axes, panels.items(), strict=False):
        _measure_panel(panel, values, [p.reader in people for p in performances])
        panel.set_title(title)
        panel.tick_params(axis="x", labelbottom=True)
    for panel in axes[len(panels) :]:
        panel.set_axis_off()
    axes[0].set_yticks(range(len(performances)), [pen.name(p.reader, 30) for p in performances])
    axes[0].invert_yaxis()
    return figure


def _panels(pen: Pen, results: Results, performances: tuple[Performance, ...]) -> dict[str, list[Estimate | None]]:
    say = pen.say
    if results.positive is not None:
        names = {
            "sensitivity": say("Sensitivity"),
            "specificity": say("Specificity"),
            "accuracy": say("Accuracy"),
            "ppv": say("PPV"),
            "npv": say("NPV"),
            "f1": say("F1"),
        }
        return {title: [p.headline(name) for p in performances] for name, title in names.items()}
    top1 = {say("Top-1 accuracy"): [p.top1 for p in performances]}
    names = {"sensitivity": say("Mean recall"), "ppv": say("Mean precision"), "f1": say("Mean F1")}
    return top1 | {title: [p.headline(name) for p in performances] for name, title in names.items()}


def _measure_panel(panel: Axes, values: list[Estimate | None], person: list[bool]) -> None:
    for position, (measure, is_person) in enumerate(zip(values, person, strict=True)):
        if measure is None or measure.value is None:
            panel.text(0.02, position, "–", va="center", color=MUTED)
            continue
        panel.barh(position, measure.value, height=0.66, **_bar_look(position, is_person))
        if measure.low is not None and measure.high is not None:
            panel.plot([measure.low, measure.high], [position] * 2, color=INK, linewidth=1.1, zorder=4)
        panel.text(0.02, position, f"{100 * measure.value:.1f}", va="center", fontsize=8, zorder=5, bbox=_LABEL)
    ticks = np.linspace(0, 1, 5)
    panel.set(xlim=(0, 1), xticks=ticks, xticklabels=[f"{100 * tick:.0f}" for tick in ticks])
    panel.grid(visible=False, axis="y")
    panel.tick_params(axis="y", length=0)


_LABEL = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}


def _bar_look(position: int, is_person: bool) -> dict[str, Any]:
    if is_person:
        return {"color": "#d5d8dc", "edgecolor": PERSON, "hatch": "////", "linewidth": 0.6}
    return {"color": PALETTE[position % len(PALETTE)], "alpha": 0.75}


def draw_times(pen: Pen, results: Results, times: tuple[ReadingTime, ...]) -> Figure:
    """Total reading time of each reader; a logarithmic axis where readers differ more than twentyfold."""
    figure = new_figure(0.9 + 0.3 * len(times), WIDTH_IN)
    panel = figure.subplots()
    people = {reader.name for reader in results.readers if reader.kind == "person"}
    seconds = [max(time.total_s, 1e-6) for time in times]
    for position, (time, value) in enumerate(zip(times, seconds, strict=True)):
        panel.barh(position, value, height=0.66, **_bar_look(position, time.reader in people))
        text = pen.say("{s} s, median {m} ms an image", s=f"{value:,.1f}", m=f"{time.median_ms:,.1f}")
        panel.annotate(text, (value, position), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8)
    panel.set_yticks(range(len(times)), [pen.name(time.reader) for time in times])
    panel.invert_yaxis()
    panel.set_xlabel(pen.say("Total reading time, seconds"))
    if max(seconds) / min(seconds) > _LOGARITHMIC_FROM:
        panel.set_xscale("log")
        panel.set_xlim(min(seconds) / 3, max(seconds) * 12)
        panel.set_xlabel(pen.say("Total reading time, seconds (logarithmic)"))
        # Plain numbers: powers of ten would need mathematical text.
        panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        panel.xaxis.set_minor_formatter(NullFormatter())
    else:
        panel.set_xlim(0, max(seconds) * 1.45)
    panel.grid(visible=False, axis="y")
    panel.tick_params(axis="y", length=0)
    return figure
