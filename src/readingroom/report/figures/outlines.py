"""The figure of outlines: how many images reach which IoU, and IoU against the size of the lesion."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from readingroom.report.analyses.outlined import OutlinePerformance
from readingroom.report.figures.style import DASHES, PALETTE, WIDTH_IN, Pen, new_figure

_MARKERS = ("o", "s", "^", "D", "v", "P")


def draw_outlines(pen: Pen, outlined: Sequence[OutlinePerformance]) -> Figure:
    """Left: share of the images with a lesion whose IoU is at least so much. Right: each image by its lesion's size."""
    figure = new_figure(3.9, WIDTH_IN)
    left, right = figure.subplots(1, 2, sharey=False)
    for place, one in enumerate(outlined):
        colour, dashes = PALETTE[place % len(PALETTE)], DASHES[place // len(PALETTE) % len(DASHES)]
        iou, share = (np.array(column) for column in zip(*one.values, strict=True))
        ordered = np.sort(iou)[::-1]
        reached = np.arange(1, len(ordered) + 1) / len(ordered)
        left.step([1.0, *ordered, 0.0], [0.0, *reached, 1.0], where="pre", color=colour, linestyle=dashes,
                  label=pen.name(one.reader))  # fmt: skip
        right.scatter(100 * share, iou, s=14, color=colour, alpha=0.6, linewidths=0, marker=_MARKERS[place % 6],
                      label=pen.name(one.reader))  # fmt: skip
    left.set(xlim=(0, 1), ylim=(0, 1.01))
    left.set_xlabel(pen.say("IoU of at least"))
    left.set_ylabel(pen.say("Share of the images with a lesion"))
    right.set(ylim=(-0.02, 1.02), xscale="log")
    right.set_xlabel(pen.say("Lesion, per cent of the image (logarithmic)"))
    right.set_ylabel("IoU")
    right.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    right.xaxis.set_minor_formatter(NullFormatter())
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=3)
    return figure
