"""Scenes: the images of phantom patients as scenes that can be drawn, each part from a seed of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from readingroom.cases.phantoms.cohort import LesionPlan, PatientPlan
from readingroom.cases.phantoms.difficulty import Difficulty, difficulty_of
from readingroom.cases.phantoms.gastric import Scene
from readingroom.cases.phantoms.lesions import NORMAL, Lesion
from readingroom.cases.phantoms.light import Exposure
from readingroom.cases.phantoms.mucosa import Mucosa
from readingroom.cases.phantoms.panel import Panel
from readingroom.cases.phantoms.plan import plan_decoys, plan_exposure, plan_lesion, plan_mucosa, plan_shot
from readingroom.cases.phantoms.residue import Decoy
from readingroom.cases.phantoms.sites import Place, plan_place
from readingroom.core.seeds import derive_seed, generator


@dataclass(frozen=True)
class Endoscope:
    """What the endoscopes of a centre add to every image.

    Args:
        warmth: what they add to red and take from blue.
        text_rgb: colour of the panel's text.
        patch: whether the panel has a position monitor.
    """

    warmth: float
    text_rgb: tuple[int, int, int]
    patch: bool


ENDOSCOPES: Mapping[str, Endoscope] = MappingProxyType(
    {
        "A": Endoscope(-0.6, (235, 235, 235), True),
        "B": Endoscope(0.2, (220, 225, 140), False),
        "C": Endoscope(0.8, (190, 220, 235), True),
    }
)
"""Centre to its endoscopes."""


@dataclass(frozen=True)
class Target:
    """A lesion of a patient, or the spot looked at in a normal one, with all that its images share."""

    label: str
    place: Place
    lesion: Lesion
    decoys: tuple[Decoy, ...]

    @property
    def drawn_lesion(self) -> Lesion | None:
        """The lesion, if there is one to draw."""
        return None if self.label == NORMAL else self.lesion


def plan_scene(label: str, site: str = "body", *, seed: int, difficulty: float = 0.5, shot: int = 1) -> Scene:
    """A scene of one phantom patient on its own, without a panel.

    Args:
        label: class, one of `GASTRIC_CLASSES`.
        site: one of the names of `GASTRIC_SITES`.
        seed: of the patient; all shots of a seed show the same patient, site and lesion.
        difficulty: 0 to 1.
        shot: number of the image.

    Raises:
        KeyError: no such label or site.
    """
    meaning = difficulty_of(difficulty)
    mucosa = plan_mucosa(generator(seed, "mucosa"), meaning.variation)
    usual = plan_exposure(generator(seed, "exposure"), meaning.variation)
    target = _plan_target(label, site, seed, meaning)
    return _plan_image(target, mucosa, usual, derive_seed(seed, "shot", shot), meaning)


def patient_scenes(patient: PatientPlan, difficulty: float, seed: int) -> Iterator[Scene]:
    """The scenes of all images of a patient, lesion after lesion.

    Args:
        patient: from a cohort.
        difficulty: 0 to 1.
        seed: of the collection.
    """
    meaning = difficulty_of(difficulty)
    own = derive_seed(seed, "phantoms", "patient", patient.number)
    endoscope = ENDOSCOPES[patient.centre]
    mucosa = plan_mucosa(generator(own, "mucosa"), meaning.variation)
    usual = plan_exposure(generator(own, "exposure"), meaning.variation, endoscope.warmth)
    for lesion in patient.lesions:
        lesion_seed = derive_seed(own, "lesion", lesion.number)
        target = _plan_target(lesion.label, lesion.site, lesion_seed, meaning)
        for number in range(1, lesion.images + 1):
            panel = plan_panel(patient, lesion, number, endoscope, own)
            yield _plan_image(target, mucosa, usual, derive_seed(lesion_seed, "shot", number), meaning, panel)


def _plan_target(label: str, site: str, seed: int, meaning: Difficulty) -> Target:
    place = plan_place(site, generator(seed, "place"), meaning.variation)
    lesion = plan_lesion(label, place, generator(seed, "lesion"), meaning)
    decoys = plan_decoys(lesion.spot, generator(seed, "decoys"), meaning.decoys / 2)
    return Target(label, place, lesion, decoys)


def _plan_image(
    target: Target, mucosa: Mucosa, usual: Exposure, seed: int, meaning: Difficulty, panel: Panel | None = None
) -> Scene:
    shot = plan_shot(target.place, target.lesion.spot, usual, seed, meaning)
    return Scene(mucosa, target.place, target.drawn_lesion, target.decoys, shot, panel)


def plan_panel(patient: PatientPlan, lesion: LesionPlan, number: int, endoscope: Endoscope, seed: int) -> Panel:
    """A panel that says phantom, a random number, the date and a time; the class has no part in it."""
    rng = generator(seed, "panel")
    identity = int(rng.integers(10**6, 10**7))
    minutes = int(rng.integers(8 * 60, 16 * 60)) + lesion.number
    seconds = int(generator(seed, "panel", lesion.number, number).integers(60))
    return Panel(
        lines=(
            "PHANTOM",
            f"ID:{identity}",
            "",
            f"{patient.day:%d/%m/%Y}",
            f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}",
            f"Cent:{patient.centre}",
        ),
        rgb=endoscope.text_rgb,
        patch=endoscope.patch,
    )
