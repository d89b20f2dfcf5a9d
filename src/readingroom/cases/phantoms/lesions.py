"""Lesions: relief and colour of peptic ulcer, early cancer, advanced cancer and submucosal tumour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.surface import Patch, Spot, Surface

NORMAL = "normal"


@dataclass(frozen=True)
class Lesion:
    """A lesion of a patient; the same in every image that shows it.

    Args:
        kind: ``PU``, ``EGC+HGIN``, ``AGC`` or ``SMT``.
        spot: where it is and its shape.
        strength: 1 for signs as in a textbook, towards 0 for none.
        variant: four numbers in [0, 1) that choose among the forms of its kind.
    """

    kind: str
    spot: Spot
    strength: float
    variant: tuple[float, float, float, float]


def draw_peptic_ulcer(lesion: Lesion, patch: Patch, surface: Surface) -> None:
    """A punched-out crater with a clean white base, a swollen red rim, and folds that run smoothly up to it.

    ``variant``: healing, size of the base, colour of the base, old blood.
    """
    healing, base_size, yellow, blood = lesion.variant
    k, reach = lesion.strength, patch.reach
    edge = 0.58 + 0.16 * base_size - 0.12 * healing
    inside = smoothstep(1.0, 0.9, reach)
    base = smoothstep(edge + 0.05, edge - 0.05, reach + np.float32(0.04) * patch.grain[..., 1])
    rim = np.exp(-np.square((reach - np.float32(edge + 0.15)) / np.float32(0.12))) * inside
    radius = lesion.spot.radius
    surface.relief[:] += np.float32(radius * (0.35 + 0.65 * k)) * (
        np.float32(0.20 - 0.1 * healing) * rim - np.float32(0.30 - 0.15 * healing) * base
    )
    _converge(lesion, patch, surface, edge)
    surface.tint(_alpha((0.75 - 0.2 * healing) * k, rim), (0.86, 0.50, 0.48))
    fibrin = base * (0.9 + np.float32(0.1) * patch.grain[..., 0])
    surface.cover(_alpha((0.95 - 0.35 * healing) * k, fibrin), (0.78, 0.70 - 0.06 * yellow, 0.50 - 0.18 * yellow))
    if blood > 0.6:
        specks = base * smoothstep(1.2, 1.7, patch.grain[..., 2])
        surface.cover(_alpha(0.8 * k, specks), (0.20, 0.035, 0.03))
    surface.texture[:] *= 1 - _alpha(min(1, 1.2 * k), np.maximum(base, np.float32(0.6) * rim))
    surface.folds[:] *= 1 - np.float32(min(1, 0.5 + k)) * smoothstep(1.0, 0.55, reach)


def draw_early_cancer(lesion: Lesion, patch: Patch, surface: Surface) -> None:
    """A slightly depressed or raised area with an irregular step at its margin, off-colour, its pattern lost.

    ``variant``: red or pale, depressed or raised, bleeding specks, granularity.
    """
    redness, raised, bleeding, granular = lesion.variant
    k, reach, radius = lesion.strength, patch.reach, lesion.spot.radius
    area = smoothstep(1.0, 0.82, reach + np.float32(0.05) * patch.grain[..., 2])
    area *= reach < 1
    step = np.exp(-np.square((reach - np.float32(0.9)) / np.float32(0.07))) * area
    depth = np.float32((0.08 if raised > 0.6 else -0.065) * radius * (0.4 + 0.6 * k))
    bumps = np.float32((0.02 + 0.035 * granular) * radius * k) * patch.grain[..., 0] * area
    surface.relief[:] += depth * area + bumps + np.float32(0.004 * radius * k) * step
    blotchy = area * np.clip(0.75 + np.float32(0.3) * patch.grain[..., 1], 0, 1.2)
    tint = (0.90, 0.55, 0.53) if redness > 0.4 else (1.08, 1.30, 1.26)
    surface.tint(_alpha(0.9 * k, blotchy), tint)
    specks = area * smoothstep(1.5, 2.1, patch.grain[..., 2] + np.float32(0.6 * bleeding))
    surface.cover(_alpha(0.75 * k, specks), (0.33, 0.04, 0.035))
    coat = area * smoothstep(1.3, 1.9, patch.grain[..., 1] - np.float32(0.3 * bleeding))
    surface.cover(_alpha(0.45 * k, coat), (0.74, 0.62, 0.44))
    surface.texture[:] *= 1 - _alpha(min(1, 1.1 * k), area)
    surface.folds[:] *= 1 - np.float32(min(0.9, 0.35 + 0.7 * k)) * smoothstep(1.15, 0.85, reach)


def draw_advanced_cancer(lesion: Lesion, patch: Patch, surface: Surface) -> None:
    """A large lumpy mass with a raised margin, a dirty necrotic base and fresh and old blood.

    ``variant``: fungating or ulcerated, width of the margin, necrosis, bleeding.
    """
    ulcerated, width, necrosis, bleeding = lesion.variant
    k, reach, radius = lesion.strength, patch.reach, lesion.spot.radius
    lumps, blotches, specks = (patch.grain[..., channel] for channel in range(3))
    area = smoothstep(1.0, 0.88, reach)
    crater = smoothstep(0.78 - 0.25 * width, 0.38 - 0.25 * width, reach + np.float32(0.13) * lumps)
    crater *= np.float32(0.25 + 0.75 * ulcerated)
    mound = smoothstep(1.0, 0.5, reach + np.float32(0.06) * lumps) * (reach < 1) * (1 - np.float32(0.75) * crater)
    height = np.float32(radius * (0.35 + 0.65 * k))
    surface.relief[:] += height * (
        np.float32(0.46) * mound + np.float32(0.10) * lumps * area * (1 - np.float32(0.6) * crater)
    )
    surface.relief[:] -= height * (np.float32(0.05) * crater - np.float32(0.05) * specks * crater)
    surface.tint(_alpha(0.85 * k, area * (1 - crater) * smoothstep(-1.6, 0.8, blotches)), (0.80, 0.42, 0.42))
    dirty = np.maximum(
        smoothstep(0.25, 0.7, crater) * smoothstep(-1.5, 0.2, blotches), area * smoothstep(1.0, 1.9, blotches)
    )
    surface.cover(_alpha((0.55 + 0.4 * necrosis) * k, dirty), (0.60, 0.50 - 0.08 * necrosis, 0.33 - 0.1 * necrosis))
    old = area * smoothstep(0.9 - 0.4 * bleeding, 2.0 - 0.4 * bleeding, specks + np.float32(0.4) * lumps)
    surface.cover(_alpha(0.85 * k, old), (0.16, 0.03, 0.025))
    fresh = area * smoothstep(1.2 - bleeding, 2.4 - bleeding, lumps - blotches)
    surface.cover(_alpha(0.8 * k * bleeding, fresh), (0.46, 0.035, 0.03))
    surface.texture[:] *= 1 - _alpha(min(1, 1.3 * k), area)
    surface.folds[:] *= 1 - np.float32(min(1, 0.4 + k)) * smoothstep(1.2, 0.85, reach)


def draw_submucosal_tumour(lesion: Lesion, patch: Patch, surface: Surface) -> None:
    """A smooth dome under unchanged mucosa, with folds that bridge to it, at times a dimple on top.

    ``variant``: height, pallor, dimple, number of bridging folds.
    """
    height, pallor, dimple, bridges = lesion.variant
    k, radius = lesion.strength, lesion.spot.radius
    round_reach = patch.away * np.float32(0.35) + patch.reach * np.float32(0.65)
    reach = np.where(patch.reach < 1, np.minimum(round_reach, 1), 1)
    inner = 1 - np.square(reach)
    dome = np.sqrt(inner) * (np.float32(0.5) + np.float32(0.5) * inner) * smoothstep(1.0, 0.7, reach)
    size = radius * (0.55 + 0.4 * height) * (0.3 + 0.7 * k)
    surface.relief[:] += np.float32(size) * dome
    _bridge(lesion, patch, surface, 2 + int(3 * bridges))
    top = smoothstep(0.9, 0.2, reach)
    surface.tint(_alpha(0.45 * k * (0.3 + 0.7 * pallor), top), (1.06, 1.16, 1.10))
    if dimple > 0.72:
        pit = smoothstep(0.2, 0.08, reach + np.float32(0.03) * patch.grain[..., 1])
        surface.relief[:] -= np.float32(0.14 * radius * k) * pit
        surface.cover(_alpha(0.8 * k, pit), (0.66, 0.52, 0.36))
    surface.texture[:] *= 1 - np.float32(0.35 * k) * top
    surface.folds[:] *= 1 - np.float32(min(1, 0.45 + 0.7 * k)) * smoothstep(1.0, 0.7, reach)


LESIONS: Mapping[str, Callable[[Lesion, Patch, Surface], None]] = MappingProxyType(
    {
        "PU": draw_peptic_ulcer,
        "EGC+HGIN": draw_early_cancer,
        "AGC": draw_advanced_cancer,
        "SMT": draw_submucosal_tumour,
    }
)
"""Kind of lesion to what draws it."""

GASTRIC_CLASSES = (NORMAL, *LESIONS)
"""Labels of the gastric phantoms, as in the third study."""

RELIEF_REACH = 2.2
"""Radii from its middle within which a lesion may bend the wall; its colours end at its outline."""


def lesion_mask(patch: Patch) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Pixels of a patch that belong to the lesion."""
    return patch.reach < 1


def _alpha(strength: float, field: Field) -> Field:
    return np.asarray(np.clip(field * np.float32(strength), 0, 1), np.float32)


def _spokes(patch: Patch, count: int, shift: float) -> Field:
    """Ridges that run toward the middle, 0 to 1."""
    angle = np.arctan2(patch.y, patch.x)
    return np.asarray(np.maximum(np.cos(angle * count + np.float32(shift) + patch.grain[..., 1] * 0.5), 0), np.float32)


def _converge(lesion: Lesion, patch: Patch, surface: Surface, edge: float) -> None:
    count = 4 + int(4 * lesion.variant[0])
    away = smoothstep(edge, edge + 0.3, patch.reach) * smoothstep(RELIEF_REACH, 1.0, patch.away)
    spokes = _spokes(patch, count, 6.3 * lesion.variant[2])
    surface.relief[:] += np.float32(0.09 * lesion.spot.radius * lesion.strength) * spokes * away


def _bridge(lesion: Lesion, patch: Patch, surface: Surface, count: int) -> None:
    band = smoothstep(0.55, 0.95, patch.away) * smoothstep(0.8 * RELIEF_REACH, 1.0, patch.away)
    spokes = np.square(_spokes(patch, count, 6.3 * lesion.variant[2]))
    surface.relief[:] += np.float32(0.13 * lesion.spot.radius * lesion.strength) * spokes * band
