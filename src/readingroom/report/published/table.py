"""Somebody's published table, checked whole: every problem with its row and column, and figures with their digits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from readingroom.core.errors import CaseTableError, EvaluationError, Problem
from readingroom.core.tables import read_table
from readingroom.evaluation.published import Counts, Printed, Sizes, read_printed
from readingroom.report.published.columns import CELLS, RATES, SIZES, in_per_cent, known_columns, statistics_of

_HEADER_ROWS = 2
_MOST_CASES = 10_000_000
_WITH_SHARE = re.compile(r"(?P<figure>[^(\[/]*?)\s*[(\[]\s*(?P<count>\d+)\s*/\s*(?P<n>\d+)\s*[)\]]")
_SHARE = re.compile(r"(?P<figure>)(?P<count>\d+)\s*/\s*(?P<n>\d+)")
_BETTER = re.compile(r"(?:\b(?:better|higher|more accurate)\s+than|优于|高于|好于)\s*(?P<name>.+)", re.IGNORECASE)
_YES = frozenset({"yes", "true", "1", "paired", "是", "配对"})
_NO = frozenset({"no", "false", "0", "unpaired", "否", "不配对", "非配对"})


@dataclass(frozen=True)
class PublishedRow:
    """One row of a published table: a model or a person, with its figures as printed.

    Args:
        line: row of the file, as a spreadsheet counts.
        name: the model or reader.
        group: rows of one group were read on one test set.
        kind: the class that is positive; empty where the table is of two classes, or over all of them.
        place: where the row stands in the paper.
        sizes: of the test set as stated.
        figures: as printed, by measure.
        shares: count and number of cases printed beside a figure, by measure.
        counts: the four counts, where they are printed.
        classes: K, where figures are over the classes' values.
        statistics: what each such figure is; the key ``""`` holds for all others.
        test: the test that the paper used.
        paired: whether what was compared belongs together in pairs; None where it is not said.
        better_than: rows that the paper says this one is better than.
    """

    line: int
    name: str
    group: str = ""
    kind: str = ""
    place: str = ""
    sizes: Sizes = field(default_factory=Sizes)
    figures: Mapping[str, Printed] = field(default_factory=dict)
    shares: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    counts: Counts | None = None
    classes: int | None = None
    statistics: Mapping[str, str] = field(default_factory=dict)
    test: str = ""
    paired: bool | None = None
    better_than: tuple[str, ...] = ()

    def statistic(self, measure: str) -> str:
        """What a figure is: ``share`` of cases, or ``mean``, ``median``, ``minimum``, ``maximum`` over classes."""
        usual = "mean" if self.classes else "share"
        return self.statistics.get(measure, self.statistics.get("", usual))

    @property
    def key(self) -> tuple[str, ...]:
        """What may stand only once."""
        said = ";".join(f"{name}:{word}" for name, word in sorted(self.statistics.items()))
        return self.group, self.name, self.kind, self.place, said


@dataclass(frozen=True)
class PublishedTable:
    """A published table.

    Args:
        name: of the file or the document.
        rows: as they stand.
        unused: heads of columns that were not understood.
    """

    name: str
    rows: tuple[PublishedRow, ...]
    unused: tuple[str, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups, in order."""
        return tuple(dict.fromkeys(row.group for row in self.rows))


def read_published(path: Path, *, name: str = "") -> PublishedTable:
    """Read and check a table of printed figures.

    Args:
        path: CSV or Parquet, one row a model or reader: ``row``; ``sensitivity, specificity, ppv, npv, accuracy, f1,
            auc`` as printed, also ``92.7% (38/41)``; ``n_positive, n_negative`` or ``n``; optionally ``class, group,
            place, tp, fp, fn, tn, classes, statistic, test, paired, claim``. Chinese heads are understood.
        name: of the table; the file's by default.

    Raises:
        CaseTableError: anything is wrong with it; the message lists every problem with row and column.
    """
    path = Path(path)
    frame = read_table(path)
    heads = known_columns(frame.columns)
    _refuse([*_column_problems(frame, heads)], path)
    unused = tuple(head for head in frame.columns if head and head not in heads)
    table = frame[list(heads)].rename(columns=heads).map(_tidy)
    signs = {heads[head]: in_per_cent(head) for head in heads}
    rows, problems = _rows(table, signs)
    _refuse([*problems, *_row_problems(rows)], path)
    return PublishedTable(name or path.stem, tuple(rows), unused)


def _refuse(problems: Sequence[Problem], path: Path) -> None:
    if problems:
        raise CaseTableError(
            "the published table has problems",
            fix="Correct the table and run the same command again",
            file=path,
            problems=problems,
        )


def _tidy(cell: Any) -> str:
    return "" if pd.isna(cell) else unicodedata.normalize("NFKC", str(cell)).strip()


def _column_problems(frame: pd.DataFrame, heads: Mapping[str, str]) -> Iterator[Problem]:
    listed = f"The columns are: {', '.join(map(str, frame.columns))}"
    found = list(heads.values())
    if "row" not in found:
        yield Problem("column row", "is missing", f"Name the model or reader of each row. {listed}")
    if not set(RATES) & set(found):
        yield Problem(f"columns {', '.join(RATES)}", "there is none of them", listed)
    for name in dict.fromkeys(found):
        alike = [head for head, own in heads.items() if own == name]
        if len(alike) > 1:
            yield Problem(f"columns {' and '.join(alike)}", "mean the same", "Keep one of them")
    cells = [name for name in CELLS if name in found]
    if cells and len(cells) < len(CELLS):
        yield Problem(f"columns {', '.join(cells)}", "are not all four counts", "Give tp, fp, fn and tn, or none")
    if frame.empty:
        yield Problem("row 2", "the table has no rows", "Write one row a model or reader")


def _rows(table: pd.DataFrame, signs: Mapping[str, bool]) -> tuple[list[PublishedRow], list[Problem]]:
    scales = _scales(table, signs)
    rows, problems = [], []
    for place, cells in enumerate(table.to_dict("records")):
        own = {str(name): str(cell) for name, cell in cells.items()}
        if not any(own.values()):
            continue
        reader = _RowReader(place + _HEADER_ROWS, own, scales)
        rows.append(reader.row())
        problems += reader.problems
    return rows, problems


def _scales(table: pd.DataFrame, signs: Mapping[str, bool]) -> dict[tuple[str, str], tuple[bool, bool]]:
    """Whether numbers without a sign are in per cent, and whether the head says so; by group and column.

    They are where any number of the column is above 1.
    """
    groups = table["group"] if "group" in table else pd.Series("", index=table.index)
    found: dict[tuple[str, str], tuple[bool, bool]] = {}
    for group, rows in table.groupby(groups, sort=False):
        for name in RATES:
            if name in rows:
                values = pd.to_numeric(rows[name].str.replace(r"\s*[(\[].*", "", regex=True), errors="coerce")
                found[str(group), name] = (signs[name] or bool((values > 1).any()), signs[name])
    return found


class _RowReader:
    """One row's cells into a `PublishedRow`; what is wrong with them is collected."""

    def __init__(
        self, line: int, cells: Mapping[str, str], scales: Mapping[tuple[str, str], tuple[bool, bool]]
    ) -> None:
        self.line, self.cells, self.scales = line, cells, scales
        self.problems: list[Problem] = []

    def row(self) -> PublishedRow:
        figures, shares = self._figures()
        sizes = {name: self._whole(name) for name in (*SIZES, *CELLS)}
        if not self._cell("row"):
            self._wrong("row", "is empty", "Name the model or reader")
        if not figures and not shares and not self.cells.get("tp"):
            self._wrong("", "holds no figure", "Write at least one figure, or drop the row")
        return PublishedRow(
            line=self.line,
            name=self._cell("row"),
            group=self._cell("group"),
            kind=self._cell("class"),
            place=self._cell("place"),
            sizes=self._sizes(sizes),
            figures=figures,
            shares=shares,
            counts=self._counts(sizes),
            classes=self._classes(sizes["classes"]),
            statistics=self._statistics(),
            test=self._cell("test"),
            paired=self._paired(),
            better_than=self._claims(),
        )

    def _cell(self, name: str) -> str:
        return self.cells.get(name, "")

    def _wrong(self, column: str, what: str, fix: str) -> None:
        where = f"row {self.line}, column {column}" if column else f"row {self.line}"
        self.problems.append(Problem(where, what, fix))

    def _whole(self, name: str) -> int | None:
        text = re.sub(r"(?<=\d)[,\s](?=\d{3}\b)", "", self._cell(name))
        if not text:
            return None
        if not re.fullmatch(r"\d+(\.0+)?", text) or int(float(text)) > _MOST_CASES:
            self._wrong(name, f"{self._cell(name)!r} is not a number of cases", f"Give a whole number to {_MOST_CASES}")
            return None
        return int(float(text))

    def _figures(self) -> tuple[dict[str, Printed], dict[str, tuple[int, int]]]:
        figures: dict[str, Printed] = {}
        shares: dict[str, tuple[int, int]] = {}
        for name in RATES:
            text = self._cell(name)
            if text in {"", "-", "–", "—", "/"}:
                continue
            found = _WITH_SHARE.fullmatch(text) or _SHARE.fullmatch(text)
            figure = self._figure(name, found["figure"] if found else text)
            if figure is not None:
                figures[name] = figure
            if found:
                shares |= self._share(name, int(found["count"]), int(found["n"]))
        return figures, shares

    def _figure(self, name: str, text: str) -> Printed | None:
        if not text:
            return None
        per_cent, said = self.scales[self._cell("group"), name]
        try:
            figure = read_printed(text, per_cent=per_cent)
        except EvaluationError as error:
            self._wrong(name, error.what, error.fix)
            return None
        if per_cent and not said and "%" not in text and 0 < figure.value <= 0.01:
            self._wrong(name, f"{text!r} may be a fraction or a per cent", "Write a % sign after it, or 100 times it")
        return figure

    def _share(self, name: str, count: int, n: int) -> dict[str, tuple[int, int]]:
        if n == 0 or count > n or name in {"auc", "f1"}:
            self._wrong(name, f"{count}/{n} is no share", "Write the count and the number of cases that it is of")
            return {}
        return {name: (count, n)}

    def _sizes(self, found: Mapping[str, int | None]) -> Sizes:
        sizes = Sizes(found["n_positive"], found["n_negative"], found["n"])
        if 0 in (sizes.positive, sizes.negative, sizes.total):
            self._wrong("n", "holds 0 cases", "Leave the cell empty where the number is not known")
            return Sizes()
        try:
            return sizes.settled()
        except EvaluationError as error:
            self._wrong("n", error.what, "Give n_positive and n_negative, or n, so that they agree")
            return Sizes()

    def _counts(self, found: Mapping[str, int | None]) -> Counts | None:
        cells = [found[name] for name in CELLS]
        given = [cell for cell in cells if cell is not None]
        if not given:
            return None
        if len(given) < len(CELLS) or sum(given) == 0:
            self._wrong("tp, fp, fn, tn", "are not all there, or all 0", "Give all four counts, or none")
            return None
        return Counts(*given)

    def _classes(self, classes: int | None) -> int | None:
        if classes is not None and classes < 2:
            self._wrong("classes", f"{classes} is no number of classes", "Give 2 or more, or leave the cell empty")
            return None
        return classes

    def _statistics(self) -> dict[str, str]:
        text = self._cell("statistic")
        if not text:
            return {}
        try:
            found = statistics_of(text)
        except KeyError as error:
            fix = "Write mean, median, minimum, maximum or share; or: mean; sensitivity: median"
            self._wrong("statistic", f"{error.args[0]!r} is no statistic", fix)
            return {}
        if not self._cell("classes") and set(found.values()) != {"share"}:
            self._wrong("classes", "is empty, where the row is over classes", "Give the number of classes")
        return found

    def _paired(self) -> bool | None:
        word = self._cell("paired").lower()
        if word and word not in _YES | _NO:
            self._wrong("paired", f"{word!r} is neither yes nor no", "Write yes or no")
        return None if not word else word in _YES

    def _claims(self) -> tuple[str, ...]:
        claims = [part.strip() for part in re.split(r"[;；]", self._cell("claim")) if part.strip()]
        found = [_BETTER.search(claim) for claim in claims]
        for claim, match in zip(claims, found, strict=True):
            if match is None:
                self._wrong("claim", f"{claim!r} is not understood", "Write: better than NAME, with the name of a row")
        return tuple(match["name"].strip() for match in found if match is not None)


def _row_problems(rows: Sequence[PublishedRow]) -> Iterator[Problem]:
    seen: dict[tuple[str, ...], int] = {}
    for row in rows:
        first = seen.setdefault(row.key, row.line)
        if first != row.line:
            fix = "Give the rows different names, groups, classes or places"
            yield Problem(f"row {row.line}, column row", f"is a second row of {row.name!r} (see row {first})", fix)
    for row in rows:
        names = {other.name for other in rows if other.group == row.group and other is not row}
        for name in row.better_than:
            if name not in names:
                fix = f"The rows of this group are: {', '.join(sorted(names))}"
                yield Problem(f"row {row.line}, column claim", f"there is no row {name!r}", fix)
