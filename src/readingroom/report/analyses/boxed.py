"""Boxes: the FROC curve, average precision, and sensitivity by lesion and by patient, of what readers found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
    proportion,
)

CORNERS = ["x0", "y0", "x1", "y1"]
Codes = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FoundBoxes:
    """What the run folder says of boxes.

    Args:
        found: rows of ``boxes/<reader>.parquet`` of all readers.
        reference: rows of ``reference_boxes.parquet``.
        rule: what makes a hit, ``iou`` or ``centre``; see `readingroom.evaluation.match_boxes`.
        at_least: of the rule ``iou``.
    """

    found: pd.DataFrame
    reference: pd.DataFrame
    rule: str = "iou"
    at_least: float = 0.5


@dataclass(frozen=True)
class BoxPerformance:
    """One reader's boxes on one part, against the boxes of the reference.

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


def _one(rows: pd.DataFrame, boxes: FoundBoxes, level: float) -> BoxPerformance:
    # An image may be in the validation part of several folds, for another network each.
    rows = rows.assign(key=rows["fold"].astype(str) + "/" + rows["image"])
    images = rows.drop_duplicates("key").reset_index(drop=True)
    truths = images.drop(columns=CORNERS).merge(boxes.reference[["image", *CORNERS]], on="image").dropna(subset=CORNERS)
    marks = rows.dropna(subset=["score"]).reset_index(drop=True)
    patient = _patients(images)
    matches = match_boxes(
        images["key"].to_numpy(),
        marks["key"].to_numpy(),
        marks["score"].to_numpy(dtype=float),
        marks[CORNERS].to_numpy(dtype=float),
        truths["key"].to_numpy(),
        truths[CORNERS].to_numpy(dtype=float),
        patient=patient,
        lesion=truths["lesion"].to_numpy() if _one_a_lesion(truths) else None,
        rule=boxes.rule,
        at_least=boxes.at_least,
    )
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
        at_threshold=_at_threshold(matches, marks["counted"].to_numpy(dtype=bool), level),
        curve=tuple(_corners(curve)),
    )


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
