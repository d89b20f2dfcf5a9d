"""Specks: clusters of microcalcifications, and what resembles them in normal films too."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.films.breast import Tissue
from readingroom.cases.phantoms.noise import Field

SPECKS = (7, 18)
"""Fewest and most specks of a cluster; a cluster is called so from five in a square centimetre."""
_APART = 0.09
"""Least distance of isolated specks from each other, as a share of the height: wider than a cluster."""
_MARGIN_PX = 2.5


@dataclass(frozen=True)
class Cluster:
    """A cluster of microcalcifications.

    Args:
        xy_px: (N, 2) middles of its specks.
        sigma_px: (N,) their radii.
        bright: (N,) how much brighter they are.
    """

    xy_px: NDArray[np.float64]
    sigma_px: NDArray[np.float64]
    bright: NDArray[np.float64]

    @property
    def box_xyxy_px(self) -> tuple[int, int, int, int]:
        """The smallest whole-pixel box around it, with a margin for the specks' own width."""
        low = np.floor(self.xy_px.min(axis=0) - _MARGIN_PX)
        high = np.ceil(self.xy_px.max(axis=0) + _MARGIN_PX + 1)
        return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def plan_cluster(tissue: Tissue, strength: float, size: float, rng: np.random.Generator) -> Cluster:
    """A cluster within the gland.

    Args:
        tissue: of the film.
        strength: factor on the brightness of the specks.
        size: factor on the radius of the cluster.
        rng: where the numbers come from.
    """
    height = tissue.bright.shape[0]
    middle, count = _place(tissue, rng), int(rng.integers(SPECKS[0], SPECKS[1] + 1))
    radius = height * rng.uniform(0.013, 0.022) * size
    ratio, angle = rng.uniform(0.55, 1.0), rng.uniform(0, np.pi)
    # A square root fills the disc evenly.
    r, phi = radius * np.sqrt(rng.random(count)), rng.uniform(0, 2 * np.pi, count)
    x, y = r * np.cos(phi), ratio * r * np.sin(phi)
    turned = np.stack([x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)], axis=1)
    return Cluster(middle + turned, _radii(count, height, rng), strength * rng.uniform(0.22, 0.50, count))


def _radii(count: int, height: int, rng: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(rng.uniform(0.55, 1.05, count) * max(height / 640, 0.8))


def _place(tissue: Tissue, rng: np.random.Generator) -> NDArray[np.float64]:
    """A place well under the skin, off the muscle and the film's edge."""
    height, width = tissue.bright.shape
    good = (tissue.deep_px > 0.075 * height) & (tissue.muscle < 0.05)
    edge = round(0.07 * height)
    good[:edge], good[height - edge :], good[:, :edge], good[:, width - edge :] = False, False, False, False
    rows, columns = np.nonzero(good)
    if not rows.size:
        return np.array([0.3 * height, 0.55 * height])
    chosen = int(rng.integers(rows.size))
    return np.array([float(columns[chosen]), float(rows[chosen])])


def add_cluster(film: Field, cluster: Cluster) -> None:
    """Draw the specks of a cluster, in place."""
    for middle, sigma, bright in zip(cluster.xy_px, cluster.sigma_px, cluster.bright, strict=True):
        _add_spot(film, middle, float(sigma), float(bright))


def _add_spot(film: Field, middle: NDArray[np.float64], sigma: float, bright: float) -> None:
    height, width = film.shape
    reach = int(np.ceil(3 * sigma))
    x, y = (round(float(one)) for one in middle)
    left, right = max(x - reach, 0), min(x + reach + 1, width)
    top, bottom = max(y - reach, 0), min(y + reach + 1, height)
    if right <= left or bottom <= top:
        return
    rows, columns = np.mgrid[top:bottom, left:right]
    away = (columns - middle[0]) ** 2 + (rows - middle[1]) ** 2
    film[top:bottom, left:right] += np.float32(bright) * np.exp(-away / (2 * sigma**2)).astype(np.float32)


def add_distractors(
    film: Field, tissue: Tissue, decoys: float, keep_off: list[Cluster], rng: np.random.Generator
) -> None:
    """Draw what is in films of both classes: isolated specks, coarse benign calcifications, hairs and scratches.

    Args:
        film: (H, W); changed.
        tissue: of the film.
        decoys: expected number of coarse calcifications; the rest goes with it.
        keep_off: clusters that a distractor is not to be taken for a part of.
        rng: where the numbers come from.
    """
    height = film.shape[0]
    taken = [cluster.xy_px.mean(axis=0) for cluster in keep_off]
    for _ in range(int(rng.poisson(3 + 2 * decoys))):
        place = _isolated(tissue, taken, rng)
        if place is not None:
            _add_spot(film, place, float(_radii(1, height, rng)[0]), float(rng.uniform(0.22, 0.5)))
    for _ in range(int(rng.poisson(decoys))):
        place = _isolated(tissue, taken, rng)
        if place is not None:
            _add_coarse(film, place, rng)
    for _ in range(int(rng.poisson(0.5))):
        _add_thread(film, rng)


def _isolated(tissue: Tissue, taken: list[NDArray[np.float64]], rng: np.random.Generator) -> NDArray[np.float64] | None:
    height = tissue.bright.shape[0]
    for _ in range(20):
        place = _place(tissue, rng)
        if all(np.hypot(*(place - other)) > _APART * height for other in taken):
            taken.append(place)
            return place
    return None


def _add_coarse(film: Field, middle: NDArray[np.float64], rng: np.random.Generator) -> None:
    """A popcorn-like or round calcification, sometimes with a hollow middle: benign by its look."""
    radius = film.shape[0] * rng.uniform(0.004, 0.008)
    for _ in range(int(rng.integers(1, 4))):
        _add_spot(film, middle + rng.normal(0, 0.5 * radius, 2), 0.55 * radius, float(rng.uniform(0.25, 0.5)))
    if rng.random() < 0.3:
        _add_spot(film, middle, 0.4 * radius, -0.35)


def _add_thread(film: Field, rng: np.random.Generator) -> None:
    """A hair, or a scratch of the film: a thin bright or dark line, anywhere."""
    height, width = film.shape
    start, angle = rng.uniform(0.05, 0.95, 2) * (width, height), rng.uniform(0, 2 * np.pi)
    steps = np.linspace(0, height * rng.uniform(0.05, 0.2), 40)
    bend = angle + rng.normal(0, 0.004) * 640 / height * steps
    line = start + np.cumsum(np.stack([np.cos(bend), np.sin(bend)], axis=1) * (steps[1] - steps[0]), axis=0)
    canvas = np.zeros_like(film)
    cv2.polylines(canvas, [np.round(line * 16).astype(np.int32)], False, 1.0, 1, cv2.LINE_AA, 4)
    film += np.float32(rng.choice([-0.12, 0.15])) * canvas
