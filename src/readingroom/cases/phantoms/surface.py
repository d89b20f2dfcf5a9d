"""Surface: the wall under work, and the patch of it around a place, on which lesions and residue are laid."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.cavity import Cavity, Vector, Wall, turn, unit
from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, tile_of

Colour = tuple[float, float, float]

_FAR = 99.0  # radii, for the opposite wall
_DEPTH = 0.9  # points farther than this from the tangent plane belong to the opposite wall
GRAIN_PX = 512  # side of the tile of grain
_PER_RADIUS = 42  # pixels of that tile that a spot's radius takes


@dataclass(frozen=True)
class Surface:
    """What is being drawn, (H, W) each; lesions change the arrays in place.

    Args:
        relief: height above the bare wall.
        folds: share of the fold relief that is left, 1 where nothing interrupts it.
        texture: share of glands and vessels that is left.
        albedo: (3, H, W) linear reflectance before glands and vessels.
    """

    relief: Field
    folds: Field
    texture: Field
    albedo: NDArray[np.float32]

    @classmethod
    def bare(cls, albedo: NDArray[np.float32]) -> Surface:
        """A surface without relief, on which nothing is interrupted."""
        size = albedo.shape[1:]
        return cls(np.zeros(size, np.float32), np.ones(size, np.float32), np.ones(size, np.float32), albedo)

    def window(self, rows: slice, columns: slice) -> Surface:
        """The part of a surface in a window; changes reach the whole."""
        place = rows, columns
        return Surface(self.relief[place], self.folds[place], self.texture[place], self.albedo[:, *place])

    def cover(self, alpha: Field, colour: Colour) -> None:
        """Lay an opaque colour over the wall where ``alpha`` is 1."""
        for channel, value in zip(self.albedo, colour, strict=True):
            channel += alpha * (np.float32(value) - channel)

    def tint(self, alpha: Field, colour: Colour) -> None:
        """Multiply the wall's colour, as a change of its blood content does."""
        for channel, value in zip(self.albedo, colour, strict=True):
            channel *= 1 - alpha * np.float32(1 - value)


@dataclass(frozen=True)
class Grain:
    """Noise of a patient that gives each spot its own margin and blotches; each spot begins at another place of it.

    Args:
        margin: (GRAIN_PX, GRAIN_PX), read around a circle.
        inside: (GRAIN_PX, GRAIN_PX, 3): lumps, blotches and specks, from slow to fast.
    """

    margin: Field
    inside: NDArray[np.float32]


@dataclass(frozen=True)
class Spot:
    """A place on the wall with a shape of its own; the same in every image that shows it.

    Args:
        theta: angle around the organ.
        beta: latitude in radians.
        radius: mean radius in units of length.
        turn: direction of its long axis.
        stretch: long axis over short axis.
        ragged: how irregular the margin is; 0 for an ellipse.
        origin: column and row of the patient's grain that its own noise starts from.
    """

    theta: float
    beta: float
    radius: float
    turn: float
    stretch: float
    ragged: float
    origin: tuple[float, float]

    def anchor(self, cavity: Cavity) -> Vector:
        """Its middle on the wall."""
        return cavity.point(self.theta, self.beta)


@dataclass(frozen=True)
class Patch:
    """The pixels around a spot, (H, W) of a window.

    Args:
        rows: of the window in the view.
        columns: of the window in the view.
        x: along the long axis, in radii.
        y: along the short axis, in radii.
        away: distance from the middle in radii; far on the opposite wall.
        reach: 0 in the middle, 1 on the irregular margin; far on the opposite wall.
        grain: (H, W, 3) the spot's noise inside.
    """

    rows: slice
    columns: slice
    x: Field
    y: Field
    away: Field
    reach: Field
    grain: NDArray[np.float32]


def weave_grain(rng: np.random.Generator) -> Grain:
    """The grain of a patient's spots."""
    margin = fractal_noise(rng, GRAIN_PX, 16, 2, 0.67)
    lumps = fractal_noise(rng, GRAIN_PX, 32, 2, 0.6)
    blotches = fractal_noise(rng, GRAIN_PX, 32, 2, 0.5)
    specks = fractal_noise(rng, GRAIN_PX, 64, 2, 0.7)
    return Grain(margin, tile_of(lumps, blotches, specks))


def find_patch(spot: Spot, cavity: Cavity, wall: Wall, grain: Grain, within: float) -> Patch | None:
    """The window of a view that shows a spot up to ``within`` radii from its middle; nothing if none does."""
    frame, shift = _local_frame(spot, cavity)
    rows, columns = _window(spot, wall, frame, shift, within)
    if not rows.stop:
        return None
    x, y, depth = turn(frame, wall.points[:, rows, columns], shift)
    away = np.asarray(np.hypot(x, y), np.float32)
    once = np.asarray(1 / np.maximum(away, np.float32(1e-6)), np.float32)
    margin = _around(grain.margin, spot, x * once, y * once)
    away = np.where(depth < _DEPTH / spot.radius, away, np.float32(_FAR))
    # By direction alone, so that a spot is one piece.
    reach = away * (1 + np.float32(spot.ragged) * np.clip(margin, -2, 2))
    return Patch(rows, columns, x, y, away, reach, _around(grain.inside, spot, x, y))


def _around(tile: NDArray[np.float32], spot: Spot, x: Field, y: Field) -> NDArray[np.float32]:
    """A tile of grain at places in radii from the spot's middle."""
    scale = np.float32(_PER_RADIUS)
    return sample(tile, x * scale + np.float32(spot.origin[0]), y * scale + np.float32(spot.origin[1]))


def _window(spot: Spot, wall: Wall, frame: NDArray[np.float32], shift: Vector, within: float) -> tuple[slice, slice]:
    """Rows and columns of the view around a spot, looked for on every fourth pixel; empty where it is not seen."""
    height, width = wall.distance.shape
    step = 4 if min(height, width) >= 64 else 1
    x, y, depth = turn(frame, wall.points[:, ::step, ::step], shift)
    near = (x * x + y * y < (within + 0.1) ** 2) & (depth < _DEPTH / spot.radius)
    left, top, columns, rows = (step * edge for edge in cv2.boundingRect(near.astype(np.uint8)))
    if not rows:
        return slice(0, 0), slice(0, 0)
    across = slice(max(left - step, 0), min(left + columns, width))
    return slice(max(top - step, 0), min(top + rows, height)), across


def _local_frame(spot: Spot, cavity: Cavity) -> tuple[NDArray[np.float32], Vector]:
    """Matrix and shift from the cavity's frame to the spot's, in radii: long axis, short axis, depth."""
    anchor = spot.anchor(cavity)
    inward, east, north = _compass(anchor, cavity)
    long = np.cos(spot.turn) * east + np.sin(spot.turn) * north
    short = np.cross(inward, long)
    root = np.sqrt(spot.stretch)
    frame = np.stack([long / root, short * root, inward]) / spot.radius
    return frame.astype(np.float32), np.asarray(-frame @ anchor, np.float32)


def _compass(point: Vector, cavity: Cavity) -> tuple[Vector, Vector, Vector]:
    """Into the cavity, and two directions along its wall, at a point of the wall."""
    inward = cavity.inward(point)
    helper = np.array([0, 0, 1] if abs(inward[2]) < 0.8 else [1, 0, 0], np.float32)
    east = unit(np.cross(helper, inward))
    return inward, east, np.asarray(np.cross(inward, east), np.float32)


def turn_along(point: Vector, direction: Vector, cavity: Cavity) -> float:
    """The ``turn`` of a spot at a point of the wall whose long axis shall run along a direction."""
    _, east, north = _compass(point, cavity)
    return float(np.arctan2(direction @ north, direction @ east))
