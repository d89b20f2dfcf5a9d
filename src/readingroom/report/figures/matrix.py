"""Confusion matrices of few classes: counts and row per cent, one panel a reader."""

from __future__ import annotations

from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from readingroom.report.figures.style import INK, MUTED, WIDTH_IN, Pen, new_figure
from readingroom.report.results import Results

SHADES = LinearSegmentedColormap.from_list("shades", ["#f6f9fc", "#9ecae1", "#2b7bba", "#08306b"])
_FEW = 3


def draw_confusion(pen: Pen, results: Results, split: str, unit: str = "image") -> Figure:
    """Rows are the reference standard, columns the answer; shade and per cent are of the row."""
    performances = [p for p in results.select(split=split, unit=unit) if p.confusion is not None]
    classes = len(results.classes)
    columns = _columns(len(performances), classes)
    rows = ceil(len(performances) / columns)
    # One matrix alone need not fill the page.
    width = min(WIDTH_IN, columns * (3.2 if classes <= _FEW else 4.6))
    longest = max(len(pen.name(name, 18)) for name in results.classes)
    side = (width - 0.4 - 0.075 * longest) / columns - 0.1
    figure = new_figure(rows * (side + 0.3) + (0.05 * longest + 0.5 if _tilted(results.classes) else 0.5), width)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for position, (panel, performance) in enumerate(zip(panels, performances, strict=False)):
        _matrix(panel, np.array(performance.confusion), side_in=side)
        last = columns == 1 or position // columns == rows - 1
        _label(panel, pen, results.classes, first=position % columns == 0, last=last)
        panel.set_title(pen.name(performance.reader, 110 // columns // 2 + 4))
    for panel in panels[len(performances) :]:
        panel.set_axis_off()
    figure.supxlabel(pen.say("Answer"), fontsize=9, color=MUTED)
    figure.supylabel(pen.say("Reference standard"), fontsize=9, color=MUTED)
    return figure


def _columns(readers: int, classes: int) -> int:
    most = (4 if readers % 4 == 0 else 3) if classes <= _FEW else 3 if classes <= 6 else 2
    return min(readers, most)


def row_shares(counts: np.ndarray) -> np.ndarray:
    """Counts as shares of their row; 0 in a row without any, (C, C)."""
    totals = counts.sum(axis=1, keepdims=True)
    shares: np.ndarray = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    return shares


def _matrix(panel: Axes, counts: np.ndarray, *, side_in: float) -> None:
    shares = row_shares(counts)
    panel.imshow(shares, cmap=SHADES, vmin=0, vmax=1, aspect="equal")
    size = min(10.0, 72 * side_in / len(counts) * 0.25)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shares[row, column] > 0.55 else INK
        text = f"{count}\n{100 * shares[row, column]:.0f}%"
        panel.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)


def _tilted(classes: tuple[str, ...]) -> bool:
    return max(len(name) for name in classes) * len(classes) > 24


def _label(panel: Axes, pen: Pen, classes: tuple[str, ...], *, first: bool, last: bool) -> None:
    names = [pen.name(name, 18) for name in classes]
    tilt = _tilted(classes)
    shown = names if last else [""] * len(names)
    panel.set_xticks(range(len(names)), shown, rotation=40 if tilt else 0, ha="right" if tilt else "center")
    if tilt:
        for tick in panel.get_xticklabels():
            tick.set_rotation_mode("anchor")
    panel.set_yticks(range(len(names)), names if first else [""] * len(names))
    panel.grid(visible=False)
    panel.tick_params(length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)
