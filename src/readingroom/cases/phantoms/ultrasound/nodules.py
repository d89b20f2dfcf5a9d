"""Nodules of the thyroid: signs as in ACR TI-RADS, none of which is in all malignant nodules or in no benign one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.noise import fractal_noise, sample, smoothstep
from readingroom.cases.phantoms.ultrasound.echoes import FLUID_DB, Echoes
from readingroom.cases.phantoms.ultrasound.neck import LOBE_DB, Neck
from readingroom.cases.phantoms.ultrasound.shapes import Blob, uneven

BENIGN, MALIGNANT = "benign", "malignant"
THYROID_CLASSES = (BENIGN, MALIGNANT)

SIGN_SHARES = {
    "taller": (0.06, 0.65),
    "irregular": (0.10, 0.80),
    "hypoechoic": (0.30, 0.85),
    "microcalcified": (0.06, 0.60),
    "cystic": (0.40, 0.06),
    "halo": (0.50, 0.08),
    "coarse": (0.15, 0.15),
}
"""How often each sign is in benign and in malignant nodules of a collection of middling difficulty."""


@dataclass(frozen=True)
class Nodule:
    """A nodule.

    Args:
        blob: its outline.
        signs: those of `SIGN_SHARES` that it has.
        echo_db: how strongly it echoes.
        seed: of texture and calcifications.
    """

    blob: Blob
    signs: frozenset[str]
    echo_db: float
    seed: int


def plan_nodule(label: str, neck: Neck, mildness: float, size: float, rng: np.random.Generator) -> Nodule:
    """A nodule within the lobe.

    Args:
        label: ``benign`` or ``malignant``.
        neck: of the patient.
        mildness: 0 for signs as often as in `SIGN_SHARES`, 1 for signs as often in both classes, below 0 for signs that
            tell more.
        size: factor on the nodule's extent.
        rng: where the numbers come from.
    """
    column = THYROID_CLASSES.index(label)
    signs = frozenset(name for name, shares in SIGN_SHARES.items() if rng.random() < _share(shares, column, mildness))
    if not signs & {"taller", "irregular", "hypoechoic", "microcalcified"} and label == MALIGNANT and mildness < 0.5:
        signs |= {"irregular", "hypoechoic"}
    if not signs & {"hypoechoic", "cystic", "coarse", "microcalcified"}:
        signs |= {"halo"}  # without any of these, nobody could say where the nodule is
    area, ratio = size * rng.uniform(0.115, 0.165), rng.uniform(1.25, 1.6)
    ratio = ratio if "taller" in signs else 1 / ratio
    wide, tall = area / np.sqrt(ratio), area * np.sqrt(ratio)
    edge = uneven(0.22, (5, 11), rng) if "irregular" in signs else uneven(0.03, (2, 4), rng)
    place = _place(neck, wide, tall, rng)
    echo = LOBE_DB + (rng.uniform(-15, -10) if "hypoechoic" in signs else rng.uniform(-4, 5))
    return Nodule(Blob(*place, wide, tall, rng.normal(0, 0.15), edge), signs, float(echo), int(rng.integers(2**31)))


def _share(shares: tuple[float, float], column: int, mildness: float) -> float:
    share = shares[column] + mildness * (float(np.mean(shares)) - shares[column])
    return float(np.clip(share, 0.04, 0.96))


def _place(neck: Neck, wide: float, tall: float, rng: np.random.Generator) -> tuple[float, float]:
    room_x, room_y = max(0.9 * neck.lobe.wide - wide, 0.0), max(0.95 * neck.lobe.tall - tall, 0.0)
    return neck.lobe.x + 0.05 + rng.uniform(-0.8, 0.8) * room_x, neck.lobe.y + rng.uniform(-1, 1) * room_y


def add_nodule(scan: Echoes, nodule: Nodule, rng: np.random.Generator) -> None:
    """Draw a nodule into a scan, in place; ``rng`` is of this image."""
    own = np.random.Generator(np.random.PCG64(nodule.seed))
    away = nodule.blob.distance(scan.x, scan.y)
    soft = 0.16 if "irregular" in nodule.signs else 0.06
    inside = smoothstep(1 + soft / 2, 1 - soft / 2, away)
    grain = sample(fractal_noise(own, 128, 8, 4, 0.7), scan.x * 260, scan.y * 260)
    scan.blend(inside, nodule.echo_db + 2.2 * grain)
    if "halo" in nodule.signs:
        scan.echo_db -= np.asarray(12 * np.exp(-(((away - 1.03) / 0.06) ** 2)), np.float32)
    if "cystic" in nodule.signs:
        _add_cysts(scan, nodule, own)
    if "microcalcified" in nodule.signs:
        _add_foci(scan, nodule, int(own.integers(6, 14)), (0.007, 0.012), 2.0, own, rng)
    if "coarse" in nodule.signs:
        _add_foci(scan, nodule, 1, (0.022, 0.035), 24.0, own, rng)
    if "irregular" in nodule.signs and "hypoechoic" in nodule.signs:
        scan.absorb(inside, 5.0, 2 * nodule.blob.tall)


def _add_cysts(scan: Echoes, nodule: Nodule, own: np.random.Generator) -> None:
    """Fluid within the nodule: one large space, or many small ones as in a sponge."""
    blob, sponge = nodule.blob, own.random() < 0.5
    for _ in range(int(own.integers(10, 16)) if sponge else 1):
        reach = 0.65 if sponge else 0.2
        size = own.uniform(0.10, 0.20) if sponge else own.uniform(0.5, 0.65)
        r, phi = reach * np.sqrt(own.random()), own.uniform(0, 2 * np.pi)
        space = Blob(blob.x + r * blob.wide * np.cos(phi), blob.y + r * blob.tall * np.sin(phi), size * blob.wide,
                     size * blob.tall, 0.0, uneven(0.08, (2, 4), own))  # fmt: skip
        inside = smoothstep(1.08, 0.92, space.distance(scan.x, scan.y))
        scan.blend(inside, FLUID_DB + (8 if sponge else 0))
        scan.absorb(inside, -4.0 * size, 2 * space.tall)


def _add_foci(
    scan: Echoes, nodule: Nodule, count: int, sizes: tuple[float, float], shadow_db: float, own: np.random.Generator,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    """Calcifications: points, or a coarse one with its shadow."""
    blob = nodule.blob
    for _ in range(count):
        r, phi, size = 0.75 * np.sqrt(own.random()), own.uniform(0, 2 * np.pi), own.uniform(*sizes)
        x = blob.x + r * blob.wide * np.cos(phi) + rng.normal(0, 0.002)
        y = blob.y + r * blob.tall * np.sin(phi) + rng.normal(0, 0.002)
        spot = np.exp(-0.5 * (((scan.x - x) / size) ** 2 + ((scan.y - y) / (0.6 * size)) ** 2) * 2)
        scan.blend(np.asarray(spot, np.float32), 2.0)
        scan.absorb(np.asarray(spot, np.float32), shadow_db, 1.2 * size)
