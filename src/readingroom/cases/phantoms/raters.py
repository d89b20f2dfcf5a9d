"""Simulated raters: grades, and scores between them, of phantoms whose continuous score is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readingroom.core.seeds import generator

SHARED = 0.3
"""Share of the variance of a rater's errors that lies in the image, and is common to all raters."""


@dataclass(frozen=True)
class Rater:
    """A simulated rater.

    Args:
        name: of the reader; says that it is simulated.
        experience: as in the table of readings.
        spread: standard deviation of the errors, in grades.
        bias: mean error, in grades.
        seconds: median time for an image.
        half_points: gives a score by half points beside the grade.
    """

    name: str
    experience: str
    spread: float
    bias: float
    seconds: float
    half_points: bool = False


def simulate_scores(
    cases: pd.DataFrame, classes: Sequence[str], raters: Sequence[Rater], *, score: str = "score", seed: int = 7
) -> pd.DataFrame:
    """What simulated raters say of images whose continuous score is known.

    Each rater sees the score with an error, part of which is the image's own and common to all raters, and gives the
    nearest grade.

    Args:
        cases: with ``image`` and the column of the score, on the scale 0, 1, 2, ... of the classes.
        classes: the grades, in their order.
        raters: who reads.
        score: column of the continuous score.
        seed: the same seed gives the same readings.

    Returns:
        Columns reader, experience, image, label, score (only of raters by half points), time_ms: one row a reading.
    """
    true = pd.to_numeric(cases[score]).to_numpy(dtype=np.float64)
    hard = generator(seed, "simulated raters", "images").normal(size=len(cases))
    return pd.concat([_readings(rater, cases["image"], true, hard, classes, seed) for rater in raters])


def _readings(
    rater: Rater, images: pd.Series, true: np.ndarray, hard: np.ndarray, classes: Sequence[str], seed: int
) -> pd.DataFrame:
    rng = generator(seed, "simulated raters", rater.name)
    error = np.sqrt(SHARED) * hard + np.sqrt(1 - SHARED) * rng.normal(size=true.size)
    seen = np.clip(true + rater.bias + rater.spread * error, 0, len(classes) - 1)
    grades = np.floor(seen + 0.5).astype(int)
    seconds = rater.seconds * np.exp(rng.normal(0.0, 0.4, true.size))
    return pd.DataFrame(
        {
            "reader": rater.name,
            "experience": rater.experience,
            "image": images.to_numpy(),
            "label": [classes[grade] for grade in grades],
            "score": np.round(2 * seen) / 2 if rater.half_points else None,
            "time_ms": np.rint(1000 * seconds).astype(int),
        }
    )
