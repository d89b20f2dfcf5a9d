"""Arms: the same study under another protocol, and how much better or worse its readers look there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from readingroom.evaluation import Estimate, SamplesCompared, compare_samples
from readingroom.report.units import UnitReadings, image_readings

TWO_CLASSES = ("auc", "auc_of_calls", "sensitivity", "specificity", "accuracy")
MORE_CLASSES = ("top1", "mean_auc", "mean_recall")
_UNKNOWN = "–"
_OF_PROTOCOL = ("partition", "evaluation", "task", "cases")

ArmKind = Literal["control", "protocol", "change"]


@dataclass(frozen=True)
class Arm:
    """A run of the same study under another protocol.

    Args:
        name: of the arm.
        changes: keys of the study file that differ: key, value in the arm, value here.
        readings: all its readings.
        outlined: what its readers outlined; empty where none does.
        points: what its readers marked in volumes; empty where none does.
    """

    name: str
    changes: tuple[tuple[str, str, str], ...] = ()
    readings: pd.DataFrame = field(default_factory=pd.DataFrame)
    outlined: pd.DataFrame = field(default_factory=pd.DataFrame)
    points: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def kind(self) -> ArmKind:
        """What it is run for.

        Returns:
            ``control`` where labels were dealt at random and nothing else differs; ``protocol`` where cases are divided
            or judged otherwise; ``change`` where only what readers see or how they learn differs: an ablation.
        """
        keys = [key for key, _, _ in self.changes]
        if keys == ["training.shuffled"]:
            return "control"
        return "protocol" if any(key.startswith(_OF_PROTOCOL) for key in keys) else "change"


@dataclass(frozen=True)
class ArmDifference:
    """One reader's measure in an arm against the same in this study, on the test part of each, by image.

    Args:
        arm, reader, measure: of what. ``auc_of_calls`` is (sensitivity + specificity) / 2: what is called an AUC where
            it is computed of calls instead of scores.
        there, here: in the arm, and in this study.
        difference: there minus here: what the arm gains or its protocol flatters; below zero, what it costs. Its
            interval draws the patients of both test parts together.
    """

    arm: str
    reader: str
    measure: str
    there: Estimate
    here: Estimate
    difference: Estimate


def changed_keys(there: Mapping[str, Any], here: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """The keys that differ between two study files, with both values as text; readers are told apart by name.

    Example:
        >>> changed_keys({"partition": {"test": 0.2, "seed": 7}}, {"partition": {"test": 0.3, "seed": 7}})
        (('partition.test', '0.2', '0.3'),)
    """
    shared = {"study", "arms"}
    theirs, ours = (dict(_flat("", {k: v for k, v in one.items() if k not in shared})) for one in (there, here))
    names = dict.fromkeys([*theirs, *ours])
    pairs = ((name, theirs.get(name, _UNKNOWN), ours.get(name, _UNKNOWN)) for name in names)
    return tuple((name, a, b) for name, a, b in pairs if a != b)


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, list) and value and all(isinstance(one, dict) and "name" in one for one in value):
        value = {str(one["name"]): {k: v for k, v in one.items() if k != "name"} for one in value}
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}" if prefix else str(key), inner)
    elif value not in (None, [], {}):
        yield prefix, ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def arm_differences(
    arms: Sequence[Arm],
    here: Arm,
    kinds: Mapping[str, str],
    classes: Sequence[str],
    positive: str | None,
    level: float,
) -> tuple[ArmDifference, ...]:
    """Every measure of every network that was tested in an arm and here.

    Args:
        arms: the other protocols.
        here: this study's own readings and outlines, as an arm.
        kinds: of the readers, by name and in their order; people learn from no protocol, and are left out.
        classes: all classes, in order.
        positive: the positive class where there are two.
        level: of the intervals.
    """
    places = {name: place for place, name in enumerate(kinds)}
    found = (one for arm in arms for one in _in_order(_of_arm(arm, here, classes, positive, level), places))
    return tuple(one for one in found if kinds.get(one.reader) != "person")


def _in_order(found: Iterator[ArmDifference], places: Mapping[str, int]) -> list[ArmDifference]:
    """Readers that only outline have no readings of classes, and come last."""
    return sorted(found, key=lambda one: places.get(one.reader, len(places)))


def _of_arm(arm: Arm, here: Arm, classes: Sequence[str], positive: str | None, level: float) -> Iterator[ArmDifference]:
    theirs, ours = _tested(arm.readings), _tested(here.readings)
    for reader in (name for name in ours if name in theirs):
        pair = theirs[reader], ours[reader]
        units = image_readings(pair[0], classes), image_readings(pair[1], classes)
        whose = _patients(pair[0]), _patients(pair[1])
        place = None if positive is None else list(classes).index(positive)
        for measure in MORE_CLASSES if positive is None else TWO_CLASSES:
            found = _compared(measure, units, whose, place, level)
            if found is not None:
                name = "auc" if measure == "mean_auc" else measure
                yield ArmDifference(arm.name, reader, name, found.first, found.second, found.difference)
    drawn, drawn_here = _tested(arm.outlined), _tested(here.outlined)
    for reader in (name for name in drawn_here if name in drawn):
        found = _overlap(drawn[reader], drawn_here[reader], level)
        if found is not None:
            yield ArmDifference(arm.name, reader, "iou", found.first, found.second, found.difference)


def _tested(readings: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The test readings of the first repeat, all folds, by reader."""
    if readings.empty:
        return {}
    chosen = readings[readings["split"] == "test"]
    chosen = chosen[chosen["repeat"] == 1] if "repeat" in chosen else chosen
    return {str(name): rows.reset_index(drop=True) for name, rows in chosen.groupby("reader", sort=False)}


_STATISTICS = {"auc_of_calls": "mean_recall", "top1": "mean"}


def _compared(
    measure: str,
    units: tuple[UnitReadings, UnitReadings],
    patients: tuple[np.ndarray, np.ndarray],
    place: int | None,
    level: float,
) -> SamplesCompared | None:
    first, second = (_arrays(measure, one, place) for one in units)
    if first is None or second is None:
        return None
    return compare_samples(_STATISTICS.get(measure, measure), first, second, clusters=patients, level=level)


def _arrays(measure: str, units: UnitReadings, place: int | None) -> tuple[np.ndarray, ...] | None:
    """What the statistic takes; None where the reader gave no such answer, or there is one class only.

    ``place`` is that of the positive class.
    """
    if len(np.unique(units.reference)) < 2:
        return None
    if measure in {"auc", "mean_auc"}:
        if units.scores is None:
            return None
        return (units.reference, units.scores) if place is None else (units.truth[:, place], units.scores[:, place])
    if units.called is None or units.answer is None or units.top1 is None:
        return None
    if measure == "top1":
        return (units.top1.astype(float),)
    if place is None or measure == "auc_of_calls":
        return units.reference, units.answer
    return units.truth[:, place], units.called[:, place]


def _overlap(there: pd.DataFrame, here: pd.DataFrame, level: float) -> SamplesCompared | None:
    known = [rows[rows["known"] & (rows["reference_size"] > 0)] for rows in (there, here)]
    if any(rows.empty for rows in known):
        return None
    first, second = known
    return compare_samples(
        "mean", (first["iou"].to_numpy(),), (second["iou"].to_numpy(),), clusters=(_patients(first), _patients(second)),
        level=level,
    )  # fmt: skip


def _patients(rows: pd.DataFrame) -> np.ndarray:
    # Where no patients are named, groups of near-duplicates stand for them; without these each image for itself.
    for column in ("patient", "group", "image"):
        if column in rows and rows[column].notna().all():
            return rows[column].astype(str).to_numpy(dtype=object)
    return np.arange(len(rows))
