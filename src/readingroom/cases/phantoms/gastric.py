"""Gastric phantoms: synthetic white-light endoscopy of the stomach, normal or with one of four kinds of lesion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.cavity import Camera, Wall, project, see_wall
from readingroom.cases.phantoms.folds import Folds, fold_relief, landmark_relief
from readingroom.cases.phantoms.instrument import Shaft, draw_shaft
from readingroom.cases.phantoms.lesions import LESIONS, RELIEF_REACH, Lesion, lesion_mask
from readingroom.cases.phantoms.light import (
    Exposure,
    automatic_gain,
    digitise,
    expose,
    highlights,
    irradiance,
    slopes,
)
from readingroom.cases.phantoms.mucosa import Mucosa, Texture, lay_texture
from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.panel import Panel, draw_panel
from readingroom.cases.phantoms.residue import Decoy, Litter, lay_decoy, scatter_litter
from readingroom.cases.phantoms.sites import Place
from readingroom.cases.phantoms.surface import Surface, find_patch
from readingroom.cases.phantoms.view import ViewShape, view_area
from readingroom.core.seeds import generator

_BLOOD_LOSS = (0.10, 0.42, 0.40)  # share of red, green and blue that a blotch full of blood swallows
_LAKE_RGB = (0.62, 0.55, 0.27)


@dataclass(frozen=True)
class Shot:
    """What is particular to one image: where the camera stands, how it exposes, what floats by.

    Args:
        camera: the camera in the cavity.
        exposure: how it takes the picture.
        insufflation: air in the organ; 1 on average, more flattens the folds.
        litter: small residue.
        decoys: things that resemble a lesion and move or go away, such as mucus.
        shaft_turn: direction in which the shaft leaves, relative to away from the middle.
        seed: of the sensor's noise.
    """

    camera: Camera
    exposure: Exposure
    insufflation: float
    litter: Litter
    decoys: tuple[Decoy, ...]
    shaft_turn: float
    seed: int


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
    box = slice(y0, y1), slice(x0, x1)
    frame = np.zeros((*size, 3), np.uint8)
    outline = np.zeros(size, np.uint8)
    frame[box] = values * area.inside[box][..., None]
    outline[box] = np.where(mask & area.inside[box], 255, 0)
    if scene.panel is not None:
        draw_panel(frame, scene.panel, area)
    return frame, outline


def draw_view(scene: Scene, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Draw what fills the view's box: RGB (H, W, 3) and where the lesion is seen (H, W)."""
    wall = see_wall(scene.place.cavity, scene.shot.camera, size)
    texture = lay_texture(scene.mucosa, wall)
    surface, mask = model_surface(scene, wall, texture)
    values = _take_picture(scene, wall, texture, surface)
    shaft = _plan_shaft(scene, size)
    if shaft is not None:
        mask &= ~draw_shaft(values, shaft)
    return digitise(values, _grain(scene.shot.seed, size), scene.shot.exposure), mask


def model_surface(scene: Scene, wall: Wall, texture: Texture) -> tuple[Surface, NDArray[np.bool_]]:
    """Relief and colour of everything in a scene before light falls on it, and where the lesion is."""
    surface = Surface.bare(_bare_albedo(scene.mucosa, texture))
    for decoy in (*scene.decoys, *scene.shot.decoys):
        patch = find_patch(decoy.spot, scene.place.cavity, wall, scene.mucosa.grain, within=1.6)
        if patch is not None:
            lay_decoy(decoy, patch, surface.window(patch.rows, patch.columns))
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


def _bare_albedo(mucosa: Mucosa, texture: Texture) -> NDArray[np.float32]:
    """Mottled colour: redder where there is more blood, paler where there is less."""
    blood = np.clip(texture.mottling * np.float32(mucosa.mottling), -1, 1)
    losses = zip(mucosa.colour, _BLOOD_LOSS, strict=True)
    return np.stack([np.float32(part) - np.float32(part * loss) * blood for part, loss in losses])


def _finish(scene: Scene, wall: Wall, texture: Texture, surface: Surface) -> None:
    """Add folds, landmarks, glands and vessels, as far as lesions and residue have left them."""
    mucosa, folds = scene.mucosa, _blown_up(scene.place.folds, scene.shot.insufflation)
    relief = fold_relief(folds, wall, texture)
    surface.relief[:] += relief * surface.folds
    surface.relief[:] += landmark_relief(folds, wall, texture)
    surface.relief[:] += np.float32(0.002 * mucosa.gland) * texture.gland_relief * surface.texture
    surface.albedo[:] *= 1 + np.float32(0.07 * mucosa.gland) * texture.gland_colour * surface.texture
    surface.tint(np.float32(mucosa.vessels) * texture.vessels * surface.texture, mucosa.vessel_rgb)


def _blown_up(folds: Folds, insufflation: float) -> Folds:
    return replace(folds, rugae=folds.rugae / insufflation**2, rings=folds.rings / insufflation)


def _fill_lake(place: Place, wall: Wall, surface: Surface) -> NDArray[np.bool_]:
    """A pool of fluid in the lowest part: level, without folds, yellow; returns what it hides."""
    side = np.cos(wall.theta - np.float32(place.lake_theta)) * np.sqrt(1 - np.square(wall.latitude))
    wet = smoothstep(place.lake, place.lake + 0.03, side)
    surface.relief[:] *= 1 - wet
    surface.cover(wet * np.float32(0.75), _LAKE_RGB)
    return np.asarray(wet > 0.5, bool)


def _take_picture(scene: Scene, wall: Wall, texture: Texture, surface: Surface) -> NDArray[np.float32]:
    """Light the surface and expose it; the gain depends on the bare wall alone."""
    exposure = scene.shot.exposure
    # What stands out never reaches the lens.
    distance = np.maximum(wall.distance - surface.relief, np.float32(0.5) * wall.distance)
    slope_x, slope_y = slopes(distance, wall.pixel_rad)
    light = irradiance(distance, slope_x, slope_y)
    gain = automatic_gain(np.asarray(1 / np.square(wall.distance), np.float32), exposure.brightness)
    ripple = np.float32(0.05) * texture.gland_relief
    light *= np.float32(gain) * _hollows(surface.relief)
    gloss = highlights(slope_x + ripple, slope_y - ripple, light, exposure)
    return expose(surface.albedo, light, gloss, exposure)


def _hollows(relief: Field) -> Field:
    """Less light comes back from a narrow hollow than from a ridge."""
    side = 2 * (max(relief.shape) // 40) + 1
    around = cv2.blur(relief, (side, side))
    return np.asarray(np.clip(1 + np.float32(5.0) * (relief - around), 0.45, 1.15), np.float32)


def _plan_shaft(scene: Scene, size: tuple[int, int]) -> Shaft | None:
    if not scene.place.retroflexed:
        return None
    camera, cavity = scene.shot.camera, scene.place.cavity
    start = project(camera, cavity.point(0.0, -np.pi / 2), size)
    away = np.array(start) - (np.array(size[::-1]) - 1) / 2
    angle = np.arctan2(away[1], away[0]) + scene.shot.shaft_turn
    width = 0.055 * max(size)
    return Shaft(start, (float(np.cos(angle)), float(np.sin(angle))), width, 0.06)


def _grain(seed: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Noise of the sensor (H, W, 1), unit deviation; JPEG would drop its colour."""
    return generator(seed, "grain").standard_normal((*size, 1), dtype=np.float32)
