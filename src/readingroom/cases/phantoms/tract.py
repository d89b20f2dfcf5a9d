"""Tract: the hollow organs of the upper digestive tract, their shape and folds in one phantom patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.cavity import Cavity, Vector
from readingroom.cases.phantoms.folds import Folds
from readingroom.cases.phantoms.landmarks import Arch
from readingroom.cases.phantoms.sites import Span
from readingroom.cases.phantoms.surface import GRAIN_PX, Spot, turn_along

ANTERIOR, LESSER, POSTERIOR, GREATER = (float(angle) for angle in np.arange(4) * np.pi / 2)
"""Angles around the organ: with the lesser curvature up, the anterior wall is on the left of a forward picture."""

_NONE: Span = (0.0, 0.0)


@dataclass(frozen=True)
class Feature:
    """A landmark of an organ.

    Args:
        kind: one of `LANDMARKS`.
        theta: angle around the organ.
        beta: latitude in radians, pi/2 at the far end.
        radius: span of its size.
        along: direction in the organ's frame that its x axis runs along.
    """

    kind: str
    theta: float
    beta: float
    radius: Span
    along: tuple[float, float, float] = (-1.0, 0.0, 0.0)


@dataclass(frozen=True)
class Organ:
    """A part of the tract; every span is a lowest and a highest value that a patient may have.

    Args:
        semi_axes: half extents along x (anterior), y (lesser curvature), z (away from the mouth).
        rugae: height of longitudinal folds.
        count: how many.
        bend: how far they wander.
        rings: height of slow rings.
        waves: height of undulations of no direction.
        circular: height of circular folds.
        arch: height of the angulus.
        arch_place: where it stands along z, as a share of the half extent.
        arch_edge: how far it takes to fall off beyond.
        arch_theta: the side it stands on.
        smooth_lesser: share of the folds that is missing on the lesser curvature.
        smooth_dome: share of them that is missing in the dome at the near end.
        squamous: sine of the latitude where the pale lining ends; below -1 for none, above 1 for all of it.
        tint: colour against the stomach's.
        vessels: factor on how clearly vessels shine through.
        glands: factor on the fine pattern.
        features: landmarks.
    """

    semi_axes: tuple[Span, Span, Span]
    rugae: Span = _NONE
    count: Span = (8, 12)
    bend: Span = (0.8, 1.5)
    rings: Span = _NONE
    waves: Span = (0.008, 0.024)
    circular: Span = _NONE
    arch: Span = _NONE
    arch_place: Span = _NONE
    arch_edge: Span = (0.06, 0.12)
    arch_theta: float = LESSER
    smooth_lesser: float = 0.0
    smooth_dome: float = 0.0
    squamous: Span = (-2.0, -2.0)
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    vessels: float = 1.0
    glands: float = 1.0
    features: tuple[Feature, ...] = ()


_FAR_END = np.pi / 2

ORGANS: Mapping[str, Organ] = MappingProxyType(
    {
        "pharynx": Organ(
            semi_axes=((1.2, 1.4), (1.0, 1.15), (1.05, 1.25)),
            squamous=(2.0, 2.0),
            vessels=0.8,
            glands=0.3,
            features=(Feature("larynx", 0.0, _FAR_END, (0.38, 0.46)),),
        ),
        "oesophagus": Organ(
            semi_axes=((0.44, 0.56), (0.38, 0.52), (2.6, 3.4)),
            rugae=(0.02, 0.10),
            count=(3, 6),
            bend=(0.1, 0.3),
            waves=(0.002, 0.008),
            rings=(0.0, 0.015),
            squamous=(2.0, 2.0),
            vessels=1.3,
            glands=0.25,
        ),
        "junction": Organ(
            semi_axes=((0.48, 0.62), (0.44, 0.58), (1.3, 1.8)),
            rugae=(0.03, 0.08),
            count=(6, 10),
            bend=(0.4, 0.9),
            squamous=(0.30, 0.68),
            tint=(0.95, 0.74, 0.74),
            waves=(0.003, 0.012),
            vessels=1.2,
            glands=0.6,
            features=(Feature("pylorus", 0.0, _FAR_END, (0.11, 0.22)),),
        ),
        "cardia": Organ(
            semi_axes=((0.62, 0.85), (0.58, 0.8), (1.2, 1.6)),
            rugae=(0.05, 0.12),
            count=(8, 13),
            squamous=(-0.25, 0.22),
            tint=(0.97, 0.84, 0.84),
            features=(Feature("pylorus", 0.0, _FAR_END, (0.22, 0.34)),),
        ),
        "body": Organ(
            semi_axes=((0.95, 1.15), (0.8, 1.0), (2.2, 2.8)),
            rugae=(0.18, 0.32),
            count=(11, 17),
            bend=(0.4, 0.9),
            arch=(0.18, 0.34),
            arch_place=(0.60, 0.72),
            smooth_lesser=0.75,
            features=(Feature("cardia", LESSER, -1.15, (0.16, 0.22), (0.0, 0.0, -1.0)),),
        ),
        "lower": Organ(
            semi_axes=((1.0, 1.2), (0.85, 1.05), (1.6, 2.0)),
            rugae=(0.02, 0.08),
            count=(10, 16),
            rings=(0.0, 0.02),
            arch=(0.34, 0.50),
            arch_place=(0.12, 0.26),
            arch_edge=(0.10, 0.22),
            smooth_lesser=0.9,
            features=(Feature("pylorus", 0.0, _FAR_END, (0.13, 0.18)),),
        ),
        "antrum": Organ(
            semi_axes=((0.9, 1.1), (0.85, 1.05), (1.2, 1.55)),
            rugae=(0.0, 0.02),
            rings=(0.02, 0.08),
            features=(Feature("pylorus", 0.0, _FAR_END, (0.15, 0.23)),),
        ),
        "bulb": Organ(
            semi_axes=((0.6, 0.78), (0.55, 0.72), (0.75, 1.0)),
            rings=(0.0, 0.012),
            arch=(0.10, 0.20),
            arch_place=(0.42, 0.62),
            arch_theta=POSTERIOR,
            tint=(1.0, 1.10, 0.98),
            vessels=0.25,
            glands=2.0,
            features=(Feature("pylorus", POSTERIOR + 0.4, 1.12, (0.13, 0.20)),),
        ),
        "descending": Organ(
            semi_axes=((0.52, 0.66), (0.5, 0.62), (2.2, 2.9)),
            circular=(0.07, 0.14),
            tint=(1.0, 1.10, 0.90),
            vessels=0.25,
            glands=1.6,
            features=(Feature("papilla", ANTERIOR + 0.5, 0.12, (0.09, 0.13), (0.0, 0.0, 1.0)),),
        ),
        "upper": Organ(
            semi_axes=((1.1, 1.3), (1.0, 1.2), (1.5, 1.9)),
            rugae=(0.14, 0.28),
            count=(10, 16),
            bend=(0.8, 1.6),
            smooth_lesser=0.7,
            smooth_dome=0.75,
            features=(Feature("cardia", LESSER, -0.80, (0.18, 0.25), (0.0, 0.0, -1.0)),),
        ),
    }
)
"""Name of an organ, or of a part that is looked at from one side, to what it looks like."""


@dataclass(frozen=True)
class Part:
    """An organ of one patient.

    Args:
        organ: its name.
        cavity: its shape.
        folds: its relief, at average insufflation.
        arch: its angulus, of height 0 where there is none.
        circular: height of its circular folds.
        spacing: distance between them.
        squamous: sine of the latitude where the pale lining ends.
        jag: how far its tongues reach.
        landmarks: kind and place of each.
    """

    organ: str
    cavity: Cavity
    folds: Folds
    arch: Arch
    circular: float
    spacing: float
    squamous: float
    jag: float
    landmarks: tuple[tuple[str, Spot], ...]


def plan_part(name: str, rng: np.random.Generator, variation: float) -> Part:
    """Draw a patient's form of an organ; ``variation`` 0 gives the middle of every span."""

    def pick(span: Span) -> float:
        middle, half = sum(span) / 2, (span[1] - span[0]) / 2
        return float(middle + half * float(np.clip(variation * rng.uniform(-1, 1), -1.4, 1.4)))

    organ = ORGANS[name]
    cavity = Cavity(tuple(pick(span) for span in organ.semi_axes))  # type: ignore[arg-type]
    folds = Folds(
        rugae=max(pick(organ.rugae), 0.0),
        count=round(pick(organ.count)),
        bend=pick(organ.bend),
        twist=float(rng.normal(0, 0.5)),
        rings=max(pick(organ.rings), 0.0),
        waves=float(rng.uniform(*organ.waves)),
    )
    arch = Arch(
        height=max(pick(organ.arch), 0.0),
        place=pick(organ.arch_place) * cavity.semi_axes[2],
        theta=organ.arch_theta + float(rng.normal(0, 0.12)),
        edge=pick(organ.arch_edge),
    )
    return Part(
        organ=name,
        cavity=cavity,
        folds=folds,
        arch=arch,
        circular=max(pick(organ.circular), 0.0),
        spacing=float(rng.uniform(0.5, 0.85)),
        squamous=pick(organ.squamous),
        jag=float(rng.uniform(0.02, 0.07)),
        landmarks=tuple((one.kind, _plan_spot(one, cavity, pick(one.radius), rng)) for one in organ.features),
    )


def _plan_spot(feature: Feature, cavity: Cavity, radius: float, rng: np.random.Generator) -> Spot:
    direction: Vector = np.array(feature.along, np.float32)
    return Spot(
        theta=feature.theta + (0.0 if feature.beta == _FAR_END else float(rng.normal(0, 0.08))),
        beta=feature.beta,
        radius=radius,
        turn=turn_along(cavity.point(feature.theta, feature.beta), direction, cavity) + float(rng.normal(0, 0.06)),
        stretch=float(rng.uniform(1.0, 1.12)) if feature.kind == "larynx" else float(rng.uniform(1.0, 1.35)),
        ragged=0.05,
        origin=(float(rng.uniform(0, GRAIN_PX)), float(rng.uniform(0, GRAIN_PX))),
    )
