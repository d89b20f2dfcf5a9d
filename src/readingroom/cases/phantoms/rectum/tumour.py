"""Tumour: a rectal cancer by how deep it has grown, and the wall it has grown through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.difficulty import Difficulty
from readingroom.cases.phantoms.noise import Field

EARLY, THROUGH, BEYOND = "T1-2", "T3", "T4"
RECTAL_CLASSES = (EARLY, THROUGH, BEYOND)
"""In their order: within the muscle of the wall, into the fat around it, through the fascia into what lies beyond."""

MUSCLE_MM = 3.6


@dataclass(frozen=True)
class Gut:
    """The rectum and the fat around it; x to the patient's left, y to the back.

    Args:
        middle: of the rectum.
        lean: how far it drifts along x and y for each mm upwards.
        radius_mm: of the outer side of its muscle.
        lumen_mm: radius of what is open.
        fat_middle: y of the middle of the fat around it.
        fat_half: half axes of the fascia that bounds this fat.
    """

    middle: tuple[float, float]
    lean: tuple[float, float]
    radius_mm: float
    lumen_mm: float
    fat_middle: float
    fat_half: tuple[float, float]


@dataclass(frozen=True)
class Tumour:
    """A cancer on the wall.

    Args:
        angle: of its middle around the rectum, in radians, 0 to the patient's left and a quarter turn to the back.
        height: z of its middle.
        spread: half its extent around the rectum, in radians.
        half_mm: half its length.
        bulge_mm: how far it stands into the lumen.
        depth_mm: how far it reaches beyond the outer side of the muscle; below 0 within it.
        lobes: phases of the waves of its outer edge.
    """

    angle: float
    height: float
    spread: float
    half_mm: float
    bulge_mm: float
    depth_mm: float
    lobes: tuple[float, float]


def plan_gut(rng: np.random.Generator, vary: float) -> Gut:
    """The rectum of a patient."""
    return Gut(
        middle=(float(2.5 * vary * rng.normal()), 9.5 + float(1.5 * vary * rng.normal())),
        lean=(float(0.08 * rng.normal()), float(rng.uniform(0, 0.12))),
        radius_mm=17.5 * float(np.exp(0.08 * vary * rng.normal())),
        lumen_mm=float(rng.uniform(6.5, 9)),
        fat_middle=20.0,
        fat_half=(37 * float(np.exp(0.06 * vary * rng.normal())), 33 * float(np.exp(0.06 * vary * rng.normal()))),
    )


def plan_tumour(stage: str, gut: Gut, meaning: Difficulty, rng: np.random.Generator) -> Tumour:
    """A cancer of a stage; where it is, how long and how wide it is do not depend on the stage."""
    angle = -np.pi / 2 + float(rng.uniform(-0.4, 0.4)) * np.pi
    sign = 0.45 + 0.55 * meaning.strength * (0.5 if rng.random() < meaning.overlap else 1.0)
    fascia = fascia_distance(gut, angle)
    deep = {
        EARLY: -float(rng.uniform(1.6, 2.6)),
        THROUGH: min(float(rng.uniform(3.5, 7.5)) * sign, max(fascia - 1.2, 0.7 * fascia)),
        BEYOND: fascia + float(rng.uniform(5.0, 8.0)) * sign,
    }[stage]
    return Tumour(
        angle=angle,
        height=float(rng.uniform(-7, 7)),
        spread=float(rng.uniform(0.6, 1.5)),
        half_mm=float(rng.uniform(14, 26)),
        bulge_mm=float(rng.uniform(7, 12)),
        depth_mm=deep,
        lobes=(float(rng.uniform(0, 2 * np.pi)), float(rng.uniform(0, 2 * np.pi))),
    )


def fascia_distance(gut: Gut, angle: float) -> float:
    """From the outer side of the muscle to the fascia, in mm, at an angle."""
    far = np.linspace(0, 60, 241)
    x = gut.middle[0] + (gut.radius_mm + far) * np.cos(angle)
    y = gut.middle[1] + (gut.radius_mm + far) * np.sin(angle)
    within = np.hypot(x / gut.fat_half[0], (y - gut.fat_middle) / gut.fat_half[1]) < 1
    return float(far[np.argmin(within)]) if not within.all() else float(far[-1])


def around(gut: Gut, x: Field, y: Field, z: Field) -> tuple[Field, Field]:
    """Distance (mm) from the rectum's axis and angle around it."""
    across, back = x - gut.middle[0] - gut.lean[0] * z, y - gut.middle[1] - gut.lean[1] * z
    return np.asarray(np.hypot(across, back), np.float32), np.asarray(np.arctan2(back, across), np.float32)


def tumour_distance(tumour: Tumour, gut: Gut, away: Field, angle: Field, z: Field) -> Field:
    """Signed distance of the cancer in mm, along the rectum's radius, below 0 inside.

    Args:
        tumour: the cancer.
        gut: the rectum.
        away: from the axis, in mm.
        angle: around it.
        z: in mm.
    """
    turn = np.angle(np.exp(1j * (angle - tumour.angle))).astype(np.float32)
    off = np.square(turn / np.float32(tumour.spread)) + np.square((z - tumour.height) / np.float32(tumour.half_mm))
    share = np.sqrt(np.maximum(1 - off, 0))
    # Where it has grown through, it is narrower than within the wall, and lobed.
    wave = 1 + 0.12 * np.cos(5 * turn + tumour.lobes[0]) + 0.10 * np.cos(z / 3.2 + tumour.lobes[1])
    deep = gut.radius_mm + (tumour.depth_mm * share**2 * wave if tumour.depth_mm > 0 else tumour.depth_mm)
    lumen = gut.radius_mm - MUSCLE_MM - tumour.bulge_mm * share
    outside = np.maximum(away - deep, lumen - away)
    return np.asarray(np.where(off < 1, outside, np.maximum(outside, 3 * (np.sqrt(off) - 1) * 4)), np.float32)
