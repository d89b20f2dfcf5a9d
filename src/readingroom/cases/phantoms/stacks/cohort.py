"""Cohort: patients of a phantom collection of stacks, classes and centres balanced against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from readingroom.cases.phantoms.cohort import CENTRES, allot_classes
from readingroom.core.seeds import derive_seed, generator

_FIRST_DAY, _DAYS = date(2021, 1, 1), 900


@dataclass(frozen=True)
class StackPatient:
    """A phantom patient.

    Args:
        number: from 1.
        label: its class.
        centre: hospital; every class comes from all of them alike.
        age: in years.
        sex: ``F`` or ``M``.
        day: of the examination.
        seed: of all that is drawn of it.
    """

    number: int
    label: str
    centre: str
    age: int
    sex: str
    day: date
    seed: int

    @property
    def name(self) -> str:
        """Its pseudonym."""
        return f"P{self.number:05d}"

    @property
    def facts(self) -> dict[str, object]:
        """What the case table says of the patient."""
        return {
            "patient": self.name,
            "exam": f"{self.name}-E1",
            "centre": self.centre,
            "date": self.day.isoformat(),
            "age": self.age,
            "sex": self.sex,
        }


def plan_stack_cohort(
    patients: int,
    shares: Mapping[str, float],
    classes: Sequence[str],
    *,
    seed: int,
    kind: str,
    age: tuple[float, float] = (58, 13),
    women: float = 0.5,
) -> list[StackPatient]:
    """Patients with the classes in the shares asked for; a larger cohort begins with the smaller one.

    Age, sex and centre do not depend on the class.

    Args:
        patients: how many.
        shares: class to share; need not add up to 1.
        classes: all there are.
        seed: of the collection.
        kind: of phantom; each has numbers of its own.
        age: mean and standard deviation.
        women: share of them.
    """
    labels = allot_classes(patients, shares, classes, generator(seed, "phantoms", kind, "classes"))
    turns = dict.fromkeys(classes, 0)
    cohort = []
    for number, label in enumerate(labels, start=1):
        own = derive_seed(seed, "phantoms", kind, "patient", number)
        centre = _centre(seed, kind, label, turns[label])
        cohort.append(_plan_patient(number, label, centre, own, age, women))
        turns[label] += 1
    return cohort


def _centre(seed: int, kind: str, label: str, turn: int) -> str:
    """Of every so many patients of a class as there are centres, each has one."""
    round_, place = divmod(turn, len(CENTRES))
    order = generator(seed, "phantoms", kind, "centres", label, round_).permutation(len(CENTRES))
    return CENTRES[int(order[place])]


def _plan_patient(
    number: int, label: str, centre: str, seed: int, age: tuple[float, float], women: float
) -> StackPatient:
    rng = generator(seed, "facts")
    return StackPatient(
        number=number,
        label=label,
        centre=centre,
        age=int(np.clip(round(rng.normal(*age)), 18, 92)),
        sex="F" if rng.random() < women else "M",
        day=_FIRST_DAY + timedelta(days=int(rng.integers(_DAYS))),
        seed=seed,
    )
