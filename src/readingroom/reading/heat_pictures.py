"""Pictures of heat maps: the map in colours, and laid over its image."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from readingroom.cases.images import to_rgb8
from readingroom.reading.lettering import Pixels
from readingroom.reading.outlines import Map

STRENGTH, FULL_FROM = 0.6, 0.4
"""How much the colour covers of the image, and from which value of the map on; less covers less, down to nothing at 0,
so that what is cold stays seen as it is."""


def heat_colours(heat: Map) -> Pixels:
    """A map (H, W), 0 to 1, in colours from dark blue over green to red (Turbo), (H, W, 3)."""
    grey = np.rint(np.clip(heat, 0, 1) * 255).astype(np.uint8)
    # OpenCV gives blue first.
    return np.ascontiguousarray(cv2.applyColorMap(grey, cv2.COLORMAP_TURBO)[..., ::-1], dtype=np.uint8)


def heat_overlay(pixels: npt.NDArray[np.generic], heat: Map) -> Pixels:
    """A map laid over its image.

    Args:
        pixels: (H, W) or (H, W, 3), 8 or 16 bit.
        heat: (H, W), 0 to 1.

    Returns:
        (H, W, 3) 8-bit RGB; the image itself where the map is 0.
    """
    share = (STRENGTH * np.clip(heat / FULL_FROM, 0, 1)).astype(np.float32)[..., None]
    image = to_rgb8(pixels).astype(np.float32)
    return np.asarray(np.rint(image * (1 - share) + heat_colours(heat) * share), dtype=np.uint8)
