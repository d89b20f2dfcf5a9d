"""Brain: a phantom patient's head as numbers, from which every slice of it is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.noise import Field, fractal_noise
from readingroom.core.seeds import generator

ATROPHY_GRADES = ("0", "1", "2", "3", "4")
"""Scores of medial temporal atrophy (Scheltens et al., J Neurol Neurosurg Psychiatry 1992;55:967)."""

HIGHEST_GRADE = 4.0
TILE_PX = 64


@dataclass(frozen=True)
class MedialTemporal:
    """One side's medial temporal lobe, in millimetres.

    Args:
        hippocampus: height.
        horn: width of the temporal horn of the lateral ventricle.
        fissure: width of the choroid fissure.
    """

    hippocampus: float
    horn: float
    fissure: float


@dataclass(frozen=True)
class Sulcus:
    """A cleft that runs from the surface of the brain inwards.

    Args:
        angle_deg: where it begins, clockwise from the patient's left side as the picture shows it.
        depth: in millimetres.
        bend: how far it swings to one side, in millimetres.
        width: as a share of the patient's usual width.
    """

    angle_deg: float
    depth: float
    bend: float
    width: float


@dataclass(frozen=True)
class HeadScene:
    """A phantom patient's head.

    Args:
        atrophy: of the medial temporal lobes, 0 to 4, continuous; its nearest whole number is the grade.
        shrinkage: of the whole brain, 0 to 1; has nothing to do with ``atrophy``.
        scale: of everything.
        sides: right and left medial temporal lobe; the right one is on the picture's left.
        sulci: of the whole circumference.
        fatness: factor on the scalp's fat.
        contrast: of white and grey matter, as the signal of grey matter.
        warp: (TILE_PX, TILE_PX, 2) of irregular shape.
        grain: (TILE_PX, TILE_PX) of tissue.
        turn_deg: how far the head is tilted.
        shift_mm: off the middle, to the picture's right, and down.
        seed: of what differs from slice to slice.
    """

    atrophy: float
    shrinkage: float
    scale: float
    sides: tuple[MedialTemporal, MedialTemporal]
    sulci: tuple[Sulcus, ...]
    fatness: float
    contrast: float
    warp: Field
    grain: Field
    turn_deg: float
    shift_mm: tuple[float, float]
    seed: int

    @property
    def hippocampus_mm(self) -> float:
        """Mean height of both hippocampi."""
        return (self.sides[0].hippocampus + self.sides[1].hippocampus) / 2

    @property
    def horn_mm(self) -> float:
        """Mean width of both temporal horns."""
        return (self.sides[0].horn + self.sides[1].horn) / 2


def plan_head(atrophy: float, shrinkage: float, *, seed: int, difficulty: float = 0.5) -> HeadScene:
    """A head with so much atrophy of the medial temporal lobes, and so much of the whole brain.

    Args:
        atrophy: 0 to 4, continuous.
        shrinkage: 0 to 1.
        seed: of everything else.
        difficulty: 0 (as in a textbook) to 1 (patients whose anatomy differs much).
    """
    rng = generator(seed, "phantoms", "head")
    apart = float(rng.normal(0, 0.12 + 0.25 * difficulty))
    sides = [side_of(atrophy + half * apart, shrinkage, rng, difficulty) for half in (-1, 1)]
    return HeadScene(
        atrophy=atrophy,
        shrinkage=shrinkage,
        scale=float(rng.normal(1.0, 0.03)),
        sides=(sides[0], sides[1]),
        sulci=_sulci(rng),
        fatness=float(rng.uniform(0.6, 1.4)),
        contrast=float(rng.uniform(0.56, 0.66)),
        warp=np.stack([fractal_noise(rng, TILE_PX, 4, 2, 0.35) for _ in range(2)], axis=-1),
        grain=fractal_noise(rng, TILE_PX, 16, 2, 0.5),
        turn_deg=float(rng.normal(0, 2.5 * (0.4 + difficulty))),
        shift_mm=(float(rng.normal(0, 2.5)), float(rng.normal(3.0, 2.0))),
        seed=seed,
    )


def side_of(atrophy: float, shrinkage: float, rng: np.random.Generator, difficulty: float) -> MedialTemporal:
    """One side: first the choroid fissure widens, then the temporal horn, then the hippocampus loses height.

    The shrinkage of the whole brain widens fissure and horn a little at every grade.
    """
    grade = float(np.clip(atrophy, 0.0, HIGHEST_GRADE))
    wobble = 0.15 + 0.35 * difficulty
    lost = np.interp(grade, range(5), (0.0, 0.4, 1.8, 4.0, 6.4))
    horn = np.interp(grade, range(5), (0.9, 1.5, 3.4, 6.2, 9.6))
    fissure = np.interp(grade, range(5), (0.5, 1.7, 2.9, 4.2, 5.6))
    return MedialTemporal(
        hippocampus=float(max(11.5 - lost + wobble * rng.normal(), 3.0)),
        horn=float(max(horn + 0.6 * shrinkage + wobble * rng.normal(), 0.5)),
        fissure=float(max(fissure + 0.4 * shrinkage + 0.5 * wobble * rng.normal(), 0.3)),
    )


def _sulci(rng: np.random.Generator) -> tuple[Sulcus, ...]:
    """Clefts around both hemispheres, some deep and some shallow; none where the fissures are."""
    found, angle = [], 0.0
    while angle < 360:
        deep = rng.random() < 0.6
        depth = float(rng.uniform(13, 22) if deep else rng.uniform(5, 10))
        found.append(Sulcus(angle, depth, float(rng.normal(0, 3.5)), float(rng.uniform(0.6, 1.3))))
        angle += float(rng.uniform(9, 16))
    return tuple(found)
