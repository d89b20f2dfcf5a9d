"""Anal scenes: the images of patients with haemorrhoids or without, as scenes that can be drawn, from seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.anorectum import AnalScene, Canal
from readingroom.cases.phantoms.cavity import Camera, Cavity, aim
from readingroom.cases.phantoms.cohort import PatientPlan
from readingroom.cases.phantoms.cushions import Cushion, Signs
from readingroom.cases.phantoms.difficulty import Difficulty, difficulty_of
from readingroom.cases.phantoms.folds import Folds
from readingroom.cases.phantoms.lesions import NORMAL
from readingroom.cases.phantoms.light import Exposure
from readingroom.cases.phantoms.mucosa import Mucosa
from readingroom.cases.phantoms.panel import Panel
from readingroom.cases.phantoms.picture import Shot
from readingroom.cases.phantoms.plan import FIELD_RAD, plan_decoys, plan_exposure, plan_mucosa, vary_exposure
from readingroom.cases.phantoms.residue import Decoy, Litter
from readingroom.cases.phantoms.scenes import ENDOSCOPES, plan_panel
from readingroom.cases.phantoms.surface import GRAIN_PX, Spot, turn_along
from readingroom.core.seeds import derive_seed, generator

Span = tuple[float, float]


@dataclass(frozen=True)
class Grade:
    """What the cushions of a grade are like; every span is a lowest and a highest value.

    Args:
        count: number of cushions.
        radius: in units of length.
        height: in radii.
        congestion: purple.
        red: red colour signs of the worst cushion.
        worst: whether the worst cushion is eroded, clotted or bleeding.
    """

    count: tuple[int, int]
    radius: Span
    height: Span
    congestion: Span
    red: Span = (0.0, 0.0)
    worst: bool = False


GRADES: Mapping[str, Grade] = MappingProxyType(
    {
        NORMAL: Grade((1, 4), (0.15, 0.27), (0.04, 0.24), (0.0, 0.30)),
        "Rf0": Grade((1, 4), (0.21, 0.33), (0.40, 0.72), (0.10, 0.70)),
        "Rf1": Grade((2, 4), (0.23, 0.37), (0.42, 0.80), (0.20, 0.85), red=(0.55, 1.0)),
        "Rf2": Grade((2, 4), (0.24, 0.39), (0.42, 0.85), (0.25, 0.95), red=(0.0, 0.9), worst=True),
    }
)
"""Class to its cushions; spans overlap, as only the signs on the surface make the grade."""


@dataclass(frozen=True)
class Anus:
    """All that the images of a patient share."""

    mucosa: Mucosa
    cavity: Cavity
    folds: Folds
    canal: Canal
    cushions: tuple[Cushion, ...]
    diseased: bool
    decoys: tuple[Decoy, ...]


def plan_anal_scene(label: str, *, seed: int, difficulty: float = 0.5, shot: int = 1) -> AnalScene:
    """A scene of one phantom patient on its own, without a panel.

    Args:
        label: class, one of `ANAL_CLASSES`.
        seed: of the patient; all shots of a seed show the same patient.
        difficulty: 0 to 1.
        shot: number of the image.

    Raises:
        KeyError: no such class.
    """
    meaning = difficulty_of(difficulty)
    usual = plan_exposure(generator(seed, "exposure"), meaning.variation)
    anus = plan_anus(label, seed, meaning)
    return _plan_image(anus, usual, derive_seed(seed, "shot", shot), meaning)


def anal_scenes(patient: PatientPlan, difficulty: float, seed: int) -> Iterator[AnalScene]:
    """The scenes of all images of a patient.

    Args:
        patient: from a cohort.
        difficulty: 0 to 1.
        seed: of the collection.
    """
    meaning = difficulty_of(difficulty)
    own = derive_seed(seed, "phantoms", "patient", patient.number)
    endoscope = ENDOSCOPES[patient.centre]
    usual = plan_exposure(generator(own, "exposure"), meaning.variation, endoscope.warmth)
    for lesion in patient.lesions:
        lesion_seed = derive_seed(own, "lesion", lesion.number)
        anus = plan_anus(lesion.label, own, meaning)
        for number in range(1, lesion.images + 1):
            panel = plan_panel(patient, lesion, number, endoscope, own)
            yield _plan_image(anus, usual, derive_seed(lesion_seed, "shot", number), meaning, panel)


def plan_anus(label: str, seed: int, meaning: Difficulty) -> Anus:
    """The anorectum of a patient of a class."""
    mucosa = plan_mucosa(generator(seed, "mucosa"), meaning.variation)
    cavity, folds, canal = _plan_rectum(generator(seed, "rectum"), meaning.variation)
    cushions = plan_cushions(label, cavity, canal, generator(seed, "cushions"), meaning)
    decoys = plan_decoys_around(cushions, generator(seed, "decoys"), meaning.decoys)
    veined = replace(mucosa, vessels=float(np.clip(mucosa.vessels + 0.2, 0, 0.95)))
    return Anus(veined, cavity, folds, canal, cushions, label != NORMAL, decoys)


def _plan_rectum(rng: np.random.Generator, variation: float) -> tuple[Cavity, Folds, Canal]:
    wide, deep = 1 + 0.12 * variation * rng.uniform(-1, 1, 2)
    cavity = Cavity((float(1.05 * wide), float(0.95 * wide), float(1.25 * deep)))
    folds = Folds(
        rugae=float(rng.uniform(0.0, 0.05)),
        count=int(rng.integers(5, 10)),
        bend=float(rng.uniform(1.2, 2.4)),
        twist=float(rng.normal(0, 0.6)),
        rings=float(rng.uniform(0.0, 0.04)),
        waves=float(rng.uniform(0.01, 0.04)),
    )
    canal = Canal(
        mouth=float(rng.uniform(0.16, 0.21)),
        dentate=float(rng.uniform(0.25, 0.31)),
        teeth=float(rng.uniform(0.008, 0.022)),
        columns=int(rng.integers(8, 13)),
        column_height=float(rng.uniform(0.01, 0.05)),
        mound=float(rng.uniform(0.02, 0.12)),
        pallor=float(rng.uniform(0.35, 0.85)),
    )
    return cavity, folds, canal


def plan_cushions(
    label: str, cavity: Cavity, canal: Canal, rng: np.random.Generator, meaning: Difficulty
) -> tuple[Cushion, ...]:
    """The cushions of a class around a canal, the worst first."""
    grade = GRADES[label]
    count = int(rng.integers(grade.count[0], grade.count[1] + 1))
    first = rng.uniform(0, 2 * np.pi)
    angles = first + 2 * np.pi * (np.arange(count) + 0.22 * rng.uniform(-1, 1, count)) / max(count, 3)
    weak = 0.5 if rng.random() < meaning.overlap else 1.0
    strength = min(meaning.strength * weak * float(rng.uniform(0.85, 1.15)), 1.1)
    size = 1 + 0.35 * (meaning.size - 1.3)
    return tuple(
        _plan_cushion(grade, float(angle), number == 0, cavity, canal, rng, strength, size)
        for number, angle in enumerate(angles)
    )


def _plan_cushion(
    grade: Grade,
    angle: float,
    worst: bool,
    cavity: Cavity,
    canal: Canal,
    rng: np.random.Generator,
    strength: float,
    size: float,
) -> Cushion:
    radius = float(rng.uniform(*grade.radius)) * size * (1.0 if worst else float(rng.uniform(0.7, 1.0)))
    stretch = float(rng.uniform(1.0, 1.7))
    middle = canal.dentate + 0.55 * radius * np.sqrt(stretch) + float(rng.normal(0, 0.02))
    semi = float(np.sqrt(cavity.semi_axes[0] * cavity.semi_axes[1]))
    beta = -float(np.arccos(np.clip(middle / semi, 0.05, 0.95)))
    outward = np.array([np.cos(angle), np.sin(angle), 0], np.float32)
    spot = Spot(
        theta=angle,
        beta=beta,
        radius=radius,
        turn=turn_along(cavity.point(angle, beta), outward, cavity) + float(rng.normal(0, 0.25)),
        stretch=stretch,
        ragged=float(rng.uniform(0.05, 0.13)),
        origin=(float(rng.uniform(0, GRAIN_PX)), float(rng.uniform(0, GRAIN_PX))),
    )
    height = radius * float(rng.uniform(*grade.height)) * (0.45 + 0.55 * strength)
    a, b, c, d = (float(value) for value in rng.random(4))
    return Cushion(spot, height, _plan_signs(grade, worst, rng, strength), (a, b, c, d))


def _plan_signs(grade: Grade, worst: bool, rng: np.random.Generator, strength: float) -> Signs:
    """Signs of a cushion; what makes the grade is on the worst one, and on others now and then."""
    congestion, veins = float(rng.uniform(*grade.congestion)), float(rng.uniform(0.0, 0.8))
    shown = worst or rng.random() < 0.45
    red = float(rng.uniform(*grade.red)) * strength * shown
    erosion, thrombus, bleeding = (float(value) for value in _worst_signs(rng) * grade.worst * worst * strength)
    return Signs(congestion, veins, red, erosion, thrombus, bleeding)


def _worst_signs(rng: np.random.Generator) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Strengths of erosion, thrombus and bleeding, of which there is one at least."""
    there = rng.random(3) < (0.45, 0.35, 0.40)
    there[int(rng.integers(3))] = True
    return there * rng.uniform(0.75, 1.0, 3)


def plan_decoys_around(cushions: tuple[Cushion, ...], rng: np.random.Generator, expected: float) -> tuple[Decoy, ...]:
    """Decoys near the cushions or where one could be, fewer than asked for of the largest."""
    spot = cushions[int(rng.integers(len(cushions)))].spot
    around = replace(spot, theta=spot.theta + float(rng.uniform(0.0, 2 * np.pi)))
    return tuple(
        replace(decoy, spot=replace(decoy.spot, radius=0.7 * decoy.spot.radius))
        for near in (spot, around)
        for decoy in plan_decoys(near, rng, expected / 2)
    )


def _plan_image(anus: Anus, usual: Exposure, seed: int, meaning: Difficulty, panel: Panel | None = None) -> AnalScene:
    rng = generator(seed, "shot")
    variation = meaning.variation
    shot = Shot(
        camera=_plan_camera(anus, rng, variation),
        exposure=vary_exposure(usual, rng, variation),
        insufflation=1.0,
        litter=Litter(
            mucus=float(rng.beta(1, 4) * variation * 0.7),
            blood=float(rng.beta(1, 6) * variation * 0.6),
            bile=float(0.5 * variation * rng.beta(1, 4)),
            shift=float(rng.uniform(0, 2 * np.pi)),
        ),
        decoys=plan_decoys_around(anus.cushions, generator(seed, "decoys"), meaning.decoys / 2),
        shaft_turn=float(np.clip(rng.normal(0, 0.45), -0.9, 0.9)),
        seed=seed,
    )
    return AnalScene(
        anus.mucosa, anus.cavity, anus.folds, anus.canal, anus.cushions, anus.diseased, anus.decoys, shot, panel
    )


def _plan_camera(anus: Anus, rng: np.random.Generator, variation: float) -> Camera:
    """A camera in the rectum that looks back at the canal, from the side of what is looked at or from above."""
    pole = anus.cavity.point(0.0, -np.pi / 2)
    target = anus.cushions[0].spot.anchor(anus.cavity)
    distance = float(np.clip(0.98 * np.exp(rng.normal(0, 0.16 * variation)), 0.7, 1.5))
    slant, around = float(rng.uniform(0.05, 0.6)), float(rng.uniform(0, 2 * np.pi))
    direction = np.array([np.sin(slant) * np.cos(around), np.sin(slant) * np.sin(around), np.cos(slant)])
    position = anus.cavity.keep_inside((pole + distance * direction).astype(np.float32))
    middle = pole + np.float32(rng.uniform(0.0, 0.6)) * (target - pole)
    offset = rng.normal(0, 1, 3).astype(np.float32) * np.float32(0.12 * variation)
    return aim(position, middle + offset, float(rng.uniform(-np.pi, np.pi)), FIELD_RAD)
