"""RESENet: Squeeze-and-Excitation in every residual block, starting as the plain network."""

from __future__ import annotations

from copy import deepcopy

import pytest
import timm
import torch
from timm.models.inception_resnet_v2 import Block8, Block17, Block35
from torch import nn

from readingroom.core.errors import NetworkError
from readingroom.networks import build_network, build_resenet
from readingroom.networks.resenet import ExcitedConv2d, excite_residual_blocks

SIZE = 75


@pytest.fixture(scope="module")
def pair() -> tuple[nn.Module, nn.Module]:
    """Inception-ResNetV2, and the same with its residual blocks excited."""
    torch.manual_seed(0)
    plain = timm.create_model("inception_resnet_v2", num_classes=0)
    return plain.eval(), excite_residual_blocks(deepcopy(plain)).eval()


def test_every_residual_block_is_excited(pair: tuple[nn.Module, nn.Module]) -> None:
    blocks = [module for module in pair[1].modules() if isinstance(module, Block35 | Block17 | Block8)]
    assert len(blocks) == 10 + 20 + 10
    assert all(isinstance(block.conv2d, ExcitedConv2d) for block in blocks)


def test_it_starts_by_computing_what_the_plain_network_computes(pair: tuple[nn.Module, nn.Module]) -> None:
    images = torch.rand(2, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        plain, excited = (network(images) for network in pair)
    torch.testing.assert_close(excited, plain, rtol=1e-4, atol=1e-5 * float(plain.abs().max()))


def test_the_plain_network_s_tensors_keep_their_names(pair: tuple[nn.Module, nn.Module]) -> None:
    plain, excited = (network.state_dict() for network in pair)
    added = [name for name in excited if name not in plain]
    assert [name for name in plain if name not in excited] == []
    assert len(added) == 40 * 4
    assert all(".conv2d.se.fc" in name for name in added)


def test_a_gate_scales_the_channels_of_the_residual_branch_alone() -> None:
    convolution = ExcitedConv2d(nn.Conv2d(4, 32, 1))
    maps = torch.rand(2, 4, 5, 5, generator=torch.Generator().manual_seed(2))
    nn.init.normal_(convolution.se.fc2.weight)
    with torch.no_grad():
        plain = nn.functional.conv2d(maps, convolution.weight, convolution.bias)
        squeezed = plain.mean((2, 3))
        hidden = torch.relu(squeezed @ convolution.se.fc1.weight[:, :, 0, 0].T + convolution.se.fc1.bias)
        gate = torch.sigmoid(hidden @ convolution.se.fc2.weight[:, :, 0, 0].T + convolution.se.fc2.bias)
        torch.testing.assert_close(convolution(maps), plain * gate[:, :, None, None])


def test_the_excitation_learns_from_the_first_step(pair: tuple[nn.Module, nn.Module]) -> None:
    network = pair[1]
    network(torch.rand(2, 3, SIZE, SIZE)).square().mean().backward()
    steps = [value.grad for name, value in network.named_parameters() if name.endswith("se.fc2.bias")]
    network.zero_grad()
    assert len(steps) == 40
    assert all(step is not None and float(step.abs().sum()) > 0 for step in steps)


def test_the_ablation_is_timm_s_network(pair: tuple[nn.Module, nn.Module]) -> None:
    with torch.device("meta"):
        ablated, whole = build_resenet(se=False), build_resenet()
    assert str(ablated) == str(pair[0])
    assert str(whole) == str(pair[1])


def test_another_network_has_nothing_to_excite() -> None:
    with pytest.raises(NetworkError, match="no residual block of Inception-ResNetV2"):
        excite_residual_blocks(timm.create_model("resnet18", num_classes=0))


def test_from_random_weights_too_the_excitation_is_all_that_differs_from_inception_resnet_v2() -> None:
    plain = build_network("inception_resnet_v2", 3, image_size=75, seed=5).state_dict()
    excited = build_network("resenet", 3, image_size=75, seed=5).state_dict()
    assert all(torch.equal(value, excited[name]) for name, value in plain.items())
    assert {name.split(".se.")[0] for name in set(excited) - set(plain)} == {
        name.split(".se.")[0] for name in excited if ".se." in name
    }
