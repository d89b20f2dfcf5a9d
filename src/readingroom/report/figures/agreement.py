"""The figure of agreement: kappa of every pair of readers, and of each with the reference standard, as a square."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from readingroom.report.analyses.agreement import REFERENCE, Agreement
from readingroom.report.figures.style import INK, PAPER, WIDTH_IN, Pen, new_figure

_SHADES = LinearSegmentedColormap.from_list("kappa", ["#f6f9fc", "#9ecae1", "#2b7bba", "#08306b"])
_MOST_NAMED = 8


def draw_agreement(pen: Pen, names: Sequence[str], pairs: Mapping[frozenset[str], Agreement]) -> Figure:
    """Each cell a pair: its kappa, and below it the interval; the reference standard is the last row."""
    rows, columns = names[1:], names[:-1]
    long = max(len(pen.name(name, 26)) for name in rows) * 0.075
    cell = min(1.25, (WIDTH_IN - long - 0.6) / len(columns))
    figure = new_figure(0.62 * len(rows) + 1.0, min(WIDTH_IN, cell * len(columns) + long + 0.6))
    panel = figure.subplots()
    values = np.full((len(rows), len(columns)), np.nan)
    for i, below in enumerate(rows):
        for j, left in enumerate(columns[: i + 1]):
            found = pairs.get(frozenset((below, left)))
            if found is not None and found.estimate.value is not None:
                values[i, j] = found.estimate.value
                _write(panel, i, j, found, small=len(names) > _MOST_NAMED)
    panel.imshow(values, cmap=_SHADES, vmin=0, vmax=1, aspect="auto")
    shown = [pen.say(REFERENCE) if name == REFERENCE else pen.name(name, 26) for name in names]
    panel.set_yticks(range(len(rows)), shown[1:])
    panel.set_xticks(range(len(columns)), shown[:-1], rotation=25, ha="right", rotation_mode="anchor")
    panel.set_xticks([edge - 0.5 for edge in range(1, len(columns))], minor=True)
    panel.set_yticks([edge - 0.5 for edge in range(1, len(rows))], minor=True)
    panel.grid(visible=False, which="major")
    panel.grid(visible=True, which="minor", color=PAPER, linewidth=2)
    panel.tick_params(which="both", length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)
    return figure


def _write(panel: Axes, row: int, column: int, found: Agreement, *, small: bool) -> None:
    estimate = found.estimate
    value = estimate.value or 0.0
    colour = "white" if value > 0.55 else INK
    text = f"{value:.2f}"
    if not small and estimate.low is not None and estimate.high is not None:
        text += f"\n{estimate.low:.2f}–{estimate.high:.2f}"
    panel.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
