"""Stratification: whole groups dealt to parts of given sizes, so that every class is spread as the sizes ask."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Parts = NDArray[np.int64]
Shares = NDArray[np.float64]

_ROUNDS = 500
_EXCHANGED = 500  # groups up to which exchanges are tried; with more, single moves come as near
_LEAST = 1e-12


def deal_groups(counts: Counts, sizes: Sequence[float], keys: NDArray[np.uint64]) -> Parts:
    """Deal groups to parts, each class as near to the sizes as whole groups allow.

    Groups are dealt one by one, the large ones first, each to the part where it lowers the cost most; then every
    part that lacks a class is given a group of it, and single groups move, or two change places, as long as that
    lowers the cost. The cost is the sum over parts and classes of (n - t)^2 / (f T^2), with n the images of the
    class in the part, T those of the class in all, f the part's size and t = f T: every class counts alike, however
    rare. After Sechidis, Tsoumakas and Vlahavas, "On the stratification of multi-label data", ECML PKDD 2011,
    with groups in the place of single examples.

    Args:
        counts: (G, C) images of each class in each group.
        sizes: P sizes that sum to 1, each above 0.
        keys: (G,) a random number of each group; the result depends on the keys, not on the order of the groups.

    Returns:
        (G,) number of the part of each group.

    Example:
        >>> deal_groups(np.ones((4, 1), int), [0.5, 0.5], np.array([3, 1, 4, 2], np.uint64)).tolist()
        [0, 0, 1, 1]
    """
    shares = counts / np.maximum(counts.sum(axis=0), 1)
    size = np.asarray(sizes, float)
    order = _order(shares, keys)
    ordered = shares[order]
    dealt = _deal(ordered, size)
    _give_missing(ordered, size, dealt)
    _improve(ordered, size, dealt)
    parts = np.empty_like(dealt)
    parts[order] = dealt
    return parts


def missing_classes(counts: Counts, parts: Parts, number: int) -> list[tuple[int, int]]:
    """Pairs (part, class) of the classes that no group of a part has."""
    present = np.zeros((number, counts.shape[1]), bool)
    np.logical_or.at(present, parts, counts > 0)
    return [(int(part), int(name)) for part, name in np.argwhere(~present)]


def _order(shares: Shares, keys: NDArray[np.uint64]) -> Parts:
    # Sizes by powers of two: groups of like size come in random order, so that another seed deals otherwise.
    largest = np.floor(np.log2(np.maximum(shares.max(axis=1), 1e-12)))
    return np.lexsort((keys, -largest)).astype(np.int64)


def _deal(shares: Shares, size: Shares) -> Parts:
    excess = np.repeat(-size[:, None], shares.shape[1], axis=1)  # (P, C) held minus wanted, as shares of the class
    parts = np.zeros(len(shares), np.int64)
    for group, share in enumerate(shares):
        parts[group] = part = int(np.argmin((2 * excess + share) @ share / size))
        excess[part] += share
    return parts


def _give_missing(shares: Shares, size: Shares, parts: Parts) -> None:
    """Move groups into the parts that lack a class, wherever another part can spare one; rare classes first."""
    for name in np.argsort((shares > 0).sum(axis=0), kind="stable"):
        has = shares[:, name] > 0
        for part in range(len(size)):
            spare = has & _spare(shares, parts, len(size))
            if not has[parts == part].any() and spare.any():
                change = np.where(spare, _changes(shares, size, parts)[:, part], np.inf)
                parts[int(np.argmin(change))] = part


def _improve(shares: Shares, size: Shares, parts: Parts) -> None:
    """Move single groups, or exchange two, the best first, until nothing lowers the cost."""
    for _ in range(_ROUNDS):
        spare = _spare(shares, parts, len(size))
        changes = np.where(spare[:, None], _changes(shares, size, parts), np.inf)
        if not (_move(changes, parts) or _exchange(shares, size, parts, changes)):
            return


def _move(changes: Shares, parts: Parts) -> bool:
    group, part = np.unravel_index(int(np.argmin(changes)), changes.shape)
    if changes[group, part] > -_LEAST:
        return False
    parts[group] = part
    return True


def _exchange(shares: Shares, size: Shares, parts: Parts, changes: Shares) -> bool:
    if len(shares) > _EXCHANGED:
        return False
    to = changes[:, parts]  # (G, G) change when a group moves to the part of another
    inverse = 1 / size[parts]
    both = to + to.T - 2 * (shares @ shares.T) * (inverse[:, None] + inverse)
    both[parts[:, None] == parts] = np.inf
    first, second = np.unravel_index(int(np.argmin(both)), both.shape)
    if not both[first, second] < -_LEAST:
        return False
    parts[[first, second]] = parts[[second, first]]
    return True


def _changes(shares: Shares, size: Shares, parts: Parts) -> Shares:
    """(G, P) change of the cost when a group moves to a part."""
    held = np.zeros((len(size), shares.shape[1]))
    np.add.at(held, parts, shares)
    towards = 2 * shares @ (held - size[:, None]).T  # (G, P)
    square = np.square(shares).sum(axis=1)
    leave = (square - np.take_along_axis(towards, parts[:, None], axis=1)[:, 0]) / size[parts]
    changes: Shares = (towards + square[:, None]) / size + leave[:, None]
    np.put_along_axis(changes, parts[:, None], 0.0, axis=1)
    return changes


def _spare(shares: Shares, parts: Parts, number: int) -> NDArray[np.bool_]:
    """(G,) whether a group can leave its part without taking the last images of a class away."""
    has = shares > 0
    groups = np.zeros((number, shares.shape[1]), np.int64)
    np.add.at(groups, parts, has)
    return np.asarray((~has | (groups[parts] > 1)).all(axis=1))
