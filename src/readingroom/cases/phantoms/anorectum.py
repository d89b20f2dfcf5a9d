"""Anorectum: the anal canal as an endoscope in the rectum sees it when it looks back along its own shaft."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.cavity import Cavity, Wall, project, see_wall
from readingroom.cases.phantoms.cushions import CUSHION_REACH, Cushion, cushion_mask, draw_cushion
from readingroom.cases.phantoms.folds import Folds, fold_relief
from readingroom.cases.phantoms.instrument import Shaft, draw_shaft
from readingroom.cases.phantoms.light import digitise
from readingroom.cases.phantoms.mucosa import Mucosa, Texture, lay_texture
from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.panel import Panel
from readingroom.cases.phantoms.picture import (
    Shot,
    bare_albedo,
    lay_decoys,
    lay_glands,
    sensor_grain,
    set_in_frame,
    take_picture,
)
from readingroom.cases.phantoms.residue import Decoy, scatter_litter
from readingroom.cases.phantoms.surface import Surface, find_patch
from readingroom.cases.phantoms.view import ViewShape, view_area

_ANODERM_RGB = (0.80, 0.55, 0.44)
_SHAFT_RADIUS = 0.19  # of the endoscope, in units of length: a gastroscope of 11 mm
_SHAFT_NEARER = 0.9  # growth of the shaft's half width by its run, as it comes toward the lens


@dataclass(frozen=True)
class Canal:
    """The upper end of a patient's anal canal; radii are from its axis, in units of length.

    Args:
        mouth: radius of what is left open around the shaft.
        dentate: mean radius of the dentate line.
        teeth: how far the line goes up and down.
        columns: number of the columns of Morgagni.
        column_height: of the columns.
        mound: how far the closed canal bulges into the rectum.
        pallor: how much paler than the mucosa the lining below the line is.
    """

    mouth: float
    dentate: float
    teeth: float
    columns: int
    column_height: float
    mound: float
    pallor: float


@dataclass(frozen=True)
class AnalScene:
    """All that is in one phantom image of the anorectum; drawing it needs no further random numbers.

    Args:
        mucosa: the patient's look.
        cavity: the patient's rectum, well filled with air.
        folds: of the rectum.
        canal: the patient's canal.
        cushions: all that stand out, healthy ones too; one at least, and the first is what is looked at.
        diseased: whether the cushions are haemorrhoids and therefore outlined.
        decoys: lasting things that resemble signs of haemorrhoids and are none.
        shot: what is particular to this image.
        panel: what is burned in beside the view; None for nothing.
    """

    mucosa: Mucosa
    cavity: Cavity
    folds: Folds
    canal: Canal
    cushions: tuple[Cushion, ...]
    diseased: bool
    decoys: tuple[Decoy, ...]
    shot: Shot
    panel: Panel | None = None


def draw_anal_phantom(
    scene: AnalScene, size: tuple[int, int] = (288, 352), view_shape: ViewShape = "octagon"
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a phantom image of the anorectum and the exact outline of its haemorrhoids.

    Args:
        scene: what to draw.
        size: height and width of the frame in pixels.
        view_shape: ``octagon``, ``circle``, ``rectangle``, or ``whole`` for a frame without a panel.

    Returns:
        RGB pixels (H, W, 3) and mask (H, W), 255 on the haemorrhoids and 0 elsewhere; all 0 for a normal phantom.

    Example:
        >>> from readingroom.cases.phantoms.anal_scenes import plan_anal_scene
        >>> pixels, outline = draw_anal_phantom(plan_anal_scene("Rf1", seed=3), size=(96, 128))
        >>> pixels.shape, outline.shape
        ((96, 128, 3), (96, 128))
    """
    area = view_area(view_shape, size)
    x0, y0, x1, y1 = area.box_xyxy_px
    values, mask = _draw_view(scene, (y1 - y0, x1 - x0))
    return set_in_frame(values, mask, area, scene.panel)


def _draw_view(scene: AnalScene, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    wall = see_wall(scene.cavity, scene.shot.camera, size)
    texture = lay_texture(scene.mucosa, wall)
    surface, mask = model_canal(scene, wall, texture)
    values = take_picture(wall, texture, surface, scene.shot.exposure)
    mask &= ~draw_shaft(values, plan_shaft(scene, size))
    return digitise(values, sensor_grain(scene.shot.seed, size), scene.shot.exposure), mask


def model_canal(scene: AnalScene, wall: Wall, texture: Texture) -> tuple[Surface, NDArray[np.bool_]]:
    """Relief and colour of everything in a scene before light falls on it, and where haemorrhoids are."""
    surface = Surface.bare(bare_albedo(scene.mucosa, texture))
    mask = np.zeros(wall.distance.shape, bool)
    away = from_axis(wall)
    _lay_lining(scene.canal, wall, texture, away, surface)
    for cushion in scene.cushions:
        patch = find_patch(cushion.spot, scene.cavity, wall, scene.mucosa.grain, within=CUSHION_REACH)
        if patch is not None:
            draw_cushion(cushion, patch, surface.window(patch.rows, patch.columns))
            mask[patch.rows, patch.columns] |= cushion_mask(patch)
    lay_decoys((*scene.decoys, *scene.shot.decoys), scene.mucosa, scene.cavity, wall, surface)
    scatter_litter(scene.shot.litter, texture, surface)
    surface.relief[:] += fold_relief(scene.folds, wall, texture) * surface.folds
    _open_canal(scene.canal, away, texture, surface)
    lay_glands(scene.mucosa, texture, surface)
    if not scene.diseased:
        mask[:] = False
    return surface, mask & (away > scene.canal.mouth)


def from_axis(wall: Wall) -> Field:
    """Distance (H, W) of the wall from the canal's axis; far on the other end of the rectum."""
    away = np.hypot(wall.points[0], wall.points[1])
    return np.asarray(np.where(wall.latitude < 0, away, np.float32(9)), np.float32)


def _lay_lining(canal: Canal, wall: Wall, texture: Texture, away: Field, surface: Surface) -> None:
    """Pale lining below the jagged dentate line, and the columns that end at it."""
    ridge = np.cos(wall.theta * np.float32(canal.columns) + np.float32(1.4) * texture.bend)
    line = np.float32(canal.dentate) + np.float32(canal.teeth) * (ridge + np.float32(0.6) * texture.mottling)
    below = smoothstep(0.025, -0.025, away - line)
    surface.cover(below * np.float32(canal.pallor), _ANODERM_RGB)
    surface.texture[:] *= 1 - np.float32(0.75) * below
    edge = np.exp(-np.square((away - line) / np.float32(0.016)))
    surface.cover(np.float32(0.45 * canal.pallor) * np.asarray(edge, np.float32), (0.86, 0.74, 0.62))
    column = np.maximum(ridge, 0) * smoothstep(-0.03, 0.05, away - line) * smoothstep(0.42, 0.12, away - line)
    surface.relief[:] += np.float32(canal.column_height) * column
    surface.tint(np.float32(0.35) * np.asarray(column, np.float32), (0.92, 0.72, 0.74))


def _open_canal(canal: Canal, away: Field, texture: Texture, surface: Surface) -> None:
    """The mound of the closed canal, and the dark gap between it and the shaft."""
    ragged = away * (1 + np.float32(0.08) * texture.bend)
    mound = np.exp(-np.square((ragged - np.float32(canal.dentate)) / np.float32(0.8 * canal.dentate)))
    hole = smoothstep(1.1 * canal.mouth, 0.7 * canal.mouth, np.asarray(ragged, np.float32))
    surface.relief[:] += np.float32(canal.mound) * np.asarray(mound, np.float32) * (1 - hole)
    surface.relief[:] -= np.float32(1.6) * hole
    surface.tint(hole, (0.25, 0.2, 0.2))


def plan_shaft(scene: AnalScene, size: tuple[int, int]) -> Shaft:
    """The scope's own shaft from the canal to the edge of the picture, away from the first cushion, ever larger."""
    camera, pole = scene.shot.camera, scene.cavity.point(0.0, -np.pi / 2)
    start = project(camera, pole, size)
    away = np.array(start) - np.array(project(camera, scene.cushions[0].spot.anchor(scene.cavity), size))
    angle = np.arctan2(away[1], away[0]) + scene.shot.shaft_turn
    distance = float(np.linalg.norm(pole - camera.position))
    width = float(np.arctan(_SHAFT_RADIUS / max(distance, 0.3)) / (2 * camera.field_rad / max(size)))
    return Shaft(
        start, (float(np.cos(angle)), float(np.sin(angle))), width, 2 * _SHAFT_NEARER * width / max(size), 40.0
    )
