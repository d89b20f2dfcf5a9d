"""Boxes against the reference: which mark hits which lesion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Bools, Floats, Ints, clusters, flat, numbers, same_length
from readingroom.evaluation.results import chosen

Fit = Callable[[Floats, Floats], Floats]
"""How well marks fit references, pair by pair; 0 where they do not."""


@dataclass(frozen=True, eq=False)
class Matches:
    """A reader's marks on a set of images, against the boxes of the reference.

    Args:
        score: (M,) of each mark.
        mark_image: (M,) position of its image.
        hit: (M,) number of the reference box that it hits, -1 where it hits none.
        repeat: (M,) it falls on boxes that marks before it have hit; such a mark hits none.
        box_image: (B,) position of each reference box's image.
        box_lesion: (B,) number of the lesion that the box shows; a lesion may be shown by several images.
        patient: (I,) number of each image's patient.
        rule: what makes a hit, as the methods section says it.
    """

    score: Floats
    mark_image: Ints
    hit: Ints
    repeat: Bools
    box_image: Ints
    box_lesion: Ints
    patient: Ints
    rule: str


def match_boxes(
    images: ArrayLike,
    mark_image: ArrayLike,
    score: ArrayLike,
    box: ArrayLike,
    reference_image: ArrayLike,
    reference_box: ArrayLike,
    *,
    patient: ArrayLike | None = None,
    lesion: ArrayLike | None = None,
    rule: str = "iou",
    at_least: float = 0.5,
) -> Matches:
    """Match the boxes that a reader drew with those of the reference, image by image.

    Greedy, as COCO does it: marks take their turn by falling score (equal ones in the order given), each hits the box
    that it fits best among those not hit before, and each box is hit once. (VOC differs: there a mark whose best box
    is taken is false even where it fits a free one.)

    Boxes are x0, y0, x1, y1 in pixels, pixel (0, 0) covering 0 to 1, so that the area is (x1 - x0) (y1 - y0).

    Args:
        images: (I,) every image that was read, each once, those without marks and boxes too.
        mark_image: (M,) image of each mark; M may be 0.
        score: (M,) finite numbers; higher is more suspicious.
        box: (M, 4); a mark without extent (a CAD mark) is a box of no size.
        reference_image: (B,) image of each reference box; B may be 0.
        reference_box: (B, 4).
        patient: (I,) patient of each image; None: each image is of another.
        lesion: (B,) lesion that the box shows, named within its patient; None: each box is a lesion.
        rule: ``iou`` (intersection over union is at least ``at_least``) or ``centre`` (the mark's centre lies in the
            box or on its edge; the best fit is the box whose centre is nearest).
        at_least: of the rule ``iou``, above 0 and at most 1.

    Raises:
        EvaluationError: lengths differ, an image that is not among ``images``, a box whose ends are exchanged, a value
            missing or not finite, an unknown rule.

    Example:
        >>> found = match_boxes(["a"], ["a", "a"], [0.9, 0.8], [[0, 0, 4, 4], [0, 0, 4, 5]], ["a"], [[0, 0, 4, 5]])
        >>> found.hit.tolist(), found.repeat.tolist()
        ([0, -1], [False, True])
    """
    fit = chosen(rule, RULES, "rule")
    if not 0 < at_least <= 1:
        raise EvaluationError(f"at_least {at_least}", fix="Give an overlap above 0, at most 1", field="at_least")
    said = f"IoU at least {at_least:g}" if rule == "iou" else "centre of the mark in the box"
    return match_marks(
        images,
        (mark_image, score, _boxes(box, "box")),
        (reference_image, _boxes(reference_box, "reference_box")),
        lambda marks, boxes: fit(marks, boxes, at_least),
        patient=patient,
        lesion=lesion,
        rule=said,
    )


def match_marks(
    images: ArrayLike,
    marks: tuple[ArrayLike, ArrayLike, Floats],
    references: tuple[ArrayLike, Floats],
    fit: Fit,
    *,
    patient: ArrayLike | None,
    lesion: ArrayLike | None,
    rule: str,
) -> Matches:
    """Match marks of any form with references, greedily as `match_boxes` does.

    Args:
        images: (I,) every image that was read.
        marks: of each mark its image (M,), its score (M,), and where it is (M, K).
        references: of each its image (B,), and where it is (B, L).
        fit: how well each mark fits each reference of its image, (P, K) and (P, L) -> (P,); 0 where it does not hit.
        patient: (I,) or None.
        lesion: (B,) or None.
        rule: what makes a hit, in words.
    """
    mark_image, score, places = marks
    reference_image, truths = references
    known = _images(images)
    codes = np.arange(len(known)) if patient is None else clusters(patient, "patient")[0]
    same_length(images=known.to_numpy(), patient=codes)
    mark_at, box_at = _positions(mark_image, known, "mark_image"), _positions(reference_image, known, "reference_image")
    scores = numbers(score) if np.size(score) else np.empty(0)
    same_length(box=places, mark_image=mark_at, score=scores)
    same_length(reference_box=truths, reference_image=box_at)
    turn = np.empty(scores.size, dtype=np.int64)
    turn[np.argsort(-scores, kind="stable")] = np.arange(scores.size)
    mark, truth = _pairs(mark_at, box_at, len(known))
    hit, repeat = _greedy(turn, mark, truth, fit(places[mark], truths[truth]), len(truths))
    return Matches(scores, mark_at, hit, repeat, box_at, _lesions(lesion, codes[box_at]), codes, rule)


def box_iou(a: ArrayLike, b: ArrayLike) -> Floats:
    """Intersection over union of boxes, row by row; 0 where both have no area.

    Args:
        a: (n, 4) x0, y0, x1, y1.
        b: (n, 4).

    Example:
        >>> box_iou([[0, 0, 2, 2]], [[1, 0, 3, 2]]).round(3).tolist()
        [0.333]
    """
    one, other = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    sides = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    common = np.clip(sides, 0, None).prod(axis=1)
    union = (one[:, 2:] - one[:, :2]).prod(axis=1) + (other[:, 2:] - other[:, :2]).prod(axis=1) - common
    return np.asarray(np.divide(common, union, out=np.zeros_like(common), where=union > 0))


def _fit_by_iou(marks: Floats, boxes: Floats, at_least: float) -> Floats:
    iou = box_iou(marks, boxes)
    return np.where(iou >= at_least, iou, 0.0)


def _fit_by_centre(marks: Floats, boxes: Floats, at_least: float) -> Floats:
    centre, middle = (marks[:, :2] + marks[:, 2:]) / 2, (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = ((centre >= boxes[:, :2]) & (centre <= boxes[:, 2:])).all(axis=1)
    return np.where(inside, 1 / (1 + np.hypot(*(centre - middle).T)), 0.0)


RULES: dict[str, Callable[[Floats, Floats, float], Floats]] = {"iou": _fit_by_iou, "centre": _fit_by_centre}
"""How well each mark fits each box, (P, 4) and (P, 4) -> (P,); 0 where it does not hit."""


def _images(values: ArrayLike) -> pd.Index[Any]:
    known: pd.Index[Any] = pd.Index(np.asarray(flat(values, "images"), dtype=object))
    if not known.is_unique:
        twice = known[known.duplicated()][0]
        raise EvaluationError(f"image {twice} is named twice", fix="Name each image once", field="images")
    return known


def _positions(values: ArrayLike, known: pd.Index[Any], field: str) -> Ints:
    if not np.size(values):
        return np.empty(0, dtype=np.int64)
    named = flat(values, field)
    at = np.asarray(known.get_indexer(pd.Index(np.asarray(named, dtype=object))), dtype=np.int64)
    if (at < 0).any():
        stranger = named[np.flatnonzero(at < 0)[0]]
        fix = "Give every image that was read in images"
        raise EvaluationError(f"{stranger} is none of the images", fix=fix, field=field)
    return at


def _boxes(values: ArrayLike, field: str) -> Floats:
    try:
        boxes = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EvaluationError("not numbers", fix="Give (n, 4): x0, y0, x1, y1", field=field) from error
    if boxes.size == 0:
        return np.empty((0, 4))
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise EvaluationError(f"an array of shape {boxes.shape}", fix="Give (n, 4): x0, y0, x1, y1", field=field)
    wrong = ~(np.isfinite(boxes).all(axis=1) & (boxes[:, 2:] >= boxes[:, :2]).all(axis=1))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        said = f"box number {first + 1} is {boxes[first].tolist()}"
        raise EvaluationError(said, fix="Give x0, y0, x1, y1 with x0 <= x1 and y0 <= y1", field=field)
    return boxes


def _pairs(mark_at: Ints, box_at: Ints, images: int) -> tuple[Ints, Ints]:
    """Every mark with every reference box of its image: the numbers of the marks, and of the boxes."""
    order = np.argsort(box_at, kind="stable")
    held = np.bincount(box_at, minlength=images)
    first, times = (np.cumsum(held) - held)[mark_at], held[mark_at]
    mark = np.repeat(np.arange(mark_at.size), times)
    within = np.arange(mark.size) - np.repeat(np.cumsum(times) - times, times)
    return mark, order[first[mark] + within]


def _greedy(turn: Ints, mark: Ints, truth: Ints, fit: Floats, boxes: int) -> tuple[Ints, Bools]:
    hits = np.flatnonzero(fit > 0)
    hits = hits[np.lexsort((-fit[hits], turn[mark[hits]]))]
    hit, free = np.full(turn.size, -1, dtype=np.int64), [True] * boxes
    for m, b in zip(mark[hits].tolist(), truth[hits].tolist(), strict=True):
        if free[b] and hit[m] < 0:
            hit[m], free[b] = b, False
    repeat = np.zeros(turn.size, dtype=bool)
    repeat[mark[hits]] = True
    return hit, repeat & (hit < 0)


def _lesions(lesion: ArrayLike | None, patient: Ints) -> Ints:
    """The number of each box's lesion; one name in two patients is two lesions."""
    if lesion is None or not patient.size:
        return np.arange(patient.size)
    names, _ = clusters(lesion, "lesion")
    same_length(lesion=names, reference_box=patient)
    pairs: NDArray[Any] = np.stack([patient, names], axis=1)
    _, codes = np.unique(pairs, axis=0, return_inverse=True)
    return np.asarray(codes.ravel(), dtype=np.int64)
