"""Landmarks: what tells the sites of the upper digestive tract apart, laid on the patch of the wall around each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.cavity import Wall
from readingroom.cases.phantoms.mucosa import Texture
from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.surface import Patch, Surface

LARYNX_REACH = 2.7
"""Radii from the glottis within which the larynx and the pyriform sinuses lie."""

PYRIFORM = (1.28, -0.42)
"""Middle of the right pyriform sinus, to the picture's right of the glottis and up, in radii; the left is mirrored."""

_DARK = (0.035, 0.012, 0.010)


def lay_larynx(patch: Patch, radius: float, surface: Surface) -> None:
    """Glottis with its cords, arytenoids, epiglottis, and a pyriform sinus on each side; x to the right, y up."""
    x, y = _wavering(patch)
    width = np.float32(0.34) * (np.float32(0.62) - y)
    gap = np.abs(x) - width
    within = smoothstep(-0.56, -0.46, y) * smoothstep(0.66, 0.56, y)
    lumen = smoothstep(0.05, -0.03, gap) * within
    cords = smoothstep(0.30, 0.20, gap) * smoothstep(-0.05, 0.03, gap) * within
    ring = np.sqrt(np.square(x / np.float32(0.82)) + np.square((y - np.float32(0.1)) / np.float32(1.02)))
    folds = _hump((ring - 1) / np.float32(0.16)) * smoothstep(1.1, 0.5, y)
    knobs = _blob(np.abs(x) - np.float32(0.36), y + np.float32(0.78), 0.24, 0.2)
    tongue = _blob(x, np.asarray(y - np.float32(1.15) + np.float32(0.25) * np.square(x), np.float32), 0.95, 0.20)
    sinus = _pyriform(np.abs(x), y)
    inlet = _blob(x, y + np.float32(1.42), 0.55, 0.10)
    height = np.float32(0.42) * folds + np.float32(0.50) * knobs + np.float32(0.62) * tongue + np.float32(0.10) * cords
    surface.relief[:] += np.float32(radius) * (height - np.float32(1.6) * sinus - np.float32(0.4) * inlet)
    surface.relief[:] -= np.float32(2.2 * radius) * lumen
    surface.cover(np.asarray(cords * np.float32(0.9), np.float32), (0.86, 0.74, 0.62))
    surface.cover(np.asarray(np.float32(0.75) * np.maximum(sinus, inlet), np.float32), (0.16, 0.045, 0.035))
    surface.cover(np.asarray(np.float32(0.96) * lumen, np.float32), _DARK)
    surface.texture[:] *= 1 - np.maximum(np.maximum(cords, lumen), np.float32(0.5) * folds)


def lay_opening(patch: Patch, radius: float, surface: Surface) -> None:
    """A round opening with a swollen rim: the pylorus; the outer half of the patch is its surround."""
    reach = patch.reach * (1 + np.float32(0.06) * patch.grain[..., 0])
    rim = _hump((reach - np.float32(0.85)) / np.float32(0.30))
    hole = smoothstep(0.60, 0.36, reach)
    surface.relief[:] += np.float32(radius) * (np.float32(0.30) * rim - np.float32(2.2) * hole)
    surface.cover(np.asarray(np.float32(0.75) * hole, np.float32), _DARK)
    surface.folds[:] *= smoothstep(0.9, 1.5, reach)


def lay_cuff(patch: Patch, radius: float, surface: Surface) -> None:
    """The cardia from below: folds that close around the endoscope, with a lip on one side."""
    angle = np.arctan2(patch.y, patch.x)
    reach = patch.reach
    lip = _hump((reach - np.float32(1.0)) / np.float32(0.25)) * (np.float32(0.75) + np.float32(0.25) * np.cos(angle))
    outer = _hump((reach - np.float32(1.9)) / np.float32(0.3)) * smoothstep(-0.8, 0.6, np.cos(angle - np.float32(0.8)))
    rays = np.maximum(np.cos(angle * 9 + patch.grain[..., 1]), 0) * _hump((reach - np.float32(1.5)) / np.float32(0.6))
    lip = lip + np.float32(0.6) * outer
    hole = smoothstep(0.75, 0.45, reach)
    surface.relief[:] += np.float32(radius) * (np.float32(0.55) * lip + np.float32(0.12) * rays - hole)
    surface.cover(np.asarray(np.float32(0.7) * hole, np.float32), _DARK)
    surface.folds[:] *= smoothstep(0.9, 1.8, reach)


def lay_papilla(patch: Patch, radius: float, surface: Surface) -> None:
    """The major papilla: a hooded bump with a pale opening and a fold that runs down from it."""
    bump = smoothstep(1.0, 0.3, patch.reach)
    frenulum = _blob(patch.x + np.float32(1.6), patch.y, 0.9, 0.18) * smoothstep(2.8, 2.2, patch.away)
    surface.relief[:] += np.float32(radius) * (np.float32(0.75) * bump + np.float32(0.3) * frenulum)
    surface.tint(np.asarray(np.float32(0.5) * bump, np.float32), (1.0, 0.78, 0.74))
    pore = smoothstep(0.25, 0.12, patch.reach)
    surface.cover(np.asarray(np.float32(0.6) * pore, np.float32), (0.70, 0.50, 0.28))
    surface.folds[:] *= smoothstep(0.8, 1.2, patch.reach)


@dataclass(frozen=True)
class Arch:
    """A crescent across a part of the wall.

    Args:
        height: at its middle; 0 for none.
        place: where it stands along z.
        theta: the side it stands on.
        edge: how far it takes to fall off beyond.
    """

    height: float
    place: float
    theta: float
    edge: float


LANDMARKS: Mapping[str, Callable[[Patch, float, Surface], None]] = MappingProxyType(
    {"larynx": lay_larynx, "pylorus": lay_opening, "cardia": lay_cuff, "papilla": lay_papilla}
)
"""Kind of landmark to what draws it from its patch and its radius."""

LANDMARK_REACH: Mapping[str, float] = MappingProxyType(
    {"larynx": LARYNX_REACH, "pylorus": 2.2, "cardia": 3.0, "papilla": 2.8}
)
"""Radii from its middle within which a landmark changes the wall."""


def circular_folds(wall: Wall, texture: Texture, height: float, spacing: float) -> Field:
    """Height (H, W) of the duodenum's circular folds: thin crests, each around a part of the wall."""
    phase = wall.along * np.float32(2 * np.pi / spacing) + np.float32(0.8) * texture.bend
    crest = np.power(np.float32(0.5) + np.float32(0.5) * np.cos(phase), 3)
    gaps = smoothstep(-1.3, -0.3, np.cos(wall.theta * 2 + np.float32(0.7) * phase) + np.float32(0.5) * texture.gather)
    return np.asarray(np.float32(height) * crest * gaps, np.float32)


def angular_fold(wall: Wall, texture: Texture, fold: Arch) -> Field:
    """Height (H, W) of the angulus: a crescent that comes up slowly on the side of the body and falls off beyond."""
    beyond = wall.points[2] - np.float32(fold.place) + np.float32(0.03) * texture.bend
    side = np.cos(wall.theta - np.float32(fold.theta))
    height = np.float32(fold.height) * smoothstep(-0.35, 0.9, side)
    oral, aboral = np.exp(np.minimum(beyond, 0) * np.float32(2.4)), np.exp(-np.square(beyond / np.float32(fold.edge)))
    return np.asarray(height * np.where(beyond < 0, oral, aboral), np.float32)


def palisade(wall: Wall, texture: Texture) -> Field:
    """Strength (H, W) of the fine vessels that run side by side along the gullet, 0 to 1."""
    lines = np.float32(0.5) + np.float32(0.5) * np.cos(wall.theta * 34 + np.float32(2.5) * texture.bend)
    return np.asarray(np.power(lines, 8) * smoothstep(-1.2, 0.8, texture.gather), np.float32)


def squamous_share(wall: Wall, texture: Texture, edge: float, jag: float) -> Field:
    """1 where the pale lining of the gullet is, 0 beyond the Z-line: a jagged ring at a latitude, with tongues.

    Args:
        wall: of the view.
        texture: its noise.
        edge: sine of the latitude of the ring; 1 or more for pale everywhere.
        jag: how far the tongues reach, as a sine of latitude.
    """
    if edge >= 1:
        return np.ones_like(wall.latitude)
    tongues = np.float32(0.6) * np.sin(wall.theta * 5 + texture.bend) + np.float32(0.5) * texture.mottling
    line = np.float32(edge) + np.float32(jag) * tongues
    return smoothstep(0.02, -0.02, wall.latitude - line)


def _wavering(patch: Patch) -> tuple[Field, Field]:
    """Coordinates of a patch, a little out of true, as flesh is; far off where another wall lies behind it."""
    lumps = np.float32(0.05) * patch.grain[..., 0]
    near = patch.away < LARYNX_REACH
    return tuple(np.where(near, axis, np.float32(9)) for axis in (patch.x + lumps, patch.y - lumps))  # type: ignore[return-value]


def _pyriform(side: Field, y: Field) -> Field:
    """A pear-shaped hollow, wider in front and pointed behind; ``side`` is the distance from the midline."""
    across, along = side - np.float32(PYRIFORM[0]), y - np.float32(PYRIFORM[1])
    across = across + np.float32(0.25) * along
    return _blob(across, along, 0.29, 0.46)


def _blob(x: Field, y: Field, width: float, height: float) -> Field:
    return np.asarray(np.exp(-np.square(x / np.float32(width)) - np.square(y / np.float32(height))), np.float32)


def _hump(values: Field) -> Field:
    return np.asarray(np.exp(-np.square(values)), np.float32)
