"""A filled checklist on the page, as Markdown and as Word."""

from __future__ import annotations

import re
from pathlib import Path

import docx

from readingroom.report.checklists import CHECKLISTS, load_checklist


def test_every_checklist_is_written_in_three_forms_and_stands_on_the_page(english_report: Path) -> None:
    folder, text = english_report.parent / "checklists", english_report.read_text(encoding="utf-8")
    assert {path.name for path in folder.iterdir()} == {f"{k}.{e}" for k in CHECKLISTS for e in ("csv", "md", "docx")}
    for key in CHECKLISTS:
        assert f"All items of {load_checklist(key).name}" in text


def test_word_and_markdown_have_every_item(english_report: Path) -> None:
    folder = english_report.parent / "checklists"
    for key in CHECKLISTS:
        numbers = [item.number for item in load_checklist(key).items]
        rows = docx.Document(str(folder / f"{key}.docx")).tables[0].rows
        assert [row.cells[0].text for row in rows][1:] == numbers
        lines = (folder / f"{key}.md").read_text(encoding="utf-8").splitlines()
        assert [found.group(1) for line in lines if (found := re.match(r"\| (\d+[a-g]?) \|", line))] == numbers
        assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines if line.startswith("|")} == {7}


def test_the_summary_counts_every_item_once(english_report: Path) -> None:
    for key in CHECKLISTS:
        text = (english_report.parent / "checklists" / f"{key}.md").read_text(encoding="utf-8")
        total, *parts = map(int, re.findall(r"\d+", text.split("\n")[2])[:4])
        assert total == len(load_checklist(key).items) == sum(parts)


def test_hostile_names_are_no_markup(english_report: Path) -> None:
    text = (english_report.parent / "checklists" / "tripod-ai.md").read_text(encoding="utf-8")
    assert r"\<script\>alert(1)\</script\>" in text
    assert "<script>" not in text


def test_the_chinese_checklists_are_chinese(chinese_report: Path) -> None:
    text = (chinese_report.parent / "checklists" / "stard-ai.md").read_text(encoding="utf-8")
    assert "由作者填写" in text
    assert "For the authors" not in text
