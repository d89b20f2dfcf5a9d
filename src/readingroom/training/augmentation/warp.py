"""Warp: rotation, shear, scale, shift, flips, crop, resize and the elastic field as one map an image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from readingroom.training.augmentation.draw import Draws, knots
from readingroom.training.augmentation.section import field_sd_px

BYTE_SD = math.sqrt((256**2 - 1) / 12)
"""Standard deviation of a byte drawn evenly, 0 to 255."""


@dataclass(frozen=True)
class Warp:
    """Where each pixel of the images to be made comes from: ``source = matrix @ (point + field(point), 1)``.

    Points are (x, y) in pixels with the corner of the image at (0, 0), so that the middle of the first pixel
    is at (0.5, 0.5) and boxes are exact.

    Args:
        matrix: (B, 2, 3) float64.
        noise: (B, 2, rows, columns) uint8 white noise of the elastic field.
        spread_px: (B,) standard deviation of the elastic displacement; 0 where there is none.
        sigma_px: smoothness of the elastic field.
        source: (height, width) of the images that come in.
        size: (height, width) of the images to be made.
        outside: what is seen beyond the image.
    """

    matrix: NDArray[np.float64]
    noise: NDArray[np.uint8]
    spread_px: NDArray[np.float64]
    sigma_px: float
    source: tuple[int, int]
    size: tuple[int, int]
    outside: Literal["black", "reflect"]

    def __len__(self) -> int:
        return len(self.matrix)

    @property
    def changes_nothing(self) -> bool:
        """Whether every pixel stays where it is."""
        same = self.source == self.size and not self.spread_px.any()
        return same and bool((self.matrix == np.eye(2, 3)).all())

    @property
    def stride_px(self) -> int:
        """Distance of the field's nodes; node j lies at ``(j - 0.5) * stride_px``."""
        # Linear interpolation between nodes two thirds of sigma apart misses the smooth field by 5 % of its spread.
        return max(1, int(self.sigma_px * 2 / 3))

    def field(self, row: int) -> NDArray[np.float32] | None:
        """(rows, columns, 2) elastic displacement (x, y) in pixels at the nodes, to be interpolated linearly.

        White noise ``sigma`` apart, smoothed by a Gaussian of ``sigma``, has the spread and the correlation,
        exp(-r^2 / 4 sigma^2), of Simard's noise at every pixel to 1e-3, at a fraction of the work.
        None where nothing is displaced.
        """
        if not self.spread_px[row]:
            return None
        down, across = (_smoothing(length, self.sigma_px, self.stride_px) for length in self.size)
        white = np.subtract(self.noise[row], np.float32(127.5)) * np.float32(self.spread_px[row] / BYTE_SD)
        smooth = down @ white @ across.T
        return np.ascontiguousarray(smooth.transpose(1, 2, 0))

    def between_centres(self) -> NDArray[np.float64]:
        """(B, 2, 3) the matrices for points counted from the middle of the first pixel."""
        shifted = self.matrix.copy()
        shifted[:, :, 2] += self.matrix[:, :, :2].sum(axis=2) * 0.5 - 0.5
        return shifted


def compose(draws: Draws, source: tuple[int, int]) -> Warp:
    """Compose everything geometric that was drawn into one warp.

    In the order in which a person would do it by hand: the view is rotated, sheared, scaled and shifted about
    its middle (R(rotate) S(shear) scale, angles clockwise, as torchvision's ``affine``), mirrored, cropped,
    resized to ``draws.size`` and deformed. The maps run backwards, from the new image to the old one.

    Args:
        draws: the draws of B images.
        source: (height, width) of the images that come in.
    """
    spread = field_sd_px(1.0, draws.sigma_px) * draws.column("alpha_px") if draws.sigma_px else np.zeros(len(draws))
    return Warp(_matrices(draws, source), draws.noise, spread, draws.sigma_px, source, draws.size, draws.outside)


def _matrices(draws: Draws, source: tuple[int, int]) -> NDArray[np.float64]:
    """(B, 2, 3): crop and resize, then mirror, then the inverse of the affine change."""
    sides = np.array([source[1], source[0]], dtype=np.float64)
    zoom = sides / np.array([draws.size[1], draws.size[0]])
    flips = np.stack([draws.column("flip"), draws.column("flip_vertical")], axis=1)
    corner = np.stack([draws.column("crop_x"), draws.column("crop_y")], axis=1) * sides
    # u = scale * p + start is the crop; side - u mirrors it.
    scale = draws.column("crop_side")[:, None] * zoom * (1 - 2 * flips)
    start = np.where(flips > 0, sides - corner, corner)
    shift = np.stack([draws.column("translate_x"), draws.column("translate_y")], axis=1) * sides
    inverse = np.linalg.inv(linear_change(draws))
    matrices = np.empty((len(draws), 2, 3))
    matrices[:, :, :2] = inverse * scale[:, None, :]
    matrices[:, :, 2] = np.einsum("bij,bj->bi", inverse, start - sides / 2 - shift) + sides / 2
    return matrices


def affine_of(draws: Draws, source: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(B, 2, 2) and (B, 2): the affine change forwards, about the middle of an image of (height, width), and its shift.

    A point goes to ``linear @ (point - middle) + shift + middle``, before mirror and crop.
    """
    sides = np.array([source[1], source[0]], dtype=np.float64)
    return linear_change(draws), np.stack([draws.column("translate_x"), draws.column("translate_y")], axis=1) * sides


def linear_change(draws: Draws) -> NDArray[np.float64]:
    """(B, 2, 2) rotation, shear and scale about the middle."""
    cos, sin = cos_sin(draws.column("rotate_deg"))
    slope = np.tan(np.radians(draws.column("shear_deg")))
    rows = [np.stack([cos, -cos * slope - sin], axis=1), np.stack([sin, cos - sin * slope], axis=1)]
    return np.stack(rows, axis=1) * draws.column("scale")[:, None, None]


def cos_sin(degrees: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cosine and sine; of quarter turns exactly."""
    # Quarter turns are exact: cos(90 degrees) in floating point is not zero.
    quarters = np.round(degrees / 90)
    rest = np.radians(degrees - 90 * quarters)
    cos, sin = np.cos(rest), np.sin(rest)
    turns = quarters.astype(np.int64) % 4
    return np.choose(turns, [cos, -sin, -cos, sin]), np.choose(turns, [sin, cos, -sin, -cos])


def nodes(length_px: int, stride_px: int) -> NDArray[np.float32]:
    """Where the nodes of a field lie: one beyond each end of ``length_px``."""
    return ((np.arange(math.ceil(length_px / stride_px) + 2) - 0.5) * stride_px).astype(np.float32)


@lru_cache(maxsize=16)
def _smoothing(length_px: int, sigma_px: float, stride_px: int) -> NDArray[np.float32]:
    """(nodes, knots) Gaussian weights from the white noise's knots to the field's nodes, each row of unit norm."""
    unit = smoothing_weights(nodes(length_px, stride_px), length_px, sigma_px)
    unit.setflags(write=False)
    return unit


def smoothing_weights(at_px: NDArray[np.floating], length_px: int, sigma_px: float) -> NDArray[np.float32]:
    """(points, knots) Gaussian weights from a white noise's knots over a length to points, each row of unit norm."""
    places = (np.arange(knots(length_px, sigma_px)) - 3) * sigma_px
    away = (at_px[:, None] - places[None, :]) / sigma_px
    # Beyond 4.5 sigma nothing is left to add, and numbers next to zero would make the products ten times slower.
    weights = np.where(np.abs(away) < 4.5, np.exp(-0.5 * away**2), 0.0)
    unit: NDArray[np.float32] = (weights / np.linalg.norm(weights, axis=1, keepdims=True)).astype(np.float32)
    return unit
