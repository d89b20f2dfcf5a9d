"""The engine of readers that outline: prepared images in, the probability of lesion at every pixel out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from readingroom.networks.segmenter import Segmenter
from readingroom.reading.network_input import NetworkInput
from readingroom.reading.precision import PrecisionChoice
from readingroom.reading.preprocessing import Pixels, Preprocessing

Maps = npt.NDArray[np.float32]

OVERLAP = 0.25
"""Share of a tile's side that neighbouring tiles have in common, at least."""


@dataclass(frozen=True)
class Answer:
    """What an outlining network says of a batch.

    Args:
        maps: (B, size, size) probability of lesion.
        scores: (B, C) probability of each class; None without a classifier.
    """

    maps: Maps
    scores: npt.NDArray[np.float32] | None


class OutlineEngine:
    """PyTorch on a CPU or a CUDA GPU.

    Args:
        network: the segmenter.
        preprocessing: its input.
        flips: average over the image and its three mirror images.
        tile: side in pixels of overlapping tiles that the image is read in; None reads it in one pass.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: of the network.
    """

    def __init__(
        self,
        network: Segmenter,
        preprocessing: Preprocessing,
        *,
        flips: bool = False,
        tile: int | None = None,
        device: str = "auto",
        precision: PrecisionChoice = "float32",
    ) -> None:
        self._input = NetworkInput(preprocessing, device, precision)
        self._network = network.eval().to(self._input.device).to(memory_format=torch.channels_last)
        self._axes: list[tuple[int, ...]] = [(), (3,), (2,), (2, 3)] if flips else [()]
        self._tile = tile

    def answer(self, prepared: Pixels) -> Answer:
        """Read a batch of prepared images, (B, size, size, 3) 8-bit RGB."""
        with self._input.normalised(prepared) as normalised:
            found = [self._mirrored(normalised, axes) for axes in self._axes]
        maps = torch.stack([masks for masks, _ in found]).mean(dim=0).cpu().numpy()
        scores = [classes for _, classes in found if classes is not None]
        return Answer(maps, torch.stack(scores).mean(dim=0).cpu().numpy() if scores else None)

    def _mirrored(self, images: Tensor, axes: tuple[int, ...]) -> tuple[Tensor, Tensor | None]:
        masks, classes = self._read(images.flip(axes) if axes else images)
        return (masks.flip([axis - 1 for axis in axes]) if axes else masks), classes

    def _read(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        if self._tile is None or self._tile >= images.shape[-1]:
            logits, classes = self._network(images)
            return torch.sigmoid(logits.float()), None if classes is None else torch.softmax(classes.float(), dim=1)
        # Tiles show parts: what the image as a whole is, is read from the whole.
        classes = self._network(images)[1] if self._network.classes else None
        masks = _tiled(self._network, images, self._tile)
        return masks, None if classes is None else torch.softmax(classes.float(), dim=1)


def _tiled(network: nn.Module, images: Tensor, side: int) -> Tensor:
    """Read overlapping tiles and blend them; a tile weighs most in its middle, where it has seen all around."""
    starts = tile_starts(images.shape[-1], side)
    weight = _bump(side, images.device)
    total = torch.zeros(images.shape[0], *images.shape[-2:], device=images.device)
    weights = torch.zeros(images.shape[-2:], device=images.device)
    for top in starts:
        for left in starts:
            logits, _ = network(images[:, :, top : top + side, left : left + side])
            total[:, top : top + side, left : left + side] += torch.sigmoid(logits.float()) * weight
            weights[top : top + side, left : left + side] += weight
    return total / weights


def tile_starts(length: int, side: int) -> list[int]:
    """Where tiles begin along one side, evenly, with at least `OVERLAP` in common.

    Example:
        >>> tile_starts(1024, 512)
        [0, 256, 512]
    """
    count = 1 + int(np.ceil((length - side) / (side * (1 - OVERLAP))))
    return [round(start) for start in np.linspace(0, length - side, count)]


def _bump(side: int, device: Any) -> Tensor:
    ramp = torch.hann_window(side, periodic=False, device=device) + 1e-3
    return ramp[:, None] * ramp[None, :]
