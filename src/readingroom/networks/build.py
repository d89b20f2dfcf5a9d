"""The way in: from the words of a study file to a network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from torch import nn

from readingroom.core.errors import NetworkError, Problem
from readingroom.networks.backbones import SIZE_FIELD, create_backbone
from readingroom.networks.heads import build_head
from readingroom.networks.initialise import seeded
from readingroom.networks.names import base_name, check_name
from readingroom.networks.network import Network
from readingroom.networks.sizes import measure_features, unsuitable_size
from readingroom.networks.weights import RANDOM, Checkpoint, Loaded, read_checkpoint


def build_network(
    name: str,
    classes: int,
    *,
    weights: str | Path = RANDOM,
    head: Sequence[int] = (),
    image_size: int,
    in_channels: int = 3,
    drop_rate: float = 0.0,
    seed: int = 0,
    ordered: bool = False,
) -> Network:
    """Build a network: a named backbone with its weights, and a new head.

    The same arguments give the same numbers, and torch's own random state is left as it was. The
    head depends on the seed and its sizes only, not on the backbone's weights.

    Args:
        name: any name of timm's, or ``resenet``.
        classes: number of logits.
        weights: ``imagenet`` (timm's published weights), ``random``, a safetensors file, or the
            folder of a reader bundle. Of an older network only the backbone is taken.
        head: units of the dense layers before the last; empty for a linear head.
        image_size: side of the square images in pixels.
        in_channels: channels of the images.
        drop_rate: share of units that the head drops in training.
        seed: the study's seed.
        ordered: the classes are grades; the head ends in a cumulative link, see `build_head`.

    Returns:
        The network, in training mode, on the CPU, in float32. ``loaded`` says which weights it has.

    Raises:
        NetworkError: no such network, an impossible number, or images too small for it.
        WeightsError: weights that are not there, or not this network's.

    Example:
        >>> import torch
        >>> network = build_network("resnet18", 3, head=(64,), image_size=64)
        >>> network(torch.zeros(2, 3, 64, 64)).shape
        torch.Size([2, 3])
    """
    check_name(name)
    _check_numbers(classes, head, image_size, in_channels, drop_rate, ordered=ordered)
    checkpoint = None if str(weights) == RANDOM else read_checkpoint(weights, name)
    backbone, loaded = _start_backbone(name, image_size, in_channels, checkpoint, seed)
    features = measure_features(backbone, name, image_size=image_size, in_channels=in_channels)
    return Network(
        name,
        backbone,
        build_head(features, classes, hidden=head, drop_rate=drop_rate, seed=seed, ordered=ordered),
        image_size=image_size,
        in_channels=in_channels,
        feature_count=features,
        loaded=loaded,
    )


def _start_backbone(
    name: str, image_size: int, in_channels: int, checkpoint: Checkpoint | None, seed: int
) -> tuple[nn.Module, Loaded | None]:
    try:
        # By the name of what it extends: RESENet and Inception-ResNetV2 then differ in the added blocks alone.
        with seeded(seed, "backbone", base_name(name)):
            return create_backbone(name, image_size=image_size, in_channels=in_channels, checkpoint=checkpoint)
    except NetworkError as error:
        if error.field != SIZE_FIELD:
            raise
        raise unsuitable_size(name, image_size, error) from error


def _check_numbers(
    classes: int, head: Sequence[int], image_size: int, in_channels: int, drop_rate: float, *, ordered: bool
) -> None:
    positive = {"classes": classes, "input.size": image_size, "in_channels": in_channels}
    problems = [Problem(key, f"{value} is not 1 or more") for key, value in positive.items() if value < 1]
    problems += [Problem("head", f"a layer of {units} units is not possible") for units in head if units < 1]
    if ordered and classes == 1:
        problems.append(Problem("ordered", "one class has no order: give two grades or more"))
    if not 0.0 <= drop_rate < 1.0:
        problems.append(Problem("drop_rate", f"{drop_rate} is not within 0 and 1"))
    if problems:
        raise NetworkError("the network cannot be built", fix="Mend what follows", problems=problems)
