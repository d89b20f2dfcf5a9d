"""MONAI's 3-D networks pass one test, and what does not fit them gets an answer that helps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from readingroom.core.errors import NetworkError, WeightsError
from readingroom.networks import (
    VOLUME_NETWORKS,
    Network,
    PlanesPlan,
    build_network,
    describe,
    published_weights,
    seconds_per_image,
)
from readingroom.networks.volumes import _BUILDERS

FEATURES = {
    "densenet121_3d": 1024,
    "densenet169_3d": 1664,
    "resnet10_3d": 512,
    "resnet18_3d": 512,
    "resnet34_3d": 512,
    "resnet50_3d": 2048,
    "seresnet50_3d": 2048,
}
PLAN = PlanesPlan(32, 1)


def _built(name: str = "resnet10_3d", plan: PlanesPlan | None = PLAN, **options: object) -> Network:
    return build_network(name, 2, image_size=32, seed=1, planes=plan, **options)  # type: ignore[arg-type]


def test_every_name_has_a_builder() -> None:
    assert tuple(_BUILDERS) == VOLUME_NETWORKS
    assert set(FEATURES) == set(VOLUME_NETWORKS)


@pytest.mark.parametrize("name", VOLUME_NETWORKS)
def test_a_volume_gives_features_and_then_logits(name: str) -> None:
    network = _built(name).eval()
    stacks = torch.rand(2, 32, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features = network.features(stacks)
        assert torch.equal(network.classify(features), network(stacks))
    assert features.shape == (2, FEATURES[name])
    assert not torch.equal(features[0], features[1])
    backbone = sum(parameter.numel() for parameter in network.backbone.parameters())
    assert describe(name).parameters == backbone


def test_absent_planes_are_seen_as_the_mean_and_the_first_channel_is_the_one_seen() -> None:
    network = _built(plan=PlanesPlan(32, 3)).eval()
    stacks = torch.rand(1, 32, 3, 32, 32)
    stacks[0, 20:] = torch.nan
    filled = stacks.nan_to_num(nan=0.0)
    filled[:, :, 1:] = 5.0
    with torch.no_grad():
        assert torch.equal(network(stacks), network(filled))


def test_a_volume_network_starts_from_its_seed_and_from_its_bundle(tmp_path: Path) -> None:
    first, again = _built().state_dict(), _built().state_dict()
    assert all(torch.equal(first[key], value) for key, value in again.items())
    save_file(first, tmp_path / "w.safetensors")
    loaded = build_network("resnet10_3d", 3, image_size=32, seed=2, planes=PLAN, weights=tmp_path / "w.safetensors")
    assert torch.equal(loaded.state_dict()["backbone.body.conv1.weight"], first["backbone.body.conv1.weight"])
    assert loaded.loaded is not None
    assert sorted(loaded.loaded.dropped) == ["head.output.bias", "head.output.weight"]


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_file(_built().state_dict(), tmp_path / "w.safetensors")
    with pytest.raises(WeightsError, match="not the weights of resnet18_3d"):
        _built("resnet18_3d", weights=tmp_path / "w.safetensors")


def test_there_are_no_imagenet_weights_of_volumes() -> None:
    with pytest.raises(WeightsError, match=r"no ImageNet weights of resnet10_3d.*weights: random"):
        _built(weights="imagenet")
    with pytest.raises(WeightsError, match="no ImageNet weights"):
        published_weights("densenet121_3d")


@pytest.mark.parametrize(
    ("name", "plan", "message"),
    [
        ("densenet121_3d", None, "Give input.stack"),
        ("densenet121_3d", PlanesPlan(32, 1, "mean"), "Leave pool away"),
        ("densenet121_3d", PlanesPlan(2, 3, None, (0, 1)), "the images are views"),
        ("densenet12_3d", PLAN, "Did you mean densenet121_3d"),
        ("densenet121_3d", PlanesPlan(8, 1), r"8 planes of 32 x 32 pixels.*Raise input.stack.planes to 29, or"),
    ],
)
def test_what_does_not_go_together_is_refused(name: str, plan: PlanesPlan | None, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        _built(name, plan)


def test_planes_and_size_are_both_named_where_both_are_too_small() -> None:
    with pytest.raises(NetworkError, match=r"Raise input\.stack\.planes to 29 and input\.size to 29"):
        build_network("densenet121_3d", 2, image_size=16, planes=PlanesPlan(8, 1))


def test_without_monai_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "monai.networks.nets", None)
    with pytest.raises(NetworkError, match=r"readingroom\[volumes\]"):
        _built()


def test_the_cost_of_a_stack_is_measured_on_stacks() -> None:
    assert seconds_per_image(_built(), image_size=32, batch=2, training=True) > 0
