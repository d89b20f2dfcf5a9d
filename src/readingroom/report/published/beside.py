"""A published table beside the user's own study: printed figures with their intervals, and the same measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate, proportion
from readingroom.evaluation.published import Printed
from readingroom.report.measures import ClassTable, Performance
from readingroom.report.published.check import CheckedRow, check_table
from readingroom.report.published.classes import top1_span
from readingroom.report.published.columns import RATES
from readingroom.report.published.documents import Document, read_document
from readingroom.report.published.finding import MEASURES, interval_as_printed
from readingroom.report.published.solve import Recomputed
from readingroom.report.results import Results
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table, methods_note
from readingroom.report.wording import UNIT_NAMES

_SAID = ("contradiction", "warning")


@dataclass(frozen=True)
class Beside:
    """A document beside the user's study.

    Args:
        title: of the document.
        source: where it was published.
        table: both tables in one.
        findings: what must be known of the published figures.
    """

    title: str
    source: str
    table: Table
    findings: tuple[str, ...]


@dataclass(frozen=True)
class PrintedCell(EstimateCell):
    """A figure as printed, with the interval of the count that it can only come from."""

    printed: Printed | None = None

    def shown(self) -> Cell:
        """The figure, its interval, its count."""
        found = super().shown()
        text = found.text if self.printed is None else self.printed.text
        return Cell(text, interval_as_printed(self.printed, self.estimate, "–"), found.smaller)


def put_beside(name: str, results: Results, say: Translator) -> Beside:
    """A document's table beside the user's, with what is to be said of it.

    Raises:
        CaseTableError: there is no such document.
    """
    document = read_document(name)
    shown = {row.line for row in document.table.rows if row.place == document.place}
    findings = tuple(
        finding.text
        for finding in check_table(document.table, say, results.level).findings
        if finding.level in _SAID and finding.kind != "claim" and (len(finding.lines) > 1 or shown & set(finding.lines))
    )
    return Beside(
        title=say(document.title),
        source=document.source,
        table=published_against_yours(name, results, say),
        findings=findings,
    )


def published_against_yours(name: str, results: Results, say: Translator) -> Table:
    """One row a published model or reader, and one a reader of the user's study, with the same measures.

    Published figures stand as printed, with the interval of the counts that they can only come from. A document's
    groups that ask what the study asks come in; where none does, all of them.

    Args:
        name: one of `DOCUMENTS`.
        results: of the user's study.
        say: the language.

    Raises:
        CaseTableError: there is no such document.
    """
    document = read_document(name)
    tasks = _tasks(document, results)
    rows = [
        row
        for row in check_table(document.table, say, results.level).rows
        if row.solved.row.place == document.place and row.solved.row.group in tasks
    ]
    over_classes = any(tasks[row.solved.row.group] == "means" for row in rows)
    measures = [m for m in RATES if any(m == figure.measure for row in rows for figure in row.figures)]
    names = ["top1", *measures] if over_classes else measures
    published = [(row.solved.row.kind, _published(row, names, tasks, say)) for row in rows]
    yours = list(_yours(document, set(tasks.values()), results, names, say))
    heads = (say("Reader"), say("Whose"), "n", *(say(_HEADS.get(name) or MEASURES[name]) for name in names))
    merged = _merged(published, yours)
    return Table(f"published-{name}", "", heads, tuple(merged), _note(document, tasks, merged, say), 2)


_HEADS = {"top1": "Top-1 accuracy"}


def _tasks(document: Document, results: Results) -> dict[str, str]:
    wanted = {"binary"} if results.positive is not None else {"top1", "means", "own class"}
    found = {group: task for group, task in document.tasks.items() if task in wanted}
    return found or dict(document.tasks)


_Row = tuple[AnyCell, ...]


def _published(row: CheckedRow, names: Sequence[str], tasks: dict[str, str], say: Translator) -> _Row:
    printed = row.solved.row
    figures = {figure.measure: figure for figure in row.figures}
    several = len(set(tasks)) > 1
    cells = (_implied(row) if name == "top1" else _printed(figures.get(name), say) for name in names)
    n = row.solved.sizes.total
    head = Cell(
        printed.name, " · ".join(part for part in (say(printed.group) if several else "", printed.kind) if part)
    )
    return (head, Cell(say("Published")), Cell("–" if n is None else f"{n}"), *cells)


def _printed(figure: Recomputed | None, say: Translator) -> AnyCell:
    if figure is None:
        return Cell("–")
    text = "" if figure.printed is None else figure.printed.text
    if figure.estimate is None:
        return Cell(text, "" if figure.statistic == "share" else say(figure.statistic))
    return PrintedCell(figure.measure, figure.estimate, figure.n is not None, figure.printed)


def _implied(row: CheckedRow) -> AnyCell:
    found, n = top1_span(row.solved.row), row.solved.sizes.total
    if found is None or n is None:
        return Cell("–")
    return EstimateCell("top1", proportion(round(float(sum(found) / 2) * n), n), counted=False)


def _yours(
    document: Document, tasks: set[str], results: Results, names: Sequence[str], say: Translator
) -> Iterator[tuple[str, _Row]]:
    for performance in _performances(document, results):
        if tasks == {"own class"} and results.positive is None:
            for table in performance.classes:
                yield table.positive, _own_class(performance, table, names, say)
        else:
            yield "", _overall(performance, names, tasks, results, say)


def _performances(document: Document, results: Results) -> tuple[Performance, ...]:
    if not results.splits:
        return ()
    split = results.splits[0]
    unit = document.unit if document.unit in results.units(split) else results.units(split)[0]
    return results.select(split=split, unit=unit)


def _overall(
    performance: Performance, names: Sequence[str], tasks: set[str], results: Results, say: Translator
) -> _Row:
    top1 = "top1" in tasks and results.positive is None

    def estimate(name: str) -> Estimate | None:
        return performance.top1 if name == "top1" or (name == "accuracy" and top1) else performance.headline(name)

    counted = results.positive is not None
    cells = (EstimateCell(name, estimate(name), counted or name == "top1" or top1) for name in names)
    return (Cell(performance.reader), Cell(say("Yours")), Cell(f"{performance.n}"), *cells)


def _own_class(performance: Performance, table: ClassTable, names: Sequence[str], say: Translator) -> _Row:
    def estimate(name: str) -> Estimate | None:
        if name != "accuracy":
            return table.measures.get(name)
        # By image, what was recognised of a class is its recall.
        return performance.recognised.get(table.positive, table.measures.get("sensitivity"))

    cells = (EstimateCell(name, estimate(name)) for name in names)
    head = Cell(performance.reader, table.positive)
    return (head, Cell(say("Yours")), Cell(f"{table.n_positive}"), *cells)


def _merged(published: Sequence[tuple[str, _Row]], yours: Sequence[tuple[str, _Row]]) -> list[_Row]:
    """Published rows first; a class that both have stands together."""
    kinds = {kind.casefold() for kind, _ in published if kind}
    rows: list[_Row] = []
    for kind in dict.fromkeys(kind for kind, _ in published):
        rows += [row for own, row in published if own == kind]
        rows += [row for own, row in yours if kind and own.casefold() == kind.casefold()]
    return rows + [row for own, row in yours if own.casefold() not in kinds]


def _note(document: Document, tasks: dict[str, str], rows: Sequence[_Row], say: Translator) -> str:
    parts = [say("Published figures stand as printed; intervals are of the counts that they can only come from.")]
    notes: dict[str, Callable[[], str]] = {
        "own class": lambda: say(
            "The published rows rest on each class's own {unit} alone. Your accuracy is the share of these that was "
            "recognised; your other rates are of each class against the rest.",
            unit=say(UNIT_NAMES[document.unit]),
        ),
        "means": lambda: say(
            "Rates are means over the classes. The published top-1 accuracy is what the mean accuracy stands for."
        ),
        "top1": lambda: say("Over several classes accuracy is the share of right answers."),
    }
    parts += [notes[task]() for task in dict.fromkeys(tasks.values()) if task in notes]
    estimates = [cell.estimate for row in rows for cell in row if isinstance(cell, EstimateCell)]
    return say(" ").join([*parts, methods_note(estimates, say)])
