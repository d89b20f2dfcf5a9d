"""Image sizes: which ones a network takes, found by trying."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from readingroom.core.errors import NetworkError
from readingroom.networks.backbones import SIZE_FIELD, create_backbone, has_fixed_size, patch_side, published_facts
from readingroom.networks.initialise import seeded
from readingroom.networks.names import check_name

_REFUSALS = (RuntimeError, ValueError, AssertionError, IndexError, ZeroDivisionError, TypeError, NetworkError)
"""How timm's networks answer images that they cannot take."""

_STEP = 8


def measure_features(backbone: nn.Module, name: str, *, image_size: int, in_channels: int = 3) -> int:
    """Length of the feature vector that a backbone makes of an image, found by showing it an empty one.

    Args:
        backbone: the module.
        name: its name.
        image_size: side of the square image in pixels.
        in_channels: channels of the image.

    Raises:
        NetworkError: it does not take such images (the message says which it takes), or makes no vectors.
    """
    try:
        shape = _feature_shape(backbone, image_size, in_channels)
    except _REFUSALS as error:
        raise unsuitable_size(name, image_size, error) from error
    if len(shape) != 2:
        raise NetworkError(
            f"{name} makes features of shape {shape[1:]}, a head needs one vector an image",
            fix="Choose a network that classifies",
            field="network",
        )
    return shape[1]


def smallest_size(name: str, *, above: int = 0) -> int | None:
    """The smallest image side in pixels, above a given one, that a network takes, found by trying.

    Args:
        name: a network.
        above: where to begin.

    Returns:
        The side; None where nothing up to the network's usual size (or twice ``above``) is taken.

    Example:
        >>> smallest_size("inception_resnet_v2")
        75
    """
    check_name(name)
    last = max(_usual(name), 2 * above)
    if has_fixed_size(name):
        return _smallest_fixed(name, above, last)
    return _smallest_flexible(_random_backbone(name, last), above, last)


def _smallest_flexible(backbone: nn.Module, above: int, last: int) -> int | None:
    """Step ever wider, then halve: a convolutional network that takes a size takes every larger one."""
    refused, step = above, 1
    while refused + step < last and not _takes(backbone, refused + step):
        refused, step = refused + step, 2 * step
    taken = min(refused + step, last)
    sizes = range(refused + 1, taken + 1)
    place = bisect_left(sizes, True, key=lambda size: _takes(backbone, size))
    return sizes[place] if place < len(sizes) else None


def _smallest_fixed(name: str, above: int, last: int) -> int | None:
    """Try size after size: what such a network takes depends on its patches and windows."""
    step = max(patch_side(name), _STEP)
    sizes = (above + 1, *range(above + step - above % step, last + 1, step))
    return next((size for size in sizes if _takes_anew(name, size)), None)


def _takes_anew(name: str, image_size: int) -> bool:
    try:
        return _takes(_random_backbone(name, image_size), image_size)
    except _REFUSALS:
        return False


def _random_backbone(name: str, image_size: int) -> nn.Module:
    with seeded(0, "sizes"):
        return create_backbone(name, image_size=image_size)[0]


def _takes(backbone: nn.Module, image_size: int) -> bool:
    try:
        return len(_feature_shape(backbone, image_size)) > 0
    except _REFUSALS:
        return False


def _feature_shape(backbone: nn.Module, image_size: int, in_channels: int = 3) -> tuple[int, ...]:
    training = backbone.training
    image = next(backbone.parameters()).new_zeros(1, in_channels, image_size, image_size)
    try:
        with torch.no_grad(), refusing_empty(backbone):
            features: Tensor = backbone.eval()(image)
    finally:
        backbone.train(training)
    return tuple(features.shape)


@contextmanager
def refusing_empty(backbone: nn.Module) -> Iterator[None]:
    """Within the block, a layer that leaves nothing of the image raises ValueError."""
    hooks = [module.register_forward_hook(_refuse_empty) for module in backbone.modules()]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _refuse_empty(module: nn.Module, inputs: object, output: object) -> None:
    # The mean over a map of no pixels is not a number, and raises nothing.
    if isinstance(output, Tensor) and output.numel() == 0:
        raise ValueError(f"nothing is left of the image after {type(module).__name__}")


def unsuitable_size(name: str, image_size: int, error: Exception) -> NetworkError:
    """The error that says which size to use instead of one that was refused."""
    size = smallest_size(name, above=image_size)
    reason = error.what if isinstance(error, NetworkError) else (str(error) or repr(error)).splitlines()[0]
    return NetworkError(
        f"{name} cannot take images of {image_size} pixels ({reason})",
        fix=f"{f'Use {size} pixels' if size else 'Choose another size'}; its usual size is {_usual(name)}",
        field=SIZE_FIELD,
    )


def _usual(name: str) -> int:
    return int(published_facts(name).input_size[-1])
