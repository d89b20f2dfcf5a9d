"""Neck: what a transverse scan of one thyroid lobe shows without a nodule: skin, muscles, lobe, carotid, trachea."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.noise import fractal_noise, sample, smoothstep
from readingroom.cases.phantoms.ultrasound.echoes import FLUID_DB, Echoes
from readingroom.cases.phantoms.ultrasound.shapes import Blob, grid

TISSUE_DB, LOBE_DB = -34.0, -24.0


@dataclass(frozen=True)
class Neck:
    """A patient's neck at one side.

    Args:
        lobe: the thyroid lobe.
        carotid: x, y and radius.
        mirrored: with the trachea at the right instead of the left.
        seed: of the textures.
    """

    lobe: Blob
    carotid: tuple[float, float, float]
    mirrored: bool
    seed: int


def plan_neck(rng: np.random.Generator, variation: float) -> Neck:
    """A patient's neck; x runs to 1.25, y to 1."""
    middle = 0.60 + variation * rng.normal(0, 0.03), 0.50 + variation * rng.normal(0, 0.03)
    lobe = Blob(*middle, wide=rng.uniform(0.34, 0.40), tall=rng.uniform(0.25, 0.31), angle=rng.normal(0, 0.06))
    carotid = lobe.x + lobe.wide + rng.uniform(0.03, 0.08), rng.uniform(0.50, 0.60), rng.uniform(0.085, 0.105)
    return Neck(lobe, carotid, bool(rng.random() < 0.5), int(rng.integers(2**31)))


def draw_neck(neck: Neck, size: tuple[int, int]) -> Echoes:
    """Echoes of the neck without a nodule, (depth, lines)."""
    x, y = grid(size)
    own = np.random.Generator(np.random.PCG64(neck.seed))
    wavy = sample(fractal_noise(own, 128, 4, 3), x * 60, y * 20)
    grain = sample(fractal_noise(own, 128, 16, 3, 0.8), x * 220, y * 220)
    strands = sample(fractal_noise(own, 128, 16, 2, 0.7), x * 70, y * 380)
    depth = y + 0.008 * wavy
    echo = TISSUE_DB + 3 * strands
    echo = echo + 16 * smoothstep(0.035, 0.02, depth) + 4 * smoothstep(0.12, 0.06, depth)
    for fascia in (0.115, 0.205):
        echo = echo + 15 * np.exp(-(((depth - fascia - 0.01 * np.sin(5 * x)) / 0.006) ** 2))
    echo = echo - 5 * smoothstep(0.13, 0.15, depth) * smoothstep(0.20, 0.19, depth)
    scan = Echoes(x, y, np.asarray(echo, np.float32), np.zeros(size, np.float32))
    away = neck.lobe.distance(x, y)
    scan.blend(smoothstep(1.04, 0.97, away), LOBE_DB + 1.6 * grain)
    scan.echo_db += 8 * np.exp(-(((away - 1.0) / 0.025) ** 2))
    _trachea(scan)
    _carotid(scan, neck.carotid)
    return scan


def _trachea(scan: Echoes) -> None:
    """A bright arc of cartilage and air; behind it, only its own echoes and shadow."""
    away = np.hypot((scan.x + 0.02) / 0.24, (scan.y - 0.62) / 0.27)
    arc = np.exp(-(((away - 1) / 0.05) ** 2))
    scan.blend(smoothstep(1.05, 0.98, np.asarray(away, np.float32)), -50.0)
    scan.blend(np.asarray(arc * (scan.y < 0.72), np.float32), -8.0)
    scan.absorb(smoothstep(0.97, 0.92, np.asarray(away, np.float32)), 26.0, 0.3)


def _carotid(scan: Echoes, place: tuple[float, float, float]) -> None:
    away = np.hypot(scan.x - place[0], scan.y - place[1]) / place[2]
    inside = smoothstep(1.02, 0.93, np.asarray(away, np.float32))
    scan.blend(inside, FLUID_DB)
    scan.echo_db += np.asarray(16 * np.exp(-(((away - 1.04) / 0.07) ** 2)), np.float32)
    scan.absorb(inside, -5.0, 2 * place[2])
