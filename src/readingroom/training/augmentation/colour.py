"""Colour: brightness, contrast, saturation, hue and the normalisation, in one 3x4 matrix an image."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readingroom.training.augmentation.draw import Draws

LUMA = np.array([0.299, 0.587, 0.114])
"""How much red, green and blue add to luma, by ITU-R BT.601."""

# Luma, and the colour circle's two axes, on which HSV's hue is the angle from red; the axes sum to zero: grey has none.
_CIRCLE = np.array([LUMA, [1.0, -0.5, -0.5], [0.0, math.sqrt(0.75), -math.sqrt(0.75)]])
_RGB = np.linalg.inv(_CIRCLE)


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each channel (R, G, B), of images scaled to 0..1."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    sd: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        if len(self.mean) != 3 or len(self.sd) != 3 or min(self.sd) <= 0:
            raise ValueError(f"three means and three positive sd, found {self.mean} and {self.sd}")

    @classmethod
    def of(cls, mean: Sequence[float], sd: Sequence[float]) -> Normalisation:
        """From any sequences of three numbers."""
        return cls(tuple(map(float, mean)), tuple(map(float, sd)))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Colours:
    """One 3x4 matrix an image, from RGB in 0..255 straight to normalised values, and where these are clipped.

    Args:
        matrices: (B, 3, 4) float32; exact for images whose mean grey is black.
        lifts: (B, 3) float32, what contrast adds to each channel per grey level of the image's mean.
        low, high: (3,) float32, what black and white become; colours stop there.
        clips: whether any value can go beyond them.
    """

    matrices: NDArray[np.float32]
    lifts: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    clips: bool

    @property
    def need_means(self) -> bool:
        """Whether the mean colour of the images matters."""
        return bool(self.lifts.any())

    def about(self, rows: slice, means: ArrayLike) -> NDArray[np.float32]:
        """(N, 3, 4) the matrices of some images with these mean colours (N, 3), R, G, B in 0..255."""
        matrices = self.matrices[rows].copy()
        matrices[:, :, 3] += self.lifts[rows] * (np.asarray(means) @ LUMA).astype(np.float32)[:, None]
        return matrices


def compose_colours(draws: Draws, normalisation: Normalisation) -> Colours:
    """Compose everything of colour that was drawn, and the normalisation, into one matrix an image.

    With luma Y and the colour circle's plane beside it, the four changes are: Y' = b (c Y + (1 - c) mean Y), and
    the plane turned by the hue and multiplied by b c s. They commute exactly, so there is no order to fix or to
    draw; in torchvision the order matters only where an intermediate image is clipped. Hue turns by the angle
    that torchvision turns by (2 degrees apart at most), but at constant luma, where HSV holds the largest channel.
    (In YIQ's own plane, which is skewed, red would turn by another angle than blue.)

    Args:
        draws: the draws of B images.
        normalisation: mean and sd of the channels.
    """
    brightness, contrast = draws.column("brightness"), draws.column("contrast")
    mean, sd = np.array(normalisation.mean), np.array(normalisation.sd)
    matrices = np.empty((len(draws), 3, 4))
    matrices[:, :, :3] = _mixtures(draws) / (255 * sd[:, None])
    matrices[:, :, 3] = -mean / sd
    lifts = (brightness * (1 - contrast))[:, None] / (255 * sd)
    return Colours(
        matrices.astype(np.float32),
        lifts.astype(np.float32),
        low=(-mean / sd).astype(np.float32),
        high=((1 - mean) / sd).astype(np.float32),
        clips=bool((matrices[:, :, :3] != np.diag(1 / (255 * sd))).any()),
    )


def _mixtures(draws: Draws) -> NDArray[np.float64]:
    """(B, 3, 3) how channels mix; exactly the identity where nothing was drawn."""
    luma = draws.column("brightness") * draws.column("contrast")
    chroma = luma * draws.column("saturation")
    turn = 2 * np.pi * draws.column("hue")
    changed = np.zeros((len(draws), 3, 3))
    changed[:, 0, 0] = luma
    changed[:, 1, 1] = changed[:, 2, 2] = chroma * np.cos(turn)
    changed[:, 2, 1] = chroma * np.sin(turn)
    changed[:, 1, 2] = -changed[:, 2, 1]
    # Written as a change from the identity, so that no change is exactly none.
    mixtures: NDArray[np.float64] = np.eye(3) + _RGB @ (changed - np.eye(3)) @ _CIRCLE
    return mixtures
