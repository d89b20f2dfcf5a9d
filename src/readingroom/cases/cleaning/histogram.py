"""Levels: how light an image's pixels are, and brought to those of other images."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from readingroom.cases.cleaning.lightness import Pixels, lightness, on_lightness
from readingroom.cases.window import scale_between

Mask = npt.NDArray[np.uint8]
Reference = tuple[float, ...]
"""Lightness, 0 to 255, at each of `SHARES` of an image's pixels, rising."""

SHARES = np.linspace(0.0, 1.0, 129)
"""Shares of the pixels at which levels are kept."""
FLAT: Reference = tuple((255.0 * SHARES).tolist())
"""Every level as frequent as every other."""


def levels_of(pixels: Pixels, mask: Mask | None = None) -> Reference | None:
    """The levels of one image; None where the mask is empty.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits.
        mask: (H, W), nonzero where pixels count; None counts all.
    """
    counted = _counted(lightness(pixels), mask)
    if not counted.size:
        return None
    return tuple(np.quantile(counted.astype(np.float64), SHARES).round(4).tolist())


def mean_levels(levels: Iterable[Reference | None]) -> Reference | None:
    """The mean of the levels of several images, share by share: the standard scale of Nyúl and Udupa (1999).

    It is the barycentre of the histograms (of least transport), so that images of different brightness have a mean
    that looks like one of them, and not like all of them laid over each other.

    Args:
        levels: of each image; None where an image has none.

    Returns:
        None where no image has any.
    """
    known = [one for one in levels if one is not None]
    return tuple(np.mean(known, axis=0).round(4).tolist()) if known else None


def match_levels(pixels: Pixels, reference: Reference, mask: Mask | None = None) -> Pixels:
    """Give an image the levels of a reference; of colours the lightness, so that hues stay.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits.
        reference: as `levels_of` or `mean_levels` gives it.
        mask: (H, W), nonzero where pixels count; where none does, the image stays as it is.

    Returns:
        The same shape.
    """
    counts = np.bincount(_counted(lightness(pixels), mask).ravel(), minlength=256)
    if not counts.any():
        return pixels
    # In the middle of its step, so that a level that half of the pixels have goes to the middle of the reference.
    share = (np.cumsum(counts) - counts / 2) / counts.sum()
    table = np.rint(np.interp(share, SHARES, reference)).clip(0, 255).astype(np.uint8)
    return on_lightness(pixels, lambda plane: np.asarray(table[plane], dtype=np.uint8))


def stretch_levels(pixels: Pixels, percentiles: tuple[float, float], mask: Mask | None = None) -> Pixels:
    """Make two percentiles black and white, over all channels together, so that hues stay.

    Args:
        pixels: (H, W) or (H, W, 3), 8 bits.
        percentiles: lower and upper.
        mask: (H, W), nonzero where pixels count; where none does, the image stays as it is.
    """
    counted = _counted(pixels, mask)
    if not counted.size or counted.min() == counted.max():
        return pixels
    return scale_between(pixels, *np.percentile(counted, percentiles))


def _counted(pixels: Pixels, mask: Mask | None) -> Pixels:
    return pixels if mask is None else pixels[mask > 0]
