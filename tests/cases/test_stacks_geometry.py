"""Geometry: axes change and turn, and every voxel keeps its value and its place."""

from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from readingroom.cases.stacks.geometry import (
    affine_problem,
    lps_from_ras,
    nearest_axial,
    place_of,
    reorder,
    shear_of,
    spacing_of,
    tilt_deg,
    upright,
)

SHAPE = (3, 4, 5)
VOLUME = np.arange(60).reshape(SHAPE)
ORIENTATIONS = [(order, signs) for order in permutations(range(3)) for signs in product((1, -1), repeat=3)]


def affine_of(order: tuple[int, ...], signs: tuple[int, ...], tilt: float = 0.2) -> np.ndarray:
    """Axes along those of the patient in an order, turned, and a little oblique."""
    turn = np.array([[np.cos(tilt), -np.sin(tilt), 0], [np.sin(tilt), np.cos(tilt), 0], [0, 0, 1]])
    made = np.eye(4)
    made[:3, :3] = (turn @ np.eye(3)[:, list(order)]) * np.array(signs) * np.array([3.0, 2.0, 1.5])
    made[:3, 3] = 10, -20, 30
    return made


def places(affine: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Millimetres of every voxel, (D, H, W, 3)."""
    return np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]


@pytest.mark.parametrize("way", [nearest_axial, upright])
@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_every_voxel_keeps_its_place(order: tuple[int, ...], signs: tuple[int, ...], way: object) -> None:
    affine = affine_of(order, signs)
    moved, changed = reorder(VOLUME, affine, way(affine))  # type: ignore[operator]
    before = dict(zip(VOLUME.ravel().tolist(), places(affine, SHAPE).reshape(-1, 3), strict=True))
    after = places(changed, moved.shape).reshape(-1, 3)
    assert np.allclose([before[value] for value in moved.ravel().tolist()], after)


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_any_orientation_becomes_axial_from_feet_front_and_right(
    order: tuple[int, ...], signs: tuple[int, ...]
) -> None:
    affine = affine_of(order, signs)
    _, changed = reorder(VOLUME, affine, nearest_axial(affine))
    steps = changed[:3, :3]
    assert (np.abs(steps).argmax(axis=0) == [2, 1, 0]).all()
    assert (steps[[2, 1, 0], [0, 1, 2]] > 0).all()


@pytest.mark.parametrize(
    ("plane", "along"),
    [
        ("axial", [(0, 0, 1), (0, 1, 0), (1, 0, 0)]),
        ("coronal", [(0, 1, 0), (0, 0, -1), (1, 0, 0)]),
        ("sagittal", [(1, 0, 0), (0, 0, -1), (0, 1, 0)]),
    ],
)
def test_planes_as_acquired_are_upright(plane: str, along: list[tuple[int, ...]]) -> None:
    first = {"axial": 2, "coronal": 1, "sagittal": 0}[plane]
    for order, signs in ORIENTATIONS:
        if order[0] == first:
            affine = affine_of(order, signs, tilt=0.0)
            _, changed = reorder(VOLUME, affine, upright(affine))
            steps = changed[:3, :3] / np.linalg.norm(changed[:3, :3], axis=0)
            assert np.allclose(steps.T, along)


def test_spacing_shear_and_tilt_are_those_of_the_axes() -> None:
    affine = np.eye(4)
    affine[:3, :3] = np.array([[0.0, 0.0, 0.7], [1.0, 0.5, 0.0], [2.0, 0.0, 0.0]])
    assert spacing_of(affine) == (2.0, 0.5, 0.7)
    assert shear_of(affine) == (2.0, 0.0)
    assert tilt_deg(affine) == pytest.approx(0.0)
    assert tilt_deg(affine_of((2, 1, 0), (1, 1, 1), tilt=0.2)) == pytest.approx(np.degrees(0.2))


def test_the_two_frames_differ_by_the_sign_of_x_and_y() -> None:
    assert lps_from_ras(np.eye(4)).diagonal().tolist() == [-1, -1, 1, 1]
    assert place_of(affine_of((2, 1, 0), (1, 1, 1), 0.0), (11.5, -18.0, 36.0)).tolist() == [2.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("affine", "problem"),
    [
        (np.zeros((4, 4)), "all zero"),
        (np.full((4, 4), np.nan), "not all numbers"),
        (np.diag([1.0, 1.0, 0.0, 1.0]), "singular"),
        (np.array([[1.0, 2, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), "singular"),
        (np.diag([0.01, 0.01, 0.01, 1.0]), ""),
    ],
)
def test_an_affine_that_says_nothing_is_told_why(affine: np.ndarray, problem: str) -> None:
    assert affine_problem(affine) == problem
