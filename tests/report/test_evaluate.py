"""readingroom evaluate, from a file to a page."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from readingroom.report import evaluate_table
from readingroom.report.figures import style


def test_a_table_becomes_results_tables_figures_and_a_page(
    readings: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "DPI", 30)
    readings.to_csv(tmp_path / "mine.csv", index=False)
    page = evaluate_table(tmp_path / "mine.csv", tmp_path / "out", positive="polyp")
    results = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert results["study"] == "mine"
    assert {reader["name"]: reader["has_scores"] for reader in results["readers"]} == {
        "a": True,
        "b": True,
        "senior": False,
    }
    assert (tmp_path / "out" / "tables" / "performance-test-image.csv").is_file()
    assert (tmp_path / "out" / "figures" / "roc.png").is_file()
    assert "separated polyp from normal" in page.read_text(encoding="utf-8")


def test_calls_alone_are_never_called_an_auc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "DPI", 30)
    table = pd.DataFrame({"reader": "a", "image": range(8), "truth": [0, 1] * 4, "call": [0, 1, 0, 1, 1, 1, 0, 0]})
    table.to_csv(tmp_path / "calls.csv", index=False)
    page = evaluate_table(tmp_path / "calls.csv", tmp_path / "out")
    text = (tmp_path / "out" / "results.json").read_text(encoding="utf-8")
    assert '"auc"' not in text
    assert not (tmp_path / "out" / "figures" / "roc.svg").exists()
    assert "AUC of" not in page.read_text(encoding="utf-8")
