"""Seeds: every random number of a study comes from its seed and the name of what it is drawn for."""

from __future__ import annotations

import hashlib

import numpy as np


def derive_seed(seed: int, *names: str | int) -> int:
    """A seed of its own for each named purpose, the same on every machine.

    Drawing for one purpose never shifts what another draws, so a killed run resumes
    with the numbers it would have had.

    Args:
        seed: the study's seed.
        names: what is drawn, from the general to the particular: ``"augmentation", epoch``.

    Returns:
        An integer in [0, 2**63).

    Example:
        >>> derive_seed(7, "partition") == derive_seed(7, "partition")
        True
    """
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """A NumPy generator for a named purpose; see `derive_seed`."""
    return np.random.Generator(np.random.Philox(derive_seed(seed, *names)))
