"""Cushions: internal haemorrhoids of three risk factors, their relief and their colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.lesions import NORMAL
from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.surface import Patch, Spot, Surface

RISK_FACTORS = ("Rf0", "Rf1", "Rf2")
"""Risk factor of the LDRf classification: no red colour sign; red colour signs; erosion, thrombus or bleeding."""

ANAL_CLASSES = (NORMAL, *RISK_FACTORS)

CUSHION_REACH = 1.5
"""Radii from its middle within which a cushion may bend the wall; its colours end at its outline."""

_FIBRIN, _FRESH, _CLOT = (0.76, 0.60, 0.40), (0.50, 0.03, 0.025), (0.12, 0.025, 0.045)
_CHERRY = (0.60, 0.055, 0.05)


@dataclass(frozen=True)
class Signs:
    """What a cushion shows beside its size; each 0 (none) to 1 (as in a textbook).

    Args:
        congestion: purple of the blood that stands in it.
        veins: net of widened veins under its lining.
        red: cherry spots and streaks, the red colour sign.
        erosion: a worn place under fibrin with a red margin.
        thrombus: a dark clot inside.
        bleeding: fresh blood that runs over it.
    """

    congestion: float = 0.0
    veins: float = 0.0
    red: float = 0.0
    erosion: float = 0.0
    thrombus: float = 0.0
    bleeding: float = 0.0


@dataclass(frozen=True)
class Cushion:
    """A vascular cushion above the dentate line; the same in every image that shows it.

    Args:
        spot: where it is and its shape, the long axis away from the canal.
        height: in units of length.
        signs: what its surface shows.
        variant: four numbers in [0, 1): place of the erosion, of the clot, direction of the blood, form of the spots.
    """

    spot: Spot
    height: float
    signs: Signs
    variant: tuple[float, float, float, float]


def draw_cushion(cushion: Cushion, patch: Patch, surface: Surface) -> None:
    """Raise a cushion out of the wall and give it its colours, in place; neighbours meet in a crease."""
    signs, reach = cushion.signs, patch.reach
    lumps, blotches = patch.grain[..., 0], patch.grain[..., 1]
    area = smoothstep(1.0, 0.78, reach)
    np.maximum(surface.relief, np.float32(cushion.height) * _dome(patch), out=surface.relief)
    surface.tint(_alpha(signs.congestion, area * (0.75 + np.float32(0.2) * blotches)), (0.80, 0.46, 0.62))
    net = smoothstep(0.22, 0.05, np.abs(lumps + np.float32(0.3) * blotches)) * area
    surface.tint(_alpha(0.6 * signs.veins, net), (0.66, 0.50, 0.72))
    _redden(cushion, patch, surface, area)
    if signs.thrombus > 0:
        clot = _blot(patch, cushion.variant[1], 0.28) * area
        surface.cover(_alpha(0.92 * signs.thrombus, clot), _CLOT)
        surface.relief[:] += np.float32(0.10 * cushion.spot.radius * signs.thrombus) * clot
    if signs.erosion > 0:
        _erode(cushion, patch, surface, area)
    if signs.bleeding > 0:
        blood = _trickle(cushion, patch) * area
        surface.cover(_alpha(0.93 * signs.bleeding, blood), _FRESH)
        surface.texture[:] *= 1 - blood
    surface.folds[:] *= 1 - np.float32(0.8) * smoothstep(1.15, 0.7, reach)
    surface.texture[:] *= 1 - np.float32(0.35) * area


def cushion_mask(patch: Patch) -> NDArray[np.bool_]:
    """Pixels of a patch that belong to the cushion."""
    return np.asarray(patch.reach < 1, bool)


def _alpha(strength: float, field: Field) -> Field:
    return np.asarray(np.clip(field * np.float32(strength), 0, 1), np.float32)


def _dome(patch: Patch) -> Field:
    """A plump hill that overhangs toward the canal and runs out into the wall away from it, 0 to 1."""
    reach = np.minimum(patch.reach, 1)
    plump = np.power(1 - np.square(reach), np.float32(0.75)) * smoothstep(1.0, 0.75, reach)
    sloping = smoothstep(1.0, 0.0, reach)
    outer = smoothstep(-0.3, 0.9, patch.x)
    return np.asarray((plump + outer * (sloping - plump)) * (1 + np.float32(0.06) * patch.grain[..., 0]), np.float32)


def _redden(cushion: Cushion, patch: Patch, surface: Surface, area: Field) -> None:
    """Cherry spots, or streaks along the cushion, on a diffusely redder top."""
    red, form = cushion.signs.red, cushion.variant[3]
    if red <= 0:
        return
    lumps, blotches, specks = (patch.grain[..., channel] for channel in range(3))
    top = smoothstep(0.95, 0.35, patch.reach + np.float32(0.1) * blotches)
    surface.tint(_alpha(0.55 * red, top), (0.98, 0.58, 0.56))
    spots = smoothstep(0.55, 1.15, specks + np.float32(0.45) * lumps) * smoothstep(1.0, 0.7, patch.reach)
    waves = np.sin(np.float32(7.0) * patch.y + np.float32(0.9) * blotches + np.float32(6.3 * form))
    streaks = smoothstep(0.62, 0.95, waves.astype(np.float32)) * smoothstep(0.9, 0.55, patch.reach)
    marks = spots if form < 0.5 else np.maximum(np.float32(0.85) * streaks, np.float32(0.5) * spots)
    surface.cover(_alpha(0.80 * red, marks * area), _CHERRY)
    surface.relief[:] += np.float32(0.02 * cushion.spot.radius * red) * marks


def _erode(cushion: Cushion, patch: Patch, surface: Surface, area: Field) -> None:
    """A shallow worn place: fibrin in the middle, a red rim around it, no pattern on it."""
    erosion = cushion.signs.erosion
    worn = _blot(patch, cushion.variant[0], 0.20 + 0.16 * cushion.variant[3]) * area
    rim = np.asarray(4 * worn * (1 - worn), np.float32)
    surface.tint(_alpha(0.9 * erosion, rim), (0.90, 0.40, 0.40))
    coat = smoothstep(0.45, 0.8, worn) * smoothstep(-1.2, 0.9, patch.grain[..., 2])
    surface.cover(_alpha(0.72 * erosion, coat), _FIBRIN)
    surface.relief[:] -= np.float32(0.06 * cushion.spot.radius * erosion) * worn
    surface.texture[:] *= 1 - _alpha(erosion, worn)


def _blot(patch: Patch, place: float, size: float) -> Field:
    """A soft irregular spot of so many radii, off the cushion's middle in a direction of its own."""
    x = patch.x - np.float32(0.28 * np.cos(2 * np.pi * place))
    y = patch.y - np.float32(0.28 * np.sin(2 * np.pi * place))
    away = np.hypot(x, y) * (1 + np.float32(0.18) * patch.grain[..., 1])
    # Far on the opposite wall, where the coordinates alone would come back.
    return smoothstep(1.25 * size, 0.75 * size, np.where(patch.away < 2, away, np.float32(9)).astype(np.float32))


def _trickle(cushion: Cushion, patch: Patch) -> Field:
    """Blood from a point near the middle that runs down one side, wider as it goes."""
    angle = 2 * np.pi * cushion.variant[2]
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along, across = patch.x * c + patch.y * s, patch.y * c - patch.x * s
    across = across + np.float32(0.09) * patch.grain[..., 0]
    width = np.float32(0.11) + np.float32(0.16) * np.clip(along + np.float32(0.2), 0, 1.5)
    stream = smoothstep(1.15, 0.75, np.asarray(np.abs(across) / width, np.float32))
    return np.asarray(stream * smoothstep(-0.25, 0.0, along.astype(np.float32)), np.float32)
