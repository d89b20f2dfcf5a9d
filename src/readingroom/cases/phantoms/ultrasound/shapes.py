"""Shapes: closed outlines with lobes and spikes, in coordinates of the tissue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.phantoms.noise import Field


@dataclass(frozen=True)
class Blob:
    """An ellipse with an uneven edge.

    Args:
        x, y: its middle.
        wide, tall: half its axes.
        angle: by which it is turned, in radians.
        waves: how uneven its edge is: amplitude, number and phase of each wave around it.
    """

    x: float
    y: float
    wide: float
    tall: float
    angle: float = 0.0
    waves: tuple[tuple[float, int, float], ...] = ()

    def distance(self, x: Field, y: Field) -> Field:
        """0 in the middle, 1 at the edge, of every place (H, W)."""
        dx, dy = x - self.x, y - self.y
        c, s = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        u, v = (c * dx + s * dy) / self.wide, (-s * dx + c * dy) / self.tall
        away = np.hypot(u, v)
        if self.waves:
            phi = np.arctan2(v, u)
            away = away / (1 + sum(a * np.cos(k * phi + p) for a, k, p in self.waves))
        return np.asarray(away, np.float32)


def uneven(amount: float, waves: tuple[int, int], rng: np.random.Generator) -> tuple[tuple[float, int, float], ...]:
    """Waves of an edge, from a lowest to a highest number around it."""
    numbers = range(waves[0], waves[1] + 1)
    each = amount / np.sqrt(len(numbers))
    return tuple((float(each * rng.uniform(0.5, 1.5)), k, float(rng.uniform(0, 2 * np.pi))) for k in numbers)


def grid(size: tuple[int, int]) -> tuple[Field, Field]:
    """Coordinates x and y (H, W) of a picture, both in shares of its height, x from the left edge."""
    rows, columns = np.meshgrid(np.arange(size[0]), np.arange(size[1]), indexing="ij")
    return np.asarray(columns / size[0], np.float32), np.asarray(rows / size[0], np.float32)
