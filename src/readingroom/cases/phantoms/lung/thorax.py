"""Thorax: the chest of a phantom patient as numbers, and its tissues in Hounsfield units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field
from readingroom.cases.phantoms.stacks.grid import Grid, Place, ellipsoid, inside, lay, volume_noise
from readingroom.cases.phantoms.stacks.tubes import Tubes, bend, grow, join, stamp

AIR, LUNG, FAT, MUSCLE, BLOOD, MARROW, CORTEX = -1000.0, -860.0, -100.0, 48.0, 42.0, 170.0, 620.0
"""Hounsfield units, without contrast agent."""

_EDGE_MM = 2.2
_LONG = float("inf")
_RIB_PITCH_MM, _RIB_MM = 25.0, 9.5


@dataclass(frozen=True)
class Thorax:
    """A phantom patient's chest; z is 0 at the middle of the scan.

    Args:
        half_mm: half width and half depth of the space within the ribs.
        fat_mm: under the skin.
        heart_mm: middle of the heart.
        heart: factor on its size.
        lung: Hounsfield units of the lung's tissue.
        ribs_mm: how far the ribs are shifted along the body.
        sink: how much lower a rib lies in front than behind, in mm for each mm.
        vessels: arteries and veins of both lungs.
        airways: trachea and bronchi.
        seed: of the textures.
    """

    half_mm: tuple[float, float]
    fat_mm: float
    heart_mm: Place
    heart: float
    lung: float
    ribs_mm: float
    sink: float
    vessels: Tubes
    airways: Tubes
    seed: int


def plan_thorax(rng: np.random.Generator, sex: str, variation: float) -> Thorax:
    """The chest of a patient; women's is smaller."""

    def about(middle: float, spread: float) -> float:
        return middle * float(np.exp(spread * variation * np.clip(rng.normal(), -2, 2)))

    small = 0.93 if sex == "F" else 1.0
    half = about(108, 0.05) * small, about(76, 0.06) * small
    heart = 24 + float(rng.normal(0, 4)), -14 + float(rng.normal(0, 4)), -42 + float(rng.normal(0, 8))
    chest = Thorax(
        half_mm=half,
        fat_mm=about(15, 0.3),
        heart_mm=heart,
        heart=about(1.0, 0.08),
        lung=LUNG + float(rng.normal(0, 18)) * variation,
        ribs_mm=float(rng.uniform(0, _RIB_PITCH_MM)),
        sink=float(rng.uniform(0.35, 0.6)),
        vessels=Tubes(np.zeros((0, 3), np.float32), np.zeros(0, np.float32)),
        airways=_airways(),
        seed=int(rng.integers(2**62)),
    )
    return _with_vessels(chest, rng)


def _airways() -> Tubes:
    return join(
        bend([(0, 8, 75), (0, 14, 40), (0, 18, 18)], (8.5, 8.5)),
        bend([(0, 18, 18), (18, 20, 4), (36, 20, -10)], (6.5, 5.0)),
        bend([(0, 18, 18), (-18, 20, 2), (-34, 22, -12)], (7.0, 5.0)),
    )


def _with_vessels(chest: Thorax, rng: np.random.Generator) -> Thorax:
    trees = []
    for side in (-1.0, 1.0):
        for hilum in ((side * 34, 10.0, 0.0), (side * 32, 22.0, -14.0)):
            targets = places_in_lung(chest, rng, 75, side, 3.0)
            trees.append(grow(rng, hilum, targets, thinnest_mm=0.7))
    return Thorax(**(vars(chest) | {"vessels": join(*trees)}))


def places_in_lung(
    chest: Thorax, rng: np.random.Generator, count: int, side: float, depth_mm: float, high_mm: float = 62.0
) -> NDArray[np.float32]:
    """Random places (N, 3) in a lung: 1 the left, -1 the right, so deep below its surface."""
    half = np.array([*chest.half_mm, high_mm])
    found: list[NDArray[np.float32]] = []
    while sum(map(len, found)) < count:
        some = (rng.uniform(-1, 1, (8 * count, 3)) * half).astype(np.float32)
        keep = (lung_depth(chest, some[:, 0], some[:, 1], some[:, 2]) > depth_mm) & (some[:, 0] * side > 0)
        found.append(some[keep])
    return np.concatenate(found)[:count]


def lung_depth(chest: Thorax, x: Field, y: Field, z: Field) -> Field:
    """How deep in millimetres a place lies in a lung, negative outside; about exact near the surface."""
    return np.asarray(np.minimum(-_wall(chest, x, y, z), _mediastinum(chest, x, y, z)), np.float32)


def _wall(chest: Thorax, x: Field, y: Field, z: Field) -> Field:
    """Signed distance of the inner side of the ribs."""
    # Narrow at the top, as the apices are.
    share = 1 - 0.28 * np.square(np.clip((z + 10) / 90, 0, 1))
    a, b = np.float32(chest.half_mm[0]), np.float32(chest.half_mm[1])
    away = (np.abs(x / (a * share)) ** 2.5 + np.abs(y / (b * share)) ** 2.5) ** np.float32(0.4)
    return np.asarray((away - 1) * b * share, np.float32)


def _mediastinum(chest: Thorax, x: Field, y: Field, z: Field) -> Field:
    """Signed distance of all that lies between the lungs."""
    middle = np.hypot(x / 27, (y + 4) / 62) * 27 - 27
    spine = np.hypot(x / 24, (y - chest.half_mm[1] + 2) / 26) * 24 - 24
    hx, hy, hz = chest.heart_mm
    heart = (np.sqrt(np.square((x - hx) / 58) + np.square((y - hy) / 44) + np.square((z - hz) / 50)) - chest.heart) * 44
    aorta = np.hypot(x - 17, y - chest.half_mm[1] + 32) - 14
    return np.asarray(np.minimum(np.minimum(middle, spine), np.minimum(heart, aorta)), np.float32)


def draw_thorax(chest: Thorax, grid: Grid, noise_hu: float) -> Field:
    """The chest (D, H, W) in Hounsfield units, without a nodule; ``noise_hu`` is the scanner's."""
    rng = np.random.Generator(np.random.Philox(chest.seed))
    bent = _bend_axes(rng, grid)
    wall = _wall(chest, *bent)
    values = np.full(grid.shape, AIR, np.float32)
    _lay_shell(values, chest, wall, grid)
    lung = np.minimum(-wall, _mediastinum(chest, *bent))
    _lay_middle(values, chest, grid, wall)
    _lay_bones(values, chest, wall, grid, bent)
    texture = volume_noise(rng, grid, 5.0)
    lay(values, inside(-lung, _EDGE_MM), chest.lung + 22 * texture)
    alpha = stamp(grid, chest.vessels, 1.4) * (lung > -4)
    lay(values, alpha, BLOOD)
    _lay_airways(values, chest, grid)
    values += 7 * texture * (values > -300)
    values += np.float32(noise_hu) * rng.standard_normal(grid.shape, dtype=np.float32)
    return values


def _bend_axes(rng: np.random.Generator, grid: Grid) -> tuple[Field, Field, Field]:
    """x, y and z of the voxels in an even chest: nobody's is."""
    z, y, x = grid.axes
    one, two = (volume_noise(rng, grid, 55.0) for _ in range(2))
    return x + np.float32(2.6) * one, y + np.float32(2.6) * two, z + np.float32(1.5) * one


def _lay_shell(values: Field, chest: Thorax, wall: Field, grid: Grid) -> None:
    """Skin, fat and muscle around the ribs, and the couch below."""
    _, y, x = grid.axes
    depth = chest.half_mm[1] + 13 + chest.fat_mm
    couch = np.abs(np.hypot(x, y - depth - 4 + 330) - 334) - 1.5
    lay(values, inside(couch, 2.0) * (np.abs(x) < 190), -350.0)
    # Thicker at the sides, where the muscles of the shoulder blade lie.
    outside = wall - 13 - chest.fat_mm - 6 * np.abs(x) / 110
    lay(values, inside(outside, _EDGE_MM), MUSCLE)
    lay(values, inside(outside + 2.5, _EDGE_MM) * inside(13 + 5 * np.abs(x) / 110 - wall, 4.0), FAT)


def _lay_middle(values: Field, chest: Thorax, grid: Grid, wall: Field) -> None:
    """Fat of the mediastinum, and in it the heart and the great vessels."""
    x, y, z = chest.heart_mm
    lay(values, inside(wall + 1, _EDGE_MM), FAT)
    size = chest.heart
    lay(values, inside(ellipsoid(grid, (x, y, z), (54 * size, 40 * size, 46 * size)), _EDGE_MM), BLOOD)
    back = chest.half_mm[1] - 32
    lay(values, inside(ellipsoid(grid, (17, back, 0), (12, 12, _LONG)), _EDGE_MM), BLOOD)
    great = join(
        bend([(8, -22, -10), (2, -26, 12), (4, -18, 30), (14, 6, 36), (17, back, 24)], (14, 12)),
        bend([(-20, -16, -25), (-20, -14, 10), (-16, -18, 60)], (9, 8)),
        bend([(10, -22, -6), (14, -10, 6), (30, 6, 2)], (12, 8)),
        bend([(10, -14, 2), (-12, 0, 0), (-32, 8, -2)], (9, 7)),
        bend([(5, 24, 60), (6, 30, 0), (6, 34, -60)], (6, 6)),
    )
    lay(values, stamp(grid, great, _EDGE_MM), BLOOD)


def _lay_airways(values: Field, chest: Thorax, grid: Grid) -> None:
    wall = Tubes(chest.airways.points_mm, chest.airways.radius_mm + np.float32(1.6))
    lay(values, stamp(grid, wall, _EDGE_MM), MUSCLE)
    lay(values, stamp(grid, chest.airways, _EDGE_MM), AIR)


def _lay_bones(values: Field, chest: Thorax, wall: Field, grid: Grid, bent: tuple[Field, Field, Field]) -> None:
    x, y, z = bent
    _lay_ribs(values, chest, wall, y, z, x)
    back = chest.half_mm[1] + 2
    body = ellipsoid(grid, (0, back - 1, 0), (17, 14.5, _LONG), 2.4)
    disc = np.abs((z + chest.ribs_mm) % 24 - 12) > 9.5
    lay(values, inside(body, _EDGE_MM), np.where(disc, 80.0, MARROW).astype(np.float32))
    lay(values, inside(np.abs(body + 1.4) - 1.2, 1.5) * ~disc, CORTEX)
    canal = ellipsoid(grid, (0, back + 22, 0), (8.5, 7.5, _LONG))
    lay(values, inside(np.abs(canal - 2.5) - 2, 1.5), 0.75 * CORTEX)
    lay(values, inside(canal, _EDGE_MM), 30.0)
    lay(values, inside(ellipsoid(grid, (0, back + 38, 0), (3.5, 13, _LONG)), _EDGE_MM) * ~disc, 0.7 * CORTEX)
    sternum = ellipsoid(grid, (0, -chest.half_mm[1] - 5, 0), (17, 5, _LONG), 3.0)
    lay(values, inside(sternum, _EDGE_MM), MARROW - 60)
    lay(values, inside(np.abs(sternum + 0.8) - 0.8, 1.5), 0.6 * CORTEX)
    for side in (-1, 1):
        blade = np.abs((y - 56) * 0.86 + (x * side - 108) * 0.5) - 2.5
        length = np.abs((x * side - 112) * 0.86 - (y - 62) * 0.5) - 26
        there = inside(np.maximum(blade, length), _EDGE_MM) * inside(-40 - z, 8.0) * (wall > 10)
        lay(values, there, 0.6 * CORTEX)


def _lay_ribs(values: Field, chest: Thorax, wall: Field, y: Field, z: Field, x: Field) -> None:
    """Bands of the chest wall that sink to the front: on an axial slice each is a short arc."""
    phase = (z + chest.ribs_mm - np.float32(chest.sink) * y) % np.float32(_RIB_PITCH_MM) - np.float32(_RIB_PITCH_MM / 2)
    rib = np.hypot(np.maximum(np.abs(wall - 6) - 1.2, 0), np.maximum(np.abs(phase) - _RIB_MM / 2 + 3, 0)) - 3
    rib = np.where(np.abs(x) < 18, np.float32(9), rib).astype(np.float32)
    lay(values, inside(rib, 1.8), MARROW)
    lay(values, inside(np.abs(rib + 0.9) - 0.9, 1.6), CORTEX)
