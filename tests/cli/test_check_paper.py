"""readingroom check-paper, from words to files."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from readingroom.cli import app
from readingroom.core.errors import CaseTableError

runner = CliRunner()


def test_help_has_examples() -> None:
    said = runner.invoke(app, ["check-paper", "--help"]).output
    assert "readingroom check-paper table.csv" in said
    assert "--documents" in said


def test_a_table_is_checked_and_the_figures_are_said_row_by_row(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(
        "row,n,accuracy,recall,precision,f1,seen\nConvMixer,229,0.961,0.955,0.914,0.934,yes\n", encoding="utf-8"
    )
    done = runner.invoke(app, ["check-paper", str(tmp_path / "table.csv"), "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    assert "Sensitivity 0.955 = 64/67 (0.876 to 0.985)" in done.output
    assert "TP 64, FP 6, FN 3, TN 156" in done.output
    assert "not used: seen" in done.output
    found = json.loads((tmp_path / "out" / "check.json").read_text(encoding="utf-8"))
    assert found["rows"][0]["tables"]["listed"] == [{"tp": 64, "fp": 6, "fn": 3, "tn": 156}]
    assert len(pd.read_csv(tmp_path / "out" / "check.csv")) == 4
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "0.876–0.985" in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")


def test_all_documents_are_checked_into_a_folder_each(tmp_path: Path) -> None:
    done = runner.invoke(app, ["check-paper", "--documents", "--out", str(tmp_path), "--language", "zh"])
    assert done.exit_code == 0, done.output
    assert {path.parent.name for path in tmp_path.glob("*/index.html")} == {
        "anal-fistula-mri",
        "internal-haemorrhoids",
        "gastric-lesions",
        "upper-gi-sites",
    }
    assert "1/99" in done.output
    page = (tmp_path / "upper-gi-sites" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN">' in page
    assert "中位数" in page


def test_one_document_is_checked_by_its_name() -> None:
    done = runner.invoke(app, ["check-paper", "gastric-lesions"])
    assert done.exit_code == 0, done.output
    assert "Not one against the rest" in done.output


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "no table was given"),
        (["table.csv", "--documents"], "both a table and --documents"),
        (["gastric"], "there is no document 'gastric'"),
        (["gone.csv"], "no such file"),
    ],
)
def test_what_cannot_be_checked_is_said(words: list[str], what: str) -> None:
    with pytest.raises(CaseTableError, match=what):
        runner.invoke(app, ["check-paper", *words], catch_exceptions=False)
