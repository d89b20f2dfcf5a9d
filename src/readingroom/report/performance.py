"""How well one reader did on one part of the partition: counts, rates and areas with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.evaluation import (
    Estimate,
    Estimates,
    at_prevalence,
    clustered_auc,
    clustered_diagnostic_table,
    clustered_proportion,
    confusion,
    delong,
    diagnostic_table,
    one_against_rest,
    proportion,
    roc_curve,
)
from readingroom.report.measures import RATES, ClassTable, Curve, Performance
from readingroom.report.units import Flags, Scores, UnitReadings, grouped_readings, image_readings

_MOST_POINTS = 400
MEAN = "unweighted mean over classes"


def read_performance(
    readings: pd.DataFrame, classes: Sequence[str], positive: str | None, unit: str, level: float
) -> Performance:
    """One reader's readings on one part, counted in one unit.

    Args:
        readings: of one reader, one split, one repeat (and one fold, or all of them pooled).
        classes: all classes, in order.
        positive: the positive class where there are two; None for one against the rest of each.
        unit: ``image``, ``lesion`` or ``patient``.
        level: confidence level.

    Returns:
        Its numbers; ``fold`` 0 and ``repeat`` 1 until the caller says otherwise.
    """
    units = image_readings(readings, classes) if unit == "image" else grouped_readings(readings, classes, unit)
    chosen = classes if positive is None else [positive]
    tables = tuple(_class_table(units, name, list(classes).index(name), level) for name in chosen)
    first = readings.iloc[0]
    return Performance(
        reader=str(first["reader"]),
        split=str(first["split"]),
        unit=unit,
        fold=0,
        repeat=1,
        n=len(units.keys),
        patients=units.patients,
        left_out=units.left_out,
        binary=tables[0] if positive is not None else None,
        classes=() if positive is not None else tables,
        macro={} if positive is not None else _macro(units, tables, classes, level),
        top1=None if units.top1 is None else _share(units.top1, units, level),
        confusion=_confusion(units, classes),
        recognised=_recognised(units, classes, level) if unit == "lesion" else {},
    )


def _class_table(units: UnitReadings, name: str, position: int, level: float) -> ClassTable:
    truth = units.truth[:, position]
    measures: dict[str, Estimate] = {}
    counts = None
    if units.called is not None:
        table = rates(truth, units.called[:, position], units, level)
        counts = dict(table.counts)
        measures |= {name: table[name] for name in RATES}
    curve = None
    if units.scores is not None and truth.any() and not truth.all():
        score = units.scores[:, position]
        measures["auc"] = _area(truth, score, units, level)
        curve = _curve(truth, score)
    return ClassTable(name, int(truth.sum()), counts, measures, curve)


def rates(truth: Flags, called: Flags, units: UnitReadings, level: float) -> Estimates:
    """Every measure of some calls, clustered by patient where patients have several units."""
    if units.clusters is not None and units.several_a_patient:
        return clustered_diagnostic_table(truth, called, units.clusters, level=level)
    return diagnostic_table(truth, called, level=level)


def _area(truth: Flags, score: Scores, units: UnitReadings, level: float) -> Estimate:
    if units.clusters is not None and units.several_a_patient:
        return clustered_auc(truth, score, units.clusters, level=level)
    return delong(truth, score, level=level)


def _share(right: Flags, units: UnitReadings, level: float) -> Estimate:
    return _proportion(right, units.clusters if units.several_a_patient else None, level)


def _proportion(right: Flags, clusters: npt.NDArray[np.intp] | None, level: float) -> Estimate:
    if clusters is None or not len(right):
        return proportion(int(right.sum()), len(right), level=level)
    return clustered_proportion(right, clusters, level=level)


def _curve(truth: Flags, score: Scores) -> Curve:
    found = roc_curve(truth, score)
    points = np.unique(np.linspace(0, len(found.sensitivity) - 1, _MOST_POINTS).round().astype(int))
    return Curve(tuple((1 - found.specificity[points]).tolist()), tuple(found.sensitivity[points].tolist()))


def _confusion(units: UnitReadings, classes: Sequence[str]) -> tuple[tuple[int, ...], ...] | None:
    if units.answer is None:
        return None
    one = units.reference >= 0
    if not one.any():
        return None
    counts = confusion(units.reference[one], units.answer[one], range(len(classes))).counts
    return tuple(tuple(int(count) for count in row) for row in counts)


def _recognised(units: UnitReadings, classes: Sequence[str], level: float) -> dict[str, Estimate]:
    if units.top1 is None:
        return {}
    clusters = units.clusters if units.several_a_patient else None
    own = {name: units.truth[:, place] for place, name in enumerate(classes)}
    return {
        name: _proportion(units.top1[rows], None if clusters is None else clusters[rows], level)
        for name, rows in own.items()
    }


def _macro(
    units: UnitReadings, tables: Sequence[ClassTable], classes: Sequence[str], level: float
) -> dict[str, Estimate]:
    means = {name: mean for name in ("auc", *RATES) if (mean := _mean(tables, name, level)) is not None}
    if units.scores is not None and (units.reference >= 0).all():
        area = one_against_rest(units.reference, range(len(classes)), scores=units.scores, level=level).macro_auc
        means |= {"auc": area} if area.defined else {}
    return means


def _mean(tables: Sequence[ClassTable], name: str, level: float) -> Estimate | None:
    found = [table.measures[name] for table in tables if name in table.measures]
    values = [estimate.value for estimate in found if estimate.value is not None]
    if not values:
        return None
    missing = len(tables) - len(values)
    note = f"{missing} of {len(tables)} classes without a value are left out" if missing else ""
    return Estimate(float(np.mean(values)), None, None, level, MEAN, len(values), note=note)


def of_part(performance: Performance, *, patients_known: bool, fold: int = 0, repeat: int = 1) -> Performance:
    """The same numbers, said to be of a fold or a repeat; groups of near-duplicates are not counted as patients."""
    patients = performance.patients if patients_known else None
    return replace(performance, fold=fold, repeat=repeat, patients=patients)


def at(performance: Performance, prevalence: float) -> Performance:
    """The performance with predictive values at a stated prevalence beside those of the sample.

    See `readingroom.evaluation.at_prevalence`; nothing is added where there are not two classes, or no calls.
    """
    table = performance.binary
    rates = [] if table is None else [table.measures.get(name) for name in ("sensitivity", "specificity")]
    if table is None or any(rate is None or not rate.defined for rate in rates):
        return performance
    found = at_prevalence(table.measures["sensitivity"], table.measures["specificity"], prevalence)
    measures = {**table.measures, **{f"{name}_at_prevalence": found[name] for name in ("ppv", "npv")}}
    return replace(performance, binary=replace(table, measures=measures))
