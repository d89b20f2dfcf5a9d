"""A checked table as files: JSON, CSV and one self-contained page."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from readingroom.core.files import write_json, write_text
from readingroom.core.tables import write_csv
from readingroom.core.translations import Translator
from readingroom.report.page import page_environment
from readingroom.report.published.beside import PrintedCell
from readingroom.report.published.check import Check, CheckedRow
from readingroom.report.published.columns import RATES
from readingroom.report.published.finding import MEASURES, Finding
from readingroom.report.published.solve import Recomputed
from readingroom.report.published.text import summary_text, title_of, unused_text
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table, methods_note


@dataclass(frozen=True)
class GroupShown:
    """One group of the table on the page."""

    title: str
    table: Table
    findings: tuple[tuple[str, Finding], ...]


def write_check(check: Check, out: Path, say: Translator, *, title: str = "", source: str = "") -> Path:
    """Write ``check.json``, ``check.csv`` and ``index.html``.

    Args:
        check: the checked table.
        out: folder to write into.
        say: the language of the page.
        title: above the page; the table's name by default.
        source: where the table was published.

    Returns:
        The path of ``index.html``.

    Raises:
        OutputError: the files cannot be written.
    """
    write_json(out / "check.json", check.to_json())
    write_csv(check.to_frame(), out / "check.csv")
    page = page_environment(say).get_template("check.html.j2")
    text = page.render(
        title=title or check.table.name,
        source=source,
        summary=summary_text(check, say),
        unused=unused_text(check, say),
        groups=[_shown(check, group, say) for group in check.table.groups],
        version=version("readingroom"),
    )
    write_text(out / "index.html", text)
    return out / "index.html"


def _shown(check: Check, group: str, say: Translator) -> GroupShown:
    rows = [row for row in check.rows if row.solved.row.group == group]
    findings = [("", finding) for finding in check.of_group(group)]
    for row in rows:
        findings += [(title_of(row, say), finding) for finding in check.about(row.solved.row.line)]
    return GroupShown(say(group), _table(rows, group, say), tuple(findings))


def _table(rows: list[CheckedRow], group: str, say: Translator) -> Table:
    names = [name for name in RATES if any(name == figure.measure for row in rows for figure in row.figures)]
    cells = tuple(_row(row, names, say) for row in rows)
    heads = (say("Reader"), "n", *(say(MEASURES[name]) for name in names))
    estimates = [cell.estimate for row in cells for cell in row if isinstance(cell, EstimateCell)]
    note = say("Figures as printed, with the interval and the count that they can only come from.")
    return Table(f"check-{group or 'table'}", "", heads, cells, note + say(" ") + methods_note(estimates, say))


def _row(row: CheckedRow, names: list[str], say: Translator) -> tuple[AnyCell, ...]:
    figures = {figure.measure: figure for figure in row.figures}
    printed, n = row.solved.row, row.solved.sizes.total
    head = Cell(printed.name, " · ".join(part for part in (printed.kind, say(printed.place)) if part))
    return (head, Cell("–" if n is None else f"{n}"), *(_cell(figures.get(name), say) for name in names))


def _cell(figure: Recomputed | None, say: Translator) -> AnyCell:
    if figure is None:
        return Cell("–")
    text = "" if figure.printed is None else figure.printed.text
    if figure.estimate is None:
        return Cell(text, "" if figure.statistic == "share" else say(figure.statistic))
    return PrintedCell(figure.measure, figure.estimate, figure.n is not None, figure.printed)
