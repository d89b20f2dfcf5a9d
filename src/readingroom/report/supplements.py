"""What a journal gets beside the page: tables as CSV, LaTeX and Word, paragraphs to paste, reporting checklists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from readingroom.core.files import write_text
from readingroom.core.translations import Translator
from readingroom.report.checklists import (
    FilledChecklist,
    checklist_table,
    fill_checklists,
    gather_facts,
    summary,
    write_checklist,
)
from readingroom.report.content import Content
from readingroom.report.documents import Titled, latex_table, titled_tables, write_paragraphs, write_tables
from readingroom.report.paragraphs import results_paragraphs
from readingroom.report.tables import Table

_FILES = ("index.html", "results.json", "methods.md", "results.md", "methods.docx", "tables.docx")


@dataclass(frozen=True)
class ShownChecklist:
    """A checklist as the page shows it."""

    title: str
    summary: str
    table: Table


@dataclass(frozen=True)
class Supplements:
    """What the page shows of the supplements.

    Args:
        words: paragraphs of the results.
        checklists: filled.
    """

    words: tuple[str, ...]
    checklists: tuple[ShownChecklist, ...]


def write_supplements(
    content: Content, pictures: Iterable[str], sections: Sequence[str], out: Path, say: Translator
) -> Supplements:
    """Write the supplements into the report's folder.

    Args:
        content: of the report.
        pictures: names of the figures that were drawn.
        sections: ids of the page's sections.
        out: the report's folder.
        say: the language.
    """
    tables = titled_tables(content, say)
    written = {*_FILES, *(f"figures/{name}.{ending}" for name in pictures for ending in ("svg", "png"))}
    written |= {f"tables/{named.table.name}.{ending}" for named in tables for ending in ("csv", "tex")}
    facts = gather_facts(content, written, sections, out)
    words = results_paragraphs(content.results, content.lead, content.parts, content.excluded, say, copies=facts.copies)
    _write_tables(content, tables, out, say)
    _write_words(content, words, out, say)
    filled = fill_checklists(facts, say)
    for one in filled:
        write_checklist(one, out / "checklists", say)
    return Supplements(tuple(words), tuple(_shown(one, say) for one in filled))


def _write_tables(content: Content, tables: Sequence[Titled], out: Path, say: Translator) -> None:
    for table in content.tables():
        table.save(out / "tables")
    for named in tables:
        write_text(out / "tables" / f"{named.table.name}.tex", latex_table(named, say))
    write_tables(out / "tables.docx", tables, say, title=content.title or say("Readings"))


def _write_words(content: Content, words: Sequence[str], out: Path, say: Translator) -> None:
    write_text(out / "methods.md", "\n\n".join(content.methods) + "\n")
    write_text(out / "results.md", "\n\n".join(words) + "\n")
    sections = [(say("Methods"), content.methods), (say("Results"), words)]
    write_paragraphs(out / "methods.docx", sections, title=content.title or say("Readings"))


def _shown(filled: FilledChecklist, say: Translator) -> ShownChecklist:
    return ShownChecklist(filled.checklist.name, summary(filled, say), checklist_table(filled, say))
