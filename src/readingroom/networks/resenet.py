"""RESENet: Inception-ResNetV2 with a Squeeze-and-Excitation block in every residual block."""

from __future__ import annotations

import math

import timm
from timm.layers.squeeze_excite import SqueezeExcite
from timm.models.inception_resnet_v2 import Block8, Block17, Block35
from torch import Tensor, nn

from readingroom.core.errors import NetworkError

BASE = "inception_resnet_v2"
"""The timm network that RESENet adds to, and whose published weights it starts from."""

EXCITATION = ".conv2d.se."
"""Part of the name of every tensor that RESENet has and Inception-ResNetV2 has not."""

REDUCTION = 16
"""Channels per hidden unit of the excitation, as Hu et al. use for Inception-ResNetV2."""

_START_BIAS = 2.0
_START_GATE = 1.0 / (1.0 + math.exp(-_START_BIAS))


class ExcitedConv2d(nn.Conv2d):
    """The convolution that closes a residual branch, its channels then scaled by Squeeze-and-Excitation.

    It takes over the parameters of ``convolution`` and keeps their names, so weights of the plain network still fit.
    The new part is called ``se``: global average pool, two dense layers (1x1 convolutions), ReLU, sigmoid.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__(convolution.in_channels, convolution.out_channels, kernel_size=1, device="meta")
        self.weight = convolution.weight
        self.bias = convolution.bias
        channels = convolution.out_channels
        self.se = SqueezeExcite(channels, rd_channels=channels // REDUCTION)
        # Every gate starts open by the same amount, whatever the image.
        nn.init.zeros_(self.se.fc2.get_parameter("weight"))
        nn.init.constant_(self.se.fc2.get_parameter("bias"), _START_BIAS)

    def forward(self, maps: Tensor) -> Tensor:
        """The branch's maps (B, C, H, W), each channel scaled by its gate."""
        excited: Tensor = self.se(super().forward(maps))
        return excited


def excite_residual_blocks(backbone: nn.Module) -> nn.Module:
    """Put a Squeeze-and-Excitation block into every residual block of an Inception-ResNetV2, in place.

    The gates start at 0.88, where the sigmoid still learns, and the fixed scale of each residual branch is divided
    by that: the network starts by computing exactly what the plain one computes.

    Args:
        backbone: timm's ``inception_resnet_v2``, with whatever weights.

    Returns:
        The same module.

    Raises:
        NetworkError: the module has none of the residual blocks of Inception-ResNetV2.

    Source: Hu et al., Squeeze-and-Excitation Networks, arXiv 1709.01507 (section 4 and figure 3).
    """
    blocks = [module for module in backbone.modules() if isinstance(module, Block35 | Block17 | Block8)]
    if not blocks:
        raise NetworkError("there is no residual block of Inception-ResNetV2 to excite", fix=f"Start from {BASE}")
    for block in blocks:
        block.conv2d = ExcitedConv2d(block.conv2d)
        block.scale /= _START_GATE
    return backbone


def build_resenet(*, se: bool = True, in_channels: int = 3) -> nn.Module:
    """RESENet's backbone with random weights; with ``se=False`` it is Inception-ResNetV2, for the ablation.

    Example:
        >>> sum("conv2d.se.fc1.weight" in name for name in build_resenet().state_dict())
        40
    """
    backbone: nn.Module = timm.create_model(BASE, num_classes=0, in_chans=in_channels)
    return excite_residual_blocks(backbone) if se else backbone
