"""Filled checklists: what the run knows, proved by files that are there, and nothing else."""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest
import yaml

from readingroom.core.translations import catalogue
from readingroom.report import evaluate_table, page, paragraphs, write_report
from readingroom.report.checklists import CHECKLISTS, about_cases, about_readers, about_results, forms
from readingroom.report.documents import latex, titles, word

AUTHORS = {"claim-2024": {"2", "3", "4", "5", "11", "14", "15", "17", "18", "34", "41", "44"}}
AUTHORS |= {"tripod-ai": {"2", "3a", "3b", "3c", "6c", "8c", "17", "18a", "18b", "18d", "18e", "19", "25", "27a"}}
AUTHORS |= {"stard-ai": {"2", "3", "5", "6", "8", "10", "15d", "16a", "16b", "17b", "27", "32", "34", "36", "38", "39"}}
FROM_READINGS = {"sample_size", "flow", "characteristics", "prevalence", "output", "alternatives"}


@pytest.fixture(autouse=True)
def _without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "draw_pictures", lambda *_: {})


def checklist(report: Path, key: str = "claim-2024") -> pd.DataFrame:
    table = pd.read_csv(report / "checklists" / f"{key}.csv", dtype="str", keep_default_na=False)
    table.columns = ["number", "section", "item", "answer", "proof", "authors"]
    return table.set_index("number")


@pytest.fixture
def run(binary_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(binary_run, tmp_path / "run"))


def written(run: Path, **study: Any) -> Path:
    if study:
        content = yaml.safe_load((run / "study.yaml").read_text(encoding="utf-8"))
        (run / "study.yaml").write_text(yaml.safe_dump(content | study), encoding="utf-8")
    return write_report(run, images_root=run).parent


@pytest.mark.parametrize("key", CHECKLISTS)
def test_every_proof_is_a_file_of_the_run_or_a_section_of_its_page(run: Path, key: str) -> None:
    table, text = checklist(written(run), key), (run / "report" / "index.html").read_text(encoding="utf-8")
    proofs = {name for listed in table["proof"] for name in listed.split(", ") if name}
    assert len(proofs) > 8
    for name in proofs:
        file, _, section = name.partition("#")
        assert (run / file).is_file(), name
        assert not section or f'id="{section}"' in text, name


@pytest.mark.parametrize("key", CHECKLISTS)
def test_every_answer_has_a_proof_and_what_has_none_is_for_the_authors(run: Path, key: str) -> None:
    table = checklist(written(run), key)
    assert ((table["answer"] != "") == (table["proof"] != "")).all()
    assert (table.loc[table["answer"] == "", "authors"] == "For the authors").all()


@pytest.mark.parametrize("key", CHECKLISTS)
def test_what_no_run_can_know_is_left_to_the_authors(run: Path, key: str) -> None:
    table = checklist(written(run), key)
    assert (table.loc[sorted(AUTHORS[key]), "authors"] == "For the authors").all()


def test_the_numbers_of_an_answer_are_the_results(run: Path) -> None:
    report = written(run)
    results = json.loads((report / "results.json").read_text(encoding="utf-8"))
    said = checklist(report)["answer"]["38"]
    shown = [p for p in results["performances"] if (p["split"], p["unit"]) == ("test", "image")]
    p = next(p for p in shown if f"{p['reader']} reached" in said)
    assert f"{p['n']} test images of {p['patients']} patients, {p['reader']} reached an AUC of" in said
    assert f"{p['binary']['measures']['auc']['value']:.3f}" in said


def test_groups_on_two_sides_are_counted_not_believed(run: Path) -> None:
    assert "0 are in two parts" in checklist(written(run))["answer"]["20"]
    table = pd.read_csv(run / "partition.csv")
    table.loc[table["split"] == "test", "group"] = table["group"].iloc[0]
    table.to_csv(run / "partition.csv", index=False)
    assert "1 are in two parts" in checklist(written(run))["answer"]["20"]


def test_the_case_tables_own_columns_give_centres_dates_and_annotators(run: Path) -> None:
    table = pd.read_csv(run / "partition.csv")
    table = table.assign(
        centre="North", date="2021-03-04", annotator=["A", "B"] * (len(table) // 2) + ["A"] * (len(table) % 2)
    )
    table.loc[0, ["centre", "date"]] = ["South", "2019-12-31"]
    table.to_csv(run / "partition.csv", index=False)
    found = checklist(written(run), "tripod-ai")["answer"]
    assert "North and South" in found["6a"]
    assert "from 2019-12-31 to 2021-03-04" in found["5b"]
    assert "2 annotators" in found["8b"]


def test_dates_in_several_forms_are_left_to_the_authors(run: Path) -> None:
    table = pd.read_csv(run / "partition.csv")
    table.assign(date=["2021-03-04", "04/05/2020"] * (len(table) // 2) + ["2021"] * (len(table) % 2)).to_csv(
        run / "partition.csv", index=False
    )
    assert checklist(written(run), "tripod-ai")["answer"]["5b"] == ""


def test_folders_above_the_case_table_are_not_told(run: Path) -> None:
    table = checklist(written(run, cases="/home/somebody/secret/cases.csv"))
    assert "come from cases.csv" in table["answer"]["7"]
    assert not table.astype(str).apply(lambda column: column.str.contains("somebody")).any(axis=None)


def test_a_network_tested_on_what_it_learned_from_is_not_called_blind(run: Path) -> None:
    assert checklist(written(run), "stard-ai")["answer"]["17a"]
    manifest = json.loads((run / "manifest.json").read_text())
    next(iter(manifest["readers"].values()))["leaks"] = ["a.png"]
    (run / "manifest.json").write_text(json.dumps(manifest))
    assert not checklist(written(run), "stard-ai")["answer"]["17a"]


def test_class_balancing_is_told_from_the_study_file(run: Path) -> None:
    training = {"epochs": 2, "balance": None}
    assert "No method" in checklist(written(run, training=training), "tripod-ai")["answer"]["13"]
    found = checklist(written(run, training=training | {"balance": "sampling"}), "tripod-ai")["answer"]["13"]
    assert "drawing rare classes more often" in found


def test_near_duplicates_that_stand_for_patients_are_called_so(run: Path) -> None:
    audit = json.loads((run / "audit.json").read_text())
    audit["partition"]["by"] = "near-duplicates"
    (run / "audit.json").write_text(json.dumps(audit))
    assert "divided by near-duplicates" in checklist(written(run))["answer"]["19"]


def test_a_table_of_readings_fills_only_what_readings_can_show(readings: pd.DataFrame, tmp_path: Path) -> None:
    readings.to_csv(tmp_path / "mine.csv", index=False)
    report = evaluate_table(tmp_path / "mine.csv", tmp_path / "out", positive="polyp").parent
    for key in CHECKLISTS:
        table = checklist(report, key)
        known = {*about_results.FILLERS, *FROM_READINGS}
        fillers = {item.number: item.fill for item in forms_items(key)}
        filled = {fillers[number] for number in table.index[table["answer"] != ""]}
        assert filled <= known
        assert {"sample_size", "accuracy"} <= filled
        proofs = {name.partition("#")[0] for listed in table["proof"] for name in listed.split(", ") if name}
        assert all((report / name).is_file() for name in proofs)


def forms_items(key: str) -> Any:
    from readingroom.report.checklists import load_checklist

    return load_checklist(key).items


def texts_of(module: ModuleType) -> set[str]:
    """Strings of a module that a person reads: sentences, and phrases with a place for a value."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = {
        n.value
        for n in ast.walk(tree)
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and id(n) not in docs
    }
    return {text for text in found if " " in text.strip() and (text.endswith(".") or "{" in text)}


@pytest.mark.parametrize("module", [about_cases, about_readers, about_results, forms, latex, titles, word, paragraphs])
def test_every_text_has_a_chinese_form(module: ModuleType) -> None:
    found = texts_of(module)
    assert found
    assert found - set(catalogue("zh")) == set()
