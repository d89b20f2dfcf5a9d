"""How many images of each class each part of the partition holds."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from readingroom.report.figures.style import PALETTE, WIDTH_IN, Pen, new_figure


def draw_classes(pen: Pen, counts: Mapping[str, Mapping[str, int]]) -> Figure:
    """Bars of images by class, one group a class, one colour a part.

    Args:
        pen: writes the figure's language.
        counts: images by part of the partition and class.
    """
    parts = list(counts)
    classes = list(next(iter(counts.values())))
    figure = new_figure(1.0 + len(classes) * (0.12 + 0.17 * len(parts)), WIDTH_IN)
    panel = figure.subplots()
    step = 0.82 / len(parts)
    for number, part in enumerate(parts):
        places = [row + (number - (len(parts) - 1) / 2) * step for row in range(len(classes))]
        values = [counts[part][name] for name in classes]
        bars = panel.barh(places, values, height=step * 0.9, color=PALETTE[number % len(PALETTE)], label=pen.say(part))
        panel.bar_label(bars, padding=3, fontsize=8)
    panel.set_yticks(range(len(classes)), [pen.name(name) for name in classes])
    panel.invert_yaxis()
    panel.set_xlabel(pen.say("Images"))
    panel.margins(x=0.08, y=0.02)
    panel.grid(visible=False, axis="y")
    panel.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper right", ncols=len(parts))
    return figure
