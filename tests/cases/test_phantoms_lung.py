"""Phantoms of the chest: the nodule is where the table says, in both forms of file, and size alone does not tell."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from readingroom.cases.phantoms import draw_lung_phantoms
from readingroom.cases.phantoms.lung.nodule import NODULE_CLASSES, plan_diameter
from readingroom.core.errors import OutputError
from readingroom.core.seeds import generator
from readingroom.core.tables import read_table

nibabel = pytest.importorskip("nibabel", reason="volumes need the extra 'volumes'")
pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")

SMALL = {"patients": 5, "size": (74, 104), "seed": 5}


@pytest.fixture(scope="module")
def niftis(tmp_path_factory):
    return draw_lung_phantoms(tmp_path_factory.mktemp("chests"), form="nifti", **SMALL)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    return draw_lung_phantoms(tmp_path_factory.mktemp("chests"), form="dicom", **SMALL)


def places(table):
    return [np.array([float(one) for one in text.split()]) for text in table["point"]]


def value_at(image, place_lps):
    """Hounsfield units at a place, by the affine of the file."""
    index = np.linalg.inv(image.affine) @ [-place_lps[0], -place_lps[1], place_lps[2], 1]
    return np.asarray(image.dataobj)[tuple(np.rint(index[:3]).astype(int))]


def test_the_voxel_at_the_point_is_in_the_nodule(niftis):
    table = read_table(niftis)
    for name, place in zip(table["image"], places(table), strict=True):
        image = nibabel.load(niftis.parent / name)
        assert value_at(image, place) > -300


def test_the_dicom_series_holds_the_same_volume(niftis, series):
    rows = zip(read_table(niftis)["image"], read_table(series)["image"], strict=True)
    for name, folder in rows:
        image = nibabel.load(niftis.parent / name)
        files = [pydicom.dcmread(path) for path in sorted((series.parent / folder).iterdir())]
        voxels = np.stack([one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept) for one in files])
        assert np.array_equal(voxels, np.asarray(image.dataobj).transpose(2, 1, 0))
        first = np.array([float(value) for value in files[0].ImagePositionPatient])
        assert np.allclose(image.affine[:3, 3], first * [-1, -1, 1], atol=1e-4)
        heights = [float(one.ImagePositionPatient[2]) for one in files]
        assert np.allclose(np.diff(heights), 2.5)


def test_a_chest_has_air_lung_fat_and_bone(niftis):
    voxels = np.asarray(nibabel.load(niftis.parent / read_table(niftis)["image"][0]).dataobj)
    shares = [
        np.mean((voxels > low) & (voxels < high))
        for low, high in [(-1024, -940), (-930, -790), (-160, -40), (20, 80), (300, 900)]
    ]
    assert all(share > 0.01 for share in shares)


def test_some_patients_have_two_nodules_in_one_image():
    from readingroom.cases.phantoms.lung.folder import LUNG_SHARES, plan_chest
    from readingroom.cases.phantoms.stacks.cohort import plan_stack_cohort
    from readingroom.cases.phantoms.stacks.folder import StackOrder

    order = StackOrder("none", 20, (64, 96), 0.4, 7, LUNG_SHARES, {"form": "mixed"})
    scenes = [plan_chest(one, order) for one in plan_stack_cohort(20, LUNG_SHARES, NODULE_CLASSES, seed=7, kind="lung")]
    assert {len(scene.nodules) for scene in scenes} == {1, 2}
    assert {scene.dicom for scene in scenes} == {False, True}


def test_size_alone_does_not_tell_the_class():
    rng = generator(1, "sizes")
    sizes = {label: [plan_diameter(rng, label) for _ in range(400)] for label in NODULE_CLASSES}
    both = np.concatenate([sizes["benign"], sizes["malignant"]])
    assert both.min() >= 6
    assert both.max() <= 20
    assert 0.55 < roc_auc_score(np.repeat([0, 1], 400), both) < 0.7


@pytest.mark.parametrize(("form", "library", "extra"), [("nifti", "nibabel", "volumes"), ("dicom", "pydicom", "dicom")])
def test_a_missing_library_is_said_before_anything_is_drawn(form, library, extra, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(OutputError, match=rf"readingroom\[{extra}\]"):
        draw_lung_phantoms(tmp_path / "none", form=form, **SMALL)
    assert not (tmp_path / "none").exists()
