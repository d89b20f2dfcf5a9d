"""Boxes and marks: the FROC curve, average precision, and sensitivity by lesion and by patient, of what was found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.evaluation import (
    Estimate,
    Froc,
    Matches,
    average_precision,
    bootstrap,
    froc,
    match_boxes,
    match_points,
    proportion,
)
from readingroom.report.analyses.arms import Arm

CORNERS = ["x0", "y0", "x1", "y1"]
PLACE = ["x_mm", "y_mm", "z_mm"]
Form = Literal["boxes", "points"]
_THIRDS = (1 / 3, 2 / 3)
Codes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FoundBoxes:
    """What the run folder says of boxes, or of marks in volumes.

    Args:
        found: rows of ``boxes/<reader>.parquet`` (or ``points/``) of all readers.
        reference: rows of ``reference_boxes.parquet`` (or ``reference_points.parquet``).
        rule: of boxes, what makes a hit, ``iou`` or ``centre``; see `readingroom.evaluation.match_boxes`.
        at_least: of the rule ``iou``.
        form: ``boxes`` or ``points``.
        hit_mm: of marks; see `readingroom.evaluation.match_points`.
    """

    found: pd.DataFrame
    reference: pd.DataFrame
    rule: str = "iou"
    at_least: float = 0.5
    form: Form = "boxes"
    hit_mm: float = 0.0

    @property
    def own(self) -> list[str]:
        """Columns of a place."""
        return CORNERS if self.form == "boxes" else PLACE

    @property
    def wanted(self) -> list[str]:
        """Columns of a place in the reference."""
        return CORNERS if self.form == "boxes" else [*PLACE, "radius_mm"]


@dataclass(frozen=True)
class SizeGroup:
    """Lesions of one range of sizes, at the reader's threshold.

    Args:
        low_mm, high_mm: of their diameters.
        lesions: how many.
        found: share of them.
    """

    low_mm: float
    high_mm: float
    lesions: int
    found: Estimate


@dataclass(frozen=True)
class BoxPerformance:
    """One reader's boxes (or marks in volumes) on one part, against those of the reference.

    Args:
        reader, split: who, and on which part.
        n: images whose reference is known.
        with_lesion: of these.
        boxes: of the reference.
        lesions: that these boxes show; as many, where the table does not name lesions.
        patients: with a lesion; images with one, where the table names no patients.
        hit: what makes a hit, in words.
        average_precision: all-point, of the boxes.
        by_lesion: sensitivity at each number of false boxes an image (``0.125`` to ``8``), and their ``mean``.
        by_patient: the same of the patients: one of whose lesions is found.
        a_patient: sensitivity by patient at each number of false boxes a patient, all images of the patient together.
        at_threshold: ``lesion_sensitivity``, ``patient_sensitivity``, ``box_precision``, ``false_boxes`` (an image),
            ``patient_false_boxes`` (a patient), ``image_specificity`` (images without a lesion and without a box) and
            ``patient_specificity`` (patients likewise), at the threshold fixed on validation.
        curve: false boxes an image, sensitivity by lesion, by patient; corners of the curve.
        form: ``boxes``, or ``points`` for marks in volumes.
        by_size: of marks, the lesions found at the threshold by thirds of their diameters.
    """

    reader: str
    split: str
    n: int
    with_lesion: int
    boxes: int
    lesions: int
    patients: int
    hit: str
    average_precision: Estimate
    by_lesion: dict[str, Estimate]
    by_patient: dict[str, Estimate]
    a_patient: dict[str, Estimate]
    at_threshold: dict[str, Estimate]
    curve: tuple[tuple[float, float, float], ...]
    form: Form = "boxes"
    by_size: tuple[SizeGroup, ...] = ()


def box_performances(boxes: FoundBoxes, level: float) -> tuple[BoxPerformance, ...]:
    """Every reader on every part that it read; the first repeat, all folds of a part together.

    Args:
        boxes: found, and of the reference.
        level: confidence level.
    """
    if boxes.found.empty or boxes.reference.empty:
        return ()
    rows = boxes.found[(boxes.found["repeat"] == 1) & boxes.found["image"].isin(boxes.reference["image"])]
    parts = rows.groupby(["reader", "split"], sort=False)
    return tuple(_one(part.reset_index(drop=True), boxes, level) for _, part in parts)


def arm_performances(boxes: FoundBoxes, arms: Iterable[Arm], level: float) -> tuple[BoxPerformance, ...]:
    """Marks of the readers of arms on the same lesions; each is called with its arm: ``heat · shuffled-labels``."""
    if boxes.form == "boxes":
        return ()
    named = [arm.points.assign(reader=arm.points["reader"] + f" · {arm.name}") for arm in arms if len(arm.points)]
    return tuple(one for found in named for one in box_performances(replace(boxes, found=found), level))


def _one(rows: pd.DataFrame, boxes: FoundBoxes, level: float) -> BoxPerformance:
    # An image may be in the validation part of several folds, for another network each.
    rows = rows.assign(key=rows["fold"].astype(str) + "/" + rows["image"])
    images = rows.drop_duplicates("key").reset_index(drop=True)
    kept = images.drop(columns=[name for name in boxes.wanted if name in images])
    truths = kept.merge(boxes.reference[["image", *boxes.wanted]], on="image").dropna(subset=boxes.wanted)
    marks = rows.dropna(subset=["score"]).reset_index(drop=True)
    matches = _matched(images, marks, truths, boxes)
    counted = marks["counted"].to_numpy(dtype=bool)
    curve, by_patient = froc(matches, level=level), froc(matches, per="patient", level=level).by_patient
    return BoxPerformance(
        reader=str(rows["reader"].iloc[0]),
        split=str(rows["split"].iloc[0]),
        n=len(images),
        with_lesion=int(truths["key"].nunique()),
        boxes=len(truths),
        lesions=len(np.unique(matches.box_lesion)),
        patients=len(np.unique(matches.patient[matches.box_image])),
        hit=matches.rule,
        average_precision=average_precision(matches, level=level),
        by_lesion={name: curve.by_lesion[name] for name in curve.by_lesion},
        by_patient={name: curve.by_patient[name] for name in curve.by_patient},
        a_patient={name: by_patient[name] for name in by_patient},
        at_threshold=_at_threshold(matches, counted, level),
        curve=tuple(_corners(curve)),
        form=boxes.form,
        by_size=() if boxes.form == "boxes" else tuple(_by_size(matches, counted, truths, level)),
    )


def _matched(images: pd.DataFrame, marks: pd.DataFrame, truths: pd.DataFrame, boxes: FoundBoxes) -> Matches:
    lesion = truths["lesion"].to_numpy() if _one_a_lesion(truths) else None
    given = (
        images["key"].to_numpy(),
        marks["key"].to_numpy(),
        marks["score"].to_numpy(dtype=float),
        marks[boxes.own].to_numpy(dtype=float),
        truths["key"].to_numpy(),
        truths[boxes.wanted].to_numpy(dtype=float),
    )
    patient = _patients(images)
    if boxes.form == "points":
        return match_points(*given, patient=patient, lesion=lesion, at_least_mm=boxes.hit_mm)
    return match_boxes(*given, patient=patient, lesion=lesion, rule=boxes.rule, at_least=boxes.at_least)


def _by_size(
    matches: Matches, counted: npt.NDArray[np.bool_], truths: pd.DataFrame, level: float
) -> Iterator[SizeGroup]:
    """Lesions by thirds of their diameters; lesions of one size stay together."""
    diameter = 2 * truths["radius_mm"].to_numpy(dtype=float)
    if not diameter.size:
        return
    hit = np.zeros(diameter.size, dtype=bool)
    hit[matches.hit[counted & (matches.hit >= 0)]] = True
    place = np.searchsorted(np.quantile(diameter, _THIRDS), diameter, side="left")
    for third in range(len(_THIRDS) + 1):
        own = place == third
        if own.any():
            found = proportion(int(hit[own].sum()), int(own.sum()), level=level)
            yield SizeGroup(float(diameter[own].min()), float(diameter[own].max()), int(own.sum()), found)


def _patients(images: pd.DataFrame) -> Codes:
    for column in ("patient", "group"):
        if column in images and images[column].notna().all():
            return np.asarray(pd.factorize(images[column])[0], dtype=np.int64)
    return np.arange(len(images))


def _one_a_lesion(truths: pd.DataFrame) -> bool:
    """Whether every image with a lesion shows one that the table names."""
    if "lesion" not in truths or truths.empty:
        return False
    return bool(truths["lesion"].notna().all() and truths["key"].is_unique)


def _at_threshold(matches: Matches, counted: npt.NDArray[np.bool_], level: float) -> dict[str, Estimate]:
    hits = counted & (matches.hit >= 0)
    false = counted & (matches.hit < 0) & ~matches.repeat
    images = len(matches.patient)
    right = np.bincount(matches.mark_image[hits], minlength=images).astype(float)
    wrong = np.bincount(matches.mark_image[false], minlength=images).astype(float)
    drawn = np.bincount(matches.mark_image[counted], minlength=images)
    clean = np.setdiff1d(np.arange(images), matches.box_image)
    found = {"false_boxes": bootstrap("mean", wrong, cluster=matches.patient, level=level)}
    if counted.any():
        found["box_precision"] = bootstrap(_ratio, right, right + wrong, cluster=matches.patient, level=level)
    if clean.size:
        left = (drawn[clean] == 0).astype(float)
        found["image_specificity"] = _mean(left, matches.patient[clean], level)
    found |= _of_patients(matches, wrong, drawn, level)
    if matches.box_image.size:
        found |= _sensitivities(matches, hits, level)
    return found


def _of_patients(matches: Matches, wrong: Numbers, drawn: npt.NDArray[np.int64], level: float) -> dict[str, Estimate]:
    """False boxes a patient, and the share of patients without a lesion in whom no box counts."""
    images = pd.DataFrame({"patient": matches.patient, "wrong": wrong, "drawn": drawn})
    patients = images.groupby("patient").sum()
    found = {"patient_false_boxes": bootstrap("mean", patients["wrong"].to_numpy(dtype=float), level=level)}
    clean = patients[~patients.index.isin(matches.patient[matches.box_image])]
    if len(clean):
        found["patient_specificity"] = proportion(int((clean["drawn"] == 0).sum()), len(clean), level=level)
    return found


def _sensitivities(matches: Matches, hits: npt.NDArray[np.bool_], level: float) -> dict[str, Estimate]:
    hit = np.zeros(matches.box_image.size, dtype=bool)
    hit[matches.hit[hits]] = True
    boxes = pd.DataFrame({"lesion": matches.box_lesion, "patient": matches.patient[matches.box_image], "hit": hit})
    lesions = boxes.groupby("lesion").agg(hit=("hit", "any"), patient=("patient", "first"))
    patients = boxes.groupby("patient")["hit"].any()
    return {
        "lesion_sensitivity": _mean(lesions["hit"].to_numpy(dtype=float), lesions["patient"].to_numpy(), level),
        "patient_sensitivity": proportion(int(patients.sum()), len(patients), level=level),
    }


def _mean(values: Numbers, patient: Codes, level: float) -> Estimate:
    """A share with its interval over patients, beside it that which takes the values as independent."""
    beside = proportion(int(values.sum()), len(values), level=level)
    return replace(bootstrap("mean", values, cluster=patient, level=level), beside=beside)


def _ratio(of: Numbers, to: Numbers) -> float | None:
    return float(of.sum() / to.sum()) if to.sum() else None


def _corners(curve: Froc) -> Iterator[tuple[float, float, float]]:
    """The first and last points, and those where either sensitivity rises."""
    columns = (curve.false_positives, curve.sensitivity, curve.patient_sensitivity)
    points = np.nan_to_num(np.stack(columns, axis=1))
    rises = np.any(np.diff(points[:, 1:], axis=0, prepend=-1.0) > 0, axis=1)
    rises[-1] = True
    yield from map(tuple, points[rises].tolist())
