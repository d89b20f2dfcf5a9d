"""Drawing: which of a clip's frames, or of a series' slices, are taken."""

from __future__ import annotations

import numpy as np


def spread(count: int, wanted: int) -> list[int]:
    """Places of frames, evenly from the first to the last; all where there are no more than wanted.

    Example:
        >>> spread(10, 4), spread(3, 4), spread(9, 1)
        ([0, 3, 6, 9], [0, 1, 2], [4])
    """
    if count <= wanted:
        return list(range(count))
    if wanted == 1:
        return [count // 2]
    return [int(place) for place in np.rint(np.linspace(0, count - 1, wanted))]


def middles(count: int, wanted: int) -> list[int]:
    """Places of slices, each the middle of an equal part: the outermost of a series show little.

    Example:
        >>> middles(9, 3), middles(2, 3), middles(9, 1)
        ([1, 4, 7], [0, 1], [4])
    """
    if count <= wanted:
        return list(range(count))
    return [int((place + 0.5) * count / wanted) for place in range(wanted)]
