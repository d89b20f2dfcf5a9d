"""Sampling: linear between voxels as scipy and SimpleITK have it, averaging where the grid is coarser."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import map_coordinates

from readingroom.cases.stacks.sampling import grid_around, sample, weights, whole_grid

VOLUME = np.random.default_rng(5).normal(100, 40, (7, 9, 11)).astype(np.float32)


def test_a_finer_grid_has_the_values_of_trilinear_interpolation() -> None:
    grid = (np.linspace(0, 6, 13), np.linspace(1.3, 7.2, 8), np.linspace(0, 10, 30))
    wanted = map_coordinates(VOLUME, np.meshgrid(*grid, indexing="ij"), order=1)
    assert np.abs(sample(VOLUME, grid, 0.0) - wanted).max() < 1e-3


def test_a_coarser_grid_averages_as_pillow_does() -> None:
    plane = VOLUME[0]
    made = sample(plane[None], (np.zeros(1), whole_grid(9, 4), whole_grid(11, 5)), 0.0)[0]
    wanted = np.asarray(Image.fromarray(plane).resize((5, 4), Image.Resampling.BILINEAR))
    assert np.abs(made - wanted).max() < 1e-3


def test_the_order_of_axes_in_memory_does_not_matter() -> None:
    grid = (whole_grid(7, 5), grid_around(4, 6, 0.8), whole_grid(11, 4))
    scattered = np.asfortranarray(VOLUME)[:, ::-1]
    wanted = sample(np.ascontiguousarray(scattered), grid, -5.0)
    assert np.allclose(sample(scattered, grid, -5.0), wanted, atol=1e-3)


def test_outside_is_the_fill_and_inside_is_not_touched_by_it() -> None:
    made = sample(np.full((3, 3, 3), 7, np.int16), (np.arange(-1.0, 4), np.arange(3.0), np.array([0.0])), -1024.0)
    assert made[:, 0, 0].tolist() == [-1024.0, 7.0, 7.0, 7.0, -1024.0]


@pytest.mark.parametrize("step", [0.3, 1.0, 1.7, 4.0])
def test_weights_of_a_place_inside_sum_to_one(step: float) -> None:
    found = weights(grid_around(10.0, 20, step), 21)
    sums = found.toarray().sum(axis=1)
    inside = np.abs(grid_around(10.0, 20, step) - 10.0) <= 10.5
    assert np.allclose(sums, inside)


def test_planes_shifted_by_a_tilted_gantry_are_put_back() -> None:
    z, y, x = np.mgrid[:6, :20, :8].astype(np.float32)
    straight = 3 * y + 5 * z + x
    # Plane z begins 2 z rows further down: its row r holds what is at r + 2 z.
    sheared = 3 * (y + 2 * z) + 5 * z + x
    grid = (np.array([0.5, 1.5, 2.0]), np.arange(11.0, 15.0), np.arange(8.0))
    wanted = map_coordinates(straight, np.meshgrid(*grid, indexing="ij"), order=1)
    assert np.abs(sample(sheared, grid, 0.0, shear=(2.0, 0.0)) - wanted).max() < 1e-3
