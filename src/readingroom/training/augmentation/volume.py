"""Volumes: rotation, shear, scale, shift, flips, crop and the elastic field as one 3-D map, interpolated once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from readingroom.training.augmentation.volume_draw import VolumeDraws, sigma_planes
from readingroom.training.augmentation.warp import BYTE_SD, cos_sin, linear_change, smoothing_weights

_PADDINGS = {"black": "zeros", "reflect": "reflection"}


@dataclass(frozen=True)
class VolumeWarp:
    """Where each voxel of the volumes to be made comes from: ``source = matrix @ (point + field(point), 1)``.

    Points are (x, y, z) in pixels, pixels and planes, with the corner of the volume at (0, 0, 0).

    Args:
        matrix: (B, 3, 4) float64.
        noise: (B, 3, planes, rows, columns) uint8 white noise of the elastic field.
        spread_px: (B,) standard deviation of the elastic displacement; 0 where there is none.
        sigma_px: smoothness of the elastic field in pixels.
        ratio: distance of two planes over the size of a pixel.
        source: (depth, height, width) of the volumes that come in.
        size: (depth, height, width) of the volumes to be made.
        outside: what is seen beyond the volume.
    """

    matrix: NDArray[np.float64]
    noise: NDArray[np.uint8]
    spread_px: NDArray[np.float64]
    sigma_px: float
    ratio: float
    source: tuple[int, int, int]
    size: tuple[int, int, int]
    outside: Literal["black", "reflect"]

    def changes_nothing(self, row: int) -> bool:
        """Whether every voxel of a volume stays where it is."""
        same = self.source == self.size and not self.spread_px[row]
        return same and bool((self.matrix[row] == np.eye(3, 4)).all())

    def field(self, row: int) -> Tensor | None:
        """(3, depth, height, width) elastic displacement (x, y, z) at the middles of the voxels; None without one.

        It has one spread and one smoothness in millimetres along all axes.
        """
        if not self.spread_px[row]:
            return None
        depth, height, width = self.size
        sigmas = sigma_planes(self.sigma_px, self.ratio), self.sigma_px, self.sigma_px
        across, down, along = (
            _smoothing(length, sigma) for length, sigma in zip((width, height, depth), reversed(sigmas), strict=True)
        )
        field = torch.from_numpy(self.noise[row].astype(np.float32)) - 127.5
        # From the axis with the fewest points on: the last product is the largest, and is done once.
        field = torch.einsum("ckrx,dk->cdrx", field, along)
        field = torch.einsum("cdrx,hr->cdhx", field, down) @ across.T
        spread = torch.tensor([1.0, 1.0, 1 / self.ratio]) * (self.spread_px[row] / BYTE_SD)
        displaced: Tensor = field * spread.float()[:, None, None, None]
        return displaced


def compose_volumes(draws: VolumeDraws, source: tuple[int, int, int], spacing_ratio: float = 1.0) -> VolumeWarp:
    """Compose everything geometric that was drawn into one warp.

    In the order of `compose`: within its planes the volume is rotated by up to `affine.rotate`, sheared and scaled, and
    then tilted about y and about x, by a third of that angle at most: a volume has fewer planes than a plane has
    pixels, and a larger tilt moves its corners out of it. All of it about the middle and in millimetres, so that planes
    that lie far apart are turned as a body is. It is shifted, mirrored, cropped (all three sides alike) and deformed.

    Args:
        draws: the draws of B volumes.
        source: (depth, height, width) of the volumes that come in.
        spacing_ratio: distance of two planes over the size of a pixel.
    """
    size = (source[0], *draws.plane.size)
    matrices = _matrices(draws, source, spacing_ratio)
    spread = draws.column("spread_px")
    return VolumeWarp(matrices, draws.noise, spread, draws.sigma_px, spacing_ratio, source, size, draws.plane.outside)


def warp_volume(warp: VolumeWarp, row: int, volume: Tensor) -> Tensor:
    """The volume (D, H, W) float32 of one row, warped; trilinear, interpolated once. One by one: a row's bytes do not
    depend on its batch.
    """  # noqa: D205
    if warp.changes_nothing(row):
        return volume
    grid = _grid(warp, row)
    padding = _PADDINGS[warp.outside]
    moved = functional.grid_sample(volume[None, None], grid[None], "bilinear", padding, align_corners=False)
    return moved[0, 0]


def _grid(warp: VolumeWarp, row: int) -> Tensor:
    """(depth, height, width, 3) where each voxel comes from, as torch counts: -1 to 1 from border to border."""
    depth, height, width = warp.source
    unit = 2 / np.array([width, height, depth])[:, None]
    matrix = warp.matrix[row] * unit
    matrix[:, 3] -= 1
    grid = torch.empty((*warp.size, 3))
    z, y, x = (np.arange(length) + 0.5 for length in warp.size)
    for axis, (a, b, c, d) in enumerate(matrix):
        along, down, across = (torch.from_numpy(part.astype(np.float32)) for part in (c * z + d, b * y, a * x))
        grid[..., axis] = (along[:, None, None] + down[:, None]) + across
    field = warp.field(row)
    if field is not None:
        turned = torch.from_numpy(matrix[:, :3].astype(np.float32)) @ field.flatten(1)
        grid += turned.view(3, *warp.size).permute(1, 2, 3, 0)
    return grid


def _matrices(draws: VolumeDraws, source: tuple[int, int, int], ratio: float) -> NDArray[np.float64]:
    """(B, 3, 4): crop and resize, then mirror, then the inverse of the affine change."""
    sides = np.array(source[::-1], dtype=np.float64)
    zoom = sides / np.array([*draws.plane.size[::-1], source[0]])
    none = np.zeros(len(draws))
    flips = np.stack([draws.column("flip"), draws.column("flip_vertical"), none], axis=1)
    corner = np.stack([draws.column(f"crop_{axis}") for axis in "xyz"], axis=1) * sides
    scale = draws.column("crop_side")[:, None] * zoom * (1 - 2 * flips)
    start = np.where(flips > 0, sides - corner, corner)
    shift = np.stack([draws.column(f"translate_{axis}") for axis in "xyz"], axis=1) * sides
    inverse = np.linalg.inv(_linear(draws, ratio))
    matrices = np.empty((len(draws), 3, 4))
    matrices[:, :, :3] = inverse * scale[:, None, :]
    matrices[:, :, 3] = np.einsum("bij,bj->bi", inverse, start - sides / 2 - shift) + sides / 2
    return matrices


def _linear(draws: VolumeDraws, ratio: float) -> NDArray[np.float64]:
    """(B, 3, 3) what is done about the middle, in pixels, pixels and planes."""
    within = np.zeros((len(draws), 3, 3))
    within[:, :2, :2] = linear_change(draws.plane)
    within[:, 2, 2] = draws.column("scale")
    turned = _tilt(draws.column("tilt_x_deg"), 1, 2) @ _tilt(draws.column("tilt_y_deg"), 2, 0) @ within
    millimetres = np.array([1.0, 1.0, ratio])
    linear: NDArray[np.float64] = turned * millimetres / millimetres[:, None]
    return linear


def _tilt(degrees: NDArray[np.float64], first: int, second: int) -> NDArray[np.float64]:
    """(B, 3, 3) rotation from the first axis towards the second."""
    cos, sin = cos_sin(degrees)
    made = np.tile(np.eye(3), (len(degrees), 1, 1))
    made[:, first, first] = made[:, second, second] = cos
    made[:, second, first], made[:, first, second] = sin, -sin
    return made


@lru_cache(maxsize=16)
def _smoothing(length: int, sigma: float) -> Tensor:
    """(length, knots) Gaussian weights from the white noise's knots to the middles of the voxels."""
    return torch.from_numpy(smoothing_weights(np.arange(length) + 0.5, length, sigma))
