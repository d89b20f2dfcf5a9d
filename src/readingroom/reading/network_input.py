"""Where and how precisely a network reads, and what its input is there: shared by the engines of outlines and boxes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

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
        scale = torch.tensor([1 / (255 * sd) for sd in preprocessing.sd])
        shift = torch.tensor([m / sd for m, sd in zip(preprocessing.mean, preprocessing.sd, strict=True)])
        self._scale, self._shift = (values.view(1, 3, 1, 1).to(self.device) for values in (scale, shift))

    def tensor(self, prepared: Pixels) -> Tensor:
        """A batch (B, size, size, 3) of 8-bit RGB as (B, 3, size, size), normalised."""
        images = torch.from_numpy(np.ascontiguousarray(prepared)).to(self.device).permute(0, 3, 1, 2)
        return images.float() * self._scale - self._shift

    @contextmanager
    def normalised(self, prepared: Pixels) -> Iterator[Tensor]:
        """The same at the precision of the network; within, networks read and do not learn."""
        with torch.inference_mode(), autocast(self._precision, self.device):
            yield self.tensor(prepared)
