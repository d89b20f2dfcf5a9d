"""Simulated doctors: readings of phantoms with a stated share of right answers. Always called simulated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readingroom.core.seeds import generator


@dataclass(frozen=True)
class Doctor:
    """A simulated doctor.

    Args:
        name: of the reader; says that it is simulated.
        experience: as in the table of readings.
        right: share of right answers to be expected.
        seconds: median time for an image.
    """

    name: str
    experience: str
    right: float
    seconds: float


def simulate_readings(
    cases: pd.DataFrame, classes: Sequence[str], doctors: Sequence[Doctor], *, label: str = "label", seed: int = 7
) -> pd.DataFrame:
    """What simulated doctors say of images whose truth is known.

    Some images are harder than others for all doctors alike, so that their errors go together, as real ones do. A wrong
    answer is a neighbouring class, as with grades. Times are log-normal, longer where the answer is wrong.

    Args:
        cases: with ``image`` and the column of the truth.
        classes: in their order; rows of other classes are not read.
        doctors: who reads.
        label: column of the truth.
        seed: the same seed gives the same readings.

    Returns:
        Columns reader, experience, image, label, time_ms: one row a reading.
    """
    read = cases[cases[label].isin(list(classes))]
    codes = np.array([list(classes).index(str(one)) for one in read[label]], dtype=int)
    hard = generator(seed, "simulated doctors", "images").uniform(size=len(read))
    tables = [_readings(doctor, read["image"], codes, hard, list(classes), seed) for doctor in doctors]
    return pd.concat(tables, ignore_index=True)


def _readings(
    doctor: Doctor, images: pd.Series, codes: np.ndarray, hard: np.ndarray, classes: list[str], seed: int
) -> pd.DataFrame:
    rng = generator(seed, "simulated doctors", doctor.name)
    # Half of what makes an image hard is its own, half the doctor's day.
    mixed = (hard + rng.uniform(size=len(codes))) / 2
    wrong = _share_below(mixed) > doctor.right
    step = np.where(rng.uniform(size=len(codes)) < 0.5, -1, 1)
    step = np.where(codes == 0, 1, np.where(codes == len(classes) - 1, -1, step))
    answers = np.where(wrong, codes + step, codes)
    seconds = doctor.seconds * np.exp(rng.normal(0.0, 0.5, len(codes))) * np.where(wrong, 1.5, 1.0)
    return pd.DataFrame(
        {
            "reader": doctor.name,
            "experience": doctor.experience,
            "image": images.to_numpy(),
            "label": [classes[answer] for answer in answers],
            "time_ms": np.rint(1000 * seconds).astype(int),
        }
    )


def _share_below(mixed: np.ndarray) -> np.ndarray:
    """The distribution of the mean of two uniform numbers, so that shares come out as stated."""
    doubled = 2 * mixed
    return np.where(doubled < 1, doubled**2 / 2, 1 - (2 - doubled) ** 2 / 2)
