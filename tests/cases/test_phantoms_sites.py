"""Phantoms of the thirty sites: views, boxes, lights, annotators and what a second call does."""

from __future__ import annotations

from collections import Counter

import cv2
import numpy as np
import pandas as pd
import pytest

from readingroom.annotation import find_consensus, read_annotations
from readingroom.cases.phantoms import draw_site, draw_site_phantoms, plan_site_scene
from readingroom.cases.phantoms.cavity import project, see_wall
from readingroom.cases.phantoms.dyes import LIGHTS
from readingroom.cases.phantoms.site_answers import annotate, annotations_of
from readingroom.cases.phantoms.site_scenes import habits_of, plan_site_patients, site_scenes
from readingroom.cases.phantoms.tract import ORGANS
from readingroom.cases.phantoms.upper_gi import box_around, find_box
from readingroom.cases.phantoms.view import view_area
from readingroom.cases.phantoms.viewpoints import BESIDE, MISTAKEN, VIEWPOINTS, mistaken_for, where_shown
from readingroom.cases.sites import load_sites
from readingroom.core.errors import CaseTableError, OutputError
from readingroom.core.files import hash_file
from readingroom.core.seeds import generator
from readingroom.core.tables import read_table

SIZE = (72, 88)
SMALL = {"size": (40, 48), "images_per_site": (1, 1), "seed": 3}
SITES = load_sites()


def digest(folder):
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sites") / "胃镜 sites"
    draw_site_phantoms(folder, patients=3, workers=1, **SMALL)
    return folder


def test_every_site_of_the_vocabulary_has_a_viewpoint_in_its_order():
    assert tuple(VIEWPOINTS) == SITES.keys
    assert {view.organ for view in VIEWPOINTS.values()} == set(ORGANS)


def test_the_endoscope_looks_back_where_the_vocabulary_says_so():
    for site in SITES.sites:
        assert VIEWPOINTS[site.key].retroflexed == site.retroflexed, site.key


def test_sites_side_by_side_share_an_organ_and_a_direction():
    for pair in BESIDE:
        one, other = (VIEWPOINTS[site] for site in pair)
        assert (one.organ, one.up, one.retroflexed) == (other.organ, other.up, other.retroflexed)
    assert all(site in VIEWPOINTS for pair in MISTAKEN for site in pair)
    assert all(mistaken_for(site) for site in VIEWPOINTS)


@pytest.mark.parametrize("site", VIEWPOINTS)
def test_a_site_is_seen_from_its_viewpoint_and_boxed(site):
    for seed in range(3):
        scene = plan_site_scene(site, seed=seed, difficulty=0.2)
        pixels, (x0, y0, x1, y1) = draw_site(scene, SIZE)
        assert pixels.shape == (*SIZE, 3)
        left, top, right, bottom = view_area("octagon", SIZE).box_xyxy_px
        assert left <= x0 < x1 <= right
        assert top <= y0 < y1 <= bottom
        wall = see_wall(scene.part.cavity, scene.shot.camera, SIZE)
        assert where_shown(site, scene.part, wall, scene.mucosa).mean() > 0.02
        assert find_box(scene, SIZE) == (x0, y0, x1, y1)


@pytest.mark.parametrize(
    ("region", "lumen_is_right"), [("antrum", True), ("lower_body", True), ("upper_body", False), ("fundus", False)]
)
def test_the_lumen_lies_opposite_the_wall_that_is_looked_at(region, lumen_is_right):
    """Forward and in the J-turn the anterior wall is the picture's left one, in the U-turn its right one."""
    for wall, expected in (("anterior", lumen_is_right), ("posterior", not lumen_is_right)):
        site = next(key for key in VIEWPOINTS if key.startswith(f"{region}_{wall}"))
        for seed in range(3):
            scene = plan_site_scene(site, seed=seed, difficulty=0.0)
            end = -np.pi / 2 if VIEWPOINTS[site].retroflexed else np.pi / 2
            column, _ = project(scene.shot.camera, scene.part.cavity.point(0.0, end), SIZE)
            assert (column > SIZE[1] / 2) == expected, site


@pytest.mark.parametrize("light", LIGHTS)
def test_each_light_changes_the_colours_and_not_the_box(light):
    white, other = (draw_site(plan_site_scene("junction_line", seed=4, light=one), SIZE) for one in ("white", light))
    assert other[1] == white[1]
    assert np.array_equal(white[0], other[0]) == (light == "white")


def test_the_same_seed_draws_the_same_pixels_and_another_shot_others():
    one, same = (draw_site(plan_site_scene("pylorus", seed=5), SIZE)[0] for _ in range(2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, draw_site(plan_site_scene("pylorus", seed=5, shot=2), SIZE)[0])


def test_a_box_leaves_out_stray_pixels_and_is_the_view_where_nothing_is_seen():
    area = view_area("whole", (100, 100))
    mask = np.zeros((100, 100), bool)
    mask[20:60, 30:80] = True
    mask[0, 0] = True
    assert box_around(mask, area) == (30, 20, 80, 60)
    assert box_around(np.zeros((100, 100), bool), area) == (0, 0, 100, 100)


def test_some_views_hold_two_sites_each_with_a_box_of_its_own():
    patient = plan_site_patients(1, images_per_site=(2, 2), missed=0.0, seed=2)[0]
    scenes = [s for s in site_scenes(patient, 0.5, habits_of(0.5, together=0.9, missed=0), 2) if s.also]
    assert len(scenes) > 20
    seen = []
    for scene in scenes:
        wall = see_wall(scene.part.cavity, scene.shot.camera, SIZE)
        shares = [where_shown(site, scene.part, wall, scene.mucosa).mean() for site in (scene.site, scene.also)]
        seen.append(min(shares) > 0.01)
    assert np.mean(seen) > 0.9


def test_images_of_a_patient_share_one_look():
    patients = plan_site_patients(2, images_per_site=(1, 1), missed=0.1, seed=7)
    looks = [{s.mucosa.colour for s in site_scenes(p, 0.5, habits_of(0.5, together=0, missed=0), 7)} for p in patients]
    assert [len(look) for look in looks] == [1, 1]
    assert looks[0] != looks[1]


def test_sites_are_missed_as_often_as_asked_for():
    patients = plan_site_patients(80, images_per_site=(1, 2), missed=0.2, seed=1)
    assert abs(np.mean([len(p.lesions) for p in patients]) / 30 - 0.8) < 0.03
    orders = [[place.number for place in p.lesions] for p in patients]
    assert all(order == sorted(order) for order in orders)


def test_annotators_disagree_on_the_share_of_images_asked_for():
    rng = generator(1, "test")
    answers = [annotate("pylorus", "", 0.2, rng) for _ in range(4000)]
    assert abs(np.mean([set(given) != {"pylorus"} for given in answers]) - 0.2) < 0.02
    assert not any(len(set(given)) == 1 and given[0] != "pylorus" for given in answers)
    assert {name for given in answers for name in given} == {"pylorus", *mistaken_for("pylorus")}


def test_on_a_view_of_two_sites_who_errs_names_the_other():
    rng = generator(2, "test")
    named = Counter(name for _ in range(400) for name in annotate("antrum_greater", "pylorus", 0.5, rng))
    assert set(named) == {"antrum_greater", "pylorus"}


def test_the_table_has_its_columns_and_every_file_it_names(drawn):
    table = read_table(drawn / "cases.csv")
    assert {"image", "label", "patient", "site", "boxes", "light", "also"} <= set(table.columns)
    assert set(table["label"]) == set(SITES.keys)
    assert set(table["light"]) <= set(LIGHTS)
    assert all((drawn / name).is_file() for name in table["image"])
    assert table["image"].is_unique
    assert all(SITES.find(key).region == site for key, site in zip(table["label"], table["site"], strict=True))


def test_dyes_are_where_they_are_used(drawn):
    patients = plan_site_patients(6, images_per_site=(2, 2), missed=0.0, seed=9)
    habits = habits_of(0.5, together=0.2, missed=0.0)
    used = {(s.light, s.part.organ) for patient in patients for s in site_scenes(patient, 0.5, habits, 9)}
    assert {organ for light, organ in used if light == "iodine"} == {"oesophagus", "junction"}
    assert "pharynx" not in {organ for light, organ in used if light == "indigo-carmine"}


def test_three_annotators_answer_every_image(drawn):
    answers, table = (read_table(drawn / name) for name in ("annotations.csv", "cases.csv"))
    assert answers.groupby("image").size().eq(3).all()
    assert set(answers["image"]) == set(table["image"])
    assert set(answers["label"]) <= set(SITES.keys)
    pd.testing.assert_frame_equal(annotations_of(table, 0.12, 3), answers, check_dtype=False)


def test_the_rule_that_all_must_agree_leaves_out_the_images_on_which_they_do_not(drawn):
    answers = read_table(drawn / "annotations.csv")
    agreed = answers.groupby("image")["label"].agg(lambda said: len(set(said)) == 1)
    found = find_consensus(read_annotations(drawn / "annotations.json"), "unanimous")
    assert 0 < (~agreed).sum() < len(agreed)
    assert {image.image for image in found.agreed.images} == set(agreed.index[agreed])


def test_several_workers_write_the_same_bytes_as_one(drawn, tmp_path):
    draw_site_phantoms(tmp_path, patients=3, workers=3, **SMALL)
    assert digest(tmp_path) == digest(drawn)


def test_a_second_call_changes_nothing_and_puts_back_what_is_missing(drawn):
    whole = digest(drawn)
    kept, lost = sorted((drawn / "images").iterdir())[:2]
    times = kept.stat().st_mtime_ns
    lost.unlink()
    (drawn / "cases.csv").unlink()
    draw_site_phantoms(drawn, patients=3, **SMALL)
    assert digest(drawn) == whole
    assert kept.stat().st_mtime_ns == times


def test_more_patients_leave_the_first_ones_as_they_were(drawn, tmp_path):
    draw_site_phantoms(tmp_path, patients=1, **SMALL)
    images = {name: value for name, value in digest(tmp_path).items() if name.startswith("images")}
    assert images
    assert images.items() <= digest(drawn).items()


def test_phantoms_of_other_parameters_are_not_mixed(drawn):
    with pytest.raises(OutputError, match="other parameters"):
        draw_site_phantoms(drawn, patients=3, **{**SMALL, "seed": 4})


def test_all_impossible_arguments_are_named_at_once(tmp_path):
    with pytest.raises(CaseTableError) as caught:
        draw_site_phantoms(tmp_path / "none", patients=0, images_per_site=(2, 1), missed=1.0, disagreement=-0.1)
    assert {problem.where for problem in caught.value.problems} == {
        "patients",
        "images_per_site",
        "missed",
        "disagreement",
    }


def test_mean_colour_alone_does_not_tell_the_sites_apart(tmp_path):
    table = read_table(draw_site_phantoms(tmp_path, patients=12, size=(32, 40), view_shape="whole"))
    pixels = [cv2.imdecode(np.fromfile(tmp_path / name, np.uint8), cv2.IMREAD_COLOR) for name in table["image"]]
    colour = np.array([image.reshape(-1, 3).mean(axis=0) for image in pixels])
    seen = (table["patient"] <= "P00008").to_numpy()
    centres = pd.DataFrame(colour[seen]).groupby(table["label"].to_numpy()[seen]).mean()
    distance = np.linalg.norm(colour[~seen, None] - centres.to_numpy()[None], axis=2)
    right = centres.index.to_numpy()[distance.argmin(axis=1)] == table["label"].to_numpy()[~seen]
    assert right.size > 100
    assert right.mean() < 0.25
