"""Regions: boxes of training images tell what to look at, by crops, by a dimmed background, and by mixing crops in."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from readingroom.core.seeds import generator
from readingroom.training.augmentation.section import RegionsSection

Pixels = NDArray[np.uint8]
Boxes = NDArray[np.float64]

WAYS = ("crop", "dim", "mix")


def emphasise(
    images: Pixels, boxes: Sequence[Boxes], section: RegionsSection, seed: int, indices: ArrayLike, epoch: int
) -> Pixels:
    """Show some of the images by one of their boxes; the others, and those without a box, come out as they went in.

    What is drawn for an image depends on the seed, the epoch and its index alone.

    Args:
        images: (B, S, S, 3) RGB.
        boxes: of each image, (N, 4) x0, y0, x1, y1 in its pixels; N may be 0.
        section: how often, and how.
        seed: the study's.
        indices: (B,) of the images in the case table.
        epoch: from 0.

    Returns:
        (B, S, S, 3), a new array.
    """
    made = np.array(images)
    weights = np.array([getattr(section, way) for way in WAYS])
    for place, (own, index) in enumerate(zip(boxes, np.asarray(indices), strict=True)):
        draws = generator(seed, "regions", epoch, int(index))
        if not len(own) or draws.random() >= section.p:
            continue
        way = WAYS[int(draws.choice(len(WAYS), p=weights / weights.sum()))]
        box = own[int(draws.integers(len(own)))]
        made[place] = _changed(images[place], box, way, section, draws)
    return made


def _changed(image: Pixels, box: Boxes, way: str, section: RegionsSection, draws: np.random.Generator) -> Pixels:
    if way == "dim":
        return dim_background(image, box, float(draws.uniform(*section.background)))
    crop = crop_region(image, box, float(draws.uniform(*section.margin)))
    return crop if way == "crop" else mix_in(image, crop, float(draws.uniform(*section.share)))


def crop_region(image: Pixels, box: Boxes, margin: float) -> Pixels:
    """The box with a margin around it (a share of its longer side), at the size of the image.

    The crop is square, so that nothing is stretched, and lies within the image.
    """
    size = image.shape[0]
    x0, y0, x1, y1 = box
    side = int(np.clip(round(max(x1 - x0, y1 - y0) * (1 + 2 * margin)), 8, size))
    left, top = (int(np.clip(round(centre - side / 2), 0, size - side)) for centre in ((x0 + x1) / 2, (y0 + y1) / 2))
    part = np.ascontiguousarray(image[top : top + side, left : left + side])
    return np.asarray(cv2.resize(part, (size, size), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)


def dim_background(image: Pixels, box: Boxes, brightness: float) -> Pixels:
    """The image with all but the box darkened to a share of its brightness."""
    size = image.shape[0]
    x0, y0 = (int(np.clip(np.floor(corner), 0, size)) for corner in box[:2])
    x1, y1 = (int(np.clip(np.ceil(corner), 0, size)) for corner in box[2:])
    made = np.asarray(cv2.convertScaleAbs(image, alpha=brightness), dtype=np.uint8)
    made[y0:y1, x0:x1] = image[y0:y1, x0:x1]
    return made


def mix_in(image: Pixels, crop: Pixels, share: float) -> Pixels:
    """The image with its own crop blended in."""
    return np.asarray(cv2.addWeighted(crop, share, image, 1 - share, 0), dtype=np.uint8)
