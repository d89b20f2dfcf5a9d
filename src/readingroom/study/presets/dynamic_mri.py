"""Dynamic MRI, benign or malignant by the course of the enhancement: a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_dynamic_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_series(folder: Path, patients: int, progress: Progress) -> Tables:
    """Dynamic series of phantom patients with different numbers of phases."""
    return {"cases": draw_dynamic_phantoms(folder, patients=patients, difficulty=0.3, seed=SEED, progress=progress)}


PRESET = Preset(
    "dynamic-mri",
    "Dynamic contrast-enhanced MRI, benign or malignant by the course of the enhancement (CNN and RNN)",
    ("dynamic-mri",),
    {
        "image": "a folder with the phases, in the order of their names",
        "label": "benign or malignant",
        "patient": "whose lesion it is",
    },
    draw=draw_series,
    scale=Scale(
        140,
        {"input": {"size": 48}, "training": {"epochs": 16, **FAST, "rate": 2.0e-3}},
        readers={name: {"network": "resnet10t"} for name in ("mean-of-phases", "gru", "lstm")},
    ),
)
