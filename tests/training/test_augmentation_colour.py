from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from matplotlib.colors import rgb_to_hsv
from numpy.typing import NDArray
from torchvision.transforms.v2 import functional as peer

from readingroom.training.augmentation import COLUMNS, Draws, Normalisation, apply_draws, compose, neutral, render_torch
from readingroom.training.augmentation.colour import compose_colours


def dull_photo(seed: int = 0) -> NDArray[np.uint8]:
    """Random mucosa colours, far enough from black and white that nothing is clipped."""
    drawn = np.random.default_rng(seed).normal([150, 100, 90], [18, 14, 12], (32, 40, 3))
    return np.clip(drawn, 40, 200).astype(np.uint8)


def only(**values: float) -> Draws:
    draws = neutral(1, (32, 40))
    changed = draws.values.copy()
    for name, value in values.items():
        changed[:, COLUMNS.index(name)] = value
    return dataclasses.replace(draws, values=changed)


def ours(image: NDArray[np.uint8], **values: float) -> NDArray[np.float64]:
    return apply_draws(image[None], only(**values))[0].permute(1, 2, 0).double().numpy()


def theirs(image: NDArray[np.uint8], change, factor: float) -> NDArray[np.float64]:  # type: ignore[no-untyped-def]
    pixels = torch.from_numpy(image).permute(2, 0, 1).double() / 255
    return change(pixels, factor).permute(1, 2, 0).numpy()


@pytest.mark.parametrize("factor", [0.7, 0.9, 1.2])
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("brightness", peer.adjust_brightness),
        ("contrast", peer.adjust_contrast),
        ("saturation", peer.adjust_saturation),
    ],
)
def test_each_change_agrees_with_torchvision(name: str, change, factor: float) -> None:  # type: ignore[no-untyped-def]
    image = dull_photo()
    # Torchvision's luma weights have one digit less.
    assert np.abs(ours(image, **{name: factor}) - theirs(image, change, factor)).max() < 3e-4


def hue_of(image: NDArray[np.float64]) -> NDArray[np.float64]:
    return rgb_to_hsv(image)[..., 0]


@pytest.mark.parametrize("turn", [-0.3, -0.03, 0.03, 0.2])
def test_hue_turns_as_far_and_the_same_way_as_torchvision(turn: float) -> None:
    image = (120 + 40 * np.random.default_rng(0).random((32, 40, 3))).astype(np.uint8)
    apart = hue_of(ours(image, hue=turn)) - hue_of(theirs(image, peer.adjust_hue, turn))
    # The hexagon of HSV and the circle differ by 1.2 degrees at most, before and after.
    assert np.abs((apart + 0.5) % 1 - 0.5).max() < 2.4 / 360


def test_a_third_of_the_colour_circle_takes_red_to_green() -> None:
    red = np.full((32, 40, 3), (140, 110, 110), np.uint8)
    turned = ours(red, hue=1 / 3)
    assert (turned[..., 1] > turned[..., 0]).all()
    assert (turned[..., 1] > turned[..., 2]).all()


def test_hue_leaves_grey_and_luma_alone() -> None:
    grey = np.repeat(np.arange(40, dtype=np.uint8)[None, :, None] * 6, 32, axis=0).repeat(3, axis=2)
    assert np.abs(ours(grey, hue=0.2) - grey / 255).max() < 1e-5
    image = dull_photo()
    luma = np.array([0.299, 0.587, 0.114])
    assert np.abs((ours(image, hue=0.03) - image / 255) @ luma).max() < 1e-5


def test_the_four_changes_commute_so_one_matrix_is_any_order() -> None:
    image = dull_photo()
    together = ours(image, brightness=1.1, contrast=0.9, saturation=1.2, hue=0.02)
    step = ours(image, hue=0.02)
    pixels = torch.from_numpy(step).permute(2, 0, 1)
    for change, factor in (
        (peer.adjust_saturation, 1.2),
        (peer.adjust_contrast, 0.9),
        (peer.adjust_brightness, 1.1),
    ):
        pixels = change(pixels, factor)
    assert np.abs(together - pixels.permute(1, 2, 0).numpy()).max() < 5e-4


def test_no_colour_goes_beyond_black_and_white() -> None:
    image = np.random.default_rng(0).integers(0, 256, (1, 32, 40, 3), dtype=np.uint8)
    normalisation = Normalisation((0.34, 0.18, 0.14), (0.13, 0.1, 0.08))
    made = apply_draws(image, only(brightness=1.5, contrast=1.5, saturation=2), normalisation)
    low, high = made.amin(dim=(0, 2, 3)), made.amax(dim=(0, 2, 3))
    assert torch.allclose(low, torch.tensor([-0.34 / 0.13, -0.18 / 0.1, -0.14 / 0.08]))
    assert torch.allclose(high, torch.tensor([0.66 / 0.13, 0.82 / 0.1, 0.86 / 0.08]))


def test_normalisation_is_that_of_torchvision() -> None:
    image = dull_photo()
    mean, sd = (0.34403, 0.18075, 0.13959), (0.12930, 0.09520, 0.07852)
    made = apply_draws(image[None], only(), Normalisation(mean, sd))[0]
    expected = peer.normalize(torch.from_numpy(image).permute(2, 0, 1) / 255, list(mean), list(sd))
    assert torch.allclose(made, expected, atol=2e-5)


def test_both_renderers_agree_on_colour() -> None:
    images = dull_photo()[None]
    draws = only(brightness=1.4, contrast=1.3, saturation=0.7, hue=0.1)
    colours = compose_colours(draws, Normalisation())
    other = render_torch.render_images(torch.from_numpy(images), compose(draws, (32, 40)), colours, torch.float32)
    assert torch.allclose(apply_draws(images, draws), other, atol=1e-5)


@pytest.mark.parametrize("sd", [(0.0, 1.0, 1.0), (1.0, 1.0)])
def test_an_impossible_normalisation_is_refused(sd: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="positive sd"):
        Normalisation.of((0, 0, 0), sd)
