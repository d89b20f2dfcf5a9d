"""Gastric phantoms as pictures: what is the same, what differs, and what the outline covers."""

from __future__ import annotations

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest

from readingroom.cases.phantoms import GASTRIC_CLASSES, GASTRIC_SITES, draw_phantom, plan_scene
from readingroom.cases.phantoms.cavity import see_wall
from readingroom.cases.phantoms.difficulty import Difficulty, difficulty_of
from readingroom.cases.phantoms.gastric import model_surface
from readingroom.cases.phantoms.lesions import LESIONS, RELIEF_REACH
from readingroom.cases.phantoms.mucosa import lay_texture
from readingroom.cases.phantoms.surface import find_patch
from readingroom.cases.phantoms.view import view_area

SIZE = (120, 140)


def surfaces(scene):
    """Surface and mask with the lesion, surface without it, and distance from its middle in radii."""
    wall = see_wall(scene.place.cavity, scene.shot.camera, SIZE)
    texture = lay_texture(scene.mucosa, wall)
    ill, mask = model_surface(scene, wall, texture)
    healthy, _ = model_surface(scene.without_lesion(), wall, texture)
    patch = find_patch(scene.lesion.spot, scene.place.cavity, wall, scene.mucosa.grain, RELIEF_REACH)
    near = np.zeros(SIZE, bool)
    near[patch.rows, patch.columns] = patch.away < RELIEF_REACH
    return ill, healthy, mask, near


def contrast(label, difficulty, seed):
    """Sum over the view of what a lesion changes, per pixel of the view."""
    scene = plan_scene(label, "body", seed=seed, difficulty=difficulty)
    ill, _ = draw_phantom(scene, SIZE, "whole")
    healthy, _ = draw_phantom(scene.without_lesion(), SIZE, "whole")
    return np.abs(ill.astype(int) - healthy).mean()


@pytest.mark.parametrize("label", GASTRIC_CLASSES)
def test_the_same_seed_draws_the_same_pixels(label):
    first, second = (draw_phantom(plan_scene(label, "antrum", seed=5), SIZE) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(first[1], second[1])


def test_another_seed_or_another_shot_draws_another_picture():
    one = draw_phantom(plan_scene("PU", "body", seed=5), SIZE)[0]
    assert not np.array_equal(one, draw_phantom(plan_scene("PU", "body", seed=6), SIZE)[0])
    assert not np.array_equal(one, draw_phantom(plan_scene("PU", "body", seed=5, shot=2), SIZE)[0])


def test_shots_of_one_seed_show_the_same_patient_and_lesion():
    one, two = (plan_scene("AGC", "body", seed=5, shot=shot) for shot in (1, 2))
    assert one.place == two.place
    assert one.lesion == two.lesion
    assert np.array_equal(one.mucosa.coarse, two.mucosa.coarse)
    assert one.shot.camera.position.tolist() != two.shot.camera.position.tolist()


def test_a_normal_phantom_has_an_empty_outline():
    for site in GASTRIC_SITES:
        _, outline = draw_phantom(plan_scene("normal", site, seed=8), SIZE)
        assert not outline.any()


@pytest.mark.parametrize("site", GASTRIC_SITES)
@pytest.mark.parametrize("label", LESIONS)
def test_a_lesion_is_in_the_view_at_every_site(label, site):
    _, outline = draw_phantom(plan_scene(label, site, seed=4), SIZE)
    assert set(np.unique(outline)) == {0, 255}
    assert 0.002 < (outline > 0).mean() < 0.7


@pytest.mark.parametrize("label", LESIONS)
def test_colours_change_within_the_outline_and_nowhere_else(label):
    ill, healthy, mask, _ = surfaces(plan_scene(label, "antrum", seed=11, difficulty=0.1))
    changed = (ill.albedo != healthy.albedo).any(axis=0)
    assert not changed[~mask].any()
    assert changed[mask].mean() > 0.6


@pytest.mark.parametrize("label", LESIONS)
def test_relief_changes_near_the_lesion_and_nowhere_else(label):
    ill, healthy, mask, near = surfaces(plan_scene(label, "body", seed=12, difficulty=0.1))
    changed = ill.relief != healthy.relief
    assert not changed[~near].any()
    assert changed[mask].mean() > 0.9


@pytest.mark.parametrize("label", LESIONS)
def test_pixels_far_from_the_lesion_are_those_of_the_healthy_picture(label):
    scene = plan_scene(label, "body", seed=12, difficulty=0.1)
    sick, well, _, _ = surfaces(scene)
    touched = (sick.relief != well.relief) | (sick.albedo != well.albedo).any(axis=0)
    spread = 2 * (max(SIZE) // 40) + 12  # hollows, slopes and the lens's blur reach this far
    far = ~cv2.dilate(touched.astype(np.uint8), np.ones((2 * spread + 1,) * 2, np.uint8)).astype(bool)
    ill, healthy = (draw_phantom(one, SIZE, "whole")[0] for one in (scene, scene.without_lesion()))
    assert far.any()
    assert np.array_equal(ill[far], healthy[far])


@pytest.mark.parametrize("label", LESIONS)
def test_a_lesion_stands_out_less_as_difficulty_rises(label):
    easy, middle, hard = (np.mean([contrast(label, level, seed) for seed in range(4)]) for level in (0.0, 0.5, 1.0))
    assert easy > middle > hard > 0


def test_every_meaning_of_difficulty_goes_one_way():
    levels = [difficulty_of(level) for level in np.linspace(0, 1, 11)]
    for name in (field.name for field in fields(Difficulty)):
        sign = -1 if name in ("strength", "size") else 1
        assert (sign * np.diff([getattr(level, name) for level in levels]) > 0).all(), name


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (33, 17), (97, 128), (64, 301)])
def test_any_size_can_be_drawn(size):
    pixels, outline = draw_phantom(plan_scene("SMT", "cardia", seed=2), size)
    assert pixels.shape == (*size, 3)
    assert pixels.dtype == outline.dtype == np.uint8
    assert outline.shape == size
    assert pixels.std() > 5


@pytest.mark.parametrize("shape", ["octagon", "circle", "rectangle"])
def test_picture_and_outline_end_at_the_view(shape):
    pixels, outline = draw_phantom(plan_scene("AGC", "body", seed=3), SIZE, shape)
    inside = view_area(shape, SIZE).inside
    assert not pixels[~inside].any()
    assert not outline[~inside].any()
    assert (pixels[inside] > 0).any(axis=1).mean() > 0.95


def test_the_pool_of_fluid_hides_no_lesion():
    scene = plan_scene("PU", "body", seed=3)
    flooded = replace(scene, place=replace(scene.place, lake=-1.1))
    assert draw_phantom(scene, SIZE)[1].any()
    assert not draw_phantom(flooded, SIZE)[1].any()


def test_an_unknown_class_or_site_is_a_key_error():
    with pytest.raises(KeyError):
        plan_scene("polyp", "body", seed=1)
    with pytest.raises(KeyError):
        plan_scene("PU", "colon", seed=1)


@pytest.mark.parametrize("label", ["EGC+HGIN", "AGC"])
def test_the_outline_of_a_ragged_lesion_is_one_piece(label):
    for seed in range(5):
        scene = plan_scene(label, "body", seed=seed, difficulty=0.3)
        pieces, _ = cv2.connectedComponents(surfaces(scene)[2].astype(np.uint8))
        assert pieces == 2, seed
