"""Hydatid ultrasound: activity of cystic echinococcosis of the liver, a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_hydatid_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_livers(folder: Path, patients: int, progress: Progress) -> Tables:
    """Two or three frames of each patient's cyst, all WHO types."""
    return {
        "cases": draw_hydatid_phantoms(
            folder, patients=patients, size=(180, 240), difficulty=0.2, seed=SEED, progress=progress
        )
    }


PRESET = Preset(
    "hydatid-ultrasound",
    "Hydatid cysts of the liver in ultrasound: active, transitional or inactive",
    ("hydatid-ultrasound",),
    {
        "image": "a frame: DICOM, PNG or JPEG",
        "label": "cystic-active, transitional or inactive",
        "patient": "whose image it is",
        "lesion": "which cyst of the patient",
    },
    draw=draw_livers,
    scale=Scale(120, {"input": {"size": 80}, "training": {"epochs": 8, **FAST}}),
)
