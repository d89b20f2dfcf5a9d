"""Phantoms of dynamic imaging: the course of the mass tells its class, no single phase does."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from readingroom.cases.phantoms import draw_dynamic_phantoms
from readingroom.cases.phantoms.dynamic.breast import axes_mm, draw_phases, lesion_distance, lesion_uptake
from readingroom.cases.phantoms.dynamic.folder import DYNAMIC_SHARES, plan_dynamic
from readingroom.cases.phantoms.stacks.cohort import plan_stack_cohort
from readingroom.cases.phantoms.stacks.folder import StackOrder
from readingroom.core.tables import read_table

SIZE = (48, 48)


@pytest.fixture(scope="module")
def cohort():
    order = StackOrder("none", 160, SIZE, 0.3, 7, DYNAMIC_SHARES)
    patients = plan_stack_cohort(160, DYNAMIC_SHARES, list(DYNAMIC_SHARES), seed=7, kind="dynamic")
    return [plan_dynamic(one, order) for one in patients]


@pytest.fixture(scope="module")
def courses(cohort):
    """Mean signal of the mass in each phase."""
    still = axes_mm(SIZE, np.zeros(2, np.float32))
    masks = [lesion_distance(one.scene.lesion, *still) < 0 for one in cohort]
    return [draw_phases(one.scene, SIZE)[:, mask].mean(axis=1) for one, mask in zip(cohort, masks, strict=True)]


def test_no_single_phase_tells_the_class(cohort, courses):
    ill = [one.patient.label == "malignant" for one in cohort]
    for phase in (0, 1, 2, -2, -1):
        area = roc_auc_score(ill, [course[phase] for course in courses])
        assert 0.35 < area < 0.65, phase


def test_the_course_tells_the_class(cohort, courses):
    ill = [one.patient.label == "malignant" for one in cohort]
    slopes = [(course[-1] - course[1]) / course[1] for course in courses]
    assert roc_auc_score(ill, slopes) < 0.05


def test_a_mass_takes_up_nothing_before_the_injection_and_most_of_it_within_a_minute(cohort):
    for one in cohort[:10]:
        assert lesion_uptake(one.scene.lesion, 0) == 0
        assert lesion_uptake(one.scene.lesion, 60) > 0.6 * one.scene.lesion.uptake


def test_a_folder_holds_the_phases_of_its_row_with_sixteen_bits(tmp_path):
    table = read_table(draw_dynamic_phantoms(tmp_path, patients=8, size=SIZE, seed=2))
    assert table["phases"].nunique() > 1
    for name, phases, times in zip(table["image"], table["phases"].astype(int), table["times_s"], strict=True):
        files = sorted((tmp_path / name).iterdir())
        assert [path.name for path in files] == [f"{number:02d}.png" for number in range(phases)]
        pictures = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in files]
        assert all(one.dtype == np.uint16 and one.shape == SIZE for one in pictures)
        assert len(times.split()) == phases
        assert [float(one) for one in times.split()] == sorted(float(one) for one in times.split())
