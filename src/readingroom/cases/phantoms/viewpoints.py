"""Viewpoints: from where the thirty sites are looked at, what of the wall shows each, and which lie side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.cavity import Camera, Cavity, Vector, Wall, aim, unit
from readingroom.cases.phantoms.landmarks import PYRIFORM
from readingroom.cases.phantoms.mucosa import Mucosa
from readingroom.cases.phantoms.plan import FIELD_RAD
from readingroom.cases.phantoms.surface import find_patch
from readingroom.cases.phantoms.tract import ANTERIOR, GREATER, LESSER, POSTERIOR, Part

Triple = tuple[float, float, float]
"""A place in an organ as shares of its half extents: anterior, lesser curvature, away from the mouth."""


@dataclass(frozen=True)
class Sector:
    """A part of the wall between two angles and two latitudes.

    Args:
        theta: angle of its middle around the organ.
        half: half its width in radians; pi for all around.
        low: sine of its lowest latitude.
        high: sine of its highest.
    """

    theta: float
    half: float
    low: float
    high: float


@dataclass(frozen=True)
class Disc:
    """A part of the wall about a landmark.

    Args:
        kind: of the landmark.
        x: of its middle along the landmark's x axis, in radii.
        y: of its middle.
        radius: in radii of the landmark.
    """

    kind: str
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Viewpoint:
    """From where a site is looked at.

    Args:
        organ: one of `ORGANS`.
        position: of the camera.
        target: what is in the middle of the picture.
        shows: the part of the wall that is the site.
        up: 1 where the picture's upper edge is toward the lesser curvature (or the front of the throat), -1 where it
            is toward the greater one, as after turning the tip up and back.
        retroflexed: the endoscope sees its own shaft.
    """

    organ: str
    position: Triple
    target: Triple
    shows: Sector | Disc
    up: int = 1
    retroflexed: bool = False


def _forward(organ: str, position: Triple, target: Triple, shows: Sector | Disc) -> Viewpoint:
    return Viewpoint(organ, position, target, shows)


def _j_turn(organ: str, position: Triple, target: Triple, shows: Sector | Disc) -> Viewpoint:
    """Tip turned up and back: up and down change places, left and right do not (Lee 2015, WJG 21:759)."""
    return Viewpoint(organ, position, target, shows, up=-1, retroflexed=True)


def _u_turn(organ: str, position: Triple, target: Triple, shows: Sector | Disc) -> Viewpoint:
    """The J-turn, and the shaft turned half around: left and right change places, up and down do not."""
    return Viewpoint(organ, position, target, shows, up=1, retroflexed=True)


def _wall(theta: float, low: float, high: float, half: float = 0.75) -> Sector:
    return Sector(theta, half, low, high)


VIEWPOINTS: Mapping[str, Viewpoint] = MappingProxyType(
    {
        "glottis": _forward("pharynx", (0.0, 0.05, 0.05), (0.0, 0.02, 1.0), Disc("larynx", 0.0, 0.1, 1.15)),
        "left_pyriform_sinus": _forward(
            "pharynx", (0.12, 0.0, 0.18), (0.40, -0.14, 0.90), Disc("larynx", -PYRIFORM[0], PYRIFORM[1], 0.7)
        ),
        "right_pyriform_sinus": _forward(
            "pharynx", (-0.12, 0.0, 0.18), (-0.40, -0.14, 0.90), Disc("larynx", *PYRIFORM, 0.7)
        ),
        "oesophagus": _forward("oesophagus", (0.0, 0.0, -0.40), (0.0, 0.0, 1.0), _wall(0.0, -0.35, 1.0, np.pi)),
        "junction_line": _forward("junction", (0.0, 0.0, -0.05), (0.0, 0.0, 1.0), _wall(0.0, 0.25, 1.0, np.pi)),
        "cardia": _forward("cardia", (0.0, 0.0, -0.10), (0.0, 0.0, 1.0), Disc("pylorus", 0.0, 0.0, 1.9)),
        "body_anterior": _forward("body", (-0.20, 0.0, -0.42), (0.85, 0.0, 0.10), _wall(ANTERIOR, -0.25, 0.55)),
        "body_greater": _forward("body", (0.0, 0.25, -0.42), (0.0, -0.85, 0.10), _wall(GREATER, -0.25, 0.55)),
        "body_posterior": _forward("body", (0.20, 0.0, -0.42), (-0.85, 0.0, 0.10), _wall(POSTERIOR, -0.25, 0.55)),
        "body_antrum_junction": _forward("lower", (0.0, -0.15, -0.55), (0.0, 0.20, 0.75), _wall(0.0, 0.0, 0.75, np.pi)),
        "antrum_anterior": _forward("antrum", (-0.20, 0.0, -0.45), (0.85, 0.0, 0.45), _wall(ANTERIOR, -0.1, 0.85)),
        "antrum_posterior": _forward("antrum", (0.20, 0.0, -0.45), (-0.85, 0.0, 0.45), _wall(POSTERIOR, -0.1, 0.85)),
        "antrum_lesser": _forward("antrum", (0.0, -0.20, -0.45), (0.0, 0.85, 0.45), _wall(LESSER, -0.1, 0.85)),
        "antrum_greater": _forward("antrum", (0.0, 0.20, -0.45), (0.0, -0.85, 0.45), _wall(GREATER, -0.1, 0.85)),
        "pylorus": _forward("antrum", (0.0, 0.0, 0.32), (0.0, 0.0, 1.0), Disc("pylorus", 0.0, 0.0, 1.7)),
        "duodenal_bulb": _forward("bulb", (0.10, -0.05, -0.55), (-0.25, 0.05, 0.95), _wall(0.0, -0.2, 1.0, np.pi)),
        "descending_duodenum": _forward(
            "descending", (-0.05, 0.0, -0.40), (0.10, 0.0, 1.0), _wall(0.0, -0.3, 1.0, np.pi)
        ),
        "angulus_anterior": _j_turn("lower", (-0.15, -0.40, 0.72), (0.62, 0.50, 0.10), _wall(0.75, -0.05, 0.5, 0.55)),
        "angulus_posterior": _j_turn("lower", (0.15, -0.40, 0.72), (-0.62, 0.50, 0.10), _wall(2.39, -0.05, 0.5, 0.55)),
        "angulus_lesser": _j_turn("lower", (0.0, -0.50, 0.70), (0.0, 0.62, 0.05), _wall(LESSER, -0.35, 0.5, 0.65)),
        "lower_body_anterior_retroflexed": _j_turn(
            "body", (-0.25, -0.15, 0.50), (0.85, 0.10, 0.12), _wall(ANTERIOR, -0.3, 0.45)
        ),
        "lower_body_posterior_retroflexed": _j_turn(
            "body", (0.25, -0.15, 0.50), (-0.85, 0.10, 0.12), _wall(POSTERIOR, -0.3, 0.45)
        ),
        "body_lesser_retroflexed": _j_turn("body", (0.0, -0.35, 0.25), (0.0, 0.85, -0.25), _wall(LESSER, -0.8, 0.1)),
        "upper_body_anterior_retroflexed": _u_turn(
            "upper", (-0.25, 0.0, 0.62), (0.88, 0.0, -0.05), _wall(ANTERIOR, -0.45, 0.35)
        ),
        "upper_body_posterior_retroflexed": _u_turn(
            "upper", (0.25, 0.0, 0.62), (-0.88, 0.0, -0.05), _wall(POSTERIOR, -0.45, 0.35)
        ),
        "upper_body_greater_retroflexed": _u_turn(
            "upper", (0.0, 0.25, 0.62), (0.0, -0.88, -0.05), _wall(GREATER, -0.45, 0.35)
        ),
        "fundus_anterior": _u_turn("upper", (-0.25, 0.10, 0.10), (0.75, -0.10, -0.65), _wall(ANTERIOR, -0.95, -0.3)),
        "fundus_posterior": _u_turn("upper", (0.25, 0.10, 0.10), (-0.75, -0.10, -0.65), _wall(POSTERIOR, -0.95, -0.3)),
        "fundus_greater": _u_turn("upper", (0.0, 0.30, 0.10), (0.0, -0.70, -0.70), _wall(GREATER, -0.97, -0.3)),
        "cardia_retroflexed": _u_turn("upper", (0.0, 0.05, -0.30), (0.0, 0.62, -0.70), Disc("cardia", 0.0, 0.0, 2.2)),
    }
)
"""Key of a site to how it is looked at, in the sites' order."""

BESIDE: tuple[tuple[str, str], ...] = (
    ("glottis", "left_pyriform_sinus"),
    ("glottis", "right_pyriform_sinus"),
    ("body_anterior", "body_greater"),
    ("body_greater", "body_posterior"),
    ("antrum_anterior", "antrum_lesser"),
    ("antrum_lesser", "antrum_posterior"),
    ("antrum_posterior", "antrum_greater"),
    ("antrum_greater", "antrum_anterior"),
    ("antrum_greater", "pylorus"),
    ("angulus_anterior", "angulus_lesser"),
    ("angulus_posterior", "angulus_lesser"),
    ("lower_body_anterior_retroflexed", "body_lesser_retroflexed"),
    ("lower_body_posterior_retroflexed", "body_lesser_retroflexed"),
    ("upper_body_anterior_retroflexed", "upper_body_greater_retroflexed"),
    ("upper_body_posterior_retroflexed", "upper_body_greater_retroflexed"),
    ("fundus_anterior", "fundus_greater"),
    ("fundus_posterior", "fundus_greater"),
    ("fundus_anterior", "cardia_retroflexed"),
    ("fundus_posterior", "cardia_retroflexed"),
)
"""Sites that one picture can hold."""

MISTAKEN: tuple[tuple[str, str], ...] = (
    ("left_pyriform_sinus", "right_pyriform_sinus"),
    ("oesophagus", "junction_line"),
    ("junction_line", "cardia"),
    ("body_antrum_junction", "antrum_lesser"),
    ("duodenal_bulb", "descending_duodenum"),
    ("body_antrum_junction", "angulus_lesser"),
)
"""Further pairs that annotators take for each other."""


def beside(site: str) -> tuple[str, ...]:
    """Sites that a picture can hold together with this one."""
    return tuple(other for pair in BESIDE if site in pair for other in pair if other != site)


def mistaken_for(site: str) -> tuple[str, ...]:
    """Sites that an annotator may take this one for."""
    return tuple(other for pair in (*BESIDE, *MISTAKEN) if site in pair for other in pair if other != site)


def plan_camera(sites: tuple[str, ...], cavity: Cavity, rng: np.random.Generator, wander: float) -> Camera:
    """A camera that shows a site, or two side by side from between their viewpoints.

    Args:
        sites: one key, or two of the same organ.
        cavity: the organ's.
        rng: where the numbers come from.
        wander: 0 for the viewpoint itself; about 1 for as much as endoscopists differ.
    """
    views = [VIEWPOINTS[site] for site in sites]
    scale = np.array(cavity.semi_axes)
    position = np.mean([view.position for view in views], axis=0) * scale
    target = np.mean([view.target for view in views], axis=0) * scale
    reach = float(np.linalg.norm(target - position))
    position = position + rng.normal(0, 1, 3) * (0.075 * wander) * scale
    target = target + rng.normal(0, 1, 3) * (0.13 * wander * reach)
    seen_from = cavity.keep_inside(position.astype(np.float32), share=0.8)
    up = np.array([0, views[0].up, 0], np.float32)
    return _upright(seen_from, target.astype(np.float32), up, float(rng.normal(0, 0.25 * wander)))


def _upright(position: Vector, target: Vector, up: Vector, tilt: float) -> Camera:
    """A camera whose upper edge is toward ``up``, give or take a tilt in radians."""
    plain = aim(position, target, 0.0, FIELD_RAD)
    right = unit(np.asarray(np.cross(plain.axes[2], up), np.float32))
    roll = float(np.arctan2(right @ plain.axes[1], right @ plain.axes[0]))
    return aim(position, target, roll + tilt, FIELD_RAD)


def where_shown(site: str, part: Part, wall: Wall, mucosa: Mucosa) -> NDArray[np.bool_]:
    """Pixels (H, W) of a view that show a site."""
    shows = VIEWPOINTS[site].shows
    if isinstance(shows, Sector):
        near = np.cos(wall.theta - np.float32(shows.theta)) >= np.cos(shows.half)
        return np.asarray(near & (wall.latitude >= shows.low) & (wall.latitude <= shows.high), bool)
    shown = np.zeros(wall.distance.shape, bool)
    spot = next(spot for kind, spot in part.landmarks if kind == shows.kind)
    patch = find_patch(spot, part.cavity, wall, mucosa.grain, within=float(np.hypot(shows.x, shows.y)) + shows.radius)
    if patch is not None:
        inside = np.hypot(patch.x - np.float32(shows.x), patch.y - np.float32(shows.y)) <= shows.radius
        shown[patch.rows, patch.columns] = inside & (patch.away < 90)
    return shown
