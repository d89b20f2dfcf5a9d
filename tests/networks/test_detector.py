"""Detectors: both kinds on any pyramid, losses and boxes from one pass, loaded weights, and the same numbers again."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from readingroom.core.errors import NetworkError
from readingroom.networks import build_network
from readingroom.networks.detector import FINEST, KINDS, MOST_BOXES, build_detector

SMALL = "mobilenetv3_small_050"
BOXES = [torch.tensor([[10.0, 12.0, 30.0, 28.0]]), torch.zeros(0, 4)]


@pytest.mark.parametrize("finest", FINEST)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_gives_losses_and_boxes_within_the_image(kind: str, finest: int) -> None:
    detector = build_detector(SMALL, kind, image_size=64, finest=finest, seed=1)
    images = torch.rand(2, 3, 65, 80)
    losses = detector.train()(images, BOXES)
    assert all(torch.isfinite(one) for one in losses.values())
    sum(losses.values()).backward()
    assert all(one.grad is not None for one in detector.model.backbone.parameters())
    with torch.inference_mode():
        found, judge = detector.eval()(images)
        again = detector(images, BOXES)
    assert len(found) == 2
    for one in found:
        assert one.boxes_xyxy_px.shape == (len(one.scores), 4)
        assert len(one.scores) <= MOST_BOXES
        assert (one.scores[:-1] >= one.scores[1:]).all()
        x0, y0, x1, y1 = one.boxes_xyxy_px.T
        assert x0.min() >= 0
        assert y0.min() >= 0
        assert x1.max() <= 80
        assert y1.max() <= 65
    assert all(torch.equal(value, again[name]) for name, value in judge(BOXES).items())


def test_gradients_are_numbers_in_bfloat16_where_the_coarsest_map_has_one_place() -> None:
    detector = build_detector(SMALL, "retinanet", image_size=64, seed=1).to(memory_format=torch.channels_last).train()
    for _ in range(4):  # what the faulty kernel leaves out is whatever the memory held
        spoilt = [torch.full((256, 256, 3, 3), float("nan"), dtype=torch.bfloat16) for _ in range(3)]
        del spoilt
        with torch.autocast("cpu", torch.bfloat16):
            losses = detector(torch.rand(2, 3, 64, 64), BOXES)
        sum(losses.values()).backward()
    assert all(torch.isfinite(one.grad).all() for one in detector.parameters() if one.grad is not None)


def test_the_same_seed_gives_the_same_numbers() -> None:
    first, second, other = (build_detector(SMALL, "fcos", image_size=64, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", ["resnet18", SMALL])
def test_the_backbone_starts_from_a_classification_networks_weights(name: str, tmp_path: Path) -> None:
    trained = build_network(name, 2, image_size=64, seed=5).backbone
    save_file(dict(trained.state_dict()), tmp_path / "weights.safetensors")
    detector = build_detector(name, "retinanet", weights=tmp_path / "weights.safetensors", image_size=64, seed=1)
    assert detector.loaded is not None
    held = {key.replace(".", "_"): value for key, value in trained.state_dict().items()}
    taken = detector.model.backbone.encoder.state_dict()
    assert taken
    assert all(torch.equal(value, held[key.replace(".", "_")]) for key, value in taken.items())


def test_what_cannot_be_built_is_said() -> None:
    with pytest.raises(NetworkError, match="no detector 'yolo'"):
        build_detector("resnet18", "yolo", image_size=64)
    with pytest.raises(NetworkError, match="cannot carry a detector"):
        build_detector("vit_small_patch16_224", "fcos", image_size=224)
    with pytest.raises(NetworkError, match="built from a whole network"):
        build_detector("resenet", "fcos", image_size=224)
    with pytest.raises(NetworkError, match="finest 2"):
        build_detector("resnet18", "fcos", image_size=64, finest=2)
    with pytest.raises(NetworkError, match="too few"):
        build_detector("resnet18", "fcos", image_size=16)
