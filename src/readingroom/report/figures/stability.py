"""The figure of stability: the intraclass correlation of every radiomic feature under perturbed outlines, by family."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from readingroom.report.feature_panels import STABLE, family_of
from readingroom.report.figures.style import INK, WIDTH_IN, Pen, new_figure

_STABLE, _UNSTABLE = "#0072B2", "#D55E00"


def draw_stability(pen: Pen, found: Mapping[str, pd.DataFrame]) -> Figure:
    """A dot a feature, a row a family; of several readers the first, as they differ in what they keep only."""
    table = next(iter(found.values())).dropna(subset=["icc"])
    families = table["feature"].map(family_of)
    names = list(dict.fromkeys(families))
    figure = new_figure(1.1 + 0.32 * len(names), WIDTH_IN)
    panel = figure.subplots()
    for place, name in enumerate(names):
        _row(panel, place, np.sort(table.loc[families == name, "icc"].to_numpy(dtype=float)))
    panel.axvline(STABLE, color=INK, linewidth=1.0, linestyle="--")
    panel.set_yticks(range(len(names)), [pen.say(name) for name in names])
    panel.invert_yaxis()
    panel.set_xlim(min(0.0, float(table["icc"].min()) - 0.03) if len(table) else 0.0, 1.02)
    panel.set_xlabel(pen.say("Intraclass correlation between outlines"))
    return figure


def _row(panel: Axes, place: int, values: npt.NDArray[np.float64]) -> None:
    # Spread by rank, so that equal values stand beside each other and no chance moves them.
    height = place + 0.26 * np.sin(np.arange(len(values)) * 2.4)
    colours = np.where(values >= STABLE, _STABLE, _UNSTABLE)
    panel.scatter(values, height, s=11, c=colours, alpha=0.75, linewidths=0)
