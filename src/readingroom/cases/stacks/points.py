"""Points: lesions in volumes, as the case table's column ``points`` gives them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

PointArray = npt.NDArray[np.float64]
"""(N, 4) x, y, z and radius in mm (LPS)."""


def parse_points(text: str) -> PointArray | str:
    """The points of a cell, (N, 4) x, y, z and radius in mm, or what is wrong with it.

    Args:
        text: ``x y z r``, several separated by ``;``; commas between the numbers are taken too.

    Example:
        >>> parse_points("1 2 -3 4; 5 6 7 2.5").tolist()
        [[1.0, 2.0, -3.0, 4.0], [5.0, 6.0, 7.0, 2.5]]
        >>> parse_points("1 2 3")
        'a point without a radius: x y z and the radius are wanted, in mm'
    """
    parts = [part.replace(",", " ").replace("，", " ").split() for part in text.replace("；", ";").split(";")]
    parts = [part for part in parts if part]
    if any(len(part) == 3 for part in parts):
        return "a point without a radius: x y z and the radius are wanted, in mm"
    if not parts or any(len(part) != 4 for part in parts):
        return "a point that is not of four numbers: x y z and the radius"
    try:
        points = np.array([[float(number) for number in part] for part in parts], dtype=np.float64)
    except ValueError:
        return "a point that is not of numbers"
    if not np.isfinite(points).all():
        return "a point that is not of numbers"
    return points if (points[:, 3] > 0).all() else "a radius that is not more than 0"
