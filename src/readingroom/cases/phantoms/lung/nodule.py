"""Nodule: what is round in a lung: smooth and perhaps calcified, or lobulated, spiculated and perhaps part-solid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.difficulty import Difficulty
from readingroom.cases.phantoms.lung.thorax import BLOOD
from readingroom.cases.phantoms.noise import Field
from readingroom.cases.phantoms.stacks.grid import Grid, Place, coarsen, inside, lay, volume_noise
from readingroom.cases.phantoms.stacks.tubes import Tubes, bend, join, stamp

BENIGN, MALIGNANT = "benign", "malignant"
NODULE_CLASSES = (BENIGN, MALIGNANT)

_FINER = 2
_MIDDLE_MM = {BENIGN: 10.5, MALIGNANT: 12.2}
_LEAST_MM, _MOST_MM = 6.0, 20.0


@dataclass(frozen=True)
class Nodule:
    """A nodule.

    Args:
        label: ``benign`` or ``malignant``.
        place: its middle.
        diameter_mm: of the sphere that it is made from.
        stretch: factors along x, y and z.
        bumps: (N, 3) directions of its lobes.
        lobes: how far they stand out, as a share of the radius.
        spicules: thin strands into the lung.
        solid_hu: of its solid part.
        haze: share of the radius, from outside, that is ground glass.
        lime: share of the radius, from the middle, that is calcified.
        seed: of its texture.
    """

    label: str
    place: Place
    diameter_mm: float
    stretch: tuple[float, float, float]
    bumps: NDArray[np.float32]
    lobes: float
    spicules: Tubes | None
    solid_hu: float
    haze: float
    lime: float
    seed: int


def plan_diameter(rng: np.random.Generator, label: str) -> float:
    """Between 6 and 20 mm; a malignant one is larger on average, by much less than either varies."""
    return float(np.clip(_MIDDLE_MM[label] * np.exp(rng.normal(0, 0.3)), _LEAST_MM, _MOST_MM))


def plan_nodule(label: str, place: Place, diameter_mm: float, rng: np.random.Generator, meaning: Difficulty) -> Nodule:
    """A nodule at a place; a share of them, by the difficulty, shows weaker signs of its class."""
    weak = 0.35 if rng.random() < meaning.overlap else 1.0
    sign = meaning.strength * weak
    ill = label == MALIGNANT
    radius = diameter_mm / 2
    lobes = (0.30 * sign if ill else 0.06) * float(rng.uniform(0.7, 1.2))
    # Each sign is missing in some of its class and there, weakly, in some of the other.
    part_solid = rng.random() < (0.35 if ill else 0.08)
    limed = rng.random() < (0.06 if ill else 0.4)
    strands = int(rng.integers(10, 18)) * sign if ill else (rng.random() < 0.35) * 2
    stretch = rng.uniform(0.85, 1.15, 3)
    return Nodule(
        label=label,
        place=place,
        diameter_mm=diameter_mm,
        stretch=(float(stretch[0]), float(stretch[1]), float(stretch[2])),
        bumps=_directions(rng, int(rng.integers(5, 9))),
        lobes=lobes,
        spicules=_spicules(rng, place, radius, int(strands)),
        solid_hu=float(rng.uniform(10, 60)),
        haze=float(rng.uniform(0.25, 0.5)) if part_solid else 0.0,
        lime=float(rng.uniform(0.35, 0.7) if not ill else 0.25) if limed else 0.0,
        seed=int(rng.integers(2**62)),
    )


def _directions(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    free = rng.normal(size=(count, 3))
    return np.asarray(free / np.linalg.norm(free, axis=1, keepdims=True), np.float32)


def _spicules(rng: np.random.Generator, place: Place, radius: float, count: int) -> Tubes | None:
    """Strands that run straight outwards and taper; most of them near the axial plane, as the eye finds them."""
    if count < 1:
        return None
    away = _directions(rng, count) * np.array([1, 1, 0.6], np.float32)
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    lengths = radius * rng.uniform(0.5, 1.0, count) + rng.uniform(2, 5, count)
    middle = np.asarray(place)
    strands = []
    for direction, length in zip(away, lengths, strict=True):
        start, end = middle + 0.8 * radius * direction, middle + (radius + length) * direction
        strands.append(bend([_place(start), _place(end)], (1.25, 0.45)))
    return join(*strands)


def _place(point: NDArray[np.float64]) -> Place:
    x, y, z = (float(one) for one in point)
    return x, y, z


def lay_nodule(values: Field, grid: Grid, nodule: Nodule) -> None:
    """Lay a nodule into a chest (D, H, W) in Hounsfield units, in place."""
    where, box = grid.box(nodule.place, 1.1 * nodule.diameter_mm + 6)
    fine = box.finer(_FINER)
    distance = nodule_distance(nodule, fine)
    rng = np.random.Generator(np.random.Philox(nodule.seed))
    texture = volume_noise(rng, fine, 2.5)
    solid = distance + np.float32(nodule.haze * nodule.diameter_mm / 2)
    part = values[where]
    if nodule.spicules is not None:
        lay(part, 0.8 * coarsen(stamp(fine, nodule.spicules, 0.7), _FINER), BLOOD - 60)
    if nodule.haze:
        lay(part, 0.9 * coarsen(inside(distance, 1.5), _FINER), coarsen(-560 + 60 * texture, _FINER))
    lay(part, coarsen(inside(solid, 0.8), _FINER), coarsen(nodule.solid_hu + 18 * texture, _FINER))
    if nodule.lime:
        middle = distance + np.float32((1 - nodule.lime) * nodule.diameter_mm / 2) + 0.6 * texture
        lay(part, coarsen(inside(middle, 1.0), _FINER), 380.0)


def nodule_distance(nodule: Nodule, grid: Grid) -> Field:
    """Signed distance (D, H, W) in millimetres, about exact, of the nodule without its spicules."""
    axes = zip(grid.axes[::-1], nodule.place, nodule.stretch, strict=True)
    x, y, z = ((axis - np.float32(at)) / np.float32(stretch) for axis, at, stretch in axes)
    away = np.sqrt(np.square(x) + np.square(y) + np.square(z))
    near = np.full(grid.shape, -1, np.float32)
    for a, b, c in nodule.bumps:
        np.maximum(near, (a * x + b * y + c * z) / np.maximum(away, np.float32(1e-3)), out=near)
    radius = np.float32(nodule.diameter_mm / 2)
    # A lobe stands out where a bump's direction is near, and the nodule is drawn in between two.
    edge = radius * (1 + np.float32(nodule.lobes) * (np.exp(5 * (near - 1)) - np.float32(0.6)))
    return np.asarray(away - edge, np.float32)
