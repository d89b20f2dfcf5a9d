"""Segmenters: any encoder with any decoder, padding, loaded weights, and the same numbers from the same seed."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from readingroom.core.errors import NetworkError
from readingroom.networks import build_network
from readingroom.networks.segmenter import DECODERS, build_segmenter


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_decoder_gives_a_mask_of_the_images_size(decoder: str) -> None:
    segmenter = build_segmenter("resnet18", decoder, image_size=128).eval()
    with torch.inference_mode():
        masks, classes = segmenter(torch.rand(2, 3, 128, 128))
    assert masks.shape == (2, 128, 128)
    assert classes is None


def test_sides_that_cannot_be_halved_are_padded_and_cut_back() -> None:
    segmenter = build_segmenter("resnet18", "deeplabv3", image_size=65).eval()
    assert segmenter.padded_size == 72
    with torch.inference_mode():
        masks, _ = segmenter(torch.rand(1, 3, 65, 65))
    assert masks.shape == (1, 65, 65)


def test_a_classifier_stands_on_the_same_encoder() -> None:
    segmenter = build_segmenter("resnet18", "unet", image_size=64, classes=3).eval()
    with torch.inference_mode():
        masks, classes = segmenter(torch.rand(2, 3, 64, 64))
    assert masks.shape == (2, 64, 64)
    assert classes.shape == (2, 3)


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, second, other = (build_segmenter("resnet18", "unet", image_size=64, seed=s) for s in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", ["resnet18", "mobilenetv3_small_050"])
def test_the_encoder_starts_from_a_classification_networks_weights(name: str, tmp_path: Path) -> None:
    trained = build_network(name, 2, image_size=64, seed=5).backbone
    save_file(dict(trained.state_dict()), tmp_path / "weights.safetensors")
    segmenter = build_segmenter(name, "unet", weights=tmp_path / "weights.safetensors", image_size=64, seed=1)
    assert segmenter.loaded is not None
    held = {key.replace(".", "_"): value for key, value in trained.state_dict().items()}
    taken = segmenter.model.encoder.model.state_dict()
    assert all(torch.equal(value, held[key.replace(".", "_")]) for key, value in taken.items())


def test_the_plain_unet_needs_no_encoder() -> None:
    segmenter = build_segmenter("plain16", "unet", image_size=72, classes=2).eval()
    assert segmenter.padded_size == 80
    with torch.inference_mode():
        masks, classes = segmenter(torch.rand(2, 3, 72, 72))
    assert masks.shape == (2, 72, 72)
    assert classes.shape == (2, 2)
    with pytest.raises(NetworkError, match="plain U-Net"):
        build_segmenter("plain16", "fpn", image_size=64)


def test_what_cannot_be_built_is_said() -> None:
    with pytest.raises(NetworkError, match="no decoder 'unett'"):
        build_segmenter("resnet18", "unett", image_size=64)
    with pytest.raises(NetworkError, match="cannot be the encoder"):
        build_segmenter("vit_small_patch16_224", "unet", image_size=224)
    with pytest.raises(NetworkError, match="does not take 64 pixels"):
        build_segmenter("resnet18", "pan", image_size=64)
    with pytest.raises(NetworkError, match="too few"):
        build_segmenter("resnet18", "unet", image_size=16)
