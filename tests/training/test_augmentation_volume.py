"""Volumes are moved as bodies, in millimetres, and interpolated once."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from readingroom.training.augmentation import AugmentationSection, StackAugmenter
from readingroom.training.augmentation.volume import compose_volumes, warp_volume
from readingroom.training.augmentation.volume_draw import (
    VOLUME_COLUMNS,
    VolumeDraws,
    draw_volumes,
    neutral_volumes,
)

DEPTH, SIDE = 16, 32
EVERYTHING = {
    "affine": {"rotate": 30, "shear": 5, "scale": [0.8, 1.2], "translate": 0.1},
    "elastic": {"alpha": 20, "sigma": 5},
    "jitter": {"brightness": 0.2, "contrast": 0.2},
    "flip": True,
    "crop": [0.7, 1.0],
}


def _drawn(count: int = 1, **values: float) -> VolumeDraws:
    """Draws that change nothing but what is named."""
    draws = neutral_volumes(count, (SIDE, SIDE))
    for name, value in values.items():
        if name in VOLUME_COLUMNS:
            draws.values[:, VOLUME_COLUMNS.index(name)] = value
        else:
            draws.column(name)[:] = value
    return draws


def _ball(x: float, y: float, z: float, ratio: float = 1.0) -> torch.Tensor:
    """A soft ball about a place in pixels and planes from the corner, round in millimetres."""
    planes, rows, columns = np.ogrid[:DEPTH, :SIDE, :SIDE]
    far = (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 + ((planes + 0.5 - z) * ratio) ** 2
    return torch.from_numpy(np.exp(-far / 8).astype(np.float32))


def _centre(volume: torch.Tensor) -> tuple[float, float, float]:
    """The ball's place (x, y, z)."""
    axes = [torch.arange(length) + 0.5 for length in volume.shape]
    return tuple(float((volume.sum(dim=kept) * axis).sum() / volume.sum()) for kept, axis in
                 zip(((0, 1), (0, 2), (1, 2)), reversed(axes), strict=True))  # fmt: skip


def _moved(draws: VolumeDraws, volume: torch.Tensor, ratio: float = 1.0) -> torch.Tensor:
    return warp_volume(compose_volumes(draws, tuple(volume.shape), ratio), 0, volume)


def test_a_draw_that_changes_nothing_returns_the_very_volume() -> None:
    volume = torch.rand(DEPTH, SIDE, SIDE)
    assert torch.equal(_moved(_drawn(), volume), volume)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        # Clockwise as the plane is looked at: what is right of the middle comes below it.
        ("rotate_deg", (22, 16, 8), (16, 22, 8)),
        ("tilt_x_deg", (16, 19, 8), (16, 16, 11)),
        ("tilt_y_deg", (16, 16, 11), (19, 16, 8)),
    ],
)
def test_a_quarter_turn_about_each_axis_takes_a_ball_where_it_should(
    name: str, start: tuple[float, ...], end: tuple[float, ...]
) -> None:
    moved = _moved(_drawn(**{name: 90.0}), _ball(*start))
    assert _centre(moved) == pytest.approx(end, abs=0.1)


def test_a_turn_is_one_of_millimetres_where_planes_lie_far_apart() -> None:
    moved = _moved(_drawn(tilt_x_deg=90.0), _ball(16, 24, 8, ratio=2.0), ratio=2.0)
    # Eight pixels below the middle are four planes beyond it.
    assert _centre(moved) == pytest.approx((16, 16, 12), abs=0.1)
    assert torch.allclose(moved, _ball(16, 16, 12, ratio=2.0), atol=0.1)


def test_a_shift_along_the_planes_is_a_share_of_their_number() -> None:
    moved = _moved(_drawn(translate_z=0.125), _ball(16, 16, 8))
    assert _centre(moved) == pytest.approx((16, 16, 10), abs=0.05)


def test_a_flip_mirrors_left_and_right() -> None:
    volume = torch.rand(DEPTH, SIDE, SIDE)
    assert torch.allclose(_moved(_drawn(flip=1.0), volume), volume.flip(2), atol=1e-4)


def test_a_crop_shows_its_part_at_full_size() -> None:
    moved = _moved(_drawn(crop_side=0.5, crop_x=0.5, crop_y=0.5, crop_z=0.5), _ball(24, 24, 12))
    assert _centre(moved) == pytest.approx((16, 16, 8), abs=0.1)


STEPS = ({"rotate_deg": 20.0}, {"tilt_y_deg": 10.0}, {"tilt_x_deg": -8.0}, {"translate_x": 0.05, "translate_z": 0.05})


def test_the_composed_map_is_that_of_its_steps_on_a_smooth_volume() -> None:
    smooth = _ball(18, 14, 8) + _ball(12, 20, 9)
    stepwise = smooth
    for step in STEPS:
        stepwise = _moved(_drawn(**step), stepwise)
    together = _moved(_drawn(**{name: value for step in STEPS for name, value in step.items()}), smooth)
    assert float((together - stepwise).abs().max()) < 0.15
    assert _centre(together) == pytest.approx(_centre(stepwise), abs=0.05)


def test_one_interpolation_keeps_more_detail_than_several() -> None:
    noise = torch.rand(DEPTH, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    stepwise = noise
    for step in STEPS:
        stepwise = _moved(_drawn(**step), stepwise)
    together = _moved(_drawn(**{name: value for step in STEPS for name, value in step.items()}), noise)
    middle = slice(5, 11), slice(10, 22), slice(10, 22)
    assert float(together[middle].std()) > 1.3 * float(stepwise[middle].std())


def test_the_elastic_field_has_one_spread_in_millimetres_along_all_axes() -> None:
    section = AugmentationSection.model_validate({"elastic": {"alpha": 30, "sigma": 4}})
    draws = draw_volumes(section, 7, 0, range(40), (SIDE, SIDE), depth=DEPTH, spacing_ratio=2.0)
    warp = compose_volumes(draws, (DEPTH, SIDE, SIDE), 2.0)
    fields = torch.stack([field for row in range(40) if (field := warp.field(row)) is not None])
    spread = fields.std(dim=(0, 2, 3, 4)).numpy() * [1, 1, 2]
    assert len(fields) == 40
    assert spread == pytest.approx([warp.spread_px[0]] * 3, rel=0.1)


def _stacks(count: int, channels: int) -> np.ndarray:
    draws = np.random.default_rng(0)
    stacks = draws.integers(1, 255, (count, DEPTH, SIDE, SIDE, channels)).astype(np.uint8)
    stacks[0, 3] = stacks[0, 9:] = 0
    return stacks


@pytest.fixture(params=[1, 3])
def channels(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def _augmenter(channels: int, section: dict[str, object] | None = None) -> StackAugmenter:
    given = AugmentationSection.model_validate(EVERYTHING if section is None else section)
    return StackAugmenter(given, SIDE, (0.4,) * channels, (0.2,) * channels, 7, spacing_ratio=2.0)


def test_what_a_stack_draws_does_not_depend_on_its_batch(channels: int) -> None:
    stacks, augmenter = _stacks(3, channels), _augmenter(channels)
    together = augmenter.batch(stacks, [4, 5, 6], epoch=2)
    alone = augmenter.batch(stacks[1:2], [5], epoch=2)
    assert together.shape == (3, DEPTH, channels, SIDE, SIDE)
    assert torch.equal(together[1], alone[0])
    assert not torch.equal(augmenter.batch(stacks[1:2], [5], epoch=3), alone)
    assert not torch.equal(augmenter.batch(stacks[1:2], [5], epoch=2, copy=1), alone)


def test_planes_that_are_not_there_stay_so_and_all_others_are_numbers(channels: int) -> None:
    made = _augmenter(channels).batch(_stacks(2, channels), [0, 1], epoch=0)
    absent = made.isnan().flatten(2).all(dim=2)
    assert absent[0].nonzero()[:, 0].tolist() == [3, *range(9, DEPTH)]
    assert not absent[1].any()
    assert torch.equal(made.isnan().flatten(2).any(dim=2), absent)


def test_without_augmentation_a_stack_is_as_when_reading(channels: int) -> None:
    stacks, augmenter = _stacks(2, channels), _augmenter(channels, {})
    plain = augmenter.plain(stacks)
    expected = (stacks[1].astype(np.float32) / 255 - 0.4) / 0.2
    assert np.allclose(plain[1].numpy(), np.moveaxis(expected, -1, -3), atol=1e-5)
    drawn = augmenter.batch(stacks, [0, 1], epoch=0)
    assert torch.equal(drawn.nan_to_num(nan=9.0), plain.nan_to_num(nan=9.0))


def test_memory_that_is_used_again_gets_the_same_batch(channels: int) -> None:
    stacks, augmenter = _stacks(2, channels), _augmenter(channels)
    fresh = augmenter.batch(stacks, [0, 1], epoch=1)
    room = torch.zeros_like(fresh)
    again = augmenter.batch(stacks, [0, 1], epoch=1, out=room)
    assert again.data_ptr() == room.data_ptr()
    assert torch.equal(again.nan_to_num(nan=9.0), fresh.nan_to_num(nan=9.0))


def test_all_planes_of_a_clip_are_changed_alike() -> None:
    stacks = np.repeat(_stacks(2, 3)[1:, :1], 4, axis=1)
    made = _augmenter(3).batch(stacks, [5], epoch=0)[0]
    assert all(torch.equal(made[0], plane) for plane in made[1:])


def test_contrast_is_about_the_mean_of_the_whole_stack() -> None:
    stacks = np.full((1, 2, SIDE, SIDE, 3), 100, np.uint8)
    stacks[0, 1] = 140
    augmenter = _augmenter(3, {"jitter": {"contrast": 0.5}})
    contrast = float(augmenter.draw([5], 0).column("contrast")[0])
    grey = augmenter.batch(stacks, [5], 0)[0, :, 0, 0, 0] * 0.2 + 0.4
    assert abs(contrast - 1) > 0.05
    assert grey.numpy() * 255 == pytest.approx([120 - 20 * contrast, 120 + 20 * contrast], abs=0.1)


def test_what_was_drawn_is_recorded_a_row_a_volume() -> None:
    table = _augmenter(1).draw_volumes([3, 8], 2, DEPTH).table()
    assert table["index"].tolist() == [3, 8]
    assert (table["tilt_x_deg"].abs() <= 10).all()
    assert table[["rotate_deg", "tilt_x_deg", "tilt_y_deg", "translate_z"]].nunique().tolist() == [2, 2, 2, 2]
