"""Weights: published, from a file, from a bundle; and what is said when they are none of these."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from timm.layers import resample_abs_pos_embed
from torch import Tensor

from readingroom.core.errors import WeightsError
from readingroom.core.files import hash_file
from readingroom.networks import build_network, build_resenet
from readingroom.networks.backbones import create_backbone
from readingroom.networks.weights import Checkpoint

FillCache = Callable[[str, dict[str, Tensor]], Path]
SMALL = "test_resnet"  # timm's own miniature of a resnet, 160 px


def published(name: str, **options: object) -> dict[str, Tensor]:
    torch.manual_seed(5)
    tensors: dict[str, Tensor] = timm.create_model(name, **options).state_dict()
    return tensors


def test_published_weights_are_read_from_the_hub_cache_without_a_network(
    fill_cache: FillCache, no_network: list[str]
) -> None:
    tensors = published("resnet18")
    path = fill_cache("timm/resnet18.a1_in1k", tensors)
    network = build_network("resnet18", 3, weights="imagenet", image_size=64)
    mine = network.backbone.state_dict()
    assert no_network == []
    assert all(torch.equal(value, tensors[name]) for name, value in mine.items())
    assert network.loaded is not None
    assert network.loaded.matched == len(mine) == len(tensors) - 2
    assert set(network.loaded.dropped) == {"fc.weight", "fc.bias"}
    assert network.loaded.source == "timm/resnet18.a1_in1k"
    assert network.loaded.sha256 == hash_file(path)


def test_resenet_starts_from_inception_resnet_v2_s_published_weights(fill_cache: FillCache) -> None:
    tensors = published("inception_resnet_v2")
    fill_cache("timm/inception_resnet_v2.tf_in1k", tensors)
    mine = build_network("resenet", 3, weights="imagenet", image_size=75).backbone.state_dict()
    taken = {name: value for name, value in mine.items() if ".conv2d.se." not in name}
    assert len(mine) - len(taken) == 160
    assert all(torch.equal(value, tensors[name]) for name, value in taken.items())


def test_a_position_embedding_is_resampled_to_the_image_size(fill_cache: FillCache) -> None:
    tensors = published("vit_tiny_patch16_224")
    fill_cache("timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k", tensors)
    mine = build_network("vit_tiny_patch16_224", 3, weights="imagenet", image_size=90).backbone.state_dict()
    expected = resample_abs_pos_embed(tensors["pos_embed"], new_size=[6, 6], num_prefix_tokens=1)
    torch.testing.assert_close(mine["pos_embed"], expected)
    assert torch.equal(mine["blocks.3.attn.qkv.weight"], tensors["blocks.3.attn.qkv.weight"])


def test_grey_images_get_the_sum_of_the_colour_filters(fill_cache: FillCache) -> None:
    tensors = published(SMALL)
    fill_cache("timm/test_resnet.r160_in1k", tensors)
    network = build_network(SMALL, 2, weights="imagenet", image_size=64, in_channels=1)
    torch.testing.assert_close(
        network.backbone.state_dict()["conv1.0.weight"], tensors["conv1.0.weight"].sum(1, keepdim=True)
    )


def test_the_head_is_the_same_whatever_weights_the_backbone_starts_from(fill_cache: FillCache) -> None:
    fill_cache("timm/test_resnet.r160_in1k", published(SMALL))
    heads = [build_network(SMALL, 3, weights=weights, image_size=32).head for weights in ("imagenet", "random")]
    assert torch.equal(heads[0].output.weight, heads[1].output.weight)


def test_a_file_with_another_number_of_classes_loads_without_its_classifier(tmp_path: Path) -> None:
    tensors = published(SMALL, num_classes=17)
    save_file(tensors, tmp_path / "权重 1.safetensors")
    network = build_network(SMALL, 3, weights=tmp_path / "权重 1.safetensors", image_size=32)
    assert network.loaded is not None
    assert set(network.loaded.dropped) == {"fc.bias", "fc.weight"}
    assert torch.equal(network.backbone.state_dict()["conv1.0.weight"], tensors["conv1.0.weight"])


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "resenet"])
def test_a_reader_bundle_gives_its_backbone_and_a_new_head(name: str, tmp_path: Path) -> None:
    size = 75
    old = build_network(name, 5, head=(7,), image_size=size, seed=1)
    with torch.no_grad():
        for parameter in old.parameters():
            parameter.add_(0.01)
    save_file(old.state_dict(), tmp_path / "weights.safetensors")
    (tmp_path / "reader.yaml").write_text("name: old\n", encoding="utf-8")
    new = build_network(name, 2, weights=tmp_path, image_size=size, seed=2)
    mine, theirs = new.backbone.state_dict(), old.backbone.state_dict()
    assert all(torch.equal(mine[key], theirs[key]) for key in theirs)
    assert new.loaded is not None
    assert set(new.loaded.dropped) == {f"head.{key}" for key in old.head.state_dict()}
    assert new.loaded.matched == len(mine)
    assert new.classify(torch.zeros(1, new.feature_count)).shape == (1, 2)


def test_a_vision_transformer_s_bundle_serves_another_image_size(tmp_path: Path) -> None:
    old = build_network("vit_tiny_patch16_224", 2, image_size=75)
    save_file(old.state_dict(), tmp_path / "small.safetensors")
    new = build_network("vit_tiny_patch16_224", 2, weights=tmp_path / "small.safetensors", image_size=96)
    expected = resample_abs_pos_embed(old.backbone.pos_embed, new_size=[6, 6], num_prefix_tokens=1)
    torch.testing.assert_close(new.backbone.pos_embed, expected, check_stride=False)


def test_a_bundle_of_grey_images_serves_colour_images(tmp_path: Path) -> None:
    old = build_network(SMALL, 2, image_size=32, in_channels=1)
    save_file(old.state_dict(), tmp_path / "grey.safetensors")
    new = build_network(SMALL, 2, weights=tmp_path / "grey.safetensors", image_size=32)
    grey = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(new.eval().features(grey.expand(1, 3, 32, 32)), old.eval().features(grey))


def test_not_cached_and_offline_says_which_file_to_put_where(hub_cache: Path, no_network: list[str]) -> None:
    with pytest.raises(WeightsError) as caught:
        build_network("resnet34", 2, weights="imagenet", image_size=32)
    text = str(caught.value)
    assert "https://huggingface.co/timm/resnet34.a1_in1k/resolve/main/model.safetensors" in text
    assert "weights: weights/resnet34.safetensors" in text
    assert f"models--timm--resnet34.a1_in1k from its hub cache into {hub_cache}" in text
    assert no_network == ["huggingface.co"]


def test_the_weights_of_another_network_are_refused_with_counts_and_first_names(tmp_path: Path) -> None:
    save_file(published("test_vit"), tmp_path / "vit.safetensors")
    with pytest.raises(WeightsError) as caught:
        build_network(SMALL, 2, weights=tmp_path / "vit.safetensors", image_size=32)
    text = str(caught.value)
    assert "not the weights of test_resnet: 0 of its" in text
    assert "missing: conv1.0.weight" in text
    assert "unknown to the network: " in text


def test_weights_that_lack_a_layer_are_refused(tmp_path: Path) -> None:
    tensors = published(SMALL)
    tensors.pop("layer1.0.conv1.weight")
    save_file(tensors, tmp_path / "part.safetensors")
    with pytest.raises(WeightsError, match=r"1 missing: layer1\.0\.conv1\.weight"):
        build_network(SMALL, 2, weights=tmp_path / "part.safetensors", image_size=32)


def test_resenet_weights_that_lack_an_excitation_are_refused() -> None:
    tensors = {
        name: value for name, value in build_resenet().state_dict().items() if "block8.conv2d.se.fc1" not in name
    }
    checkpoint = Checkpoint(tensors, (), "part.safetensors", "")
    with pytest.raises(WeightsError, match=r"158 of its 160.*\n.*2 missing: block8\.conv2d\.se\.fc1\.weight"):
        create_backbone("resenet", image_size=75, checkpoint=checkpoint)


def test_a_pickle_is_not_opened_and_a_way_to_convert_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    torch.save(published(SMALL), path)
    with pytest.raises(WeightsError, match="may hold code") as caught:
        build_network(SMALL, 2, weights=path, image_size=32)
    script = caught.value.fix.split('python -c "')[1].removesuffix('"').replace("model.", f"{tmp_path}/model.")
    exec(script)
    assert build_network(SMALL, 2, weights=tmp_path / "model.safetensors", image_size=32).loaded is not None


def test_a_pickle_under_a_false_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    torch.save(published(SMALL), path)
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        build_network(SMALL, 2, weights=path, image_size=32)


@pytest.mark.parametrize("length", [0, 5, 1000])
def test_a_truncated_file_is_refused(length: int, tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_file(published(SMALL), path)
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        build_network(SMALL, 2, weights=path, image_size=32)


def test_weights_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    tensors = published(SMALL)
    tensors["fc.bias"][3] = float("nan")
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match=r"1 of \d+ tensors hold values that are not finite, first fc\.bias"):
        build_network(SMALL, 2, weights=tmp_path / "model.safetensors", image_size=32)


def test_a_file_without_tensors_and_one_with_a_head_only_are_refused(tmp_path: Path) -> None:
    save_file({}, tmp_path / "empty.safetensors")
    save_file({"head.output.weight": torch.ones(2, 3)}, tmp_path / "head.safetensors")
    for name, what in (("empty", "holds no tensors"), ("head", "holds a head only")):
        with pytest.raises(WeightsError, match=what):
            build_network(SMALL, 2, weights=tmp_path / f"{name}.safetensors", image_size=32)


def test_a_path_that_leads_nowhere_and_a_folder_that_is_no_bundle_are_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no such weights.*Write imagenet, random, or the path"):
        build_network(SMALL, 2, weights="imagnet", image_size=32)
    with pytest.raises(WeightsError, match=r"no reader bundle: weights\.safetensors and reader\.yaml missing"):
        build_network(SMALL, 2, weights=tmp_path, image_size=32)
