"""Labels dealt at random: a control that must be at chance, for nothing can be learned from it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from readingroom.core.seeds import generator

Rows = npt.NDArray[np.int64]


def deal_labels(targets: Rows, groups: npt.NDArray[np.generic], parts: tuple[Rows, ...], seed: int) -> Rows:
    """Each patient gets the labels of another patient of the same part.

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
        >>> dealt = deal_labels(np.array([0, 0, 1, 1, 0]), np.array(["a", "a", "b", "b", "c"]), (np.arange(4),), seed=3)
        >>> dealt.tolist()
        [1, 1, 0, 0, 0]
    """
    dealt = targets.copy()
    for number, rows in enumerate(parts):
        own = [rows[groups[rows] == group] for group in dict.fromkeys(groups[rows].tolist())]
        order = generator(seed, "shuffled labels", number).permutation(len(own))
        for members, other in zip(own, order, strict=True):
            dealt[members] = np.resize(targets[own[other]], len(members))
    return dealt
