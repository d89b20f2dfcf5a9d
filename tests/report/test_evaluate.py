"""readingroom evaluate, from a file to a page."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from readingroom.cases.sites import load_sites
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


def test_readings_of_the_sites_say_which_are_documented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "DPI", 30)
    keys = load_sites().keys
    rows = [
        {"reader": "a", "image": f"{patient}-{key}", "patient": patient, "truth": key, "call": key}
        for patient in ("p1", "p2", "p3")
        for key in keys
        if (patient, key) != ("p2", "pylorus")
    ]
    pd.DataFrame(rows).replace({"call": {"glottis": "oesophagus"}}).to_csv(tmp_path / "sites.csv", index=False)
    page = evaluate_table(tmp_path / "sites.csv", tmp_path / "out", language="zh").read_text(encoding="utf-8")
    assert 'id="completeness"' in page
    assert 'id="figure-documented-1"' in page
    exams = pd.read_csv(tmp_path / "out" / "tables" / "documented-exams-test-1.csv")
    assert exams["已留图，读片者误判为缺失"].tolist() == ["0 声门"] * 3
    assert exams["缺失，读片者亦判为缺失"].tolist() == ["–", "14 幽门", "–"]
