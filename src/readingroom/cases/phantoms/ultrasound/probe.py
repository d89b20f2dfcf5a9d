"""Probe: from scan lines to the screen: a linear probe's rectangle or a convex probe's fan, beside the panel."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field

_FONT = cv2.FONT_HERSHEY_PLAIN
_HALF_FAN = np.deg2rad(34.0)
_RADIUS = 0.42
"""Of the convex probe's face, as a share of the depth that is shown."""


@dataclass(frozen=True)
class Screen:
    """What the scanner burns into the frame; nothing in it depends on the class of the image.

    Args:
        lines: text at the left, from the top.
        depth_cm: that is shown.
        focus: row of the focus marker, as a share of the depth.
    """

    lines: tuple[str, ...]
    depth_cm: float
    focus: float


def plan_screen(organ: str, exam: str, rng: np.random.Generator, depth_cm: float) -> Screen:
    """The panel of one image: settings that a user turns at will."""
    lines = (
        "PHANTOM",
        organ,
        exam,
        f"FR {int(rng.integers(18, 48))}Hz",
        f"Gn {int(rng.integers(40, 70))}",
        f"DR {int(rng.integers(55, 75))}",
        f"MI {rng.uniform(0.7, 1.3):.1f}",
        f"TIS {rng.uniform(0.2, 1.0):.1f}",
    )
    return Screen(lines, depth_cm, float(rng.uniform(0.3, 0.7)))


def linear_frame(picture: Field, screen: Screen, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A linear probe's picture as a rectangle beside the panel.

    Args:
        picture: (depth, lines) 0 to 1.
        screen: the panel.
        size: height and width of the frame in pixels.

    Returns:
        (H, W) uint8.
    """
    height, width = size
    x0, y0, x1, y1 = rectangle_of(size)
    frame = np.zeros(size, np.uint8)
    frame[y0:y1, x0:x1] = np.rint(255 * cv2.resize(picture, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA))
    _burn(frame, screen, (x1, y0, y1), width, height)
    return frame


def rectangle_of(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where a linear probe's picture lies in a frame, x0 y0 x1 y1."""
    height, width = size
    return round(0.20 * width), round(0.06 * height), round(0.93 * width), round(0.95 * height)


def convex_frame(picture: Field, screen: Screen, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A convex probe's picture as a fan beside the panel.

    Args:
        picture: (depth, lines) 0 to 1, lines from the left of the fan to its right.
        screen: the panel.
        size: height and width of the frame in pixels.

    Returns:
        (H, W) uint8.
    """
    height, width = size
    x, y = fan_of(size, picture.shape)
    frame = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    pixels = np.ascontiguousarray(np.rint(255 * frame), np.uint8)
    _burn(pixels, screen, (round(0.95 * width), round(0.05 * height), round(0.97 * height)), width, height)
    return pixels


def fan_of(size: tuple[int, int], shape: tuple[int, ...]) -> tuple[Field, Field]:
    """Which line and depth each pixel of a frame shows: x and y in a picture of a shape, outside it beyond the fan."""
    height, width = size
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    depth = 0.92 * height
    across, down = (columns - 0.56 * width) / depth, (rows - 0.03 * height) / depth
    apex = _RADIUS * np.cos(_HALF_FAN)
    r, angle = np.hypot(across, down + apex), np.arctan2(across, down + apex)
    y = (r - _RADIUS) * shape[0]
    x = (angle / (2 * _HALF_FAN) + 0.5) * shape[1]
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def lines_of(shape: tuple[int, int]) -> tuple[Field, Field]:
    """Where each depth and line of a convex probe lies: x from the middle line and y from the probe's edge, (H, W).

    Both in shares of the depth that is shown.
    """
    depth = (np.arange(shape[0]) + 0.5)[:, None] / shape[0] + _RADIUS
    angle = (((np.arange(shape[1]) + 0.5) / shape[1] - 0.5) * 2 * _HALF_FAN)[None, :]
    x, y = depth * np.sin(angle), depth * np.cos(angle) - _RADIUS * np.cos(_HALF_FAN)
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _burn(frame: NDArray[np.uint8], screen: Screen, scale_at: tuple[int, int, int], width: int, height: int) -> None:
    """Text and grey bar at the left, depth marks and the focus at the right."""
    size = height / 300
    pen = max(0.45, 0.62 * size)
    for number, line in enumerate(screen.lines):
        place = round(0.012 * width), round(height * (0.07 + 0.055 * number))
        cv2.putText(frame, line, place, _FONT, pen, 205, 1, cv2.LINE_AA)
    top, bottom = round(0.62 * height), round(0.92 * height)
    bar = np.linspace(250, 5, max(bottom - top, 1)).astype(np.uint8)[:, None]
    frame[top:bottom, round(0.02 * width) : round(0.045 * width)] = bar
    x, first, last = scale_at
    for mark in range(int(screen.depth_cm) + 1):
        y = min(round(first + (last - first) * mark / screen.depth_cm), height - 1)
        frame[y : y + 1, x + 2 : x + (7 if mark % 5 == 0 else 5)] = 190
    y = round(first + (last - first) * screen.focus)
    cv2.drawMarker(frame, (min(x + round(0.025 * width), width - 3), y), 220, cv2.MARKER_TRIANGLE_UP, 5)
