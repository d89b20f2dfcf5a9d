"""Cohort: the patients of a phantom collection, their lesions and facts, all from one seed; nothing is drawn here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from readingroom.cases.phantoms.lesions import GASTRIC_CLASSES, NORMAL
from readingroom.cases.phantoms.sites import SITE_SHARES
from readingroom.core.seeds import generator

CENTRES = ("A", "B", "C")
_SECOND_LESION = 0.08  # chance of another lesion in the same patient
_FIRST_DAY = date(2019, 1, 1)
_DAYS = 900
_AGES = {NORMAL: (49, 13), "PU": (52, 14), "EGC+HGIN": (61, 10), "AGC": (64, 11), "SMT": (54, 12)}


@dataclass(frozen=True)
class LesionPlan:
    """A lesion of a phantom patient, or the place that is looked at in a normal one.

    Args:
        number: from 1.
        label: its class.
        site: where it is.
        images: how many images show it.
    """

    number: int
    label: str
    site: str
    images: int


@dataclass(frozen=True)
class PatientPlan:
    """A phantom patient.

    Args:
        number: from 1.
        centre: hospital.
        day: of the examination.
        age: in years.
        sex: ``F`` or ``M``.
        lesions: one, sometimes two.
    """

    number: int
    centre: str
    day: date
    age: int
    sex: str
    lesions: tuple[LesionPlan, ...]

    @property
    def name(self) -> str:
        """Its pseudonym."""
        return f"P{self.number:05d}"


def plan_cohort(
    patients: int, *, shares: Mapping[str, float], images_per_lesion: tuple[int, int], seed: int
) -> list[PatientPlan]:
    """Patients with the classes in the shares asked for; a larger cohort begins with the smaller one.

    Args:
        patients: how many.
        shares: class to share; need not add up to 1.
        images_per_lesion: lowest and highest number.
        seed: of the collection.
    """
    labels = allot_classes(patients, shares, GASTRIC_CLASSES, generator(seed, "phantoms", "classes"))
    diseases = tuple(name for name in GASTRIC_CLASSES if name != NORMAL and shares.get(name, 0) > 0)
    return [
        _plan_patient(number, label, diseases, images_per_lesion, generator(seed, "phantoms", "patient", number))
        for number, label in enumerate(labels, start=1)
    ]


def allot_classes(
    patients: int, shares: Mapping[str, float], classes: Sequence[str], rng: np.random.Generator
) -> list[str]:
    """Each patient gets the class that is most behind its share, give or take chance.

    Args:
        patients: how many.
        shares: class to share; need not add up to 1.
        classes: all there are, in the order that chance counts them.
        rng: where the numbers come from.
    """
    names = [name for name in classes if shares.get(name, 0) > 0]
    target = np.array([shares[name] for name in names], float)
    target /= target.sum()
    given = np.zeros(len(names))
    labels = []
    for number in range(1, patients + 1):
        behind = target * number - given + 0.5 * rng.random(len(names))
        chosen = int(np.argmax(behind))
        given[chosen] += 1
        labels.append(names[chosen])
    return labels


def _plan_patient(
    number: int, label: str, diseases: tuple[str, ...], images: tuple[int, int], rng: np.random.Generator
) -> PatientPlan:
    lesions = [_plan_lesion(1, label, images, rng)]
    if rng.random() < _SECOND_LESION:
        lesions.append(_plan_lesion(2, _second_label(label, diseases, rng), images, rng))
    return plan_visit(number, tuple(lesions), _AGES[label], rng)


def plan_visit(
    number: int, lesions: tuple[LesionPlan, ...], age: tuple[float, float], rng: np.random.Generator
) -> PatientPlan:
    """A patient with what is looked at, and the facts of the visit; ``age`` is its mean and standard deviation."""
    return PatientPlan(
        number=number,
        centre=CENTRES[int(rng.integers(len(CENTRES)))],
        day=_FIRST_DAY + timedelta(days=int(rng.integers(_DAYS))),
        age=int(np.clip(round(rng.normal(*age)), 18, 92)),
        sex="F" if rng.random() < 0.45 else "M",
        lesions=lesions,
    )


def _second_label(first: str, diseases: tuple[str, ...], rng: np.random.Generator) -> str:
    """Mostly the same class again; a normal phantom has no lesion at all."""
    if first == NORMAL or rng.random() < 0.6:
        return first
    return str(rng.choice([name for name in diseases if name != first] or [first]))


def _plan_lesion(number: int, label: str, images: tuple[int, int], rng: np.random.Generator) -> LesionPlan:
    names, shares = list(SITE_SHARES), np.array(list(SITE_SHARES.values()))
    site = str(rng.choice(names, p=shares / shares.sum()))
    return LesionPlan(number, label, site, int(rng.integers(images[0], images[1] + 1)))
