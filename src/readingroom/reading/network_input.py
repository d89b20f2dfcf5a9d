"""Where and how precisely a network reads, and what its input is there: shared by the engines of outlines and boxes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from readingroom.reading.normalisation import Normaliser, channels_first
from readingroom.reading.precision import PrecisionChoice, autocast, choose_device, choose_precision
from readingroom.reading.preprocessing import Pixels, Preprocessing


class NetworkInput:
    """The input of a network on its device.

    Args:
        preprocessing: with the normalisation.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: of the network.
    """

    def __init__(self, preprocessing: Preprocessing, device: str, precision: PrecisionChoice) -> None:
        self.device = choose_device(device)
        self._precision = choose_precision(precision, self.device)
        self._normaliser = Normaliser(preprocessing.mean, preprocessing.sd).to(self.device)

    def tensor(self, prepared: Pixels) -> Tensor:
        """A batch (B, size, size, 3) of 8-bit RGB as (B, 3, size, size), normalised; stacks see `Normaliser`."""
        values = torch.from_numpy(np.ascontiguousarray(prepared)).to(self.device)
        normalised: Tensor = self._normaliser(channels_first(values))
        return normalised

    @contextmanager
    def normalised(self, prepared: Pixels) -> Iterator[Tensor]:
        """The same at the precision of the network; within, networks read and do not learn."""
        with torch.inference_mode(), autocast(self._precision, self.device):
            yield self.tensor(prepared)
