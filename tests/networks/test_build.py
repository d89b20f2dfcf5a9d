"""Every network passes the same test, and wrong words get an answer that helps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from readingroom.core.errors import NetworkError
from readingroom.networks import Network, build_network, network_names, smallest_size

FEATURES = {
    "resnet18": 512,
    "resnet34": 512,
    "densenet121": 1024,
    "legacy_xception": 2048,
    "resnetv2_50": 2048,
    "tf_efficientnetv2_s": 1280,
    "vit_small_patch16_224": 384,
    "convmixer_768_32": 768,
    "inception_resnet_v2": 1536,
    "resenet": 1536,
}
SMALLEST = {
    "resnet18": 1,
    "resnet34": 1,
    "densenet121": 29,
    "legacy_xception": 7,
    "resnetv2_50": 1,
    "tf_efficientnetv2_s": 1,
    "vit_small_patch16_224": 1,
    "convmixer_768_32": 7,
    "inception_resnet_v2": 75,
    "resenet": 75,
}


@dataclass(frozen=True)
class Case:
    name: str
    size: int
    network: Network


def build_small(name: str, size: int, seed: int = 7) -> Network:
    return build_network(name, 3, head=(64, 32), image_size=size, seed=seed)


@pytest.fixture(scope="module", params=network_names())
def case(request: pytest.FixtureRequest) -> Case:
    size = max(32, SMALLEST[request.param])
    return Case(request.param, size, build_small(request.param, size))


def test_there_are_ten_networks() -> None:
    assert set(network_names()) == set(FEATURES)
    assert len(network_names()) == 10


def test_a_network_makes_features_and_then_logits(case: Case) -> None:
    images = torch.rand(2, 3, case.size, case.size, generator=torch.Generator().manual_seed(1))
    network = case.network.eval()
    with torch.no_grad():
        features = network.features(images)
        logits = network(images)
        assert torch.equal(network.classify(features), logits)
    assert features.shape == (2, FEATURES[case.name])
    assert network.feature_count == FEATURES[case.name]
    assert logits.shape == (2, 3)
    assert not torch.equal(logits[0], logits[1])


def test_a_network_learns_in_every_parameter(case: Case) -> None:
    images = torch.rand(2, 3, case.size, case.size, generator=torch.Generator().manual_seed(1))
    network = case.network.train()
    torch.nn.functional.cross_entropy(network(images), torch.tensor([0, 2])).backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    network.zero_grad()
    assert [name for name, gradient in gradients.items() if gradient is None] == []
    assert all(torch.isfinite(gradient).all() for gradient in gradients.values() if gradient is not None)


def test_a_network_is_the_same_from_the_same_seed_and_survives_safetensors(case: Case, tmp_path: Path) -> None:
    again = build_small(case.name, case.size)
    save_file(again.state_dict(), tmp_path / "weights.safetensors")
    saved = load_file(tmp_path / "weights.safetensors")
    parameters = dict(case.network.named_parameters())
    assert all(torch.equal(saved[name], parameter) for name, parameter in parameters.items())
    again.load_state_dict(saved, strict=True)


@pytest.mark.parametrize("name", network_names())
def test_a_network_takes_images_of_one_channel(name: str) -> None:
    size = max(32, SMALLEST[name])
    with torch.device("meta"):
        network = build_network(name, 2, image_size=size, in_channels=1)
    # Building shows the network one image, so it has taken one already.
    assert (network.in_channels, network.feature_count) == (1, FEATURES[name])


def test_another_seed_starts_elsewhere() -> None:
    first, second = (build_small("resnet18", 32, seed) for seed in (7, 8))
    assert not torch.equal(first.backbone.conv1.weight, second.backbone.conv1.weight)
    assert not torch.equal(first.head.output.weight, second.head.output.weight)


@pytest.mark.parametrize("name", sorted(SMALLEST))
def test_the_smallest_size_is_taken_and_one_pixel_less_is_not(name: str) -> None:
    smallest = SMALLEST[name]
    assert smallest_size(name, above=max(0, smallest - 2)) == smallest


def test_building_leaves_the_random_state_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    build_network("resnet18", 2, image_size=32, seed=11)
    assert torch.equal(torch.rand(4), expected)


def test_an_image_too_small_is_refused_with_the_smallest_size() -> None:
    with pytest.raises(NetworkError, match=r"20 pixels.*Use 29 pixels; its usual size is 224"):
        build_network("densenet121", 2, image_size=20)


@pytest.mark.parametrize(
    ("name", "size", "next_size"), [("swin_tiny_patch4_window7_224", 50, 56), ("levit_128s", 33, 48)]
)
def test_a_size_that_does_not_fit_patches_or_windows_is_refused_with_one_that_does(
    name: str, size: int, next_size: int
) -> None:
    with pytest.raises(NetworkError, match=rf"cannot take images of {size} pixels.*Use {next_size} pixels"):
        build_network(name, 2, image_size=size)


@pytest.mark.parametrize(
    ("wrong", "nearest"), [("resnet19", "resnet18"), ("DenseNet-121", "densenet121"), ("resnet", "resenet")]
)
def test_a_wrong_name_is_answered_with_the_nearest(wrong: str, nearest: str) -> None:
    with pytest.raises(NetworkError, match=rf"no network '{wrong}'\. Did you mean .*\b{nearest}\b"):
        build_network(wrong, 2, image_size=32)


@pytest.mark.parametrize("hostile", ["", "/", "hf-hub:timm/resnet18.a1_in1k", "local-dir:/tmp", "网络"])
def test_a_name_that_is_no_name_is_answered_with_the_studied_networks(hostile: str) -> None:
    with pytest.raises(NetworkError, match="Did you mean resnet18, resnet34"):
        build_network(hostile, 2, image_size=32)


def test_a_variant_that_is_not_published_is_answered_with_those_that_are() -> None:
    with pytest.raises(NetworkError, match=r"no published variant 'a9'.*resnet18\.tv_in1k"):
        build_network("resnet18.a9", 2, image_size=32)


def test_any_other_timm_name_works() -> None:
    network = build_network("mobilenetv3_small_050", 4, image_size=32)
    assert network.eval()(torch.zeros(1, 3, 32, 32)).shape == (1, 4)
    assert network.feature_count == 1024


def test_every_impossible_number_is_reported() -> None:
    with pytest.raises(NetworkError) as caught:
        build_network("resnet18", 0, head=(8, 0), image_size=0, in_channels=0, drop_rate=1.0)
    assert len(caught.value.problems) == 5


def test_a_vision_transformer_sees_the_lower_edge_of_any_size() -> None:
    network = build_network("vit_tiny_patch16_224", 2, image_size=50).eval()
    images = torch.zeros(2, 3, 50, 50)
    images[1, :, 48:, :] = 1.0
    with torch.no_grad():
        features = network.features(images)
    assert not torch.allclose(features[0], features[1])
