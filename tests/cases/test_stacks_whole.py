"""Whole volumes: each at its own extent, every voxel where it lies in the patient."""

from pathlib import Path

import numpy as np
import pytest

from readingroom.cases.images import ImageFacts
from readingroom.cases.stacks.choice import VolumeStack, parse_stack
from readingroom.cases.stacks.pixels import volume_window
from readingroom.cases.stacks.points import parse_points
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.stacks.whole import read_whole_volume, to_mm, to_places, whole_volume
from readingroom.cases.window import GivenWindow
from readingroom.core.errors import ImageError

WINDOW = GivenWindow(centre=500, width=1000)


def stack_of(volume: np.ndarray, affine: np.ndarray | None) -> LoadedStack:
    return LoadedStack(volume, ImageFacts("NIfTI", volume.shape[2], volume.shape[1], 1, 16), affine=affine)


def wanted(*spacing: float) -> VolumeStack:
    return VolumeStack(kind="volume", planes=16, spacing=spacing, around="whole")


def ball(shape: tuple[int, int, int], affine: np.ndarray, middle_mm: list[float], sd_mm: float) -> np.ndarray:
    """A soft ball in mm, whatever the voxels are."""
    grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1).reshape(-1, 3).astype(float)
    apart = np.linalg.norm(to_mm(affine, grid) - middle_mm, axis=1)
    return (1000 * np.exp(-(apart**2) / (2 * sd_mm**2))).reshape(shape).astype(np.int16)


def centre_of(found_pixels: np.ndarray, affine: np.ndarray) -> np.ndarray:
    grid = np.stack(np.meshgrid(*map(np.arange, found_pixels.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    weight = np.where(found_pixels > 60, found_pixels, 0).ravel().astype(float)
    return (to_mm(affine, grid.astype(float)) * weight[:, None]).sum(axis=0) / weight.sum()


@pytest.mark.parametrize("spacing", [(2.0, 1.0, 1.0), (1.0, 1.0, 1.0), (3.0, 2.0, 1.5)])
def test_a_ball_lies_where_it_lay_at_any_spacing(spacing: tuple[float, float, float]) -> None:
    affine = np.array([[0, 0.1, 0.9, -20], [0, 0.8, -0.1125, 5], [2.5, 0, 0, 100], [0, 0, 0, 1.0]])
    found = whole_volume(stack_of(ball((20, 50, 44), affine, [2, 26, 125], 5), affine), wanted(*spacing), WINDOW)
    assert centre_of(found.pixels, found.affine) == pytest.approx([2, 26, 125], abs=0.15)


def test_a_tilted_gantry_is_undone_and_nothing_is_cut_off() -> None:
    affine = np.array([[0, 0, 1.0, 0], [0.8, 1.0, 0, 0], [2.0, 0, 0, 0], [0, 0, 0, 1.0]])
    found = whole_volume(stack_of(ball((20, 40, 40), affine, [20, 30, 20], 3), affine), wanted(2, 1, 1), WINDOW)
    assert centre_of(found.pixels, found.affine) == pytest.approx([20, 30, 20], abs=0.15)
    assert found.pixels.shape == (20, 40 + 16, 40)


def test_volumes_keep_their_own_extents() -> None:
    drawn = [np.ones(shape, np.int16) for shape in ((5, 12, 9), (33, 8, 20), (34, 8, 20))]
    stacks = [stack_of(volume, np.diag([2.0, 1, 1, 1])) for volume in drawn]
    shapes = [whole_volume(stack, wanted(1, 2, 1), WINDOW).pixels.shape for stack in stacks]
    assert shapes == [(10, 6, 9), (66, 4, 20), (68, 4, 20)]


def test_parts_of_a_volume_are_windowed_as_the_whole_is() -> None:
    random = np.random.default_rng(1)
    volume = random.integers(-500, 900, (70, 6, 5)).astype(np.int16)
    stack = stack_of(volume, np.eye(4))
    found = whole_volume(stack, wanted(1, 1, 1), "percentiles")
    assert (found.pixels == volume_window(stack, "percentiles")(volume.astype(np.float32))[0]).all()


def test_a_single_last_plane_is_resampled_as_the_others_are() -> None:
    volume = np.repeat(np.arange(33, dtype=np.int16), 16).reshape(33, 4, 4)
    found = whole_volume(stack_of(volume * 10, np.eye(4)), wanted(1, 1, 1), GivenWindow(centre=160, width=320))
    assert found.pixels[-1].mean() == 255
    assert np.diff(found.pixels[:, 0, 0].astype(int)).min() > 0


def test_places_and_millimetres_are_inverse() -> None:
    affine = np.array([[0, 0.1, 0.9, -20], [0, 0.8, -0.1125, 5], [2.5, 0, 0, 100], [0, 0, 0, 1.0]])
    places = np.array([[1.0, 2.5, 3], [0, 0, 0]])
    assert to_places(affine, to_mm(affine, places)) == pytest.approx(places)


def test_a_volume_without_an_affine_is_refused() -> None:
    with pytest.raises(ImageError, match="distances between voxels are not known"):
        whole_volume(stack_of(np.ones((4, 4, 4), np.int16), None), wanted(1, 1, 1), WINDOW)


def test_a_nifti_without_a_valid_affine_is_refused_by_its_name(tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    image = nibabel.Nifti1Image(np.ones((4, 4, 4), np.int16), None)
    nibabel.save(image, tmp_path / "a.nii.gz")
    with pytest.raises(ImageError) as raised:
        read_whole_volume(tmp_path / "a.nii.gz", wanted(1, 1, 1))
    assert "a.nii.gz" in str(raised.value)


def test_whole_needs_a_spacing() -> None:
    with pytest.raises(ValueError, match="around: whole needs a spacing"):
        parse_stack({"kind": "volume", "around": "whole"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 2 3", "without a radius"),
        ("1 2 3 4 5", "not of four numbers"),
        ("", "not of four numbers"),
        ("a b c d", "not of numbers"),
        ("1 2 3 inf", "not of numbers"),
        ("1 2 3 0", "radius that is not more than 0"),
        ("1 2 3 4; 5 6 7", "without a radius"),
    ],
)
def test_cells_that_are_no_points_say_why(text: str, said: str) -> None:
    assert said in str(parse_points(text))


def test_points_may_be_written_as_spreadsheets_and_chinese_keyboards_do() -> None:
    assert np.array_equal(parse_points("1,2,3,4；5，6，7，8;"), [[1, 2, 3, 4], [5, 6, 7, 8]])
