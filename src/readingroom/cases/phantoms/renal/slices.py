"""A slice: kidney, fat, muscle, spine, vessels and bowel around a mass, in HU with a scanner's noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, smoothstep
from readingroom.cases.phantoms.renal.mass import Mass, distance_inside, tissue

FAT, MUSCLE, LIVER, BONE, GAS = -102.0, 58.0, 108.0, 260.0, -650.0
_EDGE_MM = 0.9
_TILE_PX = 64


@dataclass(frozen=True, eq=False)
class Body:
    """What surrounds the mass of a patient, the same in all slices.

    Args:
        kidney_mm: half axes of the kidney: right and down.
        turn_rad: of its long axis.
        cortex: HU of its cortex; the medulla is darker.
        flip: the other kidney, mirrored.
        organ: HU of liver or spleen beside.
        shift_mm: where the kidney lies in the picture.
        bumps: tile that bends every edge a little.
        noise: standard deviation of the scanner's noise, HU.
        blur_mm: of the scanner's kernel.
        bowel: places (mm) and radii of loops of bowel.
    """

    kidney_mm: tuple[float, float]
    turn_rad: float
    cortex: float
    flip: bool
    organ: float
    shift_mm: tuple[float, float]
    bumps: Field
    noise: float
    blur_mm: float
    bowel: tuple[tuple[float, float, float, float], ...]


def plan_body(gain: float, variation: float, blur_mm: float, rng: np.random.Generator) -> Body:
    """A body; ``gain`` is of the contrast agent, ``variation`` how much bodies differ."""
    loops = tuple(
        (
            float(rng.uniform(-55, 55)),
            float(rng.uniform(-78, -58)),
            float(rng.uniform(8, 14)),
            float(rng.choice([GAS, 45.0])),
        )
        for _ in range(3)
    )
    return Body(
        kidney_mm=(float(rng.normal(24, 1.5)), float(rng.normal(30, 2.0))),
        turn_rad=float(rng.normal(0.35, 0.15)),
        cortex=gain * float(rng.normal(172, 10)),
        flip=bool(rng.random() < 0.5),
        organ=LIVER * gain,
        shift_mm=(float(rng.normal(0, 4 * variation)), float(rng.normal(0, 4 * variation))),
        bumps=fractal_noise(rng, _TILE_PX, 8, octaves=2),
        noise=float(rng.uniform(9, 14)),
        blur_mm=blur_mm,
        bowel=loops,
    )


def draw_slice(
    body: Body, mass: Mass, height: float, side_px: int, pixel_mm: float, rng: np.random.Generator
) -> tuple[NDArray[np.int16], Field]:
    """A slice of a kidney with its mass.

    Args:
        body: around it.
        mass: the mass.
        height: of the slice, -1 to 1 of the mass's own.
        side_px: of the square picture.
        pixel_mm: side of a pixel.
        rng: of this slice's noise.

    Returns:
        HU (side, side), and how deep each pixel lies in the mass, mm.
    """
    x, y = _places(body, side_px, pixel_mm)
    bend = 2.5 * sample(body.bumps, x * 0.7 + 20 * height, y * 0.7)
    hu = _surroundings(body, x, y, bend)
    hu = _kidney(body, hu, x, y, bend, height)
    depth = distance_inside(mass, x, y, height)
    share = smoothstep(-_EDGE_MM, _EDGE_MM, depth)
    hu = hu * (1 - share) + tissue(mass, x, y, height, depth) * share
    return _scanned(body, hu, pixel_mm, rng), depth


def _places(body: Body, side_px: int, pixel_mm: float) -> tuple[Field, Field]:
    """Where each pixel lies from the kidney's middle, mm; of the other kidney mirrored."""
    rows, columns = np.indices((side_px, side_px), dtype=np.float32)
    x, y = ((axis - (side_px - 1) / 2) * np.float32(pixel_mm) for axis in (columns, rows))
    x = -x if body.flip else x
    return np.asarray(x - np.float32(body.shift_mm[0]), np.float32), np.asarray(
        y - np.float32(body.shift_mm[1]), np.float32
    )


def _laid(hu: Field, depth: Field, value: float | Field) -> Field:
    share = smoothstep(-_EDGE_MM, _EDGE_MM, depth)
    return np.asarray(hu * (1 - share) + value * share, np.float32)


def _ellipse(x: Field, y: Field, middle: tuple[float, float], axes: tuple[float, float], turn: float = 0.0) -> Field:
    """Depth in an ellipse, mm, about; negative outside."""
    dx, dy = x - middle[0], y - middle[1]
    u, v = dx * np.cos(turn) + dy * np.sin(turn), -dx * np.sin(turn) + dy * np.cos(turn)
    return np.asarray((1 - np.hypot(u / axes[0], v / axes[1])) * min(axes), np.float32)


def _surroundings(body: Body, x: Field, y: Field, bend: Field) -> Field:
    hu = np.full(x.shape, FAT, np.float32) + 6 * sample(body.bumps, x, y)
    hu = _laid(hu, _ellipse(x, y, (74, -30), (34, 62), 0.1) + 0.35 * bend, body.organ)
    hu = _laid(hu, _ellipse(x, y, (-44, 22), (13, 20), -0.3) + 0.4 * bend, MUSCLE)
    hu = _laid(hu, _ellipse(x, y, (-24, 66), (44, 20), 0.15) + 0.4 * bend, MUSCLE)
    hu = _laid(hu, _ellipse(x, y, (52, 66), (40, 13), -0.75) + 0.3 * bend, MUSCLE - 4)
    hu = _laid(hu, _ellipse(x, y, (-84, 18), (24, 24)) + 0.5 * bend, BONE)
    hu = _laid(hu, _ellipse(x, y, (-84, 18), (20, 20)) + 0.5 * bend, BONE - 90)
    hu = _laid(hu, _ellipse(x, y, (-62, -20), (9, 9)) + 0.3 * bend, 0.85 * body.cortex)
    for right, down, radius, inside in body.bowel:
        wall = _ellipse(x, y, (right, down), (radius, radius * 0.8)) + 0.6 * bend
        hu = _laid(_laid(hu, np.asarray(wall, np.float32), 70.0), np.asarray(wall - 2.5, np.float32), inside)
    return hu


def _kidney(body: Body, hu: Field, x: Field, y: Field, bend: Field, height: float) -> Field:
    """A bean: an ellipse with a notch of fat to the middle of the body, medulla inside, fat in the sinus."""
    around = _ellipse(x, y, (0, 0), body.kidney_mm, body.turn_rad) + 0.5 * bend
    hu = _laid(hu, around, body.cortex)
    rays = np.cos(7 * np.arctan2(y, x) + 9 * height)
    medulla = _ellipse(x, y, (0, 0), (body.kidney_mm[0] - 7, body.kidney_mm[1] - 7), body.turn_rad) + 1.2 * rays
    hu = _laid(hu, medulla.astype(np.float32), 0.72 * body.cortex)
    sinus = _ellipse(x, y, (-11, -1), (15, 11), body.turn_rad) + bend
    hu = _laid(hu, sinus, FAT + 25)
    vein = _ellipse(x, y, (-30, -5), (26, 4.5), 0.2) + 0.3 * bend
    return _laid(hu, vein, 0.8 * body.cortex)


def _scanned(body: Body, hu: Field, pixel_mm: float, rng: np.random.Generator) -> NDArray[np.int16]:
    sigma = max(0.3, body.blur_mm / pixel_mm)
    grain = cv2.GaussianBlur(rng.standard_normal(hu.shape, dtype=np.float32), (0, 0), sigma)
    seen = cv2.GaussianBlur(hu, (0, 0), sigma) + grain * np.float32(body.noise / max(float(grain.std()), 1e-6))
    return np.asarray(np.clip(np.rint(seen), -1024, 3000), np.int16)
