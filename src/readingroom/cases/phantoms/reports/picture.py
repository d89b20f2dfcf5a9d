"""The picture: ultrasound of a breast with a lump, its layers, speckle and shadows."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, smooth_noise, smoothstep

_TILE_PX = 64


@dataclass(frozen=True)
class Lump:
    """A lump in the picture.

    Args:
        place: its middle, as shares of the picture's width and height.
        radius: half of its width, as a share of the width.
        signs: 0 as benign lumps look (wider than tall, smooth, bright behind), 1 as malignant ones (taller, spiculated,
            dark behind).
    """

    place: tuple[float, float]
    radius: float
    signs: float


def draw_ultrasound(lump: Lump, size: tuple[int, int], gain: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Draw a picture (H, W), 8-bit grey.

    Args:
        lump: what is in it.
        size: height and width in pixels.
        gain: of the machine, 1 on average.
        rng: of this picture.
    """
    rows, columns = np.indices(size, dtype=np.float32)
    x, y = np.asarray(columns / size[1], np.float32), np.asarray(rows / size[0], np.float32)
    bend = 0.03 * sample(fractal_noise(rng, _TILE_PX, 4, octaves=2), x * 40, y * 20)
    echo = _layers(x, np.asarray(y + bend, np.float32), rng)
    depth, angle = _depth(lump, x, y, rng)
    echo = _with_lump(lump, echo, depth, angle, x, y, rng)
    return _seen(echo, y, gain, rng)


def _layers(x: Field, y: Field, rng: np.random.Generator) -> Field:
    """Skin, fat, gland, muscle, ribs, from the top."""
    strands = sample(fractal_noise(rng, _TILE_PX, 4, octaves=3), x * 50, y * 180)
    echo = 0.34 + 0.05 * strands
    echo = echo + (0.55 - echo) * smoothstep(0.22, 0.28, y) * (1 + 0.1 * strands)
    echo = echo + (0.30 - echo) * smoothstep(0.72, 0.76, y) * (1 + 0.15 * strands)
    echo = echo + (0.85 - echo) * np.exp(-(((y - 0.73) / 0.008) ** 2)) * 0.6
    return np.asarray(echo + (0.8 - echo) * smoothstep(0.035, 0.02, y), np.float32)


def _depth(lump: Lump, x: Field, y: Field, rng: np.random.Generator) -> tuple[Field, Field]:
    """How deep places lie in the lump, in its radii, and the angle around it; spicules widen with its signs."""
    tall = 0.62 + 0.4 * lump.signs + rng.normal(0, 0.06)
    u, v = (x - lump.place[0]) / lump.radius, (y - lump.place[1]) / (lump.radius * tall)
    angle = np.arctan2(v, u)
    waves = sum(rng.normal(0, 0.09) / k**0.5 * np.cos(k * angle + rng.uniform(0, 6.3)) for k in range(2, 7))
    spicules = np.zeros_like(x)
    for _ in range(int(rng.integers(5, 12))):
        off = np.angle(np.exp(1j * (angle - rng.uniform(-np.pi, np.pi))))
        spicules += rng.uniform(0.2, 1.0) * np.exp(-np.abs(off / rng.uniform(0.05, 0.14)))
    rim = 1 + waves * (0.4 + lump.signs) + 0.5 * lump.signs * np.minimum(spicules, 1.2)
    return np.asarray(rim - np.hypot(u, v), np.float32), np.asarray(angle, np.float32)


def _with_lump(
    lump: Lump, echo: Field, depth: Field, angle: Field, x: Field, y: Field, rng: np.random.Generator
) -> Field:
    inside = smoothstep(-0.05 - 0.12 * lump.signs, 0.08, depth)
    texture = sample(smooth_noise(rng, _TILE_PX, 16), x * 120, y * 120)
    own = 0.17 + (0.015 + 0.04 * lump.signs) * texture
    halo = np.exp(-(((depth + 0.18) / 0.14) ** 2)) * 0.25 * lump.signs
    behind = smoothstep(0.95, 0.55, np.abs(x - np.float32(lump.place[0])) / np.float32(lump.radius))
    behind = behind * smoothstep(0.0, 0.1, y - np.float32(lump.place[1])) * (1 - inside)
    echo = echo * (1 - inside) + own * inside + halo
    return np.asarray(np.maximum(0.02, echo * (1 + behind * np.float32(0.45 - 0.95 * lump.signs))), np.float32)


def _seen(echo: Field, y: Field, gain: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Speckle that is wider than tall, attenuation with depth, logarithmic compression."""
    real, imaginary = (cv2.GaussianBlur(rng.standard_normal(echo.shape, dtype=np.float32), (0, 0), 1.1, sigmaY=0.7)
                       for _ in range(2))  # fmt: skip
    speckle = np.hypot(real, imaginary)
    speckle = speckle / np.float32(speckle.mean())
    seen = gain * echo * (0.55 + 0.45 * speckle) * (1.05 - 0.25 * y)
    return np.asarray(np.clip(np.rint(255 * np.clip(seen, 0, 1) ** 0.85), 0, 255), np.uint8)
