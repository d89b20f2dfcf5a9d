"""Plans: the random numbers of the parts of a scene, drawn before anything is painted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.cavity import Camera, aim
from readingroom.cases.phantoms.difficulty import Difficulty
from readingroom.cases.phantoms.lesions import NORMAL, Lesion
from readingroom.cases.phantoms.light import Exposure
from readingroom.cases.phantoms.mucosa import Mucosa, weave_coarse, weave_fine
from readingroom.cases.phantoms.picture import Shot
from readingroom.cases.phantoms.residue import DECOYS, Decoy, Litter
from readingroom.cases.phantoms.sites import GASTRIC_SITES, Place
from readingroom.cases.phantoms.surface import GRAIN_PX, Spot, weave_grain
from readingroom.core.seeds import generator

FIELD_RAD = 1.02  # from the middle of a view to its edge: 117 degrees across

_RADII: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        NORMAL: (0.20, 0.40),
        "PU": (0.17, 0.32),
        "EGC+HGIN": (0.22, 0.42),
        "AGC": (0.40, 0.68),
        "SMT": (0.26, 0.46),
    }
)
"""Lowest and highest radius of a lesion, in units of length."""

_RAGGED = MappingProxyType({NORMAL: 0.1, "PU": 0.09, "EGC+HGIN": 0.16, "AGC": 0.14, "SMT": 0.05})


def plan_mucosa(rng: np.random.Generator, variation: float) -> Mucosa:
    """The look of a patient's mucosa."""
    redness, brightness, yellow = variation * rng.normal(0, 1, 3)
    colour = (
        0.74 + 0.05 * brightness,
        (0.265 + 0.03 * brightness) * float(np.exp(-0.16 * redness)),
        (0.175 + 0.02 * brightness) * float(np.exp(-0.16 * redness - 0.14 * yellow)),
    )
    return Mucosa(
        colour=tuple(float(np.clip(part, 0.05, 0.95)) for part in colour),  # type: ignore[arg-type]
        mottling=float(0.22 * np.exp(0.6 * variation * rng.normal())),
        vessels=float(np.clip(0.30 + 0.35 * variation * rng.normal(), 0.02, 0.95)),
        vessel_rgb=(0.82, float(rng.uniform(0.46, 0.62)), float(rng.uniform(0.48, 0.68))),
        gland=float(np.clip(1.0 + 0.7 * variation * rng.normal(), 0.15, 2.6)),
        gland_repeats=int(rng.integers(3, 7)),
        coarse=weave_coarse(rng, float(rng.uniform(0.15, 0.45))),
        fine=weave_fine(rng, int(rng.choice([16, 32]))),
        grain=weave_grain(rng),
    )


def plan_lesion(label: str, place: Place, rng: np.random.Generator, meaning: Difficulty) -> Lesion:
    """A lesion of a class at a place; for a normal phantom the spot that is looked at."""
    low, high = _RADII[label]
    spot = plan_spot(place, rng, radius=float(rng.uniform(low, high)) * meaning.size, ragged=_RAGGED[label])
    weak = rng.random() < meaning.overlap
    strength = meaning.strength * float(rng.uniform(0.8, 1.2)) * (0.45 if weak else 1.0)
    a, b, c, d = (float(value) for value in rng.random(4))
    return Lesion(label, spot, min(strength, 1.1), (a, b, c, d))


def plan_spot(place: Place, rng: np.random.Generator, *, radius: float, ragged: float) -> Spot:
    """A spot anywhere on the part of the wall that belongs to the site."""
    low, high = GASTRIC_SITES[place.site].latitude
    theta = float(rng.uniform(0, 2 * np.pi))
    if place.folds.arch:
        theta = place.folds.arch_theta + float(rng.normal(0, 0.5))
    if place.lake < 1:
        theta = place.lake_theta + float(rng.uniform(1.6, 2 * np.pi - 1.6))
    return Spot(
        theta=theta,
        beta=float(rng.uniform(low, high)),
        radius=radius,
        turn=float(rng.uniform(0, np.pi)),
        stretch=float(rng.uniform(1.0, 1.5)),
        ragged=ragged,
        origin=(float(rng.uniform(0, GRAIN_PX)), float(rng.uniform(0, GRAIN_PX))),
    )


def plan_decoys(around: Spot, rng: np.random.Generator, expected: float) -> tuple[Decoy, ...]:
    """Decoys near a spot, as many as a Poisson number says, whatever the class."""
    return tuple(_plan_decoy(around, rng) for _ in range(min(int(rng.poisson(expected)), 5)))


def _plan_decoy(around: Spot, rng: np.random.Generator) -> Decoy:
    spot = Spot(
        theta=around.theta + float(rng.normal(0, 0.4)),
        beta=float(np.clip(around.beta + rng.normal(0, 0.22), -1.3, 1.3)),
        radius=float(rng.uniform(0.10, 0.34)),
        turn=float(rng.uniform(0, np.pi)),
        stretch=float(rng.uniform(1.0, 2.2)),
        ragged=0.2,
        origin=(float(rng.uniform(0, GRAIN_PX)), float(rng.uniform(0, GRAIN_PX))),
    )
    return Decoy(str(rng.choice(DECOYS)), spot, float(rng.uniform(0.35, 1.0)))


def plan_shot(place: Place, target: Spot, usual: Exposure, seed: int, meaning: Difficulty) -> Shot:
    """One image of a spot: viewpoint, exposure about the patient's usual one, insufflation and what floats by."""
    rng = generator(seed, "shot")
    variation = meaning.variation
    return Shot(
        camera=plan_camera(place, target, rng, variation),
        exposure=vary_exposure(usual, rng, variation),
        insufflation=float(np.exp(0.16 * variation * rng.normal())),
        litter=Litter(
            mucus=float(rng.beta(1, 4) * variation * 0.7),
            blood=float(rng.beta(1, 7) * variation * 0.6),
            bile=float(0.5 * variation * rng.beta(1, 5)),
            shift=float(rng.uniform(0, 2 * np.pi)),
        ),
        decoys=plan_decoys(target, generator(seed, "decoys"), meaning.decoys / 2),
        shaft_turn=float(rng.normal(0, 0.5)),
        seed=seed,
    )


def plan_camera(place: Place, target: Spot, rng: np.random.Generator, variation: float) -> Camera:
    """A camera that has the target in view, more or less in the middle, more or less from the side."""
    cavity = place.cavity
    anchor = target.anchor(cavity)
    inward = cavity.inward(anchor)
    distance = float(max(0.7, 1.05 * np.exp(rng.normal(0.0, 0.22 * variation))))
    slant = float(rng.uniform(0.1, 1.0))
    oral = np.array([0, 0, 1.0 if place.retroflexed else -1.0], np.float32)
    sideways = np.cross(oral, inward) * rng.normal(0, 0.3)
    position = anchor + distance * (inward * np.cos(slant) + (oral + sideways) * np.sin(slant))
    position = cavity.keep_inside(position.astype(np.float32))
    offset = rng.normal(0, 1, 3).astype(np.float32) * np.float32(0.16 * variation)
    return aim(position, anchor + offset, float(rng.normal(0, 0.6)), FIELD_RAD)


def plan_exposure(rng: np.random.Generator, variation: float, warmth: float = 0.0) -> Exposure:
    """How a patient's examination is exposed: the settings of that endoscope on that day.

    Args:
        rng: where the numbers come from.
        variation: factor on the differences between examinations.
        warmth: what the centre's endoscopes add to red and take from blue.
    """
    warm, green = variation * rng.normal(0, 1, 2) + (warmth, 0)
    return Exposure(
        brightness=float(0.95 * np.exp(0.16 * variation * rng.normal())),
        white_balance=(float(np.exp(0.05 * warm)), float(np.exp(0.03 * green)), float(np.exp(-0.06 * warm))),
        contrast=float(1.15 + 0.08 * variation * rng.normal()),
        saturation=float(np.clip(1 + 0.08 * variation * rng.normal(), 0.7, 1.3)),
        vignetting=float(rng.uniform(0.15, 0.45)),
        shininess=float(rng.uniform(40, 140)),
        wetness=float(rng.uniform(0.05, 0.75)),
        blur_px=0.3,
        noise=float(rng.uniform(1.0, 3.0)),
    )


def vary_exposure(usual: Exposure, rng: np.random.Generator, variation: float) -> Exposure:
    """One image's exposure: the usual one with another gain, sharpness and wetness."""
    return replace(
        usual,
        brightness=usual.brightness * float(np.exp(0.16 * variation * rng.normal())),
        wetness=float(np.clip(usual.wetness + 0.08 * rng.normal(), 0, 0.85)),
        blur_px=float(0.2 + rng.gamma(2.0, 0.2)),
    )
