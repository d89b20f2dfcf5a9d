"""A study of marks from drawn volumes to the report: lesions marked, judged, dealt for the control, read in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from readingroom.core.errors import CaseTableError, StudyFileError
from readingroom.core.tables import write_csv
from readingroom.reading.bundle import load_bundle
from readingroom.reading.files import read_files
from readingroom.study import Run, Study
from readingroom.study.shuffled import deal_points

nibabel = pytest.importorskip("nibabel")
pytest.importorskip("monai")

COUNT = 24


def draw_volume(random: np.random.Generator, balls: int) -> tuple[np.ndarray, list[list[float]]]:
    """Noise with bright rods, and bright balls: planes, rows, columns of 2, 1 and 1 mm, of another extent each time."""
    shape = tuple((random.integers(0, 5, 3) + np.array([12, 24, 24])).tolist())
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1) * np.array([2.0, 1, 1])
    bright = np.zeros(shape, bool)
    row, column = random.integers(3, 21, 2)
    bright[:, row - 1 : row + 1, column - 1 : column + 1] = True
    places = []
    for side in range(balls):
        middle = np.array([random.uniform(5, 18), random.uniform(5, 18), 5 + 12 * side])
        bright |= np.linalg.norm(grid - middle, axis=-1) <= 3.5
        places.append(middle.tolist())
    return (random.normal(0, 15, shape) + 120 * bright).astype(np.int16), places


def draw_cases(folder: Path) -> pd.DataFrame:
    """Half of the patients with one ball or two; places in the table in mm of DICOM's axes."""
    random, rows = np.random.default_rng(3), []
    for place in range(COUNT):
        balls = 0 if place % 2 else 1 + place % 4 // 2
        planes, places = draw_volume(random, balls)
        # NIfTI counts to the right and to the front: x and y are turned, and start elsewhere.
        affine = np.diag([-1.0, -1.0, 2.0, 1.0])
        affine[:3, 3] = [10, 20, -30]
        nibabel.save(nibabel.Nifti1Image(planes.transpose(2, 1, 0), affine), folder / f"{place:02}.nii.gz")
        points = "; ".join(f"{x - 10:.2f} {y - 20:.2f} {z - 30:.2f} 3.5" for z, y, x in places)
        label = "aneurysm" if balls else "normal"
        rows.append({"image": f"{place:02}.nii.gz", "label": label, "patient": f"p{place}", "points": points})
    return pd.DataFrame(rows)


def marking_study(**changes: Any) -> dict[str, Any]:
    return {
        "study": "balls",
        "cases": "cases.csv",
        "task": {"kind": "detection"},
        "partition": {"training": 0.5, "validation": 0.2, "test": 0.3, "seed": 7},
        "input": {"size": 16, "view": "whole", "window": {"centre": 50, "width": 200},
                  "stack": {"kind": "volume", "planes": 16, "spacing": [1, 1, 1], "around": "whole"}},
        "augmentation": {"affine": {"rotate": 10}, "flip": True},
        "readers": [{"name": "heat", "network": "unet_3d", "weights": "random", "detector": "heatmap"}],
        "training": {"epochs": 8, "batch": 8, "rate": 5e-3, "optimiser": "adamw", "precision": "float32"},
        "evaluation": {"hit_distance_mm": 2, "unit": ["patient"]},
        "arms": {"shuffled-labels": {"training": {"shuffled": True}}},
        **changes,
    }  # fmt: skip


def write_study(folder: Path, values: dict[str, Any]) -> Study:
    path = folder / "balls.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return Study.load(path)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("balls")
    cases = draw_cases(folder)
    cases.loc[0, "points"] = "-3 -10 900 3.5"  # above the head
    cases.loc[2, "points"] = ""
    write_csv(cases, folder / "cases.csv")
    return folder


@pytest.fixture(scope="module")
def run(drawn: Path) -> Run:
    return write_study(drawn, marking_study()).run(out=drawn / "runs")


def test_balls_are_marked_with_few_false_marks_and_better_than_by_a_reader_of_dealt_lesions(run: Run) -> None:
    (test,) = [one for one in run.results["analyses"]["boxes"] if one["split"] == "test"]
    (dealt,) = [one for one in run.results["analyses"]["arm_boxes"] if one["split"] == "test"]
    assert test["form"] == "points"
    assert test["by_lesion"]["1"]["value"] > 0.7
    assert dealt["reader"] == "heat · shuffled-labels"
    assert dealt["by_lesion"]["1"]["value"] < test["by_lesion"]["1"]["value"]


def test_marks_lie_in_the_patient_where_the_balls_are(run: Run) -> None:
    marks = pd.read_parquet(run.folder.points("heat"))
    lesions = pd.read_parquet(run.folder.reference_points).dropna()
    surest = marks[(marks["split"] == "test")].drop_duplicates("image").merge(lesions, on="image", suffixes=("", "_of"))
    apart = np.linalg.norm(
        surest[["x_mm", "y_mm", "z_mm"]].to_numpy() - surest[["x_mm_of", "y_mm_of", "z_mm_of"]], axis=1
    )
    nearest = pd.Series(apart).groupby(surest["image"].to_numpy()).min()
    assert nearest.median() < 1.5


def test_volumes_without_a_ball_are_read_and_their_marks_are_false(run: Run) -> None:
    marks = pd.read_parquet(run.folder.points("heat"))
    assert set(marks["truth"]) == {"lesion", "no lesion"}
    (test,) = [one for one in run.results["analyses"]["boxes"] if one["split"] == "test"]
    assert test["n"] > test["with_lesion"] > 0
    assert test["n"] == marks.loc[marks["split"] == "test", "image"].nunique()


def test_what_cannot_be_used_is_named_with_its_reason_and_left_out(run: Run) -> None:
    excluded = {one["image"]: one["reason"] for one in run.audit["points"]["excluded"]}
    assert set(excluded) == {"00.nii.gz", "02.nii.gz"}
    assert "a point outside the volume (-3 -10 900" in excluded["00.nii.gz"]
    assert excluded["02.nii.gz"] == "a label without a point"
    assert "00.nii.gz" not in set(run.readings["image"])


def test_the_report_shows_froc_sizes_the_control_and_slices(run: Run) -> None:
    page = run.report.read_text(encoding="utf-8")
    assert "Marks in volumes" in page
    assert "heat · shuffled-labels" in page
    assert (run.folder.report / "figures" / "froc.svg").is_file()
    assert (run.folder.report / "figures" / "marks-1.jpg").is_file()
    assert (run.folder.report / "tables" / "boxes-size-test.csv").is_file()


def test_the_chinese_report_has_no_english_left_in_its_section_of_marks(run: Run) -> None:
    page = run.write_report(language="zh").read_text(encoding="utf-8")
    section = page.split('id="boxes"')[1].split("</section>")[0]
    assert "每次扫描" in section
    assert "false marks" not in section
    run.write_report()


def test_a_bundle_reads_files_one_row_a_mark(run: Run, drawn: Path, tmp_path: Path) -> None:
    where = run.folder.reader("heat", 1, 1, folds=1, repeats=1)
    bundle = load_bundle(where)
    assert bundle.marks is not None
    read, unread = read_files(where, [drawn / "04.nii.gz", drawn / "05.nii.gz"], out=tmp_path / "marks.csv")
    assert not unread
    assert {"image", "score", "x_mm", "y_mm", "z_mm", "counted"} <= set(read)
    kept = pd.read_parquet(run.folder.points("heat"))
    if "04.nii.gz" in set(kept["image"]):
        own = kept[kept["image"] == "04.nii.gz"].reset_index(drop=True)
        assert read[read["image"] == "04.nii.gz"]["x_mm"].tolist() == pytest.approx(own["x_mm"].tolist(), abs=1e-3)


def test_a_second_run_trains_nothing_again(run: Run, drawn: Path) -> None:
    where = run.folder.reader("heat", 1, 1, folds=1, repeats=1) / "weights.safetensors"
    before = where.stat().st_mtime_ns
    write_study(drawn, marking_study()).run(out=drawn / "runs")
    assert where.stat().st_mtime_ns == before


def test_a_point_without_a_radius_stops_with_its_row(drawn: Path, tmp_path: Path) -> None:
    cases = draw_cases(tmp_path)
    cases.loc[4, "points"] = "1 2 3"
    write_csv(cases, tmp_path / "cases.csv")
    with pytest.raises(CaseTableError) as raised:
        write_study(tmp_path, marking_study()).check(out=tmp_path / "runs")
    assert "row 6" in str(raised.value)
    assert "without a radius" in str(raised.value)


def test_a_table_without_points_says_what_to_add(tmp_path: Path) -> None:
    write_csv(draw_cases(tmp_path).drop(columns="points"), tmp_path / "cases.csv")
    with pytest.raises(CaseTableError, match="there is no column points"):
        write_study(tmp_path, marking_study()).check(out=tmp_path / "runs")


def test_without_classes_an_empty_cell_means_that_there_is_no_lesion(tmp_path: Path) -> None:
    write_csv(draw_cases(tmp_path).drop(columns="label"), tmp_path / "cases.csv")
    _, audit = write_study(tmp_path, marking_study()).check(out=tmp_path / "runs")
    assert audit["points"]["without_lesion"] == COUNT // 2
    assert audit["points"]["unknown"] == 0


READER = {"network": "unet_3d", "weights": "random", "detector": "heatmap"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input": {"size": 16}}, "around: whole"),
        ({"input": {"size": 20, "stack": {"kind": "volume", "planes": 16, "spacing": [1, 1, 1], "around": "whole"}}},
         "input.size must be a multiple of 8"),
        ({"readers": [READER | {"network": "resnet18"}]}, "needs network: unet_3d"),
        ({"readers": [READER | {"window": 64}]}, "window does not go with detector: heatmap"),
        ({"readers": [{"network": "resnet18_3d"}], "task": {"kind": "classification"}}, "for readers with detector"),
        ({"readers": [READER | {"detector": "fcos", "patches": 3}]}, "patches needs detector: heatmap"),
        ({"augmentation": {"elastic": {"alpha": 5, "sigma": 4}}}, "augmentation.elastic does not go"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(StudyFileError, match=said):
        write_study(tmp_path, marking_study(**changes, arms={}))


def test_lesions_are_dealt_among_patients_of_a_part_and_those_tested_stay() -> None:
    places = [np.full((1, 4), row / 10) for row in range(8)]
    dealt = deal_points(places, np.array(list("aabbccdd")), (np.arange(4), np.array([4, 5])), seed=3)
    assert [float(one[0, 0]) for one in dealt if one is not None] == [0.2, 0.3, 0.0, 0.1, 0.4, 0.5, 0.6, 0.7]
