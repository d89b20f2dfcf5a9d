"""The table of ordered grades: kappa with the reference, error in grades, and shares right and within one grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from readingroom.core.translations import Translator
from readingroom.report.analyses.ordered import GradePerformance
from readingroom.report.results import Results
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table
from readingroom.report.wording import MEASURE_NAMES

SHOWN = ("quadratic_kappa", "mean_absolute_error", "within_one")
"""Measures on the page; the file has the linear kappa as well."""
_DIRECTIONS = {"Graded too low": -1, "Graded too high": 1}


def grade_table(results: Results, split: str, say: Translator) -> Table | None:
    """Every reader's grades on one part, with the linear kappa: the rows and columns of the CSV file."""
    found = [one for one in results.analyses.grades if one.split == split]
    if not found:
        return None
    measures = (*SHOWN, "linear_kappa")
    rows = tuple(_row(results, one, measures) for one in found)
    heads = (say("Reader"), "n", *(say(text) for text in _DIRECTIONS), *(say(MEASURE_NAMES[m]) for m in measures))
    return Table(f"ordered-{split}", "", heads, rows, _note(found, results.level, say))


def shown_columns(table: Table, say: Translator) -> Table:
    """The same without the linear kappa, which follows the quadratic one."""
    note = table.note + say(" ") + say("The linear weighted kappa is in tables/{file}.csv.", file=table.name)
    return replace(table, columns=table.columns[:-1], rows=tuple(row[:-1] for row in table.rows), note=note)


def _row(results: Results, one: GradePerformance, measures: Sequence[str]) -> tuple[AnyCell, ...]:
    head = Cell(one.reader, results.reader(one.reader).experience or "")
    wrong = (_directed(one, direction) for direction in _DIRECTIONS.values())
    return (head, Cell(f"{one.n}"), *wrong, *(EstimateCell(name, one.measures[name]) for name in measures))


def _directed(one: GradePerformance, direction: int) -> Cell:
    count = sum(count for step, count in one.apart.items() if int(step) * direction > 0)
    return Cell(f"{100 * count / one.n:.1f}%", f"{count}/{one.n}")


def _note(found: Sequence[GradePerformance], level: float, say: Translator) -> str:
    clustered = any(one.measures["quadratic_kappa"].beside is not None for one in found)
    text = (
        "{level}% intervals by patient: bootstrap of patients (kappa, error), Rao-Scott (share)."
        if clustered
        else "{level}% intervals: Fleiss, Cohen and Everitt (kappa), bootstrap of images (error), Wilson (share)."
    )
    return say(text, level=f"{100 * level:g}")
