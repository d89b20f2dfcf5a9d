"""Site scenes: a phantom patient's views of the thirty sites, and the light they are taken in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.cohort import LesionPlan, PatientPlan, plan_visit
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.light import Exposure
from readingroom.cases.phantoms.mucosa import Mucosa
from readingroom.cases.phantoms.panel import Panel
from readingroom.cases.phantoms.picture import Shot
from readingroom.cases.phantoms.plan import plan_exposure, plan_mucosa, vary_exposure
from readingroom.cases.phantoms.residue import Litter
from readingroom.cases.phantoms.scenes import ENDOSCOPES, plan_panel
from readingroom.cases.phantoms.tract import ORGANS, Part, plan_part
from readingroom.cases.phantoms.upper_gi import SiteScene
from readingroom.cases.phantoms.viewpoints import VIEWPOINTS, beside, plan_camera
from readingroom.cases.sites import load_sites
from readingroom.core.seeds import derive_seed, generator

LIGHT_SHARES: Mapping[str, float] = MappingProxyType({"white": 0.70, "narrow-band": 0.18, "dye": 0.12})
"""Share of the images in each light; the dye is iodine in the gullet and indigo carmine from the cardia on."""

_DYED_WITH_IODINE = ("oesophagus", "junction")
_UNDYED = ("pharynx",)


@dataclass(frozen=True)
class Habits:
    """How an examination is photographed.

    Args:
        wander: how far viewpoints differ; about 1 for as much as endoscopists do.
        together: chance that a picture also holds the site beside its own.
        missed: chance that a site of a patient has no picture.
    """

    wander: float
    together: float
    missed: float


def habits_of(difficulty: float, *, together: float, missed: float) -> Habits:
    """The habits that a difficulty from 0 to 1 means."""
    return Habits(float(np.interp(difficulty, (0, 0.5, 1), (0.4, 1.0, 1.7))), together, missed)


@dataclass(frozen=True)
class _Patient:
    """What all images of a patient share."""

    plan: PatientPlan
    seed: int
    mucosa: Mucosa
    usual: Exposure
    parts: Mapping[str, Part]


def plan_site_patients(
    patients: int, *, images_per_site: tuple[int, int], missed: float, seed: int
) -> list[PatientPlan]:
    """Phantom patients with the sites photographed of each in the place of lesions, in the order of the examination.

    Args:
        patients: how many; a larger number begins with the smaller one.
        images_per_site: lowest and highest number.
        missed: chance that a site has no picture at all.
        seed: of the collection.
    """
    return [_plan_patient(n, images_per_site, missed, seed) for n in range(1, patients + 1)]


def _plan_patient(number: int, images: tuple[int, int], missed: float, seed: int) -> PatientPlan:
    rng = generator(seed, "phantoms", "sites", "patient", number)
    ordered = sorted(load_sites().sites, key=lambda site: site.order)
    counts = rng.integers(images[0], images[1] + 1, len(ordered)) * (rng.random(len(ordered)) >= missed)
    if not counts.any():
        counts[0] = images[0]
    looked_at = tuple(
        LesionPlan(site.number, site.key, site.region, int(count))
        for site, count in zip(ordered, counts, strict=True)
        if count
    )
    return plan_visit(number, looked_at, (52, 13), rng)


def site_scenes(patient: PatientPlan, difficulty: float, habits: Habits, seed: int) -> Iterator[SiteScene]:
    """The scenes of all images of a patient, site after site.

    Args:
        patient: from `plan_site_patients`.
        difficulty: 0 to 1.
        habits: how the examination is photographed.
        seed: of the collection.
    """
    variation = difficulty_of(difficulty).variation
    own = derive_seed(seed, "phantoms", "sites", patient.number)
    endoscope = ENDOSCOPES[patient.centre]
    shared = _Patient(
        plan=patient,
        seed=own,
        mucosa=plan_mucosa(generator(own, "mucosa"), variation),
        usual=plan_exposure(generator(own, "exposure"), variation, endoscope.warmth),
        parts={name: plan_part(name, generator(own, "part", name), variation) for name in ORGANS},
    )
    for place in patient.lesions:
        for number in range(1, place.images + 1):
            panel = plan_panel(patient, place, number, endoscope, own)
            yield _plan_scene(shared, place, number, habits, variation, panel)


def plan_site_scene(site: str, *, seed: int, difficulty: float = 0.5, light: str = "white", shot: int = 1) -> SiteScene:
    """A view of one site of one phantom patient on its own, without a panel.

    Args:
        site: key of the site.
        seed: of the patient; all shots and sites of a seed show the same patient.
        difficulty: 0 to 1.
        light: one of `LIGHTS`.
        shot: number of the image.

    Raises:
        KeyError: no such site.
    """
    variation = difficulty_of(difficulty).variation
    part = plan_part(VIEWPOINTS[site].organ, generator(seed, "part", VIEWPOINTS[site].organ), variation)
    usual = plan_exposure(generator(seed, "exposure"), variation)
    own = derive_seed(seed, site, shot)
    wander = habits_of(difficulty, together=0, missed=0).wander
    taken = _plan_shot((site,), part, usual, own, wander, variation)
    return SiteScene(site, "", plan_mucosa(generator(seed, "mucosa"), variation), part, light, taken)


def _plan_scene(
    patient: _Patient, place: LesionPlan, number: int, habits: Habits, variation: float, panel: Panel
) -> SiteScene:
    seed = derive_seed(patient.seed, "site", place.label, number)
    rng = generator(seed, "choice")
    others = beside(place.label)
    also = str(rng.choice(others)) if others and rng.random() < habits.together else ""
    organ = VIEWPOINTS[place.label].organ
    sites = (place.label, also) if also else (place.label,)
    part = patient.parts[organ]
    shot = _plan_shot(sites, part, patient.usual, seed, habits.wander, variation)
    return SiteScene(place.label, also, patient.mucosa, part, _choose_light(organ, rng), shot, panel)


def _choose_light(organ: str, rng: np.random.Generator) -> str:
    """A light by its share; where no dye is used, narrow band in its place."""
    chosen = str(rng.choice(list(LIGHT_SHARES), p=list(LIGHT_SHARES.values())))
    if chosen != "dye":
        return chosen
    if organ in _UNDYED:
        return "narrow-band"
    return "iodine" if organ in _DYED_WITH_IODINE else "indigo-carmine"


def _plan_shot(sites: tuple[str, ...], part: Part, usual: Exposure, seed: int, wander: float, variation: float) -> Shot:
    rng = generator(seed, "shot")
    return Shot(
        camera=plan_camera(sites, part.cavity, rng, wander),
        exposure=vary_exposure(usual, rng, variation),
        insufflation=float(np.exp(0.16 * variation * rng.normal())),
        litter=Litter(
            mucus=float(rng.beta(1, 5) * variation * 0.6),
            blood=float(rng.beta(1, 10) * variation * 0.4),
            bile=float(0.4 * variation * rng.beta(1, 5)),
            shift=float(rng.uniform(0, 2 * np.pi)),
        ),
        decoys=(),
        shaft_turn=float(rng.normal(0, 0.4)),
        seed=seed,
    )
