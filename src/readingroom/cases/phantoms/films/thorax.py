"""Thorax: what a chest film from back to front shows without disease: lungs, heart, ribs, spine, vessels, diaphragm."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, smoothstep

_TILE = 256
_RIBS = 9


@dataclass(frozen=True)
class Thorax:
    """A patient's chest, in shares of the film's height; x from the middle line, the patient's left to the right.

    Args:
        half: half the width of the chest.
        apex, base: rows of the lungs' tops and of the diaphragm's domes (right lung; the left one is a bit lower).
        heart: half the heart's width, as a share of ``half``.
        rib_slope: how steep the ribs fall.
        thick: 0 (slender) to 1 (obese).
        woman: with the shadow of the breasts.
        seed: of vessels and textures.
    """

    half: float
    apex: float
    base: float
    heart: float
    rib_slope: float
    thick: float
    woman: bool
    seed: int


@dataclass
class Chest:
    """A film in the making.

    Args:
        x, y: (H, W) coordinates: x from the middle line, y from the top, both as a share of the height.
        right, left: (H, W) 0 to 1, the patient's lungs (the right one is at the left of the film).
        dense: (H, W) how much is absorbed, 0 to about 1.
        bones: (H, W) what ribs, clavicles and spine add.
        vessels: (H, W) what the vessels of the lungs add.
        heart: (H, W) 0 to 1.
    """

    x: Field
    y: Field
    right: Field
    left: Field
    dense: Field
    bones: Field
    vessels: Field
    heart: Field
    base_right: float = 0.0
    base_left: float = 0.0
    notes: dict[str, float] = field(default_factory=dict)

    def lung(self, side: int) -> Field:
        """The lung at the film's left (-1, the patient's right) or right (1)."""
        return self.right if side < 0 else self.left


def plan_thorax(sex: str, rng: np.random.Generator, variation: float) -> Thorax:
    """A patient's chest; ``variation`` is a factor on the differences between patients."""
    return Thorax(
        half=float(0.395 + variation * rng.normal(0, 0.015)),
        apex=float(0.12 + variation * rng.normal(0, 0.015)),
        base=float(0.73 + variation * rng.normal(0, 0.035)),
        heart=float(np.clip(rng.normal(0.44, 0.025), 0.38, 0.49)),
        rib_slope=float(rng.uniform(0.20, 0.34)),
        thick=float(np.clip(rng.normal(0.4, 0.25 * variation), 0, 1)),
        woman=sex == "F",
        seed=int(rng.integers(2**31)),
    )


def draw_thorax(thorax: Thorax, size: tuple[int, int], heart: float, rng: np.random.Generator) -> Chest:
    """One film of the chest without disease.

    Args:
        thorax: of the patient.
        size: height and width in pixels.
        heart: half the heart's width as a share of half the chest's; the patient's own where it is not enlarged.
        rng: of this film: position and depth of breath.
    """
    height, width = size
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    tilt = rng.normal(0, 0.015)
    x = ((columns - 0.5 * width) / height + rng.normal(0, 0.01)).astype(np.float32)
    y = (rows / height + rng.normal(0, 0.012)).astype(np.float32)
    x, y = np.asarray(x + np.float32(tilt) * (y - 0.5), np.float32), np.asarray(y - np.float32(tilt) * x, np.float32)
    breath = float(rng.normal(0, 0.015))
    base_right, base_left = thorax.base + breath, thorax.base + 0.025 + breath
    right, left = _lung(x, y, thorax, base_right, -1), _lung(x, y, thorax, base_left, 1)
    heart_map = _heart(x, y, thorax, heart, base_left)
    chest = Chest(x, y, right, left, _body(x, y, thorax), _bones(x, y, thorax), _vessels(thorax, size, x, y), heart_map,
                  base_right, base_left)  # fmt: skip
    air = np.maximum(right, left)
    chest.dense -= 0.50 * air
    chest.dense = np.asarray(np.maximum(chest.dense, 0.60 * heart_map * _body_mask(x, y, thorax)), np.float32)
    chest.dense += 0.07 * _mediastinum(x, y)
    return chest


def _body_mask(x: Field, y: Field, thorax: Thorax) -> Field:
    shoulders = 0.10 + 0.55 * smoothstep(0.02, 0.22, y)
    trunk = thorax.half + 0.06 + 0.05 * thorax.thick + 0.10 * smoothstep(0.45, 0.15, y)
    return smoothstep(0.012, -0.012, np.asarray(np.abs(x) - np.minimum(shoulders, trunk), np.float32))


def _body(x: Field, y: Field, thorax: Thorax) -> Field:
    """Soft tissue: thicker at the edges of the trunk, the abdomen below, breasts."""
    dense = 0.58 + 0.07 * thorax.thick + 0.12 * smoothstep(0.70, 0.85, y) - 0.10 * smoothstep(0.2, 0.0, y)
    dense = dense + 0.10 * smoothstep(0.25, 0.42, np.abs(x))
    if thorax.woman:
        for side in (-1, 1):
            away = np.hypot((x - side * 0.24) / 0.15, (y - 0.60) / 0.13)
            dense = dense + 0.055 * smoothstep(1.02, 0.9, np.asarray(away, np.float32))
    return np.asarray(dense * _body_mask(x, y, thorax), np.float32)


def _lung(x: Field, y: Field, thorax: Thorax, base: float, side: int) -> Field:
    s = side * x
    # The outer wall: narrow at the apex, widest above the diaphragm.
    t = np.clip((y - thorax.apex) / (base + 0.12 - thorax.apex), 0, 1)
    wall = thorax.half * np.clip(np.sin(0.5 * np.pi * np.clip(t * 1.35 + 0.04, 0, 1)), 0, 1) ** 0.62
    inner = 0.045 + 0.01 * np.cos(9 * y)
    across = np.clip((s - inner) / (thorax.half - inner), 0, 1)
    dome = base + 0.13 * np.clip(across - 0.42, 0, None) ** 1.6 * 1.9 + 0.03 * np.clip(0.35 - across, 0, None)
    edge = smoothstep(0.010, -0.010, np.asarray(s - wall, np.float32))
    edge = edge * smoothstep(-0.010, 0.012, np.asarray(s - inner, np.float32))
    return np.asarray(edge * smoothstep(0.008, -0.008, np.asarray(y - dome, np.float32)), np.float32)


def _heart(x: Field, y: Field, thorax: Thorax, heart: float, base: float) -> Field:
    reach = 2 * heart * thorax.half
    middle, wide = 0.17 * reach, 0.5 * reach
    tall = 0.13 + 0.30 * wide
    body = np.hypot((x - middle + 0.25 * (y - base + tall)) / wide, (y - base + 0.70 * tall) / tall)
    arch = np.hypot((x - 0.022) / 0.055, (y - base + 2.15 * tall) / 0.062)
    trunk = np.hypot((x - 0.015) / 0.060, (y - base + 1.6 * tall) / 0.12)
    # A smooth union: the outline has no notches where aorta, pulmonary trunk and heart meet.
    shape = -np.log(np.exp(-9 * body) + np.exp(-9 * arch) + np.exp(-9 * trunk)) / 9
    return smoothstep(1.05, 0.88, np.asarray(shape, np.float32))


def _mediastinum(x: Field, y: Field) -> Field:
    return np.asarray(np.exp(-((x / 0.05) ** 2)) * smoothstep(0.02, 0.1, y), np.float32)


def _bones(x: Field, y: Field, thorax: Thorax) -> Field:
    """Ribs, back and front parts, clavicles and the spine with its discs."""
    bones = np.zeros_like(x)
    span = thorax.base + 0.12 - thorax.apex
    for side in (-1, 1):
        s = side * x
        wall = (s > 0.02) & (s < thorax.half + 0.02)
        for rib in range(_RIBS):
            top = thorax.apex - 0.03 + span * rib / _RIBS
            reach = np.clip(s / thorax.half, 0, 1)
            back = top + thorax.rib_slope * (reach**1.6) * 0.5 - 0.04 * np.sin(np.pi * reach)
            bones += _band(y, np.asarray(back, np.float32), 0.017) * wall * (0.075 + 0.04 * reach**4)
            front = top + 0.17 + 0.5 * thorax.rib_slope * (1 - reach)
            bones += (
                _band(y, np.asarray(front, np.float32), 0.014)
                * wall
                * 0.030
                * smoothstep(0.35, 0.6, np.asarray(reach, np.float32))
            )
        clavicle = thorax.apex + 0.045 - 0.16 * (s - 0.03) + 0.02 * np.sin(9 * s)
        bones += _band(y, np.asarray(clavicle, np.float32), 0.014) * (s > 0.03) * (s < 0.36) * 0.11
    spine = smoothstep(0.042, 0.034, np.abs(x))
    bones += spine * (0.06 + 0.035 * smoothstep(-0.2, 0.6, np.asarray(np.sin(2 * np.pi * y / 0.062), np.float32)))
    return np.asarray(bones, np.float32)


def _band(y: Field, middle: NDArray[np.float32], half: float) -> Field:
    """A rib: brighter along its edges, where the ray passes more cortex."""
    away = np.abs(y - middle) / half
    inside = smoothstep(1.1, 0.85, np.asarray(away, np.float32))
    return np.asarray(inside * (0.65 + 0.35 * away**2), np.float32)


def _vessels(thorax: Thorax, size: tuple[int, int], x: Field, y: Field) -> Field:
    """Branching from the hila to the outer lung, thinner and thinner; and a fine texture."""
    own = np.random.Generator(np.random.PCG64(thorax.seed))
    canvas = np.zeros(size, np.float32)
    height, width = size
    for side in (-1, 1):
        for _ in range(13):
            angle = own.uniform(-1.35, 1.35)
            _branch(canvas, np.array([side * 0.065, 0.45]), side, angle, 0.0085, own, (height, width))
    soft = cv2.GaussianBlur(canvas, (0, 0), 0.003 * height + 0.3)
    fine = sample(fractal_noise(own, _TILE, 32, 3, 0.8), x * 480, y * 480)
    hila = sum(np.exp(-(((x - side * 0.075) / 0.03) ** 2) - ((y - 0.45) / 0.05) ** 2) for side in (-1, 1))
    return np.asarray(0.13 * soft + 0.010 * fine + 0.12 * hila, np.float32)


def _branch(
    canvas: Field, start: NDArray[np.float64], side: int, angle: float, wide: float, own: np.random.Generator,
    size: tuple[int, int],
) -> None:  # fmt: skip
    if wide < 0.0016:
        return
    height, width = size
    reach = own.uniform(0.05, 0.11)
    end = start + reach * np.array([side * np.cos(angle), np.sin(angle)])
    pixels = [np.round(16 * (one * height + (0.5 * width, 0))).astype(int) for one in (start, end)]
    cv2.line(canvas, tuple(map(int, pixels[0])), tuple(map(int, pixels[1])), min(1.0, wide / 0.006),
             max(1, round(wide * height)), cv2.LINE_AA, 4)  # fmt: skip
    for turn in (own.uniform(0.1, 0.5), -own.uniform(0.1, 0.5)):
        _branch(canvas, end, side, angle + turn, wide * own.uniform(0.55, 0.75), own, size)
