"""The engine of readers that mark lesions in volumes: whole volumes in, by overlapping tiles, marks out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import torch

from readingroom.cases.stacks.choice import VolumeStack
from readingroom.core.errors import BundleError
from readingroom.networks.heat_mapper import MULTIPLE, HeatMapper
from readingroom.reading.marks import FoundMarks, find_peaks, keep_apart
from readingroom.reading.precision import PrecisionChoice, autocast, choose_device, choose_precision, laid_out
from readingroom.reading.preprocessing import Pixels, Preprocessing

_MARGIN = 0.25
"""Share of a tile at either side that is only seen so that what is between them is seen whole."""
_AT_ONCE = 4

Extent = tuple[int, int, int]


class MarkEngine:
    """PyTorch on a CPU or a CUDA GPU.

    A volume is read in tiles of the size of the patches that the network learned from. Each tile answers for its
    middle, and neighbours overlap by their margins: no heat map of the whole volume is ever in memory.

    Args:
        network: of heat maps.
        preprocessing: its input.
        apart_mm: how near two marks may be.
        device: ``auto``, ``cpu`` or ``cuda``.
        precision: of the network.
    """

    def __init__(
        self,
        network: HeatMapper,
        preprocessing: Preprocessing,
        *,
        apart_mm: float,
        device: str = "auto",
        precision: PrecisionChoice = "float32",
    ) -> None:
        stack = preprocessing.stack
        if not isinstance(stack, VolumeStack) or not stack.whole:
            raise BundleError("marks are found in whole volumes", fix="Train the reader with around: whole")
        self._preprocessing = preprocessing
        self._device = choose_device(device)
        self._precision = choose_precision(precision, self._device)
        self._network = laid_out(network.eval().to(self._device), self._precision)
        self._tile: Extent = (stack.planes, preprocessing.size, preprocessing.size)
        self._apart_mm = apart_mm

    def find(self, volume: Pixels, affine: npt.NDArray[np.float64]) -> FoundMarks:
        """Marks of a prepared volume (D, H, W) 8 bit, by falling score, in places of that volume."""
        tiles = list(tiles_of(volume.shape, self._tile))
        parts = [tiles[start : start + _AT_ONCE] for start in range(0, len(tiles), _AT_ONCE)]
        found = [marks for part in parts for marks in self._of_tiles(volume, part)]
        return keep_apart(found, affine, self._apart_mm)

    def _of_tiles(self, volume: Pixels, tiles: list[Tile]) -> Iterator[FoundMarks]:
        pixels = np.stack([cut(volume, tile.start, self._tile) for tile in tiles])
        with torch.inference_mode(), autocast(self._precision, self._device):
            values = normalise(torch.from_numpy(pixels).to(self._device), self._preprocessing)
            heat = self._network(values).float().sigmoid()
        for one, tile in zip(heat, tiles, strict=True):
            peaks = find_peaks(one, tile.low, tile.high)
            yield FoundMarks(peaks.places + np.array(tile.start), peaks.scores)


@dataclass(frozen=True)
class Tile:
    """A box of a volume that is looked at, and the part of it that it answers for.

    Args:
        start: plane, row and column of the volume; below 0 where the volume is smaller than a tile.
        low: in the tile, from where on its peaks count.
        high: up to where, exclusive.
    """

    start: Extent
    low: Extent
    high: Extent


def tiles_of(shape: tuple[int, ...], tile: Extent) -> Iterator[Tile]:
    """Tiles that cover a volume, each voxel in the middle part of exactly one.

    Example:
        >>> [(one.start[0], one.low[0], one.high[0]) for one in tiles_of((20, 8, 8), (16, 8, 8))]
        [(0, 0, 10), (4, 6, 16)]
    """
    for parts in product(*(_spans(length, side) for length, side in zip(shape, tile, strict=True))):
        starts, lows, highs = zip(*parts, strict=True)
        yield Tile(_three(starts), _three(lows), _three(highs))


def _three(values: tuple[int, ...]) -> Extent:
    first, second, third = values
    return first, second, third


def _spans(length: int, side: int) -> list[tuple[int, int, int]]:
    """Along one axis: start of each tile, and the part of it that counts."""
    if length <= side:
        before = (side - length) // 2
        return [(-before, before, before + length)]
    count = 1 + int(np.ceil((length - side) / (side * (1 - 2 * _MARGIN))))
    starts = np.round(np.linspace(0, length - side, count)).astype(int)
    # Neighbours meet in the middle of what they share.
    meets = [0, *((starts[1:] + starts[:-1] + side) // 2), length]
    return [(int(at), int(a - at), int(b - at)) for at, a, b in zip(starts, meets[:-1], meets[1:], strict=True)]


def normalise(values: torch.Tensor, preprocessing: Preprocessing) -> torch.Tensor:
    """Grey values 0 to 255, of any shape and kind of number, as the network takes them: float32."""
    mean, sd = sum(preprocessing.mean) / len(preprocessing.mean), sum(preprocessing.sd) / len(preprocessing.sd)
    return (values.float() / 255 - mean) / sd


def cut(volume: Pixels, start: tuple[int, ...], extent: Extent) -> Pixels:
    """A box of a volume; what lies outside is black."""
    low = np.maximum(start, 0)
    high = np.minimum(np.add(start, extent), volume.shape)
    made = np.zeros(extent, np.uint8)
    there = tuple(slice(a - at, b - at) for a, b, at in zip(low, high, start, strict=True))
    made[there] = volume[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    return made


def patch_problem(extent: Extent) -> str:
    """Why a patch has no size for a network of heat maps; empty where it has."""
    names = ("input.stack.planes", "input.size", "input.size")
    wrong = [name for name, side in zip(names, extent, strict=True) if side % MULTIPLE or side < 2 * MULTIPLE]
    return f"{wrong[0]} must be a multiple of {MULTIPLE}, and {2 * MULTIPLE} at least" if wrong else ""
