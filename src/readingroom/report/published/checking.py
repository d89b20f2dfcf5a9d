"""From a file or a document's name to what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from readingroom.core.errors import CaseTableError
from readingroom.core.translations import Translator
from readingroom.report.published.check import Check, check_table
from readingroom.report.published.documents import DOCUMENTS, read_document
from readingroom.report.published.page import write_check
from readingroom.report.published.table import PublishedTable, read_published
from readingroom.report.published.text import figure_text, summary_text, title_of, unused_text


@dataclass(frozen=True)
class Block:
    """What is said of a row, or of several rows together: the figures, and findings with their level."""

    title: str
    lines: tuple[str, ...]
    findings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Paper:
    """What is said of a table."""

    title: str
    summary: str
    blocks: tuple[Block, ...]
    check: Check
    page: Path | None


def check_papers(
    table: str | None, *, documents: bool = False, out: Path | None = None, say: Translator
) -> Iterator[Paper]:
    """Check a table, a document, or all documents.

    Args:
        table: path of a CSV or Parquet table, or a document's name.
        documents: all documents instead.
        out: folder for ``check.json``, ``check.csv`` and ``index.html``; several documents get a folder each.
        say: the language.

    Raises:
        CaseTableError: there is no such table or document, or the table has problems.
    """
    if (table is None) is not documents:
        what = "both a table and --documents were given" if documents else "no table was given"
        raise CaseTableError(what, fix="Give the path of a table, or a document's name, or --documents alone")
    for name in DOCUMENTS if table is None else (table,):
        if name in DOCUMENTS and not Path(name).is_file():
            document = read_document(name)
            title, source, printed = say(document.title), document.source, document.table
        else:
            title, source, printed = "", "", _read(Path(name))
        folder = None if out is None else out / name if documents else out
        yield _paper(printed, title, source, folder, say)


def _read(path: Path) -> PublishedTable:
    if not path.suffix and not path.exists():
        listed = ", ".join(DOCUMENTS)
        raise CaseTableError(f"there is no document {str(path)!r}", fix=f"Give a table's path, or one of {listed}")
    return read_published(path)


def _paper(table: PublishedTable, title: str, source: str, out: Path | None, say: Translator) -> Paper:
    check = check_table(table, say)
    page = None if out is None else write_check(check, out, say, title=title, source=source)
    summary = " ".join(part for part in (summary_text(check, say), unused_text(check, say)) if part)
    name = say("{title} ({source})", title=title, source=source) if title else table.name
    return Paper(name, summary, tuple(_blocks(check, say)), check, page)


def _blocks(check: Check, say: Translator) -> Iterator[Block]:
    for group in check.table.groups:
        shared = check.of_group(group)
        if shared:
            title = say(group or "All rows")
            yield Block(title, (), tuple((finding.level, finding.text) for finding in shared))
        for row in check.rows:
            if row.solved.row.group == group:
                own = check.about(row.solved.row.line)
                lines = (say("; ").join(figure_text(figure, say) for figure in row.figures),)
                head = " · ".join(part for part in (say(group), title_of(row, say)) if part)
                yield Block(head, lines, tuple((finding.level, finding.text) for finding in own))
