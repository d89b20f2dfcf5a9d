"""Picture: what all kinds of phantom endoscopy share, from the bare wall's colour to the frame with its panel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.cavity import Camera, Cavity, Wall
from readingroom.cases.phantoms.light import Exposure, automatic_gain, expose, highlights, irradiance, slopes
from readingroom.cases.phantoms.mucosa import Mucosa, Texture
from readingroom.cases.phantoms.noise import Field
from readingroom.cases.phantoms.panel import Panel, draw_panel
from readingroom.cases.phantoms.residue import Decoy, Litter, lay_decoy
from readingroom.cases.phantoms.surface import Surface, find_patch
from readingroom.cases.phantoms.view import ViewArea
from readingroom.core.seeds import generator

_BLOOD_LOSS = (0.10, 0.42, 0.40)  # share of red, green and blue that a blotch full of blood swallows


@dataclass(frozen=True)
class Shot:
    """What is particular to one image: where the camera stands, how it exposes, what floats by.

    Args:
        camera: the camera in the cavity.
        exposure: how it takes the picture.
        insufflation: air in the organ; 1 on average, more flattens the folds.
        litter: small residue.
        decoys: things that resemble a lesion and move or go away, such as mucus.
        shaft_turn: direction in which the shaft leaves, relative to away from the middle, or from what is looked at.
        seed: of the sensor's noise.
    """

    camera: Camera
    exposure: Exposure
    insufflation: float
    litter: Litter
    decoys: tuple[Decoy, ...]
    shaft_turn: float
    seed: int


def set_in_frame(
    values: NDArray[np.uint8], mask: NDArray[np.bool_], area: ViewArea, panel: Panel | None
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Put what fills the view's box into a whole frame, black outside the view, with its panel.

    Args:
        values: RGB pixels (h, w, 3) of the box.
        mask: (h, w), where a lesion is seen.
        area: the view of the frame.
        panel: what is burned in beside the view; None for nothing.

    Returns:
        RGB pixels (H, W, 3) and mask (H, W), 255 on the lesion and 0 elsewhere.
    """
    x0, y0, x1, y1 = area.box_xyxy_px
    box = slice(y0, y1), slice(x0, x1)
    frame = np.zeros((*area.inside.shape, 3), np.uint8)
    outline = np.zeros(area.inside.shape, np.uint8)
    frame[box] = values * area.inside[box][..., None]
    outline[box] = np.where(mask & area.inside[box], 255, 0)
    if panel is not None:
        draw_panel(frame, panel, area)
    return frame, outline


def bare_albedo(mucosa: Mucosa, texture: Texture) -> NDArray[np.float32]:
    """Mottled colour: redder where there is more blood, paler where there is less."""
    blood = np.clip(texture.mottling * np.float32(mucosa.mottling), -1, 1)
    losses = zip(mucosa.colour, _BLOOD_LOSS, strict=True)
    return np.stack([np.float32(part) - np.float32(part * loss) * blood for part, loss in losses])


def lay_decoys(decoys: Iterable[Decoy], mucosa: Mucosa, cavity: Cavity, wall: Wall, surface: Surface) -> None:
    """Draw all decoys that the view shows on the surface, in place."""
    for decoy in decoys:
        patch = find_patch(decoy.spot, cavity, wall, mucosa.grain, within=1.6)
        if patch is not None:
            lay_decoy(decoy, patch, surface.window(patch.rows, patch.columns))


def lay_glands(mucosa: Mucosa, texture: Texture, surface: Surface) -> None:
    """Add glands and vessels, as far as lesions and residue have left them."""
    surface.relief[:] += np.float32(0.002 * mucosa.gland) * texture.gland_relief * surface.texture
    surface.albedo[:] *= 1 + np.float32(0.07 * mucosa.gland) * texture.gland_colour * surface.texture
    surface.tint(np.float32(mucosa.vessels) * texture.vessels * surface.texture, mucosa.vessel_rgb)


def take_picture(wall: Wall, texture: Texture, surface: Surface, exposure: Exposure) -> NDArray[np.float32]:
    """Light the surface and expose it; the gain depends on the bare wall alone."""
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


def sensor_grain(seed: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Noise of the sensor (H, W, 1), unit deviation; JPEG would drop its colour."""
    return generator(seed, "grain").standard_normal((*size, 1), dtype=np.float32)
