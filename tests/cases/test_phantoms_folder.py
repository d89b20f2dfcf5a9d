"""Phantoms on disk: the case table, the files, and what happens on a second call."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pandas as pd
import pytest

from readingroom.cases.phantoms import CLASS_SHARES, GASTRIC_CLASSES, GASTRIC_SITES, draw_gastric_phantoms
from readingroom.cases.phantoms.cohort import plan_cohort
from readingroom.cases.phantoms.scenes import patient_scenes
from readingroom.core.errors import CaseTableError, OutputError
from readingroom.core.files import hash_file
from readingroom.core.tables import read_table

SMALL = {"size": (48, 64), "images_per_lesion": (1, 2), "seed": 3}
COLUMNS = ["image", "label", "patient", "exam", "lesion", "site", "centre", "date", "outline", "age", "sex"]


def digest(folder):
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


def cohort(patients, **changes):
    return plan_cohort(patients, **{"shares": CLASS_SHARES, "images_per_lesion": (2, 5), "seed": 7, **changes})


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phantoms") / "胃镜 phantoms"
    draw_gastric_phantoms(folder, patients=12, workers=1, **SMALL)
    return folder


def test_the_table_has_its_columns_and_every_file_it_names(drawn):
    table = read_table(drawn / "cases.csv")
    assert list(table.columns) == COLUMNS
    assert len(table) >= 12
    assert set(table["label"]) == set(GASTRIC_CLASSES)
    assert set(table["site"]) <= set(GASTRIC_SITES)
    assert all((drawn / name).is_file() for name in [*table["image"], *table["outline"].dropna()])
    assert table["image"].is_unique


def test_normal_phantoms_have_no_outline_and_all_others_have_one(drawn):
    table = read_table(drawn / "cases.csv")
    assert (table["outline"].isna() == (table["label"] == "normal")).all()


def test_outlines_are_masks_of_the_image_s_size(drawn):
    masks = [cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED) for path in (drawn / "masks").iterdir()]
    assert len(masks) >= 8
    for mask in masks:
        assert mask.shape == (48, 64)
        assert set(np.unique(mask)) <= {0, 255}


def test_the_readme_says_phantom_and_how_to_draw_them_again(drawn):
    text = (drawn / "README.txt").read_text(encoding="utf-8")
    assert "PHANTOMS" in text
    assert "seed: 3" in text
    assert "difficulty: 0.5" in text
    assert "patients: 12" in text


def test_several_workers_write_the_same_bytes_as_one(drawn, tmp_path):
    draw_gastric_phantoms(tmp_path, patients=12, workers=3, **SMALL)
    assert digest(tmp_path) == digest(drawn)


def test_a_second_call_changes_nothing_and_puts_back_what_is_missing(tmp_path):
    table = draw_gastric_phantoms(tmp_path, patients=3, **SMALL)
    whole = digest(tmp_path)
    kept, lost = sorted((tmp_path / "images").iterdir())[:2]
    times = kept.stat().st_mtime_ns
    lost.unlink()
    table.unlink()
    draw_gastric_phantoms(tmp_path, patients=3, **SMALL)
    assert digest(tmp_path) == whole
    assert kept.stat().st_mtime_ns == times


def test_more_patients_leave_the_first_ones_as_they_were(drawn, tmp_path):
    draw_gastric_phantoms(tmp_path, patients=4, **SMALL)
    images = {name: value for name, value in digest(tmp_path).items() if name.startswith(("images", "masks"))}
    assert images
    assert images.items() <= digest(drawn).items()


def test_phantoms_of_other_parameters_are_not_mixed(drawn):
    with pytest.raises(OutputError, match="other parameters"):
        draw_gastric_phantoms(drawn, patients=12, **{**SMALL, "seed": 4})


def test_a_folder_of_other_images_is_left_alone(tmp_path):
    (tmp_path / "cases.csv").write_text("image\na.png\n")
    with pytest.raises(OutputError, match="other images"):
        draw_gastric_phantoms(tmp_path, patients=1, **SMALL)
    assert (tmp_path / "cases.csv").read_text() == "image\na.png\n"


def test_all_impossible_arguments_are_named_at_once(tmp_path):
    wrong = {"patients": 0, "images_per_lesion": (3, 2), "size": (8, 8), "difficulty": 1.5, "shares": {"polyp": 1}}
    with pytest.raises(CaseTableError) as caught:
        draw_gastric_phantoms(tmp_path / "none", **wrong, view_shape="star", workers=0)
    named = {problem.where for problem in caught.value.problems}
    assert named == {"patients", "images_per_lesion", "size", "difficulty", "shares", "view_shape", "workers"}
    assert not (tmp_path / "none").exists()


def test_classes_come_in_the_shares_asked_for():
    counts = Counter(patient.lesions[0].label for patient in cohort(200, shares={"normal": 1, "PU": 3}))
    assert set(counts) == {"normal", "PU"}
    assert abs(counts["PU"] - 150) <= 2


def test_a_patient_has_one_lesion_or_two_and_a_normal_one_none():
    patients = cohort(400)
    counts = Counter(len(patient.lesions) for patient in patients)
    assert set(counts) == {1, 2}
    assert 10 < counts[2] < 70
    normal = [patient for patient in patients if patient.lesions[0].label == "normal"]
    assert {lesion.label for patient in normal for lesion in patient.lesions} == {"normal"}


def test_site_and_centre_do_not_carry_the_label():
    patients = cohort(1500)
    labels = [patient.lesions[0].label for patient in patients]
    for facts in ([p.lesions[0].site for p in patients], [p.centre for p in patients]):
        shares = pd.crosstab(labels, facts, normalize="index")
        assert (shares.max() - shares.min()).max() < 0.15


def test_the_panel_is_the_same_whatever_the_class():
    patient = cohort(1)[0]
    panels = []
    for label in ("normal", "AGC"):
        lesions = tuple(replace(lesion, label=label) for lesion in patient.lesions)
        panels.append([scene.panel for scene in patient_scenes(replace(patient, lesions=lesions), 0.5, 7)])
    assert panels[0] == panels[1]
    assert "PHANTOM" in panels[0][0].lines


def test_images_of_a_patient_share_one_look_and_patients_differ():
    looks = []
    for patient in cohort(3):
        scenes = list(patient_scenes(patient, 0.5, 7))
        assert len(scenes) == sum(lesion.images for lesion in patient.lesions)
        assert len({id(scene.mucosa) for scene in scenes}) == 1
        assert len({scene.shot.exposure.white_balance for scene in scenes}) == 1
        looks.append(scenes[0].mucosa.colour)
    assert len(set(looks)) == 3
