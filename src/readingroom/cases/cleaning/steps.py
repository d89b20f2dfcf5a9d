"""The steps of cleaning in their order: after resizing, and of a stack plane by plane."""

from __future__ import annotations

import numpy as np

from readingroom.cases.cleaning.contrast import raise_contrast
from readingroom.cases.cleaning.histogram import FLAT, Mask, Reference, match_levels, stretch_levels
from readingroom.cases.cleaning.lightness import Pixels
from readingroom.cases.cleaning.noise import denoise
from readingroom.cases.cleaning.section import CleanSection, Histogram


def clean_resized(
    pixels: Pixels, clean: CleanSection, reference: Reference | None = None, mask: Mask | None = None
) -> Pixels:
    """The steps that follow the resizing: levels, then contrast.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits.
        clean: which steps.
        reference: for ``histogram: {match: ...}``; without one, as before it is known, levels stay.
        mask: (H, W), 1 where there is anatomy, the only place that counts and is not black; None: everywhere.

    Returns:
        The same shape.
    """
    made = pixels if clean.histogram is None else _levelled(pixels, clean.histogram, reference, mask)
    made = made if clean.clahe is None else raise_contrast(made, clean.clahe)
    if mask is None or made is pixels:
        return made
    return np.asarray(made * (mask > 0)[(..., *[None] * (made.ndim - 2))], dtype=np.uint8)


def _levelled(pixels: Pixels, how: Histogram, reference: Reference | None, mask: Mask | None) -> Pixels:
    if how.percentiles is not None:
        return stretch_levels(pixels, how.percentiles, mask)
    wanted = FLAT if how.equalise else reference
    return pixels if wanted is None else match_levels(pixels, wanted, mask)


def clean_planes(planes: Pixels, clean: CleanSection, reference: Reference | None = None) -> Pixels:
    """Clean the planes of a stack, each by itself: noise, levels, contrast. Planes that are not there stay black.

    Args:
        planes: (D, H, W), (D, H, W, 1) or (D, H, W, 3), 8 bits, windowed and brought to their size.
        clean: which steps; border and bias come before the window, and are not done here.
        reference: as for `clean_resized`.

    Returns:
        The same shape.
    """
    made = np.zeros_like(planes)
    for number, plane in enumerate(planes):
        if plane.any():
            flat = plane[..., 0] if plane.shape[2:] == (1,) else plane
            quiet = flat if clean.denoise is None else denoise(flat, clean.denoise)
            made[number] = clean_resized(quiet, clean, reference).reshape(plane.shape)
            if not made[number].any():
                made[number].flat[0] = 1  # all black would mean that the plane is not there
    return made
