"""Perturbed outlines: what another hand might have drawn, to see which features depend on it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from readingroom.cases.phantoms.noise import sample, smooth_noise

Inside = npt.NDArray[np.bool_]

PERTURBATIONS = ("eroded", "dilated", "moved", "redrawn")
"""By one pixel inwards and outwards; by one or two pixels to a drawn side; by a smooth wobble of the edge."""
_TILE_PX = 64
_WOBBLE_PX = 1.0


def perturb(inside: Inside, how: str, rng: np.random.Generator) -> Inside:
    """Another outline of the same lesion, plane by plane.

    Args:
        inside: (planes, rows, columns).
        how: one of `PERTURBATIONS`.
        rng: where the numbers come from.

    Example:
        >>> square = np.zeros((1, 9, 9), bool); square[0, 2:7, 2:7] = True
        >>> int(perturb(square, "eroded", np.random.default_rng(0)).sum())
        9
    """
    if how == "moved":
        across, down = _step(rng)
        return np.asarray(np.roll(inside, (down, across), axis=(1, 2)))
    return np.stack([_plane(plane, how, rng) if plane.any() else plane for plane in inside])


def _step(rng: np.random.Generator) -> tuple[int, int]:
    while True:
        across, down = (int(value) for value in rng.integers(-2, 3, size=2))
        if across or down:
            return across, down


def _plane(plane: Inside, how: str, rng: np.random.Generator) -> Inside:
    values, cross = plane.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))
    if how == "eroded":
        return np.asarray(cv2.erode(values, cross), dtype=bool)
    if how == "dilated":
        return np.asarray(cv2.dilate(values, cross), dtype=bool)
    depth = cv2.distanceTransform(values, cv2.DIST_L2, 5) - cv2.distanceTransform(1 - values, cv2.DIST_L2, 5)
    rows, columns = (np.asarray(axis, np.float32) for axis in np.indices(plane.shape))
    wobble = sample(smooth_noise(rng, _TILE_PX, 8), columns, rows)
    return np.asarray(depth + _WOBBLE_PX * wobble > 0)
