"""The descriptor of an image, small enough to keep for each and rich enough to find near-duplicates by."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from readingroom.cases.quality import brightest_channel

SIDE = 32
"""Side of the thumbnail, in cells."""

_BLACK = 16
_LEAST_COVER = 0.5
_HASH_SIDE = 8


@dataclass(frozen=True)
class Descriptor:
    """What is kept of an image's view.

    Args:
        thumbnail: (32, 32) uint8, luminance 1 to 255; 0 where the cell shows no anatomy.
        colour: mean red, green and blue of the anatomy, 0 to 255.
        phash: perceptual hash of 64 bits, 16 hexadecimal digits.
    """

    thumbnail: np.ndarray
    colour: tuple[float, float, float]
    phash: str


def describe_view(crop: np.ndarray, mask: np.ndarray) -> Descriptor:
    """Describe a view for comparison with others.

    What is blank, excluded or black takes no part, so that a common border or patch makes nothing alike.

    Args:
        crop: (H, W, 3) uint8, the view's box.
        mask: (H, W) uint8, nonzero where the box shows anatomy.
    """
    lit = ((mask > 0) & (brightest_channel(crop) > _BLACK)).astype(np.float32)
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float32)
    cover = cv2.resize(lit, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    mean = cv2.resize(grey * lit, (SIDE, SIDE), interpolation=cv2.INTER_AREA) / np.maximum(cover, 1e-3)
    cells = np.where(cover < _LEAST_COVER, 0, np.rint(mean).clip(1, 255)).astype(np.uint8)
    red, green, blue, *_ = cv2.mean(crop, mask=lit.astype(np.uint8))
    return Descriptor(cells, (red, green, blue), perceptual_hash(cells))


def perceptual_hash(thumbnail: np.ndarray) -> str:
    """64 bits: which of the 64 lowest frequencies (cosine transform, the mean left out) lie above their median.

    Args:
        thumbnail: (32, 32) uint8; cells of 0 count as the mean of the others.

    Returns:
        16 hexadecimal digits.
    """
    cells = fill_gaps(thumbnail[None])[0]
    low = cv2.dct(cells)[:_HASH_SIDE, :_HASH_SIDE].ravel()
    low[0] = cv2.dct(cells)[_HASH_SIDE, _HASH_SIDE]  # the mean says nothing; another frequency takes its place
    # A flat image has no frequencies; rounding errors must not make it a random hash.
    bits = low > np.median(low) + 1e-3
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


def fill_gaps(thumbnails: np.ndarray) -> np.ndarray:
    """Thumbnails (N, 32, 32) as float32, cells without anatomy set to the mean of the others."""
    cells = thumbnails.astype(np.float32)
    known = thumbnails > 0
    mean = cells.sum(axis=(1, 2)) / np.maximum(known.sum(axis=(1, 2)), 1)
    return np.where(known, cells, mean[:, None, None].astype(np.float32))
