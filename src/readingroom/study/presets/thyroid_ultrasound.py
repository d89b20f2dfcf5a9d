"""Thyroid ultrasound: benign against malignant nodules, a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_thyroid_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_thyroids(folder: Path, patients: int, progress: Progress) -> Tables:
    """Two or three frames of each patient's nodule."""
    return {
        "cases": draw_thyroid_phantoms(
            folder, patients=patients, size=(180, 240), difficulty=0.0, seed=SEED, progress=progress
        )
    }


PRESET = Preset(
    "thyroid-ultrasound",
    "Thyroid nodules in ultrasound, benign against malignant",
    ("thyroid-ultrasound",),
    {
        "image": "a frame: DICOM, PNG or JPEG",
        "label": "benign or malignant",
        "patient": "whose image it is",
        "lesion": "which nodule of the patient",
    },
    draw=draw_thyroids,
    scale=Scale(150, {"input": {"size": 64}, "training": {"epochs": 10, **FAST, "rate": 1.0e-3}}),
)
