"""Instrument: the endoscope's own shaft, seen when it looks back at where it came in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field, smoothstep


@dataclass(frozen=True)
class Shaft:
    """A black tube from a point of the picture to its edge and beyond.

    Args:
        start_xy_px: where it comes out of the wall.
        direction: unit vector in the picture along which it runs.
        width_px: half its width where it starts.
        widening: growth of the half width for each pixel along it.
        marks: brightness of the rings that count its length.
    """

    start_xy_px: tuple[float, float]
    direction: tuple[float, float]
    width_px: float
    widening: float
    marks: float = 90.0


def draw_shaft(values: NDArray[np.float32], shaft: Shaft) -> NDArray[np.bool_]:
    """Draw the shaft over a picture (H, W, 3) of 0 to 255, in place.

    Returns:
        (H, W), true where the shaft hides the wall.
    """
    across, ahead = _coordinates(shaft, values.shape[:2])
    half = np.float32(shaft.width_px) + np.float32(shaft.widening) * ahead
    side = across / np.maximum(half, 1)
    hidden = np.asarray((np.abs(side) < 1) & (ahead > -0.4 * shaft.width_px), bool)
    if not hidden.any():
        return hidden
    round_light = np.float32(26) * np.sqrt(np.maximum(1 - side * side, 0)) + np.float32(4)
    gloss = np.float32(120) * np.exp(-np.square((side + np.float32(0.35)) / np.float32(0.13)))
    marks = smoothstep(0.86, 0.94, np.sin(ahead / np.float32(max(2.2 * shaft.width_px, 2))).astype(np.float32))
    tube = round_light + gloss + np.float32(shaft.marks) * marks * (1 - np.square(side))
    values[hidden] = tube[hidden][:, None] * np.array([0.92, 0.97, 1.0], np.float32)
    return hidden


def _coordinates(shaft: Shaft, size: tuple[int, ...]) -> tuple[Field, Field]:
    """Signed distance across the tube's axis and distance along it, in pixels."""
    x = np.arange(size[1], dtype=np.float32)[None, :] - np.float32(shaft.start_xy_px[0])
    y = np.arange(size[0], dtype=np.float32)[:, None] - np.float32(shaft.start_xy_px[1])
    along_x, along_y = np.float32(shaft.direction[0]), np.float32(shaft.direction[1])
    return np.asarray(x * along_y - y * along_x, np.float32), np.asarray(x * along_x + y * along_y, np.float32)
