"""Places in volumes: ``ct/001.nii.gz@x,y,z`` in the case table, in mm of DICOM's patient axes."""

from __future__ import annotations

import math
import re
from pathlib import Path

from readingroom.core.errors import CaseTableError

Point = tuple[float, float, float]

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_PLACED = re.compile(rf"(?P<image>.+)@(?P<x>{_NUMBER}),(?P<y>{_NUMBER}),(?P<z>{_NUMBER})", re.DOTALL)
_BETWEEN = re.compile(r"[\s,;，；]+")
_FIX = "Write x y z in mm of DICOM's patient axes (to the left, to the back, to the head), such as -12.5 30 104"


def split_place(path: str | Path) -> tuple[Path, Point | None]:
    """The file of an image, and the place in it.

    Args:
        path: as the case table names the image, perhaps with ``@x,y,z`` at its end.

    Returns:
        The path without the place; x, y and z in mm (LPS), or None where no place is named. An ``@`` that three numbers
        do not follow belongs to the name.

    Example:
        >>> split_place("ct/001.nii.gz@-12.5,30,104")
        (PosixPath('ct/001.nii.gz'), (-12.5, 30.0, 104.0))
        >>> split_place("ct/a@b.nii.gz")
        (PosixPath('ct/a@b.nii.gz'), None)
    """
    found = _PLACED.fullmatch(str(path))
    if found is None:
        return Path(path), None
    return Path(found["image"]), (float(found["x"]), float(found["y"]), float(found["z"]))


def with_place(image: str, point: str) -> str:
    """The name of an image with a place in it, from the case table's column ``point``.

    Args:
        image: as the case table names it.
        point: x, y and z in mm (LPS), with spaces, commas or semicolons between; brackets around them do not count.

    Returns:
        ``image@x,y,z``, to a thousandth of a millimetre.

    Raises:
        CaseTableError: not three finite numbers.

    Example:
        >>> with_place("ct/001.nii.gz", "-12.5, 30 104")
        'ct/001.nii.gz@-12.5,30,104'
    """
    parts = [part for part in _BETWEEN.split(point.strip().strip("()[]")) if part]
    if len(parts) != 3:
        raise CaseTableError(f"{image}: {point!r} is not three numbers", fix=_FIX, field="point")
    return f"{image}@{','.join(_written(part, image, point) for part in parts)}"


def _written(part: str, image: str, point: str) -> str:
    try:
        value = float(part)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CaseTableError(f"{image}: {part!r} in {point!r} is not a number", fix=_FIX, field="point")
    return f"{round(value, 3) + 0.0:.10g}"
