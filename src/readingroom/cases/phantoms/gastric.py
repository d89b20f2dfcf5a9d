"""Gastric phantoms: synthetic white-light endoscopy of the stomach, normal or with one of four kinds of lesion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.cavity import Wall, project, see_wall
from readingroom.cases.phantoms.folds import Folds, fold_relief, landmark_relief
from readingroom.cases.phantoms.instrument import Shaft, draw_shaft
from readingroom.cases.phantoms.lesions import LESIONS, RELIEF_REACH, Lesion, lesion_mask
from readingroom.cases.phantoms.light import digitise
from readingroom.cases.phantoms.mucosa import Mucosa, Texture, lay_texture
from readingroom.cases.phantoms.noise import smoothstep
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
from readingroom.cases.phantoms.sites import Place
from readingroom.cases.phantoms.surface import Surface, find_patch
from readingroom.cases.phantoms.view import ViewShape, view_area

_LAKE_RGB = (0.62, 0.55, 0.27)


@dataclass(frozen=True)
class Scene:
    """All that is in one phantom image; drawing it needs no further random numbers.

    Args:
        mucosa: the patient's look.
        place: the patient's site.
        lesion: the lesion that is seen; None for a normal phantom.
        decoys: lasting things that resemble a lesion and are none.
        shot: what is particular to this image.
        panel: what is burned in beside the view; None for nothing.
    """

    mucosa: Mucosa
    place: Place
    lesion: Lesion | None
    decoys: tuple[Decoy, ...]
    shot: Shot
    panel: Panel | None = None

    def without_lesion(self) -> Scene:
        """The same scene with healthy mucosa where the lesion is."""
        return replace(self, lesion=None)


def draw_phantom(
    scene: Scene, size: tuple[int, int] = (288, 352), view_shape: ViewShape = "octagon"
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw a phantom image of a scene and the exact outline of its lesion.

    Args:
        scene: what to draw.
        size: height and width of the frame in pixels.
        view_shape: ``octagon``, ``circle``, ``rectangle``, or ``whole`` for a frame without a panel.

    Returns:
        RGB pixels (H, W, 3) and mask (H, W), 255 on the lesion and 0 elsewhere; all 0 for a normal phantom.

    Example:
        >>> from readingroom.cases.phantoms.scenes import plan_scene
        >>> pixels, outline = draw_phantom(plan_scene("PU", "antrum", seed=3), size=(96, 128))
        >>> pixels.shape, outline.shape
        ((96, 128, 3), (96, 128))
    """
    area = view_area(view_shape, size)
    x0, y0, x1, y1 = area.box_xyxy_px
    values, mask = draw_view(scene, (y1 - y0, x1 - x0))
    return set_in_frame(values, mask, area, scene.panel)


def draw_view(scene: Scene, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Draw what fills the view's box: RGB (H, W, 3) and where the lesion is seen (H, W)."""
    wall = see_wall(scene.place.cavity, scene.shot.camera, size)
    texture = lay_texture(scene.mucosa, wall)
    surface, mask = model_surface(scene, wall, texture)
    values = take_picture(wall, texture, surface, scene.shot.exposure)
    shaft = _plan_shaft(scene, size)
    if shaft is not None:
        mask &= ~draw_shaft(values, shaft)
    return digitise(values, sensor_grain(scene.shot.seed, size), scene.shot.exposure), mask


def model_surface(scene: Scene, wall: Wall, texture: Texture) -> tuple[Surface, NDArray[np.bool_]]:
    """Relief and colour of everything in a scene before light falls on it, and where the lesion is."""
    surface = Surface.bare(bare_albedo(scene.mucosa, texture))
    lay_decoys((*scene.decoys, *scene.shot.decoys), scene.mucosa, scene.place.cavity, wall, surface)
    mask = np.zeros(wall.distance.shape, bool)
    if scene.lesion is not None:
        patch = find_patch(scene.lesion.spot, scene.place.cavity, wall, scene.mucosa.grain, within=RELIEF_REACH)
        if patch is not None:
            LESIONS[scene.lesion.kind](scene.lesion, patch, surface.window(patch.rows, patch.columns))
            mask[patch.rows, patch.columns] = lesion_mask(patch)
    scatter_litter(scene.shot.litter, texture, surface)
    _finish(scene, wall, texture, surface)
    if scene.place.lake < 1:
        mask &= ~_fill_lake(scene.place, wall, surface)
    return surface, mask


def _finish(scene: Scene, wall: Wall, texture: Texture, surface: Surface) -> None:
    """Add folds, landmarks, glands and vessels, as far as lesions and residue have left them."""
    folds = _blown_up(scene.place.folds, scene.shot.insufflation)
    relief = fold_relief(folds, wall, texture)
    surface.relief[:] += relief * surface.folds
    surface.relief[:] += landmark_relief(folds, wall, texture)
    lay_glands(scene.mucosa, texture, surface)


def _blown_up(folds: Folds, insufflation: float) -> Folds:
    return replace(folds, rugae=folds.rugae / insufflation**2, rings=folds.rings / insufflation)


def _fill_lake(place: Place, wall: Wall, surface: Surface) -> NDArray[np.bool_]:
    """A pool of fluid in the lowest part: level, without folds, yellow; returns what it hides."""
    side = np.cos(wall.theta - np.float32(place.lake_theta)) * np.sqrt(1 - np.square(wall.latitude))
    wet = smoothstep(place.lake, place.lake + 0.03, side)
    surface.relief[:] *= 1 - wet
    surface.cover(wet * np.float32(0.75), _LAKE_RGB)
    return np.asarray(wet > 0.5, bool)


def _plan_shaft(scene: Scene, size: tuple[int, int]) -> Shaft | None:
    if not scene.place.retroflexed:
        return None
    camera, cavity = scene.shot.camera, scene.place.cavity
    start = project(camera, cavity.point(0.0, -np.pi / 2), size)
    away = np.array(start) - (np.array(size[::-1]) - 1) / 2
    angle = np.arctan2(away[1], away[0]) + scene.shot.shaft_turn
    width = 0.055 * max(size)
    return Shaft(start, (float(np.cos(angle)), float(np.sin(angle))), width, 0.06)
