"""Tables and paragraphs as Word documents: real tables with three lines, titles above, notes below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readingroom.core.files import atomic_write
from readingroom.core.translations import Translator
from readingroom.report.documents.cells import cell_lines, plain
from readingroom.report.documents.titles import Titled
from readingroom.report.tables import Cell

if TYPE_CHECKING:
    from docx.document import Document
    from docx.section import Section
    from docx.table import Table as WordTable
    from docx.table import _Cell as WordCell

LATIN_FONT = "Times New Roman"
CHINESE_FONT = "SimSun"
_THICK, _THIN = 12, 6  # eighths of a point
_CELL_PT, _SMALL_CELL_PT, _NOTE_PT = 9.0, 8.0, 8.5
_STYLES = ("Normal", "Caption", "Title", "Heading 1", "Heading 2")


def write_tables(path: Path, tables: Sequence[Titled], say: Translator, *, title: str, numbered: bool = True) -> None:
    """Write tables into one document; wide ones stand on pages turned on their side.

    Args:
        path: of the ``.docx``.
        tables: with their titles.
        say: the language; it decides the word before the number.
        title: of the document.
        numbered: ``Table 1.`` before each title.
    """
    document = _document(title)
    turned = False
    for number, named in enumerate(tables, start=1):
        if named.wide != turned:
            turned = not turned
            _turn(document, new=number > 1)
        caption = say("Table {n}. {title}", n=number, title=named.title) if numbered else named.title
        _add_table(document, plain(caption), named)
    _save(document, path)


def write_paragraphs(path: Path, sections: Sequence[tuple[str, Sequence[str]]], *, title: str) -> None:
    """Write paragraphs under headings; sections without a paragraph are left out."""
    document = _document(title)
    for heading, paragraphs in sections:
        if paragraphs:
            document.add_heading(plain(heading), level=1)
        for text in paragraphs:
            document.add_paragraph(plain(text))
    _save(document, path)


def _document(title: str) -> Document:
    # Imported here: whoever only reads a report's numbers does not wait for it.
    import docx
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    document = docx.Document()
    for name in _STYLES:
        style: Any = document.styles[name]
        style.font.name = LATIN_FONT
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        # The template's themes would win over the fonts named here.
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), CHINESE_FONT)
    normal: Any = document.styles["Normal"]
    normal.font.size = Pt(11)
    facts, now = document.core_properties, datetime.now(UTC)
    facts.title, facts.author, facts.comments = plain(title), "Reading Room", ""
    facts.created = facts.modified = now
    return document


def _turn(document: Document, *, new: bool) -> None:
    """Turn the page on its side, or back; from a new page on unless the document is empty."""
    from docx.enum.section import WD_ORIENT, WD_SECTION

    section = document.add_section(WD_SECTION.NEW_PAGE) if new else document.sections[-1]
    upright = section.orientation == WD_ORIENT.PORTRAIT
    section.orientation = WD_ORIENT.LANDSCAPE if upright else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = section.page_height, section.page_width


def _add_table(document: Document, caption: str, named: Titled) -> None:
    table, size = named.table, _SMALL_CELL_PT if named.wide else _CELL_PT
    title = document.add_paragraph(caption, style="Caption")
    title.paragraph_format.keep_with_next = True
    rows = [[Cell(head) for head in table.columns], *table.cells()]
    grid = document.add_table(rows=len(rows), cols=len(table.columns))
    for number, (cells, word_row) in enumerate(zip(rows, grid.rows, strict=True)):
        for place, (cell, word_cell) in enumerate(zip(cells, word_row.cells, strict=True)):
            _fill(word_cell, cell, size, left=place < table.texts, head=number == 0)
    if named.shares:
        _widen(grid, named.shares, document.sections[-1])
    _rule(grid)
    _add_note(document, table.note)


def _fill(word_cell: WordCell, cell: Cell, size: float, *, left: bool, head: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = word_cell.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT if left else WD_ALIGN_PARAGRAPH.RIGHT
    paragraph.paragraph_format.space_after = Pt(0)
    # A newline in a run is a line break in Word.
    run = paragraph.add_run("\n".join(cell_lines(cell)))
    run.font.size = Pt(size)
    run.bold = head


def _widen(grid: WordTable, shares: Sequence[float], page: Section) -> None:
    from docx.shared import Emu

    grid.autofit = False
    whole = (page.page_width or 0) - (page.left_margin or 0) - (page.right_margin or 0)
    for row in grid.rows:
        for cell, share in zip(row.cells, shares, strict=True):
            cell.width = Emu(round(whole * share))


def _rule(grid: WordTable) -> None:
    """Three lines: above the heads, below them, and below the last row; the heads are said again on each page."""
    for row in grid.rows:
        _mark(row._tr.get_or_add_trPr(), "cantSplit")
    _mark(grid.rows[0]._tr.get_or_add_trPr(), "tblHeader")
    for cell in grid.rows[0].cells:
        _line(cell, top=_THICK, bottom=_THIN)
    for cell in grid.rows[-1].cells:
        _line(cell, bottom=_THICK)


def _mark(properties: Any, name: str) -> None:
    from docx.oxml import OxmlElement

    properties.append(OxmlElement(f"w:{name}"))


def _line(cell: WordCell, **eighths: int) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tcBorders")
    for side, size in eighths.items():
        line = OxmlElement(f"w:{side}")
        for name, value in {"val": "single", "sz": str(size), "space": "0", "color": "000000"}.items():
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    cell._tc.get_or_add_tcPr().append(borders)


def _add_note(document: Document, note: str) -> None:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.add_run(plain(note)).font.size = Pt(_NOTE_PT)
    paragraph.paragraph_format.space_after = Pt(14)


def _save(document: Document, path: Path) -> None:
    with atomic_write(path) as temporary:
        document.save(str(temporary))
