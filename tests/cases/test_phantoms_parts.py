"""The reusable parts of phantoms: noise, vessels, cavity, light, view and panel."""

from __future__ import annotations

import numpy as np
import pytest

from readingroom.cases.phantoms.cavity import Cavity, aim, project, see_wall
from readingroom.cases.phantoms.light import automatic_gain, irradiance, slopes
from readingroom.cases.phantoms.noise import fractal_noise, sample, smoothstep
from readingroom.cases.phantoms.panel import Panel, draw_panel
from readingroom.cases.phantoms.vessels import vessel_tile
from readingroom.cases.phantoms.view import VIEW_SHAPES, view_area

SIZE = (60, 80)


def steps_and_seam(tile):
    inner = np.abs(np.diff(tile, axis=1)).mean()
    return inner, np.abs(tile[:, 0] - tile[:, -1]).mean()


def test_noise_has_no_seam_where_the_tile_repeats():
    inner, seam = steps_and_seam(fractal_noise(np.random.default_rng(1), 128, 8, 3))
    assert seam < 2 * inner


def test_noise_has_zero_mean_and_unit_deviation():
    field = fractal_noise(np.random.default_rng(2), 128, 8, 3)
    assert field.mean() == pytest.approx(0, abs=0.02)
    assert field.std() == pytest.approx(1, abs=0.02)


def test_a_tile_is_looked_up_beyond_its_edge_as_if_it_went_on():
    tile = fractal_noise(np.random.default_rng(3), 64, 8, 1)
    x, y = np.meshgrid(np.arange(64, dtype=np.float32), np.arange(64, dtype=np.float32))
    assert np.allclose(sample(tile, x + 64, y - 128), tile, atol=1e-5)


def test_smoothstep_rises_between_its_ends_and_falls_when_they_are_swapped():
    values = np.array([0, 0.5, 1], np.float32)
    assert smoothstep(0, 1, values).tolist() == [0, 0.5, 1]
    assert smoothstep(1, 0, values).tolist() == [1, 0.5, 0]


def test_vessels_have_no_seam_and_leave_most_of_the_wall_free():
    tile = vessel_tile(np.random.default_rng(4), 256, 0.3)
    inner, seam = steps_and_seam(tile)
    assert seam < 3 * inner
    assert 0.02 < (tile > 0.3).mean() < 0.5


def test_every_pixel_sees_a_point_of_the_ellipsoid():
    cavity = Cavity((1.0, 0.8, 2.0))
    wall = see_wall(cavity, aim(np.array([0.2, 0.1, -0.5], np.float32), cavity.point(1.0, 0.4), 0.3, 1.0), SIZE)
    radius = sum(np.square(plane / axis) for plane, axis in zip(wall.points, cavity.semi_axes, strict=True))
    assert np.allclose(radius, 1, atol=1e-3)
    assert wall.distance.min() > 0


def test_the_target_of_a_camera_appears_in_the_middle_and_others_where_their_pixel_is():
    cavity = Cavity((1.0, 0.9, 1.5))
    target = cavity.point(2.0, 0.2)
    camera = aim(np.zeros(3, np.float32), target, 0.5, 1.0)
    assert project(camera, target, SIZE) == pytest.approx((39.5, 29.5), abs=0.1)
    seen = see_wall(cavity, camera, SIZE).points[:, 10, 65]
    assert project(camera, seen, SIZE) == pytest.approx((65, 10), abs=0.1)


def test_a_sphere_around_the_camera_is_lit_evenly_by_the_inverse_square_of_its_radius():
    for radius in (1.0, 2.0):
        distance = np.full(SIZE, radius, np.float32)
        light = irradiance(distance, *slopes(distance, 0.02))
        assert np.allclose(light, 1 / radius**2)


def test_a_slanted_wall_gets_the_light_that_lambert_says():
    """A plane seen at an angle: distance 1 / cos, gradient of its logarithm tan, light cos^3."""
    angle = np.tile(np.linspace(0.3, 0.6, 61, dtype=np.float32), (9, 1))
    distance = 1 / np.cos(angle)
    light = irradiance(distance, *slopes(distance, 0.3 / 60))
    assert np.allclose(light[4, 2:-2], np.cos(angle[4, 2:-2]) ** 3, rtol=2e-3)


def test_the_gain_brings_an_even_view_to_the_brightness_asked_for():
    assert automatic_gain(np.full(SIZE, 4.0, np.float32), 0.8) == pytest.approx(0.2)


@pytest.mark.parametrize("shape", VIEW_SHAPES)
@pytest.mark.parametrize("size", [(16, 16), (17, 33), (288, 352), (101, 64)])
def test_a_view_of_any_shape_fills_its_box_to_every_edge(shape, size):
    area = view_area(shape, size)
    x0, y0, x1, y1 = area.box_xyxy_px
    rows, columns = np.flatnonzero(area.inside.any(axis=1)), np.flatnonzero(area.inside.any(axis=0))
    assert 0 <= x0 < x1 <= size[1]
    assert 0 <= y0 < y1 <= size[0]
    assert y0 <= rows[0] <= y0 + 1
    assert y1 - 2 <= rows[-1] < y1
    assert x0 <= columns[0] <= x0 + 1
    assert x1 - 2 <= columns[-1] < x1


@pytest.mark.parametrize("shape", ["octagon", "circle", "rectangle"])
def test_the_panel_writes_beside_the_view_and_never_in_it(shape):
    area = view_area(shape, (120, 160))
    frame = np.full((120, 160, 3), 7, np.uint8) * area.inside[..., None]
    before = frame.copy()
    draw_panel(frame, Panel(("PHANTOM", "ID:1234567")), area)
    assert np.array_equal(frame[area.inside], before[area.inside])
    assert (frame[~area.inside] > 100).any()


def test_a_view_that_fills_the_frame_leaves_no_room_for_a_panel():
    frame = np.zeros((40, 50, 3), np.uint8)
    draw_panel(frame, Panel(("PHANTOM",)), view_area("whole", (40, 50)))
    assert not frame.any()
