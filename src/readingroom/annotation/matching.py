"""Which outline of one annotator is which of another's: lesions drawn by several people, joined by their overlap."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from readingroom.annotation.model import AnnotatedImage, Box, Lesion
from readingroom.annotation.outlines import Bools, lesion_mask

MATCH = 0.25
"""Dice coefficient from which two outlines are taken for the same lesion. Low: it asks where, not how well."""

Group = dict[str, Lesion]
"""One lesion, as each annotator who marked it drew it."""


def match_lesions(images: Sequence[AnnotatedImage], *, at_least: float = MATCH) -> tuple[Group, ...]:
    """Join the lesions that several annotators marked on one image.

    Pairs are joined by falling overlap (Dice of the outlines, or of the boxes where one has no outline), each group
    holding one lesion of each annotator at most; labels don't matter. The order of the annotators changes nothing
    unless two overlaps are equal.

    Args:
        images: one image, as each annotator saw it.
        at_least: overlap of two lesions that are the same.

    Returns:
        Every lesion in exactly one group, from those of the first annotator on.

    Example:
        >>> one, other = Lesion("a", drawn_box=(0, 0, 4, 4)), Lesion("b", drawn_box=(1, 0, 5, 4))
        >>> images = [AnnotatedImage("i", 9, 9, who, lesions=(lesion,)) for who, lesion in (("A", one), ("B", other))]
        >>> [list(group) for group in match_lesions(images)]
        [['A', 'B']]
    """
    lesions = [(image.annotator, lesion) for image in images for lesion in image.lesions]
    shapes = [_Shape(lesion, image) for image in images for lesion in image.lesions]
    pairs = [
        (-dice, one, other)
        for one, other in combinations(range(len(lesions)), 2)
        if lesions[one][0] != lesions[other][0] and (dice := _dice(shapes[one], shapes[other])) >= at_least
    ]
    group = list(range(len(lesions)))
    members = {number: {lesions[number][0]: number} for number in group}
    for _, one, other in sorted(pairs):
        first, second = members[group[one]], members[group[other]]
        if first is second or first.keys() & second.keys():
            continue
        low, high = sorted((group[one], group[other]))
        members[low] |= members.pop(high)
        for number in members[low].values():
            group[number] = low
    order = list(dict.fromkeys(image.annotator for image in images))
    found = [members[number] for number in sorted(members)]
    return tuple({who: lesions[one[who]][1] for who in order if who in one} for one in found)


class _Shape:
    """A lesion's pixels within its box, so that comparing two costs no more than where they meet."""

    def __init__(self, lesion: Lesion, image: AnnotatedImage) -> None:
        self.lesion = lesion
        self.mask = lesion_mask(lesion, image.height, image.width) if lesion.polygons else None
        self.pixels = 0 if self.mask is None else int(np.count_nonzero(self.mask))


def _dice(one: _Shape, other: _Shape) -> float:
    a, b = one.lesion.box, other.lesion.box
    if a is None or b is None:
        # Labels without a place are the same lesion if they say the same.
        return float(a is b and one.lesion.label == other.lesion.label)
    if not _meet(a, b):
        return 0.0
    if one.mask is None or other.mask is None:
        return _box_dice(a, b)
    return 2 * _common(one.mask, other.mask) / max(one.pixels + other.pixels, 1)


def _common(one: Bools, other: Bools) -> int:
    return int(np.count_nonzero(one & other))


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _box_dice(a: Box, b: Box) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    sizes = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return 2 * width * height / sizes


def lesion_dice(one: Lesion, other: Lesion, image: AnnotatedImage) -> float:
    """Overlap of two lesions on one image: 1 where they are the same, 0 where they don't meet."""
    return _dice(_Shape(one, image), _Shape(other, image))
