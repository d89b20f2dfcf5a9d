"""Figures of the analyses: calibration, decision curves, subgroups as a forest, and readers with and without help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from readingroom.evaluation import Estimate, Test
from readingroom.report.analyses.calibration import Calibration
from readingroom.report.analyses.decision import DecisionCurve
from readingroom.report.analyses.reader_study import Modalities
from readingroom.report.analyses.subgroups import Subgroup
from readingroom.report.figures.style import DASHES, INK, MUTED, PALETTE, PERSON, RULE, WIDTH_IN, Pen, new_figure
from readingroom.report.results import Results
from readingroom.report.wording import MEASURE_NAMES, p_text, value_text

MOST_PANELS = 9
MOST_CURVES = 12
_MOST_NAMED = 3


def draw_calibration(pen: Pen, calibrations: Sequence[Calibration]) -> Figure:
    """Observed share against predicted probability, one panel a reader: ten bins of equal numbers, with intervals."""
    shown = calibrations[:MOST_PANELS]
    columns = min(3, len(shown))
    rows = ceil(len(shown) / columns)
    width = WIDTH_IN if columns > 1 else 4.4
    figure = new_figure(rows * (width / columns * 1.02 + 0.15) + 0.4, width)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for panel, calibration in zip(panels, shown, strict=False):
        _calibration_panel(panel, pen, calibration)
    for panel in panels[len(shown) :]:
        panel.set_axis_off()
    for panel in panels[max(0, len(shown) - columns) : len(shown)]:
        panel.set_xlabel(pen.say("Predicted probability"))
        panel.tick_params(axis="x", labelbottom=True)
    for panel in panels[: len(shown) : columns]:
        panel.set_ylabel(pen.say("Observed share"))
    return figure


def _calibration_panel(panel: Axes, pen: Pen, one: Calibration) -> None:
    panel.plot([0, 1], [0, 1], color=MUTED, linewidth=1.0, linestyle=(0, (3, 2)), zorder=1)
    below = [max(0.0, value - low) for value, low in zip(one.observed, one.low, strict=True)]
    above = [max(0.0, high - value) for value, high in zip(one.observed, one.high, strict=True)]
    panel.errorbar(
        one.predicted, one.observed, yerr=[below, above], color=PALETTE[0], marker="o", markersize=4, elinewidth=0.9,
        capsize=2, linewidth=1.3, zorder=3,
    )  # fmt: skip
    panel.plot(one.predicted, [-0.03] * len(one.predicted), "|", color=INK, markersize=7, clip_on=False)
    slope, error = one.measures.get("slope"), one.measures.get("ece")
    said = [
        pen.say("slope {value}", value=f"{slope.value:.2f}") if slope is not None and slope.value is not None else "",
        pen.say("error {value}", value=f"{error.value:.3f}") if error is not None and error.value is not None else "",
    ]
    panel.text(0.97, 0.06, "\n".join(filter(None, said)), ha="right", va="bottom", fontsize=8, color=MUTED)
    panel.set(xlim=(-0.02, 1.02), ylim=(-0.03, 1.03), aspect="equal")
    panel.set_title(pen.name(one.reader, 28))


def draw_decision(pen: Pen, curves: Sequence[DecisionCurve]) -> Figure:
    """Net benefit of every reader over the threshold probability, with acting on everybody and on nobody."""
    figure = new_figure(max(3.9, 0.24 * min(len(curves), MOST_CURVES) + 1.2), WIDTH_IN)
    panel = figure.subplots()
    first = curves[0]
    panel.plot(
        first.threshold,
        first.act_on_all,
        color=MUTED,
        linewidth=1.3,
        linestyle=DASHES[1],
        label=pen.say("act on everybody"),
    )
    panel.axhline(0, color=INK, linewidth=0.8, label=pen.say("act on nobody"))
    scored = [one for one in curves if not one.from_calls][:MOST_CURVES]
    called = [one for one in curves if one.from_calls][:MOST_CURVES]
    for place, one in enumerate(scored):
        colour, dashes = PALETTE[place % len(PALETTE)], DASHES[place // len(PALETTE) % len(DASHES)]
        panel.plot(one.threshold, one.net_benefit, color=colour, linestyle=dashes, label=pen.name(one.reader))
        if len(scored) < 3:
            panel.fill_between(one.threshold, one.low, one.high, color=colour, alpha=0.12, linewidth=0)
    for place, one in enumerate(called):
        few = len(called) <= _MOST_NAMED
        dashes = DASHES[1 + place % (len(DASHES) - 1)] if few else DASHES[2]
        label = pen.name(one.reader) if few else (pen.say("people's calls") if place == 0 else None)
        panel.plot(one.threshold, one.net_benefit, color=PERSON, linestyle=dashes, linewidth=1, label=label)
    top = max(max(one.net_benefit) for one in curves)
    panel.set(xlim=(0, 1), ylim=(-0.15 * top - 0.01, 1.12 * top + 0.01))
    panel.set_xlabel(pen.say("Threshold probability: the risk at which one would act"))
    panel.set_ylabel(pen.say("Net benefit"))
    panel.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


@dataclass(frozen=True)
class ForestRow:
    """A row of a forest: a heading (no estimate), or an estimate with its size."""

    label: str
    n: int | None = None
    estimate: Estimate | None = None
    aside: str = ""


def forest_rows(results: Results, reader: str, split: str, measure: str, pen: Pen) -> list[ForestRow]:
    """Every fact as a heading with its p value, every level below it; the whole part first."""
    performance = next(p for p in results.select(split=split) if p.reader == reader)
    whole = performance.measure(measure)
    rows = [ForestRow(pen.say("All images"), performance.n, whole)]
    found = [s for s in results.analyses.subgroups if (s.reader, s.split) == (reader, split)]
    for fact in dict.fromkeys(s.fact for s in found):
        rows.append(ForestRow(pen.name(fact, 24), aside=_difference(results, reader, split, fact, measure, pen)))
        rows += [_level_row(s, measure, pen) for s in found if s.fact == fact]
    return rows


def _level_row(subgroup: Subgroup, measure: str, pen: Pen) -> ForestRow:
    return ForestRow("   " + pen.name(subgroup.level, 24), subgroup.n, subgroup.measures.get(measure))


def _difference(results: Results, reader: str, split: str, fact: str, measure: str, pen: Pen) -> str:
    for one in results.analyses.interactions:
        if (one.reader, one.split, one.fact, one.measure) == (reader, split, fact, measure):
            return pen.say("differ? p = {p}", p=p_text(one.p_value)).replace("= <", "< ")
    return ""


def draw_forest(pen: Pen, results: Results, reader: str, split: str, measures: Sequence[str]) -> Figure:
    """One reader by subgroup, a panel a measure: estimates with intervals, the whole part as a line."""
    columns = {name: forest_rows(results, reader, split, name, pen) for name in measures}
    rows = next(iter(columns.values()))
    figure = new_figure(0.75 + 0.235 * len(rows), WIDTH_IN)
    panels = figure.subplots(1, len(measures), squeeze=False, sharey=True).ravel()
    for panel, (name, own) in zip(panels, columns.items(), strict=True):
        _forest_panel(panel, name, own)
        panel.set_title(pen.say(MEASURE_NAMES[name]))
    labels = [row.label if row.n is None else f"{row.label}  (n={row.n})" for row in rows]
    panels[0].set_yticks(range(len(rows)), labels)
    for tick, row in zip(panels[0].get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if row.n is None else "normal")
    panels[0].invert_yaxis()
    return figure


def _forest_panel(panel: Axes, measure: str, rows: Sequence[ForestRow]) -> None:
    whole = rows[0].estimate
    if whole is not None and whole.value is not None:
        panel.axvline(whole.value, color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)), zorder=1)
    lows = []
    for place, row in enumerate(rows):
        if row.aside:
            panel.text(0.01, place, row.aside, transform=panel.get_yaxis_transform(), va="center", fontsize=7.5)
        one = row.estimate
        if one is None or one.value is None:
            continue
        if one.low is not None and one.high is not None:
            panel.plot([one.low, one.high], [place, place], color=INK, linewidth=1.1, zorder=3)
            lows.append(one.low)
        size = 7 if place == 0 else 5
        panel.plot(one.value, place, "D" if place == 0 else "s", color=PALETTE[0], markersize=size, zorder=4)
        panel.annotate(
            value_text(measure, one.value), (1.0, place), xycoords=panel.get_yaxis_transform(), xytext=(3, 0),
            textcoords="offset points", va="center", fontsize=7.5, annotation_clip=False,
        )  # fmt: skip
    panel.set_xlim(max(0.0, min(lows, default=0.0) - 0.03), 1.0)
    panel.grid(visible=False, axis="y")
    panel.tick_params(axis="y", length=0)


def draw_modalities(pen: Pen, found: Sequence[Modalities]) -> Figure:
    """Every reader's change from the first modality to the second, and that of the mean; a panel a measure."""
    readers = len(found[0].by_reader) + 1
    figure = new_figure(0.95 + 0.3 * readers, WIDTH_IN if len(found) > 1 else 5.4)
    panels = figure.subplots(1, len(found), squeeze=False, sharey=True).ravel()
    for panel, one in zip(panels, found, strict=True):
        _changes(panel, pen, one)
        panel.set_title(pen.say(MEASURE_NAMES[one.measure]))
    names = [*found[0].by_reader, pen.say("all {n}", n=len(found[0].readers))]
    panels[0].set_yticks(range(len(names)), [pen.name(name, 26) for name in names])
    panels[0].invert_yaxis()
    label = pen.say("{second} − {first}", first=found[0].first, second=found[0].second)
    figure.supxlabel(label, fontsize=9)
    return figure


def _changes(panel: Axes, pen: Pen, one: Modalities) -> None:
    panel.axvline(0, color=RULE, linewidth=1.2, zorder=1)
    tests: list[Test] = [*one.by_reader.values(), one.test]
    for place, test in enumerate(tests):
        if test.difference is None:
            continue
        # Tests are first minus second; a gain from help should point to the right.
        value = -test.difference
        pooled = place == len(tests) - 1
        if test.low is not None and test.high is not None:
            panel.plot([-test.high, -test.low], [place, place], color=INK, linewidth=1.6 if pooled else 1.0, zorder=3)
        panel.plot(value, place, "D" if pooled else "o", color=PALETTE[1 if pooled else 0], markersize=6, zorder=4)
    panel.set_xlabel(p_value(pen, one.test))
    panel.grid(visible=False, axis="y")
    panel.tick_params(axis="y", length=0)


def p_value(pen: Pen, test: Test) -> str:
    """A test's p value as a figure says it."""
    return pen.say("all readers: p = {p}", p=p_text(test.p_value)).replace("= <", "< ")
