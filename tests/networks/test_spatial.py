from __future__ import annotations

import pytest
import torch

from readingroom.core.errors import NetworkError
from readingroom.networks import build_network, find_spatial_layer


@pytest.mark.parametrize(
    ("name", "size", "layer", "layout"),
    [
        ("resnet18", 64, "layer4", "channels first"),
        ("legacy_xception", 96, "act4", "channels first"),
        ("test_vit", 32, "blocks.5.norm1", "tokens"),
        ("swin_tiny_patch4_window7_224", 224, "norm", "channels last"),
        # The class token joins these tokens after the blocks.
        ("cait_xxs24_224", 224, "blocks.23.norm1", "tokens"),
    ],
)
def test_the_last_layer_that_knows_places_is_found(name: str, size: int, layer: str, layout: str) -> None:
    found = find_spatial_layer(build_network(name, 2, image_size=size))
    assert (found.name, found.layout) == (layer, layout)


def test_where_a_small_image_ends_in_one_place_an_earlier_stage_is_taken() -> None:
    assert find_spatial_layer(build_network("test_resnet", 2, image_size=32)).name == "layer3"


def test_a_network_without_such_a_layer_is_named() -> None:
    with pytest.raises(NetworkError, match="levit_128s has no layer in which places"):
        find_spatial_layer(build_network("levit_128s", 2, image_size=224))


def test_finding_leaves_the_network_as_it_was() -> None:
    network = build_network("test_resnet", 2, image_size=32).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    find_spatial_layer(network)
    assert network.training
    assert not any(module._forward_hooks for module in network.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(("name", "size"), [("test_resnet", 64), ("test_vit", 32), ("test_vit", 40)])
def test_maps_go_back_into_the_output_that_they_came_from(name: str, size: int) -> None:
    layer = find_spatial_layer(build_network(name, 2, image_size=size))
    output = torch.rand(2, 5, 7, 7) if layer.layout == "channels first" else torch.rand(2, 1 + 49, 5)
    maps = layer.to_maps(output)
    assert maps.shape == (2, 5, 7, 7)
    assert torch.equal(layer.from_maps(maps, output), output)


def test_the_grid_of_a_padded_image_covers_the_padding() -> None:
    assert find_spatial_layer(build_network("test_vit", 2, image_size=40)).covered_px == 48
