"""Labels and lesions dealt at random: a control that must be at chance, for nothing can be learned from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from readingroom.core.seeds import generator
from readingroom.training.boxing import PreparedBoxes

Rows = npt.NDArray[np.int64]
Places = npt.NDArray[np.float64]


def deal_labels(targets: Rows, groups: npt.NDArray[np.generic], parts: tuple[Rows, ...], seed: int) -> Rows:
    """Each patient gets the labels of another patient of the same part, so that they tell nothing of its own.

    Dealt blindly, the labels of a hundred patients agree with the true ones a little more or a little less than chance,
    and a network makes the most of that. Therefore the patients of each class are dealt labels of all classes in the
    part's own shares, as nearly as whole patients allow: dealt and true labels are then independent.

    Patients are dealt whole, so that images of one patient stay as alike in their labels as they were. A patient with
    more images than the other repeats the other's labels.

    Args:
        targets: (N,) class of every image.
        groups: (N,) whose image it is.
        parts: rows of each part, training and validation; labels of all other rows stay.
        seed: of the dealing.

    Returns:
        (N,) classes.

    Example:
        >>> dealt = deal_labels(np.array([0, 0, 1, 1]), np.array(["a", "b", "c", "d"]), (np.arange(4),), seed=3)
        >>> sorted(dealt[:2].tolist()), sorted(dealt[2:].tolist())
        ([0, 1], [0, 1])
    """
    dealt = targets.copy()
    for number, rows in enumerate(parts):
        own = [rows[groups[rows] == group] for group in dict.fromkeys(groups[rows].tolist())]
        classes = np.array([int(np.bincount(targets[members]).argmax()) for members in own], dtype=np.int64)
        random = generator(seed, "shuffled labels", number)
        for to, of in zip(_class_by_class(classes, random), _mixed(classes, random), strict=True):
            dealt[own[to]] = np.resize(targets[own[of]], len(own[to]))
    return dealt


def _class_by_class(classes: Rows, random: np.random.Generator) -> Rows:
    """Places of the patients, those of one class behind each other, in a random order."""
    return np.lexsort((random.random(len(classes)), classes))


def _mixed(classes: Rows, random: np.random.Generator) -> Rows:
    """Places of the patients so that any stretch of them has the classes in the shares of all."""
    even = np.empty(len(classes))
    for one in np.unique(classes):
        places = random.permutation(np.flatnonzero(classes == one))
        even[places] = (np.arange(len(places)) + random.random()) / len(places)
    return np.argsort(even, kind="stable")


def deal_points(
    places: Sequence[Places | None], groups: npt.NDArray[np.generic], parts: tuple[Rows, ...], seed: int
) -> tuple[Places | None, ...]:
    """Each patient gets the lesions of another patient of the same part, where they lay in that one's volume.

    Args:
        places: of every volume (N, 4): where its lesions lie as shares of its extent, and their radius in mm; None
            where that is not known.
        groups: whose volume it is.
        parts: rows of each part, training and validation; lesions of all other rows stay.
        seed: of the dealing.
    """
    dealt = list(places)
    for number, rows in enumerate(parts):
        own = [rows[groups[rows] == group] for group in dict.fromkeys(groups[rows].tolist())]
        order = generator(seed, "shuffled points", number).permutation(len(own))
        for members, other in zip(own, order, strict=True):
            for row, giver in zip(members, np.resize(own[other], len(members)), strict=True):
                dealt[row] = places[giver]
    return tuple(dealt)


def deal_boxes(
    boxes: PreparedBoxes, sizes: Sequence[tuple[int, int]], parts: tuple[Rows, ...], seed: int
) -> PreparedBoxes:
    """Each image gets the boxes of another image of the same part, so that what lies in a box carries nothing.

    Dealt among images of one size, where boxes stay in the picture; images of a size that no other one of the part has
    are dealt among each other.

    Args:
        boxes: of all prepared images.
        sizes: (N,) width and height of every image in its own pixels.
        parts: rows of each part, training and validation; boxes of all other rows stay.
        seed: of the dealing.

    Returns:
        The boxes, dealt.
    """
    dealt = list(boxes.rows)
    for number, rows in enumerate(parts):
        own = [sizes[row] for row in rows]
        alike = [size if own.count(size) > 1 else None for size in own]
        for place, kind in enumerate(dict.fromkeys(alike)):
            among = rows[[one == kind for one in alike]]
            order = generator(seed, "shuffled boxes", number, place).permutation(len(among))
            for row, other in zip(among, among[order], strict=True):
                dealt[row] = boxes.rows[other]
    return replace(boxes, rows=tuple(dealt))
