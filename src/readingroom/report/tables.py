"""Tables of the report: rows of cells, shown on the page and saved as CSV with intervals, methods and n."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from readingroom.core.tables import write_csv
from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.measures import RATES, Performance
from readingroom.report.results import Results
from readingroom.report.wording import MEASURE_NAMES, count_text, interval_text, method_text, p_text, value_text

PROPORTIONS = frozenset({"sensitivity", "specificity", "ppv", "npv", "accuracy", "top1", "within_one"})
IN_UNITS = frozenset({"auc", "auc_of_calls", "iou", "quadratic_kappa", "mean_absolute_error"})
"""Measures whose differences are said as they are, and not in percentage points."""


@dataclass(frozen=True)
class Cell:
    """A cell: what is shown, a smaller second line, and a third one."""

    text: str
    small: str = ""
    smaller: str = ""


@dataclass(frozen=True)
class EstimateCell:
    """A cell that holds an estimate; the CSV gets its value, interval, method and n."""

    measure: str
    estimate: Estimate | None
    counted: bool = True

    def shown(self) -> Cell:
        """Value, interval, and what it rests on."""
        if self.estimate is None:
            return Cell("–")
        counts = count_text(self.estimate) if self.counted and self.measure in PROPORTIONS else ""
        value = value_text(self.measure, self.estimate.value)
        return Cell(value, interval_text(self.measure, self.estimate), counts)


@dataclass(frozen=True)
class RangeCell(EstimateCell):
    """A cell that holds a range instead of an estimate: its limits are the lowest and the highest value."""

    def shown(self) -> Cell:
        """The range: ``92.9–100.0``."""
        return Cell(interval_text(self.measure, self.estimate) or "–")


AnyCell = Cell | EstimateCell


@dataclass(frozen=True)
class Table:
    """A table of the report.

    Args:
        name: of its CSV file, without ending.
        title: above it.
        columns: heads, in the language of the report.
        rows: cells, as many as heads; the first is the row's head.
        note: below it: which methods, what a dash means.
        texts: how many columns, from the first, hold words: these stand left.
        compact: the page shows each cell on one line, without the counts, which the CSV has.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[AnyCell, ...], ...]
    note: str = ""
    texts: int = 1
    compact: bool = False

    def cells(self) -> list[list[Cell]]:
        """All cells as they are shown."""
        return [[cell.shown() if isinstance(cell, EstimateCell) else cell for cell in row] for row in self.rows]

    def to_frame(self) -> pd.DataFrame:
        """The table for CSV: an estimate takes five columns."""
        records = []
        for row in self.rows:
            record: dict[str, object] = {}
            for head, cell in zip(self.columns, row, strict=True):
                record.update(_csv_cells(head, cell))
            records.append(record)
        return pd.DataFrame.from_records(records)

    def save(self, folder: Path) -> None:
        """Write ``folder/name.csv``."""
        write_csv(self.to_frame(), folder / f"{self.name}.csv")


def _csv_cells(head: str, cell: AnyCell) -> dict[str, object]:
    if isinstance(cell, Cell):
        return {head: _unformula(cell.text)}
    estimate = cell.estimate
    names = ("", " low", " high", " n", " method")
    values: tuple[object, ...] = (None,) * 5
    if estimate is not None:
        values = (estimate.value, estimate.low, estimate.high, estimate.n, estimate.method)
    return {f"{head}{name}": value for name, value in zip(names, values, strict=True)}


def _unformula(text: str) -> str:
    # A spreadsheet would run a cell that begins like a formula.
    return f"'{text}" if text[:1] in {"=", "+", "@"} or (text[:1] == "-" and not _is_number(text)) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def methods_note(estimates: Sequence[Estimate | None], say: Translator) -> str:
    """Which interval methods a table's numbers used, and at which level."""
    found = [estimate for estimate in estimates if estimate is not None and estimate.low is not None]
    if not found:
        return ""
    methods = say("; ").join(dict.fromkeys(method_text(estimate.method, say) for estimate in found))
    return say("{level}% intervals: {methods}.", level=f"{100 * found[0].level:g}", methods=methods)


def performance_table(results: Results, split: str, unit: str, say: Translator) -> Table:
    """All readers on one part, counted in one unit."""
    performances = results.select(split=split, unit=unit)
    measures = _shown_measures(performances, results)
    rows = [_performance_row(results, performance, measures) for performance in performances]
    heads = (say("Reader"), "n", *(say(name) for name in measures.values()))
    estimates = [cell.estimate for row in rows for cell in row if isinstance(cell, EstimateCell)]
    return Table(f"performance-{split}-{unit}", "", heads, tuple(rows), methods_note(estimates, say))


def _shown_measures(performances: Sequence[Performance], results: Results) -> dict[str, str]:
    if results.positive is not None:
        names = ["auc", *RATES, "ppv_at_prevalence", "npv_at_prevalence"]
        return {name: MEASURE_NAMES[name] for name in names if any(p.headline(name) for p in performances)}
    means = {"auc": "Mean AUC", "sensitivity": "Mean recall", "ppv": "Mean precision", "f1": "Mean F1"}
    means |= {"specificity": "Mean specificity", "accuracy": "Mean one-against-rest accuracy"}
    top1 = {"top1": MEASURE_NAMES["top1"]} if any(p.top1 for p in performances) else {}
    return top1 | {name: text for name, text in means.items() if any(p.headline(name) for p in performances)}


def _performance_row(results: Results, performance: Performance, measures: dict[str, str]) -> tuple[AnyCell, ...]:
    facts = results.reader(performance.reader)
    head = Cell(performance.reader, facts.experience or "")
    found = {name: performance.measure(name) for name in measures}
    own = {name: results.positive is not None or name == "top1" for name in found}
    return (head, Cell(f"{performance.n}"), *(EstimateCell(name, found[name], own[name]) for name in found))


def naive_table(results: Results, split: str, unit: str, say: Translator) -> Table | None:
    """Clustered intervals, those that take the units for independent, and how much wider the former are."""
    performances = results.select(split=split, unit=unit)
    measures = _shown_measures(performances, results)
    rows = []
    for p in performances:
        found = [p.measure(name) for name in measures]
        cells = [_naive_cell(name, estimate, say) for name, estimate in zip(measures, found, strict=True)]
        rows.append((Cell(p.reader), *cells))
    heads = (say("Reader"), *(say(name) for name in measures.values()))
    note = say("Each cell: interval clustered by patient; interval that takes images for independent; ratio of widths.")
    if not any(cell.smaller for row in rows for cell in row):
        return None
    return _without_empty_columns(Table(f"naive-{split}-{unit}", "", heads, tuple(rows), note))


def _naive_cell(measure: str, estimate: Estimate | None, say: Translator) -> Cell:
    naive = estimate.beside if estimate is not None else None
    if estimate is None or naive is None or naive.low is None or naive.high is None:
        return Cell("")
    clustered, independent = interval_text(measure, estimate), interval_text(measure, naive)
    if estimate.low is None or estimate.high is None or naive.high == naive.low:
        return Cell(clustered or "–", independent)
    return Cell(clustered, independent, f"× {(estimate.high - estimate.low) / (naive.high - naive.low):.2f}")


def recognised_table(results: Results, split: str, unit: str, say: Translator) -> Table | None:
    """The table that study 3 prints: of each class's own lesions, how many were recognised; one column a reader."""
    performances = [p for p in results.select(split=split, unit=unit) if p.recognised]
    if not performances:
        return None
    rows: list[tuple[AnyCell, ...]] = [
        (Cell(name), *(EstimateCell("accuracy", p.recognised.get(name)) for p in performances))
        for name in results.classes
    ]
    heads = (say("Class"), *(performance.reader for performance in performances))
    estimates = [estimate for performance in performances for estimate in performance.recognised.values()]
    return Table(f"recognised-{split}-{unit}", "", heads, tuple(rows), methods_note(estimates, say))


def comparison_table(results: Results, split: str, unit: str, measure: str, say: Translator) -> Table | None:
    """Paired tests between readers on the units that both read."""
    found = [c for c in results.comparisons if (c.split, c.unit, c.measure) == (split, unit, measure)]
    if not found:
        return None
    by_class = any(comparison.positive for comparison in found) and results.positive is None
    rows = []
    for c in found:
        difference = Estimate(c.difference, c.low, c.high, results.level, c.method, c.n)
        # Between readers that never differ there is nothing to estimate.
        discordant = "" if c.first_only is None else f"{c.first_only} / {c.second_only}"
        cells = (
            Cell(c.first),
            Cell(c.second),
            Cell(f"{c.n}"),
            difference_cell(measure, difference, say),
            Cell(discordant),
        )
        label = (Cell(c.positive),) if by_class else ()
        rows.append((*label, *cells, Cell(p_text(c.p_value)), Cell(p_text(c.p_holm))))
    heads = ("First reader", "Second reader", "n", "Difference", "Only first / only second right", "p", "p (Holm)")
    methods = say("; ").join(dict.fromkeys(method_text(c.method, say) for c in found))
    note = say("Difference = first − second, on the same units. Test: {methods}.", methods=methods)
    columns = ((say("Class"),) if by_class else ()) + tuple(say(head) for head in heads)
    table = Table(f"comparison-{split}-{unit}-{measure}", "", columns, tuple(rows), note, 3 if by_class else 2)
    return _without_empty_columns(table)


def difference_cell(measure: str, difference: Estimate, say: Translator) -> Cell:
    """A difference with its interval: of areas as such, of rates in percentage points."""
    if difference.value is None:
        return Cell("–")
    if measure in IN_UNITS:
        low_high = interval_text(measure, difference, joint=say(" to "))
        return Cell(f"{difference.value:+.3f}".replace("-", "−"), low_high.replace("-", "−"))
    low_high = interval_text("accuracy", difference, joint=say(" to "))
    return Cell(f"{100 * difference.value:+.1f}".replace("-", "−") + " " + say("pp"), low_high.replace("-", "−"))


def _without_empty_columns(table: Table) -> Table:
    shown = table.cells()
    kept = [place for place in range(len(table.columns)) if any(row[place].text for row in shown)]
    columns = tuple(table.columns[place] for place in kept)
    rows = tuple(tuple(row[place] for place in kept) for row in table.rows)
    return Table(table.name, table.title, columns, rows, table.note, table.texts)


def time_table(results: Results, split: str, say: Translator) -> Table | None:
    """Total and median reading times."""
    times = [time for time in results.times if time.split == split]
    if not times:
        return None
    rows = []
    for time in times:
        quartiles = f"{time.low_quartile_ms:,.1f}–{time.high_quartile_ms:,.1f}"
        cells = (time.reader, f"{time.n}", f"{time.total_s:,.1f}", f"{time.median_ms:,.1f}", quartiles)
        rows.append(tuple(Cell(text) for text in cells))
    heads = ("Reader", "Images", "Total, s", "Median an image, ms", "Quartiles, ms")
    return Table(f"reading-time-{split}", "", tuple(say(head) for head in heads), tuple(rows))
