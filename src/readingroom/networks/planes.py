"""Planes: a 2-D backbone that looks at every plane of a stack."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from readingroom.core.errors import Problem

CHANNELS = (1, 3)
"""Values a pixel of a stack: grey volumes have one, all other stacks red, green and blue."""


@dataclass(frozen=True)
class PlanesPlan:
    """The stacks that a network is built for.

    Args:
        depth: planes D of a stack.
        channels: values a pixel: 1 or 3.
        pool: how features of planes become those of the stack: a name in `readingroom.networks.pools.POOLS`; None for a
            3-D network, which needs none.
        slots: of each plane, which of several things it shows (the view), from 0; empty where planes are alike.
    """

    depth: int
    channels: int
    pool: str | None = None
    slots: tuple[int, ...] = ()

    def problems(self) -> list[Problem]:
        """What is impossible in it."""
        found = [] if self.depth >= 1 else [Problem("planes", f"{self.depth} is not 1 or more")]
        if self.channels not in CHANNELS:
            found.append(Problem("channels", f"{self.channels} is neither 1 nor 3"))
        if self.slots and (len(self.slots) != self.depth or min(self.slots) < 0):
            found.append(Problem("slots", f"{len(self.slots)} slots for {self.depth} planes, or one below 0"))
        return found


class PlanesBackbone(nn.Module):
    """A 2-D backbone over the planes of stacks; planes that are not there are not computed and touch no statistics.

    Args:
        body: module from images (P, 3, S, S) to features (P, F).
        features: F.

    Example:
        >>> backbone = PlanesBackbone(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), 3)
        >>> stacks = torch.rand(2, 4, 1, 8, 8)
        >>> stacks[0, 2] = torch.nan
        >>> backbone(stacks)[0].isnan().all(dim=1)
        tensor([False, False,  True, False])
    """

    def __init__(self, body: nn.Module, features: int) -> None:
        super().__init__()
        self.body = body
        self._features = features

    def forward(self, stacks: Tensor) -> Tensor:
        """Features (B, D, F) of stacks (B, D, 1 or 3, S, S); a plane that is NaN everywhere has features of NaN."""
        planes, present = stacks.flatten(0, 1), present_planes(stacks).flatten()
        features = self._all(planes, present) if torch.compiler.is_exporting() else self._present(planes, present)
        return features.view(*stacks.shape[:2], -1)

    def _present(self, planes: Tensor, present: Tensor) -> Tensor:
        places = present.nonzero()[:, 0]
        if not len(places):
            return planes.new_full((len(planes), self._features), torch.nan)
        whole = len(places) == len(planes)
        features = self._look(planes if whole else planes[places])
        if whole:
            return features
        return features.new_full((len(planes), self._features), torch.nan).index_copy(0, places, features)

    def _all(self, planes: Tensor, present: Tensor) -> Tensor:
        # What is exported has one shape whatever is there: absent planes are looked at as black and then left out.
        features = self._look(torch.where(present[:, None, None, None], planes, 0.0))
        return torch.where(present[:, None], features, torch.nan)

    def _look(self, planes: Tensor) -> Tensor:
        features: Tensor = self.body(planes.expand(-1, 3, -1, -1))
        # A training that failed must not pass for planes that are not there.
        return features.nan_to_num(nan=torch.inf, posinf=torch.inf, neginf=-torch.inf)


def present_planes(stacks: Tensor) -> Tensor:
    """(B, D) which planes of stacks (B, D, ...) are there: those that are not NaN everywhere."""
    return ~stacks.isnan().flatten(2).all(dim=2)
