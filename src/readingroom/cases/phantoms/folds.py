"""Folds: the relief of the empty wall: rugae, rings of peristalsis, the arch of the angulus, pylorus and cardia."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.cavity import Wall
from readingroom.cases.phantoms.mucosa import Texture
from readingroom.cases.phantoms.noise import Field, smoothstep

_RIM_LATITUDE = 0.85  # sine of the latitude that no rim reaches


@dataclass(frozen=True)
class Folds:
    """Relief of a site in a patient; heights in units of length, 0 leaves a kind out.

    Args:
        rugae: height of the folds along the organ.
        count: how many of them go around it.
        bend: how far they wander.
        twist: how far they wind around the organ.
        rings: height of the rings of peristalsis.
        waves: height of slow undulations.
        arch: height of the angulus.
        arch_place: where the arch stands along z.
        arch_theta: the side of the wall it stands on.
        pylorus: radius of the opening at the far end.
        cardia: radius of the opening at the near end.
    """

    rugae: float
    count: int
    bend: float
    twist: float
    rings: float
    waves: float
    arch: float = 0.0
    arch_place: float = 0.0
    arch_theta: float = 0.0
    pylorus: float = 0.0
    cardia: float = 0.0


def fold_relief(folds: Folds, wall: Wall, texture: Texture) -> Field:
    """Height (H, W) of rugae, rings and waves; a lesion may flatten or interrupt these."""
    relief = texture.gather * np.float32(folds.waves)
    if folds.rugae:
        phase = wall.theta * np.float32(folds.count) + texture.bend * np.float32(folds.bend)
        phase += wall.along * np.float32(folds.twist)
        strength = smoothstep(-1.6, 1.0, texture.gather + np.float32(0.5) * texture.mottling)
        strength *= smoothstep(0.99, 0.8, np.abs(wall.latitude))
        relief += np.float32(folds.rugae) * strength * _ridge(phase)
    if folds.rings:
        phase = wall.along * np.float32(5.0) + np.float32(0.9) * texture.bend
        relief += np.float32(folds.rings) * _ridge(phase)
    return relief


def landmark_relief(folds: Folds, wall: Wall, texture: Texture) -> Field:
    """Height (H, W) of what makes the site itself: arch, pylorus, cardia."""
    relief = np.zeros_like(wall.distance)
    if folds.arch:
        relief += _arch(folds, wall, texture)
    if folds.pylorus:
        relief += _opening(folds.pylorus, wall, wall.latitude, texture)
    if folds.cardia:
        relief += _opening(folds.cardia, wall, -wall.latitude, texture)
    return relief


def _ridge(phase: Field) -> Field:
    """Rounded ridges with narrow valleys between them, 0 to 1, one for each turn of the phase."""
    half = np.sin(phase * np.float32(0.5))
    return np.asarray(np.sqrt(half * half + np.float32(0.012)) - np.float32(0.11), np.float32)


def _arch(folds: Folds, wall: Wall, texture: Texture) -> Field:
    """A crescent that rises slowly on the near side and falls off steeply beyond its edge."""
    beyond = wall.points[2] - np.float32(folds.arch_place) + np.float32(0.03) * texture.bend
    side = np.cos(wall.theta - np.float32(folds.arch_theta))
    height = np.float32(folds.arch) * smoothstep(-0.35, 0.9, side)
    near = np.exp(np.minimum(beyond, 0) * np.float32(2.4))
    return np.asarray(height * near * smoothstep(0.09, 0.0, beyond), np.float32)


def _opening(radius: float, wall: Wall, latitude: Field, texture: Texture) -> Field:
    """A hole at a pole with a swollen rim."""
    if float(latitude.max()) < _RIM_LATITUDE:
        return np.zeros_like(latitude)
    away = np.sqrt(np.maximum(1 - np.square(latitude), 0))
    away = np.where(latitude > 0, away, np.float32(9)) * (1 + np.float32(0.07) * texture.bend)
    away = away.astype(np.float32)
    rim = np.exp(-np.square((away - np.float32(1.7 * radius)) / np.float32(0.6 * radius)))
    hole = smoothstep(1.15 * radius, 0.75 * radius, away)
    return np.asarray(np.float32(0.4 * radius) * rim - np.float32(2.5) * hole, np.float32)
