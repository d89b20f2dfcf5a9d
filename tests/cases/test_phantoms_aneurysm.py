"""Phantoms of angiography: aneurysms are where the table says and as large; normal patients have none."""

from __future__ import annotations

import numpy as np
import pytest

from readingroom.cases.phantoms import draw_aneurysm_phantoms
from readingroom.cases.phantoms.aneurysm.folder import ANEURYSM_SHARES, plan_patient
from readingroom.cases.phantoms.stacks.cohort import plan_stack_cohort
from readingroom.cases.phantoms.stacks.folder import StackOrder
from readingroom.core.tables import read_table

nibabel = pytest.importorskip("nibabel", reason="volumes need the extra 'volumes'")


@pytest.fixture(scope="module")
def cohort():
    order = StackOrder("none", 120, (96, 96), 0.3, 7, ANEURYSM_SHARES)
    patients = plan_stack_cohort(120, ANEURYSM_SHARES, list(ANEURYSM_SHARES), seed=7, kind="aneurysm")
    return [plan_patient(one, order) for one in patients]


def test_one_to_three_aneurysms_of_three_to_eight_millimetres_and_none_in_normal_patients(cohort):
    counts = {
        label: {len(one.head.aneurysms) for one in cohort if one.patient.label == label} for label in ANEURYSM_SHARES
    }
    assert counts == {"normal": {0}, "aneurysm": {1, 2, 3}}
    diameters = [2 * sac.radius_mm for one in cohort for sac in one.head.aneurysms]
    assert 3 <= min(diameters) < max(diameters) <= 8


def test_swellings_are_in_patients_of_both_classes(cohort):
    assert {one.patient.label for one in cohort if len(one.head.swellings.points_mm)} == {"normal", "aneurysm"}


def test_all_aneurysms_lie_in_the_volume(cohort):
    for one in cohort:
        for sac in one.head.aneurysms:
            index = np.array(one.grid.index(sac.place))
            assert (index >= 0).all()
            assert (index < one.grid.shape).all()


def test_the_file_is_bright_at_its_points_and_as_far_as_the_radius_says(tmp_path):
    table = read_table(draw_aneurysm_phantoms(tmp_path, patients=6, seed=2))
    assert (table["points"].isna() == (table["label"] == "normal")).all()
    for name, points in zip(table["image"], table["points"], strict=True):
        image = nibabel.load(tmp_path / name)
        voxels = np.asarray(image.dataobj, float)
        assert np.allclose(np.abs(np.linalg.det(image.affine[:3, :3])) ** (1 / 3), 92 / 96, atol=1e-3)
        for ball in points.split("; ") if isinstance(points, str) else []:
            x, y, z, r = (float(one) for one in ball.split())
            grid = np.stack(np.meshgrid(*map(np.arange, voxels.shape), indexing="ij"), -1)
            places = grid @ image.affine[:3, :3].T + image.affine[:3, 3]
            inside = np.linalg.norm(places - [-x, -y, z], axis=-1) < r - 0.5
            assert inside.any()
            assert voxels[inside].mean() > 2.2 * np.median(voxels)
