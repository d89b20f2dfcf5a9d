"""Calls where a table has scores only: the threshold comes from the validation readings, never from the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from readingroom.core.tables import SCORE, score_columns
from readingroom.evaluation import operating_point

_HALF = 0.5
FROM_VALIDATION = "Where the table had scores only, thresholds were fixed on its validation readings."
AT_HALF = "Where the table had scores only and no validation readings, the threshold was 0.5."
NO_THRESHOLD = "Scores with neither calls nor validation readings have no threshold: no sensitivity, no specificity."


@dataclass(frozen=True)
class Submitted:
    """A table of readings that can be evaluated.

    Args:
        readings: in our columns: ``predicted`` and ``score_<class>`` where there are calls and scores.
        classes: all classes.
        positive: the positive class where there are two.
        patients_known: whether the table names patients.
        facts: by reader: kind, and the threshold where one had to be chosen.
        notes: what was done to the table, for the limits.
    """

    readings: pd.DataFrame
    classes: tuple[str, ...]
    positive: str | None
    patients_known: bool
    facts: dict[str, dict[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def complete_calls(frame: pd.DataFrame, classes: Sequence[str], positive: str | None) -> Submitted:
    """Bring a checked table into our columns; where calls are missing, make them from the scores.

    With two classes the threshold is the one of the highest Youden index on the reader's validation readings; without
    these it is 0.5 where scores are shares, and there are no calls otherwise. With more classes the highest score wins.
    """
    table = _scores_by_class(frame, classes, positive)
    table["predicted"] = _named_calls(table, classes, positive)
    facts: dict[str, dict[str, Any]] = {}
    notes: dict[str, None] = {}
    parts = []
    for name, rows in table.groupby("reader", sort=False):
        called, fact, note = _called(rows, classes, positive)
        parts.append(called)
        facts[str(name)] = {"kind": _kind(rows, classes), **fact}
        notes |= {note: None} if note else {}
    return Submitted(
        readings=pd.concat(parts).sort_index().drop(columns=["call", "score"], errors="ignore"),
        classes=tuple(classes),
        positive=positive,
        patients_known="patient" in table and bool(table["patient"].notna().all()),
        facts=facts,
        notes=tuple(notes),
    )


def _scores_by_class(frame: pd.DataFrame, classes: Sequence[str], positive: str | None) -> pd.DataFrame:
    table = frame.copy()
    if "split" not in table:
        table["split"] = "test"
    table["split"] = table["split"].fillna("test")
    one = "score" if "score" in table else f"{SCORE}{positive}"
    if positive is not None and one in table and not set(score_columns(classes)) <= set(table.columns):
        other = next(name for name in classes if name != positive)
        shares = table[one].dropna().between(0, 1).all()
        table[f"{SCORE}{positive}"] = table[one]
        table[f"{SCORE}{other}"] = 1 - table[one] if shares else -table[one]
    return table


def _named_calls(table: pd.DataFrame, classes: Sequence[str], positive: str | None) -> pd.Series:
    if "call" not in table:
        return pd.Series(pd.NA, index=table.index, dtype="string")
    if positive is None or {"0", "1"} & set(classes):
        return table["call"]
    other = next(name for name in classes if name != positive)
    return table["call"].replace({"1": positive, "0": other})


def _kind(rows: pd.DataFrame, classes: Sequence[str]) -> str:
    if any(column in rows and rows[column].notna().any() for column in ("experience", "modality")):
        return "person"
    scored = set(score_columns(classes)) <= set(rows.columns) and rows[score_columns(classes)].notna().all(axis=None)
    return "network" if scored else "reader"


def _called(
    rows: pd.DataFrame, classes: Sequence[str], positive: str | None
) -> tuple[pd.DataFrame, dict[str, Any], str]:
    columns = score_columns(classes)
    missing = rows["predicted"].isna()
    if not missing.any() or not set(columns) <= set(rows.columns) or rows[columns].isna().any(axis=None):
        return rows, {}, ""
    if positive is None:
        best = np.asarray(list(classes), dtype=object)[rows[columns].to_numpy().argmax(axis=1)]
        return rows.assign(predicted=rows["predicted"].where(~missing, best)), {"threshold_rule": "argmax"}, ""
    threshold, rule, note = _threshold(rows, positive)
    if threshold is None:
        return rows, {}, note
    other = next(name for name in classes if name != positive)
    calls = np.where(rows[f"{SCORE}{positive}"] >= threshold, positive, other)
    fact = {"threshold": threshold, "threshold_rule": rule}
    return rows.assign(predicted=rows["predicted"].where(~missing, calls)), fact, note


def _threshold(rows: pd.DataFrame, positive: str) -> tuple[float | None, str, str]:
    validation = rows[rows["split"] == "validation"]
    truth = (validation["truth"] == positive).to_numpy(dtype=bool)
    score = rows[f"{SCORE}{positive}"]
    if truth.any() and not truth.all():
        point = operating_point(truth, score.loc[validation.index].to_numpy())
        return point.threshold, "youden", FROM_VALIDATION
    if score.between(0, 1).all():
        return _HALF, "0.5", AT_HALF
    return None, "", NO_THRESHOLD
