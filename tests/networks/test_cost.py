"""Timing a network leaves it as it was."""

from __future__ import annotations

import pytest
import torch

from readingroom.networks import build_network, seconds_per_image


@pytest.mark.parametrize("training", [True, False])
def test_timing_leaves_the_network_and_the_random_state_as_they_were(training: bool) -> None:
    network = build_network("test_resnet", 2, image_size=32, drop_rate=0.5)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    state = torch.random.get_rng_state()
    seconds = seconds_per_image(network, image_size=32, batch=2, training=training)
    assert seconds > 0
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert torch.equal(torch.random.get_rng_state(), state)
