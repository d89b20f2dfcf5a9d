"""Features readers in a study: from the study file to the report, and the same answers outside of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import ValidationError

from readingroom.core.errors import CaseTableError, ReadingsError, StudyFileError
from readingroom.reading.files import read_files
from readingroom.study import Run, Study
from readingroom.study.reader_section import ReaderSection
from readingroom.study.schema import StudyFile

RADIOMICS = {"bins": 8, "families": ["statistics", "glcm"]}


def draw(folder: Path) -> Path:
    """Forty patients whose lesion is smooth or rough, as most of their reports tell; a few lack something."""
    rng = np.random.default_rng(8)
    (folder / "im").mkdir()
    rows = []
    for patient in range(40):
        rough = bool(patient % 2)
        for number in range(2):
            mask = np.zeros((40, 40), np.uint8)
            cv2.circle(mask, tuple(int(one) for one in rng.integers(16, 24, 2)), int(rng.integers(7, 11)), 255, -1)
            grain = cv2.GaussianBlur(rng.normal(size=(40, 40)), (0, 0), 0.7 if rough else 1.8)
            pixels = 110 + rng.normal(0, 5, (40, 40)) + (mask > 0) * 22 * grain / grain.std()
            name = f"im/{patient:02}-{number}.png"
            cv2.imwrite(str(folder / name), np.clip(pixels, 0, 255).astype(np.uint8))
            cv2.imwrite(str(folder / f"im/{patient:02}-{number}-mask.png"), mask)
            told = rough if rng.random() < 0.85 else not rough
            words = ("The lesion has grown.", "病灶增大。") if told else ("The lesion has not grown.", "病灶未见增大。")
            rows.append([name, "malignant" if rough else "benign", f"p{patient}", name.replace(".png", "-mask.png"),
                         words[patient % 3 == 0], 40 + patient, "fm"[patient % 4 > 1]])  # fmt: skip
    cases = pd.DataFrame(rows, columns=["image", "label", "patient", "outline", "report", "age", "sex"])
    cases.loc[3, "outline"] = None
    cases.loc[5, "report"] = " "
    cv2.imwrite(str(folder / cases["outline"][8]), np.zeros((40, 40), np.uint8))
    (folder / cases["outline"][10]).write_bytes(b"no picture")
    dot = np.zeros((40, 40), np.uint8)
    dot[9, 9] = 255
    cv2.imwrite(str(folder / cases["outline"][12]), dot)
    cases.to_csv(folder / "cases.csv", index=False)
    return folder


def study_values() -> dict[str, Any]:
    network = {"network": "test_resnet", "weights": "random"}
    return {
        "study": "described",
        "cases": "cases.csv",
        "task": {"classes": ["benign", "malignant"]},
        "partition": {"training": 0.5, "validation": 0.25, "test": 0.25, "seed": 7},
        "input": {"size": 32, "view": "whole"},
        "explain": {"images": 1},
        "readers": [
            {"name": "network", **network},
            {
                "name": "radiomics",
                "features": {"radiomics": {**RADIOMICS, "perturbed": 5, "stable": 0.3}, "select": [3, 8]},
            },
            {"name": "boosting", "features": {"radiomics": RADIOMICS, "model": "boosting", "facts": ["age", "sex"]}},
            {
                "name": "both",
                **network,
                "features": {"network": True, "text": {"column": "report"}, "radiomics": RADIOMICS},
            },
            {"name": "stacked", "features": {"scores": ["network", "radiomics"]}},
        ],
        "training": {"epochs": 1, "batch": 16, "precision": "float32"},
    }


def load(folder: Path, values: dict[str, Any]) -> Study:
    path = folder / f"{values['study']}.yaml"
    path.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    return Study.load(path)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("described"))


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return load(data, study_values()).run(out=tmp_path_factory.mktemp("runs"))


def test_images_that_cannot_be_described_are_left_out_for_all_readers_and_named(run: Run) -> None:
    found = {one["image"]: one["reason"].split(" (")[0] for one in run.audit["features"]["excluded"]}
    assert found == {
        "im/01-1.png": "no outline",
        "im/02-1.png": "no text",
        "im/04-0.png": "the outline is empty",
        "im/05-0.png": "not a mask that can be read",
        "im/06-0.png": "the outline has 1 pixels, too few to describe",
    }
    assert sum(one["rows"] for one in run.audit["flow"]["excluded"]) == 5
    assert not set(run.readings["image"]) & set(found)


def test_every_reader_reads_the_same_test_cases(run: Run) -> None:
    tested = run.readings[run.readings["split"] == "test"]
    images = tested.groupby("reader")["image"].apply(frozenset)
    assert set(images.index) == {"network", "radiomics", "boosting", "both", "stacked"}
    assert len(set(images)) == 1
    shares = tested.filter(like="score_").sum(axis=1)
    assert np.allclose(shares, 1)


def test_radiomics_learn_what_texture_tells(run: Run) -> None:
    area = {p["reader"]: p for p in run.results["performances"] if p["split"] == "test" and p["unit"] == "image"}
    tested = run.readings[(run.readings["split"] == "test") & (run.readings["reader"] == "radiomics")]
    right = (tested["predicted"] == tested["truth"]).mean()
    assert right > 0.8
    assert set(area) >= {"radiomics", "stacked"}


def test_the_threshold_is_chosen_on_the_validation_part(run: Run) -> None:
    described = yaml.safe_load((run.folder.path / "readers/radiomics/reader.yaml").read_text(encoding="utf-8"))
    assert described["threshold"]["split"] == "validation"
    assert run.manifest["readers"]["radiomics"]["threshold"] == described["threshold"]["value"]


def test_settings_and_the_version_of_mirp_are_recorded_in_bundle_manifest_and_methods(run: Run) -> None:
    from importlib.metadata import version

    known = version("mirp")
    features = run.manifest["readers"]["radiomics"]["features"]
    assert features["mirp"] == known
    assert features["radiomics"]["bins"] == 8
    assert f"mirp {known}" in (run.folder.path / "readers/radiomics/card.md").read_text(encoding="utf-8")
    methods = (run.folder.report / "methods.md").read_text(encoding="utf-8")
    assert f"mirp {known}" in methods
    assert "8 bins" in methods
    assert "grouped by patient" in methods
    assert "Stacked models learned from the other readers' scores on the validation part" in methods
    assert "left out for all readers" in methods


def test_features_that_depend_on_the_outline_are_left_out_and_shown(run: Run) -> None:
    stability = pd.read_csv(run.folder.path / "readers/radiomics/stability.csv")
    dropped = run.manifest["readers"]["radiomics"]["features"]["features_unstable"]
    assert dropped == int((~(stability["icc"] >= 0.3)).sum())
    assert (run.folder.report / "figures/stability.svg").is_file()
    assert (run.folder.report / "tables/stability.csv").is_file()


def test_the_report_shows_weights_words_and_shares(run: Run) -> None:
    page = run.report.read_text(encoding="utf-8")
    assert "What the features readers went by" in page
    assert '<mark class="for"' in page
    assert "gradient boosting on radiomics and facts of the patient" in page
    decided = json.loads((run.folder.path / "features/both.json").read_text(encoding="utf-8"))["decisions"]
    assert {"network", "text", "radiomics"} == set(decided[0]["sources"])
    assert len(decided) == 2


def test_the_report_says_all_of_it_in_chinese(run: Run) -> None:
    page = run.write_report(language="zh").read_text(encoding="utf-8")
    assert "特征读片者依据了什么" in page
    assert "影像组学" in page
    run.write_report()


def test_what_adds_up_is_the_score(run: Run) -> None:
    from readingroom.reading.bundle import load_bundle
    from readingroom.reading.features.contributions import added
    from readingroom.reading.features.reader import load_features_reader

    where = run.folder.path / "readers/radiomics"
    reader = load_features_reader(where, load_bundle(where))
    root = run.folder.path / run.manifest["images_root"]
    cases = pd.read_csv(root / "cases.csv").iloc[[0, 1]]
    table = reader.table(cases, root)
    odds = added(reader.model, table.frame, 1).sum(axis=1) + float(reader.model[-1].intercept_[0])
    scores = reader.answer(table)["score_malignant"].to_numpy()
    np.testing.assert_allclose(1 / (1 + np.exp(-odds.to_numpy())), scores)


@pytest.mark.parametrize("name", ["radiomics", "boosting", "both", "stacked"])
def test_a_case_table_is_read_outside_of_the_study_as_in_it(name: str, run: Run, data: Path, tmp_path: Path) -> None:
    bundle = run.folder.path / "readers" / name
    readings, unread = read_files(bundle, [data / "cases.csv"], out=tmp_path / "r.csv", pictures=False)
    own = run.readings[(run.readings["reader"] == name) & (run.readings["split"] == "test")]
    both = own.merge(readings, on="image", suffixes=("", "_read"))
    assert len(both) == len(own)
    np.testing.assert_allclose(both["score_malignant"], both["score_malignant_read"], atol=1e-6)
    assert (both["predicted"] == both["predicted_read"]).all()
    assert len(unread) >= 4


def test_a_folder_of_images_is_not_enough_for_a_reader_of_outlines(run: Run, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ReadingsError, match="image, outline, report"):
        read_files(run.folder.path / "readers/both", [data / "im"], out=tmp_path / "r.csv")
    (tmp_path / "some.csv").write_text("image\na.png\n", encoding="utf-8")
    with pytest.raises(CaseTableError, match="no column outline"):
        read_files(run.folder.path / "readers/both", [tmp_path / "some.csv"], out=tmp_path / "r.csv")


def test_a_second_run_trains_nothing_again(run: Run, data: Path) -> None:
    files = [run.folder.path / f"readers/{name}/model.skops" for name in ("radiomics", "both", "stacked")]
    before = [file.stat().st_mtime_ns for file in files]
    load(data, study_values()).run(out=run.folder.path.parent)
    assert [file.stat().st_mtime_ns for file in files] == before


def test_another_setting_trains_again_and_a_missing_column_is_named(data: Path, tmp_path: Path) -> None:
    values = study_values() | {
        "study": "column",
        "readers": [{"name": "r", "features": {"text": {"column": "letter"}}}],
    }
    with pytest.raises(CaseTableError, match="no column letter"):
        load(data, values).check(out=tmp_path)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ({}, "needs a network, or features"),
        ({"features": {"radiomics": {}}}, "needs a name"),
        ({"name": "r", "features": {}}, "features come from somewhere"),
        ({"name": "r", "features": {"network": True}}, "network: give the name"),
        ({"name": "r", "network": "resnet18", "features": {"radiomics": {}}}, "network: give the name"),
        ({"name": "r", "features": {"radiomics": {}}, "train": "head"}, "does not go with features"),
        ({"name": "r", "features": {"radiomics": {}, "scores": ["a", "b"]}}, "stacked by themselves"),
        ({"name": "r", "features": {"scores": ["a"]}}, "two or more"),
    ],
)
def test_readers_that_cannot_be_are_refused(reader: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        ReaderSection.model_validate(reader)


@pytest.mark.parametrize("order", [["stacked", "radiomics", "network"], ["radiomics", "stacked", "network"]])
def test_scores_are_stacked_of_readers_listed_before(order: list[str]) -> None:
    values = study_values()
    known = {one["name"]: one for one in values["readers"]}
    with pytest.raises(ValidationError, match="no reader listed before it"):
        StudyFile.model_validate(values | {"readers": [known[name] for name in order]})


def test_without_the_libraries_it_is_said_before_anything_is_computed(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from readingroom.cases.radiomics import extraction

    monkeypatch.setattr(extraction, "find_spec", lambda name: None)
    with pytest.raises(StudyFileError, match="mirp is not installed") as told:
        load(data, study_values() | {"study": "without"}).check(out=tmp_path)
    assert "readingroom[radiomics]" in str(told.value)
