"""Phantoms of the anal canal: the pictures, the cohort, the case table, and what happens on a second call."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest

from readingroom.cases.phantoms import (
    ANAL_CLASSES,
    ANAL_PATIENTS,
    ANAL_SHARES,
    RISK_FACTORS,
    draw_anal_phantom,
    draw_haemorrhoid_phantoms,
    plan_anal_scene,
)
from readingroom.cases.phantoms.anal_scenes import GRADES, anal_scenes, plan_anus
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.haemorrhoids import plan_anal_cohort
from readingroom.cases.phantoms.view import view_area
from readingroom.cases.table import load_cases
from readingroom.core.errors import CaseTableError, OutputError
from readingroom.core.files import hash_file
from readingroom.core.tables import read_table

SIZE = (120, 140)
SMALL = {"size": (48, 64), "images_per_patient": (1, 2), "seed": 3}
COLUMNS = ["image", "label", "rf", "patient", "exam", "lesion", "site", "centre", "date", "outline", "age", "sex"]


def digest(folder):
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


def cohort(patients, **changes):
    return plan_anal_cohort(patients, **{"shares": ANAL_SHARES, "images_per_patient": (2, 5), "seed": 7, **changes})


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantoms") / "内痔 phantoms"
    draw_haemorrhoid_phantoms(folder, patients=12, workers=1, **SMALL)
    return folder


@pytest.mark.parametrize("label", ANAL_CLASSES)
def test_the_same_seed_draws_the_same_pixels(label):
    first, second = (draw_anal_phantom(plan_anal_scene(label, seed=5), SIZE) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


def test_shots_of_a_seed_show_the_same_patient_from_elsewhere():
    one, two = (plan_anal_scene("Rf1", seed=5, shot=shot) for shot in (1, 2))
    assert one.cushions == two.cushions
    assert one.canal == two.canal
    assert one.shot.camera.position.tolist() != two.shot.camera.position.tolist()


def test_a_normal_phantom_has_cushions_but_no_outline():
    scene = plan_anal_scene("normal", seed=8)
    assert scene.cushions
    assert not draw_anal_phantom(scene, SIZE)[1].any()


@pytest.mark.parametrize("label", RISK_FACTORS)
def test_haemorrhoids_are_in_view_beside_the_shaft(label):
    for seed in range(12):
        outline = draw_anal_phantom(plan_anal_scene(label, seed=seed), SIZE)[1]
        assert set(np.unique(outline)) == {0, 255}
        assert 0.004 < (outline > 0).mean() < 0.6, seed


@pytest.mark.parametrize("label", RISK_FACTORS)
def test_the_worst_cushion_is_seen_in_every_image(label):
    for seed in range(12):
        scene = plan_anal_scene(label, seed=seed)
        alone = draw_anal_phantom(replace(scene, cushions=scene.cushions[:1]), SIZE)[1]
        assert (alone > 0).sum() > 40, seed


def test_grades_differ_by_their_signs_and_not_by_their_size_alone():
    meaning = difficulty_of(0.3)
    worst = {label: [plan_anus(label, seed, meaning).cushions[0] for seed in range(30)] for label in RISK_FACTORS}
    assert all(
        one.signs.red == one.signs.erosion == one.signs.thrombus == one.signs.bleeding == 0 for one in worst["Rf0"]
    )
    assert all(one.signs.red > 0 and one.signs.erosion == one.signs.bleeding == 0 for one in worst["Rf1"])
    assert all(one.signs.erosion + one.signs.thrombus + one.signs.bleeding > 0 for one in worst["Rf2"])
    assert max(one.height for one in worst["Rf0"]) > min(one.height for one in worst["Rf2"])


def test_spans_of_neighbouring_grades_overlap():
    for low, high in pairwise(ANAL_CLASSES):
        assert GRADES[low].radius[1] > GRADES[high].radius[0]
        assert GRADES[low].congestion[1] > GRADES[high].congestion[0]


def test_haemorrhoids_stand_out_less_as_difficulty_rises():
    heights = [np.mean([plan_anal_scene("Rf1", seed=seed, difficulty=level).cushions[0].height for seed in range(20)])
               for level in (0.0, 0.5, 1.0)]  # fmt: skip
    assert heights[0] > heights[1] > heights[2] > 0


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (33, 17), (97, 128), (64, 301)])
def test_any_size_can_be_drawn(size):
    pixels, outline = draw_anal_phantom(plan_anal_scene("Rf2", seed=2), size)
    assert pixels.shape == (*size, 3)
    assert pixels.dtype == outline.dtype == np.uint8
    assert outline.shape == size
    assert pixels.std() > 5


@pytest.mark.parametrize("shape", ["octagon", "circle", "rectangle"])
def test_picture_and_outline_end_at_the_view(shape):
    pixels, outline = draw_anal_phantom(plan_anal_scene("Rf2", seed=3), SIZE, shape)
    inside = view_area(shape, SIZE).inside
    assert not pixels[~inside].any()
    assert not outline[~inside].any()


def test_an_unknown_class_is_a_key_error():
    with pytest.raises(KeyError):
        plan_anal_scene("Rf3", seed=1)


def test_the_cohort_has_the_shares_and_about_the_images_of_the_study():
    patients = cohort(ANAL_PATIENTS)
    images = Counter()
    for patient in patients:
        images[patient.lesions[0].label] += patient.lesions[0].images
    assert set(images) == set(ANAL_CLASSES)
    for label, published in ANAL_SHARES.items():
        assert images[label] == pytest.approx(published, rel=0.1), label
    assert cohort(40) == patients[:40]


def test_the_panel_is_the_same_whatever_the_class():
    patient = cohort(1)[0]
    panels = []
    for label in ("normal", "Rf2"):
        lesions = tuple(replace(lesion, label=label) for lesion in patient.lesions)
        panels.append([scene.panel for scene in anal_scenes(replace(patient, lesions=lesions), 0.5, 7)])
    assert panels[0] == panels[1]
    assert "PHANTOM" in panels[0][0].lines


def test_the_table_has_its_columns_and_every_file_it_names(drawn):
    table = read_table(drawn / "cases.csv")
    assert list(table.columns) == COLUMNS
    assert table["image"].is_unique
    assert all((drawn / name).is_file() for name in [*table["image"], *table["outline"].dropna()])
    assert (table.groupby("patient")["rf"].nunique() == 1).all()
    assert ((table["label"] == "normal") == (table["rf"] == "normal")).all()
    assert (table["outline"].isna() == (table["label"] == "normal")).all()


def test_outlines_are_masks_of_the_image_s_size(drawn):
    masks = [cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED) for path in (drawn / "masks").iterdir()]
    assert masks
    assert all(mask.shape == (48, 64) and set(np.unique(mask)) == {0, 255} for mask in masks)


def test_one_table_serves_both_tasks(drawn):
    presence = load_cases(drawn / "cases.csv", classes=["normal", "haemorrhoid"])
    grade = load_cases(drawn / "cases.csv", label="rf", classes=["Rf0", "Rf1", "Rf2"])
    assert set(presence.frame["label"]) == {"normal", "haemorrhoid"}
    assert set(grade.frame["label"]) == set(RISK_FACTORS)
    assert len(grade.frame) == (presence.frame["label"] == "haemorrhoid").sum()


def test_several_workers_write_the_same_bytes_as_one(drawn, tmp_path):
    draw_haemorrhoid_phantoms(tmp_path, patients=12, workers=3, **SMALL)
    assert digest(tmp_path) == digest(drawn)


def test_a_second_call_puts_back_what_is_missing_and_adds_patients(drawn, tmp_path):
    draw_haemorrhoid_phantoms(tmp_path, patients=4, **SMALL)
    next((tmp_path / "images").iterdir()).unlink()
    (tmp_path / "cases.csv").unlink()
    draw_haemorrhoid_phantoms(tmp_path, patients=12, **SMALL)
    assert digest(tmp_path) == digest(drawn)


def test_phantoms_of_another_kind_or_other_parameters_are_not_mixed(drawn):
    with pytest.raises(OutputError, match="other parameters"):
        draw_haemorrhoid_phantoms(drawn, patients=12, **{**SMALL, "difficulty": 0.9})


def test_all_impossible_arguments_are_named_at_once(tmp_path):
    wrong = {"patients": 0, "images_per_patient": (3, 2), "size": (8, 8), "difficulty": 1.5, "shares": {"PU": 1}}
    with pytest.raises(CaseTableError) as caught:
        draw_haemorrhoid_phantoms(tmp_path / "none", **wrong, view_shape="star", workers=0)
    named = {problem.where for problem in caught.value.problems}
    assert named == {"patients", "images_per_patient", "size", "difficulty", "shares", "view_shape", "workers"}
    assert not (tmp_path / "none").exists()
