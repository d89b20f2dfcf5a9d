"""Volumes: MONAI's 3-D networks as backbones; from the extra ``readingroom[volumes]``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from readingroom.core.errors import NetworkError
from readingroom.networks.backbones import misfit
from readingroom.networks.weights import Checkpoint, Loaded

INSTALL = "pip install 'readingroom[volumes]'"

_CLASSIFIERS = ("class_layers.out.", "fc.", "last_linear.")


class VolumeBackbone(nn.Module):
    """A 3-D network that sees a stack as one grey volume.

    Args:
        body: module from volumes (B, 1, D, S, S) to features (B, F).
    """

    def __init__(self, body: nn.Module) -> None:
        super().__init__()
        self.body = body

    def forward(self, stacks: Tensor) -> Tensor:
        """Features (B, F) of stacks (B, D, 1 or 3, S, S), of which the first channel is seen; NaN is seen as 0."""
        volumes = stacks[:, :, :1].transpose(1, 2)
        features: Tensor = self.body(torch.where(volumes.isnan(), 0.0, volumes))
        return features


def create_volume_backbone(name: str, *, checkpoint: Checkpoint | None = None) -> tuple[nn.Module, Loaded | None]:
    """Build the module that makes features (B, F) of stacks (B, D, 1 or 3, S, S).

    MONAI's networks without their classifier. The ResNets halve the volume in their first layer in every direction, as
    MedicalNet's do (MONAI's default keeps its depth and width there, at eight times the work), and have MedicalNet's
    shortcuts, so that its tensors fit.

    Args:
        name: one of `readingroom.networks.names.VOLUME_NETWORKS`.
        checkpoint: weights to start from; without them the start is random.

    Raises:
        NetworkError: MONAI is not installed.
        WeightsError: the weights are not this network's.

    Source: Chen, Ma and Zheng, Med3D, arXiv 1904.00625; Hara et al., CVPR 2018, arXiv 1711.09577.
    """
    backbone = VolumeBackbone(_BUILDERS[name](monai_networks()))
    return backbone, None if checkpoint is None else _load(name, backbone.body, checkpoint)


def _load(name: str, body: nn.Module, checkpoint: Checkpoint) -> Loaded:
    wanted = body.state_dict()
    dropped = tuple(key for key in checkpoint.tensors if key.startswith(_CLASSIFIERS) and key not in wanted)
    kept = {key: value for key, value in checkpoint.tensors.items() if key not in dropped}
    if {key: value.shape for key, value in kept.items()} != {key: value.shape for key, value in wanted.items()}:
        raise misfit(name, checkpoint, kept, wanted)
    body.load_state_dict(kept)
    return Loaded(len(kept), (*checkpoint.dropped, *dropped), checkpoint.source, checkpoint.sha256)


def monai_networks() -> Any:
    """MONAI's networks.

    Raises:
        NetworkError: it is not installed.
    """
    try:
        import monai.networks.nets as nets
    except ImportError as error:
        raise NetworkError("MONAI is not installed, and 3-D networks are its", fix=INSTALL, field="network") from error
    return nets


def _densenet(kind: str) -> Callable[[Any], nn.Module]:
    def build(nets: Any) -> nn.Module:
        network: nn.Module = getattr(nets, kind)(spatial_dims=3, in_channels=1, out_channels=1)
        network.class_layers.out = nn.Identity()  # type: ignore[union-attr, unused-ignore]
        return network

    return build


def _resnet(kind: str, *, plain_shortcuts: bool) -> Callable[[Any], nn.Module]:
    def build(nets: Any) -> nn.Module:
        network: nn.Module = getattr(nets, kind)(
            spatial_dims=3,
            n_input_channels=1,
            conv1_t_stride=2,
            feed_forward=False,
            shortcut_type="A" if plain_shortcuts else "B",
            bias_downsample=plain_shortcuts,
        )
        return network

    return build


def _seresnet50(nets: Any) -> nn.Module:
    network: nn.Module = nets.SEResNet50(spatial_dims=3, in_channels=1, num_classes=1)
    network.last_linear = nn.Identity()
    return network


_BUILDERS: Mapping[str, Callable[[Any], nn.Module]] = MappingProxyType(
    {
        "densenet121_3d": _densenet("DenseNet121"),
        "densenet169_3d": _densenet("DenseNet169"),
        "resnet10_3d": _resnet("resnet10", plain_shortcuts=False),
        "resnet18_3d": _resnet("resnet18", plain_shortcuts=True),
        "resnet34_3d": _resnet("resnet34", plain_shortcuts=True),
        "resnet50_3d": _resnet("resnet50", plain_shortcuts=False),
        "seresnet50_3d": _seresnet50,
    }
)
