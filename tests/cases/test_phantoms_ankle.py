"""Phantoms of ankles: two views of one ankle, of which the one that looks along a break shows it; some lack a view."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from readingroom.cases.phantoms import draw_ankle_phantoms
from readingroom.cases.phantoms.ankle.bones import VIEWS, ankle_grid, build_bones, plan_ankle, project_ankle
from readingroom.cases.phantoms.ankle.folder import ANKLE_SHARES, plan_patient
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.stacks.cohort import plan_stack_cohort
from readingroom.cases.phantoms.stacks.folder import StackOrder
from readingroom.core.seeds import generator
from readingroom.core.tables import read_table


@pytest.fixture(scope="module")
def cohort():
    order = StackOrder("none", 200, (128, 112), 0.25, 7, ANKLE_SHARES)
    patients = plan_stack_cohort(200, ANKLE_SHARES, list(ANKLE_SHARES), seed=7, kind="ankle")
    return [plan_patient(one, order) for one in patients]


def edges(film):
    """Where the film changes most from pixel to pixel."""
    return np.hypot(*np.gradient(1 - np.exp(-film / 18)))


def test_only_a_fracture_has_one_and_many_are_seen_in_one_view_of_either_kind(cohort):
    broken = [one for one in cohort if one.patient.label == "fracture"]
    assert all(one.ankle.fracture is None for one in cohort if one.patient.label == "normal")
    seen = [one.ankle.fracture.seen for one in broken]
    for views in (("ap",), ("lateral",)):
        assert 0.25 < seen.count(views) / len(seen) < 0.55
    assert {one.ankle.fracture.bone for one in broken} == {"fibula", "tibia"}


def test_one_patient_in_twelve_lacks_a_view_whatever_the_class(cohort):
    lacking = [one for one in cohort if len(one.views) == 1]
    assert 0.04 < len(lacking) / len(cohort) < 0.13
    assert {one.patient.label for one in lacking} == {"normal", "fracture"}
    assert {one.views for one in lacking} == {("ap",), ("lateral",)}


def test_a_break_makes_more_new_edges_in_the_view_that_looks_along_it(cohort):
    alone = [one for one in cohort if one.ankle.fracture is not None and len(one.ankle.fracture.seen) == 1]
    more = []
    for one in alone[:8]:
        whole = replace(one.ankle, fracture=None)
        seen = one.ankle.fracture.seen[0]
        new = {view: np.abs(edges(project_ankle(one.ankle, view)) - edges(project_ankle(whole, view))).max()
               for view in VIEWS}  # fmt: skip
        more.append(new[seen] > max(value for view, value in new.items() if view != seen))
    assert sum(more) >= 6


def test_both_views_are_sums_of_the_same_bones():
    ankle = plan_ankle("normal", difficulty_of(0.3), generator(3, "ankle"))
    straight = replace(ankle, turn_rad=dict.fromkeys(VIEWS, 0.0), tilt_rad=dict.fromkeys(VIEWS, 0.0))
    front, side = (build_bones(straight, view, ankle_grid(2.0)) for view in VIEWS)
    assert np.array_equal(front, side)


def test_bones_are_cut_off_by_no_box(cohort):
    """The part of the grid in which a bone is drawn holds all of it."""
    from readingroom.cases.phantoms.ankle import bones

    ankle = next(one.ankle for one in cohort if one.ankle.fracture is not None)
    grid = ankle_grid(2.0)
    quick = build_bones(ankle, "ap", grid)
    spare, bones._SPARE_MM = bones._SPARE_MM, 300.0
    try:
        assert np.array_equal(quick, build_bones(ankle, "ap", grid))
    finally:
        bones._SPARE_MM = spare


def test_a_folder_holds_the_views_of_its_row_with_sixteen_bits(tmp_path):
    table = read_table(draw_ankle_phantoms(tmp_path, patients=14, size=(32, 28), seed=2))
    for name, views in zip(table["image"], table["views"], strict=True):
        files = sorted((tmp_path / name).iterdir())
        assert [path.stem for path in files] == views.split()
        pictures = [cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in files]
        assert all(one.dtype == np.uint16 and one.shape == (32, 28) for one in pictures)
