"""Completeness: from the sites answered for a patient's still pictures, which sites an examination has documented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import array_of, same_length
from readingroom.evaluation.clustered import clustered_proportion
from readingroom.evaluation.proportions import proportion
from readingroom.evaluation.results import Estimate, checked_level


@dataclass(frozen=True)
class Completeness:
    """Which places the images of each patient document.

    Args:
        images: (patients, places) number of images that count for a place; rows and columns are named.
        best: (patients, places) highest score among them; missing where there is none.
        undocumentable: places that no site documents; they are in neither table.
        unknown: names answered that are no site, and how often; they count for nothing.
        unsure: number of images left out because their score is below the least one asked for.
        level: confidence level of the intervals.
    """

    images: pd.DataFrame
    best: pd.DataFrame
    undocumentable: tuple[str, ...]
    unknown: Mapping[str, int]
    unsure: int
    level: float

    @property
    def seen(self) -> pd.DataFrame:
        """(patients, places) whether a place is documented."""
        return self.images > 0

    def by_patient(self) -> pd.DataFrame:
        """One row a patient: how many places are ``documented``, of how many, the ``share``, and those ``missing``."""
        seen = self.seen
        missing = [", ".join(map(str, seen.columns[~row])) for row in seen.to_numpy()]
        count = seen.sum(axis=1)
        columns = {"documented": count, "places": seen.shape[1], "share": count / seen.shape[1], "missing": missing}
        return pd.DataFrame(columns).rename_axis("patient").reset_index()

    def by_place(self) -> pd.DataFrame:
        """One row a place, the most often missed first: patients without it, the share of them and its interval."""
        missed = (~self.seen).sum()
        rows = [_place_row(str(place), int(count), len(self.images), self.level) for place, count in missed.items()]
        return pd.DataFrame(rows).sort_values("missed", ascending=False, kind="stable", ignore_index=True)

    def share_seen(self) -> Estimate:
        """Share of places documented, over all patients; its interval counts patients, not places."""
        seen = self.seen.to_numpy()
        return clustered_proportion(seen.ravel(), np.repeat(np.arange(len(seen)), seen.shape[1]), level=self.level)

    def share_complete(self) -> Estimate:
        """Share of patients in whom every place is documented."""
        return proportion(int(self.seen.all(axis=1).sum()), len(self.images), level=self.level)


def completeness(
    patient: ArrayLike,
    answer: ArrayLike,
    required: Mapping[str, Collection[str]],
    *,
    score: ArrayLike | None = None,
    least: float = 0.0,
    patients: ArrayLike | None = None,
    others: Collection[str] = (),
    level: float = 0.95,
) -> Completeness:
    """Which of the places that an examination should document the images of each patient show.

    Args:
        patient: (n,) whose image it is.
        answer: (n,) the site that a reader answered; empty or missing where it answered none.
        required: place to the names of the sites that document it. An answer may count for several places.
        score: (n,) how sure the reader is of its answer; None where it does not say.
        least: answers with a lower score do not count.
        patients: all patients examined; give it so that one without any usable image counts as one with nothing seen.
        others: sites that are known and that no place needs; they count for nothing and are not unknown.
        level: confidence level.

    Raises:
        EvaluationError: lengths differ, a patient is missing or not listed, no place that can be documented,
            a threshold without scores, or a score that is no number.

    Example:
        >>> found = completeness(["a", "a", "b"], ["pylorus", "cardia", "colon"], {"P": ["pylorus"], "C": ["cardia"]})
        >>> found.by_patient()["missing"].tolist(), found.unknown
        (['', 'P, C'], {'colon': 1})
    """
    checked_level(level)
    table = pd.DataFrame({"patient": array_of(patient, "patient"), "answer": _answers(patient, answer)})
    scores = _scores(score, len(table), least)
    everyone = _everyone(table["patient"], patients)
    places = {place: sites for place, sites in required.items() if sites}
    if not places:
        raise EvaluationError("no place that can be documented", fix="Give one place with its sites", field="required")
    known = {site for sites in places.values() for site in sites} | set(others)
    table = table.assign(score=scores)
    answered = table.dropna(subset="answer")
    unknown = Counter(answered.loc[~answered["answer"].isin(known), "answer"])
    sure = answered[answered["score"].isna() | (answered["score"] >= least)]
    images, best = _tables(sure, places, everyone)
    return Completeness(
        images=images,
        best=best,
        undocumentable=tuple(place for place, sites in required.items() if not sites),
        unknown=dict(sorted(unknown.items())),
        unsure=len(answered) - len(sure),
        level=level,
    )


def _answers(patient: ArrayLike, answer: ArrayLike) -> pd.Series[str]:
    """Answers as text, missing where there is none."""
    given = pd.Series(array_of(answer, "answer"), dtype=object)
    same_length(patient=array_of(patient, "patient"), answer=given.to_numpy())
    return given.map(lambda name: str(name).strip() or None, na_action="ignore")


def _scores(score: ArrayLike | None, count: int, least: float) -> NDArray[np.float64]:
    if score is None:
        if least > 0:
            raise EvaluationError("a least score and no scores", fix="Give the scores too", field="score")
        return np.full(count, np.nan)
    try:
        scores = np.asarray(array_of(score, "score"), np.float64)
    except (TypeError, ValueError) as error:
        raise EvaluationError("not numbers", fix="Give a number for each answer", field="score") from error
    if scores.shape != (count,) or not np.isfinite(scores).all():
        raise EvaluationError(
            f"{scores.size} scores for {count} answers, or one that is no number",
            fix="Give a finite number for each answer",
            field="score",
        )
    return scores


def _everyone(seen: pd.Series[str], patients: ArrayLike | None) -> list[object]:
    if seen.isna().any():
        raise EvaluationError("an image without patient", fix="Say whose it is, or leave it out", field="patient")
    listed = list(dict.fromkeys(seen if patients is None else array_of(patients, "patients")))
    strangers = [name for name in dict.fromkeys(seen) if name not in set(listed)]
    if strangers or not listed:
        found = f"patient {strangers[0]!r} is not listed" if strangers else "no patient"
        raise EvaluationError(found, fix="List every patient who was examined", field="patients")
    return listed


def _tables(
    sure: pd.DataFrame, places: Mapping[str, Collection[str]], everyone: list[object]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Images that count and their best score, (patients, places)."""
    counts, best = {}, {}
    for place, sites in places.items():
        grouped = sure[sure["answer"].isin(list(sites))].groupby("patient")["score"]
        counts[place] = grouped.size().reindex(everyone, fill_value=0)
        best[place] = grouped.max().reindex(everyone)
    return pd.DataFrame(counts, index=everyone).astype(int), pd.DataFrame(best, index=everyone).astype(float)


def _place_row(place: str, missed: int, patients: int, level: float) -> dict[str, object]:
    share = proportion(missed, patients, level=level)
    return {
        "place": place,
        "missed": missed,
        "patients": patients,
        "share": share.value,
        "low": share.low,
        "high": share.high,
    }
