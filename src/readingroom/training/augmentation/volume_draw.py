"""Draw for volumes: the numbers of the plane, and what a third axis adds to them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from readingroom.training.augmentation.draw import SLOTS, Draws, draw, drawn_words, knots, neutral
from readingroom.training.augmentation.section import AugmentationSection, field_sd_px

TILT_SHARE = 1 / 3
"""Of `affine.rotate`, how far a volume is tilted out of its planes."""

VOLUME_NEUTRAL = {"tilt_x_deg": 0.0, "tilt_y_deg": 0.0, "translate_z": 0.0, "crop_z": 0.0, "spread_px": 0.0}
"""What is drawn beyond the plane, and the value that changes nothing."""

VOLUME_COLUMNS = tuple(VOLUME_NEUTRAL)

# Places in an image's own stream of random words, well after those of the plane, of which some may still come.
_SLOTS = {**SLOTS, "tilt_x_deg": 24, "tilt_y_deg": 25, "translate_z": 26, "crop_z": 27}


@dataclass(frozen=True)
class VolumeDraws:
    """What was drawn for a batch of volumes.

    Args:
        plane: what was drawn within the planes, without an elastic field.
        values: (B, 5) what was drawn beyond, in the order of `VOLUME_COLUMNS`: rotations about the axes x (across) and
            y (down) in degrees, shift and start of the crop along z as shares of the depth, and the standard deviation
            of the elastic displacement along each axis, in pixels.
        noise: (B, 3, planes, rows, columns) uint8, coarse white noise of the elastic field (x, y, z); or empty.
        sigma_px: smoothness of the elastic field in pixels; 0 without one.
    """

    plane: Draws
    values: NDArray[np.float64]
    noise: NDArray[np.uint8]
    sigma_px: float

    def __len__(self) -> int:
        return len(self.plane)

    def column(self, name: str) -> NDArray[np.float64]:
        """(B,) one of the numbers, of the plane or beyond."""
        if name in VOLUME_COLUMNS:
            return self.values[:, VOLUME_COLUMNS.index(name)]
        return self.plane.column(name)

    def table(self) -> pd.DataFrame:
        """One row a volume: index, epoch, copy and every number but the elastic noise."""
        beyond = pd.DataFrame(self.values, columns=list(VOLUME_COLUMNS))
        return pd.concat([self.plane.table(), beyond], axis=1)


def draw_volumes(
    section: AugmentationSection,
    seed: int,
    epoch: int,
    indices: ArrayLike,
    size: tuple[int, int],
    *,
    depth: int,
    spacing_ratio: float = 1.0,
    copy: int = 0,
) -> VolumeDraws:
    """Draw the numbers for a batch of volumes; each volume's depend on ``(seed, epoch, copy, index)`` only.

    Within the planes they are what `draw` draws for images.

    Args:
        section: what to draw, and from which ranges.
        seed: the study's seed.
        epoch: the epoch, from 0.
        indices: (B,) index of each volume in the case table.
        size: (height, width) of the planes to be made, in pixels.
        depth: planes.
        spacing_ratio: distance of two planes over the size of a pixel.
        copy: which of several copies of the volume in one epoch.
    """
    plane = draw(section.model_copy(update={"elastic": None}), seed, epoch, indices, size, copy=copy)
    sigma = section.elastic.sigma if section.elastic else 0.0
    shape = (3, *knots_of_volume(size, depth, sigma, spacing_ratio)) if sigma else (3, 0, 0, 0)
    uniform, noise = drawn_words(seed, epoch, copy, plane.index, math.prod(shape))
    values = _values(section, {name: uniform[:, place] for name, place in _SLOTS.items()}, plane)
    return VolumeDraws(plane, values, noise.reshape(len(plane), *shape), sigma)


def neutral_volumes(count: int, size: tuple[int, int]) -> VolumeDraws:
    """Draws that change nothing."""
    values = np.tile(np.array(list(VOLUME_NEUTRAL.values())), (count, 1))
    return VolumeDraws(neutral(count, size), values, np.zeros((count, 3, 0, 0, 0), np.uint8), 0.0)


def knots_of_volume(size: tuple[int, int], depth: int, sigma_px: float, ratio: float) -> tuple[int, int, int]:
    """How many knots of white noise an elastic field needs across planes, rows and columns."""
    return knots(depth, sigma_planes(sigma_px, ratio)), knots(size[0], sigma_px), knots(size[1], sigma_px)


def sigma_planes(sigma_px: float, ratio: float) -> float:
    """The smoothness of the field in planes: as many millimetres as within the plane, and a plane at least."""
    return max(sigma_px / ratio, 1.0)


def _values(section: AugmentationSection, uniform: dict[str, NDArray[np.float64]], plane: Draws) -> NDArray[np.float64]:
    drawn = {name: np.full(len(plane), value) for name, value in VOLUME_NEUTRAL.items()}
    if (affine := section.affine) is not None:
        tilt = affine.rotate * TILT_SHARE
        ranges = {"tilt_x_deg": tilt, "tilt_y_deg": tilt, "translate_z": affine.translate}
        moved = uniform["affine_p"] < affine.p
        drawn |= {name: np.where(moved, most * (2 * uniform[name] - 1), 0.0) for name, most in ranges.items()}
    if (elastic := section.elastic) is not None:
        spread = field_sd_px(elastic.alpha, elastic.sigma)
        drawn["spread_px"] = np.where(uniform["elastic_p"] < elastic.p, spread, 0.0)
    drawn["crop_z"] = (1 - plane.column("crop_side")) * uniform["crop_z"]
    return np.stack([drawn[name] for name in VOLUME_COLUMNS], axis=1)
