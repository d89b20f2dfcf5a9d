"""STAPLE: the outline that several annotators most probably meant, and how good each of them is at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readingroom.core.errors import AnnotationError

Floats = NDArray[np.float64]

START = 0.99999
"""Sensitivity and specificity that every annotator begins with, as in ITK."""

_CLOSE = 1e-9
_MOST_STEPS = 1000


@dataclass(frozen=True)
class Staple:
    """The estimate.

    Args:
        probability: (H, W) that a pixel belongs to the lesion.
        sensitivity: (R,) of each annotator against it.
        specificity: (R,) of each annotator.
        steps: iterations that it took.
    """

    probability: Floats
    sensitivity: Floats
    specificity: Floats
    steps: int

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(H, W): where the lesion is more probable than not."""
        return np.asarray(self.probability > 0.5)


def staple(masks: ArrayLike) -> Staple:
    """Simultaneous truth and performance level estimation (Warfield, Zou & Wells 2004), for one lesion.

    Expectation maximisation without spatial prior; the prior of a pixel is the mean of all masks, and every annotator
    starts with sensitivity and specificity `START`, as in ITK's filter. Pixels with the same answers have the same
    probability, so that the work is one step for each pattern of answers and not for each pixel.

    Args:
        masks: (R, H, W) what each of R annotators drew; everything but 0 is inside.

    Raises:
        AnnotationError: not two masks or more of one size; more than 62 annotators.

    Example:
        >>> drawn = np.zeros((3, 1, 4))
        >>> drawn[:, 0, :2] = 1
        >>> drawn[0, 0, 2] = 1
        >>> staple(drawn).mask.astype(int).tolist()
        [[1, 1, 0, 0]]
    """
    drawn = np.asarray(masks) != 0
    if drawn.ndim != 3 or not 2 <= len(drawn) <= 62:
        raise AnnotationError(f"an array of shape {drawn.shape}", fix="Give (annotators, height, width)", field="masks")
    codes = np.tensordot(1 << np.arange(len(drawn)), drawn.astype(np.int64), axes=1)
    patterns, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    answers = (patterns[:, None] >> np.arange(len(drawn)) & 1).astype(np.float64)  # (patterns, annotators)
    prior = float(drawn.mean())
    sensitivity = specificity = np.full(len(drawn), START)
    probability, steps, moved = np.full(len(patterns), prior), 0, 1.0
    while 0 < prior < 1 and moved > _CLOSE and steps < _MOST_STEPS:
        probability = _expect(answers, sensitivity, specificity, prior)
        new = _maximise(answers, probability, counts)
        moved = max(float(np.abs(new[0] - sensitivity).max()), float(np.abs(new[1] - specificity).max()))
        (sensitivity, specificity), steps = new, steps + 1
    return Staple(probability[place.reshape(drawn.shape[1:])], sensitivity, specificity, steps)


def _expect(answers: Floats, sensitivity: Floats, specificity: Floats, prior: float) -> Floats:
    """Probability of lesion for each pattern of answers, from logarithms: products of many shares vanish."""
    tiny = np.finfo(np.float64).tiny
    hit, miss = np.log(np.maximum(sensitivity, tiny)), np.log(np.maximum(1 - sensitivity, tiny))
    clear, false = np.log(np.maximum(specificity, tiny)), np.log(np.maximum(1 - specificity, tiny))
    inside = np.log(prior) + answers @ hit + (1 - answers) @ miss
    outside = np.log(1 - prior) + answers @ false + (1 - answers) @ clear
    return np.asarray(1 / (1 + np.exp(np.clip(outside - inside, -700, 700))))


def _maximise(answers: Floats, probability: Floats, counts: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Sensitivity and specificity of each annotator against the probabilities."""
    lesion, none = probability * counts, (1 - probability) * counts
    return lesion @ answers / max(lesion.sum(), 1e-300), none @ (1 - answers) / max(none.sum(), 1e-300)
