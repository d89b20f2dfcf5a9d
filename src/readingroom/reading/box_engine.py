"""The engine of readers that find boxes: prepared images in, boxes with scores in the prepared image out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from readingroom.networks.detector import Detector
from readingroom.reading.boxes import FoundBoxes, merge_tiles
from readingroom.reading.network_input import NetworkInput
from readingroom.reading.outline_engine import tile_starts
from readingroom.reading.precision import PrecisionChoice
from readingroom.reading.preprocessing import Pixels, Preprocessing

OVERLAPPING = 0.5
"""Intersection over union at which two boxes are taken for one."""
_EDGE_PX = 1.5
"""A box that ends so near the edge of its tile is taken to be cut by it."""


class BoxEngine:
    """PyTorch on a CPU or a CUDA GPU.

    Args:
        network: the detector.
        preprocessing: its input.
        tile: side in pixels of overlapping tiles that the image is read in; None reads it in one pass.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: of the network.
    """

    def __init__(
        self,
        network: Detector,
        preprocessing: Preprocessing,
        *,
        tile: int | None = None,
        device: str = "auto",
        precision: PrecisionChoice = "float32",
    ) -> None:
        self._input = NetworkInput(preprocessing, device, precision)
        self._network = network.eval().to(self._input.device).to(memory_format=torch.channels_last)
        self._tile = tile

    def find(self, prepared: Pixels) -> list[FoundBoxes]:
        """Boxes of each of a batch of prepared images, (B, size, size, 3) 8-bit RGB."""
        with self._input.normalised(prepared) as normalised:
            if self._tile is None or self._tile >= normalised.shape[-1]:
                return self._pass(normalised)
            return self._in_tiles(normalised, self._tile)

    def _pass(self, images: Tensor) -> list[FoundBoxes]:
        found, _ = self._network(images)
        return [
            FoundBoxes(one.boxes_xyxy_px.double().cpu().numpy(), one.scores.double().cpu().numpy()) for one in found
        ]

    def _in_tiles(self, images: Tensor, side: int) -> list[FoundBoxes]:
        size = images.shape[-1]
        corners = [(left, top) for top in tile_starts(size, side) for left in tile_starts(size, side)]
        tiles = [self._pass(images[:, :, top : top + side, left : left + side]) for left, top in corners]
        # By image, then by tile.
        return [_together(of_image, corners, side, size) for of_image in zip(*tiles, strict=True)]


def _together(found: tuple[FoundBoxes, ...], corners: list[tuple[int, int]], side: int, size: int) -> FoundBoxes:
    cut = [_cut(one, corner, side, size) for one, corner in zip(found, corners, strict=True)]
    moved = [one.boxes_xyxy_px + np.tile(corner, 2) for one, corner in zip(found, corners, strict=True)]
    scores = np.concatenate([one.scores for one in found])
    return merge_tiles(np.concatenate(moved), scores, np.concatenate(cut), at_most=OVERLAPPING)


def _cut(found: FoundBoxes, corner: tuple[int, int], side: int, size: int) -> npt.NDArray[np.bool_]:
    """(N,) whether a box ends at an edge of its tile that is not the image's."""
    low = (found.boxes_xyxy_px[:, :2] < _EDGE_PX) & (np.array(corner) > 0)
    high = (found.boxes_xyxy_px[:, 2:] > side - _EDGE_PX) & (np.array(corner) + side < size)
    return np.asarray((low | high).any(axis=1))
