"""Images and stacks are normalised by one rule, and planes that are not there are marked."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from readingroom.core.errors import BundleError
from readingroom.networks import PlanesPlan, build_network
from readingroom.reading.engine import OpenVinoEngine
from readingroom.reading.network_input import NetworkInput
from readingroom.reading.normalisation import Normaliser, channels_first
from readingroom.reading.precision import laid_out
from readingroom.reading.preprocessing import Preprocessing

MEAN, SD = (0.5, 0.4, 0.3), (0.2, 0.25, 0.1)


def _stacks(channels: int) -> np.ndarray:
    stacks = np.random.default_rng(0).integers(0, 255, (2, 3, 8, 8, channels)).astype(np.uint8)
    stacks[1, 2] = 0
    return stacks


def test_a_plane_is_normalised_as_an_image_is() -> None:
    stacks, normaliser = torch.from_numpy(_stacks(3)), Normaliser(MEAN, SD)
    made = normaliser(channels_first(stacks))
    assert made.shape == (2, 3, 3, 8, 8)
    assert torch.equal(made[0], normaliser(channels_first(stacks[0])))
    expected = (stacks[0, 1, 2, 3].numpy() / 255 - MEAN) / SD
    assert made[0, 1, :, 2, 3].numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_planes_of_zeros_are_not_there_and_all_others_are_numbers(channels: int) -> None:
    made = Normaliser(MEAN, SD)(channels_first(torch.from_numpy(_stacks(channels))))
    assert made.isnan().flatten(2).all(dim=2).tolist() == [[False] * 3, [False, False, True]]
    assert not made[0].isnan().any()


def test_grey_stacks_take_the_mean_of_three_channels_or_their_own_number() -> None:
    stacks = channels_first(torch.from_numpy(_stacks(1)[:1]))
    by_three, by_one = Normaliser(MEAN, (0.1, 0.2, 0.3))(stacks), Normaliser((0.4,), (0.2,))(stacks)
    assert torch.allclose(by_three, by_one, atol=1e-5)


def test_the_input_of_a_network_is_the_same() -> None:
    shared = NetworkInput(Preprocessing("whole", 8, "stretch", MEAN, SD), "cpu", "float32")
    made = Normaliser(MEAN, SD)(channels_first(torch.from_numpy(_stacks(3))))
    assert torch.equal(shared.tensor(_stacks(3)).nan_to_num(nan=9.0), made.nan_to_num(nan=9.0))


@pytest.mark.parametrize(
    ("precision", "layout"), [("float32", torch.contiguous_format), ("bfloat16", torch.channels_last_3d)]
)
def test_weights_of_volumes_lie_as_the_precision_likes_them(precision: str, layout: torch.memory_format) -> None:
    network = laid_out(build_network("resnet10_3d", 2, image_size=32, planes=PlanesPlan(8, 1)), precision)
    assert network.backbone.body.layer1[0].conv1.weight.is_contiguous(memory_format=layout)
    images = laid_out(build_network("test_resnet", 2, image_size=32), precision)
    assert images.backbone.conv1[3].weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.skipif(find_spec("openvino") is None, reason="needs readingroom[openvino]")
def test_openvino_does_not_read_stacks() -> None:
    network = build_network("test_resnet", 2, image_size=32, planes=PlanesPlan(4, 3, "mean"))
    with pytest.raises(BundleError, match="Use the engine torch"):
        OpenVinoEngine(network, Preprocessing("whole", 32, "stretch", MEAN, SD))
