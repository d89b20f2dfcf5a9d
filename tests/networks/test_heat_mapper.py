"""Networks of heat maps: a logit for each voxel, the same for the same seed, and little heat at the start."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from readingroom.core.errors import NetworkError, WeightsError
from readingroom.networks.heat_mapper import build_heat_mapper

pytest.importorskip("monai")


def test_every_voxel_has_a_logit_and_little_heat_at_the_start() -> None:
    network = build_heat_mapper("unet_3d", seed=3).eval()
    with torch.inference_mode():
        heat = network(torch.randn(2, 16, 24, 32)).sigmoid()
    assert heat.shape == (2, 16, 24, 32)
    assert float(heat.mean()) < 0.05


def test_the_same_seed_gives_the_same_network_and_moves_nobody_elses_numbers() -> None:
    torch.manual_seed(5)
    before = torch.rand(1)
    torch.manual_seed(5)
    first, second = build_heat_mapper("unet_3d", seed=3), build_heat_mapper("unet_3d", seed=3)
    assert torch.equal(before, torch.rand(1))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_weights_of_such_a_network_can_be_gone_on_from(tmp_path: Path) -> None:
    first = build_heat_mapper("unet_3d", seed=3)
    save_file(
        {name: value.contiguous() for name, value in first.state_dict().items()}, tmp_path / "weights.safetensors"
    )
    second = build_heat_mapper("unet_3d", weights=tmp_path, seed=4)
    assert second.loaded is not None
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_file({"a": torch.ones(2)}, tmp_path / "weights.safetensors")
    with pytest.raises(WeightsError, match="not of unet_3d"):
        build_heat_mapper("unet_3d", weights=tmp_path / "weights.safetensors")


def test_other_names_and_weights_that_nobody_has_published_are_refused() -> None:
    with pytest.raises(NetworkError, match="makes no heat maps"):
        build_heat_mapper("resnet18_3d")
    with pytest.raises(NetworkError, match="no published weights"):
        build_heat_mapper("unet_3d", weights="imagenet")
