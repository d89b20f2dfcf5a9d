"""Phantoms of rectal cancer: depth is the stage; series differ in voxels, show one tumour, and may be missing."""

from __future__ import annotations

import numpy as np
import pytest

from readingroom.cases.phantoms import draw_rectal_phantoms
from readingroom.cases.phantoms.rectum.folder import RECTAL_SHARES, plan_patient
from readingroom.cases.phantoms.rectum.tumour import RECTAL_CLASSES, around, fascia_distance, tumour_distance
from readingroom.cases.phantoms.stacks.cohort import plan_stack_cohort
from readingroom.cases.phantoms.stacks.folder import StackOrder
from readingroom.core.tables import read_table

nibabel = pytest.importorskip("nibabel", reason="volumes need the extra 'volumes'")
pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")


@pytest.fixture(scope="module")
def cohort():
    order = StackOrder("none", 200, (96, 96), 0.25, 7, RECTAL_SHARES, {"form": "mixed"})
    patients = plan_stack_cohort(200, RECTAL_SHARES, RECTAL_CLASSES, seed=7, kind="rectal")
    return [plan_patient(one, order) for one in patients]


def tumour_mask(one, series):
    gut, (z, y, x) = one.scene.gut, one.grids[series].axes
    away, angle = around(gut, x, y, z)
    return np.broadcast_to(tumour_distance(one.scene.tumour, gut, away, angle, z) < -2, one.grids[series].shape)


def test_the_stage_is_the_depth(cohort):
    for one in cohort:
        gut, tumour = one.scene.gut, one.scene.tumour
        fascia = fascia_distance(gut, tumour.angle)
        found = "T1-2" if tumour.depth_mm < 0 else "T3" if tumour.depth_mm < fascia else "T4"
        assert found == one.patient.label


def test_within_the_wall_a_tumour_leaves_the_outside_of_the_muscle_whole(cohort):
    one = next(one for one in cohort if one.patient.label == "T1-2")
    gut, tumour = one.scene.gut, one.scene.tumour
    angle = np.linspace(-np.pi, np.pi, 60, dtype=np.float32)[None, :, None]
    z = np.linspace(-30, 30, 40, dtype=np.float32)[:, None, None]
    away = np.full((40, 60, 1), gut.radius_mm - 0.8, np.float32)
    assert (tumour_distance(tumour, gut, away, angle, z) > 0).all()
    inside = tumour_distance(tumour, gut, np.full_like(away, gut.radius_mm - 3), angle, z) < 0
    assert inside.any()


def test_length_and_width_of_a_tumour_do_not_depend_on_the_stage(cohort):
    for name in ("half_mm", "spread", "bulge_mm"):
        means = [
            np.mean([getattr(one.scene.tumour, name) for one in cohort if one.patient.label == stage])
            for stage in RECTAL_CLASSES
        ]
        assert max(means) / min(means) < 1.12


def test_one_patient_in_seven_lacks_a_series_whatever_the_stage(cohort):
    lacking = [one for one in cohort if len(one.grids) == 2]
    assert 0.08 < len(lacking) / len(cohort) < 0.22
    assert {one.patient.label for one in lacking} == set(RECTAL_CLASSES)
    assert len({tuple(one.grids) for one in lacking}) == 3
    assert {one.dicom for one in cohort} == {False, True}


def test_series_differ_in_spacing_and_slices_and_show_the_tumour_in_one_place(tmp_path):
    table = read_table(draw_rectal_phantoms(tmp_path, patients=6, size=(64, 64), seed=2, shares={"T3": 1, "T4": 1}))
    order = StackOrder(tmp_path, 6, (64, 64), 0.25, 2, {"T3": 1, "T4": 1}, {"form": "nifti"})
    patients = plan_stack_cohort(6, order.shares, RECTAL_CLASSES, seed=2, kind="rectal")
    scenes = [plan_patient(one, order) for one in patients]
    for name, series, one in zip(table["image"], table["series"], scenes, strict=True):
        files = {path.name.split(".")[0]: nibabel.load(path) for path in (tmp_path / name).iterdir()}
        assert set(files) == set(series.split()) == set(one.grids)
        assert len({image.shape[2] for image in files.values()}) == len(files)
        assert len({tuple(image.header.get_zooms()) for image in files.values()}) == len(files)
        for which in ("DWI", "DCE"):
            if which in files:
                voxels = np.asarray(files[which].dataobj).transpose(2, 1, 0)
                assert voxels[tumour_mask(one, which)].mean() > 1.8 * voxels.mean()


def test_dicom_series_lie_in_folders_of_their_own(tmp_path):
    table = read_table(draw_rectal_phantoms(tmp_path, patients=1, size=(32, 32), form="dicom"))
    folder = tmp_path / table["image"][0]
    names = {path.name for path in folder.iterdir()}
    assert names == set(table["series"][0].split())
    headers = [pydicom.dcmread(path) for path in folder.rglob("*.dcm")]
    assert len({one.SeriesInstanceUID for one in headers}) == len(names)
    assert len({one.StudyInstanceUID for one in headers}) == 1
    assert len({one.SOPInstanceUID for one in headers}) == len(headers)
