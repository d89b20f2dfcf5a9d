"""Names of networks: the ones of the five studies, the project's own, 3-D ones, and every name that timm knows."""

from __future__ import annotations

from difflib import get_close_matches

import timm
from timm.models import get_pretrained_cfg, is_model, split_model_name_tag

from readingroom.core.errors import NetworkError
from readingroom.networks.extensions import EXTENSIONS

STUDIED = (
    "resnet18",
    "resnet34",
    "densenet121",
    "legacy_xception",
    "resnetv2_50",
    "tf_efficientnetv2_s",
    "vit_small_patch16_224",
    "convmixer_768_32",
    "inception_resnet_v2",
    "resenet",
)

VOLUME_NETWORKS = (
    "densenet121_3d",
    "densenet169_3d",
    "resnet10_3d",
    "resnet18_3d",
    "resnet34_3d",
    "resnet50_3d",
    "seresnet50_3d",
)
"""MONAI's, which see a stack as one volume; see `readingroom.networks.volumes`."""


def network_names() -> tuple[str, ...]:
    """The networks of the five studies, which every release is tested with; any other timm name works too."""
    return STUDIED


def is_volume_network(name: str) -> bool:
    """Whether a name is that of a 3-D network."""
    return name in VOLUME_NETWORKS


def base_name(name: str) -> str:
    """The timm name that a network is built from."""
    own = EXTENSIONS.get(name)
    return own.base if own else name


def check_name(name: str) -> None:
    """Let a name pass that can be built.

    Raises:
        NetworkError: no such network, or no such published variant of it; the message has the nearest names.
    """
    if is_volume_network(name):
        return
    plain, tag = split_model_name_tag(base_name(name))
    if not plain.isidentifier() or not is_model(plain):
        nearest = get_close_matches(name.lower(), [*EXTENSIONS, *VOLUME_NETWORKS, *timm.list_models()], n=5, cutoff=0.6)
        raise NetworkError(f"there is no network {name!r}", fix=_suggest(nearest or STUDIED), field="network")
    if tag and not _has_variant(base_name(name)):
        variants = timm.list_models(f"{plain}.*", pretrained=True)
        raise NetworkError(f"{plain} has no published variant {tag!r}", fix=_suggest(variants), field="network")


def _has_variant(name: str) -> bool:
    try:
        return get_pretrained_cfg(name, allow_unregistered=False) is not None
    except RuntimeError:
        return False


def _suggest(names: list[str] | tuple[str, ...]) -> str:
    return f"Did you mean {', '.join(names)}?" if names else "Leave the part after the dot away"
