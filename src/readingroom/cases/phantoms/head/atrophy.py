"""Atrophy: phantom heads with medial temporal atrophy of every grade, as coronal slices with a case table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.cohort import CENTRES, allot_classes
from readingroom.cases.phantoms.collection import (
    Row,
    claim,
    common_rules,
    describe,
    draw_patients,
    enforce,
    image_rule,
    plain_shares,
    write_picture,
)
from readingroom.cases.phantoms.head.brain import ATROPHY_GRADES, HIGHEST_GRADE, HeadScene, plan_head
from readingroom.cases.phantoms.head.coronal import draw_coronal
from readingroom.core.progress import Progress
from readingroom.core.seeds import derive_seed, generator

ATROPHY_SHARES: Mapping[str, float] = MappingProxyType({"0": 24, "1": 24, "2": 22, "3": 17, "4": 13})
"""Patients of each grade, about as a memory clinic has them."""

ATROPHY_PATIENTS = 160

_VERSION = 1  # raised whenever the same seed would draw other pixels
_NOTES = (
    "images/   coronal slices of the head, T1-weighted, 8 bits; the patient's right is on the left",
    "cases.csv one row a slice. `label` is the grade of medial temporal atrophy, 0 to 4, and `score` the continuous",
    "          atrophy behind it; height of the hippocampus and width of the temporal horn are means of both sides",
    "The whole brain shrinks with age, at every grade alike: `whole_brain_atrophy`, 0 to 1. Age depends on the grade a",
    "little; sex, centre and date do not.",
)
_FIRST_DAY, _DAYS = date(2020, 1, 1), 900


@dataclass(frozen=True)
class AtrophyPatient:
    """A phantom patient of a memory clinic.

    Args:
        number: from 1.
        grade: ``0`` to ``4``.
        score: the continuous atrophy, whose nearest whole number is the grade.
        shrinkage: of the whole brain, 0 to 1.
        sex: ``F`` or ``M``.
        age: in years.
        centre: hospital.
        day: of the examination.
        images: slices.
    """

    number: int
    grade: str
    score: float
    shrinkage: float
    sex: str
    age: int
    centre: str
    day: date
    images: int

    @property
    def name(self) -> str:
        """Its pseudonym."""
        return f"P{self.number:05d}"


@dataclass(frozen=True)
class _Order:
    """What holds for all slices of one call."""

    folder: Path
    size: tuple[int, int]
    difficulty: float
    seed: int


def draw_atrophy_phantoms(
    folder: str | Path,
    *,
    patients: int = ATROPHY_PATIENTS,
    images_per_patient: tuple[int, int] = (1, 2),
    size: tuple[int, int] = (256, 256),
    difficulty: float = 0.5,
    seed: int = 7,
    shares: Mapping[str, float] = ATROPHY_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic coronal slices through the hippocampus, with medial temporal atrophy of grade 0 to 4.

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        images_per_patient: lowest and highest number of slices of a patient.
        size: rows and columns of a slice, of which the rows show 184 mm.
        difficulty: 0 (as in a textbook) to 1 (patients that differ much, much noise).
        seed: of everything.
        shares: grade to share of the patients; grades left out are not drawn.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, score, patient, exam, slice, centre, date, age, sex,
        hippocampal_height_mm, temporal_horn_mm, whole_brain_atrophy.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_atrophy_phantoms(folder, patients=1, size=(32, 32)).name
        'cases.csv'
    """
    rules = common_rules(patients, size, difficulty, workers, ATROPHY_GRADES, shares)
    enforce([*rules, image_rule(images_per_patient, "images_per_patient")])
    folder = Path(folder)
    facts = {"organ": "head", "difficulty": f"{difficulty:g}", "seed": f"{seed}"}
    facts |= {"slice": "{} x {}".format(*size), "slices of a patient": "{} to {}".format(*images_per_patient)}
    facts |= {"grade shares": plain_shares(shares, ATROPHY_GRADES)}
    tell = partial(describe, "magnetic resonance imaging", _NOTES, _VERSION, facts)
    claim(folder, tell(patients), tell(None))
    order = _Order(folder, (size[0], size[1]), difficulty, seed)
    cohort = plan_atrophy_cohort(patients, shares, images_per_patient, seed)
    return draw_patients(folder, cohort, partial(_draw_patient, order), workers=workers, progress=progress)


def plan_atrophy_cohort(
    patients: int, shares: Mapping[str, float], images: tuple[int, int], seed: int
) -> list[AtrophyPatient]:
    """Patients with the grades in the shares asked for; a larger cohort begins with the smaller one.

    Args:
        patients: how many.
        shares: grade to share; need not add up to 1.
        images: lowest and highest number of slices.
        seed: of the collection.
    """
    grades = allot_classes(patients, shares, ATROPHY_GRADES, generator(seed, "phantoms", "head", "grades"))
    return [
        _plan_patient(number, grade, images, generator(seed, "phantoms", "head", "patient", number))
        for number, grade in enumerate(grades, start=1)
    ]


def _plan_patient(number: int, grade: str, images: tuple[int, int], rng: np.random.Generator) -> AtrophyPatient:
    # A hair inside the grade, so that one decimal still rounds to it.
    score = float(np.clip(float(grade) + rng.uniform(-0.44, 0.44), 0.0, HIGHEST_GRADE))
    age = int(np.clip(round(rng.normal(66 + 2.0 * float(grade), 9)), 45, 92))
    shrinkage = float(np.clip((age - 2.0 * float(grade) - 50) / 40 + rng.normal(0, 0.2), 0.0, 1.0))
    return AtrophyPatient(
        number=number,
        grade=grade,
        score=round(score, 1),
        shrinkage=shrinkage,
        sex="F" if rng.random() < 0.55 else "M",
        age=age,
        centre=CENTRES[int(rng.integers(len(CENTRES)))],
        day=_FIRST_DAY + timedelta(days=int(rng.integers(_DAYS))),
        images=int(rng.integers(images[0], images[1] + 1)),
    )


def _draw_patient(order: _Order, patient: AtrophyPatient) -> list[Row]:
    """Draw what is missing of a patient; returns the rows of the case table."""
    own = derive_seed(order.seed, "phantoms", "head", "patient", patient.number)
    scene = plan_head(patient.score, patient.shrinkage, seed=own, difficulty=order.difficulty)
    rows = [_row(patient, scene, number) for number in range(1, patient.images + 1)]
    for row in rows:
        path = order.folder / str(row["image"])
        if not path.is_file():
            write_picture(path, draw_coronal(scene, int(str(row["slice"])), order.size, order.difficulty))
    return rows


def _row(patient: AtrophyPatient, scene: HeadScene, number: int) -> Row:
    return {
        "image": f"images/{patient.name}_{number:02d}.png",
        "label": patient.grade,
        "score": patient.score,
        "patient": patient.name,
        "exam": f"{patient.name}-E1",
        "slice": number,
        "centre": patient.centre,
        "date": patient.day.isoformat(),
        "age": patient.age,
        "sex": patient.sex,
        "hippocampal_height_mm": round(scene.hippocampus_mm, 1),
        "temporal_horn_mm": round(scene.horn_mm, 1),
        "whole_brain_atrophy": round(patient.shrinkage, 2),
    }
