"""Pools: from the features of a stack's planes to those of the stack, and how much each plane carried."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from readingroom.core.errors import NetworkError
from readingroom.networks.initialise import seeded
from readingroom.networks.planes import present_planes

UNITS = 128
"""Of attention (as its authors have it), and of a recurrent layer in each direction."""

_EMBEDDING_SD = 0.02


class Pool(nn.Module, ABC):
    """A module from features (B, D, F) of planes to features (B, `width`) of stacks.

    Planes whose features are NaN are not there, and the result is what it would be without them; of a stack without
    any plane it is zeros. Computes in float32 whatever the precision around it.

    Args:
        features: F.
        slots: of each plane, which of several things it shows; a learned vector of its own is then added to each.
    """

    slots: Tensor

    def __init__(self, features: int, slots: Sequence[int] = ()) -> None:
        super().__init__()
        self.width = features
        self.register_buffer("slots", torch.tensor(slots, dtype=torch.long), persistent=False)
        if slots:
            self.embedding = nn.Parameter(torch.randn(max(slots) + 1, features) * _EMBEDDING_SD)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, `width`) of stacks."""
        present = present_planes(features)
        with torch.autocast(features.device.type, enabled=False):
            return self.pooled(self._shown(features, present), present)

    def weights(self, features: Tensor) -> Tensor:
        """(B, D) float32 share of each plane in the decision: 0 for absent planes; of any others the sum is 1."""
        present = present_planes(features)
        with torch.autocast(features.device.type, enabled=False):
            return self.shares(self._shown(features, present), present)

    def _shown(self, features: Tensor, present: Tensor) -> Tensor:
        shown = features.float()
        if len(self.slots):
            shown = shown + self.embedding[self.slots]
        return torch.where(present[..., None], shown, 0.0)

    @abstractmethod
    def pooled(self, features: Tensor, present: Tensor) -> Tensor:
        """(B, `width`) of features (B, D, F), 0 where absent, and of which are present (B, D)."""

    @abstractmethod
    def shares(self, features: Tensor, present: Tensor) -> Tensor:
        """(B, D) of the same."""


class MeanPool(Pool):
    """The mean over planes; every plane carries the same."""

    def pooled(self, features: Tensor, present: Tensor) -> Tensor:  # noqa: D102
        return features.sum(dim=1) / present.sum(dim=1, keepdim=True).clamp(min=1)

    def shares(self, features: Tensor, present: Tensor) -> Tensor:  # noqa: D102
        return present / present.sum(dim=1, keepdim=True).clamp(min=1)


class MaxPool(Pool):
    """The largest value of each feature; a plane carries the features that are largest in it, of equals in parts."""

    def pooled(self, features: Tensor, present: Tensor) -> Tensor:  # noqa: D102
        return torch.where(present.any(dim=1, keepdim=True), _highest(features, present), 0.0)

    def shares(self, features: Tensor, present: Tensor) -> Tensor:  # noqa: D102
        highest = _highest(features, present)[:, None]
        holds = ((features == highest) & present[..., None]).float()
        return (holds / holds.sum(dim=1, keepdim=True).clamp(min=1)).mean(dim=2)


def _highest(features: Tensor, present: Tensor) -> Tensor:
    return features.masked_fill(~present[..., None], -torch.inf).amax(dim=1)


class GatedAttention(nn.Module):
    """How much of each of several feature vectors to take: softmax of w (tanh(V h) * sigmoid(U h)).

    Source: Ilse, Tomczak and Welling, Attention-based deep multiple instance learning, ICML 2018, arXiv 1802.04712.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.content = nn.Linear(features, UNITS)
        self.gate = nn.Linear(features, UNITS)
        self.score = nn.Linear(UNITS, 1, bias=False)
        for layer in (self.content, self.gate, self.score):
            nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(self.content.bias)
        nn.init.zeros_(self.gate.bias)

    def forward(self, features: Tensor, present: Tensor) -> Tensor:
        """(B, D) shares of features (B, D, F), of those that are present; they sum to 1, or to 0 where none is."""
        scores = self.score(torch.tanh(self.content(features)) * torch.sigmoid(self.gate(features)))[..., 0]
        # The lowest number and not minus infinity: a softmax over nothing would not be a number.
        lowest = torch.finfo(scores.dtype).min
        return torch.softmax(scores.masked_fill(~present, lowest), dim=1) * present


class AttentionPool(Pool):
    """The mean over planes, weighed by a gated attention."""

    def __init__(self, features: int, slots: Sequence[int] = ()) -> None:
        super().__init__(features, slots)
        self.attention = GatedAttention(features)

    def pooled(self, features: Tensor, present: Tensor) -> Tensor:  # noqa: D102
        return _weighed(self.shares(features, present), features)

    def shares(self, features: Tensor, present: Tensor) -> Tensor:  # noqa: D102
        shares: Tensor = self.attention(features, present)
        return shares


class RecurrentPool(Pool):
    """A recurrent layer over the planes in their order, both ways, and a gated attention over its states.

    Planes that are not there are skipped: the layer goes from the plane before to the plane after.

    Args:
        layer: `torch.nn.LSTM` or `torch.nn.GRU`.
        features: F.
        slots: see `Pool`.
    """

    def __init__(self, layer: type[nn.LSTM] | type[nn.GRU], features: int, slots: Sequence[int] = ()) -> None:
        super().__init__(features, slots)
        self.width = 2 * UNITS
        self.recurrent = layer(features, UNITS, batch_first=True, bidirectional=True)
        _start_recurrent(self.recurrent)
        self.attention = GatedAttention(self.width)

    def pooled(self, features: Tensor, present: Tensor) -> Tensor:  # noqa: D102
        states, there, _ = self._states(features, present)
        return _weighed(self.attention(states, there), states)

    def shares(self, features: Tensor, present: Tensor) -> Tensor:  # noqa: D102
        states, there, order = self._states(features, present)
        shares: Tensor = self.attention(states, there)
        return torch.zeros_like(shares).scatter(1, order, shares)

    def _states(self, features: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(B, D, width) states of the planes moved together, (B, D) which are there, (B, D) where each came from."""
        order = torch.argsort((~present).to(torch.uint8), dim=1, stable=True)
        together = features.gather(1, order[..., None].expand_as(features))
        lengths = present.sum(dim=1)
        # A sequence of no steps cannot be packed: of a stack without planes one step of zeros is, and not looked at.
        packed = pack_padded_sequence(together, lengths.clamp(min=1).cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=together.shape[1])
        places = torch.arange(together.shape[1], device=lengths.device)
        return states, places < lengths[:, None], order


def _weighed(shares: Tensor, features: Tensor) -> Tensor:
    return (shares[..., None] * features).sum(dim=1)


def _start_recurrent(layer: nn.LSTM | nn.GRU) -> None:
    """Glorot from the input, orthogonal from state to state, biases zero; an LSTM forgets nothing at first."""
    for name, parameter in layer.named_parameters():
        if name.startswith("weight_ih"):
            nn.init.xavier_uniform_(parameter)
        elif name.startswith("weight_hh"):
            nn.init.orthogonal_(parameter)
        else:
            nn.init.zeros_(parameter)
        if isinstance(layer, nn.LSTM) and name.startswith("bias_ih"):
            # torch's order is input, forget, cell, output. Jozefowicz et al., ICML 2015, start the forget gate at 1.
            nn.init.ones_(parameter[UNITS : 2 * UNITS])


def _lstm(features: int, slots: Sequence[int]) -> Pool:
    return RecurrentPool(nn.LSTM, features, slots)


def _gru(features: int, slots: Sequence[int]) -> Pool:
    return RecurrentPool(nn.GRU, features, slots)


POOLS: Mapping[str, Callable[[int, Sequence[int]], Pool]] = MappingProxyType(
    {"mean": MeanPool, "max": MaxPool, "attention": AttentionPool, "lstm": _lstm, "gru": _gru}
)
"""Name to builder."""


def check_pool(name: str) -> None:
    """Let the name of a pool pass.

    Raises:
        NetworkError: there is no such pool.
    """
    if name not in POOLS:
        nearest = get_close_matches(name.lower(), POOLS, n=2) or list(POOLS)
        raise NetworkError(f"there is no pool {name!r}", fix=f"Did you mean {', '.join(nearest)}?", field="pool")


def build_pool(name: str, features: int, *, slots: Sequence[int] = (), seed: int = 0) -> Pool:
    """A pool over planes.

    Args:
        name: ``mean``, ``max``, ``attention``, ``lstm`` or ``gru``.
        features: length F of a plane's features.
        slots: of each plane, which of several things it shows, from 0; empty where planes are alike.
        seed: the study's seed; the start depends on it and the sizes alone.

    Returns:
        A module from (B, D, F) to (B, ``width``).

    Raises:
        NetworkError: there is no such pool.

    Example:
        >>> planes = torch.rand(2, 4, 16)
        >>> planes[0, 2:] = torch.nan
        >>> build_pool("mean", 16).weights(planes)[0].tolist()
        [0.5, 0.5, 0.0, 0.0]
    """
    check_pool(name)
    with seeded(seed, "pool"):
        return POOLS[name](features, slots)
