"""Normalisation: from 8-bit values to what a network learned on, the same in training and in reading."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Normaliser(nn.Module):
    """Subtracts the mean and divides by the standard deviation of each channel; marks planes that are not there.

    Args:
        mean: of each channel, in units of full brightness (255). Grey stacks are normalised by the one number, or by
            the mean of the three.
        sd: of each channel, likewise.

    Example:
        >>> Normaliser((0.5,), (0.5,))(torch.full((1, 2, 1, 8, 8), 255, dtype=torch.uint8)).mean()
        tensor(1.)
    """

    scale: Tensor
    shift: Tensor
    grey_scale: Tensor
    grey_shift: Tensor

    def __init__(self, mean: Sequence[float], sd: Sequence[float]) -> None:
        super().__init__()
        means, spreads = torch.tensor(mean).view(-1, 1, 1), torch.tensor(sd).view(-1, 1, 1)
        self.register_buffer("scale", 1.0 / (255.0 * spreads), persistent=False)
        self.register_buffer("shift", means / spreads, persistent=False)
        grey = means.mean(0, keepdim=True), spreads.mean(0, keepdim=True)
        self.register_buffer("grey_scale", 1.0 / (255.0 * grey[1]), persistent=False)
        self.register_buffer("grey_shift", grey[0] / grey[1], persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """Normalised float32 of values 0 to 255, channels first.

        Args:
            values: images (B, 3, H, W), or stacks (B, D, 1 or 3, H, W). A plane of a stack that is 0 everywhere is not
                there, and comes out as NaN everywhere.
        """
        normalised = self.normalised(values)
        return normalised if values.ndim == 4 else mark_absent(normalised, values)

    def normalised(self, values: Tensor) -> Tensor:
        """The same, without a mark on planes that are not there."""
        grey = values.shape[-3] == 1
        scale, shift = (self.grey_scale, self.grey_shift) if grey else (self.scale, self.shift)
        return values.float() * scale - shift


def mark_absent(normalised: Tensor, values: Tensor) -> Tensor:
    """Stacks (B, D, C, H, W) with NaN in the planes of which ``values`` (B, D, ...) are 0 everywhere; in place."""
    absent = values.flatten(2).amax(dim=2) == 0
    return normalised.masked_fill_(absent[:, :, None, None, None], torch.nan)


def channels_first(prepared: Tensor) -> Tensor:
    """Prepared pixels (..., H, W, C) seen as (..., C, H, W); for images that is channels-last memory already."""
    return prepared.movedim(-1, -3)
