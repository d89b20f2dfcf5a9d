"""Units: the readings of images become answers about lesions and patients, by rules that have names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.core.tables import score_columns
from readingroom.evaluation import aggregate_calls, aggregate_scores

Flags = npt.NDArray[np.bool_]
Scores = npt.NDArray[np.float64]

RULES = {
    "image": "each image counts once",
    "lesion": "a lesion counts as called if any of its images is; its score is the highest of its images",
    "patient": "a patient counts as called if any of the images is; the score is the highest of the images",
}
"""How a unit's answer comes from its images'."""


@dataclass(frozen=True)
class UnitReadings:
    """One reader's answers, one row a unit.

    Args:
        unit: ``image``, ``lesion`` or ``patient``.
        keys: what identifies each unit, the same for all readers. (N,)
        truth: whether the unit has the class. (N, C)
        called: whether the reader called the class; None where no calls were given. (N, C)
        scores: the reader's score for the class; None where no scores were given. (N, C)
        top1: whether the reader's answer was right; None where no calls were given. (N,)
        answer, reference: index of the class answered and of the reference standard, for the confusion matrix; -1 where
            the unit has several classes. (N,)
        clusters: the patient of each unit (or its group of near-duplicates), as an integer; None where neither is
            known. (N,)
        left_out: images that belong to no unit.
    """

    unit: str
    keys: npt.NDArray[np.object_]
    truth: Flags
    called: Flags | None
    scores: Scores | None
    top1: Flags | None
    answer: npt.NDArray[np.intp] | None
    reference: npt.NDArray[np.intp]
    clusters: npt.NDArray[np.intp] | None
    left_out: int = 0

    @property
    def several_a_patient(self) -> bool:
        """Whether some patient has more than one unit, so that units are not independent."""
        return self.clusters is not None and len(np.unique(self.clusters)) < len(self.clusters)

    @property
    def patients(self) -> int | None:
        """Number of different patients."""
        return None if self.clusters is None else len(np.unique(self.clusters))


def image_readings(readings: pd.DataFrame, classes: Sequence[str]) -> UnitReadings:
    """One reader's readings with the image as the unit."""
    reference = _positions(readings["truth"], classes)
    answer = None if readings["predicted"].isna().any() else _positions(readings["predicted"], classes)
    return UnitReadings(
        unit="image",
        keys=readings["image"].to_numpy(dtype=object),
        truth=_one_hot(reference, len(classes)),
        called=None if answer is None else _one_hot(answer, len(classes)),
        scores=_scores(readings, classes),
        top1=None if answer is None else answer == reference,
        answer=answer,
        reference=reference,
        clusters=_clusters(readings),
    )


def grouped_readings(readings: pd.DataFrame, classes: Sequence[str], unit: str) -> UnitReadings:
    """One reader's readings with the lesion or the patient as the unit, by the rule in `RULES`.

    A lesion is told from others by its patient as well, where the table has patients: numbering may start anew with
    each patient. Images without a lesion are left out and counted.
    """
    keys = _unit_keys(readings, unit)
    inside = keys.notna().to_numpy()
    images = image_readings(readings.loc[inside], classes)
    codes, names = pd.factorize(keys[inside])
    size = len(names)
    truth = _any_of(images.truth, codes)
    called = None if images.called is None else _any_of(images.called, codes)
    reference = np.where(truth.sum(axis=1) == 1, truth.argmax(axis=1), -1)
    top1 = None if images.top1 is None else _any_of(images.top1[:, None], codes)[:, 0]
    return UnitReadings(
        unit=unit,
        keys=np.asarray(names, dtype=object),
        truth=truth,
        called=called,
        scores=None if images.scores is None else _highest(images.scores, codes),
        top1=top1,
        answer=None if images.answer is None or top1 is None else _answers(images, codes, size, top1, reference),
        reference=reference,
        clusters=None if images.clusters is None else _first_of(images.clusters, codes, size),
        left_out=int((~inside).sum()),
    )


def has_unit(readings: pd.DataFrame, unit: str) -> bool:
    """Whether a table can be counted by a unit, and that says something that its images do not."""
    if unit == "image":
        return True
    if unit not in readings or readings[unit].isna().all():
        return False
    images = readings.drop_duplicates(["reader", "image"])
    keys = _unit_keys(images[images["reader"] == images["reader"].iloc[0]], unit).dropna()
    return bool(keys.duplicated().any())


def _unit_keys(readings: pd.DataFrame, unit: str) -> pd.Series:
    keys = readings[unit].astype("string")
    if unit == "lesion" and "patient" in readings and readings["patient"].notna().any():
        return readings["patient"].astype("string").fillna("") + " / " + keys
    return keys


def _positions(labels: pd.Series, classes: Sequence[str]) -> npt.NDArray[np.intp]:
    return pd.Categorical(labels.astype("string"), categories=list(classes)).codes.astype(np.intp)


def _one_hot(positions: npt.NDArray[np.intp], classes: int) -> Flags:
    return np.asarray(positions[:, None] == np.arange(classes)[None, :], dtype=bool)


def _scores(readings: pd.DataFrame, classes: Sequence[str]) -> Scores | None:
    columns = score_columns(classes)
    if not set(columns) <= set(readings.columns):
        return None
    values = readings[columns].to_numpy(dtype=np.float64)
    return None if np.isnan(values).any() else values


def _clusters(readings: pd.DataFrame) -> npt.NDArray[np.intp] | None:
    # Where no patients are named, groups of near-duplicates stand for them.
    for column in ("patient", "group"):
        if column in readings and readings[column].notna().all():
            return pd.factorize(readings[column])[0].astype(np.intp)
    return None


def _any_of(flags: Flags, codes: npt.NDArray[np.intp]) -> Flags:
    columns = [aggregate_calls(codes, column, rule="any").values for column in flags.T]  # noqa: PD011 - not a series
    return np.stack(columns, axis=1).astype(bool)


def _highest(scores: Scores, codes: npt.NDArray[np.intp]) -> Scores:
    return np.asarray(aggregate_scores(codes, scores, rule="max").values, dtype=np.float64)


def _first_of(values: npt.NDArray[np.intp], codes: npt.NDArray[np.intp], size: int) -> npt.NDArray[np.intp]:
    found = np.zeros(size, dtype=np.intp)
    found[codes[::-1]] = values[::-1]
    return found


def _answers(
    images: UnitReadings, codes: npt.NDArray[np.intp], size: int, top1: Flags, reference: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    # A recognised unit is on the diagonal; another one stands where most of its images stood.
    votes = np.zeros((size, images.truth.shape[1]), dtype=np.intp)
    if images.answer is not None:
        np.add.at(votes, (codes, images.answer), 1)
    return np.where(top1 & (reference >= 0), reference, votes.argmax(axis=1))
