"""What all phantoms of stacks keep to: the same files from the same seed, going on, the case table, no shortcut."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from readingroom.cases.phantoms import (
    draw_aneurysm_phantoms,
    draw_ankle_phantoms,
    draw_clip_phantoms,
    draw_dynamic_phantoms,
    draw_lung_phantoms,
    draw_rectal_phantoms,
)
from readingroom.core.errors import CaseTableError, OutputError
from readingroom.core.files import hash_file
from readingroom.core.tables import read_table

nibabel = pytest.importorskip("nibabel", reason="volumes need the extra 'volumes'")
pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
av = pytest.importorskip("av", reason="clips need the extra 'volumes'")

DRAWERS = {
    "lung": (draw_lung_phantoms, (32, 48)),
    "clip": (partial(draw_clip_phantoms, frames=(8, 12)), (32, 32)),
    "ankle": (draw_ankle_phantoms, (32, 28)),
    "aneurysm": (draw_aneurysm_phantoms, (32, 32)),
    "rectal": (draw_rectal_phantoms, (32, 32)),
    "dynamic": (draw_dynamic_phantoms, (32, 32)),
}
FACTS = ["patient", "exam", "centre", "date", "age", "sex"]


def digest(folder):
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


def read(path: Path):
    """All values of a file or folder as one row."""
    if path.is_dir():
        return np.concatenate([read(one) for one in sorted(path.iterdir())])
    if path.name.endswith(".nii.gz"):
        return np.asarray(nibabel.load(path).dataobj, float).ravel()
    if path.suffix == ".dcm":
        return pydicom.dcmread(path).pixel_array.astype(float).ravel()
    if path.suffix == ".png":
        return cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED).astype(float).ravel()
    with av.open(str(path)) as clip:
        return np.concatenate(
            [frame.to_ndarray(format="rgb24").astype(float).ravel() for frame in clip.decode(video=0)]
        )


@pytest.fixture(scope="module", params=list(DRAWERS))
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def draw(kind):
    def call(folder, **changes):
        drawer, size = DRAWERS[kind]
        return drawer(folder, **({"patients": 4, "size": size, "seed": 3} | changes))

    return call


@pytest.fixture(scope="module")
def drawn(draw, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stacks") / "体模 phantoms"
    draw(folder, workers=1)
    return folder


@pytest.fixture(scope="module")
def many(draw, tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    return folder, read_table(draw(folder, patients=36))


def test_several_workers_write_the_same_files_as_one(drawn, draw, tmp_path):
    draw(tmp_path, workers=3)
    assert digest(tmp_path) == digest(drawn)


def test_another_seed_draws_other_images(drawn, draw, tmp_path):
    first, second = (read_table(path)["image"][0] for path in (drawn / "cases.csv", draw(tmp_path, seed=4)))
    one, two = read(drawn / first), read(tmp_path / second)
    assert one.shape != two.shape or not np.array_equal(one, two)


def test_a_second_call_draws_only_what_is_missing(drawn, draw, tmp_path):
    draw(tmp_path, patients=3)
    files = sorted(path for path in (tmp_path / "images").rglob("*") if path.is_file())
    files[0].unlink()
    kept = {path: path.stat().st_mtime_ns for path in files if "P00001" not in str(path)}
    draw(tmp_path)
    assert digest(tmp_path) == digest(drawn)
    assert kept == {path: path.stat().st_mtime_ns for path in kept}


def test_phantoms_of_other_parameters_are_not_mixed(drawn, draw):
    with pytest.raises(OutputError, match="other parameters"):
        draw(drawn, seed=4)


def test_all_impossible_arguments_are_named_at_once(draw, tmp_path):
    wrong = {"patients": 0, "size": (8, 8), "difficulty": 1.5, "shares": {"mole": 1}, "workers": 0}
    with pytest.raises(CaseTableError) as caught:
        draw(tmp_path / "none", **wrong)
    assert {problem.where for problem in caught.value.problems} == set(wrong)
    assert not (tmp_path / "none").exists()


def test_the_table_names_what_is_there_and_the_facts(drawn):
    table = read_table(drawn / "cases.csv")
    assert [name for name in FACTS if name not in table] == []
    assert all((drawn / name).exists() for name in table["image"])
    assert table["image"].groupby(table["patient"]).nunique().sum() == table["image"].nunique()


def test_classes_come_from_all_centres_alike(many):
    first = many[1].drop_duplicates("patient")
    counts = pd.crosstab(first["label"], first["centre"])
    assert counts.shape[1] == 3
    assert (counts.max(axis=1) - counts.min(axis=1)).max() <= 5


def test_no_mean_value_gives_the_class_away(many):
    folder, table = many
    means = np.array([read(folder / name).mean() for name in table["image"]])
    ill = table["label"] == table["label"].max()
    assert 0 < ill.sum() < len(ill)
    assert 0.35 < roc_auc_score(ill, means) < 0.65


def test_age_and_sex_do_not_give_the_class_away(many):
    table = many[1].drop_duplicates("patient")
    ill = table["label"] == table["label"].max()
    assert 0.25 < roc_auc_score(ill, table["age"]) < 0.75
