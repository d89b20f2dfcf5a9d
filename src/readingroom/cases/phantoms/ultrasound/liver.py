"""Liver: what a scan shows without a cyst: parenchyma, veins, portal branches, diaphragm, gallbladder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.noise import fractal_noise, sample, smoothstep
from readingroom.cases.phantoms.ultrasound.echoes import FLUID_DB, Echoes
from readingroom.cases.phantoms.ultrasound.probe import lines_of
from readingroom.cases.phantoms.ultrasound.shapes import Blob

LIVER_DB = -30.0


@dataclass(frozen=True)
class Liver:
    """A patient's liver.

    Args:
        bright_db: of the parenchyma, beyond the ordinary; a fatty liver is brighter.
        absorbs_db: over the whole depth, beyond what the scanner makes up for.
        dome: depth of the diaphragm in the middle, and how it is curved.
        vessels: start, end, half width, and whether the wall is bright (a portal branch).
        gallbladder: outline; None where it is not in the picture.
        rib: line of a rib's shadow, as a share of the fan; None without.
        seed: of the textures.
    """

    bright_db: float
    absorbs_db: float
    dome: tuple[float, float]
    vessels: tuple[tuple[tuple[float, float], tuple[float, float], float, bool], ...]
    gallbladder: Blob | None
    rib: float | None
    seed: int


def plan_liver(rng: np.random.Generator, variation: float) -> Liver:
    """A patient's liver; x runs about from -0.75 to 0.75, y from 0 to 1.05."""
    gallbladder = Blob(
        float(rng.choice([-1, 1]) * rng.uniform(0.30, 0.42)), rng.uniform(0.55, 0.75), rng.uniform(0.07, 0.10),
        rng.uniform(0.12, 0.17), rng.uniform(-0.6, 0.6),
    ) if rng.random() < 0.3 else None  # fmt: skip
    return Liver(
        bright_db=float(variation * rng.normal(0, 2)),
        absorbs_db=float(variation * rng.uniform(0, 8)),
        dome=(float(rng.uniform(0.88, 0.97)), float(rng.uniform(0.15, 0.35))),
        vessels=tuple(_vessel(rng) for _ in range(int(rng.integers(4, 8)))),
        gallbladder=gallbladder,
        rib=float(rng.choice([-1, 1]) * rng.uniform(0.75, 0.95)) if rng.random() < 0.4 else None,
        seed=int(rng.integers(2**31)),
    )


def _vessel(rng: np.random.Generator) -> tuple[tuple[float, float], tuple[float, float], float, bool]:
    start = float(rng.uniform(-0.5, 0.5)), float(rng.uniform(0.2, 0.85))
    angle, reach = rng.uniform(0, np.pi), rng.uniform(0.12, 0.35)
    end = start[0] + float(reach * np.cos(angle)), start[1] + float(reach * np.sin(angle))
    return start, end, float(rng.uniform(0.006, 0.016)), bool(rng.random() < 0.5)


def draw_liver(liver: Liver, shape: tuple[int, int]) -> Echoes:
    """Echoes of the liver without a cyst, (depth, lines) of a convex probe."""
    x, y = lines_of(shape)
    own = np.random.Generator(np.random.PCG64(liver.seed))
    grain = sample(fractal_noise(own, 128, 16, 3, 0.8), x * 250, y * 250)
    echo = LIVER_DB + liver.bright_db + 1.5 * grain
    depth = y - 0.07 * (1 - np.cos(x))
    wall = smoothstep(0.13, 0.10, np.asarray(depth, np.float32))
    strands = sample(fractal_noise(own, 128, 16, 2, 0.7), x * 70, y * 420)
    echo = echo * (1 - wall) + wall * (-29 + 4 * strands)
    echo = echo + 13 * np.exp(-(((depth - 0.125) / 0.006) ** 2))
    scan = Echoes(x, y, np.asarray(echo, np.float32), np.full(shape, liver.absorbs_db / shape[0], np.float32))
    for vessel in liver.vessels:
        _add_vessel(scan, *vessel)
    dome = y - liver.dome[0] + liver.dome[1] * x**2
    scan.echo_db += np.asarray(20 * np.exp(-((dome / 0.010) ** 2)), np.float32)
    scan.blend(smoothstep(0.012, 0.03, np.asarray(dome, np.float32)), -42.0)
    if liver.gallbladder is not None:
        _add_gallbladder(scan, liver.gallbladder)
    if liver.rib is not None:
        line = np.linspace(-1, 1, shape[1], dtype=np.float32)[None, :]
        rib = smoothstep(0.09, 0.05, np.abs(line - np.float32(liver.rib))) * (np.abs(depth - 0.10) < 0.02)
        scan.absorb(np.asarray(rib, np.float32), 24.0, 0.04)
    return scan


def _add_vessel(scan: Echoes, start: tuple[float, float], end: tuple[float, float], half: float, portal: bool) -> None:
    along = np.array(end) - np.array(start)
    t = np.clip(((scan.x - start[0]) * along[0] + (scan.y - start[1]) * along[1]) / float(along @ along), 0, 1)
    away = np.hypot(scan.x - start[0] - t * along[0], scan.y - start[1] - t * along[1]) / (half * (1.2 - 0.5 * t))
    if portal:
        scan.echo_db += np.asarray(9 * np.exp(-(((away - 1.25) / 0.35) ** 2)), np.float32)
    scan.blend(smoothstep(1.15, 0.8, np.asarray(away, np.float32)), FLUID_DB + 4)


def _add_gallbladder(scan: Echoes, blob: Blob) -> None:
    """A pear of clear fluid with a thin wall: no cyst, and in scans of every class."""
    away = blob.distance(scan.x, scan.y)
    inside = smoothstep(1.04, 0.96, away)
    scan.blend(inside, FLUID_DB)
    scan.echo_db += np.asarray(7 * np.exp(-(((away - 1.05) / 0.06) ** 2)), np.float32)
    scan.absorb(inside, -5.0, 2 * blob.tall)
