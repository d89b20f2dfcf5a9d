"""A published table beside the user's own study."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from readingroom.core.errors import CaseTableError
from readingroom.core.seeds import generator
from readingroom.core.translations import Translator
from readingroom.report import Results, compute_results, evaluate_table, write_report
from readingroom.report.figures import style
from readingroom.report.published import DOCUMENTS, published_against_yours, put_beside
from readingroom.report.published.beside import PrintedCell
from readingroom.report.tables import EstimateCell, Table

say = Translator("en")
GASTRIC = ("normal", "PU", "EGC+HGIN", "AGC", "SMT")


def draw(classes: tuple[str, ...], n: int = 60) -> pd.DataFrame:
    """Readings of one network, most of them right."""
    random = generator(7, "readings")
    truth = np.array([classes[i % len(classes)] for i in range(n)])
    right = random.random(n) < 0.8
    answer = np.where(right, truth, [classes[(i + 1) % len(classes)] for i in range(n)])
    frame = pd.DataFrame({"reader": "mine", "image": [f"{i}.png" for i in range(n)], "truth": truth})
    frame["predicted"], frame["patient"], frame["lesion"] = answer, frame["image"], frame["image"]
    for name in classes:
        frame[f"score_{name}"] = np.where(answer == name, 0.9, 0.1)
    return frame


def results(*classes: str) -> Results:
    positive = classes[-1] if len(classes) == 2 else None
    return compute_results(draw(classes), classes=classes, positive=positive, study="mine")


def shown(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.cells()]


def test_two_classes_stand_below_the_published_networks_with_the_same_measures() -> None:
    table = published_against_yours("anal-fistula-mri", results("normal", "fistula"), say)
    rows = shown(table)
    assert table.columns == ("Reader", "Whose", "n", "Sensitivity", "Specificity", "AUC")
    assert [row[1] for row in rows] == ["Published"] * 8 + ["Yours"]
    assert rows[4] == ["ResNet-34 transfer", "Published", "198", "96.97%", "94.95%", "0.960"]
    assert [cell.small for cell in table.cells()[4][3:]] == ["91.5–99.0", "88.7–97.8", ""]
    assert rows[-1][0] == "mine"
    assert all(isinstance(cell, EstimateCell) for cell in table.rows[-1][3:])


def test_recomputed_intervals_go_into_the_csv() -> None:
    frame = published_against_yours("anal-fistula-mri", results("normal", "fistula"), say).to_frame()
    assert frame.loc[4, "Sensitivity"] == pytest.approx(96 / 99)
    assert frame.loc[4, "Sensitivity low"] == pytest.approx(0.9146631979389799)
    assert frame["Sensitivity n"].tolist()[:8] == [99] * 8


def test_a_task_of_two_classes_and_one_of_grades_take_their_own_rows() -> None:
    binary = shown(published_against_yours("internal-haemorrhoids", results("normal", "haemorrhoids"), say))
    grades = shown(published_against_yours("internal-haemorrhoids", results("Rf0", "Rf1", "Rf2"), say))
    assert [row[0] for row in binary] == ["ConvMixer", "EfficientNet", "senior", "junior", "mine"]
    assert [row[2] for row in grades] == ["101"] * 7 + ["60"]


def test_grades_compare_the_share_of_right_answers() -> None:
    own = results("Rf0", "Rf1", "Rf2")
    table = published_against_yours("internal-haemorrhoids", own, say)
    cell = table.rows[-1][-1]
    assert isinstance(cell, EstimateCell)
    assert cell.estimate == own.select(split="test")[0].top1


def test_each_class_stands_beside_its_own_published_row() -> None:
    table = published_against_yours("gastric-lesions", results(*GASTRIC), say)
    heads = [(row[0].small, row[1].text) for row in table.cells()]
    assert heads[:4] == [("normal", "Published"), ("normal", "Yours"), ("PU", "Published"), ("PU", "Yours")]
    published = table.rows[4][4]
    assert isinstance(published, PrintedCell)
    assert published.shown().text == "60.0%"
    assert (published.shown().small, published.shown().smaller) == ("31.3–83.2", "6/10")
    assert "own lesions alone" in table.note


def test_by_image_what_was_recognised_of_a_class_is_its_recall() -> None:
    readings = draw(GASTRIC).drop(columns="lesion")
    own = compute_results(readings, classes=GASTRIC, study="mine")
    row = published_against_yours("gastric-lesions", own, say).rows[1]
    sensitivity, accuracy = row[3], row[7]
    assert isinstance(sensitivity, EstimateCell)
    assert isinstance(accuracy, EstimateCell)
    assert accuracy.estimate == sensitivity.estimate is not None


def test_the_published_mean_accuracy_is_shown_as_top1_beside() -> None:
    table = published_against_yours("upper-gi-sites", results(*GASTRIC), say)
    rows = shown(table)
    assert table.columns[3] == "Top-1 accuracy"
    assert [row[3] for row in rows[:2]] == ["64.0%", "90.1%"]
    assert [cell.small for cell in table.cells()[1]][4:6] == ["median", "mean"]
    assert rows[-1][1] == "Yours"


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("classes", [("a", "b"), ("a", "b", "c")])
def test_every_document_stands_beside_every_study(name: str, classes: tuple[str, ...]) -> None:
    beside = put_beside(name, results(*classes), say)
    assert {row[1] for row in shown(beside.table)} == {"Published", "Yours"}
    assert all(len(row) == len(beside.table.columns) for row in beside.table.rows)
    assert not any("better than" in finding for finding in beside.findings)


def test_a_document_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseTableError, match="there is no document 'x'"):
        evaluate_table(tmp_path / "gone.csv", tmp_path / "out", published="x")


def test_the_report_shows_it_in_either_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "DPI", 30)
    draw(("normal", "fistula")).to_csv(tmp_path / "mine.csv", index=False)
    for language, title in (("en", "Published against yours"), ("zh", "已发表结果与本研究对照")):
        out = tmp_path / language
        page = evaluate_table(tmp_path / "mine.csv", out, language, positive="fistula", published="anal-fistula-mri")
        text = page.read_text(encoding="utf-8")
        assert 'id="published"' in text
        assert title in text
        assert "1/99" in text
        assert (out / "tables" / "published-anal-fistula-mri.csv").is_file()
    assert json.loads((tmp_path / "en" / "results.json").read_text(encoding="utf-8"))["study"] == "mine"


def test_a_run_names_the_document_in_its_study_file(
    binary_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(style, "DPI", 30)
    run = tmp_path / "run"
    shutil.copytree(binary_run, run)
    study = yaml.safe_load((run / "study.yaml").read_text(encoding="utf-8"))
    study["evaluation"]["published"] = "internal-haemorrhoids"
    (run / "study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    page = write_report(run, images_root=binary_run.parent / "cases")
    assert "ConvMixer" in page.read_text(encoding="utf-8")
    assert 'id="published"' in page.read_text(encoding="utf-8")
