"""Volume: the axial slices of a phantom patient's pelvis, with the exact mask of the tract."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.lesions import NORMAL
from readingroom.cases.phantoms.pelvis.anatomy import (
    Pelvis,
    lay_body,
    lay_bones,
    lay_muscles,
    lay_vessels,
    plan_pelvis,
    skin,
)
from readingroom.cases.phantoms.pelvis.canvas import FOV_MM, Canvas, blank
from readingroom.cases.phantoms.pelvis.organs import lay_canal, lay_front, lay_levator
from readingroom.cases.phantoms.pelvis.scanner import Scan, plan_scan, receive
from readingroom.cases.phantoms.pelvis.tract import (
    Tract,
    Tube,
    lay_tract,
    lay_vessel,
    plan_tract,
    plan_vessels,
    trace_tract,
)
from readingroom.core.seeds import generator

FISTULA = "fistula"
FISTULA_CLASSES = (NORMAL, FISTULA)

SLICES, SPACING_MM = 18, 6.0
"""Slices of a volume and the distance of their middles: 4 mm and a gap of 2 mm, 106 mm in all."""


@dataclass(frozen=True)
class PelvisScene:
    """All that is in one phantom volume; drawing it needs no further random numbers.

    Args:
        label: ``normal`` or ``fistula``.
        pelvis: the patient.
        tract: the fistula; in a normal phantom it is not drawn, and says what levels are looked at.
        vessels: that look like a tract, whatever the class.
        scan: the examination.
        lowest_mm: level of the lowest slice above the anal verge.
    """

    label: str
    pelvis: Pelvis
    tract: Tract
    vessels: tuple[Tube, ...]
    scan: Scan
    lowest_mm: float

    def level_mm(self, number: int) -> float:
        """Level of a slice, numbered from 1 at the feet, above the anal verge."""
        return self.lowest_mm + SPACING_MM * (number - 1)


@dataclass(frozen=True)
class Volume:
    """A phantom volume.

    Args:
        pixels: (D, H, W) as the magnet stores them, from the feet up.
        mask: (D, H, W), true on the tract; all false for a normal phantom.
    """

    pixels: NDArray[np.uint16]
    mask: NDArray[np.bool_]


def plan_pelvis_scene(label: str, sex: str, *, seed: int, difficulty: float = 0.5) -> PelvisScene:
    """The scene of one phantom patient.

    Args:
        label: ``normal`` or ``fistula``.
        sex: ``F`` or ``M``.
        seed: of the patient.
        difficulty: 0 to 1.

    Raises:
        KeyError: no such class.
    """
    if label not in FISTULA_CLASSES:
        raise KeyError(label)
    meaning = difficulty_of(difficulty)
    pelvis = plan_pelvis(generator(seed, "pelvis"), sex, meaning.variation)
    rng = generator(seed, "tract")
    weak = 0.55 if rng.random() < meaning.overlap else 1.0
    strength = float(np.clip(meaning.strength * weak * rng.uniform(0.75, 1.1), 0.12, 1.0))
    tract = plan_tract(pelvis, rng, strength=strength, size=0.45 + 0.5 * meaning.size)
    vessels = plan_vessels(pelvis, generator(seed, "vessels"), 2.0 + 3.0 * meaning.decoys)
    lowest = -22.0 + float(generator(seed, "level").uniform(-4, 4))
    return PelvisScene(label, pelvis, tract, vessels, plan_scan(seed, meaning.variation), lowest)


def draw_pelvis(scene: PelvisScene, size: tuple[int, int] = (250, 250)) -> Volume:
    """Draw a phantom volume and the exact mask of its tract.

    Args:
        scene: what to draw.
        size: rows and columns of a slice, which shows 250 x 250 mm.

    Example:
        >>> volume = draw_pelvis(plan_pelvis_scene("fistula", "M", seed=3), size=(32, 32))
        >>> volume.pixels.shape, volume.mask.shape
        ((18, 32, 32), (18, 32, 32))
    """
    pixels = [_draw_slice(scene, number, size) for number in range(1, SLICES + 1)]
    way = trace_way(scene, size)
    return Volume(np.stack(pixels), way if scene.label == FISTULA else np.zeros_like(way))


def trace_way(scene: PelvisScene, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Where (D, H, W) the tract runs or, in a normal phantom, would run; nothing is drawn for it."""
    return np.stack([_trace_slice(scene, number, size) for number in range(1, SLICES + 1)])


def _trace_slice(scene: PelvisScene, number: int, size: tuple[int, int]) -> NDArray[np.bool_]:
    canvas = _blank(scene, number, size)
    return trace_tract(scene.tract, canvas, skin(scene.pelvis, canvas))


def _draw_slice(scene: PelvisScene, number: int, size: tuple[int, int]) -> NDArray[np.uint16]:
    canvas = _blank(scene, number, size)
    body = lay_pelvis(scene.pelvis, canvas)
    for vessel in scene.vessels:
        lay_vessel(vessel, canvas, body)
    if scene.label == FISTULA:
        lay_tract(scene.tract, canvas, body)
    return receive(canvas.signal, scene.scan, number)


def _blank(scene: PelvisScene, number: int, size: tuple[int, int]) -> Canvas:
    pelvis = scene.pelvis
    return blank(pelvis.tissue, scene.level_mm(number), size, pelvis.turn_rad, pelvis.shift_mm)


def lay_pelvis(pelvis: Pelvis, canvas: Canvas) -> NDArray[np.float32]:
    """Lay a healthy pelvis on a slice, in place; returns the signed distance (H, W) of the skin."""
    body = lay_body(pelvis, canvas)
    lay_muscles(pelvis, canvas)
    lay_front(pelvis, canvas)
    lay_bones(pelvis, canvas)
    lay_levator(pelvis, canvas)
    lay_vessels(pelvis, canvas)
    lay_canal(pelvis, canvas)
    outside = np.clip(body * np.float32(1.2) + np.float32(0.5), 0, 1)
    canvas.signal[:] *= 1 - outside
    return body


def pixel_area_mm2(size: tuple[int, int]) -> float:
    """Area of a pixel of a slice of so many rows and columns.

    Example:
        >>> pixel_area_mm2((250, 250))
        1.0
    """
    return FOV_MM[0] / size[0] * FOV_MM[1] / size[1]
