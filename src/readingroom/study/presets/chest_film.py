"""Chest film: normal against abnormal, a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_chest_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_chests(folder: Path, patients: int, progress: Progress) -> Tables:
    """Films of 12 bits as DICOM, every other one MONOCHROME1."""
    return {
        "cases": draw_chest_phantoms(
            folder, patients=patients, size=(192, 176), difficulty=0.25, seed=SEED, progress=progress
        )
    }


PRESET = Preset(
    "chest-film",
    "Chest films, normal against abnormal",
    ("chest-film",),
    {"image": "a film: DICOM, PNG or TIFF", "label": "normal or abnormal", "patient": "whose film it is"},
    draw=draw_chests,
    scale=Scale(200, {"input": {"size": 80}, "training": {"epochs": 14, **FAST}}),
)
