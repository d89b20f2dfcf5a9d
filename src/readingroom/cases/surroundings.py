"""The surroundings: what a frame shows beside anatomy, as numbers from which a label must not be guessable."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import cv2
import numpy as np

from readingroom.cases.panel import find_green_patches, text_contrast
from readingroom.cases.view import WORKING_SIDE, View, view_mask

_WRITTEN = 60
_PATCH_HEIGHT = 0.07
"""An excluded box at least this high (share of the frame's longer side) is a patch; a lower one is text or a sign."""


@dataclass(frozen=True)
class Surroundings:
    """Shares of the frame's area, unless said otherwise.

    Args:
        border_share: outside the view's polygon.
        border_level: mean brightness outside it, 0 to 255; 0 where nothing is outside.
        text_share: letters and signs: white strokes outside the view, and boxes of text over it.
        text_lines: number of boxes of text over the view.
        patch_share: patches (black or green) over the view.
        green_share: green patches, wherever they are.
    """

    border_share: float
    border_level: float
    text_share: float
    text_lines: int
    patch_share: float
    green_share: float

    def columns(self) -> dict[str, float]:
        """The facts by the names of the catalogue's columns."""
        return {f"panel_{name}": value for name, value in asdict(self).items()}


def describe_surroundings(rgb: np.ndarray, view: View) -> Surroundings:
    """What the frame shows that is not anatomy.

    Args:
        rgb: (H, W, 3) uint8, the whole frame.
        view: as found in it, whether or not it is used.
    """
    height, width = rgb.shape[:2]
    outside = np.ones((height, width), np.uint8)
    x0, y0, x1, y1 = view.box_xyxy_px
    outside[y0:y1, x0:x1] = 1 - view_mask(View(view.kind, view.box_xyxy_px, view.polygon_xy_px))
    scale = min(WORKING_SIDE / max(height, width), 1.0)
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)) if scale < 1 else rgb
    beyond = np.asarray(cv2.resize(outside, size, interpolation=cv2.INTER_NEAREST))
    return _measure(small, beyond, view, height, width)


def _measure(small: np.ndarray, beyond: np.ndarray, view: View, height: int, width: int) -> Surroundings:
    red, green, blue = cv2.split(small)
    # The polygon's edge is itself a step in brightness: letters are looked for a little away from it.
    away = cv2.erode(beyond, np.ones((7, 7), np.uint8))
    written = (text_contrast(cv2.min(cv2.min(red, green), blue)) > _WRITTEN) & (away > 0)
    areas = {box: (box[2] - box[0]) * (box[3] - box[1]) for box in view.excluded_xyxy_px}
    high = _PATCH_HEIGHT * max(height, width)
    text = [area for box, area in areas.items() if box[3] - box[1] < high]
    patches = [area for box, area in areas.items() if box[3] - box[1] >= high]
    greens = [(box[2] - box[0]) * (box[3] - box[1]) for box in find_green_patches(small)]
    level, *_ = cv2.mean(cv2.max(cv2.max(red, green), blue), mask=beyond)
    return Surroundings(
        border_share=float(beyond.mean()),
        border_level=float(level),
        text_share=float(written.mean()) + sum(text) / (height * width),
        text_lines=len(text),
        patch_share=sum(patches) / (height * width),
        green_share=sum(greens) / beyond.size,
    )
