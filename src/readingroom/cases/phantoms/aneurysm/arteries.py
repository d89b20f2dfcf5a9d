"""Arteries: the circle of Willis of a phantom patient, with loops and infundibula, and aneurysms where it branches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.difficulty import Difficulty
from readingroom.cases.phantoms.noise import Field
from readingroom.cases.phantoms.stacks.grid import Grid, Place, ellipsoid, inside, lay, volume_noise
from readingroom.cases.phantoms.stacks.tubes import Tubes, bend, grow, join, stamp

NORMAL, ANEURYSM = "normal", "aneurysm"
ANEURYSM_CLASSES = (NORMAL, ANEURYSM)

LEAST_MM, MOST_MM = 3.0, 8.0
"""Diameters of aneurysms."""

_BRAIN, _FLUID, _FAT, _BLOOD = 150.0, 70.0, 260.0, 640.0
_APART_MM = 10.0


@dataclass(frozen=True)
class Aneurysm:
    """A sac.

    Args:
        place: its middle.
        radius_mm: of the sac.
        neck: the place of the artery that it sits on.
    """

    place: Place
    radius_mm: float
    neck: Place


@dataclass(frozen=True)
class Head:
    """All that is in one phantom volume; drawing it needs no further random numbers.

    Args:
        arteries: large and small.
        aneurysms: none to three.
        swellings: short wide beginnings of small arteries, which are no aneurysms; in both classes.
        gain: of the coil.
        noise: of the receiver.
        seed: of texture and noise.
    """

    arteries: Tubes
    aneurysms: tuple[Aneurysm, ...]
    swellings: Tubes
    gain: float
    noise: float
    seed: int


Fork = tuple[Place, Place]
"""A place where an artery branches, and the direction, of unit length, in which blood runs against its wall."""


def plan_head(label: str, meaning: Difficulty, rng: np.random.Generator) -> Head:
    """The arteries of a patient.

    Args:
        label: ``normal`` or ``aneurysm``.
        meaning: of the difficulty.
        rng: where the numbers come from.
    """
    tubes, forks = _plan_circle(rng, meaning.variation)
    sacs = _plan_aneurysms(rng, forks, meaning) if label == ANEURYSM else ()
    free = [fork for fork in forks if all(_away(fork[0], one.neck) > _APART_MM for one in sacs)]
    return Head(
        arteries=tubes,
        aneurysms=sacs,
        swellings=_plan_swellings(rng, free, 1 + int(rng.poisson(meaning.decoys))),
        gain=float(np.exp(0.12 * rng.normal())),
        noise=float(rng.uniform(16, 30)),
        seed=int(rng.integers(2**62)),
    )


def _plan_circle(rng: np.random.Generator, vary: float) -> tuple[Tubes, list[Fork]]:
    """The large arteries, the same in all but for chance, and small ones that grow from their ends."""

    def near(x: float, y: float, z: float, by: float = 1.2) -> Place:
        a, b, c = rng.normal(0, by * vary, 3)
        return x + float(a), y + float(b), z + float(c)

    tubes: list[Tubes] = []
    forks: list[Fork] = []
    tip, top = near(0, 18, -4), near(0, 12, 6)
    tubes += [
        bend([near(9, 24, -30), near(5, 21, -18), tip], (1.5, 1.5)),
        bend([near(-9, 24, -30), near(-5, 21, -18), tip], (1.4, 1.5)),
        bend([tip, near(1, 14, 1), top], (1.7, 1.6)),
    ]
    forks.append((top, (0.0, -0.3, 0.95)))
    join_at = near(0, -20, 11, 0.6)
    for side in (-1.0, 1.0):
        tubes_of, forks_of = _plan_side(rng, side, vary, top, join_at)
        tubes += tubes_of
        forks += forks_of
    forks.append((join_at, (0.0, -0.6, 0.8)))
    return join(*tubes), forks


def _plan_side(
    rng: np.random.Generator, side: float, vary: float, top: Place, join_at: Place
) -> tuple[list[Tubes], list[Fork]]:
    """Internal carotid with its siphon, middle, anterior and posterior cerebral arteries of a side."""

    def near(x: float, y: float, z: float, by: float = 1.3) -> Place:
        a, b, c = rng.normal(0, by * vary, 3)
        return side * x + float(a), y + float(b), z + float(c)

    end, mid, back = near(13, -4, 10), near(33, -5, 9), near(11, 9, 8)
    bow = float(np.clip(rng.normal(5, 2 * vary), 1, 9))
    siphon = [near(20, 5, -30), near(17, 1, -16), near(16, -bow - 6, -8), near(14, -bow - 2, 0), end]
    tubes = [
        bend(siphon, (2.4, 2.0)),
        bend([end, near(22, -7, 12), mid], (1.7, 1.5)),
        bend([end, near(7, -12, 12), join_at], (1.3, 1.2)),
        bend([join_at, near(2, -26, 17), near(3, -24, 28)], (1.1, 0.9)),
        bend([top, near(6, 10, 9), back], (1.3, 1.2)),
        bend([back, near(19, 18, 10), near(20, 32, 14)], (1.2, 0.9)),
        bend([siphon[3], near(12, 3, 6), back], (0.7, 0.6)),
        bend([mid, near(36, 0, 14), near(39, 8, 22)], (1.2, 0.9)),
        bend([mid, near(36, -10, 13), near(38, -16, 22)], (1.2, 0.9)),
        _loop(rng, near(37, 3, 17)),
    ]
    for root, middle in (((39, 8, 22), (36, 14, 22)), ((38, -16, 22), (34, -18, 24)), ((3, -24, 28), (9, -20, 26))):
        ends = np.asarray(middle) + rng.normal(0, 7, (7, 3))
        targets = (ends * [side, 1, 1]).astype(np.float32)
        tubes.append(grow(rng, near(*root, by=0.3), targets, thinnest_mm=0.45))
    forks = [
        (mid, (side * 0.95, 0.0, 0.3)),
        (end, (0.0, -0.3, 0.95)),
        (siphon[3], (-side * 0.4, 0.85, -0.3)),
        (back, (side * 0.6, -0.5, 0.6)),
    ]
    return tubes, forks


def _loop(rng: np.random.Generator, start: Place) -> Tubes:
    """An artery that turns back on itself: on few slices it looks round."""
    turn = np.linspace(0, float(rng.uniform(1.1, 1.7)) * np.pi, 6) + float(rng.uniform(0, 2 * np.pi))
    size = float(rng.uniform(2, 3.5))
    lean = float(rng.uniform(-0.6, 0.6))
    circle = np.stack([size * lean * np.cos(turn), size * np.cos(turn), size * np.sin(turn)], axis=1)
    return bend((np.asarray(start) + circle - circle[0]).astype(np.float32), (0.95, 0.85))


def _away(one: Place, other: Place) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))


def _plan_aneurysms(rng: np.random.Generator, forks: list[Fork], meaning: Difficulty) -> tuple[Aneurysm, ...]:
    """One, sometimes two or three, each at a fork of its own."""
    count = 1 + int(rng.choice(3, p=[0.7, 0.22, 0.08]))
    found: list[Aneurysm] = []
    for place in rng.permutation(len(forks)):
        neck, direction = forks[int(place)]
        diameter = float(np.clip(4.0 * meaning.size * np.exp(0.28 * rng.normal()), LEAST_MM, MOST_MM))
        if len(found) < count and all(_away(neck, one.neck) > _APART_MM + 4 for one in found):
            found.append(_sac(rng, neck, direction, diameter / 2))
    return tuple(found)


def _sac(rng: np.random.Generator, neck: Place, direction: Place, radius: float) -> Aneurysm:
    way = np.asarray(direction) + rng.normal(0, 0.25, 3)
    middle = np.asarray(neck) + way / np.linalg.norm(way) * (0.8 * radius + 1.1)
    x, y, z = (round(float(one), 1) for one in middle)
    return Aneurysm((x, y, z), round(radius, 2), neck)


def _plan_swellings(rng: np.random.Generator, forks: list[Fork], count: int) -> Tubes:
    """Cones of at most 2 mm from which a thin artery goes on."""
    cones = [Tubes(np.zeros((0, 3), np.float32), np.zeros(0, np.float32))]
    for place in rng.permutation(len(forks))[:count]:
        neck, direction = forks[int(place)]
        way = np.asarray(direction) + rng.normal(0, 0.35, 3)
        points = [np.asarray(neck) + way * far for far in (0.5, 2.6, 9.0)]
        corners = [(float(x), float(y), float(z)) for x, y, z in points]
        cones += [bend(corners[:2], (1.3, 0.5)), bend(corners[1:], (0.5, 0.4))]
    return join(*cones)


def draw_head(head: Head, grid: Grid) -> NDArray[np.int16]:
    """The volume (D, H, W) as the scanner stores it: blood that flows in is bright, all else is held down."""
    rng = np.random.Generator(np.random.Philox(head.seed))
    values = _draw_tissue(rng, grid)
    lay(values, stamp(grid, join(head.arteries, head.swellings), 1.0), _BLOOD)
    for one in head.aneurysms:
        _lay_sac(values, grid, one)
    # Blood is saturated on its way up through the slab.
    z = grid.axes[0]
    values *= np.float32(head.gain) * (1 - np.float32(0.0035) * (z - z.min()))
    noise = rng.standard_normal((2, *grid.shape), dtype=np.float32) * np.float32(head.noise)
    return np.asarray(np.clip(np.rint(np.hypot(values + noise[0], noise[1])), 0, 4095), np.int16)


def _draw_tissue(rng: np.random.Generator, grid: Grid) -> Field:
    """Brain with its furrows, fluid around the arteries, and bright fat of the orbits in front and below."""
    coarse, fine = volume_noise(rng, grid, 9.0), volume_noise(rng, grid, 3.5)
    values = np.asarray(_BRAIN + 14 * fine + 9 * coarse, np.float32)
    furrows = inside(np.abs(coarse) * 5 - 0.6, 1.5)
    lay(values, 0.6 * furrows, _FLUID)
    cistern = ellipsoid(grid, (0, 2, 4), (22, 18, 9)) + 2.5 * coarse
    lay(values, 0.8 * inside(cistern, 4.0), _FLUID)
    for side in (-1, 1):
        orbit = ellipsoid(grid, (side * 26, -46, -22), (15, 16, 14)) + 1.5 * coarse
        lay(values, inside(orbit, 2.0), _FAT + 20 * fine)
        bone = ellipsoid(grid, (side * 30, 14, -34), (20, 16, 13)) + 2 * coarse
        lay(values, inside(bone, 2.0), 45 + 20 * fine)
    return values


def _lay_sac(values: Field, grid: Grid, sac: Aneurysm) -> None:
    """A ball on a neck; in a large one the blood in the middle turns slowly and is less bright."""
    where, box = grid.box(sac.place, sac.radius_mm + 4)
    distance = ellipsoid(box, sac.place, (sac.radius_mm,) * 3)
    slow = 0.04 * max(sac.radius_mm - 2, 0) * np.clip(-distance, 0, 2)
    lay(values[where], inside(distance, 1.0), _BLOOD * (1 - slow))
    neck = bend([sac.neck, sac.place], (0.6 * sac.radius_mm, 0.6 * sac.radius_mm))
    lay(values[where], stamp(box, neck, 1.0), _BLOOD)
