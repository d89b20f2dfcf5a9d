"""Arms: the same study under another protocol, run beside, compared by patients, and told in the report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.study.conftest import small_study, write_study

from readingroom.core.errors import StudyFileError
from readingroom.reading.bundle import learned_from
from readingroom.report import printed_tables
from readingroom.study import Run, Study

PUBLISHED = {
    "partition": {"protocol": "as-published", "training": 0.8, "validation": 0, "test": 0.2, "copies": 1},
    "evaluation": {"threshold": 0.5},
}


def two_arms() -> dict[str, Any]:
    values = small_study() | {"study": "两臂", "arms": {"as-published": PUBLISHED}}
    values["readers"] = [
        {"network": "test_resnet", "weights": "random", "name": "with copies"},
        {"network": "test_resnet", "weights": "random", "name": "without", "augmentation": {}},
    ]
    return values


@pytest.fixture(scope="module")
def run(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return write_study(phantoms, two_arms()).run(out=tmp_path_factory.mktemp("arms"))


def test_an_arm_has_a_run_folder_of_its_own_and_its_own_keys(run: Run) -> None:
    arm = run.arms["as-published"]
    assert arm.folder.path == run.folder.path / "arms" / "as-published"
    assert (arm.manifest["protocol"], run.manifest["protocol"]) == ("as-published", "sound")
    assert {*arm.readings["split"]} == {"test"}
    assert arm.report.is_file()


def test_a_reader_with_an_augmentation_of_its_own_learns_and_is_tested_without_copies(run: Run) -> None:
    arm = run.arms["as-published"]
    partition = pd.read_csv(arm.folder.partition, encoding="utf-8-sig")
    copies = set(partition.loc[partition["copy"] > 0, "image"])
    read = arm.readings.groupby("reader")["image"].agg(set)
    assert read["with copies"] & copies
    assert not read["without"] & copies
    learned = learned_from(arm.folder.reader("without", 1, 1, folds=1, repeats=1))
    assert not set(learned["image"]) & copies


def test_the_report_says_in_words_and_with_an_interval_what_the_protocol_did(run: Run) -> None:
    found = run.results["analyses"]["arms"]
    assert {one["measure"] for one in found} == {"auc", "auc_of_calls", "sensitivity", "specificity", "accuracy"}
    for one in found:
        difference = one["difference"]
        assert difference["value"] == pytest.approx(one["there"]["value"] - one["here"]["value"])
        assert difference["low"] <= difference["value"] <= difference["high"]
    page = run.report.read_text(encoding="utf-8")
    assert "What the protocol changes" in page
    assert "here the same recipe has" in page
    assert "partition.protocol" in page


def test_the_report_has_the_arms_in_chinese(run: Run, tmp_path: Path) -> None:
    page = run.write_report(language="zh").read_text(encoding="utf-8")
    assert "研究方案改变了什么" in page
    run.write_report(language="en")


def test_a_second_run_trains_nothing_again(run: Run, phantoms: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in run.folder.path.rglob("weights.safetensors")}
    assert len(before) == 4
    write_study(phantoms, two_arms()).run(out=run.folder.path.parent)
    assert before == {path: path.stat().st_mtime_ns for path in run.folder.path.rglob("weights.safetensors")}


def test_problems_of_an_arm_are_told_at_once_with_their_place(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    arms = {"a": {"training": {"epoch": 3}}, "b": {"partition": {"test": 0.9}}}
    path.write_text(json.dumps({"study": "s", "cases": "c", "readers": [{"network": "resnet18"}], "arms": arms}))
    with pytest.raises(StudyFileError) as error:
        Study.load(path)
    text = str(error.value)
    assert "arms.a.training.epoch" in text
    assert "Did you mean epochs?" in text
    assert "arms.b.partition" in text
    assert "sum to 1" in text


@pytest.mark.parametrize(("arms", "said"), [({"a": {"cases": "other.csv"}}, "share their cases"), ({"a/b": {}}, "a/b")])
def test_arms_that_are_other_studies_are_refused(tmp_path: Path, arms: dict[str, Any], said: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(json.dumps({"study": "s", "cases": "c", "readers": [{"network": "resnet18"}], "arms": arms}))
    with pytest.raises(StudyFileError, match=said):
        Study.load(path)


@pytest.mark.parametrize(
    ("name", "partition", "repeats", "parts"),
    [("folds", {"folds": 2}, 2, 2), ("centres", {"leave_out": "centre"}, 1, 3)],
)
def test_arms_go_with_folds_repeats_and_left_out_centres(
    name: str, partition: dict[str, Any], repeats: int, parts: int, phantoms: Path, tmp_path: Path
) -> None:
    arm = {**PUBLISHED, "partition": {**PUBLISHED["partition"], "leave_out": None}}
    values = small_study() | {"study": name, "arms": {"as-published": arm}, "explain": None}
    values["partition"] = {"training": 0.7, "validation": 0.3, "test": 0, "seed": 7, **partition}
    values["training"] |= {"epochs": 1, "repeats": repeats}
    values["task"] = {"classes": ["normal", "EGC+HGIN"]}
    run = write_study(phantoms, values).run(out=tmp_path)
    assert set(run.readings["fold"]) == set(range(1, parts + 1))
    assert set(run.readings["repeat"]) == set(range(1, repeats + 1))
    found = run.results["analyses"]["arms"]
    tested = run.readings[(run.readings["split"] == "test") & (run.readings["repeat"] == 1)]
    assert {one["here"]["n"] for one in found} == {len(tested)}
    assert "What the protocol changes" in run.report.read_text(encoding="utf-8")


def test_the_command_line_prints_what_the_protocol_changes(run: Run) -> None:
    (title, table), *_ = printed_tables(run.folder.report)
    assert title == "Arm: As published"
    assert list(table.columns) == ["Reader", "Measure", "As published", "Here", "Difference"]
    assert table["Reader"].tolist() == ["with copies", "without"]
    assert table["Difference"].str.match(r"^-?\d\.\d{3} \(-?\d\.\d{3} – -?\d\.\d{3}\)$").all()


def test_arms_share_what_their_study_prepared(run: Run) -> None:
    assert run.arms["as-published"].folder.prepared == run.folder.prepared
    assert not (run.arms["as-published"].folder.path / "prepared").exists()
