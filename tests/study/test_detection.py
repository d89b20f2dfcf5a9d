"""A study of detection from drawn images to the report: boxes found, judged, and what is left out named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
import yaml

from readingroom.core.errors import CaseTableError, StudyFileError
from readingroom.reading.bundle import load_bundle
from readingroom.reading.files import read_files
from readingroom.study import Run, Study
from readingroom.study.boxes import boxes_around, parse_boxes
from readingroom.study.reader_section import ReaderSection

HEIGHT, WIDTH = 60, 90


def write_study(folder: Path, values: dict[str, Any]) -> Study:
    path = folder / "squares.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return Study.load(path)


def draw_cases(folder: Path, count: int = 64) -> pd.DataFrame:
    """Bright squares on a dark ground; every fourth image has none, some have two; two images a patient."""
    random = np.random.default_rng(4)
    rows = []
    for place in range(count):
        image = random.integers(30, 70, (HEIGHT, WIDTH, 3)).astype(np.uint8)
        boxes = []
        for corner in range(0 if place % 4 == 0 else 2 if place % 5 == 0 else 1):
            side = int(random.integers(20, 34))
            x, y = 45 * corner + int(random.integers(0, 45 - side)), int(random.integers(0, HEIGHT - side))
            image[y : y + side, x : x + side] += 120
            boxes.append(f"{x} {y} {x + side} {y + side}")
        name = f"{place:02}.png"
        cv2.imwrite(str(folder / name), image)
        label = "lesion" if boxes else "normal"
        rows.append({"image": name, "label": label, "patient": f"p{place // 2}", "boxes": "; ".join(boxes)})
    return pd.DataFrame(rows)


def detection_study() -> dict[str, Any]:
    return {
        "study": "squares",
        "cases": "cases.csv",
        "task": {"kind": "detection"},
        "partition": {"training": 0.5, "validation": 0.25, "test": 0.25, "seed": 7},
        "input": {"size": 64, "view": "whole"},
        "readers": [{"network": "test_resnet", "weights": "random", "detector": "fcos", "width": 64}],
        "training": {"epochs": 8, "batch": 5, "rate": 1e-3, "optimiser": "adamw", "precision": "float32"},
        "evaluation": {"hit_overlap": 0.3},
    }


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("squares")
    cases = draw_cases(folder)
    spoilt = {2: "5 5 99 20", 3: ""}
    for place, text in spoilt.items():
        cases.loc[place, "boxes"] = text
    cases.to_csv(folder / "cases.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def run(drawn: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return write_study(drawn, detection_study()).run(out=tmp_path_factory.mktemp("runs"))


def test_boxes_that_cannot_be_used_are_named(run: Run) -> None:
    reasons = {one["image"]: one["reason"] for one in run.audit["boxes"]["excluded"]}
    assert reasons == {
        "02.png": "a box outside the image",
        "03.png": "a label without a box",
    }
    assert run.audit["boxes"]["without_lesion"] == 16
    partition = pd.read_csv(run.folder.partition, encoding="utf-8-sig")
    assert len(partition) == 62


def test_the_reader_finds_what_was_drawn_in_the_frames_own_pixels(run: Run) -> None:
    name = "fcos-test_resnet-random"
    found = pd.read_parquet(run.folder.boxes(name))
    known = pd.read_parquet(run.folder.reference_boxes)
    bundle = load_bundle(run.folder.path / "readers" / name)
    assert bundle.boxes is not None
    assert bundle.boxes.threshold.rule == "false_positives<=0.5"
    assert set(found["split"]) == {"validation", "test"}
    corners = found[["x0", "y0", "x1", "y1"]].dropna()
    assert (corners >= 0).all().all()
    assert corners["x1"].max() <= WIDTH
    assert corners["y1"].max() <= HEIGHT
    surest = found[(found["split"] == "test") & (found["truth"] == "lesion")].groupby("image").head(1)
    joined = surest.merge(known, on="image", suffixes=("", "_true"))
    apart = [(joined[side] - joined[f"{side}_true"]).abs() for side in ("x0", "y0", "x1", "y1")]
    assert (pd.concat(apart, axis=1).max(axis=1).groupby(joined["image"]).min() < 15).mean() > 0.5


def test_an_image_is_a_lesion_where_a_box_counts(run: Run) -> None:
    found = pd.read_parquet(run.folder.boxes("fcos-test_resnet-random"))
    readings = run.readings.set_index("image")
    assert len(readings) == found["image"].nunique()
    best = found.groupby("image")["score"].max().fillna(0)
    assert np.allclose(readings["score_lesion"], best[readings.index])
    counted = found.groupby("image")["counted"].any()
    assert ((readings["predicted"] == "lesion") == counted[readings.index]).all()


def test_the_report_judges_the_boxes(run: Run) -> None:
    judged = {one["split"]: one for one in run.results["analyses"]["boxes"]}
    assert set(judged) == {"validation", "test"}
    test = judged["test"]
    assert test["average_precision"]["value"] > 0.3
    assert test["by_lesion"]["8"]["value"] >= test["by_lesion"]["0.125"]["value"]
    assert judged["validation"]["at_threshold"]["false_boxes"]["value"] <= 0.5
    page = run.report.read_text(encoding="utf-8")
    assert "False boxes an image" in page
    assert (run.folder.report / "figures" / "froc.svg").is_file()
    assert (run.folder.report / "figures" / "boxes-1.jpg").is_file()
    assert (run.folder.report / "tables" / "boxes-test.csv").is_file()
    chinese = run.write_report(language="zh").read_text(encoding="utf-8")
    assert "每张图像的误报框" in chinese
    assert "每名患者的误报框" in chinese


def test_the_bundle_reads_new_images_into_a_table_of_boxes(run: Run, drawn: Path, tmp_path: Path) -> None:
    bundle = run.folder.path / "readers" / "fcos-test_resnet-random"
    table, unread = read_files(bundle, [drawn / "04.png", drawn / "05.png"], out=tmp_path / "boxes.csv", device="cpu")
    assert not unread
    assert {"image", "score", "x0", "y0", "x1", "y1", "counted"} <= set(table)
    assert set(table["image"]) == {"04.png", "05.png"}
    assert (tmp_path / "boxes.csv").is_file()
    assert "boxes around lesions" in (bundle / "card.md").read_text(encoding="utf-8")


def test_with_boxes_dealt_at_random_nothing_is_found(run: Run, drawn: Path, tmp_path: Path) -> None:
    values = detection_study()
    values["training"] |= {"shuffled": True}
    dealt = write_study(drawn, values).run(out=tmp_path)
    true, random = (
        next(one for one in found.results["analyses"]["boxes"] if one["split"] == "test")["average_precision"]["value"]
        for found in (run, dealt)
    )
    # The squares fill so much of the picture that a box in a usual place hits some of them.
    assert random < 0.6 < 0.9 < true
    known = [pd.read_parquet(one.folder.reference_boxes) for one in (run, dealt)]
    pd.testing.assert_frame_equal(*known)


def test_a_second_run_finds_all_done(run: Run, drawn: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in run.folder.path.rglob("*.safetensors")}
    again = write_study(drawn, detection_study()).run(out=run.folder.path.parent)
    assert before == {file: file.stat().st_mtime_ns for file in again.folder.path.rglob("*.safetensors")}


def test_boxes_come_from_outlines_where_there_are_none(tmp_path: Path, drawn: Path) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[5:15, 10:30] = mask[40:50, 60:61] = 255
    cv2.imwrite(str(tmp_path / "mask.png"), mask)
    random = np.random.default_rng(3)
    names = [f"{label}{place}.png" for place in range(3) for label in ("lesion", "normal")]
    for name in names:
        cv2.imwrite(str(tmp_path / name), random.integers(0, 255, (HEIGHT, WIDTH)).astype(np.uint8))
    rows = [{"image": n, "label": n[:6], "outline": "mask.png" if n[0] == "l" else ""} for n in names]
    pd.DataFrame(rows).to_csv(tmp_path / "cases.csv", index=False)
    values = detection_study() | {"partition": {"training": 0.4, "validation": 0.3, "test": 0.3}}
    folder, audit = write_study(tmp_path, values).check(out=tmp_path / "runs")
    assert audit["boxes"]["boxes"] == 6
    table = pd.read_parquet(folder.reference_boxes)
    assert table.loc[table["image"] == "lesion1.png", ["x0", "y0", "x1", "y1"]].to_numpy().tolist() == [
        [10, 5, 30, 15],
        [60, 40, 61, 50],
    ]


def test_cells_of_boxes_are_read_as_people_write_them() -> None:
    size = (90, 60)
    assert np.asarray(parse_boxes("1,2,11,12;", size)).tolist() == [[1, 2, 11, 12]]
    assert np.asarray(parse_boxes("-0.5 0 90.4 60", size)).tolist() == [[0, 0, 90, 60]]
    assert parse_boxes("a b c d", size) == "a box that is not of numbers"
    assert parse_boxes("nan 0 5 5", size) == "a box that is not of numbers"
    assert parse_boxes(";", size) == "a box that is not of four numbers"
    assert parse_boxes("10 10 20 5", size) == "a box without extent: x1 must be more than x0, and y1 more than y0"
    assert boxes_around(np.zeros((5, 5), bool)).shape == (0, 4)


def test_a_study_of_detection_needs_boxes_and_detectors(tmp_path: Path, drawn: Path) -> None:
    values = detection_study()
    with pytest.raises(StudyFileError, match="no detector"):
        write_study(tmp_path, values | {"readers": [{"network": "resnet18"}]})
    with pytest.raises(ValueError, match="either outlines or finds boxes"):
        ReaderSection(network="resnet18", detector="fcos", decoder="unet")
    with pytest.raises(ValueError, match="finest needs a detector"):
        ReaderSection(network="resnet18", finest=4)
    with pytest.raises(ValueError, match="trained as a whole"):
        ReaderSection(network="resnet18", detector="fcos", train="head")
    cases = pd.read_csv(drawn / "cases.csv")
    cases.drop(columns="boxes").to_csv(tmp_path / "cases.csv", index=False)
    with pytest.raises(CaseTableError, match="no column boxes"):
        write_study(tmp_path, values | {"images": str(drawn)}).check(out=tmp_path / "runs")
    cases.assign(boxes="20 10 20 30").to_csv(tmp_path / "cases.csv", index=False)
    with pytest.raises(CaseTableError, match="column boxes: '20 10 20 30' are not boxes"):
        write_study(tmp_path, values | {"images": str(drawn)}).check(out=tmp_path / "runs")
