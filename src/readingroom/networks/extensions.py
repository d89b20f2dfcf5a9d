"""The project's own networks: each a timm network with something added."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from readingroom.networks import resenet


@dataclass(frozen=True)
class Extension:
    """How one of the project's own networks comes from one of timm's.

    Args:
        base: the timm network, whose published weights fit too.
        finish: adds what is new to it, in place, and returns it.
        mark: part of the name of every tensor that is added, and of no other.
    """

    base: str
    finish: Callable[[nn.Module], nn.Module]
    mark: str


EXTENSIONS = {"resenet": Extension(resenet.BASE, resenet.excite_residual_blocks, resenet.EXCITATION)}
