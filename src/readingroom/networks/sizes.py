"""Image sizes: which ones a network takes, found by trying without numbers (torch's meta device)."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache

import torch
from torch import Tensor, nn

from readingroom.core.errors import NetworkError
from readingroom.networks.backbones import has_fixed_size, outline_backbone, patch_side, published_facts
from readingroom.networks.names import check_name

_REFUSALS = (RuntimeError, ValueError, AssertionError, IndexError, ZeroDivisionError, TypeError, NetworkError)
"""How timm's networks answer images that they cannot take."""

_STEP = 8


@cache
def measure_features(name: str, image_size: int, in_channels: int = 3) -> int:
    """Length of the feature vector that a network makes of an image.

    Args:
        name: a name that `check_name` lets pass.
        image_size: side of the square image in pixels.
        in_channels: channels of the image.

    Raises:
        NetworkError: it does not take such images (the message says which it takes), or makes no vectors.
    """
    try:
        outline = outline_backbone(name, image_size=image_size, in_channels=in_channels)
        shape = _feature_shape(outline, image_size, in_channels)
    except _REFUSALS as error:
        raise _unsuitable(name, image_size, error) from error
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
    # A convolutional network that takes a size takes every larger one.
    outline = outline_backbone(name, image_size=last)
    found = bisect_left(range(above + 1, last + 1), True, key=lambda size: _takes(outline, size)) + above + 1
    return found if found <= last else None


def _smallest_fixed(name: str, above: int, last: int) -> int | None:
    """Try size after size: what such a network takes depends on its patches and windows."""
    step = max(patch_side(name), _STEP)
    sizes = (above + 1, *range(above + step - above % step, last + 1, step))
    return next((size for size in sizes if _takes(_outline_or_none(name, size), size)), None)


def _outline_or_none(name: str, image_size: int) -> nn.Module | None:
    try:
        return outline_backbone(name, image_size=image_size)
    except _REFUSALS:
        return None


def _takes(outline: nn.Module | None, image_size: int) -> bool:
    try:
        return outline is not None and len(_feature_shape(outline, image_size)) > 0
    except _REFUSALS:
        return False


def _feature_shape(outline: nn.Module, image_size: int, in_channels: int = 3) -> tuple[int, ...]:
    image = torch.empty(1, in_channels, image_size, image_size, device="meta")
    hooks = [module.register_forward_hook(_refuse_empty) for module in outline.modules()]
    try:
        with torch.no_grad():
            features: Tensor = outline.eval()(image)
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(features.shape)


def _refuse_empty(module: nn.Module, inputs: object, output: object) -> None:
    # The mean over a map of no pixels is not a number, and raises nothing.
    if isinstance(output, Tensor) and output.numel() == 0:
        raise ValueError(f"nothing is left of the image after {type(module).__name__}")


def _unsuitable(name: str, image_size: int, error: Exception) -> NetworkError:
    size = smallest_size(name, above=image_size)
    reason = error.what if isinstance(error, NetworkError) else (str(error) or repr(error)).splitlines()[0]
    return NetworkError(
        f"{name} cannot take images of {image_size} pixels ({reason})",
        fix=f"{f'Use {size} pixels' if size else 'Choose another size'}; its usual size is {_usual(name)}",
        field="input.size",
    )


def _usual(name: str) -> int:
    return int(published_facts(name).input_size[-1])
