"""Curves: the loss of every reader while it trained, and the ROC of all readers."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from readingroom.evaluation import Estimate
from readingroom.report.figures.style import (
    DASHES,
    INK,
    MUTED,
    PALETTE,
    PERSON_MARKERS,
    RULE,
    WIDTH_IN,
    Pen,
    new_figure,
)
from readingroom.report.measures import ClassTable, Curve, Performance
from readingroom.report.results import Results

_MOST_CLASSES = 9


def draw_losses(pen: Pen, histories: dict[str, pd.DataFrame], best: dict[str, int]) -> Figure:
    """Training and validation loss by epoch, one panel a reader on one scale; thin lines are folds and repeats.

    Args:
        pen: writes the figure's language.
        histories: by reader, columns ``epoch, train_loss, validation_loss`` and perhaps ``fold, repeat``.
        best: by reader, the epoch whose weights were kept.
    """
    columns = min(3, len(histories))
    rows = ceil(len(histories) / columns)
    figure = new_figure(0.5 + 2.2 * rows, WIDTH_IN if columns > 1 else 5.2)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for panel, (reader, history) in zip(panels, histories.items(), strict=False):
        _losses(panel, pen, history, best.get(reader))
        panel.set_title(pen.name(reader))
    for panel in panels[len(histories) :]:
        panel.set_axis_off()
    for panel in panels[::columns]:
        panel.set_ylabel(pen.say("Loss"))
    for panel in panels[max(0, len(histories) - columns) : len(histories)]:
        panel.set_xlabel(pen.say("Epoch"))
    panels[0].set_ylim(0, _loss_limit(histories))
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper right", ncols=3)
    return figure


def _losses(panel: Axes, pen: Pen, history: pd.DataFrame, best: int | None) -> None:
    runs = [name for name in ("fold", "repeat") if name in history]
    groups = [group for _, group in history.groupby(runs, dropna=False)] if runs else [history]
    alpha, width = (1.0, 1.8) if len(groups) == 1 else (0.55, 1.0)
    for position, group in enumerate(groups):
        ordered = group.sort_values("epoch")
        for column, colour, label in (
            ("train_loss", PALETTE[0], pen.say("training")),
            ("validation_loss", PALETTE[1], pen.say("validation")),
        ):
            if column in ordered:
                name = label if position == 0 else None
                # A single epoch has no line: the points are shown as well where there are few.
                marker = "o" if len(ordered) < 12 else None
                panel.plot(
                    ordered["epoch"],
                    ordered[column],
                    color=colour,
                    alpha=alpha,
                    linewidth=width,
                    marker=marker,
                    markersize=2.8,
                    label=name,
                )
    if best is not None and len(groups) == 1:
        panel.axvline(best, color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)), label=pen.say("weights kept"))
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def _loss_limit(histories: dict[str, pd.DataFrame]) -> float:
    columns = ("train_loss", "validation_loss")
    values = np.concatenate([h[c].to_numpy(dtype=float) for h in histories.values() for c in columns if c in h])
    values = values[np.isfinite(values)]
    # One wild epoch would flatten all other curves.
    return float(np.quantile(values, 0.97) * 1.25) if len(values) else 1.0


def draw_roc(pen: Pen, results: Results, split: str, unit: str = "image") -> Figure:
    """ROC of all readers that gave scores; readers with calls only are points with their interval bars."""
    performances = results.select(split=split, unit=unit)
    if results.positive is not None:
        # The legend has two lines a reader beside the panel.
        figure = new_figure(max(4.5, 0.33 * len(performances) + 0.6), WIDTH_IN)
        panel = figure.subplots()
        _roc_panel(panel, pen, results, [(p, p.binary) for p in performances if p.binary is not None], legend=True)
        panel.set_xlabel(pen.say("1 − specificity (false positive rate)"))
        panel.set_ylabel(pen.say("Sensitivity (true positive rate)"))
        return figure
    return _roc_by_class(pen, results, performances)


def _roc_by_class(pen: Pen, results: Results, performances: Sequence[Performance]) -> Figure:
    shown = results.classes if len(results.classes) <= _MOST_CLASSES else ()
    titles = [pen.name(name) for name in shown] or [pen.say("Mean over {n} classes", n=len(results.classes))]
    columns = min(3, len(titles))
    rows = ceil(len(titles) / columns)
    width = WIDTH_IN if columns > 1 else 5.2
    # A shared legend below takes a line for three readers; without room for it the titles would be cut off.
    legend = 0.2 * ceil(len(performances) / 3) if rows * columns == len(titles) else 0.0
    figure = new_figure(rows * (width / columns * 0.98 + 0.12) + 0.55 + legend, width)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for panel, title, position in zip(panels, titles, range(len(titles)), strict=False):
        pairs = [(p, p.classes[position] if shown else _mean_curve(p)) for p in performances]
        _roc_panel(panel, pen, results, pairs, legend=False)
        panel.set_title(title)
    for panel in panels[max(0, len(titles) - columns) : len(titles)]:
        panel.tick_params(axis="x", labelbottom=True)
    for panel in panels[(rows - 1) * columns : len(titles)]:
        panel.set_xlabel(pen.say("1 − specificity"))
    for panel in panels[: len(titles) : columns]:
        panel.set_ylabel(pen.say("Sensitivity"))
    _shared_legend(figure, list(panels[: len(titles)]), list(panels[len(titles) :]))
    return figure


def _shared_legend(figure: Figure, panels: Sequence[Axes], empty: Sequence[Axes]) -> None:
    handles, labels = panels[0].get_legend_handles_labels()
    for panel in empty:
        panel.set_axis_off()
    if len(empty):
        empty[0].legend(handles, labels, loc="center left")
    else:
        figure.legend(handles, labels, loc="outside lower center", ncols=3)


def _mean_curve(performance: Performance) -> ClassTable:
    grid = np.linspace(0, 1, 101)
    curves = [table.curve for table in performance.classes if table.curve is not None]
    if not curves:
        return ClassTable("", 0, None, {})
    rates = [np.interp(grid, curve.false_positive_rate, curve.true_positive_rate) for curve in curves]
    mean = np.concatenate([[0.0], np.mean(rates, axis=0)])
    return ClassTable("", 0, None, {}, Curve((0.0, *grid.tolist()), tuple(mean.tolist())))


def _roc_panel(
    panel: Axes, pen: Pen, results: Results, pairs: Sequence[tuple[Performance, ClassTable]], *, legend: bool
) -> None:
    panel.plot([0, 1], [0, 1], color=RULE, linewidth=1.0, zorder=1)
    names = [reader.name for reader in results.readers if reader.has_scores]
    people = [reader.name for reader in results.readers if not reader.has_scores]
    for performance, table in pairs:
        if table.curve is not None:
            place = names.index(performance.reader)
            _roc_line(panel, pen, performance.reader, place, table, table.curve, legend=legend)
        elif performance.reader in people and table.counts is not None:
            _roc_point(panel, pen, performance.reader, people.index(performance.reader), table)
    panel.set(xlim=(-0.015, 1.0), ylim=(0, 1.015), aspect="equal")
    if legend:
        panel.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), labelspacing=0.9, handlelength=2.6)


def _roc_line(
    panel: Axes, pen: Pen, reader: str, position: int, table: ClassTable, curve: Curve, *, legend: bool
) -> None:
    colour = PALETTE[position % len(PALETTE)]
    dashes = DASHES[position // len(PALETTE) % len(DASHES)]
    label = pen.name(reader)
    if legend and "auc" in table.measures:
        label = f"{label}\n{_auc_text(table.measures['auc'])}"
    panel.plot(
        curve.false_positive_rate,
        curve.true_positive_rate,
        color=colour,
        linestyle=dashes,
        label=label,
        zorder=3,
    )
    point = _operating_point(table)
    if point is not None:
        panel.plot(*point, marker="o", markersize=5, markerfacecolor="white", markeredgecolor=colour, zorder=4)


def _roc_point(panel: Axes, pen: Pen, reader: str, position: int, table: ClassTable) -> None:
    sensitivity, specificity = table.measures.get("sensitivity"), table.measures.get("specificity")
    point = _operating_point(table)
    if point is None or sensitivity is None or specificity is None:
        return
    panel.errorbar(
        *point,
        yerr=_error(sensitivity),
        xerr=_error(specificity)[::-1],
        fmt=PERSON_MARKERS[position % len(PERSON_MARKERS)],
        color=INK,
        markersize=5.5,
        elinewidth=0.9,
        capsize=2,
        label=pen.name(reader),
        zorder=5,
    )


def _operating_point(table: ClassTable) -> tuple[float, float] | None:
    sensitivity, specificity = table.measures.get("sensitivity"), table.measures.get("specificity")
    if sensitivity is None or specificity is None or sensitivity.value is None or specificity.value is None:
        return None
    return 1 - specificity.value, sensitivity.value


def _error(measure: Estimate) -> list[list[float]]:
    if measure.value is None or measure.low is None or measure.high is None:
        return [[0.0], [0.0]]
    return [[max(0.0, measure.value - measure.low)], [max(0.0, measure.high - measure.value)]]


def _auc_text(auc: Estimate) -> str:
    if auc.value is None:
        return ""
    if auc.low is None or auc.high is None:
        return f"AUC {auc.value:.3f}"
    return f"AUC {auc.value:.3f} ({auc.low:.3f}–{auc.high:.3f})"
