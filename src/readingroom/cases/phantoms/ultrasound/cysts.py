"""Cysts of cystic echinococcosis by the types of the WHO Informal Working Group (Acta Tropica 2003, 85: 253-261)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, smoothstep
from readingroom.cases.phantoms.ultrasound.echoes import FLUID_DB, Echoes
from readingroom.cases.phantoms.ultrasound.liver import LIVER_DB
from readingroom.cases.phantoms.ultrasound.shapes import Blob, uneven

WHO_TYPES = ("CL", "CE1", "CE2", "CE3a", "CE3b", "CE4", "CE5")
ACTIVE, TRANSITIONAL, INACTIVE = "cystic-active", "transitional", "inactive"
HYDATID_CLASSES = (ACTIVE, TRANSITIONAL, INACTIVE)
TYPES_OF: dict[str, tuple[str, ...]] = {
    ACTIVE: ("CL", "CE1", "CE2"),
    TRANSITIONAL: ("CE3a", "CE3b"),
    INACTIVE: ("CE4", "CE5"),
}
"""The working group's clinical groups; CL, whose parasite is not proven, is put with the active cysts here."""


@dataclass(frozen=True)
class Cyst:
    """A cyst.

    Args:
        who_type: one of `WHO_TYPES`.
        blob: its outline.
        strength: factor on the contrast of what tells its type.
        seed: of what is within it.
    """

    who_type: str
    blob: Blob
    strength: float
    seed: int


def plan_cyst(who_type: str, size: float, strength: float, rng: np.random.Generator) -> Cyst:
    """A cyst in the open part of the liver; ``size`` is a factor on its radius."""
    radius, round_ = size * rng.uniform(0.17, 0.24), rng.uniform(0.85, 1.1)
    blob = Blob(rng.uniform(-0.16, 0.16), rng.uniform(0.45, 0.58), radius, radius * round_, rng.uniform(-0.5, 0.5),
                uneven(0.035, (2, 4), rng))  # fmt: skip
    return Cyst(who_type, blob, strength, int(rng.integers(2**31)))


def add_cyst(scan: Echoes, cyst: Cyst, rng: np.random.Generator) -> None:
    """Draw a cyst into a scan, in place; ``rng`` is of this image."""
    own = np.random.Generator(np.random.PCG64(cyst.seed))
    away = cyst.blob.distance(scan.x, scan.y)
    _DRAW[cyst.who_type](scan, cyst, away, own, rng)


def _fluid(scan: Echoes, cyst: Cyst, away: Field, db: float = FLUID_DB) -> Field:
    """Clear fluid, and tissue behind it that looks brighter for it."""
    inside = smoothstep(1.03, 0.97, away)
    scan.blend(inside, db)
    scan.absorb(inside, -7.0, 2 * cyst.blob.tall)
    return inside


def _line(scan: Echoes, away: Field, at: float, wide: float, db: float) -> None:
    """A bright line where a distance has a value."""
    scan.blend(np.asarray(np.exp(-(((away - at) / wide) ** 2)), np.float32), db)


def _cl(scan: Echoes, cyst: Cyst, away: Field, own: np.random.Generator, rng: np.random.Generator) -> None:
    """A cystic lesion: fluid without a wall of its own."""
    _fluid(scan, cyst, away)


def _ce1(scan: Echoes, cyst: Cyst, away: Field, own: np.random.Generator, rng: np.random.Generator) -> None:
    """One chamber with the double line of its wall, and sand that has sunk."""
    inside = _fluid(scan, cyst, away)
    _line(scan, away, 1.05, 0.030, LIVER_DB + 12 * cyst.strength)
    _line(scan, away, 0.93, 0.022, LIVER_DB + 9 * cyst.strength)
    low = smoothstep(0.35, 0.8, np.asarray((scan.y - cyst.blob.y) / cyst.blob.tall, np.float32))
    grains = sample(fractal_noise(rng, 128, 32, 2, 0.8), scan.x * 300, scan.y * 300)
    scan.blend(inside * low * smoothstep(0.9, 1.8, grains), -40.0)


def _vesicles(cyst: Cyst, count: int, reach: float, sizes: tuple[float, float], own: np.random.Generator) -> list[Blob]:
    """Daughter cysts that do not overlap much."""
    blob, found = cyst.blob, list[Blob]()
    for _ in range(60 * count):
        size, r, phi = own.uniform(*sizes), reach * np.sqrt(own.random()), own.uniform(0, 2 * np.pi)
        if r + size > 0.98:
            continue
        x, y = blob.x + r * blob.wide * np.cos(phi), blob.y + r * blob.tall * np.sin(phi)
        radius = size * min(blob.wide, blob.tall)
        if all(np.hypot(x - one.x, y - one.y) > 0.92 * (radius + one.wide) for one in found):
            found.append(
                Blob(float(x), float(y), radius, radius * own.uniform(0.9, 1.1), 0.0, uneven(0.05, (2, 3), own))
            )
        if len(found) == count:
            break
    return found


def _ce2(scan: Echoes, cyst: Cyst, away: Field, own: np.random.Generator, rng: np.random.Generator) -> None:
    """Many daughter cysts side by side: honeycomb, wheel."""
    _fluid(scan, cyst, away, FLUID_DB + 10)
    _line(scan, away, 1.03, 0.035, LIVER_DB + 11 * cyst.strength)
    for vesicle in _vesicles(cyst, 9, 0.8, (0.22, 0.36), own):
        near = vesicle.distance(scan.x, scan.y)
        scan.blend(smoothstep(1.02, 0.95, near), FLUID_DB)
        _line(scan, near, 1.05, 0.09, LIVER_DB + 9 * cyst.strength)


def _ce3a(scan: Echoes, cyst: Cyst, away: Field, own: np.random.Generator, rng: np.random.Generator) -> None:
    """The inner layer has come off and floats in the fluid: water lily."""
    inside = _fluid(scan, cyst, away)
    _line(scan, away, 1.05, 0.03, LIVER_DB + 8 * cyst.strength)
    blob = cyst.blob
    wave = rng.uniform(0, 2 * np.pi)
    for _ in range(int(own.integers(2, 4))):
        loose = Blob(blob.x + own.uniform(-0.15, 0.15) * blob.wide, blob.y + own.uniform(0.0, 0.3) * blob.tall,
                     own.uniform(0.45, 0.75) * blob.wide, own.uniform(0.30, 0.55) * blob.tall, own.uniform(-0.6, 0.6),
                     ((0.20, 3, wave), (0.15, 5, 2 * wave), (0.10, 7, 3 * wave)))  # fmt: skip
        near = loose.distance(scan.x, scan.y)
        scan.blend(inside * np.exp(-(((near - 1) / 0.06) ** 2)).astype(np.float32), LIVER_DB + 10 * cyst.strength)


def _ce3b(scan: Echoes, cyst: Cyst, away: Field, own: np.random.Generator, rng: np.random.Generator) -> None:
    """Daughter cysts in a solid matrix."""
    inside = smoothstep(1.03, 0.95, away)
    _matrix(scan, inside, own, LIVER_DB - 2, 3.0)
    _line(scan, away, 1.03, 0.035, LIVER_DB + 7 * cyst.strength)
    for vesicle in _vesicles(cyst, int(own.integers(3, 6)), 0.65, (0.16, 0.28), own):
        near = vesicle.distance(scan.x, scan.y)
        scan.blend(smoothstep(1.04, 0.94, near), FLUID_DB)
        _line(scan, near, 1.08, 0.10, LIVER_DB + 7 * cyst.strength)


def _ce4(scan: Echoes, cyst: Cyst, away: Field, own: np.random.Generator, rng: np.random.Generator) -> None:
    """Solid, dark and bright in turn, folded like a ball of wool; no daughter cysts."""
    inside = smoothstep(1.05, 0.93, away)
    _matrix(scan, inside, own, LIVER_DB - 3, 2.0)
    bend = sample(fractal_noise(own, 128, 4, 3), scan.x * 150, scan.y * 150)
    folds = np.sin(16 * away + 3.2 * bend + 2 * np.arctan2(scan.y - cyst.blob.y, scan.x - cyst.blob.x))
    scan.echo_db += inside * np.asarray(cyst.strength * 6.5 * folds, np.float32)
    scan.absorb(inside, 4.0, 2 * cyst.blob.tall)


def _ce5(scan: Echoes, cyst: Cyst, away: Field, own: np.random.Generator, rng: np.random.Generator) -> None:
    """A thick calcified wall: a bright arch, and a cone of shadow behind it."""
    inside = smoothstep(1.05, 0.95, away)
    _matrix(scan, inside, own, LIVER_DB - 4, 2.5)
    front = smoothstep(0.35, -0.25, np.asarray((scan.y - cyst.blob.y) / cyst.blob.tall, np.float32))
    gaps = 0.65 + 0.35 * np.sin(7 * np.arctan2(scan.y - cyst.blob.y, scan.x - cyst.blob.x) + own.uniform(0, 6))
    wall = np.asarray(np.exp(-(((away - 1.0) / 0.075) ** 2)) * (0.25 + 0.75 * front) * gaps, np.float32)
    scan.blend(np.clip(wall, 0, 1), min(0.0, LIVER_DB + 26 * cyst.strength))
    scan.absorb(wall * front, 16.0 * cyst.strength, 0.04)


def _matrix(scan: Echoes, inside: Field, own: np.random.Generator, db: float, uneven_db: float) -> None:
    lumps = sample(fractal_noise(own, 128, 8, 4, 0.7), scan.x * 200, scan.y * 200)
    scan.blend(inside, np.asarray(db + uneven_db * lumps, np.float32))


_DRAW: dict[str, Callable[[Echoes, Cyst, Field, np.random.Generator, np.random.Generator], None]] = {
    "CL": _cl, "CE1": _ce1, "CE2": _ce2, "CE3a": _ce3a, "CE3b": _ce3b, "CE4": _ce4, "CE5": _ce5,
}  # fmt: skip
