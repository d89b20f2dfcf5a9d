"""Canvas: one axial slice under work, on which soft-edged shapes in millimetres are laid one over another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.noise import Field, fractal_noise, sample, smoothstep, tile_of

FOV_MM = (250.0, 250.0)
"""Height and width of what a slice shows."""

TILE_PX = 256
_PITCH = 1.3  # pixels of the tile for each millimetre
_WARP_PITCH = 0.35
_DRIFT_MM = 14.0  # along the body after which a texture has turned into another


@dataclass(frozen=True)
class Tissue:
    """Noise of a patient from which muscle, fat and the bend of everything are made.

    Args:
        grain: (TILE_PX, TILE_PX, 4): two textures of muscle, two of fat; the pairs turn into each other along z.
        warp: (TILE_PX, TILE_PX, 4): shifts along x and y, again in pairs.
        warp_mm: deviation of the shifts.
    """

    grain: NDArray[np.float32]
    warp: NDArray[np.float32]
    warp_mm: float


@dataclass(frozen=True)
class Canvas:
    """A slice, (H, W) each; ``signal`` is changed in place.

    Args:
        x: millimetres to the patient's left of the midline.
        y: millimetres behind the middle of the field of view.
        z: millimetres above the anal verge.
        marble: texture of muscle, zero mean and unit deviation.
        lace: texture of fat.
        signal: of the water, 0 to about 1.
    """

    x: Field
    y: Field
    z: float
    marble: Field
    lace: Field
    signal: Field

    def lay(self, outside: Field, value: float | Field, soft_mm: float = 0.7) -> None:
        """Give a shape, by its signed distance in millimetres (below 0 inside), a value."""
        alpha = smoothstep(soft_mm, -soft_mm, outside)
        self.signal[:] += alpha * (np.asarray(value, np.float32) - self.signal)


def weave_tissue(rng: np.random.Generator, warp_mm: float) -> Tissue:
    """The noise of one patient."""
    muscle = [fractal_noise(rng, TILE_PX, 32, 3, 0.7) for _ in range(2)]
    fat = [fractal_noise(rng, TILE_PX, 16, 3, 0.55) for _ in range(2)]
    warp = [fractal_noise(rng, TILE_PX, 8, 4, 0.42) for _ in range(4)]
    return Tissue(tile_of(*muscle, *fat), tile_of(*warp), warp_mm)


def blank(tissue: Tissue, z_mm: float, size: tuple[int, int], turn_rad: float, shift_mm: tuple[float, float]) -> Canvas:
    """An empty slice of a patient who lies a little turned and off the middle.

    Args:
        tissue: of the patient.
        z_mm: above the anal verge.
        size: rows and columns.
        turn_rad: how far the patient is turned about the long axis.
        shift_mm: to the patient's left, and back.
    """
    x, y = _turned(size, turn_rad, shift_mm)
    one, two = np.float32(np.cos(z_mm / _DRIFT_MM)), np.float32(np.sin(z_mm / _DRIFT_MM))
    bend = sample(tissue.warp, x * np.float32(_WARP_PITCH), y * np.float32(_WARP_PITCH)) * np.float32(tissue.warp_mm)
    slow, fast = np.float32(np.cos(z_mm / 90)), np.float32(np.sin(z_mm / 90))
    x = np.asarray(x + slow * bend[..., 0] + fast * bend[..., 1], np.float32)
    y = np.asarray(y + slow * bend[..., 2] + fast * bend[..., 3], np.float32)
    grain = sample(tissue.grain, x * np.float32(_PITCH), y * np.float32(_PITCH))
    marble = one * grain[..., 0] + two * grain[..., 1]
    lace = one * grain[..., 2] + two * grain[..., 3]
    return Canvas(x, y, z_mm, marble, lace, np.zeros(size, np.float32))


def _turned(size: tuple[int, int], turn_rad: float, shift_mm: tuple[float, float]) -> tuple[Field, Field]:
    """Millimetres (H, W) to the left and back in the frame of a patient who is turned and off the middle."""
    down, across = ((np.arange(count) + 0.5) / count - 0.5 for count in size)
    y, x = np.meshgrid(down * FOV_MM[0] - shift_mm[1], across * FOV_MM[1] - shift_mm[0], indexing="ij")
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    return np.asarray(c * x - s * y, np.float32), np.asarray(s * x + c * y, np.float32)


def ellipse(canvas: Canvas, middle: tuple[float, float], half: tuple[float, float], turn_deg: float = 0.0) -> Field:
    """Signed distance (H, W), about exact at the edge, of an ellipse with half axes along x and y, then turned."""
    angle = np.deg2rad(turn_deg)
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    x, y = canvas.x - np.float32(middle[0]), canvas.y - np.float32(middle[1])
    a, b = (max(part, 0.1) for part in half)
    u, v = (c * x + s * y) / np.float32(a), (c * y - s * x) / np.float32(b)
    return np.asarray((np.hypot(u, v) - 1) * np.float32(min(a, b)), np.float32)


def present(z_mm: float, low: float, high: float, fade_mm: float = 8.0) -> float:
    """Share of its size that an organ between two levels has at a level: 1 inside, 0 beyond, round at the ends.

    Example:
        >>> present(20, 0, 40), present(60, 0, 40)
        (1.0, 0.0)
    """
    depth = min(z_mm - low, high - z_mm) / fade_mm
    return float(np.sqrt(max(0.0, 1 - max(0.0, 1 - depth) ** 2))) if depth > 0 else 0.0


def merge(one: Field, two: Field, round_mm: float) -> Field:
    """Signed distance of two shapes as one, with the corner between them rounded off."""
    near = np.maximum(np.float32(round_mm) - np.abs(one - two), 0) / np.float32(round_mm)
    return np.asarray(np.minimum(one, two) - np.square(near) * np.float32(round_mm / 4), np.float32)
