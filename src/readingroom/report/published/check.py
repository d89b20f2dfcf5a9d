"""A published table checked: every figure again with its interval, and everything its figures say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from readingroom.core.translations import Translator
from readingroom.report.published.areas import area_findings
from readingroom.report.published.claims import claim_findings
from readingroom.report.published.classes import class_findings, top1_span
from readingroom.report.published.finding import LEVELS, Finding
from readingroom.report.published.rows import row_findings
from readingroom.report.published.sizes import size_findings, test_sets
from readingroom.report.published.solve import Recomputed, Solved, recompute, solve
from readingroom.report.published.table import PublishedTable

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class CheckedRow:
    """A row with its counts and its figures again."""

    solved: Solved
    figures: tuple[Recomputed, ...]


@dataclass(frozen=True)
class Check:
    """A checked table.

    Args:
        table: as it was printed.
        rows: in the order of the table.
        findings: in the order of groups and rows.
    """

    table: PublishedTable
    rows: tuple[CheckedRow, ...]
    findings: tuple[Finding, ...]

    def about(self, line: int) -> tuple[Finding, ...]:
        """Findings about one row alone."""
        return _by_level([finding for finding in self.findings if finding.lines == (line,)])

    def of_group(self, group: str) -> tuple[Finding, ...]:
        """Findings about several rows of a group."""
        return _by_level([one for one in self.findings if one.group == group and len(one.lines) != 1])

    def count(self, level: str) -> int:
        """How many findings of a level."""
        return sum(finding.level == level for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Everything, as JSON can hold it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "kind": "readingroom.check",
            "table": self.table.name,
            "unused_columns": list(self.table.unused),
            "counts": {level: self.count(level) for level in LEVELS},
            "findings": [asdict(finding) for finding in self.findings],
            "rows": [_row_json(row) for row in self.rows],
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a figure, with the count, the interval and its method."""
        return pd.DataFrame([record for row in self.rows for record in _records(row)])


def _by_level(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: LEVELS.index(finding.level)))


def check_table(table: PublishedTable, say: Translator, level: float = 0.95) -> Check:
    """Check a published table.

    Args:
        table: as `read_published` gives it.
        say: the language of the findings.
        level: of the intervals.

    Example:
        ``check_table(read_published(Path("table.csv")), Translator("en")).findings``
    """
    sets = test_sets(table.rows)
    solved = {
        row.line: solve(row, test_set.sizes, inferred=test_set.inferred) for test_set in sets for row in test_set.rows
    }
    solved |= {row.line: solve(row, row.sizes, inferred=False) for row in table.rows if row.line not in solved}
    rows = tuple(CheckedRow(solved[row.line], recompute(solved[row.line], level)) for row in table.rows)
    findings: list[Finding] = []
    for group in table.groups:
        own = [row for row in rows if row.solved.row.group == group]
        findings += [f for test_set in sets if test_set.rows[0].group == group for f in size_findings(test_set, say)]
        findings += _among([row.solved for row in own], say)
        findings += [finding for row in own for finding in row_findings(row.solved, row.figures, say)]
    return Check(table, rows, tuple(findings))


def _among(rows: Sequence[Solved], say: Translator) -> list[Finding]:
    return [*area_findings(rows, say), *class_findings(rows, say), *claim_findings(rows, say)]


def _row_json(row: CheckedRow) -> dict[str, Any]:
    solved, printed = row.solved, row.solved.row
    possible = solved.possible
    top1 = top1_span(printed)
    return {
        "line": printed.line,
        "row": printed.name,
        "group": printed.group,
        "class": printed.kind,
        "place": printed.place,
        "n_positive": solved.sizes.positive,
        "n_negative": solved.sizes.negative,
        "n": solved.sizes.total,
        "sizes_from": solved.origin or None,
        "tables": None
        if possible is None
        else {
            "count": possible.count,
            "listed": [asdict(table) for table in possible.tables],
            "limits": {name: list(ends) for name, ends in possible.limits.items()},
        },
        "conflicts": [list(names) for names in solved.conflicts],
        "top1": None if top1 is None else [float(end) for end in top1],
        "figures": [_figure_json(figure) for figure in row.figures],
    }


def _figure_json(figure: Recomputed) -> dict[str, Any]:
    return {
        "measure": figure.measure,
        "printed": None if figure.printed is None else figure.printed.text,
        "statistic": figure.statistic,
        "count": None if figure.counts is None else list(figure.counts),
        "n": figure.n,
        "cut_off": figure.cut,
        "estimate": None if figure.estimate is None else figure.estimate.to_dict(),
    }


def _records(row: CheckedRow) -> list[dict[str, Any]]:
    printed = row.solved.row
    head: dict[str, Any] = {"group": printed.group, "row": printed.name, "class": printed.kind, "place": printed.place}
    records = []
    for figure in row.figures:
        estimate, counts = figure.estimate, figure.counts or (None, None)
        records.append(
            head
            | {
                "measure": figure.measure,
                "statistic": figure.statistic,
                "printed": "" if figure.printed is None else figure.printed.text,
                "count": counts[0],
                "count_high": counts[1],
                "n": figure.n,
                "value": None if estimate is None else estimate.value,
                "low": None if estimate is None else estimate.low,
                "high": None if estimate is None else estimate.high,
                "method": None if estimate is None else estimate.method,
                "cut_off": figure.cut,
            }
        )
    return records
