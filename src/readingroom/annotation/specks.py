"""Specks: parts of an outline too small to be meant, taken out where a person asks for it, and listed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from readingroom.annotation.model import AnnotatedImage, Annotations, Lesion
from readingroom.annotation.outlines import rasterise


def drop_specks(annotations: Annotations, smallest_px: int) -> tuple[Annotations, tuple[str, ...]]:
    """Take out the parts of outlines with fewer pixels than this, and lesions of which nothing is left.

    Args:
        annotations: any; boxes and labels without outline stay.
        smallest_px: pixels that a part must have to stay.

    Returns:
        What is left, and what was taken out, one line for each part.

    Example:
        >>> from readingroom.annotation.model import Polygon
        >>> dot = Polygon(((1, 1), (2, 1), (2, 2), (1, 2)))
        >>> image = AnnotatedImage("a.png", 9, 9, lesions=(Lesion("polyp", (dot,)),))
        >>> drop_specks(Annotations((image,)), 20)[1]
        ('a.png: lesion 1 (polyp): a part of 1 px',)
    """
    dropped: list[str] = []
    images = tuple(_cleaned(image, smallest_px, dropped) for image in annotations.images)
    return replace(annotations, images=images), tuple(dropped)


def _cleaned(image: AnnotatedImage, smallest_px: int, dropped: list[str]) -> AnnotatedImage:
    lesions: list[Lesion] = []
    for number, lesion in enumerate(image.lesions, start=1):
        kept = []
        for polygon in lesion.polygons or ():
            pixels = int(np.count_nonzero(rasterise([polygon], image.height, image.width)))
            if pixels < smallest_px:
                dropped.append(f"{image.image}: lesion {number} ({lesion.label}): a part of {pixels} px")
            else:
                kept.append(polygon)
        if kept or not lesion.polygons:
            lesions.append(replace(lesion, polygons=tuple(kept) if lesion.polygons else lesion.polygons))
    return replace(image, lesions=tuple(lesions))
