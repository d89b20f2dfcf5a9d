"""The plain U-Net (Ronneberger et al. 2015): skips at full resolution, from which small sets of images learn fast."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PLAIN = {"plain16": 16, "plain32": 32, "plain64": 64}
"""Encoders that exist with the decoder ``unet`` only: channels at full resolution, doubled at each of four halvings."""

_LEVELS = 4

STRIDE = 2**_LEVELS
"""Sides in pixels are multiples of this."""


class PlainUNet(nn.Module):
    """Two convolutions a level, each with batch normalisation and ReLU; halving by maximum, doubling by interpolation.

    Args:
        width: channels at full resolution.
        classes: a linear classifier on the mean of the lowest level; 0 for none.
        drop_rate: dropout before it.
    """

    def __init__(self, width: int, *, classes: int = 0, drop_rate: float = 0.0) -> None:
        super().__init__()
        widths = [width * 2**level for level in range(_LEVELS)] + [width * 2 ** (_LEVELS - 1)]
        self.down = nn.ModuleList(_pair(a, b) for a, b in zip([3, *widths], widths, strict=False))
        self.up = nn.ModuleList(
            _pair(low + skip, skip) for low, skip in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.mask = nn.Conv2d(width, 1, 1)
        self.classify = nn.Sequential(nn.Dropout(drop_rate), nn.Linear(widths[-1], classes)) if classes else None

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Mask logits (B, 1, H, W), with a classifier also class logits; sides are multiples of 16."""
        found: list[Tensor] = []
        for level, block in enumerate(self.down):
            images = block(images if level == 0 else nn.functional.max_pool2d(images, 2))
            found.append(images)
        made = found.pop()
        classes = None if self.classify is None else self.classify(made.mean(dim=(2, 3)))
        for block in self.up:
            skip = found.pop()
            wider = nn.functional.interpolate(made, size=skip.shape[-2:], mode="nearest")
            made = block(torch.cat([wider, skip], dim=1))
        masks = self.mask(made)
        return masks if classes is None else (masks, classes)


def _pair(channels: int, wanted: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for width in (channels, wanted):
        layers += [nn.Conv2d(width, wanted, 3, padding=1, bias=False), nn.BatchNorm2d(wanted), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)
