"""Sites: the five parts of the stomach, what their walls look like, and from where the endoscope sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.cavity import Cavity
from readingroom.cases.phantoms.folds import Folds

Span = tuple[float, float]


@dataclass(frozen=True)
class Site:
    """A part of the stomach; every span is a lowest and a highest value that a patient may have.

    Args:
        semi_axes: spans of the cavity's half extents along x, y, z.
        rugae: height of the folds, by units of length.
        count: number of folds.
        bend: how far folds wander.
        rings: height of the rings of peristalsis.
        latitude: where places to look at lie, in radians.
        retroflexed: chance that the endoscope looks back at itself.
        lake: chance of a pool of fluid.
        arch: height of the angulus, 0 for none.
        pylorus: radius of the opening at the far end, 0 for none.
        cardia: radius of the opening at the near end, 0 for none.
    """

    semi_axes: tuple[Span, Span, Span]
    rugae: Span
    count: Span
    bend: Span
    rings: Span
    latitude: Span
    retroflexed: float = 0.0
    lake: float = 0.0
    arch: Span = (0.0, 0.0)
    pylorus: Span = (0.0, 0.0)
    cardia: Span = (0.0, 0.0)


GASTRIC_SITES: Mapping[str, Site] = MappingProxyType(
    {
        "cardia": Site(
            semi_axes=((1.0, 1.2), (0.9, 1.1), (1.2, 1.5)),
            rugae=(0.05, 0.12),
            count=(10, 16),
            bend=(0.8, 1.6),
            rings=(0.0, 0.01),
            latitude=(-1.15, -0.75),
            retroflexed=1.0,
            cardia=(0.13, 0.18),
        ),
        "fundus": Site(
            semi_axes=((1.15, 1.4), (1.05, 1.3), (1.2, 1.4)),
            rugae=(0.08, 0.18),
            count=(8, 14),
            bend=(1.6, 2.8),
            rings=(0.0, 0.0),
            latitude=(-0.7, 0.1),
            retroflexed=0.7,
            lake=0.35,
            cardia=(0.10, 0.14),
        ),
        "body": Site(
            semi_axes=((0.9, 1.1), (0.75, 1.0), (2.2, 2.9)),
            rugae=(0.12, 0.26),
            count=(12, 20),
            bend=(0.7, 1.5),
            rings=(0.0, 0.01),
            latitude=(-0.2, 0.6),
            lake=0.1,
        ),
        "angulus": Site(
            semi_axes=((1.0, 1.2), (0.9, 1.1), (1.6, 2.0)),
            rugae=(0.02, 0.08),
            count=(10, 16),
            bend=(0.8, 1.5),
            rings=(0.0, 0.02),
            latitude=(0.0, 0.35),
            arch=(0.30, 0.48),
            pylorus=(0.10, 0.13),
        ),
        "antrum": Site(
            semi_axes=((0.9, 1.1), (0.85, 1.05), (1.3, 1.7)),
            rugae=(0.0, 0.03),
            count=(6, 10),
            bend=(0.8, 1.6),
            rings=(0.02, 0.09),
            latitude=(0.2, 0.95),
            pylorus=(0.11, 0.16),
        ),
    }
)
"""Name of a site to what it looks like."""

SITE_SHARES: Mapping[str, float] = MappingProxyType(
    {"cardia": 0.14, "fundus": 0.12, "body": 0.28, "angulus": 0.18, "antrum": 0.28}
)
"""How often a site is affected; the same for every class, so that the site does not carry the label."""


@dataclass(frozen=True)
class Place:
    """A site of one patient: the shape of its cavity and its folds.

    Args:
        site: its name.
        cavity: its shape, well filled with air.
        folds: its relief, at average insufflation.
        retroflexed: the endoscope looks back and sees itself.
        lake: level of a pool of fluid, as a share of the half extent; 1 for none.
        lake_theta: the side of the wall that lies lowest.
    """

    site: str
    cavity: Cavity
    folds: Folds
    retroflexed: bool
    lake: float
    lake_theta: float


def plan_place(name: str, rng: np.random.Generator, variation: float) -> Place:
    """Draw a patient's form of a site; ``variation`` 0 gives the middle of every span."""

    def pick(span: Span) -> float:
        middle, half = sum(span) / 2, (span[1] - span[0]) / 2
        return float(np.clip(middle + half * variation * rng.uniform(-1, 1), 0, None))

    site = GASTRIC_SITES[name]
    cavity = Cavity(tuple(pick(span) for span in site.semi_axes))  # type: ignore[arg-type]
    folds = Folds(
        rugae=pick(site.rugae),
        count=round(pick(site.count)),
        bend=pick(site.bend),
        twist=float(rng.normal(0, 1.0)),
        rings=pick(site.rings),
        waves=float(rng.uniform(0.01, 0.03)),
        arch=pick(site.arch),
        arch_place=0.55 * cavity.semi_axes[2],
        arch_theta=float(rng.uniform(0, 2 * np.pi)),
        pylorus=pick(site.pylorus),
        cardia=pick(site.cardia),
    )
    retroflexed = bool(rng.random() < site.retroflexed)
    lake = float(rng.uniform(0.45, 0.75)) if rng.random() < site.lake else 1.0
    return Place(name, cavity, folds, retroflexed, lake, float(rng.uniform(0, 2 * np.pi)))
