"""Breast: what a mediolateral oblique mammogram shows without a lesion: outline, muscle, gland, ligaments, vessels."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, smoothstep

_TILE = 256
_FAT, _MUSCLE, _SKIN_PX = 0.20, 0.52, 0.004


@dataclass(frozen=True)
class Breast:
    """Both breasts of a patient.

    Args:
        depth: from chest wall to nipple, as a share of the film's height.
        lowest: row of the inframammary fold, likewise.
        density: 0 (fat) to 1 (dense gland).
        muscle: how far the muscle reaches along the upper edge, and down the chest wall.
        seed: of the tissue.
    """

    depth: float
    lowest: float
    density: float
    muscle: tuple[float, float]
    seed: int


@dataclass(frozen=True)
class Tissue:
    """A film's tissue, chest wall at the left edge.

    Args:
        bright: (H, W) 0 black to 1 white.
        inside: (H, W) breast.
        deep_px: (H, W) distance to the skin or the air.
        muscle: (H, W) 0 to 1.
        vessels: polylines (N, 2) x y in pixels.
    """

    bright: Field
    inside: NDArray[np.bool_]
    deep_px: Field
    muscle: Field
    vessels: tuple[NDArray[np.float64], ...]


def plan_breast(rng: np.random.Generator, variation: float) -> Breast:
    """A patient's breasts; ``variation`` is a factor on the differences between patients."""
    return Breast(
        depth=float(np.clip(rng.normal(0.52, 0.06 * variation), 0.38, 0.68)),
        lowest=float(rng.uniform(0.84, 0.95)),
        density=float(np.clip(rng.beta(2, 2), 0.05, 0.95)),
        muscle=(float(rng.uniform(0.20, 0.34)), float(rng.uniform(0.38, 0.58))),
        seed=int(rng.integers(2**31)),
    )


def draw_tissue(breast: Breast, size: tuple[int, int], rng: np.random.Generator) -> Tissue:
    """One film of the breast.

    Args:
        breast: of the patient.
        size: height and width of the film in pixels.
        rng: of this film; the tissue of both sides resembles one another, and is not the same.
    """
    height, width = size
    rows, columns = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    v, u = (rows / height).astype(np.float32), (columns / height).astype(np.float32)
    depth = breast.depth * float(rng.uniform(0.95, 1.05))
    inside = u < _skin(v, depth, breast.lowest)
    inside[:, -2:] = False
    deep = _depth_px(inside)
    skin = smoothstep(0.0, 0.09 * height, deep)
    gland = _gland(u, v, breast, depth, rng)
    muscle = _muscle(u, v, breast) * inside
    bright = _FAT * (0.35 + 0.65 * skin) + gland * skin * (1 - 0.8 * muscle)
    bright = bright * (1 - muscle) + muscle * (_MUSCLE + 0.25 * bright)
    bright += 0.10 * (deep < max(2.0, _SKIN_PX * height)) * inside
    vessels = tuple(_vessel(size, depth, breast.lowest, rng) for _ in range(int(rng.integers(2, 6))))
    bright += _vessel_shadow(size, vessels, rng) * skin
    return Tissue(np.asarray(bright * inside, np.float32), inside, deep, np.asarray(muscle, np.float32), vessels)


def _skin(v: Field, depth: float, lowest: float) -> Field:
    """How far the breast reaches from the chest wall in each row, as a share of the height."""
    t = np.clip(v / lowest, 0, 1)
    # Fullest below the middle, with the axillary tail above.
    belly = np.maximum(np.sin(np.pi * t**1.35), 0) ** 0.8
    return np.asarray(depth * (0.80 * belly + 0.42 * (1 - t) ** 1.5 + 0.10 * np.exp(-(((t - 0.62) / 0.04) ** 2)) * 0.4))


def _depth_px(inside: NDArray[np.bool_]) -> Field:
    # The chest wall and the upper edge are where the film ends, not the skin.
    padded = cv2.copyMakeBorder(inside.astype(np.uint8), 200, 0, 200, 0, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.distanceTransform(padded, cv2.DIST_L2, 5)[200:, 200:], np.float32)


def _gland(u: Field, v: Field, breast: Breast, depth: float, rng: np.random.Generator) -> Field:
    """Fibroglandular tissue: a cone towards the nipple, in lobules, with ligaments between them."""
    own = np.random.Generator(np.random.PCG64(breast.seed))
    lobules, fine = fractal_noise(own, _TILE, 4, 5, 0.62), fractal_noise(own, _TILE, 16, 4, 0.75)
    ridges = 1 - np.abs(fractal_noise(own, _TILE, 8, 4, 0.6))
    shift = rng.uniform(0, 40, 2)
    x, y = u * 330 + np.float32(shift[0]), v * 330 + np.float32(shift[1])
    middle = 0.60 * breast.lowest
    cone = np.exp(-(((v - middle + 0.25 * (0.5 * depth - u)) / (0.13 + 0.11 * breast.density)) ** 2))
    cone *= smoothstep(0.0, 0.35 * depth, u + 0.1) * smoothstep(1.05 * depth, 0.7 * depth, u)
    lumps = smoothstep(-0.9, 1.4, sample(lobules, x, y) + 1.6 * (breast.density - 0.5))
    strands = np.clip(sample(ridges, 1.3 * x, 0.9 * y) - 0.45, 0, None)
    return np.asarray(
        cone * (0.12 + 0.52 * lumps) + 0.10 * strands * (0.4 + cone) + 0.028 * sample(fine, 2 * x, 2 * y), np.float32
    )


def _muscle(u: Field, v: Field, breast: Breast) -> Field:
    across, down = breast.muscle
    t = u / across + v / down + 0.12 * np.sin(np.pi * np.clip(v / down, 0, 1))
    return smoothstep(1.03, 0.95, np.asarray(t, np.float32))


def _vessel(size: tuple[int, int], depth: float, lowest: float, rng: np.random.Generator) -> NDArray[np.float64]:
    height = size[0]
    start = np.array([rng.uniform(0.0, 0.1), rng.uniform(0.25, 0.75) * lowest])
    end = np.array([depth * rng.uniform(0.55, 0.85), lowest * rng.uniform(0.45, 0.75)])
    t = np.linspace(0, 1, 60)[:, None]
    bend = np.cumsum(np.cumsum(rng.normal(0, 1, 60)))[:, None]
    bend = (bend - bend[0] - t * (bend[-1] - bend[0])) / max(float(np.ptp(bend)), 1e-6)
    normal = np.array([-(end - start)[1], (end - start)[0]])
    return np.asarray((start + t * (end - start) + 0.12 * bend * normal) * height)


def _vessel_shadow(size: tuple[int, int], vessels: tuple[NDArray[np.float64], ...], rng: np.random.Generator) -> Field:
    canvas = np.zeros(size, np.float32)
    for line in vessels:
        one = np.zeros(size, np.float32)
        points = [np.round(line * 16).astype(np.int32)]
        cv2.polylines(one, points, False, 1.0, max(1, round(size[0] * rng.uniform(0.003, 0.006))), cv2.LINE_AA, 4)
        canvas += np.float32(rng.uniform(0.05, 0.11)) * cv2.GaussianBlur(one, (0, 0), 0.0015 * size[0] + 0.3)
    return canvas
