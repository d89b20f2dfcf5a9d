"""From the table of readings to results: every reader, part, unit, fold and repeat."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from readingroom.core.tables import SPLITS, score_columns
from readingroom.report.analyses.all import JUDGED, Asked, analyse
from readingroom.report.analyses.answers import Answers, answers_of
from readingroom.report.analyses.arms import Arm
from readingroom.report.analyses.boxed import FoundBoxes
from readingroom.report.analyses.subgroups import facts_of
from readingroom.report.comparisons import compare_readers
from readingroom.report.measures import UNITS, Performance
from readingroom.report.performance import at, of_part, read_performance
from readingroom.report.results import Comparison, Fold, ReaderFacts, ReadingTime, Results, Spread
from readingroom.report.units import UnitReadings, grouped_readings, has_unit, image_readings


def compute_results(
    readings: pd.DataFrame,
    *,
    classes: Sequence[str],
    positive: str | None = None,
    study: str = "",
    level: float = 0.95,
    facts: Mapping[str, Mapping[str, Any]] | None = None,
    order: Sequence[str] = (),
    patients_known: bool = True,
    notes: Sequence[str] = (),
    units: Sequence[str] = UNITS,
    prevalence: float | None = None,
    subgroups: Sequence[str] | None = None,
    ordered: bool = False,
    outlined: pd.DataFrame | None = None,
    size_edges: Sequence[float] | None = None,
    boxes: FoundBoxes | None = None,
    arms: Sequence[Arm] = (),
    folds: Sequence[Fold] = (),
) -> Results:
    """Compute everything that the readings say.

    With folds, the test readings of all folds of a repeat are pooled, and each fold is given beside; of images that
    several folds read (validation, external), the first fold's readings are shown. With repeats, the first is the one
    that is shown, and the spread over all is given beside.

    Args:
        readings: columns of `READING_COLUMNS` and ``score_<class>``, all readers and parts.
        classes: all classes, in order.
        positive: the positive class where there are two; None gives each class against the rest.
        study: its name.
        level: confidence level.
        facts: by reader, ``threshold`` and ``threshold_rule`` where they are known.
        order: readers in the order of the study; others follow.
        patients_known: False where ``patient`` holds groups of near-duplicates instead.
        notes: what must be said about the table.
        units: what is counted, of ``image``, ``lesion``, ``patient``, as far as the table knows it.
        prevalence: of two classes, predictive values are also given at this prevalence.
        subgroups: facts that make subgroups; None takes every fact with a few levels.
        ordered: the classes are grades, so that agreement is weighted by distance, and distances from the reference
            are judged.
        outlined: what readers outlined, the rows of ``outlines/<reader>.parquet``.
        size_edges: shares of the image that divide lesions by size; None takes thirds.
        boxes: what readers found as boxes, with the reference.
        arms: runs of the same study under other protocols.
        folds: names of the folds, where they have some; the others are named by their number.

    Example:
        >>> rows = [("r", f"{i}", "test", "ab"[i % 2], "ab"[i % 2 if i else 1], i % 2, 1 - i % 2) for i in range(6)]
        >>> columns = ["reader", "image", "split", "truth", "predicted", "score_b", "score_a"]
        >>> results = compute_results(pd.DataFrame(rows, columns=columns), classes=["a", "b"], positive="b")
        >>> results.performances[0].headline("sensitivity").value
        1.0
    """
    table = _completed(readings)
    readers = _readers(table, classes, facts or {}, order)
    counted = [unit for unit in UNITS if unit in units and has_unit(table, unit)]
    units = [unit for unit in counted if unit != "patient" or patients_known] or ["image"]
    found = _performances(table, classes, positive, units, level, patients_known)
    pooled = tuple(performance if prevalence is None else at(performance, prevalence) for performance in found)
    drawn = pd.DataFrame() if outlined is None else outlined
    asked = Asked(
        classes,
        positive,
        level,
        prevalence,
        facts_of(table, subgroups),
        ordered,
        patients_known,
        drawn,
        size_edges,
        boxes,
        arms,
        Arm("", readings=table, outlined=drawn),
    )
    return Results(
        study=study,
        classes=tuple(classes),
        positive=positive,
        level=level,
        readers=readers,
        performances=pooled,
        comparisons=tuple(_comparisons(table, [r.name for r in readers], classes, positive, units, level, ordered)),
        times=tuple(_times(table, [r.name for r in readers])),
        spreads=tuple(_spreads(pooled)),
        notes=tuple(notes),
        analyses=analyse(_answers_by_part(table, readers, classes), pooled, asked),
        folds=_folds(table, folds),
    )


def _folds(table: pd.DataFrame, named: Sequence[Fold]) -> tuple[Fold, ...]:
    numbers = sorted({int(number) for number in table["fold"]})
    known = {fold.number: fold for fold in named}
    return tuple(known.get(number, Fold(number, str(number))) for number in numbers) if len(numbers) > 1 else ()


def _answers_by_part(
    table: pd.DataFrame, readers: Sequence[ReaderFacts], classes: Sequence[str]
) -> dict[str, list[Answers]]:
    first = table[table["repeat"] == 1]
    parts = {(str(name), str(split)): rows for (name, split), rows in first.groupby(["reader", "split"], sort=False)}
    return {
        split: [answers_of(_pooled(parts[r.name, split]), r.kind, classes) for r in readers if (r.name, split) in parts]
        for split in SPLITS
    }


def _completed(readings: pd.DataFrame) -> pd.DataFrame:
    table = readings.copy()
    for column, value in (("fold", 1), ("repeat", 1), ("split", "test"), ("experience", None), ("predicted", None)):
        if column not in table:
            table[column] = value
    for column in ("fold", "repeat"):
        table[column] = pd.to_numeric(table[column]).fillna(1).astype(int)
    table["split"] = table["split"].fillna("test")
    return with_modality(table).reset_index(drop=True)


def with_modality(readings: pd.DataFrame) -> pd.DataFrame:
    """A person who reads with and without help is two readers, named for both; ``person`` keeps who it is."""
    if "modality" not in readings or readings["modality"].dropna().nunique() < 2 or "person" in readings:
        return readings
    named = readings["modality"].notna()
    both = readings["reader"].astype(str) + " · " + readings["modality"].astype(str)
    return readings.assign(person=readings["reader"], reader=readings["reader"].where(~named, both))


def _readers(
    table: pd.DataFrame, classes: Sequence[str], facts: Mapping[str, Mapping[str, Any]], order: Sequence[str]
) -> tuple[ReaderFacts, ...]:
    found = {str(name): rows for name, rows in table.groupby("reader", sort=False)}
    names = [name for name in order if name in found] + [name for name in found if name not in order]
    return tuple(_reader(name, found[name], classes, facts.get(name)) for name in names)


def _reader(name: str, rows: pd.DataFrame, classes: Sequence[str], facts: Mapping[str, Any] | None) -> ReaderFacts:
    experience = rows["experience"].dropna()
    columns = score_columns(classes)
    scored = set(columns) <= set(rows.columns) and bool(rows[columns].notna().all(axis=None))
    known = facts or {}
    return ReaderFacts(
        name=name,
        kind=_kind(facts, people=not experience.empty or not scored),
        experience=None if experience.empty else str(experience.iloc[0]),
        has_scores=scored,
        threshold=known.get("threshold"),
        threshold_rule=known.get("threshold_rule"),
        person=str(rows["person"].iloc[0]) if "person" in rows else name,
    )


def _kind(facts: Mapping[str, Any] | None, *, people: bool) -> str:
    if facts is not None:
        return str(facts.get("kind") or "network")
    return "person" if people else "network"


def _performances(
    table: pd.DataFrame,
    classes: Sequence[str],
    positive: str | None,
    units: Sequence[str],
    level: float,
    patients_known: bool,
) -> Iterator[Performance]:
    for (_, _, number), rows in table.groupby(["reader", "split", "repeat"], sort=False):
        repeat, shown = int(str(number)), _pooled(rows)
        for unit in units:
            if unit == "image" or shown[unit].notna().any():
                found = read_performance(shown, classes, positive, unit, level)
                yield of_part(found, repeat=repeat, patients_known=patients_known)
        if repeat == 1 and len(set(rows["fold"])) > 1:
            for fold, part in rows.groupby("fold"):
                found = read_performance(part, classes, positive, "image", level)
                yield of_part(found, fold=int(str(fold)), patients_known=patients_known)


def _pooled(rows: pd.DataFrame) -> pd.DataFrame:
    """The test readings of all folds; of the other parts, which every fold reads anew, those of the first."""
    if rows.empty or str(rows["split"].iloc[0]) == "test":
        return rows
    first: pd.DataFrame = rows[rows["fold"] == rows["fold"].min()]
    return first


def _comparisons(
    table: pd.DataFrame,
    readers: Sequence[str],
    classes: Sequence[str],
    positive: str | None,
    units: Sequence[str],
    level: float,
    ordered: bool,
) -> Iterator[Comparison]:
    first = table[table["repeat"] == 1]
    for split in (split for split in SPLITS if split in JUDGED):
        rows = first[first["split"] == split]
        for unit in units:
            parts = {name: _pooled(rows[rows["reader"] == name]) for name in readers}
            answers = {name: _answers(part, classes, unit) for name, part in parts.items() if _counted(part, unit)}
            yield from compare_readers(answers, classes, positive, split, level, ordered=ordered)


def _counted(part: pd.DataFrame, unit: str) -> bool:
    return len(part) > 0 and (unit == "image" or bool(part[unit].notna().any()))


def _answers(part: pd.DataFrame, classes: Sequence[str], unit: str) -> UnitReadings:
    return image_readings(part, classes) if unit == "image" else grouped_readings(part, classes, unit)


def _times(table: pd.DataFrame, readers: Sequence[str]) -> Iterator[ReadingTime]:
    if "time_ms" not in table:
        return
    timed = table[(table["repeat"] == 1) & table["time_ms"].notna()]
    for name in readers:
        for split, rows in timed[timed["reader"] == name].groupby("split", sort=False):
            values = _pooled(rows)["time_ms"].to_numpy(dtype=float)
            low, middle, high = (float(value) for value in np.quantile(values, [0.25, 0.5, 0.75]))
            yield ReadingTime(name, str(split), len(values), float(values.sum()) / 1000, middle, low, high)


def _spreads(performances: Sequence[Performance]) -> Iterator[Spread]:
    images = [p for p in performances if p.unit == "image"]
    for over in ("fold", "repeat"):
        chosen = [p for p in images if (p.fold > 0 if over == "fold" else p.fold == 0)]
        for reader, split in dict.fromkeys((p.reader, p.split) for p in chosen):
            own = [p for p in chosen if (p.reader, p.split) == (reader, split)]
            if len(own) > 1:
                yield from (found for measure in spread_measures(own[0]) if (found := _spread(own, over, measure)))


def spread_measures(performance: Performance) -> tuple[str, ...]:
    """Measures that are shown for each fold and each repeat."""
    return ("auc", "top1", "sensitivity", "specificity") if performance.binary is not None else ("top1", "auc")


def _spread(own: Sequence[Performance], over: str, measure: str) -> Spread | None:
    found = [(p.fold if over == "fold" else p.repeat, p.measure(measure)) for p in own]
    known = [(number, e.value) for number, e in found if e is not None and e.value is not None]
    if not known:
        return None
    numbers, values = zip(*known, strict=True)
    sd = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return Spread(own[0].reader, own[0].split, over, measure, values, float(np.mean(values)), sd, numbers)
