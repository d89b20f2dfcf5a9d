from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from torchvision.transforms.v2 import functional as peer

from readingroom.training.augmentation import (
    COLUMNS,
    AugmentationSection,
    Draws,
    Normalisation,
    apply_draws,
    apply_to_boxes,
    apply_to_outlines,
    compose,
    draw,
    move_boxes,
    move_points,
    neutral,
    render_torch,
)
from readingroom.training.augmentation.colour import compose_colours
from readingroom.training.augmentation.warp import Warp

GEOMETRY = AugmentationSection.model_validate(
    {
        "affine": {"rotate": 30, "shear": 10, "scale": [0.8, 1.2], "translate": 0.1},
        "elastic": {"alpha": 30, "sigma": 6},
        "flip": True,
        "flip_vertical": True,
        "crop": [0.5, 1.0],
    }
)


def photo(height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    """Coarse random colours, smooth, with nothing symmetric about them."""
    coarse = np.random.default_rng(seed).random((3, height // 6 + 3, width // 6 + 3))
    grid = np.meshgrid(np.arange(height) / 6, np.arange(width) / 6, indexing="ij")
    smooth = np.stack([map_coordinates(channel, grid, order=3, mode="nearest") for channel in coarse], axis=-1)
    return np.clip(smooth * 255, 0, 255).astype(np.uint8)


def only(size: tuple[int, int], **values: float) -> Draws:
    draws = neutral(1, size)
    changed = draws.values.copy()
    for name, value in values.items():
        changed[:, COLUMNS.index(name)] = value
    return dataclasses.replace(draws, values=changed)


def levels(batch: torch.Tensor) -> NDArray[np.float64]:
    """(B, h, w, 3) grey levels of images that were normalised to 0..1."""
    return batch.permute(0, 2, 3, 1).double().numpy() * 255


def plainly(image: NDArray[np.generic], warp: Warp, row: int, order: int, mode: str) -> NDArray[np.float64]:
    """The slow reference: every pixel's place, the field interpolated by SciPy, one channel at a time."""
    height, width = warp.size
    y, x = np.meshgrid(np.arange(height) + 0.5, np.arange(width) + 0.5, indexing="ij")
    points = np.stack([x, y], axis=-1)
    field = warp.field(row)
    if field is not None:
        places = [y / warp.stride_px + 0.5, x / warp.stride_px + 0.5]
        points = points + np.stack(
            [map_coordinates(field[..., axis].astype(float), places, order=1, mode="nearest") for axis in (0, 1)], -1
        )
    source = points @ warp.matrix[row, :, :2].T + warp.matrix[row, :, 2] - 0.5
    where = [source[..., 1], source[..., 0]]
    channels = np.atleast_3d(image).astype(float)
    made = [map_coordinates(channels[..., c], where, order=order, mode=mode) for c in range(channels.shape[2])]
    return np.stack(made, axis=-1).reshape(height, width, *image.shape[2:])


def test_nothing_drawn_gives_the_image_back_to_the_bit() -> None:
    image = photo(40, 56)
    made = levels(apply_draws(image[None], neutral(1, (40, 56))))
    assert (np.rint(made[0]) == image).all()
    assert np.abs(made[0] - image).max() < 1e-4


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"flip": 1}, lambda image: image[:, ::-1]),
        ({"flip_vertical": 1}, lambda image: image[::-1]),
        ({"flip": 1, "flip_vertical": 1}, lambda image: image[::-1, ::-1]),
        ({"rotate_deg": 90}, lambda image: np.rot90(image, -1)),
        ({"rotate_deg": -90}, lambda image: np.rot90(image)),
        ({"rotate_deg": 180}, lambda image: image[::-1, ::-1]),
        ({"rotate_deg": 90, "flip": 1}, lambda image: np.rot90(image, -1)[:, ::-1]),
        ({"translate_x": 0.25}, lambda image: np.pad(image, ((0, 0), (12, 0), (0, 0)))[:, :48]),
        ({"translate_y": -0.25}, lambda image: np.pad(image, ((0, 12), (0, 0), (0, 0)))[12:]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
@pytest.mark.parametrize("render", ["cpu", "torch"])
def test_flips_quarter_turns_and_whole_shifts_are_exact(values: dict[str, float], expected, render: str) -> None:  # type: ignore[no-untyped-def]
    image = photo(48, 48)
    made = rendered(image[None], only((48, 48), **values), render)
    assert (np.rint(made[0]) == expected(image)).all()


def rendered(images: NDArray[np.uint8], draws: Draws, render: str) -> NDArray[np.float64]:
    if render == "cpu":
        return levels(apply_draws(images, draws))
    warp = compose(draws, images.shape[1:3])  # type: ignore[arg-type]
    colours = compose_colours(draws, Normalisation())
    return levels(render_torch.render_images(torch.from_numpy(images), warp, colours, torch.float32))


def test_a_crop_at_its_own_scale_is_a_cut() -> None:
    image = photo(48, 64)
    made = levels(apply_draws(image[None], only((24, 32), crop_side=0.5, crop_x=0.25, crop_y=0.5)))
    assert (np.rint(made[0]) == image[24:48, 16:48]).all()


@pytest.mark.parametrize(
    "values",
    [
        {"rotate_deg": 17},
        {"shear_deg": 12},
        {"scale": 1.3},
        {"translate_x": 0.1, "translate_y": -0.2},
        {"rotate_deg": -8, "shear_deg": 9, "scale": 0.8},
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_the_affine_change_agrees_with_torchvision(values: dict[str, float]) -> None:
    image = photo(60, 80)
    given = {"rotate_deg": 0.0, "shear_deg": 0.0, "scale": 1.0, "translate_x": 0.0, "translate_y": 0.0, **values}
    theirs = peer.affine(
        torch.from_numpy(image).permute(2, 0, 1).float(),
        angle=given["rotate_deg"],
        shear=[given["shear_deg"], 0.0],
        scale=given["scale"],
        translate=[given["translate_x"] * 80, given["translate_y"] * 60],
        interpolation=peer.InterpolationMode.BILINEAR,
    )
    ours = levels(apply_draws(image[None], only((60, 80), **given)))[0]
    # Theirs blends a mask at the border, so the comparison is of the inside.
    inside = theirs.permute(1, 2, 0).numpy()[1:-1, 1:-1]
    assert np.quantile(np.abs(ours[1:-1, 1:-1] - inside), 0.98) < 0.6


@pytest.mark.parametrize(("outside", "mode"), [("black", "grid-constant"), ("reflect", "reflect")])
@pytest.mark.parametrize("render", ["cpu", "torch"])
def test_both_renderers_agree_with_a_plain_reference(outside: str, mode: str, render: str) -> None:
    images = np.stack([photo(60, 72, seed) for seed in range(4)])
    draws = draw(GEOMETRY.model_copy(update={"outside": outside}), 7, 0, range(4), (48, 56))
    made = rendered(images, draws, render)
    warp = compose(draws, (60, 72))
    assert warp.spread_px.all()
    expected = np.stack([plainly(image, warp, row, 1, mode) for row, image in enumerate(images)])
    # The CPU rounds to whole grey levels after its warp.
    assert np.abs(made - expected).max() < (1.0 if render == "cpu" else 0.05)


@pytest.mark.parametrize("render", ["cpu", "torch"])
def test_outlines_take_the_value_of_the_nearest_pixel(render: str) -> None:
    masks = np.stack([(photo(60, 72, seed)[..., 0] // 64) for seed in range(4)])
    draws = draw(GEOMETRY, 7, 0, range(4), (48, 56))
    warp = compose(draws, (60, 72))
    made = (
        apply_to_outlines(masks, draws)
        if render == "cpu"
        else render_torch.render_outlines(torch.from_numpy(masks), warp)
    )
    expected = np.stack([plainly(mask, warp, row, 0, "grid-constant") for row, mask in enumerate(masks)])
    assert made.dtype == torch.uint8
    assert (made.numpy() != expected).mean() < 2e-3


def test_an_outline_stays_on_its_image() -> None:
    image = np.zeros((96, 96, 3), np.uint8)
    image[20:60, 30:80] = 200
    draws = draw(GEOMETRY, 3, 0, range(8), 96)
    seen = levels(apply_draws(np.stack([image] * 8), draws))[..., 0] >= 100
    outlines = apply_to_outlines(np.stack([(image[..., 0] > 0).astype(np.uint8)] * 8), draws).numpy() > 0
    overlap = (seen & outlines).sum(axis=(1, 2)) / (seen | outlines).sum(axis=(1, 2))
    assert overlap.min() > 0.99


def test_points_follow_their_pixels() -> None:
    image = np.zeros((96, 120, 3), np.uint8)
    image[40:43, 70:73] = 255
    draws = draw(GEOMETRY, 5, 0, range(16), (96, 120))
    warp = compose(draws, (96, 120))
    seen = levels(apply_draws(np.stack([image] * 16), draws))[..., 0]
    found = 0
    for row in range(16):
        ((x, y),) = move_points(warp, row, [[71.5, 41.5]])
        if seen[row].sum() > 500 and 4 < x < 116 and 4 < y < 92:
            weights = seen[row] / seen[row].sum()
            centre = (weights.sum(0) @ (np.arange(120) + 0.5), weights.sum(1) @ (np.arange(96) + 0.5))
            assert np.hypot(x - centre[0], y - centre[1]) < 0.35
            found += 1
    assert found > 8


def test_box_corners_follow_a_flip_and_a_crop() -> None:
    draws = only((50, 40), flip=1, crop_side=0.5, crop_x=0.0, crop_y=0.5)
    (boxes,) = apply_to_boxes([[[60, 60, 70, 80], [0, 0, 10, 10]]], draws, (100, 80))
    # Mirrored, 60..70 becomes 10..20, and nothing is scaled as half of the view fills half of the size.
    assert boxes.tolist() == [[10, 10, 20, 30], [40, 0, 40, 0]]


def test_a_box_encloses_what_it_enclosed() -> None:
    image = np.zeros((96, 96, 3), np.uint8)
    image[30:60, 24:70] = 255
    draws = draw(GEOMETRY, 9, 0, range(8), 96)
    warp = compose(draws, (96, 96))
    seen = levels(apply_draws(np.stack([image] * 8), draws))[..., 0] > 127
    for row in range(8):
        x0, y0, x1, y1 = move_boxes(warp, row, [[24, 30, 70, 60]])[0]
        rows, columns = np.nonzero(seen[row].any(axis=1))[0], np.nonzero(seen[row].any(axis=0))[0]
        tight = np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
        assert np.abs(tight - [x0, y0, x1, y1]).max() < 1.5


def test_the_elastic_field_has_the_spread_and_the_correlation_of_simards() -> None:
    alpha, sigma, size = 30.0, 6.0, 96
    section = AugmentationSection.model_validate({"elastic": {"alpha": alpha, "sigma": sigma}})
    warp = compose(draw(section, 1, 0, range(300), size), (size, size))
    fields = np.stack([warp.field(row) for row in range(300)])
    expected = alpha * np.sqrt(1 / 3) / (2 * sigma * np.sqrt(np.pi))
    assert fields.mean() == pytest.approx(0, abs=0.02)
    assert fields.std() == pytest.approx(expected, rel=0.02)
    # As large at the border as in the middle.
    assert fields[:, :3].std() == pytest.approx(expected, rel=0.05)
    for steps in (1, 2, 4):
        away = steps * warp.stride_px
        correlation = (fields[:, :, steps:] * fields[:, :, :-steps]).mean() / fields.var()
        assert correlation == pytest.approx(np.exp(-(away**2) / (4 * sigma**2)), abs=0.02)
    assert abs(np.corrcoef(fields[..., 0].ravel(), fields[..., 1].ravel())[0, 1]) < 0.02


def test_one_interpolation_keeps_more_detail_than_a_chain_of_them() -> None:
    rough = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), dtype=np.uint8)
    once = levels(apply_draws(rough, only((64, 64), rotate_deg=20, scale=1.1)))[0, 16:48, 16:48]
    turned = np.rint(levels(apply_draws(rough, only((64, 64), rotate_deg=20)))).astype(np.uint8)
    twice = levels(apply_draws(turned, only((64, 64), scale=1.1)))[0, 16:48, 16:48]
    assert once.std() > 1.1 * twice.std()


def test_applying_recorded_draws_again_gives_the_same_bits(tmp_path) -> None:  # type: ignore[no-untyped-def]
    images = np.stack([photo(60, 60, seed) for seed in range(3)])
    draws = draw(GEOMETRY, 7, 1, range(3), 48)
    draws.save(tmp_path / "draws.npz")
    first, again = apply_draws(images, draws), apply_draws(images, Draws.load(tmp_path / "draws.npz"))
    alone = apply_draws(images[1:2], draws.take([1]))
    assert first.numpy().tobytes() == again.numpy().tobytes()
    assert torch.equal(first[1], alone[0])
