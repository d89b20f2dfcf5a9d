"""Visits: phantom patients of one examination each, their facts, and the folder that their images fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

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
)
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

_FIRST_DAY, _DAYS = date(2020, 1, 1), 1000


@dataclass(frozen=True)
class Visit:
    """A phantom patient's examination.

    Args:
        number: of the patient, from 1.
        label: class.
        rank: of the patient among those of the class, from 0.
        centre: hospital.
        day: of the examination.
        age: in years.
        sex: ``F`` or ``M``.
        images: how many there are.
    """

    number: int
    label: str
    rank: int
    centre: str
    day: date
    age: int
    sex: str
    images: int

    @property
    def patient(self) -> str:
        """Its pseudonym."""
        return f"P{self.number:05d}"

    @property
    def exam(self) -> str:
        """Name of the examination."""
        return f"{self.patient}-E1"

    @property
    def facts(self) -> Row:
        """What the case table says of the patient, beside image and label."""
        return {
            "patient": self.patient,
            "exam": self.exam,
            "centre": self.centre,
            "date": self.day.isoformat(),
            "age": self.age,
            "sex": self.sex,
        }


@dataclass(frozen=True)
class Clinic:
    """Whom a kind of phantom is of.

    Args:
        imaging: what is imitated, as the README says it.
        stream: word that its random numbers are drawn under.
        classes: all that a patient may be of, in order.
        age: mean and standard deviation; of every class alike, so that age gives no class away.
        women: share.
        notes: lines of the README.
        version: raised whenever the same seed would draw other pixels.
    """

    imaging: str
    stream: str
    classes: Sequence[str]
    age: tuple[float, float]
    women: float
    notes: Sequence[str]
    version: int = 1


@dataclass(frozen=True)
class Order:
    """What is asked for; the same of every kind of phantom that is drawn by visits.

    Args:
        folder: where everything goes.
        patients: how many.
        images: lowest and highest number of a patient's images.
        size: height and width of an image in pixels.
        difficulty: 0 to 1.
        seed: of everything.
        shares: class to share of the patients.
    """

    folder: Path
    patients: int
    images: tuple[int, int]
    size: tuple[int, int]
    difficulty: float
    seed: int
    shares: Mapping[str, float]


def plan_visits(clinic: Clinic, order: Order) -> list[Visit]:
    """The patients, classes in the shares asked for; a larger cohort begins with the smaller one."""
    labels = allot_classes(
        order.patients, order.shares, clinic.classes, generator(order.seed, "phantoms", clinic.stream, "classes")
    )
    visits = [_plan(clinic, order, number, label) for number, label in enumerate(labels, start=1)]
    return [replace(visit, rank=labels[:place].count(visit.label)) for place, visit in enumerate(visits)]


def _plan(clinic: Clinic, order: Order, number: int, label: str) -> Visit:
    rng = generator(order.seed, "phantoms", clinic.stream, "patient", number)
    return Visit(
        number=number,
        label=label,
        rank=0,
        centre=CENTRES[int(rng.integers(len(CENTRES)))],
        day=_FIRST_DAY + timedelta(days=int(rng.integers(_DAYS))),
        age=int(np.clip(round(rng.normal(*clinic.age)), 18, 90)),
        sex="F" if rng.random() < clinic.women else "M",
        images=int(rng.integers(order.images[0], order.images[1] + 1)),
    )


def fill_visits(
    clinic: Clinic,
    order: Order,
    draw: Callable[[Visit], list[Row]],
    *,
    workers: int | None,
    progress: Progress | None,
) -> Path:
    """Draw all visits into the folder of an order.

    Args:
        clinic: whom the phantoms are of.
        order: what is asked for.
        draw: draws what is missing of a visit, and returns the rows of the case table.
        workers: threads; by default one for each processor.
        progress: where to report.

    Returns:
        Path of ``cases.csv``.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.
    """
    rules = common_rules(order.patients, order.size, order.difficulty, workers, clinic.classes, order.shares)
    enforce([*rules, image_rule(order.images, "images_per_patient")])
    tell = partial(describe, clinic.imaging, clinic.notes, clinic.version, readme_facts(clinic, order))
    claim(order.folder, tell(order.patients), tell(None))
    return draw_patients(order.folder, plan_visits(clinic, order), draw, workers=workers, progress=progress)


def readme_facts(clinic: Clinic, order: Order) -> dict[str, str]:
    """The parameters that say which phantoms these are, but for the number of patients."""
    return {
        "images per patient": "{} to {}".format(*order.images),
        "difficulty": f"{order.difficulty:g}",
        "seed": f"{order.seed}",
        "image": "{} x {}".format(*order.size),
        "class shares": plain_shares(order.shares, clinic.classes),
    }
