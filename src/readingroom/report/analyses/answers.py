"""The answers of every reader on every part, as the analyses take them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from readingroom.report.units import Flags, Scores, UnitReadings, image_readings

ONE = 1.0
_SUM_TOLERANCE = 1e-3


TRAINED = ("network", "model")
"""Kinds of readers that learn from the training part."""


@dataclass(frozen=True)
class Answers:
    """One reader's answers on one part, images as units, with the rows that they came from.

    Args:
        reader, split: who, and on which part.
        kind: ``network``, ``model`` (of features), ``person`` or ``reader``.
        rows: the readings, one an image, in the order of ``units``.
        units: the same as arrays.
    """

    reader: str
    split: str
    kind: str
    rows: pd.DataFrame
    units: UnitReadings

    def truth(self, place: int) -> Flags:
        """Whether each image has the class at a place."""
        return np.asarray(self.units.truth[:, place], dtype=bool)

    @property
    def person(self) -> str:
        """Who reads, whichever the modality."""
        return str(self.rows["person"].iloc[0]) if "person" in self.rows else self.reader

    @property
    def modality(self) -> str | None:
        """With or without help, as the table names it; None where it names none."""
        found = self.rows["modality"].iloc[0] if "modality" in self.rows else None
        return None if pd.isna(found) else str(found)

    @property
    def experience(self) -> str | None:
        """Of a person; None where the table does not say."""
        found = self.rows["experience"].iloc[0] if "experience" in self.rows else None
        return None if pd.isna(found) else str(found)

    @property
    def probabilities(self) -> Scores | None:
        """The scores (N, C) where they can be read as probabilities: within [0, 1], adding up to 1."""
        scores = self.units.scores
        if scores is None or scores.min() < 0 or scores.max() > ONE:
            return None
        return scores if np.abs(scores.sum(axis=1) - ONE).max() < _SUM_TOLERANCE else None


def answers_of(rows: pd.DataFrame, kind: str, classes: Sequence[str]) -> Answers:
    """One reader's readings of one part as answers."""
    rows = rows.reset_index(drop=True)
    first = rows.iloc[0]
    return Answers(str(first["reader"]), str(first["split"]), kind, rows, image_readings(rows, classes))
