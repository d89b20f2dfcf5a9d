"""The way in: from the words of a study file to a network."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from torch import nn

from readingroom.core.errors import NetworkError, Problem
from readingroom.networks.backbones import SIZE_FIELD, create_backbone
from readingroom.networks.heads import build_head
from readingroom.networks.initialise import seeded
from readingroom.networks.names import VOLUME_NETWORKS, base_name, check_name, is_volume_network
from readingroom.networks.network import Network
from readingroom.networks.planes import PlanesBackbone, PlanesPlan
from readingroom.networks.pools import POOLS, Pool, build_pool, check_pool
from readingroom.networks.sizes import measure_features, unsuitable_size
from readingroom.networks.volume_sizes import measure_volume_features
from readingroom.networks.volumes import create_volume_backbone
from readingroom.networks.weights import RANDOM, Checkpoint, Loaded, read_checkpoint

_PLANE_CHANNELS = 3
"""What a 2-D backbone of stacks sees; grey planes are shown to all three."""


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
    planes: PlanesPlan | None = None,
) -> Network:
    """Build a network: a named backbone with its weights, and a new head.

    For stacks the backbone is a 2-D one that looks at every plane, and the head begins with a pool; or a 3-D one.

    The same arguments give the same numbers, and torch's own random state is left as it was. The
    head depends on the seed and its sizes only, not on the backbone's weights.

    Args:
        name: any name of timm's, ``resenet``, or one of the 3-D networks.
        classes: number of logits.
        weights: ``imagenet`` (timm's published weights), ``random``, a safetensors file, or the
            folder of a reader bundle. Of an older network only the backbone is taken.
        head: units of the dense layers before the last; empty for a linear head.
        image_size: side of the square images in pixels.
        in_channels: channels of the images.
        drop_rate: share of units that the head drops in training.
        seed: the study's seed.
        ordered: the classes are grades; the head ends in a cumulative link, see `build_head`.
        planes: the stacks that it is to take, instead of single images. A stack's own number of channels counts then,
            and not ``in_channels``.

    Returns:
        The network, in training mode, on the CPU, in float32. ``loaded`` says which weights it has.

    Raises:
        NetworkError: no such network, an impossible number, images too small for it, or a network, a pool and images
            that do not go together.
        WeightsError: weights that are not there, or not this network's.

    Example:
        >>> import torch
        >>> network = build_network("resnet18", 3, head=(64,), image_size=64)
        >>> network(torch.zeros(2, 3, 64, 64)).shape
        torch.Size([2, 3])
    """
    check_name(name)
    _check_planes(name, planes)
    _check_numbers(classes, head, image_size, in_channels, drop_rate, ordered=ordered)
    checkpoint = None if str(weights) == RANDOM else read_checkpoint(weights, name)
    channels = in_channels if planes is None else _PLANE_CHANNELS
    backbone, features, loaded = _measured_backbone(name, image_size, channels, checkpoint, seed, planes)
    pool = None if planes is None or planes.pool is None else _pool(planes, features, seed)
    width = features if pool is None else pool.width
    top = build_head(width, classes, hidden=head, drop_rate=drop_rate, seed=seed, ordered=ordered)
    return Network(
        name,
        backbone,
        top if pool is None else nn.Sequential(OrderedDict([("pool", pool), *top.named_children()])),
        image_size=image_size,
        in_channels=in_channels if planes is None else planes.channels,
        feature_count=features,
        loaded=loaded,
        planes=planes,
    )


def _measured_backbone(
    name: str, image_size: int, channels: int, checkpoint: Checkpoint | None, seed: int, planes: PlanesPlan | None
) -> tuple[nn.Module, int, Loaded | None]:
    """The backbone, the length of a feature vector of its, and which weights it has."""
    if planes is not None and is_volume_network(name):
        with seeded(seed, "backbone", name):
            backbone, loaded = create_volume_backbone(name, checkpoint=checkpoint)
        return backbone, measure_volume_features(backbone, name, image_size=image_size, planes=planes), loaded
    backbone, loaded = _start_backbone(name, image_size, channels, checkpoint, seed)
    features = measure_features(backbone, name, image_size=image_size, in_channels=channels)
    return backbone if planes is None else PlanesBackbone(backbone, features), features, loaded


def _pool(planes: PlanesPlan, features: int, seed: int) -> Pool:
    return build_pool(planes.pool or "", features, slots=planes.slots, seed=seed)


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


def _check_planes(name: str, planes: PlanesPlan | None) -> None:
    """Refuse a network, a pool and images that do not go together."""
    if is_volume_network(name):
        _check_volume(name, planes)
    elif planes is not None and planes.pool is None:
        raise NetworkError(
            f"{name} sees one plane at a time, and how the planes become one answer is not said",
            fix=f"Give pool: attention (or another of {', '.join(POOLS)}), or take a 3-D network such as "
            f"{VOLUME_NETWORKS[0]}",
            field="pool",
        )
    if planes is not None and planes.pool is not None:
        check_pool(planes.pool)
    if planes is not None and (problems := planes.problems()):
        raise NetworkError("the network cannot be built", fix="Mend what follows", problems=problems)


def _check_volume(name: str, planes: PlanesPlan | None) -> None:
    if planes is None:
        raise NetworkError(
            f"{name} reads volumes, and the images are single planes",
            fix="Give input.stack, or take a 2-D network",
            field="network",
        )
    if planes.pool is not None:
        raise NetworkError(
            f"{name} sees the volume as a whole: there are no planes to pool", fix="Leave pool away", field="pool"
        )
    if planes.slots:
        raise NetworkError(
            f"{name} reads volumes, and the images are views", fix="Take a 2-D network with pool", field="network"
        )


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
