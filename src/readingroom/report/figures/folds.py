"""Folds and repeated trainings as a figure: a dot each with its interval, and a diamond for what they come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from readingroom.evaluation import Estimate
from readingroom.report.compute import spread_measures
from readingroom.report.figures.style import INK, MUTED, PALETTE, RULE, WIDTH_IN, Pen, new_figure, shorten
from readingroom.report.fold_tables import part_name
from readingroom.report.measures import Performance
from readingroom.report.results import Results
from readingroom.report.wording import fact_name

_STEP_IN = 0.145
_BAND_IN = 1.6
_MOST_NAMED = 12
_NAMES = {"auc": "AUC", "top1": "Top-1 accuracy"}


@dataclass(frozen=True)
class Dots:
    """What one panel shows of one reader.

    Args:
        reader: its name.
        names: of the parts.
        estimates: one a part.
        together: the pooled result of the folds, or the mean over the repeats.
    """

    reader: str
    names: tuple[str, ...]
    estimates: tuple[Estimate | None, ...]
    together: Estimate | None


def dots_of(results: Results, split: str, over: str, measure: str) -> list[Dots]:
    """Every reader that has several folds or repeats on a part."""
    found = []
    for reader in (one.name for one in results.readers):
        parts = results.parts(reader, split, over)
        if len(parts) > 1:
            names = tuple(part_name(results, p, over) for p in parts)
            estimates = tuple(p.measure(measure) for p in parts)
            found.append(Dots(reader, names, estimates, _together(results, parts[0], over, measure)))
    return found


def _together(results: Results, part: Performance, over: str, measure: str) -> Estimate | None:
    if over == "fold" and part.split == "test":
        return next(p for p in results.select(split=part.split) if p.reader == part.reader).measure(measure)
    key = (part.reader, part.split, over, measure)
    mean = next((s.mean for s in results.spreads if (s.reader, s.split, s.over, s.measure) == key), None)
    return None if mean is None else Estimate(mean, None, None, results.level, "mean", 0)


def has_spread(results: Results, split: str) -> bool:
    """Whether there is anything to draw on a part."""
    return any(dots_of(results, split, over, measure) for over in ("fold", "repeat") for measure in _NAMES)


def draw_folds(pen: Pen, results: Results, split: str) -> Figure:
    """A row of panels a measure, a panel for the folds and one for the repeats, a band a reader."""
    overs = [over for over in ("fold", "repeat") if dots_of(results, split, over, "top1")]
    own = next(p for p in results.select(split=split))
    measures = [name for name in spread_measures(own) if name in _NAMES]
    grid = {(m, over): dots_of(results, split, over, m) for m in measures for over in overs}
    bands = max(len(dots) for dots in grid.values())
    band = min(_BAND_IN, _STEP_IN * (2.2 + max(len(one.names) for dots in grid.values() for one in dots)))
    figure = new_figure(len(measures) * (0.75 + bands * band), WIDTH_IN if len(overs) > 1 else 6.4)
    panels = figure.subplots(len(measures), len(overs), squeeze=False, sharex="row")
    for row, measure in enumerate(measures):
        for column, over in enumerate(overs):
            # People have folds too, but are not trained again: the panels may show other readers.
            same = [one.reader for one in grid[measure, over]] == [one.reader for one in grid[measure, overs[0]]]
            _panel(panels[row, column], pen, grid[measure, over], named=column == 0 or not same)
            panels[row, column].set_title(_title(pen, results, over, measure))
            if measure == "top1":
                panels[row, column].xaxis.set_major_formatter(PercentFormatter(xmax=1))
    return figure


def _title(pen: Pen, results: Results, over: str, measure: str) -> str:
    name = pen.say("Mean AUC" if measure == "auc" and results.positive is None else _NAMES[measure])
    column = results.folds[0].left_out if over == "fold" and results.folds else None
    if column is not None:
        return pen.say(
            "{measure}, each {column} left out in turn", measure=name, column=pen.name(fact_name(column, pen.say), 24)
        )
    return pen.say("{measure}, by fold" if over == "fold" else "{measure}, by training run", measure=name)


def _panel(panel: Axes, pen: Pen, dots: Sequence[Dots], *, named: bool) -> None:
    for place, one in enumerate(dots):
        _band(panel, pen, one, place, PALETTE[place % len(PALETTE)])
        if place:
            panel.axhline(place - 0.5, color=RULE, linewidth=0.8)
    readers = [pen.name(one.reader, 26) for one in dots] if named else [""] * len(dots)
    panel.set_yticks(range(len(dots)), readers)
    panel.set_ylim(len(dots) - 0.5, -0.5)
    panel.grid(visible=False, axis="y")
    panel.tick_params(axis="y", length=0)
    panel.margins(x=0.06)


def _band(panel: Axes, pen: Pen, one: Dots, place: int, colour: str) -> None:
    # The parts from above, what they come to at the bottom of the band.
    heights = place + np.linspace(-0.38, 0.38, len(one.names) + 1)
    for name, estimate, height in zip(one.names, one.estimates, heights, strict=False):
        label = pen.name(name, 12) if len(one.names) <= _MOST_NAMED else ""
        if estimate is None or estimate.value is None:
            panel.annotate(f"{label} –", (0, height), xycoords=("axes fraction", "data"), xytext=(4, 0),
                           textcoords="offset points", va="center", fontsize=6.5, color=MUTED)  # fmt: skip
            continue
        _whisker(panel, estimate, height, colour, 0.9)
        panel.plot([estimate.value], [height], "o", color=colour, markersize=4.2, zorder=3)
        right = estimate.value if estimate.high is None else estimate.high
        panel.annotate(
            shorten(label, 12), (right, height), xytext=(4, 0), textcoords="offset points", va="center",
            fontsize=6.5, color=MUTED,
        )  # fmt: skip
    if one.together is not None and one.together.value is not None:
        _whisker(panel, one.together, float(heights[-1]), INK, 1.5)
        panel.plot([one.together.value], [heights[-1]], "D", color=INK, markersize=5.5, zorder=4)


def _whisker(panel: Axes, estimate: Estimate, height: float, colour: str, width: float) -> None:
    if estimate.low is not None and estimate.high is not None:
        panel.plot([estimate.low, estimate.high], [height] * 2, color=colour, linewidth=width, alpha=0.75, zorder=2)
