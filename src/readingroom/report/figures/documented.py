"""The figure of completeness: examinations by sites, documented by both, by one of the two, or by neither."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D

from readingroom.report.analyses.documented import Documentation, DocumentedExam, place_name
from readingroom.report.figures.style import INK, MUTED, PALETTE, RULE, Pen, new_figure

MOST_EXAMS = 40
"""Examinations in one figure; of more, those with the most differences are shown."""

_STYLES = {
    "both": ("s", PALETTE[0], PALETTE[0], "documented, and the reader says so"),
    "overlooked": ("o", "none", PALETTE[1], "documented, and the reader says missing"),
    "claimed": ("X", PALETTE[3], PALETTE[3], "missing, and the reader says documented"),
    "missing": (".", RULE, "#b8c2cc", "missing, and the reader says so"),
}
_LEAST_CELL_IN, _MOST_CELL_IN = 0.125, 0.22
_ROW_IN = 0.178
_NAMES_PT = 7.2
_MARGIN_IN = 0.15
_ABOVE, _BESIDE = 3.2, 0.16
"""Room for the counts: rows above, and a share of the columns beside."""


def draw_documented(pen: Pen, found: Documentation) -> Figure:
    """Rows are sites in the order of an examination, columns examinations; counts stand at the ends of both."""
    exams = shown_exams(found)
    names = [pen.name(place_name(place, found.asked, pen.say.language), 60) for place in found.places]
    figure = new_figure((len(names) + _ABOVE) * _ROW_IN + 1.4)
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(w_pad=_MARGIN_IN)
    panel = figure.subplots()
    _cells(panel, found.places, exams, _side(len(exams)))
    panel.set_yticks(range(len(names)), names, fontsize=_NAMES_PT)
    panel.set_xticks(range(len(exams)), [pen.name(exam.exam, 14) for exam in exams], rotation=90, fontsize=6.5)
    panel.set(xlim=(-0.6, _width(len(exams)) * (1 + _BESIDE) - 0.4), ylim=(len(names) - 0.4, -_ABOVE))
    _counts(panel, pen, found, exams)
    _bare(panel)
    figure.legend(handles=_legend(pen), loc="outside lower center", ncols=2, fontsize=8)
    return figure


def shown_exams(found: Documentation) -> list[DocumentedExam]:
    """Examinations in their order; of too many those in which reader and reference differ most."""
    differing = sorted(found.exams, key=lambda exam: -len(exam.overlooked) - len(exam.claimed))
    kept = {exam.exam for exam in differing[:MOST_EXAMS]}
    return [exam for exam in found.exams if exam.exam in kept]


def _width(exams: int) -> float:
    """Columns that the panel has room for: few examinations do not fill it."""
    return max(exams, 5.0 / _MOST_CELL_IN)


def _side(exams: int) -> float:
    """Size of a mark in points."""
    return 72 * min(_MOST_CELL_IN, max(_LEAST_CELL_IN, 5.0 / max(exams, 1)), _ROW_IN) * 0.62


def _cells(panel: Axes, places: Sequence[str], exams: Sequence[DocumentedExam], side: float) -> None:
    rows = {place: row for row, place in enumerate(places)}
    for group, (marker, face, edge, _) in _STYLES.items():
        points = np.array([(x, rows[p]) for x, exam in enumerate(exams) for p in getattr(exam, group)])
        if len(points):
            size = side * (0.55 if marker == "." else 1.0)
            panel.plot(*points.T, marker, mfc=face, mec=edge, mew=1.1 if face == "none" else 0.3, markersize=size)


def _counts(panel: Axes, pen: Pen, found: Documentation, exams: Sequence[DocumentedExam]) -> None:
    """By the reference and by the reader: of a site at the right, of an examination above."""
    right = len(exams) - 0.4 + 0.01 * _width(len(exams))
    for row, place in enumerate(found.by_place):
        panel.text(right, row, f"{place.reference} / {place.answered}", va="center", fontsize=7, color=INK)
    panel.text(right, -0.75, pen.say("reference /\nreader"), va="bottom", fontsize=7, color=MUTED)
    for column, exam in enumerate(exams):
        counts = len(exam.both) + len(exam.overlooked), len(exam.both) + len(exam.claimed)
        text = "{} / {}".format(*counts)
        panel.text(column, -0.75, text, ha="center", va="bottom", fontsize=6.5, color=INK, rotation=90)


def _bare(panel: Axes) -> None:
    panel.grid(visible=False)
    panel.tick_params(length=0)
    for spine in panel.spines.values():
        spine.set_visible(False)


def _legend(pen: Pen) -> list[Line2D]:
    return [
        Line2D([], [], marker=marker, color="none", mfc=face, mec=edge, mew=1.1, markersize=6.5, label=pen.say(text))
        for marker, face, edge, text in _STYLES.values()
    ]
