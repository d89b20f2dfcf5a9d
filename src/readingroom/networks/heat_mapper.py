"""Heat maps: MONAI's 3-D U-Net that says of every voxel how like the middle of a lesion it is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from readingroom.core.errors import NetworkError, WeightsError
from readingroom.core.files import hash_file
from readingroom.networks.initialise import seeded
from readingroom.networks.volumes import monai_networks
from readingroom.networks.weights import RANDOM, Loaded, read_tensors

HEAT_NETWORKS = ("unet_3d",)
"""Networks of readers with ``detector: heatmap``."""

MULTIPLE = 8
"""Planes, rows and columns of a patch are a multiple of it."""

_CHANNELS = (16, 32, 64, 128)
_PRIOR = 0.01
"""Heat everywhere at the start: with one voxel in ten thousand to be found, 0.5 would take long to unlearn."""


class HeatMapper(nn.Module):
    """A U-Net from volumes to heat.

    Its first convolution halves the volume, so that all but the last layer works on an eighth of the voxels.

    Args:
        name: one of `HEAT_NETWORKS`.
        body: module from volumes (B, 1, D, H, W) to logits of the same shape.
        loaded: which weights it started from; None for random ones.
    """

    def __init__(self, name: str, body: nn.Module, loaded: Loaded | None = None) -> None:
        super().__init__()
        self.name = name
        self.body = body
        self.loaded = loaded
        self.prior = nn.Parameter(torch.tensor(math.log(_PRIOR / (1 - _PRIOR))))

    def forward(self, volumes: Tensor) -> Tensor:
        """Logits (B, D, H, W) of normalised volumes (B, D, H, W), whose sides are multiples of `MULTIPLE`."""
        logits: Tensor = self.body(volumes[:, None])
        return logits[:, 0] + self.prior


def build_heat_mapper(name: str, *, weights: str | Path = RANDOM, seed: int = 0) -> HeatMapper:
    """Build a network of heat maps.

    Args:
        name: one of `HEAT_NETWORKS`.
        weights: ``random``, a safetensors file, or the folder of a reader bundle of such a network.
        seed: of random weights.

    Raises:
        NetworkError: no such network, weights that cannot be had, or MONAI is not installed.
        WeightsError: weights that are not this network's.

    Source: Çiçek et al., 3D U-Net, MICCAI 2016, arXiv 1606.06650.
    """
    if name not in HEAT_NETWORKS:
        fix = f"Choose {' or '.join(HEAT_NETWORKS)}"
        raise NetworkError(f"{name} makes no heat maps of volumes", fix=fix, field="network")
    if str(weights) == "imagenet":
        raise NetworkError(
            f"there are no published weights of {name}", fix="Give weights: random, or a bundle", field="weights"
        )
    nets: Any = monai_networks()
    with seeded(seed, "heat mapper", name):
        body = nets.UNet(
            spatial_dims=3,
            in_channels=1,
            out_channels=1,
            channels=_CHANNELS,
            strides=(2,) * (len(_CHANNELS) - 1),
            num_res_units=2,
            norm="batch",
        )
    network = HeatMapper(name, body)
    if str(weights) != RANDOM:
        network.loaded = _load(network, Path(weights))
    return network


def _load(network: HeatMapper, weights: Path) -> Loaded:
    path = weights / "weights.safetensors" if weights.is_dir() else weights
    tensors, wanted = read_tensors(path), network.state_dict()
    if {key: value.shape for key, value in tensors.items()} != {key: value.shape for key, value in wanted.items()}:
        raise WeightsError(f"the weights are not of {network.name}", fix="Give weights: random", file=path)
    network.load_state_dict(tensors)
    return Loaded(len(tensors), (), str(path), hash_file(path))
