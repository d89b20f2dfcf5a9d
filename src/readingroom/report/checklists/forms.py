"""A filled checklist as a table: on the page, as CSV, Markdown and Word."""

from __future__ import annotations

import re
from pathlib import Path

from readingroom.core.files import write_text
from readingroom.core.translations import Translator
from readingroom.report.checklists.fill import FilledChecklist, FilledItem
from readingroom.report.documents import Titled, write_tables
from readingroom.report.tables import Cell, Table

FOR_THE_AUTHORS = "For the authors"
_HEADS = ("No.", "Section", "Item", "What the run shows", "Proved by", FOR_THE_AUTHORS)
_SHARES = (0.05, 0.12, 0.16, 0.34, 0.17, 0.16)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#])")


def checklist_table(filled: FilledChecklist, say: Translator) -> Table:
    """One row an item: number, section, name, answer, proof, and what is left to the authors."""
    rows = tuple(tuple(Cell(text) for text in _row(one, say)) for one in filled.items)
    checklist = filled.checklist
    note = say("Numbers as in {source}; the items are named in our own words.", source=checklist.source)
    return Table(checklist.key, checklist.name, tuple(say(head) for head in _HEADS), rows, note, len(_HEADS))


def _row(one: FilledItem, say: Translator) -> tuple[str, ...]:
    item, answer = one.item, one.answer
    named = (item.number, item.section.said(say.language), item.name.said(say.language))
    if answer is None:
        return (*named, "", "", say(FOR_THE_AUTHORS))
    return (*named, answer.text, say(", ").join(answer.proofs), answer.authors)


def summary(filled: FilledChecklist, say: Translator) -> str:
    """How many items the run fills, and how many are for the authors."""
    text = "Of {n} items the run answers {filled} in full and {partly} in part; {authors} are for the authors."
    counts = {status: filled.count(status) for status in ("filled", "partly", "authors")}
    return say(text, n=len(filled.items), **counts)


def write_checklist(filled: FilledChecklist, folder: Path, say: Translator) -> None:
    """Write ``<key>.csv``, ``.md`` and ``.docx`` into a folder."""
    table = checklist_table(filled, say)
    table.save(folder)
    write_text(folder / f"{table.name}.md", as_markdown(filled, table, say))
    title = say("{part}: {title}", part=table.title, title=summary(filled, say))
    write_tables(folder / f"{table.name}.docx", [Titled(title, table, _SHARES)], say, title=table.title, numbered=False)


def as_markdown(filled: FilledChecklist, table: Table, say: Translator) -> str:
    """The table as Markdown."""
    rows = [[_cell(cell.text) for cell in row] for row in table.cells()]
    lines = [list(table.columns), ["---"] * len(table.columns), *rows]
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    where = say("Files are in the run folder; those of the report are in its own folder.")
    return f"# {table.title}\n\n{summary(filled, say)} {where}\n\n{body}\n\n{_cell(table.note)}\n"


def _cell(text: str) -> str:
    # A name may hold what Markdown or HTML would take for its own.
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
