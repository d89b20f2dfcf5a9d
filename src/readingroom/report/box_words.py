"""Words about what is found: boxes in images, or marks in volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class BoxWords:
    """English texts, which the translator knows; see `BOXES` and `MARKS`.

    Args:
        section: title of the report's section.
        table, figure, figure_note: above the table, and under the figure.
        axis: of the figure.
        note: under the table of sensitivities.
        patient_note: under that by patient.
        at_threshold: head of each measure at the threshold.
        images: head of the column of images.
        threshold_note: under that table.
        sentence: of the headline.
    """

    section: str
    table: str
    figure: str
    figure_note: str
    axis: str
    note: str
    patient_note: str
    at_threshold: Mapping[str, str]
    images: str
    threshold_note: str
    sentence: str


BOXES = BoxWords(
    section="Boxes",
    table="Average precision, and sensitivity at false boxes an image",
    figure="Boxes (FROC).",
    figure_note="Sensitivity against false boxes an image, with 95% intervals over patients; the ring is the reader's "
    "threshold.",
    axis="False boxes an image (logarithmic)",
    note="Sensitivity by lesion at so many false boxes an image, counted over all images; its mean over the seven. A "
    "box hits by: {hit}. Further boxes on a lesion that is found are not false here; in the average precision they "
    "are. {level}% intervals: bootstrap over patients (or groups of near-duplicates).",
    patient_note="Sensitivity by patient at so many false boxes an image, and at so many a patient, all images of the "
    "patient together. A patient is found if one box hits one of the patient's lesions.",
    at_threshold={
        "lesion_sensitivity": "Lesions found",
        "patient_sensitivity": "Patients found",
        "box_precision": "Boxes that hit",
        "false_boxes": "False boxes an image",
        "image_specificity": "Images without, no box",
        "patient_false_boxes": "False boxes a patient",
        "patient_specificity": "Patients without, no box",
    },
    images="Images with + without",
    threshold_note="Boxes whose score reaches the threshold, which was fixed on the validation part or by the study "
    "file.",
    sentence="At its threshold {reader} finds {found} of the {n} {part} lesions, with {false} false boxes an image.",
)

MARKS = BoxWords(
    section="Marks in volumes",
    table="Average precision, and sensitivity at false marks a scan",
    figure="Marks (FROC).",
    figure_note="Sensitivity against false marks a scan, with 95% intervals over patients; the ring is the reader's "
    "threshold.",
    axis="False marks a scan (logarithmic)",
    note="Sensitivity by lesion at so many false marks a scan, counted over all scans, with lesions or without; its "
    "mean over the seven. A mark hits by: {hit}. Further marks on a lesion that is found are not false here; in the "
    "average precision they are. {level}% intervals: bootstrap over patients.",
    patient_note="A patient is found if one mark hits one of the patient's lesions.",
    at_threshold={
        "lesion_sensitivity": "Lesions found",
        "patient_sensitivity": "Patients found",
        "box_precision": "Marks that hit",
        "false_boxes": "False marks a scan",
        "image_specificity": "Scans without, no mark",
    },
    images="Scans with + without",
    threshold_note="Marks whose score reaches the threshold, which was fixed on the validation part or by the study "
    "file.",
    sentence="At its threshold {reader} finds {found} of the {n} {part} lesions, with {false} false marks a scan.",
)

WORDS = {"boxes": BOXES, "points": MARKS}
"""By what is found: `readingroom.report.analyses.boxed.BoxPerformance.form`."""
