"""Word documents open again, with every name as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import docx
import pytest
from docx.enum.section import WD_ORIENT

from readingroom.core.translations import Translator
from readingroom.report.documents import Titled, write_paragraphs, write_tables
from readingroom.report.tables import Cell, Table

HOSTILE = '<w:tbl> & "x" ]]> &amp; {{ SMT }} $x_2$ 消化性溃疡 \U0001f441'


def opened(tmp_path: Path, table: Table, language: str = "en") -> Any:
    write_tables(tmp_path / "t.docx", [Titled(HOSTILE, table)], Translator(language), title=HOSTILE)
    return docx.Document(str(tmp_path / "t.docx"))


def small(text: str, columns: int = 2) -> Table:
    return Table(
        "t",
        "",
        ("Reader", *(["AUC"] * (columns - 1))),
        ((Cell(text), *([Cell("0.9", "0.8–0.95")] * (columns - 1))),),
        text,
    )


def test_hostile_names_come_back_unchanged(tmp_path: Path) -> None:
    document = opened(tmp_path, small(HOSTILE))
    assert document.tables[0].rows[1].cells[0].text == HOSTILE
    assert document.paragraphs[0].text == f"Table 1. {HOSTILE}"
    assert HOSTILE in [paragraph.text for paragraph in document.paragraphs]
    assert document.core_properties.title == HOSTILE


@pytest.mark.parametrize("bad", ["\x00", "\x0b", "\x1b", "\ud800", "\ufffe"])
def test_what_xml_forbids_is_left_out(tmp_path: Path, bad: str) -> None:
    document = opened(tmp_path, small(f"a{bad}b"))
    assert document.tables[0].rows[1].cells[0].text == "ab"


def test_an_estimate_is_one_cell(tmp_path: Path) -> None:
    assert opened(tmp_path, small("a")).tables[0].rows[1].cells[1].text == "0.9 (0.8–0.95)"


def test_the_heads_are_said_again_on_every_page(tmp_path: Path) -> None:
    xml = opened(tmp_path, small("a")).tables[0].rows[0]._tr.xml
    assert "w:tblHeader" in xml


def test_wide_tables_lie_on_their_side_and_narrow_ones_do_not(tmp_path: Path) -> None:
    tables = [Titled("n", small("a")), Titled("w", small("b", 9)), Titled("n", small("c"))]
    write_tables(tmp_path / "t.docx", tables, Translator("en"), title="t")
    sections = docx.Document(str(tmp_path / "t.docx")).sections
    assert [one.orientation for one in sections] == [WD_ORIENT.PORTRAIT, WD_ORIENT.LANDSCAPE, WD_ORIENT.PORTRAIT]


def test_titles_are_numbered_in_the_language_of_the_report(tmp_path: Path) -> None:
    assert opened(tmp_path, small("a"), "zh").paragraphs[0].text.startswith("表1　")


def test_chinese_letters_have_a_chinese_font(tmp_path: Path) -> None:
    assert 'w:eastAsia="SimSun"' in opened(tmp_path, small("a")).styles["Normal"].element.xml


def test_paragraphs_stand_under_their_headings(tmp_path: Path) -> None:
    write_paragraphs(tmp_path / "p.docx", [("Methods", [HOSTILE]), ("Nothing", []), ("Results", ["b"])], title="t")
    found = [(p.style.name, p.text) for p in docx.Document(str(tmp_path / "p.docx")).paragraphs]
    assert found == [("Heading 1", "Methods"), ("Normal", HOSTILE), ("Heading 1", "Results"), ("Normal", "b")]
