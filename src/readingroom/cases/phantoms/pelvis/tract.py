"""Tract: a fistula from its internal opening in the anal canal to the skin, and vessels that look like one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.pelvis.anatomy import VESSEL, Pelvis
from readingroom.cases.phantoms.pelvis.canvas import Canvas
from readingroom.cases.phantoms.pelvis.organs import EXTERNAL_MM, INTERNAL_MM, LINING_MM, PLANE_MM

SLICE_MM = 4.0

_STEP_MM = 0.8  # between neighbouring points of a tube
_WALL, _PUS = 0.98, 0.34
_ALONE_MM = 12.0  # from here on a tube is far away
_POSTERIOR = np.pi / 2


@dataclass(frozen=True)
class Tube:
    """A curved tube.

    Args:
        points_mm: (N, 3) x, y and z of its middle, densely.
        radius_mm: (N,).
    """

    points_mm: NDArray[np.float32]
    radius_mm: NDArray[np.float32]


@dataclass(frozen=True)
class Tract:
    """A fistula, or in a normal phantom the way that one could take, which says what levels are looked at.

    Args:
        tubes: the tract and its side branches, the internal opening first.
        strength: of its signal against what surrounds it; 1 as in a textbook.
        halo: of the inflammation around it.
        kind: course by the classification of Parks.
    """

    tubes: tuple[Tube, ...]
    strength: float
    halo: float
    kind: str


def plan_tract(pelvis: Pelvis, rng: np.random.Generator, *, strength: float, size: float) -> Tract:
    """The course of a fistula: where it opens, between which muscles it runs, where it reaches the skin."""
    kind = str(rng.choice(["intersphincteric", "transsphincteric", "suprasphincteric"], p=[0.4, 0.5, 0.1]))
    back = rng.random() < 0.65
    opening = (_POSTERIOR if back else -_POSTERIOR) + float(np.clip(rng.normal(0, 0.5), -1.2, 1.2))
    level = float(rng.uniform(13, 26))
    side = 1.0 if rng.random() < 0.5 else -1.0
    radius = float(rng.uniform(1.9, 3.6)) * size
    path = _course(kind, opening, level, side, rng)
    tubes = [_tube(pelvis, path, radius, rng)]
    if rng.random() < 0.45:
        start = path[1]
        rise = float(rng.uniform(10, 26))
        swing = start[1] + side * float(rng.uniform(0.3, 1.3))
        middle = start[0] + 0.5, (start[1] + swing) / 2, start[2] + rise / 2
        branch = [start, middle, (PLANE_MM + 1.5, swing, start[2] + rise)]
        tubes.append(_tube(pelvis, branch, 0.85 * radius, rng))
    return Tract(tuple(tubes), strength, float(rng.uniform(0.2, 1.0)), kind)


Polar = tuple[float, float, float]
"""Distance from the canal's middle before the sphincter's thickness is known, angle and level."""


def _course(kind: str, opening: float, level: float, side: float, rng: np.random.Generator) -> list[Polar]:
    plane = (INTERNAL_MM + PLANE_MM) / 2
    out = opening + side * float(rng.uniform(0.15, 0.9))
    skin = float(rng.uniform(-9, -3))
    path = [(LINING_MM - 2.2, opening, level), (plane, opening + 0.1 * side, level - 1)]
    if kind == "intersphincteric":
        return [*path, (plane + 0.6, (opening + out) / 2, level * 0.45), (float(rng.uniform(12, 18)), out, skin)]
    if kind == "suprasphincteric":
        top = level + float(rng.uniform(10, 16))
        path += [(plane + 0.5, opening + 0.15 * side, (level + top) / 2), (EXTERNAL_MM - 1, out, top)]
        level = top - 6
    else:
        path += [(EXTERNAL_MM + 2, (opening + out) / 2, level - float(rng.uniform(1, 8)))]
    far = float(rng.uniform(24, 42))
    return [*path, ((EXTERNAL_MM + far) / 2 + 3, out, level * 0.35 + 2), (far, out + 0.1 * side, skin)]


def _tube(pelvis: Pelvis, path: list[Polar], radius: float, rng: np.random.Generator) -> Tube:
    """A smooth tube through places around the canal, wider here and narrower there."""
    corners = np.array([_place(pelvis, *polar) for polar in path])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    at = np.arange(0, along[-1], _STEP_MM)
    points = CubicSpline(along, corners)(at)
    knots = np.linspace(0, along[-1], 7)
    points += CubicSpline(knots, rng.normal(0, 0.7, (7, 3)))(at) * np.minimum(at / 8, 1)[:, None]
    width = radius * np.exp(CubicSpline(knots, rng.normal(0, 0.22, 7))(at))
    return Tube(points.astype(np.float32), np.clip(width, 0.5 * radius, 2.2 * radius).astype(np.float32))


def _place(pelvis: Pelvis, away: float, angle: float, z: float) -> tuple[float, float, float]:
    x, y = pelvis.canal_mm(z)
    # Beyond the sphincter, distances do not grow with its thickness.
    away = min(away, EXTERNAL_MM) * pelvis.sphincter + max(away - EXTERNAL_MM, 0)
    return x + away * np.cos(angle), y + 1.08 * away * np.sin(angle), z


def plan_vessels(pelvis: Pelvis, rng: np.random.Generator, expected: float) -> tuple[Tube, ...]:
    """Thin bright vessels that cross the fat beside the canal, in every patient, as a tract does."""
    return tuple(_plan_vessel(pelvis, rng) for _ in range(min(int(rng.poisson(expected)), 12)))


def _plan_vessel(pelvis: Pelvis, rng: np.random.Generator) -> Tube:
    angle, level = float(rng.uniform(-np.pi, np.pi)), float(rng.uniform(-6, 46))
    swing, rise = rng.normal(0, 0.35, 2), rng.normal(0, 7, 2)
    near = float(rng.choice([LINING_MM, INTERNAL_MM, EXTERNAL_MM + 1]))
    path = [
        (near, angle, level),
        (near + float(rng.uniform(4, 10)), angle + float(swing[0]), level + float(rise[0])),
        (near + float(rng.uniform(12, 24)), angle + float(swing[1]), level + float(rise[1])),
    ]
    return _tube(pelvis, path, float(rng.uniform(0.4, 0.9)), rng)


def distance_to(tubes: Sequence[Tube], canvas: Canvas) -> Field:
    """Signed distance in millimetres (H, W) of tubes, below 0 inside, no larger than ``_ALONE_MM``.

    A slice is ``SLICE_MM`` thick: what crosses it anywhere counts as in it.
    """
    surface = np.full(canvas.x.shape, _ALONE_MM, np.float32)
    for tube in tubes:
        beside = np.maximum(np.abs(tube.points_mm[:, 2] - np.float32(canvas.z)) - np.float32(SLICE_MM / 2), 0)
        for (x, y, _), radius, dz in zip(tube.points_mm, tube.radius_mm, beside, strict=True):
            if dz < _ALONE_MM:
                away = np.sqrt(np.square(canvas.x - x) + np.square(canvas.y - y) + dz * dz)
                np.minimum(surface, away - radius, out=surface)
    return surface


def trace_tract(tract: Tract, canvas: Canvas, body: Field) -> NDArray[np.bool_]:
    """Where (H, W) a tract runs on a slice; ``body`` is the signed distance of the skin."""
    return np.asarray((distance_to(tract.tubes, canvas) < 0) & (body < 0), bool)


def lay_tract(tract: Tract, canvas: Canvas, body: Field) -> None:
    """Lay a tract on a slice, in place: enhancing wall, darker pus where it is wide, inflamed surroundings.

    Args:
        tract: the fistula.
        canvas: the slice.
        body: signed distance (H, W) of the skin; nothing is laid outside.
    """
    surface = distance_to(tract.tubes, canvas)
    inside_body = smoothstep(0.5, -1.0, body) * np.float32(tract.strength)
    halo = np.exp(-np.maximum(surface, 0) / np.float32(4.0)) * np.float32(0.30 * tract.halo) * inside_body
    halo *= surface < _ALONE_MM
    canvas.signal[:] += halo * np.maximum(1 - canvas.signal, 0)
    wall = smoothstep(0.6, -0.6, surface) * inside_body
    canvas.signal[:] += wall * (np.float32(_WALL) - canvas.signal)
    pus = smoothstep(-1.5, -2.3, surface) * inside_body
    canvas.signal[:] += pus * (np.float32(_PUS) - canvas.signal)


def lay_vessel(tube: Tube, canvas: Canvas, body: Field) -> None:
    """Lay a thin bright vessel on a slice, in place."""
    surface = distance_to([tube], canvas)
    bright = smoothstep(0.6, -0.6, surface) * smoothstep(0.5, -1.0, body) * np.float32(0.85)
    canvas.signal[:] += bright * (np.float32(VESSEL) - canvas.signal)
