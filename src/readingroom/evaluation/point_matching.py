"""Points in a volume against the reference: which mark hits which lesion, by distance in millimetres."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Floats
from readingroom.evaluation.matching import Matches, match_marks


def match_points(
    images: ArrayLike,
    mark_image: ArrayLike,
    score: ArrayLike,
    mark_mm: ArrayLike,
    reference_image: ArrayLike,
    reference_mm: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    lesion: ArrayLike | None = None,
    at_least_mm: float = 0.0,
) -> Matches:
    """Match the points that a reader marked with the lesions of the reference, image by image.

    A mark hits a lesion where it lies no farther from its centre than the lesion's radius, or than ``at_least_mm``
    where that is more. Greedy as `match_boxes`: marks take their turn by falling score, each hits the nearest lesion
    that none has hit before.

    Args:
        images: (I,) every volume that was read, each once, those without marks and lesions too.
        mark_image: (M,) volume of each mark; M may be 0.
        score: (M,) finite numbers; higher is more suspicious.
        mark_mm: (M, 3) x, y and z in mm.
        reference_image: (B,) volume of each lesion; B may be 0.
        reference_mm: (B, 4) x, y, z and radius in mm.
        patient: (I,) patient of each volume; None: each volume is of another.
        lesion: (B,) name of the lesion within its patient; None: each is another.
        at_least_mm: distance within which a mark hits however small the lesion is.

    Raises:
        EvaluationError: lengths differ, a volume that is not among ``images``, a value missing or not finite, a radius
            or distance below 0.

    Source: Setio et al., LUNA16, Medical Image Analysis 42 (2017): within the nodule's radius.

    Example:
        >>> found = match_points(["a"], ["a", "a"], [0.9, 0.8], [[0, 0, 4], [0, 0, 9]], ["a"], [[0, 0, 1, 3]])
        >>> found.hit.tolist(), found.repeat.tolist()
        ([0, -1], [False, False])
    """
    if not (np.isfinite(at_least_mm) and at_least_mm >= 0):
        raise EvaluationError(f"at_least_mm {at_least_mm}", fix="Give a distance of 0 mm or more", field="at_least_mm")
    places, lesions = _points(mark_mm, 3, "mark_mm"), _points(reference_mm, 4, "reference_mm")
    if (lesions[:, 3] < 0).any():
        raise EvaluationError("a radius below 0", fix="Give radii in mm", field="reference_mm")

    def fit(marks: Floats, truths: Floats) -> Floats:
        apart = np.linalg.norm(marks - truths[:, :3], axis=1)
        return np.where(apart <= np.maximum(truths[:, 3], at_least_mm), 1 / (1 + apart), 0.0)

    said = "mark within the lesion's radius"
    return match_marks(
        images,
        (mark_image, score, places),
        (reference_image, lesions),
        fit,
        patient=patient,
        lesion=lesion,
        rule=f"{said}, or within {at_least_mm:g} mm" if at_least_mm else said,
    )


def _points(values: ArrayLike, columns: int, field: str) -> Floats:
    fix = f"Give (n, {columns}): x, y, z{' and radius' if columns == 4 else ''} in mm"
    try:
        points = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EvaluationError("not numbers", fix=fix, field=field) from error
    if points.size == 0:
        return np.empty((0, columns))
    if points.ndim != 2 or points.shape[1] != columns:
        raise EvaluationError(f"an array of shape {points.shape}", fix=fix, field=field)
    if not np.isfinite(points).all():
        raise EvaluationError("a value that is missing or not finite", fix=fix, field=field)
    return points
