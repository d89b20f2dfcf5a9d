"""Upper GI: synthetic views of the thirty sites of the upper digestive tract, in four kinds of light."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.cavity import Wall, project, see_wall
from readingroom.cases.phantoms.dyes import LIGHTS
from readingroom.cases.phantoms.folds import fold_relief
from readingroom.cases.phantoms.instrument import Shaft, draw_shaft
from readingroom.cases.phantoms.landmarks import (
    LANDMARK_REACH,
    LANDMARKS,
    angular_fold,
    circular_folds,
    palisade,
    squamous_share,
)
from readingroom.cases.phantoms.light import digitise
from readingroom.cases.phantoms.mucosa import Mucosa, Texture, lay_texture
from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.panel import Panel
from readingroom.cases.phantoms.picture import Shot, bare_albedo, lay_glands, sensor_grain, set_in_frame, take_picture
from readingroom.cases.phantoms.residue import scatter_litter
from readingroom.cases.phantoms.surface import Surface, find_patch
from readingroom.cases.phantoms.tract import LESSER, ORGANS, Part
from readingroom.cases.phantoms.view import ViewArea, ViewShape, view_area
from readingroom.cases.phantoms.viewpoints import VIEWPOINTS, where_shown

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels of the frame, the ends excluded."""

_SQUAMOUS_TINT = (1.06, 1.62, 1.70)
_PALISADE = ("oesophagus", "junction", "cardia")
_SHAFT_RADIUS = 0.15  # in units of length: an endoscope of about 9 mm
_LEAST_SHARE = 0.004  # of a view; less of a site than this is not seen


@dataclass(frozen=True)
class SiteScene:
    """All that is in one view; drawing it needs no further random numbers.

    Args:
        site: key of the site that is meant.
        also: key of another site that the view holds; empty for none.
        mucosa: the patient's look.
        part: the patient's organ.
        light: one of `LIGHTS`.
        shot: what is particular to this image.
        panel: what is burned in beside the view; None for nothing.
    """

    site: str
    also: str
    mucosa: Mucosa
    part: Part
    light: str
    shot: Shot
    panel: Panel | None = None


def draw_site(
    scene: SiteScene, size: tuple[int, int] = (288, 352), view_shape: ViewShape = "octagon"
) -> tuple[NDArray[np.uint8], Box]:
    """Draw a view and the box around what shows its site.

    Args:
        scene: what to draw.
        size: height and width of the frame in pixels.
        view_shape: ``octagon``, ``circle``, ``rectangle``, or ``whole`` for a frame without a panel.

    Returns:
        RGB pixels (H, W, 3), and the box.
    """
    area = view_area(view_shape, size)
    x0, y0, x1, y1 = area.box_xyxy_px
    inner = y1 - y0, x1 - x0
    wall = see_wall(scene.part.cavity, scene.shot.camera, inner)
    values = _draw_view(scene, wall, inner)
    shown = where_shown(scene.site, scene.part, wall, scene.mucosa)
    frame, mask = set_in_frame(values, shown, area, scene.panel)
    return frame, box_around(mask > 0, area)


def find_box(scene: SiteScene, size: tuple[int, int] = (288, 352), view_shape: ViewShape = "octagon") -> Box:
    """The box that `draw_site` gives, without drawing."""
    area = view_area(view_shape, size)
    x0, y0, x1, y1 = area.box_xyxy_px
    wall = see_wall(scene.part.cavity, scene.shot.camera, (y1 - y0, x1 - x0))
    mask = np.zeros(size, bool)
    mask[y0:y1, x0:x1] = where_shown(scene.site, scene.part, wall, scene.mucosa)
    return box_around(mask & area.inside, area)


def box_around(mask: NDArray[np.bool_], area: ViewArea) -> Box:
    """The box that holds all but the outermost of what is true; the view's own box where next to nothing is."""
    if mask.sum() < _LEAST_SHARE * area.inside.sum():
        return area.box_xyxy_px
    (top, bottom), (left, right) = (_span(mask.sum(axis=axis)) for axis in (1, 0))
    return left, top, right, bottom


def _span(counts: NDArray[np.int64], left_out: float = 0.01) -> tuple[int, int]:
    """First and end of what holds all but a share at each end."""
    total = np.cumsum(counts) / counts.sum()
    first, last = (int(np.searchsorted(total, level)) for level in (left_out, 1 - left_out))
    return first, last + 1


def _draw_view(scene: SiteScene, wall: Wall, size: tuple[int, int]) -> NDArray[np.uint8]:
    mucosa = _local_mucosa(scene)
    texture = lay_texture(mucosa, wall)
    surface = model_site(scene, mucosa, wall, texture)
    values = take_picture(wall, texture, surface, scene.shot.exposure)
    if VIEWPOINTS[scene.site].retroflexed:
        draw_shaft(values, _plan_shaft(scene, size))
    return digitise(values, sensor_grain(scene.shot.seed, size), scene.shot.exposure)


def _local_mucosa(scene: SiteScene) -> Mucosa:
    """The patient's look as it is in this organ."""
    organ = ORGANS[scene.part.organ]
    clear = min(scene.mucosa.vessels * organ.vessels, 0.95)
    return replace(scene.mucosa, vessels=clear, gland=scene.mucosa.gland * organ.glands)


def model_site(scene: SiteScene, mucosa: Mucosa, wall: Wall, texture: Texture) -> Surface:
    """Relief and colour of everything in a view before light falls on it."""
    part, organ = scene.part, ORGANS[scene.part.organ]
    surface = Surface.bare(bare_albedo(mucosa, texture))
    surface.tint(np.ones_like(wall.distance), organ.tint)
    squamous = squamous_share(wall, texture, part.squamous, part.jag)
    surface.tint(squamous, _SQUAMOUS_TINT)
    if part.organ in _PALISADE:
        surface.tint(np.asarray(np.float32(0.3) * squamous * palisade(wall, texture), np.float32), mucosa.vessel_rgb)
    surface.folds[:] *= _fold_share(part, wall, squamous)
    for kind, spot in part.landmarks:
        patch = find_patch(spot, part.cavity, wall, mucosa.grain, within=LANDMARK_REACH[kind])
        if patch is not None:
            LANDMARKS[kind](patch, spot.radius, surface.window(patch.rows, patch.columns))
    scatter_litter(scene.shot.litter, texture, surface)
    _add_folds(scene, wall, texture, surface)
    lay_glands(mucosa, texture, surface)
    LIGHTS[scene.light](surface, texture, squamous)
    return surface


def _fold_share(part: Part, wall: Wall, squamous: Field) -> Field:
    """How much of its folds a part has where: little on the lesser curvature, less under squamous lining."""
    smooth = np.float32(ORGANS[part.organ].smooth_lesser) * smoothstep(-0.2, 0.8, np.cos(wall.theta - LESSER))
    beyond = 1 - np.float32(0.6) * squamous if abs(part.squamous) < 1 else np.float32(1)
    dome = np.float32(ORGANS[part.organ].smooth_dome) * smoothstep(-0.35, -0.75, wall.latitude)
    return np.asarray((1 - smooth) * (1 - dome) * beyond, np.float32)


def _add_folds(scene: SiteScene, wall: Wall, texture: Texture, surface: Surface) -> None:
    part, air = scene.part, scene.shot.insufflation
    folds = replace(part.folds, rugae=part.folds.rugae / air**2, rings=part.folds.rings / air)
    relief = fold_relief(folds, wall, texture)
    if part.circular:
        relief += circular_folds(wall, texture, part.circular / air, part.spacing)
    surface.relief[:] += relief * surface.folds
    if part.arch.height:
        surface.relief[:] += angular_fold(wall, texture, part.arch)


def _plan_shaft(scene: SiteScene, size: tuple[int, int]) -> Shaft:
    """The shaft from where it comes in, toward the upper edge after a J-turn, else away from the middle."""
    camera, cavity = scene.shot.camera, scene.part.cavity
    anchors = [spot.anchor(cavity) for kind, spot in scene.part.landmarks if kind == "cardia"]
    entry = anchors[0] if anchors else cavity.point(0.0, -np.pi / 2)
    start = project(camera, entry, size)
    angle = _leaving(scene, start, size) + scene.shot.shaft_turn
    far = float(np.linalg.norm(entry - camera.position))
    width = _SHAFT_RADIUS / far / (2 * camera.field_rad) * max(size)
    return Shaft(start, (float(np.cos(angle)), float(np.sin(angle))), width, 0.10)


def _leaving(scene: SiteScene, start: tuple[float, float], size: tuple[int, int]) -> float:
    if VIEWPOINTS[scene.site].up < 0:
        return -np.pi / 2
    away = np.array(start) - (np.array(size[::-1]) - 1) / 2
    return float(np.arctan2(away[1], away[0]))
