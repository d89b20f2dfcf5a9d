"""Render in torch: the whole batch at once, on the device that trains."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from readingroom.training.augmentation.colour import Colours
from readingroom.training.augmentation.warp import Warp

_PADDINGS = {"black": "zeros", "reflect": "reflection"}


def render_images(images: torch.Tensor, warp: Warp, colours: Colours, precision: torch.dtype) -> torch.Tensor:
    """Make the images that were drawn, on the device that ``images`` are on; as `render_cpu.render_images`.

    Args:
        images: (B, H, W, 3) uint8 RGB.
        warp: the draws composed for images of this size.
        colours: the draws composed with the normalisation.
        precision: ``torch.float32`` or ``torch.bfloat16``.

    Returns:
        (B, 3, h, w) normalised, channels last in memory. It differs from the CPU's by the CPU's rounding of
        warped pixels to whole grey levels: half a level.
    """
    pixels = images.permute(0, 3, 1, 2).to(torch.float32)
    matrices = colours.about(slice(None), _means(pixels) if colours.need_means else np.zeros((len(warp), 3)))
    if not warp.changes_nothing:
        pixels = _sample(pixels, warp, "bilinear")
    coloured = _recolour(pixels, torch.from_numpy(matrices).to(images.device))
    if colours.clips:
        low, high = (torch.from_numpy(end).to(images.device)[:, None, None] for end in (colours.low, colours.high))
        coloured = coloured.clamp(low, high)
    return coloured.to(precision).contiguous(memory_format=torch.channels_last)


def render_outlines(masks: torch.Tensor, warp: Warp) -> torch.Tensor:
    """Move masks (B, H, W) uint8 by nearest neighbour: (B, h, w) uint8."""
    if warp.changes_nothing:
        return masks
    return _sample(masks[:, None].to(torch.float32), warp, "nearest")[:, 0].to(torch.uint8)


def _sample(pixels: torch.Tensor, warp: Warp, mode: str) -> torch.Tensor:
    grid = _places(warp, pixels.device) * 2
    grid = grid / torch.tensor([warp.source[1], warp.source[0]], device=pixels.device) - 1
    return functional.grid_sample(pixels, grid, mode=mode, padding_mode=_PADDINGS[warp.outside], align_corners=False)


def _places(warp: Warp, device: torch.device) -> torch.Tensor:
    """(B, h, w, 2) where each pixel comes from, (0, 0) being the corner."""
    matrices = torch.from_numpy(warp.matrix.astype(np.float32)).to(device)
    points = _middles(warp, device)
    return points @ matrices[:, None, :, :2].transpose(2, 3) + matrices[:, None, None, :, 2]


def _middles(warp: Warp, device: torch.device) -> torch.Tensor:
    """(B or 1, h, w, 2) the middles of the pixels, displaced by the field."""
    height, width = warp.size
    x = torch.arange(width, device=device) + 0.5
    y = torch.arange(height, device=device) + 0.5
    middles = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)[None]
    if not warp.spread_px.any():
        return middles
    coarse, stride = _fields(warp).to(device), warp.stride_px
    fine = functional.interpolate(coarse, scale_factor=stride, mode="bilinear", align_corners=False)
    return middles + fine[:, :, stride : stride + height, stride : stride + width].permute(0, 2, 3, 1)


def _fields(warp: Warp) -> torch.Tensor:
    """(B, 2, rows, columns) the displacement at the nodes, zero for images that are not deformed."""
    fields = [warp.field(row) for row in range(len(warp))]
    still = np.zeros_like(next(field for field in fields if field is not None))
    stacked = np.stack([still if field is None else field for field in fields])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2)


def _recolour(pixels: torch.Tensor, matrices: torch.Tensor) -> torch.Tensor:
    """(B, 3, h, w) times (B, 3, 4), channel by channel: a matrix product may round to TF32 on a GPU."""
    made = matrices[:, :, 3, None, None].expand(-1, -1, *pixels.shape[2:])
    for channel in range(3):
        made = torch.addcmul(made, pixels[:, channel : channel + 1], matrices[:, :, channel, None, None])
    return made


def _means(pixels: torch.Tensor) -> NDArray[np.float64]:
    """(B, 3) mean colour of each image."""
    return np.asarray(pixels.mean(dim=(2, 3), dtype=torch.float64).cpu().numpy())
