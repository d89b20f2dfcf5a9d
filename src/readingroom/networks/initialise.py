"""Random starts: modules are initialised from a named seed, and nobody else's numbers move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from readingroom.core.seeds import derive_seed


@contextmanager
def seeded(seed: int, *names: str | int) -> Iterator[None]:
    """Within the block, torch draws on the CPU from the named seed; afterwards it goes on as if nothing had happened.

    Only the CPU's generator is seeded (`torch.manual_seed` would seed the GPUs' too): networks are built there.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(derive_seed(seed, *names))
        yield
