"""Phantom films: mammograms whose boxes hold the specks, and chest films of either photometric interpretation."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from readingroom.cases.images import read_image
from readingroom.cases.phantoms import draw_chest_phantoms, draw_mammogram_phantoms
from readingroom.cases.phantoms.films.chest import draw_chest, finding_of
from readingroom.cases.phantoms.films.findings import FINDINGS
from readingroom.cases.phantoms.films.mammograms import draw_mammogram
from readingroom.cases.phantoms.films.radiograph import HIGHEST, PHOTOMETRICS, write_film
from readingroom.cases.phantoms.visits import Visit
from readingroom.core.errors import CaseTableError, OutputError
from readingroom.core.files import hash_file

pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")

FILM, CHEST = (160, 128), (96, 88)


def digest(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


def corners(cell: str) -> list[list[int]]:
    return [[int(number) for number in box.split()] for box in cell.split(";")]


@pytest.fixture(scope="module")
def mammograms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_mammogram_phantoms(tmp_path_factory.mktemp("m") / "films", patients=24, size=FILM, seed=3, workers=1)


@pytest.fixture(scope="module")
def chests(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_chest_phantoms(tmp_path_factory.mktemp("c") / "films", patients=60, size=CHEST, seed=3, workers=1)


def test_the_same_seed_draws_the_same_bytes_whatever_the_number_of_workers(mammograms: Path, chests: Path) -> None:
    for table, draw, size, count in ((mammograms, draw_mammogram_phantoms, FILM, 24),
                                     (chests, draw_chest_phantoms, CHEST, 60)):  # fmt: skip
        before = digest(table.parent)
        shutil.rmtree(table.parent)
        draw(table.parent, patients=count, size=size, seed=3, workers=3)
        assert digest(table.parent) == before


def test_a_larger_collection_begins_with_the_smaller_one(mammograms: Path, tmp_path: Path) -> None:
    few = digest(draw_mammogram_phantoms(tmp_path, patients=3, size=FILM, seed=3).parent)
    many = digest(mammograms.parent)
    assert all(many[name] == own for name, own in few.items() if name.startswith("images"))


def test_other_parameters_are_not_mixed_in_and_impossible_ones_are_named(mammograms: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="other parameters"):
        draw_mammogram_phantoms(mammograms.parent, patients=24, size=FILM, seed=4)
    with pytest.raises(CaseTableError) as caught:
        draw_chest_phantoms(tmp_path, patients=0, images_per_patient=(2, 1), difficulty=3)
    assert {problem.where for problem in caught.value.problems} == {"patients", "images_per_patient", "difficulty"}


@pytest.mark.parametrize("side", ["L", "R"])
def test_all_that_a_cluster_changes_lies_in_its_box(side: str) -> None:
    for patient in range(1, 6):
        ill = draw_mammogram(patient, side, True, (640, 512), 0.3, 5)
        well = draw_mammogram(patient, side, False, (640, 512), 0.3, 5)
        changed = np.abs(ill.pixels.astype(int) - well.pixels) > 6
        inside = np.zeros_like(changed)
        for cluster in ill.clusters:
            x0, y0, x1, y1 = cluster.box_xyxy_px
            inside[y0:y1, x0:x1] = True
            assert 8 < max(x1 - x0, y1 - y0) < 60
            assert changed[y0:y1, x0:x1].sum() >= 7
        assert not (changed & ~inside).any()
        assert not well.clusters


def test_a_patient_with_calcifications_has_them_in_one_breast(mammograms: Path) -> None:
    table = pd.read_csv(mammograms)
    assert table.groupby("patient").size().eq(2).all()
    assert table.groupby("patient")["boxes"].count().max() == 1
    assert (table["boxes"].notna() == (table["label"] == "calcification")).all()
    assert table["boxes"].notna().sum() == 12
    for cell in table["boxes"].dropna():
        for x0, y0, x1, y1 in corners(cell):
            assert 0 <= x0 < x1 <= FILM[1]
            assert 0 <= y0 < y1 <= FILM[0]


def test_clusters_lie_in_the_breast(mammograms: Path) -> None:
    table = pd.read_csv(mammograms).dropna(subset="boxes")
    for image, cell in zip(table["image"], table["boxes"], strict=True):
        pixels = cv2.imread(str(mammograms.parent / image), cv2.IMREAD_GRAYSCALE)
        for x0, y0, x1, y1 in corners(cell):
            assert np.median(pixels[y0:y1, x0:x1]) > 30


def area(score: np.ndarray, positive: np.ndarray) -> float:
    """The area under the ROC curve, plainly."""
    return float(np.mean(score[positive][:, None] > score[~positive][None, :]))


def test_brightness_does_not_tell_films_with_a_cluster_or_a_finding(mammograms: Path, chests: Path) -> None:
    for table, positive in ((mammograms, "calcification"), (chests, "abnormal")):
        cases = pd.read_csv(table)
        pixels = [read_image(table.parent / name).shown("percentiles") for name in cases["image"]]
        ill = (cases["label"] == positive).to_numpy()
        for of in (np.mean, np.std):
            assert 0.3 < area(np.array([of(one) for one in pixels]), ill) < 0.7, of


def test_half_of_the_chest_films_of_each_class_are_monochrome1(chests: Path) -> None:
    cases = pd.read_csv(chests)
    cases["turned"] = [
        pydicom.dcmread(chests.parent / name).PhotometricInterpretation == "MONOCHROME1" for name in cases["image"]
    ]
    assert cases["turned"].mean() == pytest.approx(0.5, abs=0.06)
    assert cases.groupby("label")["turned"].mean().to_dict() == pytest.approx(
        {"normal": 0.5, "abnormal": 0.5}, abs=0.08
    )
    assert set(cases["finding"]) == {"none", *FINDINGS}


def visit(label: str = "abnormal", rank: int = 0, number: int = 1) -> Visit:
    day = pd.Timestamp("2021-01-02").date()
    return Visit(number, label, rank, "A", day, 50, "F", 1)


def test_a_film_of_either_interpretation_is_read_as_the_same_picture(tmp_path: Path) -> None:
    pixels = draw_chest(visit(), 1, "nodule", CHEST, 0.3, 7)
    assert pixels.max() <= HIGHEST
    for photometric in PHOTOMETRICS:
        write_film(tmp_path / f"{photometric}.dcm", pixels, photometric, visit(), 1, "kind")
    one, two = (read_image(tmp_path / f"{name}.dcm") for name in PHOTOMETRICS)
    stored = [pydicom.dcmread(tmp_path / f"{name}.dcm").pixel_array for name in PHOTOMETRICS]
    np.testing.assert_array_equal(stored[0], pixels)
    np.testing.assert_array_equal(stored[0] + stored[1], HIGHEST)
    for window in ("percentiles", "file"):
        np.testing.assert_array_equal(one.shown(window), two.shown(window))


def test_each_finding_changes_the_film_and_the_heart_is_wider_where_it_is_enlarged() -> None:
    plain = draw_chest(visit(), 1, "none", (192, 176), 0.2, 7).astype(int)
    for finding in FINDINGS:
        changed = np.abs(draw_chest(visit(), 1, finding, (192, 176), 0.2, 7) - plain) > 200
        assert 0.002 < changed.mean() < 0.25, finding
    assert [finding_of(visit(rank=rank)) for rank in range(5)] == list(FINDINGS)
    assert finding_of(visit("normal")) == "none"


def test_dciodvfy_finds_no_fault_in_films(chests: Path) -> None:
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    for path in sorted((chests.parent / "images").iterdir())[:4]:
        said = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
        assert "Error" not in said.stdout + said.stderr
        assert "Warning" not in said.stdout + said.stderr
