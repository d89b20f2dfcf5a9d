"""What lies beside the page: tables in three forms, words in two."""

from __future__ import annotations

from pathlib import Path

import docx
import pandas as pd
import pytest

from readingroom.report import evaluate_table, page


def test_every_table_is_csv_latex_and_word(english_report: Path) -> None:
    folder = english_report.parent
    names = {path.stem for path in (folder / "tables").glob("*.csv")}
    assert names == {path.stem for path in (folder / "tables").glob("*.tex")}
    assert len(docx.Document(str(folder / "tables.docx")).tables) == len(names) > 20


def test_hostile_class_names_survive_in_word_and_latex(english_report: Path) -> None:
    folder = english_report.parent
    cells = {row.cells[0].text for t in docx.Document(str(folder / "tables.docx")).tables for row in t.rows}
    assert {"<script>alert(1)</script>", "SMT $x_2$", "消化性溃疡", "EGC + HGIN"} <= cells
    text = (folder / "tables" / "classes-test-image-1.tex").read_text(encoding="utf-8")
    assert r"SMT \$x\_2\$" in text
    assert "消化性溃疡" in text
    assert "ctex" in text


def test_every_table_has_a_title_of_its_own(english_report: Path) -> None:
    document = docx.Document(str(english_report.parent / "tables.docx"))
    titles = [
        p.text.split(". ", 1)[1] for p in document.paragraphs if p.style is not None and p.style.name == "Caption"
    ]
    assert len(titles) == len(set(titles))
    assert not any("-" in title and " " not in title for title in titles)


def test_the_words_are_on_the_page_in_markdown_and_in_word(english_report: Path) -> None:
    folder = english_report.parent
    paragraphs = (folder / "results.md").read_text(encoding="utf-8").strip().split("\n\n")
    assert len(paragraphs) > 4
    written = [p.text for p in docx.Document(str(folder / "methods.docx")).paragraphs]
    assert set(paragraphs) <= set(written)
    assert 'id="words-text"' in english_report.read_text(encoding="utf-8")


def test_very_many_pairs_are_all_in_the_csv_and_those_of_the_headline_in_the_documents(
    readings: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "draw_pictures", lambda *_: {})
    more = [readings[readings["reader"] == "b"].assign(reader=f"b{n}") for n in range(4)]
    pd.concat([readings, *more]).to_csv(tmp_path / "mine.csv", index=False)
    folder = evaluate_table(tmp_path / "mine.csv", tmp_path / "out", positive="polyp").parent
    name = "comparison-test-image-accuracy"
    assert len(pd.read_csv(folder / "tables" / f"{name}.csv")) == 21
    text = (folder / "tables" / f"{name}.tex").read_text(encoding="utf-8")
    assert text[text.index(r"\midrule") : text.index(r"\bottomrule")].count("\n") - 1 == 6
