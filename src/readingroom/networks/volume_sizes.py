"""Sizes of volumes: which ones a 3-D network takes, found by trying."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

from readingroom.core.errors import NetworkError
from readingroom.networks.planes import PlanesPlan
from readingroom.networks.sizes import refusing_empty

_REFUSALS = (RuntimeError, ValueError, IndexError)
_DEPTH_FIELD, _SIDE_FIELD = "input.stack.planes", "input.size"
_MOST = 256


def measure_volume_features(backbone: nn.Module, name: str, *, image_size: int, planes: PlanesPlan) -> int:
    """Length of the feature vector that a 3-D backbone makes of a stack, found by showing it an empty one.

    Args:
        backbone: the module.
        name: its name.
        image_size: side of the square planes in pixels.
        planes: of the stacks.

    Raises:
        NetworkError: it does not take such stacks; the message says whether to raise the planes or their size.
    """
    try:
        return _feature_count(backbone, planes.depth, image_size)
    except _REFUSALS as error:
        raise _unsuitable(backbone, name, planes.depth, image_size, error) from error


def _feature_count(backbone: nn.Module, depth: int, side: int) -> int:
    training = backbone.training
    stack = next(backbone.parameters()).new_zeros(1, depth, 1, side, side)
    try:
        with torch.no_grad(), refusing_empty(backbone):
            features: Tensor = backbone.eval()(stack)
    finally:
        backbone.train(training)
    return features.shape[1]


def _unsuitable(backbone: nn.Module, name: str, depth: int, side: int, error: Exception) -> NetworkError:
    planes, pixels = smallest_volume(backbone, depth=depth, side=side)
    raised = {_DEPTH_FIELD: (depth, planes), _SIDE_FIELD: (side, pixels)}
    changes = [f"{field} to {new}" for field, (old, new) in raised.items() if new > old]
    reason = (str(error) or repr(error)).splitlines()[0]
    return NetworkError(
        f"{name} cannot take {depth} planes of {side} x {side} pixels ({reason})",
        fix=f"Raise {' and '.join(changes)}, or take another network" if changes else "Take another network",
        field=next((field for field, (old, new) in raised.items() if new > old), _DEPTH_FIELD),
    )


def smallest_volume(backbone: nn.Module, *, depth: int, side: int) -> tuple[int, int]:
    """The fewest planes and the smallest side in pixels, not below those given, that a 3-D backbone takes."""
    outline = _outline(backbone)
    planes = _first(depth, lambda number: _takes(outline, number, max(side, _MOST)))
    return planes, _first(side, lambda number: _takes(outline, planes, number))


def _first(least: int, taken: Callable[[int], bool]) -> int:
    """The first number that is taken; what a convolutional network takes, it takes of every larger volume."""
    numbers = range(least, _MOST + 1)
    place = bisect_left(numbers, True, key=taken)
    return numbers[place] if place < len(numbers) else least


def _outline(backbone: nn.Module) -> nn.Module:
    """The same module without memory for its numbers, which is asked in a moment."""
    return deepcopy(backbone).to("meta")


def _takes(outline: nn.Module, depth: int, side: int) -> bool:
    try:
        return _feature_count(outline, depth, side) > 0
    except _REFUSALS:
        return False
