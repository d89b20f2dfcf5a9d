"""A checked table in words: a line for each row's figures."""

from __future__ import annotations

from readingroom.core.translations import Translator
from readingroom.report.published.check import Check, CheckedRow
from readingroom.report.published.finding import MEASURES, STATISTICS, interval_as_printed, named
from readingroom.report.published.solve import Recomputed


def title_of(row: CheckedRow, say: Translator) -> str:
    """A row's name with its class and place."""
    printed = row.solved.row
    words = set(printed.statistics.values()) if printed.classes else set()
    statistic = say(STATISTICS[words.pop()]) if len(words) == 1 else ""
    return " · ".join(part for part in (printed.name, printed.kind, say(printed.place), statistic) if part)


def figure_text(figure: Recomputed, say: Translator) -> str:
    """One figure with what it rests on: ``Sensitivity 82.83% = 82/99 (74.2 to 89.0)``."""
    name = say(MEASURES[figure.measure])
    said = name if figure.printed is None else named(figure.measure, figure.printed, say)
    if figure.statistic != "share":
        said += f" ({say(STATISTICS[figure.statistic])})"
    if figure.counts is not None and figure.n is not None:
        low, high = figure.counts
        count = f"{low}/{figure.n}" if low == high else f"{low}–{high}/{figure.n}"
        said += f" = {count}"
    interval = interval_as_printed(figure.printed, figure.estimate, say(" to "))
    return f"{said} ({interval})" if interval else said


def summary_text(check: Check, say: Translator) -> str:
    """How much was found."""
    text = "{rows} rows; contradictions: {contradictions}; warnings: {warnings}; notes: {notes}."
    return say(
        text,
        rows=len(check.rows),
        contradictions=check.count("contradiction"),
        warnings=check.count("warning"),
        notes=check.count("note"),
    )


def unused_text(check: Check, say: Translator) -> str:
    """Which columns were not understood; empty where all were."""
    if not check.table.unused:
        return ""
    return say("Columns that were not understood and not used: {list}.", list=say(", ").join(check.table.unused))
