"""A study of DICOM slices: from the series through the labels to readings, the same as of the same pixels as PNG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from readingroom.cases.dicom.collect import collect_series
from readingroom.cases.phantoms import draw_fistula_phantoms
from readingroom.core.tables import read_table
from readingroom.reading.bundle import load_bundle
from readingroom.reading.files import read_files
from readingroom.reading.pipeline import prepare_file
from readingroom.reading.preprocessing import Preprocessing
from readingroom.study import Run

from .conftest import write_study

pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")


@pytest.fixture(scope="module")
def pelvis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("肛瘘")
    draw_fistula_phantoms(folder / "ph", patients=10, size=(64, 64), seed=3)
    slices = read_table(folder / "ph" / "cases.csv").astype({"slice": int})
    ranges = slices.groupby("patient").agg(
        first_slice=("slice", "min"), last_slice=("slice", "max"), label=("label", "first")
    )
    ranges.reset_index().to_csv(folder / "labels.csv", index=False)
    collect_series(folder / "ph" / "dicom", folder / "cases.csv", labels=folder / "labels.csv")
    return folder


def study_of(table: str, **changes: Any) -> dict[str, Any]:
    return {
        "study": "fistula",
        "cases": table,
        "phantoms": True,
        "task": {"classes": ["normal", "fistula"]},
        "partition": {"training": 0.4, "validation": 0.3, "test": 0.3, "seed": 7},
        "input": {"view": "whole", "size": 64, "window": "file"},
        "readers": [{"network": "resnet18", "weights": "random"}],
        "training": {"epochs": 1, "batch": 16, "precision": "float32"},
        **changes,
    }


@pytest.fixture(scope="module")
def run(pelvis: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return write_study(pelvis, study_of("cases.csv")).run(out=tmp_path_factory.mktemp("runs"))


def test_a_folder_of_series_becomes_a_report(run: Run) -> None:
    assert run.report.is_file()
    assert set(run.audit["images"]["windowed"]) == {"file"}
    assert {"patient", "series", "slice", "position_mm"} <= set(run.readings)
    assert "by the window that each file gives" in (run.folder.report / "methods.md").read_text()
    assert load_bundle(run.folder.path / "readers" / "resnet18-random").preprocessing.window == "file"


def test_dicom_files_and_the_same_pixels_as_png_are_read_alike(run: Run, pelvis: Path, tmp_path: Path) -> None:
    reader = run.folder.path / "readers" / "resnet18-random"
    rows = read_table(pelvis / "ph" / "cases.csv").head(12)
    by_dicom, _ = read_files(reader, [pelvis / "ph" / name for name in rows["dicom"]], out=tmp_path / "d.csv")
    by_png, _ = read_files(reader, [pelvis / "ph" / name for name in rows["image"]], out=tmp_path / "p.csv")
    scores = ["score_normal", "score_fistula"]
    np.testing.assert_array_equal(by_dicom[scores], by_png[scores])
    assert by_dicom["patient"].tolist() == rows["patient"].tolist()
    assert by_dicom["position_mm"].tolist() == rows["z_mm"].astype(float).tolist()
    assert "patient" not in by_png


def test_a_folder_is_read_with_slices_numbered_from_the_feet(run: Run, pelvis: Path, tmp_path: Path) -> None:
    reader = run.folder.path / "readers" / "resnet18-random"
    readings, unread = read_files(reader, [pelvis / "ph" / "dicom" / "P00002"], out=tmp_path / "r.csv")
    assert not unread
    assert readings["slice"].tolist() == list(range(1, 19))
    assert pd.read_csv(tmp_path / "r.csv")["series"].unique().tolist() == ["P00002-E1-S1"]


@pytest.mark.parametrize("window", ["percentiles", {"percentiles": [2, 98]}, {"centre": 700, "width": 1300}])
def test_stored_values_as_16_bit_png_are_windowed_alike(pelvis: Path, tmp_path: Path, window: Any) -> None:
    contract = Preprocessing.from_dict({**Preprocessing("auto", 64, "stretch").as_dict(), "window": window})
    for place, path in enumerate(sorted((pelvis / "ph" / "dicom").rglob("*.dcm"))[::40]):
        png = tmp_path / f"{place}.png"
        png.write_bytes(cv2.imencode(".png", pydicom.dcmread(path).pixel_array)[1].tobytes())
        np.testing.assert_array_equal(prepare_file(path, contract), prepare_file(png, contract))


def test_the_phantoms_table_of_dicom_slices_runs_without_its_column_of_patients(pelvis: Path, tmp_path: Path) -> None:
    table = read_table(pelvis / "ph" / "dicom-cases.csv")
    assert table["image"].str.endswith(".dcm").all()
    table[["image", "label"]].to_csv(pelvis / "ph" / "bare.csv", index=False)
    folder, audit = write_study(pelvis, study_of("ph/bare.csv", study="bare")).check(out=tmp_path)
    codes = [one["code"] for one in audit["warnings"]]
    assert "patients-from-files" in codes
    assert audit["patients"]["known"]
    parts = pd.read_csv(folder.partition, encoding="utf-8-sig").merge(table[["image", "patient"]], on="image")
    assert parts.groupby("patient_y")["split"].nunique().max() == 1


def test_files_without_a_window_are_counted_where_the_files_window_is_asked_for(pelvis: Path, tmp_path: Path) -> None:
    copies = pelvis / "ph" / "windowless"
    table = read_table(pelvis / "ph" / "dicom-cases.csv").drop(columns="outline")
    for number, image in enumerate(table["image"]):
        dataset = pydicom.dcmread(pelvis / "ph" / image)
        if number % 3 == 0:
            del dataset.WindowCenter
        (copies / image).parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(copies / image)
    table.to_csv(copies / "cases.csv", index=False)
    _, audit = write_study(pelvis, study_of("ph/windowless/cases.csv", study="windowless")).check(out=tmp_path)
    missing = -(-len(table) // 3)
    assert audit["images"]["windowed"] == {"file": len(table) - missing, "missing": missing}
    assert "window-missing" in [one["code"] for one in audit["warnings"]]
