"""Studies that outline, on phantoms: from the case table to masks, overlaps and the report; and what is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from readingroom.cases.phantoms import draw_gastric_phantoms
from readingroom.core.errors import CaseTableError, StudyFileError
from readingroom.report.figures import style
from readingroom.study import Run, Study
from readingroom.study.schema import StudyFile

TRAINING = {"epochs": 1, "batch": 12, "rate": 1e-3, "precision": "float32"}
OUTLINER = {"network": "mobilenetv3_small_050", "decoder": "unet", "weights": "random", "smallest": 0.002}


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("phantoms")
    draw_gastric_phantoms(folder / "cases", patients=48, images_per_lesion=(1, 2), size=(72, 84), seed=3)
    return folder


def study_of(folder: Path, name: str, **keys: object) -> Study:
    """A study of these phantoms."""
    values = {"study": name, "cases": "cases/cases.csv", "phantoms": True, "input": {"size": 64}, "training": TRAINING}
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**values, **keys}), encoding="utf-8")
    return Study.load(path)


@pytest.fixture(scope="module")
def outlined(phantoms: Path) -> Run:
    study = study_of(phantoms, "outlines", task={"kind": "segmentation"}, readers=[OUTLINER])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "DPI", 30)
        return study.run(out=phantoms / "runs")


def test_every_tested_image_is_outlined_and_compared_with_its_reference(outlined: Run) -> None:
    rows = outlined.outlines
    assert set(rows["split"]) == {"validation", "test"}
    assert rows["known"].all()
    shown = rows[rows["reference_size"] > 0]
    assert shown["iou"].between(0, 1).all()
    row = shown.iloc[0]
    mask = cv2.imread(str(outlined.folder.path / row["mask"]), cv2.IMREAD_GRAYSCALE) > 0
    root = outlined.folder.path / outlined.manifest["images_root"]
    reference = cv2.imread(str(root / row["reference"]), cv2.IMREAD_GRAYSCALE) > 0
    assert mask.shape == reference.shape == (row["height"], row["width"])
    union = (mask | reference).sum()
    assert row["iou"] == pytest.approx((mask & reference).sum() / union)
    assert row["area_px"] == mask.sum()


def test_the_answer_is_lesion_or_none(outlined: Run) -> None:
    readings = outlined.readings
    assert set(readings["truth"]) == {"lesion", "no lesion"}
    drawn = outlined.outlines.set_index("image")["outlines"].reindex(readings["image"]).to_numpy() > 0
    assert ((readings["predicted"] == "lesion").to_numpy() == drawn).all()


def test_the_report_has_overlaps_with_intervals_and_sheets(outlined: Run) -> None:
    found = outlined.results["analyses"]["outlines"]
    test = next(one for one in found if one["split"] == "test")
    own = outlined.outlines[(outlined.outlines["split"] == "test") & (outlined.outlines["reference_size"] > 0)]
    assert test["images"]["iou"]["value"] == pytest.approx(own["iou"].mean())
    assert test["images"]["iou"]["low"] <= test["images"]["iou"]["value"] <= test["images"]["iou"]["high"]
    folder = outlined.report.parent
    assert (folder / "tables" / "outlines-test.csv").is_file()
    assert (folder / "figures" / "outlines-worst-1.jpg").is_file()
    assert "overlap the reference with a mean IoU" in outlined.report.read_text(encoding="utf-8")


def test_a_second_run_does_nothing_anew(outlined: Run, phantoms: Path) -> None:
    file = outlined.folder.outlined("unet-mobilenetv3_small_050-random")
    before = file.stat().st_mtime_ns
    study_of(phantoms, "outlines", task={"kind": "segmentation"}, readers=[OUTLINER]).run(out=phantoms / "runs")
    assert file.stat().st_mtime_ns == before


def test_one_reader_is_made_of_two_and_reads_files(phantoms: Path, tmp_path: Path) -> None:
    readers = [{"network": "mobilenetv3_small_050", "weights": "random", "name": "what"}, {**OUTLINER, "name": "where"}]
    combine = [{"name": "both", "classes": "what", "outlines": "where"}]
    run = study_of(phantoms, "both", readers=readers, combine=combine).run(out=phantoms / "runs")
    both = run.readings[run.readings["reader"] == "both"].set_index("image")
    what = run.readings[run.readings["reader"] == "what"].set_index("image")
    assert (both["predicted"] == what["predicted"]).all()
    assert (both["time_ms"] > what["time_ms"]).all()
    assert set(run.outlines["reader"]) == {"where", "both"}
    from readingroom.reading.files import read_files

    image = phantoms / "cases" / both.index[0]
    read, unread = read_files(run.folder.path / "readers" / "both", [image], out=tmp_path / "read.csv")
    assert unread == []
    assert read.loc[0, "reader"] == "both"
    assert {"predicted", "mask", "probability", "outlines"} <= set(read)
    assert (tmp_path / "read-masks" / read.loc[0, "mask"]).is_file()
    assert len(list((tmp_path / "read-pictures").iterdir())) == 1
    assert cv2.imread(str(tmp_path / "read-sheet.jpg")).std() > 5


def test_outlines_that_cannot_be_used_are_named_in_the_audit(phantoms: Path, tmp_path: Path) -> None:
    cases = pd.read_csv(phantoms / "cases" / "cases.csv", dtype=str)
    lesions = cases.index[cases["outline"].notna() & (cases["label"] != "normal")]
    height, width = cv2.imread(str(phantoms / "cases" / cases.loc[lesions[0], "image"])).shape[:2]
    cv2.imwrite(str(phantoms / "cases" / "small.png"), np.full((9, 9), 255, np.uint8))
    cv2.imwrite(str(phantoms / "cases" / "empty.png"), np.zeros((height, width), np.uint8))
    cases.loc[lesions[0], "outline"] = "small.png"
    cases.loc[lesions[1], "outline"] = "empty.png"
    cases.loc[lesions[3], "outline"] = np.nan
    cases.to_csv(phantoms / "cases" / "spoilt.csv", index=False)
    study = study_of(phantoms, "spoilt", cases="cases/spoilt.csv", task={"kind": "segmentation"}, readers=[OUTLINER])
    _, audit = study.check(out=tmp_path)
    reasons = {one["image"]: one["reason"] for one in audit["outlines"]["excluded"]}
    assert "9 x 9" in reasons[cases.loc[lesions[0], "image"]]
    assert "empty" in reasons[cases.loc[lesions[1], "image"]]
    assert reasons[cases.loc[lesions[3], "image"]] == "a label without an outline"
    left_out = {one["reason"]: one["rows"] for one in audit["flow"]["excluded"]}
    assert sum(left_out.values()) >= 3


def test_what_does_not_go_together_is_refused() -> None:
    base = {"study": "s", "cases": "c.csv"}
    with pytest.raises(ValueError, match="has no decoder"):
        StudyFile.model_validate({**base, "task": {"kind": "segmentation"}, "readers": [{"network": "resnet18"}]})
    with pytest.raises(ValueError, match="needs a decoder"):
        StudyFile.model_validate({**base, "readers": [{"network": "resnet18", "tile": 64}]})
    readers = [{"network": "resnet18", "name": "a"}, {"network": "resnet18", "decoder": "unet", "name": "b"}]
    with pytest.raises(ValueError, match="does not outline"):
        combine = [{"name": "c", "classes": "a", "outlines": "a"}]
        StudyFile.model_validate({**base, "readers": readers, "combine": combine})
    with pytest.raises(ValueError, match="says no class"):
        combine = [{"name": "c", "classes": "b", "outlines": "b"}]
        StudyFile.model_validate({**base, "readers": readers, "combine": combine})


def test_a_table_without_outlines_says_what_to_add(phantoms: Path, tmp_path: Path) -> None:
    cases = pd.read_csv(phantoms / "cases" / "cases.csv", dtype=str).drop(columns="outline")
    cases.to_csv(phantoms / "cases" / "plain.csv", index=False)
    study = study_of(phantoms, "plain", cases="cases/plain.csv", task={"kind": "segmentation"}, readers=[OUTLINER])
    with pytest.raises((CaseTableError, StudyFileError), match="no column outline"):
        study.check(out=tmp_path)


def test_boxes_help_a_reader_of_classes_in_training_only(phantoms: Path) -> None:
    plain = {"network": "mobilenetv3_small_050", "weights": "random", "name": "plain"}
    helped = {**plain, "name": "helped", "augmentation": {"regions": {"p": 1.0}}}
    run = study_of(phantoms, "regions", readers=[plain, helped]).run(out=phantoms / "runs")
    readings = run.readings
    assert set(readings["reader"]) == {"plain", "helped"}
    facts = [run.manifest["readers"][name] for name in ("plain", "helped")]
    assert facts[0]["epochs_run"] == facts[1]["epochs_run"] == 1
    scores = readings.filter(like="score_").groupby(readings["reader"]).mean()
    assert not np.allclose(scores.loc["plain"], scores.loc["helped"])


def test_a_run_killed_between_two_tables_is_not_complete(outlined: Run, phantoms: Path) -> None:
    name = "unet-mobilenetv3_small_050-random"
    outlined.folder.readings(name).unlink()
    study_of(phantoms, "outlines", task={"kind": "segmentation"}, readers=[OUTLINER]).run(out=phantoms / "runs")
    assert outlined.folder.readings(name).is_file()


def test_an_arm_without_a_validation_part_outlines_too_and_is_compared_by_overlap(phantoms: Path) -> None:
    classes = {"name": "what", "network": "mobilenetv3_small_050", "weights": "random"}
    arm = {
        "partition": {"training": 0.7, "validation": 0, "test": 0.3},
        "training": {"keep": "last"},
        "evaluation": {"outline_threshold": 0.5},
    }
    readers = [classes, {**OUTLINER, "name": "where", "monitor": "iou"}]
    both = [{"name": "both", "classes": "what", "outlines": "where"}]
    study = study_of(phantoms, "arms", readers=readers, combine=both, arms={"as-published": arm}, explain=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(style, "DPI", 30)
        run = study.run(out=phantoms / "runs")
    assert set(run.arms["as-published"].outlines["split"]) == {"test"}
    found = {(one["reader"], one["measure"]) for one in run.results["analyses"]["arms"]}
    assert {("where", "iou"), ("both", "iou"), ("what", "top1"), ("what", "auc"), ("what", "mean_recall")} <= found
