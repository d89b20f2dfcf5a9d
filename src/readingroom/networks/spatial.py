"""The last layer of a network that still knows places: where heat maps are taken."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from readingroom.core.errors import NetworkError
from readingroom.networks.network import Network

Layout = Literal["channels first", "channels last", "tokens"]

_OUTER_DEPTH = 2
"""Modules named by no more parts than this are stages and blocks; deeper ones may hold attention, which is no map."""


@dataclass(frozen=True, eq=False)
class SpatialLayer:
    """A layer whose output has a vector at each place of a grid over the image.

    Args:
        module: the layer.
        name: of the layer in the backbone.
        layout: (B, C, h, w), (B, h, w, C) or (B, N, C) as a transformer has it.
        prefix: tokens before those of the grid, such as the class token.
        covered_px: side of the square that the grid covers from the left upper corner; larger than the image where the
            network pads it to whole patches.
    """

    module: nn.Module
    name: str
    layout: Layout
    prefix: int
    covered_px: int

    def to_maps(self, output: Tensor) -> Tensor:
        """The layer's output as maps (B, C, h, w)."""
        if self.layout == "channels first":
            return output
        if self.layout == "channels last":
            return output.permute(0, 3, 1, 2)
        batch, tokens, channels = output.shape
        side = math.isqrt(tokens - self.prefix)
        return output[:, self.prefix :].transpose(1, 2).reshape(batch, channels, side, side)

    def from_maps(self, maps: Tensor, output: Tensor) -> Tensor:
        """The inverse of `to_maps`; tokens before the grid are those of ``output``."""
        if self.layout == "channels first":
            return maps
        if self.layout == "channels last":
            return maps.permute(0, 2, 3, 1)
        return torch.cat([output[:, : self.prefix], maps.flatten(2).transpose(1, 2)], dim=1)


def find_spatial_layer(network: Network) -> SpatialLayer:
    """Find the layer by showing the network an empty image.

    Of a vision transformer it is the first normalisation of the last block, whose tokens the last attention still
    moves between places; of all others the layer that gives what is pooled. Where that is a single place, because the
    image is small, it is the last stage or block that has several.

    Raises:
        NetworkError: no layer has a grid of places, or the network reads stacks.

    Source: Selvaraju et al., Grad-CAM, ICCV 2017 (the last convolutional layer); for transformers the choice that
        Gildenblat's pytorch-grad-cam recommends.

    Example:
        >>> from readingroom.networks import build_network
        >>> find_spatial_layer(build_network("resnet18", 2, image_size=64)).name
        'layer4'
    """
    if network.planes is not None:
        raise NetworkError(
            f"{network.name} reads stacks of planes, and heat maps are of single images",
            fix="See the weights of the planes instead, where the network pools them",
            field="network",
        )
    layer = _last_norm_of_tokens(network) or _last_grid(network)
    if layer is None:
        raise NetworkError(
            f"{network.name} has no layer in which places of the image can be told apart",
            fix="Heat maps need a network with feature maps, or a vision transformer of square images",
            field="network",
        )
    return layer


def _last_norm_of_tokens(network: Network) -> SpatialLayer | None:
    blocks = getattr(network.backbone, "blocks", None)
    norm = getattr(blocks[-1], "norm1", None) if isinstance(blocks, nn.Sequential | nn.ModuleList) and blocks else None
    if norm is None:
        return None
    ran, _ = _watch(network, lambda: network.backbone(_empty(network)))
    tokens = next((output for module, output in ran if module is norm), None)
    if tokens is None or tokens.ndim != 3:
        return None
    stated = int(getattr(network.backbone, "num_prefix_tokens", 0))
    # Some networks add the class token after the blocks only.
    for prefix in (stated, 0):
        places = tokens.shape[1] - prefix
        if places > 1 and math.isqrt(places) ** 2 == places:
            return SpatialLayer(norm, _name(network, norm), "tokens", prefix, _covered(network))
    return None


def _covered(network: Network) -> int:
    """The side of the image once it is padded to whole patches."""
    stated = getattr(getattr(network.backbone, "patch_embed", None), "patch_size", 1)
    patch = int(stated[0] if isinstance(stated, tuple) else stated)
    return network.image_size + -network.image_size % patch


def _last_grid(network: Network) -> SpatialLayer | None:
    read = getattr(network.backbone, "forward_features", network.backbone)
    ran, pooled = _watch(network, lambda: read(_empty(network)))
    # A module that runs twice in a pass has no one output.
    runs = Counter(module for module, _ in ran)
    once = [(module, output) for module, output in ran if runs[module] == 1 and module is not network.backbone]
    if hasattr(network.backbone, "forward_features") and (not isinstance(pooled, Tensor) or pooled.ndim != 4):
        # Tokens of a kind not known here: what had a grid lies before most of the network.
        return None
    last = getattr(network.backbone, "output_fmt", "NCHW") == "NHWC"
    layout: Layout = "channels last" if last else "channels first"
    wanted = (
        [module for module, output in once if output is pooled and _has_places(output, layout)],
        [module for module, output in once if _has_places(output, layout) and _is_outer(network, module)],
    )
    found = wanted[0] or wanted[1]
    return SpatialLayer(found[-1], _name(network, found[-1]), layout, 0, network.image_size) if found else None


def _has_places(output: Tensor, layout: Layout) -> bool:
    if output.ndim != 4:
        return False
    height, width = output.shape[1:3] if layout == "channels last" else output.shape[2:]
    return height == width > 1


def _is_outer(network: Network, module: nn.Module) -> bool:
    return len(_name(network, module).split(".")) <= _OUTER_DEPTH


def _name(network: Network, module: nn.Module) -> str:
    return {one: str(name) for name, one in network.backbone.named_modules()}[module]


def _empty(network: Network) -> Tensor:
    side = network.image_size
    return next(network.parameters()).new_zeros(1, network.in_channels, side, side)


def _watch(network: Network, read: Callable[[], Any]) -> tuple[list[tuple[nn.Module, Tensor]], Any]:
    """Modules of the backbone with the tensors that they gave, in the order in which they finished; and the result."""
    ran: list[tuple[nn.Module, Tensor]] = []

    def note(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, Tensor):
            ran.append((module, output))

    training = network.training
    with ExitStack() as hooks, torch.no_grad():
        for module in network.backbone.modules():
            hooks.callback(module.register_forward_hook(note).remove)
        network.eval()
        try:
            result = read()
        finally:
            network.train(training)
    return ran, result
