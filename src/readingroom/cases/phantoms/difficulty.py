"""Difficulty: one number from 0 (easy) to 1 (very hard) as the strength of signs against what hides them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Difficulty:
    """What a difficulty means.

    Args:
        strength: of the signs of a lesion; 1 as in a textbook.
        size: factor on the radius of a lesion.
        variation: factor on the differences between patients, cameras and shots.
        decoys: expected number of things that resemble a lesion and are none.
        overlap: share of lesions whose signs are much weaker than their kind's.
    """

    strength: float
    size: float
    variation: float
    decoys: float
    overlap: float


def difficulty_of(level: float) -> Difficulty:
    """The meaning of a level in [0, 1]; strength and size fall, the rest rises.

    Example:
        >>> difficulty_of(0.0).strength > difficulty_of(1.0).strength
        True
    """

    def between(easy: float, middle: float, hard: float) -> float:
        return float(np.interp(level, (0, 0.5, 1), (easy, middle, hard)))

    return Difficulty(
        strength=between(1.15, 0.95, 0.15),
        size=between(1.6, 1.3, 0.75),
        variation=between(0.4, 0.75, 1.35),
        decoys=between(0.1, 0.7, 2.4),
        overlap=between(0.0, 0.1, 0.45),
    )
