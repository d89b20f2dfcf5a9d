"""Contrast: raised place by place where it is low, and not beyond a limit (CLAHE)."""

from __future__ import annotations

import cv2
import numpy as np

from readingroom.cases.cleaning.lightness import Pixels, on_lightness
from readingroom.cases.cleaning.section import Clahe


def raise_contrast(pixels: Pixels, how: Clahe) -> Pixels:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994), by OpenCV; of colours the lightness.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits.
        how: limit and tiles.

    Returns:
        The same shape.
    """
    # Made anew: one that several threads use at once mixes their images up.
    clahe = cv2.createCLAHE(how.clip, (how.tiles, how.tiles))
    return on_lightness(pixels, lambda plane: np.asarray(clahe.apply(plane), dtype=np.uint8))
