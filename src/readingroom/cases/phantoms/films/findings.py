"""Findings: what makes a chest film abnormal: consolidation, effusion, nodule, enlarged heart, pneumothorax."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from readingroom.cases.phantoms.films.thorax import Chest
from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, smoothstep

FINDINGS = ("consolidation", "effusion", "nodule", "cardiomegaly", "pneumothorax")
NO_FINDING = "none"
_FLUID = 0.62
ENLARGED = (0.58, 0.70)
"""Half the heart's width as a share of half the chest's: above 0.5 the heart is enlarged."""


def add_finding(chest: Chest, finding: str, strength: float, size: float, rng: np.random.Generator) -> None:
    """Draw a finding into a chest, in place; an enlarged heart is drawn with the chest itself.

    Args:
        chest: changed.
        finding: one of `FINDINGS` or `NO_FINDING`.
        strength: factor on contrast.
        size: factor on extent.
        rng: where the numbers come from.
    """
    if finding in _DRAW:
        side = -1 if rng.random() < 0.5 else 1
        _DRAW[finding](chest, side, strength, size, rng)


def _consolidation(chest: Chest, side: int, strength: float, size: float, rng: np.random.Generator) -> None:
    """A cloud with a soft edge that the air-filled bronchi stay dark in."""
    middle = side * rng.uniform(0.13, 0.26), rng.uniform(0.30, 0.66)
    wide = size * rng.uniform(0.075, 0.115), size * rng.uniform(0.07, 0.11)
    lumps = sample(fractal_noise(rng, 128, 4, 3, 0.45), chest.x * 300, chest.y * 300)
    away = np.hypot((chest.x - middle[0]) / wide[0], (chest.y - middle[1]) / wide[1]) + 0.28 * lumps
    cloud = smoothstep(1.35, 0.15, np.asarray(away, np.float32)) * chest.lung(side)
    bronchi = smoothstep(0.12, 0.0, np.abs(lumps)) * 0.2
    _fill(chest, cloud * (1 - bronchi), 0.75 * strength)
    chest.vessels *= 1 - 0.7 * cloud


def _effusion(chest: Chest, side: int, strength: float, size: float, rng: np.random.Generator) -> None:
    """Fluid that fills the angle of the lung and rises at the wall: a meniscus."""
    base = chest.base_right if side < 0 else chest.base_left
    level = base + 0.07 - size * rng.uniform(0.10, 0.17)
    s = side * chest.x
    surface = level - 0.42 * np.clip(s - 0.18, 0, None) ** 1.3 + 0.03 * np.clip(0.18 - s, 0, None)
    fluid = smoothstep(-0.014, 0.02, np.asarray(chest.y - surface, np.float32)) * chest.lung(side)
    _fill(chest, fluid, 0.95 * strength)
    chest.vessels *= 1 - 0.8 * fluid


def _nodule(chest: Chest, side: int, strength: float, size: float, rng: np.random.Generator) -> None:
    """Round or lobed, in the open lung; sometimes two."""
    for _ in range(1 if rng.random() < 0.6 else 2):
        middle = side * rng.uniform(0.14, 0.29), rng.uniform(0.24, 0.64)
        radius = size * rng.uniform(0.024, 0.040)
        angle = np.arctan2(chest.y - middle[1], chest.x - middle[0])
        lobes = 1 + 0.10 * np.cos(3 * angle + rng.uniform(0, 6)) + 0.06 * np.cos(5 * angle + rng.uniform(0, 6))
        away = np.hypot(chest.x - middle[0], chest.y - middle[1]) / (radius * lobes)
        _fill(chest, smoothstep(1.15, 0.6, np.asarray(away, np.float32)), 0.5 * strength)


def _pneumothorax(chest: Chest, side: int, strength: float, size: float, rng: np.random.Generator) -> None:
    """Air between lung and wall: black, without vessels, bounded by the thin white line of the pleura."""
    gap = size * rng.uniform(0.055, 0.09)
    inner = _shrunk(chest, side, gap)
    air = chest.lung(side) * (1 - inner)
    chest.vessels *= 1 - air
    chest.dense -= np.float32(0.13 * strength) * air
    line = np.clip(4 * inner * (1 - inner), 0, 1) * chest.lung(side)
    chest.dense += np.float32(0.10 * strength) * line
    chest.dense += np.float32(0.05 * strength) * inner


def _fill(chest: Chest, where: Field, share: float) -> None:
    """Bring air to the density of fluid; what is dense already, as the heart is, stays as it is."""
    chest.dense += np.float32(min(share, 1.0)) * where * np.clip(_FLUID - chest.dense, 0, None)


def _shrunk(chest: Chest, side: int, gap: float) -> Field:
    """The lung that has come off the wall: most at the apex and the outer side."""
    lung = chest.lung(side)
    inner = np.zeros_like(lung)
    height = lung.shape[0]
    across, down = round(side * gap * height), round(0.9 * gap * height)
    rows, columns = np.arange(height)[:, None], np.arange(lung.shape[1])[None, :]
    # A pixel is in the shrunken lung where the pixel further out and the one further up are in the whole one.
    inner = lung[np.clip(rows - down, 0, height - 1), np.clip(columns + across, 0, lung.shape[1] - 1)]
    return np.asarray(lung * inner, np.float32)


_DRAW: dict[str, Callable[[Chest, int, float, float, np.random.Generator], None]] = {
    "consolidation": _consolidation,
    "effusion": _effusion,
    "nodule": _nodule,
    "pneumothorax": _pneumothorax,
}
