"""Mucosa: the look that a patient's lining has everywhere: hue, glands, mottling and the pattern of its vessels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.cavity import Wall
from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, smooth_noise, tile_of
from readingroom.cases.phantoms.surface import Grain
from readingroom.cases.phantoms.vessels import vessel_tile

COARSE_PX = 512  # side of the tile that goes once around the organ
FINE_PX = 256  # side of the tile of glands
_POLE = 0.86  # sine of the latitude beyond which the flat chart of the pole takes over


@dataclass(frozen=True)
class Mucosa:
    """How a patient's lining looks; the same in every image of the patient.

    Args:
        colour: linear reflectance of red, green and blue.
        mottling: strength of patches of another redness.
        vessels: how clearly the vessels shine through, 0 to 1.
        vessel_rgb: what a vessel leaves of red, green and blue.
        gland: strength of the fine pattern.
        gland_repeats: how often the tile of glands goes around the organ; high is fine.
        coarse: (COARSE_PX, COARSE_PX, 4): vessels, mottling, and two slow fields that bend folds and gather residue.
        fine: (FINE_PX, FINE_PX, 2): relief of the glands and their colour.
        grain: margins and blotches of lesions and residue, see `weave_grain`.
    """

    colour: tuple[float, float, float]
    mottling: float
    vessels: float
    vessel_rgb: tuple[float, float, float]
    gland: float
    gland_repeats: int
    coarse: NDArray[np.float32]
    fine: NDArray[np.float32]
    grain: Grain


@dataclass(frozen=True)
class Texture:
    """A mucosa's fields at the pixels of a view, each (H, W)."""

    vessels: Field
    mottling: Field
    bend: Field
    gather: Field
    gland_relief: Field
    gland_colour: Field


def weave_coarse(rng: np.random.Generator, crookedness: float) -> NDArray[np.float32]:
    """The tile of slow fields and vessels of one patient."""
    vessels = vessel_tile(rng, COARSE_PX, crookedness)
    mottling = fractal_noise(rng, COARSE_PX, 8, 4, 0.6)
    bend = fractal_noise(rng, COARSE_PX, 8, 2, 0.4)
    gather = fractal_noise(rng, COARSE_PX, 16, 3, 0.6)
    return tile_of(vessels, mottling, bend, gather)


def weave_fine(rng: np.random.Generator, pits: int) -> NDArray[np.float32]:
    """The tile of glands of one patient: rounded pits, ``pits`` along a side, between narrow ridges."""
    cells = smooth_noise(rng, FINE_PX, pits)
    relief = np.abs(cells) - np.float32(0.8) + np.float32(0.35) * smooth_noise(rng, FINE_PX, pits * 2)
    colour = np.float32(0.6) * relief + np.float32(0.8) * fractal_noise(rng, FINE_PX, pits // 4, 3)
    return tile_of(relief, colour)


def lay_texture(mucosa: Mucosa, wall: Wall) -> Texture:
    """Lay a patient's tiles on the wall that a view shows."""
    coarse = _lay(mucosa.coarse, wall, repeats=1)
    fine = _lay(mucosa.fine, wall, repeats=mucosa.gland_repeats)
    # Pits smaller than a pixel would only flicker.
    visible = np.minimum(1, np.float32(0.02) / np.maximum(wall.distance * wall.pixel_rad, np.float32(1e-4)))
    return Texture(
        vessels=coarse[..., 0],
        mottling=coarse[..., 1],
        bend=coarse[..., 2],
        gather=coarse[..., 3],
        gland_relief=fine[..., 0] * visible,
        gland_colour=fine[..., 1] * visible,
    )


def _lay(tile: NDArray[np.float32], wall: Wall, repeats: int) -> NDArray[np.float32]:
    scale = np.float32(repeats * tile.shape[0] / (2 * np.pi))
    laid = sample(tile, wall.theta * scale, wall.along * scale)
    poles = np.abs(wall.latitude)
    rows, columns = _bounds(poles > _POLE)
    if rows.stop:
        x, y = wall.points[:2, rows, columns] * scale
        flat = sample(tile, x, y)
        share = np.clip((poles[rows, columns, None] - np.float32(_POLE)) / np.float32(0.08), 0, 1)
        laid[rows, columns] += share * (flat - laid[rows, columns])
    return laid


def _bounds(where: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns of the smallest box around what is true; empty slices where nothing is."""
    rows, columns = np.flatnonzero(where.any(axis=1)), np.flatnonzero(where.any(axis=0))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
