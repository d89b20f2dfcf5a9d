"""The mass: what it is made of, in HU, and its outline as an annotator would draw it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, smooth_noise, smoothstep

CLEAR_CELL, ANGIOMYOLIPOMA, ONCOCYTOMA = "clear-cell carcinoma", "angiomyolipoma", "oncocytoma"
_TILE_PX = 64
_WAVES = 5


@dataclass(frozen=True, eq=False)
class Mass:
    """A mass, the same in all slices of a patient.

    Args:
        kind: what it is.
        radius_mm: of its largest slice.
        waves: (K, 2) amplitude and phase of the waves along its edge, of its radius.
        enhancement: HU of its living tissue in this phase of contrast.
        strength: of the signs of its kind; 1 as in a textbook.
        fine: texture tile, periodic.
        coarse: the same of large patches.
        centre_mm: its middle from the middle of the kidney: right and down.
    """

    kind: str
    radius_mm: float
    waves: NDArray[np.float64]
    enhancement: float
    strength: float
    fine: Field
    coarse: Field
    centre_mm: tuple[float, float]


def plan_mass(kind: str, strength: float, gain: float, rng: np.random.Generator) -> Mass:
    """A mass of a kind; sizes, edges and mean enhancement of the kinds overlap.

    Args:
        kind: `CLEAR_CELL`, `ANGIOMYOLIPOMA` or `ONCOCYTOMA`.
        strength: of its signs.
        gain: of the contrast agent in this patient.
        rng: where the numbers come from.
    """
    angle = rng.uniform(0.25, 1.3) * (1 if rng.random() < 0.5 else -1) + (0 if rng.random() < 0.7 else np.pi)
    reach = rng.uniform(17, 26)
    rough = 0.05 + 0.03 * strength * (kind == CLEAR_CELL)
    waves = np.stack(
        [rng.normal(0, rough, _WAVES) / np.arange(1, _WAVES + 1), rng.uniform(0, 2 * np.pi, _WAVES)], axis=1
    )
    return Mass(
        kind=kind,
        radius_mm=float(np.clip(rng.normal(17.0 if kind == CLEAR_CELL else 16.0, 3.5), 10, 25)),
        waves=waves,
        enhancement=gain * rng.normal(112, 16),
        strength=strength,
        fine=smooth_noise(rng, _TILE_PX, 16),
        coarse=fractal_noise(rng, _TILE_PX, 4, octaves=2),
        centre_mm=(float(reach * np.cos(angle)), float(reach * np.sin(angle))),
    )


def distance_inside(mass: Mass, x: Field, y: Field, height: float) -> Field:
    """How deep places lie in the mass, mm; negative outside.

    Args:
        mass: the mass.
        x: places from the kidney's middle, mm to the right.
        y: mm downwards.
        height: of the slice, from -1 to 1 of the mass's own.
    """
    dx, dy = x - mass.centre_mm[0], y - mass.centre_mm[1]
    angle = np.arctan2(dy, dx)
    waves = (amplitude * np.cos((k + 2) * angle + phase) for k, (amplitude, phase) in enumerate(mass.waves))
    radius = mass.radius_mm * np.sqrt(max(0.05, 1 - height**2)) * (1 + sum(waves))
    return np.asarray(radius - np.hypot(dx, dy), np.float32)


def tissue(mass: Mass, x: Field, y: Field, height: float, depth: Field) -> Field:
    """HU inside the mass at places; see `distance_inside`."""
    shift = 40.0 * height
    u, v = (x + shift) * 1.3, (y - shift) * 1.3
    fine, coarse = sample(mass.fine, u, v), sample(mass.coarse, u * 0.8, v * 0.8)
    if mass.kind == CLEAR_CELL:
        return _clear_cell(mass, fine, coarse, depth)
    if mass.kind == ANGIOMYOLIPOMA:
        return _angiomyolipoma(mass, fine, coarse)
    return _oncocytoma(mass, fine, depth, x, y)


def _clear_cell(mass: Mass, fine: Field, coarse: Field, depth: Field) -> Field:
    """Hot and cold patches, with necrosis away from the edge."""
    living = mass.enhancement + 26 * mass.strength * coarse + 7 * fine
    dead = smoothstep(0.35, 1.0, -coarse) * smoothstep(1.0, 5.0, depth) * np.float32(min(1.0, mass.strength))
    return np.asarray(living * (1 - dead) + (28 + 5 * fine) * dead, np.float32)


def _angiomyolipoma(mass: Mass, fine: Field, coarse: Field) -> Field:
    """Islands of fat, few and small where the signs are weak."""
    fat = smoothstep(1.55 - 0.75 * mass.strength, 2.1 - 0.75 * mass.strength, fine + 0.5 * coarse)
    return np.asarray((mass.enhancement - 8 + 9 * fine) * (1 - fat) - 62 * fat, np.float32)


def _oncocytoma(mass: Mass, fine: Field, depth: Field, x: Field, y: Field) -> Field:
    """Even, with a star of scar in the middle."""
    angle = np.arctan2(y - mass.centre_mm[1], x - mass.centre_mm[0]) + mass.waves[0, 1]
    middle = smoothstep(0.4, 0.8, depth / np.float32(mass.radius_mm))
    arms = smoothstep(0.3, 0.9, np.cos(2.5 * angle) ** 2) * 0.6 + 0.4
    scar = np.asarray(middle * arms * np.float32(min(1.0, 0.95 * mass.strength)), np.float32)
    return np.asarray((mass.enhancement + 4 + 8 * fine) * (1 - scar) + 40 * scar, np.float32)


def drawn_outline(inside: Field, pixel_mm: float, wobble_mm: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The outline that a hand draws: the true edge, off by a smooth wobble and a small bias.

    Args:
        inside: depth in the mass, mm (H, W).
        pixel_mm: side of a pixel.
        wobble_mm: standard deviation of the wobble.
        rng: of this annotator and slice.

    Returns:
        (H, W), 255 inside and 0 outside.
    """
    tile = smooth_noise(rng, _TILE_PX, 8)
    rows, columns = np.indices(inside.shape, dtype=np.float32) * np.float32(pixel_mm)
    off = rng.normal(0, 0.4 * wobble_mm) + wobble_mm * sample(tile, columns, rows)
    return np.asarray(np.where(inside + off > 0, 255, 0), np.uint8)
