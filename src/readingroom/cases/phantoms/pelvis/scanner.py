"""Scanner: from the signal of a slice to the numbers that a magnet stores: coil, motion, blur and Rician noise."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field, fractal_noise, sample
from readingroom.core.seeds import generator

HIGHEST = 4095
"""Largest stored value: 12 bits of 16."""

_TILE_PX = 64


@dataclass(frozen=True)
class Scan:
    """How a patient's examination is received; the same in all slices.

    Args:
        gain: stored value of a signal of 1.
        bias: tile (S, S) of the slow unevenness of the coil.
        unevenness: deviation of its logarithm.
        tilt: growth of the logarithm across and down the field of view.
        ghost: share of the signal that breathing throws aside.
        ghost_shift: by how much of the height.
        blur_px: standard deviation.
        noise: standard deviation of each of the two channels, by the signal of 1.
        seed: of the noise.
    """

    gain: float
    bias: Field
    unevenness: float
    tilt: tuple[float, float]
    ghost: float
    ghost_shift: float
    blur_px: float
    noise: float
    seed: int


def plan_scan(seed: int, variation: float) -> Scan:
    """The settings and the luck of one examination."""
    rng = generator(seed, "scan")
    return Scan(
        gain=1150.0 * float(np.exp(0.30 * variation * rng.normal())),
        bias=fractal_noise(rng, _TILE_PX, 4, 2, 0.35),
        unevenness=0.12 * variation,
        tilt=(float(0.10 * variation * rng.normal()), float(0.18 * variation * rng.normal())),
        ghost=float(0.03 * variation * rng.random()),
        ghost_shift=float(rng.uniform(0.06, 0.2)),
        blur_px=float(rng.uniform(0.45, 0.75)),
        noise=float(rng.uniform(0.018, 0.034) * (0.6 + 0.6 * variation)),
        seed=seed,
    )


def receive(signal: Field, scan: Scan, number: int) -> NDArray[np.uint16]:
    """A slice as stored.

    Args:
        signal: (H, W), 0 to about 1.
        scan: of the patient.
        number: of the slice, from 1; each has noise of its own.

    Returns:
        (H, W), 0 to ``HIGHEST``.
    """
    height, width = signal.shape
    seen = signal * _coil(scan, signal.shape)
    seen = seen + np.float32(scan.ghost) * np.roll(seen, max(1, round(scan.ghost_shift * height)), axis=0)
    seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), scan.blur_px * max(height, width) / 250), np.float32)
    noise = generator(scan.seed, "noise", number).standard_normal((2, height, width), dtype=np.float32)
    noise *= np.float32(scan.noise)
    magnitude = np.hypot(seen + noise[0], noise[1]) * np.float32(scan.gain)
    return np.asarray(np.clip(np.rint(magnitude), 0, HIGHEST), np.uint16)


def _coil(scan: Scan, size: tuple[int, ...]) -> Field:
    """Unevenness of the coil (H, W), about 1."""
    y = np.linspace(-1, 1, size[0], dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, size[1], dtype=np.float32)[None, :]
    slow = sample(scan.bias, 12 * x + 32 + 0 * y, 12 * y + 32 + 0 * x) * np.float32(scan.unevenness)
    surface = np.float32(0.10) * (x * x + y * y - 1)
    return np.asarray(np.exp(slow + np.float32(scan.tilt[0]) * x + np.float32(scan.tilt[1]) * y + surface), np.float32)
