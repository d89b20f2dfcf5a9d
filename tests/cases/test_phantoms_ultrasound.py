"""Phantom ultrasound: speckle as physics has it, shadows, the panel, and classes that brightness does not tell."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from readingroom.cases.images import read_image
from readingroom.cases.phantoms import WHO_TYPES, draw_hydatid_phantoms, draw_thyroid_phantoms
from readingroom.cases.phantoms.ultrasound.cysts import TYPES_OF
from readingroom.cases.phantoms.ultrasound.probe import fan_of, lines_of, rectangle_of
from readingroom.cases.phantoms.ultrasound.shapes import Blob
from readingroom.cases.phantoms.ultrasound.speckle import Scan, insonate
from readingroom.cases.phantoms.ultrasound.thyroid import nodule_of
from readingroom.cases.phantoms.visits import Visit
from readingroom.cases.view import find_view
from readingroom.core.files import hash_file

SIZE = (90, 120)
DRAWERS = {"thyroid": draw_thyroid_phantoms, "hydatid": draw_hydatid_phantoms}
PLAIN = Scan(pulse_px=(1.0, 2.0), range_db=60.0, noise_db=-90.0)


def digest(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module", params=list(DRAWERS))
def drawn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Callable[..., Path]]:
    draw = DRAWERS[request.param]
    return draw(tmp_path_factory.mktemp("us") / "frames", patients=63, size=SIZE, seed=3, workers=1), draw


def test_the_same_seed_draws_the_same_bytes_whatever_the_number_of_workers(drawn) -> None:
    table, draw = drawn
    before = digest(table.parent)
    shutil.rmtree(table.parent)
    draw(table.parent, patients=63, size=SIZE, seed=3, workers=3)
    assert digest(table.parent) == before


def test_every_patient_has_one_class_and_two_or_three_frames(drawn) -> None:
    cases = pd.read_csv(drawn[0])
    assert cases.groupby("patient")["label"].nunique().eq(1).all()
    assert cases.groupby("patient").size().between(2, 3).all()
    shares = cases.groupby("label")["patient"].nunique() / 63
    assert shares.max() - shares.min() < 0.1


def test_brightness_and_contrast_do_not_tell_the_classes(drawn) -> None:
    cases = pd.read_csv(drawn[0])
    pixels = [cv2.imread(str(drawn[0].parent / name), cv2.IMREAD_GRAYSCALE) for name in cases["image"]]
    for of in (np.mean, np.std):
        score = np.array([of(one) for one in pixels])
        for label in cases["label"].unique():
            ill = (cases["label"] == label).to_numpy()
            assert 0.3 < np.mean(score[ill][:, None] > score[~ill][None, :]) < 0.7, (label, of)


def test_a_grey_frame_with_its_panel_is_left_whole(drawn) -> None:
    for name in pd.read_csv(drawn[0])["image"].head(4):
        assert find_view(read_image(drawn[0].parent / name).pixels).kind == "whole"


def test_the_panel_says_that_it_is_a_phantom_and_lies_beside_the_picture(drawn) -> None:
    table = drawn[0]
    name = pd.read_csv(table)["image"][0]
    frame = cv2.imread(str(table.parent / name), cv2.IMREAD_GRAYSCALE)
    x0 = rectangle_of(SIZE)[0]
    assert frame[: SIZE[0] // 2, :x0].max() > 100
    assert "PHANTOMS" in (table.parent / "README.txt").read_text(encoding="utf-8")


def test_all_who_types_are_drawn_each_in_its_group(tmp_path: Path) -> None:
    cases = pd.read_csv(draw_hydatid_phantoms(tmp_path, patients=30, images_per_patient=(1, 1), size=SIZE))
    assert set(cases["who_type"]) == set(WHO_TYPES)
    assert all(row.who_type in TYPES_OF[row.label] for row in cases.itertuples())


def test_speckle_is_fully_developed() -> None:
    field = np.full((256, 256), -30.0, np.float32)
    shown = insonate(field, np.zeros_like(field), PLAIN, np.random.default_rng(1))
    amplitude = 10 ** ((shown - 1) * PLAIN.range_db / 20)
    # Mean over standard deviation of a Rayleigh distribution: sqrt(pi / (4 - pi)) = 1.91 (Burckhardt 1978).
    assert amplitude.mean() / amplitude.std() == pytest.approx(1.91, abs=0.08)


def test_what_absorbs_casts_a_shadow_and_fluid_brightens_what_lies_behind() -> None:
    echo, loss = np.full((120, 900), -30.0, np.float32), np.zeros((120, 900), np.float32)
    loss[40:50, 50:350], loss[40:50, 600:850] = 2.0, -0.5
    shown = insonate(echo, loss, PLAIN, np.random.default_rng(2))
    shadow, plain, behind = (shown[60:, left:right].mean() for left, right in ((70, 330), (370, 580), (620, 830)))
    assert shadow == pytest.approx(plain - 20 / 60, abs=0.03)
    assert behind == pytest.approx(plain + 5 / 60, abs=0.02)
    assert shown[:38, 70:330].mean() == pytest.approx(shown[:38, 370:580].mean(), abs=0.02)


def test_a_circle_in_tissue_is_a_circle_in_the_fan() -> None:
    shape, size = (276, 220), (300, 400)
    lines = lines_of(shape)
    circle = (Blob(0.05, 0.5, 0.2, 0.2).distance(*lines) < 1).astype(np.float32)
    frame = cv2.remap(circle, *fan_of(size, shape), cv2.INTER_LINEAR, borderValue=0) > 0.5
    rows, columns = np.nonzero(frame)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert height == pytest.approx(width, rel=0.04)
    assert frame.sum() == pytest.approx(np.pi / 4 * height * width, rel=0.03)


def test_no_sign_is_in_all_malignant_nodules_or_in_no_benign_one() -> None:
    day = pd.Timestamp("2021-01-02").date()
    signs = {
        label: [nodule_of(Visit(n, label, n, "A", day, 50, "F", 1), 0.3, 5).signs for n in range(1, 241)]
        for label in ("benign", "malignant")
    }
    for sign in ("taller", "irregular", "hypoechoic", "microcalcified"):
        share = {label: np.mean([sign in own for own in given]) for label, given in signs.items()}
        assert 0 < share["benign"] < share["malignant"] < 1, sign
