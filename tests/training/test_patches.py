"""Patches: half of them around a lesion, moved with their lesions, the same whenever they are drawn again."""

import numpy as np
import pytest

from readingroom.training.augmentation import AugmentationSection
from readingroom.training.patches import PatchDraw, draw_change, draw_start, take_patch

EXTENT = (16, 24, 24)
SPACING = (2.0, 1.0, 1.0)
EVERYTHING = AugmentationSection(
    affine={"rotate": 60, "scale": [0.8, 1.2], "shear": 10, "translate": 0.1},
    jitter={"brightness": 0.1, "contrast": 0.1},
    flip=True,
    flip_vertical=True,
    crop=[0.8, 1.0],
)


def volume_with(middle: list[float]) -> np.ndarray:
    """A soft ball in mm: half as long along the planes, which lie twice as far apart."""
    grid = np.stack(np.meshgrid(np.arange(30), np.arange(40), np.arange(50), indexing="ij"), axis=-1)
    apart = ((grid - middle) * np.array(SPACING)) ** 2
    return (255 * np.exp(-apart.sum(axis=-1) / (2 * 3**2))).astype(np.uint8)


@pytest.mark.parametrize("row", range(8))
def test_a_lesion_is_where_the_changed_patch_shows_it(row: int) -> None:
    lesion = np.array([14.0, 21, 27])
    start = np.round(lesion - np.array(EXTENT) / 2).astype(np.int64)
    draw = draw_change(start, EXTENT, SPACING, EVERYTHING, 3, 0, row)
    made = take_patch(volume_with(lesion.tolist()), draw, EXTENT)
    weight = np.where(made > 100, made, 0)
    grid = np.stack(np.meshgrid(*map(np.arange, EXTENT), indexing="ij"), axis=-1)
    shown = (grid * weight[..., None]).sum(axis=(0, 1, 2)) / weight.sum()
    assert draw.in_patch(lesion[None])[0] == pytest.approx(shown, abs=0.3)


def test_the_same_names_draw_the_same_patch_and_another_epoch_another() -> None:
    section, start = EVERYTHING, np.array([1, 2, 3])
    one, again, other = (draw_change(start, EXTENT, SPACING, section, 3, epoch, 5) for epoch in (0, 0, 1))
    assert (one.matrix == again.matrix).all()
    assert not np.allclose(one.matrix, other.matrix)


def test_half_of_the_patches_of_a_volume_with_lesions_show_one() -> None:
    lesions, shape = np.array([[100.0, 100, 100]]), (200, 200, 200)
    starts = np.array([draw_start(shape, lesions, EXTENT, 3, 0, row) for row in range(400)])
    inside = ((lesions[0] >= starts) & (lesions[0] < starts + EXTENT)).all(axis=1)
    assert 0.42 < inside.mean() < 0.58


def test_patches_elsewhere_lie_within_the_volume_and_in_all_of_it() -> None:
    starts = np.array([draw_start((40, 60, 24), np.empty((0, 3)), EXTENT, 3, 0, row) for row in range(300)])
    assert starts.min(axis=0).tolist() == [0, 0, 0]
    assert starts.max(axis=0).tolist() == [24, 36, 0]


def test_a_volume_smaller_than_the_patch_lies_in_its_middle() -> None:
    start = draw_start((8, 10, 24), np.empty((0, 3)), EXTENT, 3, 0, 1)
    assert start.tolist() == [-4, -7, 0]
    made = take_patch(np.full((8, 10, 24), 200, np.uint8), PatchDraw(start, np.eye(3, 4)), EXTENT)
    assert made.sum() == 200 * 8 * 10 * 24


def test_a_patch_that_is_not_changed_has_the_volumes_own_values() -> None:
    volume = np.random.default_rng(1).integers(0, 256, (30, 40, 50)).astype(np.uint8)
    made = take_patch(volume, PatchDraw(np.array([3, 4, 5]), np.eye(3, 4)), EXTENT)
    assert (made == volume[3:19, 4:28, 5:29]).all()


def test_one_interpolation_of_an_unturned_patch_agrees_with_cutting_it() -> None:
    volume = np.random.default_rng(1).integers(0, 256, (30, 40, 50)).astype(np.uint8)
    moved = np.column_stack([np.eye(3), [1.0, 2.0, 3.0]])
    made = take_patch(volume, PatchDraw(np.array([3, 4, 5]), moved), EXTENT)
    assert np.abs(made - volume[4:20, 6:30, 8:32]).max() < 1e-3
