"""The confusion matrix of many classes: names at the rows, numbers at the columns, regions of sites set apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from readingroom.report.class_names import ClassName
from readingroom.report.figures.matrix import SHADES, row_shares
from readingroom.report.figures.style import INK, MUTED, RULE, WIDTH_IN, Pen, new_figure, writes_chinese
from readingroom.report.measures import Performance

_LEAST_PT = 3.5
_MOST_LETTERS = 44
_FONT_PT = 7.0


def draw_large_confusion(pen: Pen, performance: Performance, names: Sequence[ClassName]) -> Figure:
    """One reader's matrix. Rows are the reference standard, columns the answer; shades are shares of the row.

    Args:
        pen: writes the figure's language.
        performance: with its confusion matrix.
        names: of all classes, in the order in which they are shown.
    """
    places = [one.place for one in names]
    counts = np.array(performance.confusion)[np.ix_(places, places)]
    rows = [pen.name(one.text, _MOST_LETTERS) for one in names]
    regions = any(one.region for one in names)
    side = WIDTH_IN - 0.6 - max(_width_in(text) for text in rows) - (0.85 if regions else 0)
    figure = new_figure(side + 0.85, WIDTH_IN)
    panel = figure.subplots()
    panel.imshow(row_shares(counts), cmap=SHADES, vmin=0, vmax=1, aspect="equal")
    _write_counts(panel, counts, side)
    _label(panel, rows, [_short(one) for one in names])
    if regions:
        _set_apart(panel, pen, [one.region for one in names])
    panel.set_title(pen.name(performance.reader, 60), pad=6)
    panel.set_xlabel(pen.say("Answer"), color=MUTED)
    panel.set_ylabel(pen.say("Reference standard"), color=MUTED)
    return figure


def _width_in(text: str) -> float:
    letters = sum(1.0 if writes_chinese(letter) else 0.54 for letter in text)
    return letters * _FONT_PT / 72


def _short(name: ClassName) -> str:
    """A column's head: its number, or the first letters of a class that has none."""
    return name.name[:3] if name.number is None else str(name.number)


def _write_counts(panel: Axes, counts: np.ndarray, side_in: float) -> None:
    # As wide as the longest count allows.
    size = min(8.0, 72 * side_in / len(counts) * (0.58 if counts.max() < 100 else 0.48))
    if size < _LEAST_PT:
        return
    shares = row_shares(counts)
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = "white" if shares[row, column] > 0.55 else INK
        panel.text(column, row, f"{counts[row, column]}", ha="center", va="center", color=colour, fontsize=size)


def _label(panel: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    count = len(rows)
    panel.set_yticks(range(count), rows, fontsize=_FONT_PT)
    panel.set_xticks(range(count), columns, fontsize=min(_FONT_PT, 210 / count))
    panel.tick_params(length=0, pad=2, labeltop=True)
    edges = np.arange(0.5, count - 1)
    panel.set_xticks(edges, minor=True)
    panel.set_yticks(edges, minor=True)
    panel.grid(visible=False)
    panel.grid(visible=True, which="minor", color=RULE, linewidth=0.35)
    panel.tick_params(which="minor", length=0)
    panel.set_axisbelow(False)
    for spine in panel.spines.values():
        spine.set(visible=True, color=MUTED, linewidth=0.7)


def _set_apart(panel: Axes, pen: Pen, regions: Sequence[str]) -> None:
    """Lines between the regions, their names at the right."""
    start = 0
    for region, members in groupby(regions):
        size = len(list(members))
        if start:
            for line in (panel.axhline, panel.axvline):
                line(start - 0.5, color=MUTED, linewidth=0.7, zorder=3)
        middle = start + (size - 1) / 2
        panel.annotate(
            region, (1, middle), xycoords=("axes fraction", "data"), xytext=(5, 0), textcoords="offset points",
            va="center", fontsize=_FONT_PT, color=MUTED,
        )  # fmt: skip
        start += size
    pen.written.update(dict.fromkeys(regions))
