"""Backbones: from a name to a module that makes features, with random or given weights."""

from __future__ import annotations

from functools import cache
from typing import Any

import timm
import torch
from timm.models import PretrainedCfg, get_pretrained_cfg, model_entrypoint, split_model_name_tag
from torch import Tensor, nn

from readingroom.core.errors import NetworkError, Problem, WeightsError
from readingroom.networks.extensions import EXTENSIONS, Extension
from readingroom.networks.names import base_name
from readingroom.networks.weights import Checkpoint, Loaded

SIZE_FIELD = "input.size"
"""Where a study file says the size: an error that names it can be mended by another one."""

_SHOWN = 4
_PADDING = {"timm.models.vision_transformer", "timm.models.deit", "timm.models.eva"}
"""Where timm keeps the networks that can pad an image to whole patches."""


def published_facts(name: str) -> PretrainedCfg:
    """What timm states about a network and its published weights."""
    return get_pretrained_cfg(base_name(name)) or PretrainedCfg()


def create_backbone(
    name: str, *, image_size: int, in_channels: int = 3, checkpoint: Checkpoint | None = None
) -> tuple[nn.Module, Loaded | None]:
    """Build the module that makes features (B, F) of images (B, C, image_size, image_size).

    Args:
        name: a name that `check_name` lets pass.
        image_size: side of the images in pixels; a vision transformer's position embedding is resampled to it.
        in_channels: channels of the images; the first convolution's weights are adapted to them.
        checkpoint: weights to start from; without them the start is random.

    Raises:
        NetworkError: the network cannot be built so.
        WeightsError: the weights are not this network's.
    """
    options = {"num_classes": 0, "in_chans": in_channels, **_size_options(name, image_size)}
    extension = EXTENSIONS.get(name)
    if checkpoint is None:
        backbone = _create(name, options)
        return (extension.finish(backbone) if extension else backbone), None
    return _create_loaded(name, options, extension, checkpoint)


def outline_backbone(name: str, *, image_size: int, in_channels: int = 3) -> nn.Module:
    """The same module without memory for its numbers, for counting and comparing (torch's meta device)."""
    with torch.device("meta"):
        return create_backbone(name, image_size=image_size, in_channels=in_channels)[0]


def has_fixed_size(name: str) -> bool:
    """Whether a network is built for one image size (as vision transformers are) and must be built anew for another."""
    return bool(published_facts(name).fixed_input_size)


@cache
def patch_side(name: str) -> int:
    """Side in pixels of the patches that a network of a fixed size cuts its images into; 1 where it cuts none."""
    with torch.device("meta"):
        plain = timm.create_model(base_name(name), num_classes=0)
    side = getattr(getattr(plain, "patch_embed", None), "patch_size", 1)
    return int(side[0] if isinstance(side, tuple) else side)


def _size_options(name: str, image_size: int) -> dict[str, Any]:
    """Arguments by which timm's networks of a fixed input size are told another."""
    if not has_fixed_size(name):
        return {}
    patch = patch_side(name)
    if image_size % patch == 0:
        return {"img_size": image_size}
    # timm would leave the right and lower edge out in silence: pad to whole patches where it can.
    if _module(name) not in _PADDING:
        raise NetworkError(f"{image_size} pixels are no multiple of {patch}", field=SIZE_FIELD)
    return {"img_size": image_size + -image_size % patch, "dynamic_img_size": True, "dynamic_img_pad": True}


def _module(name: str) -> str:
    plain, _ = split_model_name_tag(base_name(name))
    return str(model_entrypoint(plain).__module__)


def _create(name: str, options: dict[str, Any]) -> nn.Module:
    try:
        backbone: nn.Module = timm.create_model(base_name(name), **options)
    except (TypeError, ValueError, AssertionError, RuntimeError, ZeroDivisionError) as error:
        raise NetworkError(f"timm cannot build it with {options}: {error}", field=SIZE_FIELD) from error
    return backbone


def _create_loaded(
    name: str, options: dict[str, Any], extension: Extension | None, checkpoint: Checkpoint
) -> tuple[nn.Module, Loaded]:
    with torch.device("meta"):
        wanted = _create(name, options).state_dict()
    added = {key: value for key, value in checkpoint.tensors.items() if extension and extension.mark in key}
    dropped = _classifier_tensors(name, checkpoint.tensors, wanted)
    plain = {key: value for key, value in checkpoint.tensors.items() if key not in added and key not in dropped}
    try:
        overlay = _as_published(name, plain)
        backbone = timm.create_model(base_name(name), pretrained=True, pretrained_cfg_overlay=overlay, **options)
    except (RuntimeError, KeyError, ValueError) as error:
        raise misfit(name, checkpoint, plain, wanted) from error
    # timm keeps what it loaded from; a second copy of every tensor is not needed.
    vars(backbone)["pretrained_cfg"].pop("state_dict", None)
    if extension:
        backbone = extension.finish(backbone)
        _load_added(name, backbone, added, extension.mark, checkpoint)
    report = Loaded(len(plain) + len(added), (*checkpoint.dropped, *dropped), checkpoint.source, checkpoint.sha256)
    return backbone, report


def _as_published(name: str, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Tell timm that these tensors are the network's published weights, so that it fits them as it fits its own."""
    facts = published_facts(name)
    channels = facts.input_size[0]
    stem = tensors.get(f"{facts.first_conv}.weight")
    if stem is not None and stem.ndim == 4:
        channels = stem.shape[1]
    return {
        "state_dict": tensors,
        # Without a classifier on either side timm compares names strictly.
        "num_classes": 0,
        "label_offset": None,
        "input_size": (channels, *facts.input_size[1:]),
    }


def _classifier_tensors(name: str, tensors: dict[str, Tensor], wanted: dict[str, Tensor]) -> tuple[str, ...]:
    """Names of the tensors that belong to the old classifier."""
    stated = published_facts(name).classifier or ()
    roots = tuple(f"{part.split('.')[0]}." for part in ((stated,) if isinstance(stated, str) else stated))
    return tuple(key for key in tensors if roots and key.startswith(roots) and key not in wanted)


def _load_added(name: str, backbone: nn.Module, added: dict[str, Tensor], mark: str, checkpoint: Checkpoint) -> None:
    """Load what the extension adds; where the weights have none of it, it keeps its own start."""
    if not added:
        return
    wanted = {key: value for key, value in backbone.state_dict().items() if mark in key}
    if {key: value.shape for key, value in added.items()} != {key: value.shape for key, value in wanted.items()}:
        raise misfit(name, checkpoint, added, wanted)
    backbone.load_state_dict(added, strict=False)


def misfit(name: str, checkpoint: Checkpoint, found: dict[str, Tensor], wanted: dict[str, Tensor]) -> WeightsError:
    """The error that says in what tensors do not fit a network.

    Args:
        name: of the network.
        checkpoint: where the tensors are from.
        found: those that were to be loaded.
        wanted: those of the network.
    """
    matched = [key for key in wanted if key in found and found[key].shape == wanted[key].shape]
    reshaped = [key for key in wanted if key in found and found[key].shape != wanted[key].shape]
    missing = [key for key in wanted if key not in found]
    unknown = [key for key in found if key not in wanted]
    problems = [
        _some(
            "of another shape", [f"{key} {tuple(found[key].shape)}, not {tuple(wanted[key].shape)}" for key in reshaped]
        ),
        _some("missing", missing),
        _some("unknown to the network", unknown),
    ]
    return WeightsError(
        f"these are not the weights of {name}: {len(matched)} of its {len(wanted)} tensors match",
        fix="Give weights of the same network, or write 'weights: random'",
        file=checkpoint.source,
        problems=[problem for problem in problems if problem],
    )


def _some(kind: str, names: list[str]) -> Problem | None:
    if not names:
        return None
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Problem("", f"{len(names)} {kind}: {', '.join(names[:_SHOWN])}{more}")
