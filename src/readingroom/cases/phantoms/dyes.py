"""Dyes: what narrow-band light, iodine and indigo carmine make of the colours of a wall seen in white light."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import cv2
import numpy as np

from readingroom.cases.phantoms.mucosa import Texture
from readingroom.cases.phantoms.noise import Field, smoothstep
from readingroom.cases.phantoms.surface import Surface

_NARROW_GAIN = (1.85, 2.15, 1.75)  # of what the processor shows as red (540 nm), green and blue (415 nm)


def leave_white(surface: Surface, texture: Texture, squamous: Field) -> None:
    """White light: the colours stay as they are."""


def narrow_band(surface: Surface, texture: Texture, squamous: Field) -> None:
    """Two narrow bands: green light is shown as red, blue light as green and blue, so that vessels turn dark."""
    _, green, blue = surface.albedo.copy()
    for channel, band, gain in zip(surface.albedo, (green, blue, blue), _NARROW_GAIN, strict=True):
        channel[:] = np.minimum(np.float32(gain) * band, np.float32(0.95))


def stain_with_iodine(surface: Surface, texture: Texture, squamous: Field) -> None:
    """Lugol's solution: squamous lining full of glycogen turns brown, in patches; other lining takes up nothing."""
    uptake = squamous * (np.float32(0.72) + np.float32(0.16) * texture.mottling + np.float32(0.08) * texture.gather)
    surface.cover(np.asarray(np.clip(uptake, 0, 0.95), np.float32), (0.30, 0.135, 0.035))
    surface.tint(np.asarray((1 - squamous) * np.float32(0.5), np.float32), (0.98, 0.92, 0.60))


def spray_indigo_carmine(surface: Surface, texture: Texture, squamous: Field) -> None:
    """Indigo carmine is not taken up: it pools in hollows and pits, and leaves ridges as they are."""
    side = 2 * (max(surface.relief.shape) // 30) + 1
    hollow = cv2.blur(surface.relief, (side, side)) - surface.relief
    pooled = np.float32(14) * hollow - np.float32(0.35) * texture.gland_relief + np.float32(0.35) * texture.gather
    pool = smoothstep(-0.5, 1.6, np.asarray(pooled, np.float32))
    surface.cover(np.asarray(pool * np.float32(0.72), np.float32), (0.09, 0.15, 0.36))
    surface.tint(np.full_like(pool, 0.5), (0.86, 0.98, 1.35))


LIGHTS: Mapping[str, Callable[[Surface, Texture, Field], None]] = MappingProxyType(
    {
        "white": leave_white,
        "narrow-band": narrow_band,
        "iodine": stain_with_iodine,
        "indigo-carmine": spray_indigo_carmine,
    }
)
"""Name of a light or dye to what it makes of a surface, given its texture and where it is squamous."""
