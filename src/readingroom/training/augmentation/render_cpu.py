"""Render on the CPU: one image at a time, so that it stays in the cache, by OpenCV's fixed-point warps."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from readingroom.training.augmentation.colour import Colours
from readingroom.training.augmentation.warp import Warp, nodes

Images = NDArray[np.uint8] | Sequence[NDArray[np.uint8]]
_BORDERS = {"black": cv2.BORDER_CONSTANT, "reflect": cv2.BORDER_REFLECT}


def empty_batch(count: int, size: tuple[int, int], precision: torch.dtype) -> torch.Tensor:
    """(count, h, w, 3) memory for a batch: float32 or bfloat16."""
    # NumPy asks the system for huge pages: touching fresh memory takes half the time.
    kinds = {torch.float32: np.float32, torch.bfloat16: np.uint16}
    return torch.from_numpy(np.empty((count, *size, 3), dtype=kinds[precision])).view(precision)


class Mover:
    """Moves the images of a batch, one by one, along their warp."""

    def __init__(self, warp: Warp) -> None:
        self._warp = warp
        self._matrices = warp.between_centres()
        self._border = _BORDERS[warp.outside]
        across, down = (nodes(length, warp.stride_px) for length in (warp.size[1], warp.size[0]))
        # Nodes and field are laid on pixel middles, as the matrices are.
        self._nodes = np.stack(np.meshgrid(across, down), axis=2) - np.float32(0.5)
        self._fine = np.empty((len(down) * warp.stride_px, len(across) * warp.stride_px, 2), dtype=np.float32)

    def move(self, row: int, image: NDArray[np.uint8], interpolation: int) -> NDArray[np.uint8]:
        """The image (H, W) or (H, W, channels) of one row, warped; interpolated once."""
        height, width = self._warp.size
        matrix = self._matrices[row]
        field = self._warp.field(row)
        if field is None:
            flags = interpolation | cv2.WARP_INVERSE_MAP
            moved = cv2.warpAffine(image, matrix, (width, height), flags=flags, borderMode=self._border)
        else:
            places = self._map(field, matrix)
            # None, which its types do not know, is what takes OpenCV to its fast path.
            moved = cv2.remap(image, places, None, interpolation, borderMode=self._border)  # type: ignore[call-overload]
        return moved  # type: ignore[return-value]

    def _map(self, field: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
        """(h, w, 2) where each pixel comes from: affine at the coarse nodes, which linear interpolation keeps exact."""
        coarse = cv2.transform(cv2.add(self._nodes, field), matrix)
        rows, columns, _ = self._fine.shape
        cv2.resize(coarse, (columns, rows), dst=self._fine, interpolation=cv2.INTER_LINEAR)
        stride, (height, width) = self._warp.stride_px, self._warp.size
        return self._fine[stride : stride + height, stride : stride + width]


class Painter:
    """Colours and normalises the images of a batch, one by one, in memory that stays in the cache."""

    def __init__(self, colours: Colours, size: tuple[int, int]) -> None:
        self._colours = colours
        self._pixels = np.empty((*size, 3), dtype=np.float32)
        self._rows = torch.from_numpy(self._pixels).view(size[0], -1)
        # Clamping whole rows of pixels, channels innermost, is several times as fast as clamping triples.
        self._low, self._high = (torch.from_numpy(np.tile(end, size[1])) for end in (colours.low, colours.high))

    def paint(self, row: int, image: NDArray[np.uint8], mean: Sequence[float], made: torch.Tensor) -> None:
        """Write the image (h, w, 3) of one row, with this mean colour before its warp, to ``made`` (h, w, 3)."""
        matrix = self._colours.about(slice(row, row + 1), [mean])[0]
        np.copyto(self._pixels, image)
        cv2.transform(self._pixels, matrix, dst=self._pixels)
        target = made.view(self._rows.shape)
        if not self._colours.clips:
            target.copy_(self._rows)
        elif target.dtype == self._rows.dtype:
            torch.clamp(self._rows, self._low, self._high, out=target)
        else:
            target.copy_(torch.clamp(self._rows, self._low, self._high, out=self._rows))


def render_images(images: Images, warp: Warp, colours: Colours, made: torch.Tensor) -> torch.Tensor:
    """Make the images that were drawn.

    Args:
        images: (B, H, W, 3) uint8 RGB.
        warp: the draws composed for images of this size.
        colours: the draws composed with the normalisation.
        made: (B, h, w, 3) float32 or bfloat16, contiguous, which is overwritten; see `empty_batch`.

    Returns:
        (B, 3, h, w) normalised: ``made``, seen with its channels first.
    """
    mover = None if warp.changes_nothing else Mover(warp)
    painter = Painter(colours, warp.size)
    for row, image in enumerate(images):
        moved, mean = _moved_rgb(mover, row, image, colours.need_means)
        painter.paint(row, moved, mean, made[row])
    return made.permute(0, 3, 1, 2)


def render_outlines(masks: Images, warp: Warp) -> torch.Tensor:
    """Move masks (B, H, W) uint8 by nearest neighbour: (B, h, w) uint8, no value that was not there before."""
    mover = None if warp.changes_nothing else Mover(warp)
    moved = np.empty((len(warp), *warp.size), dtype=np.uint8)
    for row, mask in enumerate(masks):
        moved[row] = mask if mover is None else mover.move(row, np.ascontiguousarray(mask), cv2.INTER_NEAREST)
    return torch.from_numpy(moved)


def _moved_rgb(
    mover: Mover | None, row: int, image: NDArray[np.uint8], need_mean: bool
) -> tuple[NDArray[np.uint8], Sequence[float]]:
    """The image warped, and its mean colour before (black where nobody asks)."""
    # OpenCV warps four channels in less than half the time of three.
    padded = image if mover is None else cv2.cvtColor(image, cv2.COLOR_RGB2RGBA)
    mean = cv2.mean(padded)[:3] if need_mean else (0.0, 0.0, 0.0)
    if mover is None:
        return image, mean
    moved = mover.move(row, padded, cv2.INTER_LINEAR)  # type: ignore[arg-type]
    return cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB), mean  # type: ignore[return-value]
