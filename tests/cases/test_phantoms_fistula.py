"""Phantoms of magnetic resonance: the volume, the DICOM series, the case table, and what happens on a second call."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import Counter

import cv2
import numpy as np
import pytest

from readingroom.cases.phantoms import FISTULA_PATIENTS, FISTULA_SHARES, draw_fistula_phantoms
from readingroom.cases.phantoms.pelvis.fistula import plan_fistula_cohort
from readingroom.cases.phantoms.pelvis.scanner import HIGHEST
from readingroom.cases.phantoms.pelvis.series import Window, show, window_of
from readingroom.cases.phantoms.pelvis.volume import (
    SLICES,
    draw_pelvis,
    plan_pelvis_scene,
    trace_way,
)
from readingroom.cases.table import load_cases
from readingroom.core.errors import CaseTableError, OutputError
from readingroom.core.files import hash_file
from readingroom.core.tables import read_table

pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")

SIZE = (64, 64)
SMALL = {"size": SIZE, "seed": 3}
COLUMNS = ["image", "label", "patient", "exam", "lesion", "slice", "z_mm", "outline", "dicom", "date", "age", "sex"]


def digest(folder):
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


def scene(label="fistula", seed=4, **changes):
    return plan_pelvis_scene(label, "M", seed=seed, **changes)


def picture(path):
    return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantoms") / "肛瘘 phantoms"
    draw_fistula_phantoms(folder, patients=5, workers=1, **SMALL)
    return folder


@pytest.fixture(scope="module")
def series(drawn):
    """The first patient's files, from the feet up."""
    return [pydicom.dcmread(path) for path in sorted((drawn / "dicom" / "P00001").iterdir())]


def test_the_same_seed_draws_the_same_volume():
    first, second = draw_pelvis(scene(), SIZE), draw_pelvis(scene(), SIZE)
    assert np.array_equal(first.pixels, second.pixels)
    assert np.array_equal(first.mask, second.mask)
    assert not np.array_equal(first.pixels, draw_pelvis(scene(seed=5), SIZE).pixels)


def test_a_volume_has_twelve_bits_of_sixteen_and_noise_in_the_air():
    pixels = draw_pelvis(scene(), SIZE).pixels
    assert pixels.dtype == np.uint16
    assert pixels.shape == (SLICES, *SIZE)
    assert pixels.max() <= HIGHEST
    corner = pixels[:, :4, :4]
    assert corner.std() > 0
    assert 1.5 < corner.mean() / corner.std() < 2.4  # 1.91 by Rayleigh's law


def test_only_a_fistula_has_a_mask_and_a_normal_phantom_the_same_way():
    ill, well = (draw_pelvis(scene(label), SIZE) for label in ("fistula", "normal"))
    assert np.array_equal(ill.mask, trace_way(scene("normal"), SIZE))
    assert ill.mask.any()
    assert not well.mask.any()


def test_a_tract_is_one_way_through_neighbouring_slices():
    for seed in range(6):
        there = np.flatnonzero(trace_way(scene(seed=seed), (125, 125)).any(axis=(1, 2)))
        assert len(there) >= 3, seed
        assert (np.diff(there) == 1).all(), seed


def test_slices_far_from_the_tract_are_those_of_the_normal_phantom():
    ill, well = (draw_pelvis(scene(label), SIZE).pixels.astype(int) for label in ("fistula", "normal"))
    changed = (np.abs(ill - well) > 0).any(axis=(1, 2))
    assert changed.any()
    assert not changed[-3:].any()


def test_a_tract_stands_out_less_as_difficulty_rises():
    def contrast(level):
        volumes = [[draw_pelvis(plan_pelvis_scene(label, "M", seed=seed, difficulty=level), SIZE)
                    for label in ("fistula", "normal")] for seed in range(3)]  # fmt: skip
        return np.mean([np.abs(ill.pixels.astype(float) - well.pixels).sum() / well.pixels.std()
                        for ill, well in volumes])  # fmt: skip

    assert contrast(0.0) > contrast(1.0) > 0


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (64, 21)])
def test_any_size_can_be_drawn(size, tmp_path):
    table = read_table(draw_fistula_phantoms(tmp_path, patients=2, size=size, seed=2))
    assert table["patient"].nunique() == 2
    assert picture(tmp_path / table["image"][0]).shape == size
    assert pydicom.dcmread(tmp_path / table["dicom"][0]).pixel_array.shape == size


def test_an_unknown_class_is_a_key_error():
    with pytest.raises(KeyError):
        scene("abscess")


def test_the_cohort_has_the_patients_of_the_study():
    cohort = plan_fistula_cohort(FISTULA_PATIENTS, FISTULA_SHARES, seed=7)
    assert Counter(patient.label for patient in cohort) == {"normal": 45, "fistula": 58}
    assert plan_fistula_cohort(20, FISTULA_SHARES, seed=7) == cohort[:20]


def test_the_table_has_its_columns_and_every_file_it_names(drawn):
    table = read_table(drawn / "cases.csv")
    assert list(table.columns) == COLUMNS
    assert set(table["label"]) == {"normal", "fistula"}
    assert table["image"].is_unique
    assert all((drawn / name).is_file() for name in [*table["image"], *table["dicom"], *table["outline"].dropna()])
    assert (table.groupby("patient")["label"].nunique() == 1).all()
    assert (table["outline"].isna() == (table["label"] == "normal")).all()
    assert (table.groupby("patient").size() >= 2).all()
    assert len(load_cases(drawn / "cases.csv", classes=["normal", "fistula"]).frame) == len(table)


def test_outlines_hold_a_tract_and_have_the_image_s_size(drawn):
    outlines = [drawn / name for name in read_table(drawn / "cases.csv")["outline"].dropna()]
    assert outlines
    for outline in outlines:
        assert picture(outline).shape == SIZE
        assert set(np.unique(picture(outline))) == {0, 255}


def test_the_levels_of_normal_and_fistula_are_of_one_distribution():
    levels = {label: [np.flatnonzero(trace_way(scene(label, seed), (32, 32)).any(axis=(1, 2))) for seed in range(5)]
              for label in ("normal", "fistula")}  # fmt: skip
    for well, ill in zip(levels["normal"], levels["fistula"], strict=True):
        assert np.array_equal(well, ill)


def test_slices_are_the_series_in_its_window(drawn, series):
    row = read_table(drawn / "cases.csv").query("patient == 'P00001'").iloc[0]
    header = pydicom.dcmread(drawn / row["dicom"])
    window = Window(int(header.WindowCenter), int(header.WindowWidth))
    assert np.array_equal(picture(drawn / row["image"]), show(header.pixel_array, window))
    assert float(header.ImagePositionPatient[2]) == float(row["z_mm"])
    assert int(header.InstanceNumber) == int(row["slice"])
    assert window == window_of(np.stack([one.pixel_array for one in series]))


def test_the_series_has_the_geometry_and_the_values_of_the_study(series):
    assert len(series) == SLICES
    heights = [float(one.ImagePositionPatient[2]) for one in series]
    assert np.allclose(np.diff(heights), 6.0)
    for one in series:
        assert [float(value) for value in one.ImageOrientationPatient] == [1, 0, 0, 0, 1, 0]
        spacing = [float(value) for value in one.PixelSpacing]
        assert np.allclose(spacing, [250 / 64] * 2)
        assert np.allclose([float(v) for v in one.ImagePositionPatient[:2]], [spacing[0] / 2 - 125] * 2)
        values = one.SliceThickness, one.SpacingBetweenSlices, one.RepetitionTime, one.EchoTime, one.FlipAngle
        assert [float(value) for value in values] == [4, 6, 4.4, 1.54, 10]
        assert float(one.MagneticFieldStrength) == 3.0


def test_at_full_size_a_voxel_is_one_millimetre_wide(tmp_path):
    table = read_table(draw_fistula_phantoms(tmp_path, patients=1, seed=2))
    header = pydicom.dcmread(tmp_path / table["dicom"][0])
    assert [float(value) for value in header.PixelSpacing] == [1, 1]
    assert (header.Rows, header.Columns) == (250, 250)


def test_every_file_says_that_it_is_a_phantom_and_of_nobody(series):
    for one in series:
        assert "PHANTOM" in one.ImageComments
        assert "PHANTOM" in one.SeriesDescription
        assert one.PatientIdentityRemoved == "YES"
        assert one.PatientBirthDate == one.InstitutionName == one.ReferringPhysicianName == one.AccessionNumber == ""


def test_identifiers_hold_a_series_together_and_patients_apart(drawn):
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in sorted((drawn / "dicom").rglob("*.dcm"))]
    assert len(headers) == 5 * SLICES
    assert len({one.SOPInstanceUID for one in headers}) == len(headers)
    for name in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        pairs = {(one.PatientID, one[name].value) for one in headers}
        assert len(pairs) == len({uid for _, uid in pairs}) == 5
    assert all(one.file_meta.MediaStorageSOPInstanceUID == one.SOPInstanceUID for one in headers)


def test_volumes_of_other_parameters_have_other_identifiers(drawn, tmp_path):
    draw_fistula_phantoms(tmp_path, patients=1, size=(32, 32), seed=3)
    one, two = (pydicom.dcmread(folder / "dicom" / "P00001" / "IM0001.dcm") for folder in (drawn, tmp_path))
    assert one.SOPInstanceUID != two.SOPInstanceUID


def test_dciodvfy_finds_no_fault(drawn):
    program = shutil.which("dciodvfy")
    if program is None:
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    for path in sorted((drawn / "dicom").rglob("*.dcm"))[:: SLICES // 2]:
        said = subprocess.run([program, str(path)], capture_output=True, text=True, check=False)
        assert "Error" not in said.stdout + said.stderr
        assert "Warning" not in said.stdout + said.stderr
        assert said.returncode == 0


def test_several_workers_write_the_same_bytes_as_one(drawn, tmp_path):
    draw_fistula_phantoms(tmp_path, patients=5, workers=3, **SMALL)
    assert digest(tmp_path) == digest(drawn)


def test_a_second_call_puts_back_what_is_missing_and_adds_patients(drawn, tmp_path):
    draw_fistula_phantoms(tmp_path, patients=2, **SMALL)
    for folder in ("images", "masks", "dicom/P00002"):
        next((tmp_path / folder).iterdir()).unlink()
    (tmp_path / "cases.csv").unlink()
    draw_fistula_phantoms(tmp_path, patients=5, **SMALL)
    assert digest(tmp_path) == digest(drawn)


def test_phantoms_of_other_parameters_are_not_mixed(drawn):
    with pytest.raises(OutputError, match="other parameters"):
        draw_fistula_phantoms(drawn, patients=5, **{**SMALL, "seed": 4})


def test_all_impossible_arguments_are_named_at_once(tmp_path):
    wrong = {"patients": 0, "size": (8, 8), "difficulty": 1.5, "shares": {"abscess": 1}, "workers": 0}
    with pytest.raises(CaseTableError) as caught:
        draw_fistula_phantoms(tmp_path / "none", **wrong)
    assert {problem.where for problem in caught.value.problems} == set(wrong)
    assert not (tmp_path / "none").exists()


def test_without_pydicom_it_is_said_before_anything_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(OutputError, match=r"readingroom\[dicom\]"):
        draw_fistula_phantoms(tmp_path / "none", patients=1, **SMALL)
    assert not (tmp_path / "none").exists()
