import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from readingroom.core.errors import CaseTableError, LeakageError, OutputError, PartitionError, ReadingRoomError
from readingroom.core.progress import SilentProgress
from readingroom.core.tables import READING_COLUMNS, score_columns
from readingroom.reading.bundle import learned_from, load_bundle
from readingroom.study import Run, Study, summarise_audit


def _study(folder: Path, values: dict[str, Any]) -> Study:
    path = folder / f"{values['study']}.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return Study.load(path)


def _weights(run: Run, reader: str) -> str:
    return str(load_bundle(run.folder.path / "readers" / reader).facts["weights_sha256"])


class _Counting(SilentProgress):
    def __init__(self) -> None:
        self.started: list[str] = []

    def start(self, name: str, total: int) -> int:
        self.started.append(name)
        return 0


def test_a_run_leaves_everything_needed_to_check_it(finished: Run) -> None:
    path = finished.folder.path
    for name in ("study.yaml", "manifest.json", "environment.txt", "partition.csv", "audit.json", "report/index.html"):
        assert (path / name).stat().st_size > 0
    for reader in ("test_resnet-random", "冻结"):
        held = {one.name for one in (path / "readers" / reader).iterdir()}
        assert held == {"reader.yaml", "weights.safetensors", "history.csv", "learned_from.csv", "card.md"}
    assert "torch==" in (path / "environment.txt").read_text()


def test_readings_hold_every_score_of_every_tested_image(finished: Run) -> None:
    readings = finished.readings
    assert {*READING_COLUMNS} - {"experience", "modality", "truth_score", "given_score"} <= set(readings.columns)
    assert set(readings["split"]) == {"validation", "test"}
    scores = readings[score_columns(["normal", "SMT"])]
    assert scores.sum(axis=1).between(0.999, 1.001).all()
    assert not readings.duplicated(["reader", "image"]).any()
    partition = pd.read_csv(finished.folder.partition, encoding="utf-8-sig")
    tested = set(partition.loc[partition["split"] == "test", "image"])
    for _, rows in readings[readings["split"] == "test"].groupby("reader"):
        assert set(rows["image"]) == tested


def test_calls_follow_the_threshold_that_validation_fixed(finished: Run) -> None:
    bundle = load_bundle(finished.folder.path / "readers" / "test_resnet-random")
    rows = finished.readings[finished.readings["reader"] == "test_resnet-random"]
    assert bundle.threshold is not None
    assert bundle.threshold.split == "validation"
    expected = rows["score_SMT"] >= bundle.threshold.value
    assert ((rows["predicted"] == "SMT") == expected).all()


def test_no_patient_is_on_two_sides_and_the_bundle_knows_what_it_learned_from(finished: Run) -> None:
    partition = pd.read_csv(finished.folder.partition, encoding="utf-8-sig")
    assert partition.groupby("group")["split"].nunique().max() == 1
    learned = learned_from(finished.folder.path / "readers" / "冻结")
    seen = partition.loc[partition["split"].isin(["training", "validation"]), "image"]
    assert set(learned["image"]) == set(seen)


def test_a_second_run_does_only_what_changed(finished: Run, phantoms: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    shutil.copytree(finished.folder.path, out / "tiny")
    before = finished.readings
    left = out / "tiny" / "readers" / "冻结" / "checkpoint" / "state.pt"  # killed before it was removed
    left.parent.mkdir()
    left.write_bytes(b"")
    study = Study.load(phantoms / "tiny.yaml")
    counting = _Counting()
    again = study.run(out=out, progress=counting)
    assert not [name for name in counting.started if "training" in name or "reading" in name or "preparing" in name]
    pd.testing.assert_frame_equal(again.readings, before)
    assert not left.parent.exists()
    changed = Study.load(phantoms / "tiny.yaml", ["readers.1.epochs=4"])
    counting = _Counting()
    third = changed.run(out=out, progress=counting)
    assert [name for name in counting.started if "training" in name] == ["冻结: training"]
    assert _weights(third, "test_resnet-random") == _weights(finished, "test_resnet-random")
    assert _weights(third, "冻结") != _weights(finished, "冻结")


def test_the_same_study_gives_the_same_weights_and_scores_bit_for_bit(
    finished: Run, phantoms: Path, tmp_path: Path
) -> None:
    again = Study.load(phantoms / "tiny.yaml").run(out=tmp_path)
    for reader in ("test_resnet-random", "冻结"):
        assert _weights(again, reader) == _weights(finished, reader)
    drop = ["time_ms"]
    pd.testing.assert_frame_equal(again.readings.drop(columns=drop), finished.readings.drop(columns=drop))


def test_check_audits_without_training(phantoms: Path, values: dict[str, Any], tmp_path: Path) -> None:
    folder, audit = _study(phantoms, values | {"study": "checked"}).check(out=tmp_path)
    assert folder.audit.is_file()
    assert not (folder.path / "readers").exists()
    summary = summarise_audit(audit)
    assert summary.columns == ("part", "images", "groups", "normal", "SMT")
    assert [row[0] for row in summary.rows] == ["training", "validation", "test"]
    assert all("{" not in text for _, text in summary.messages)


def test_folds_test_every_image_once(phantoms: Path, values: dict[str, Any], tmp_path: Path) -> None:
    values |= {"study": "folds", "training": {**values["training"], "epochs": 1}}
    values["partition"] = {"training": 0.6, "validation": 0.4, "test": 0.0, "folds": 2}
    run = _study(phantoms, values).run(out=tmp_path)
    tested = run.readings[run.readings["split"] == "test"]
    assert sorted(tested["fold"].unique()) == [1, 2]
    assert not tested["image"].duplicated().any()
    folder = run.folder.path / "readers" / "test_resnet-random"
    assert sorted(one.name for one in folder.iterdir()) == ["fold-1", "fold-2"]


def test_repeats_differ_by_their_seed_only(phantoms: Path, values: dict[str, Any], tmp_path: Path) -> None:
    values |= {"study": "repeats", "training": {**values["training"], "epochs": 1, "repeats": 2}}
    run = _study(phantoms, values).run(out=tmp_path)
    hashes = [_weights(run, f"test_resnet-random/repeat-{number}") for number in (1, 2)]
    assert hashes[0] != hashes[1]
    assert sorted(run.readings["repeat"].unique()) == [1, 2]


def test_another_readers_bundle_can_be_the_start_but_not_on_its_own_images(
    finished: Run, phantoms: Path, values: dict[str, Any], tmp_path: Path
) -> None:
    start = str(finished.folder.path / "readers" / "test_resnet-random")
    values |= {"study": "transfer", "readers": [{"network": "test_resnet", "weights": start}]}
    same = _study(phantoms, values)
    assert same.run(out=tmp_path / "a").readings["reader"].unique().tolist() == ["test_resnet-transfer"]
    values["partition"] = {**values["partition"], "seed": 8}
    first = {"network": "test_resnet", "weights": "random"}
    other, counting = _study(phantoms, values | {"readers": [first, *values["readers"]]}), _Counting()
    with pytest.raises(LeakageError, match="very pixels it learned from") as caught:
        other.run(out=tmp_path / "b", progress=counting)
    assert caught.value.problems
    assert not [name for name in counting.started if "training" in name or "preparing" in name]
    other = _study(phantoms, values)
    forced = other.run(out=tmp_path / "b", force=True)
    assert forced.manifest["readers"]["test_resnet-transfer"]["leaks"]


def test_people_are_readers_in_the_same_table(phantoms: Path, values: dict[str, Any], tmp_path: Path) -> None:
    cases = pd.read_csv(phantoms / "ph" / "cases.csv")
    cases = cases[cases["label"].isin(["normal", "SMT"])]
    people = pd.DataFrame({"reader": "simulated junior", "experience": "junior", "image": cases["image"],
                           "label": cases["label"].where(cases.index % 4 > 0, "normal"), "time_ms": 4000})  # fmt: skip
    people.to_csv(phantoms / "people.csv", index=False)
    run = _study(phantoms, values | {"study": "people", "people": "people.csv"}).run(out=tmp_path)
    rows = run.readings[run.readings["reader"] == "simulated junior"]
    assert set(rows["split"]) == {"validation", "test"}
    assert rows["score_SMT"].isna().all()
    assert run.manifest["people"] == ["simulated junior"]
    assert "simulated junior" in run.report.read_text(encoding="utf-8")


def test_a_reader_of_ordered_grades_is_trained_judged_and_described_as_one(
    phantoms: Path, values: dict[str, Any], tmp_path: Path
) -> None:
    cases = pd.read_csv(phantoms / "ph" / "cases.csv")
    cases["grade"] = [f"g{int(patient[-1]) % 3}" for patient in cases["patient"]]
    cases.to_csv(phantoms / "ph" / "graded.csv", index=False)
    readers = [{"network": "test_resnet", "weights": "random", "ordered": ordered} for ordered in (False, True)]
    graded = {
        "study": "graded", "cases": "ph/graded.csv", "readers": readers,
        "task": {"kind": "grading", "label": "grade", "classes": ["g0", "g1", "g2"]},
    }  # fmt: skip
    run = _study(phantoms, values | graded).run(out=tmp_path)
    facts = run.manifest["readers"]
    assert {name: one["ordered"] for name, one in facts.items()} == {
        "test_resnet-random": False, "test_resnet-random-ordered": True,
    }  # fmt: skip
    assert load_bundle(run.folder.path / "readers" / "test_resnet-random-ordered").ordered
    scores = run.readings[run.readings["reader"] == "test_resnet-random-ordered"][score_columns(["g0", "g1", "g2"])]
    assert scores.sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-5)
    assert {one["reader"] for one in run.results["analyses"]["grades"]} == set(facts)
    page = run.report.read_text(encoding="utf-8")
    assert "Ordered grades" in page
    assert "proportional odds, McCullagh 1980" in page
    assert (run.report.parent / "tables" / "ordered-test.csv").is_file()
    assert (run.report.parent / "figures" / "grades.svg").is_file()


def test_as_published_copies_come_before_the_split_and_the_report_says_so(
    phantoms: Path, values: dict[str, Any], tmp_path: Path
) -> None:
    values |= {"study": "published", "augmentation": {"jitter": {"brightness": 0.2, "contrast": 0.2}}}
    values["partition"] = {"protocol": "as-published", "by": "image", "copies": 2, "seed": 7}
    run = _study(phantoms, values).run(out=tmp_path)
    partition = pd.read_csv(run.folder.partition, encoding="utf-8-sig")
    originals = partition["copy"] == 0
    assert (partition["copy"] > 0).sum() == 2 * originals.sum()
    assert partition.groupby("group")["split"].nunique().max() > 1
    assert run.manifest["protocol"] == "as-published"
    codes = [one["code"] for one in run.audit["warnings"]]
    assert any("published" in code for code in codes)


def test_an_external_table_is_tested_apart(phantoms: Path, values: dict[str, Any], tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    shutil.copytree(phantoms / "ph", other)
    table = pd.read_csv(other / "cases.csv")
    table = table[table["label"].isin(["normal", "SMT"])].head(20)
    table = table.assign(patient=[f"x{number}" for number in range(len(table))], lesion=None, exam=None)
    table.to_csv(other / "other.csv", index=False)
    for image in table["image"]:  # other pixels, so that nothing was learned from before
        path = other / image
        path.write_bytes(_darker(path.read_bytes()))
    values["partition"] = {**values["partition"], "external": str(other / "other.csv")}
    run = _study(phantoms, values | {"study": "external"}).run(out=tmp_path / "runs")
    assert set(run.readings["split"]) == {"validation", "test", "external"}
    assert (run.readings["split"] == "external").sum() == 20


def _darker(data: bytes) -> bytes:
    import cv2
    import numpy as np

    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return bytes(cv2.imencode(".jpg", (pixels * 0.8).astype(np.uint8))[1].tobytes())


def test_unreadable_images_are_listed_and_the_rest_goes_on(
    phantoms: Path, values: dict[str, Any], tmp_path: Path
) -> None:
    shutil.copytree(phantoms / "ph", tmp_path / "ph")
    table = pd.read_csv(tmp_path / "ph" / "cases.csv")
    broken = table.loc[table["label"] == "normal", "image"].iloc[0]
    (tmp_path / "ph" / broken).write_bytes(b"\xff\xd8\xff")
    study = _study(tmp_path, values)
    _, audit = study.check(out=tmp_path / "runs")
    assert [one["image"] for one in audit["images"]["unreadable"]] == [broken]
    with pytest.raises(ReadingRoomError, match=r"cannot be read|could not be read|unreadable"):
        study.check(out=tmp_path / "strict", strict=True)


def test_a_study_that_cannot_be_stops_before_training(phantoms: Path, values: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(CaseTableError):
        _study(phantoms, values | {"study": "a", "task": {"classes": ["normal", "SMTT"]}}).run(out=tmp_path)
    cases = pd.read_csv(phantoms / "ph" / "cases.csv")
    one = cases.loc[cases["label"] == "SMT", "patient"].iloc[0]
    cases[(cases["label"] == "normal") | (cases["patient"] == one)].to_csv(phantoms / "ph" / "few.csv", index=False)
    with pytest.raises(PartitionError, match="SMT"):
        _study(phantoms, values | {"study": "b", "cases": "ph/few.csv"}).run(out=tmp_path)


def test_two_runs_in_one_folder_do_not_mix(finished: Run, phantoms: Path) -> None:
    from filelock import FileLock

    with FileLock(finished.folder.path / ".lock"), pytest.raises(OutputError, match="another run is working"):
        Study.load(phantoms / "tiny.yaml").run(out=finished.folder.path.parent)


def test_what_a_killed_run_left_half_written_is_removed_by_the_next(
    phantoms: Path, values: dict[str, Any], tmp_path: Path
) -> None:
    left = tmp_path / "killed" / "prepared" / ".0123456789abcdef.4711.part.npy"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    _study(phantoms, values | {"study": "killed"}).check(out=tmp_path)
    assert not left.exists()


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="not a finished run"):
        Run.open(tmp_path)


def test_results_are_the_reports_numbers(finished: Run) -> None:
    assert finished.results["schema_version"] >= 1
    assert json.dumps(finished.results, allow_nan=False)


def test_the_report_can_be_written_again_in_chinese(finished: Run) -> None:
    page = Run.open(finished.folder.path).write_report(language="zh")
    text = page.read_text(encoding="utf-8")
    assert 'lang="zh' in text
    finished.write_report(language="en")
