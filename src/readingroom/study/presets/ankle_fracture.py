"""Fractures of the ankle from two views read together: a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_ankle_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_ankles(folder: Path, patients: int, progress: Progress) -> Tables:
    """Two views of phantom patients' ankles; some lack a view."""
    return {"cases": draw_ankle_phantoms(folder, patients=patients, difficulty=0.0, seed=SEED, progress=progress)}


PRESET = Preset(
    "ankle-fracture",
    "Fractures of the ankle, from two views of one patient read together",
    ("ankle-fracture",),
    {
        "image": "a folder with the views: ap.png, lateral.png (or DICOM)",
        "label": "normal or fracture",
        "patient": "whose ankle it is",
    },
    draw=draw_ankles,
    scale=Scale(
        150,
        {"input": {"size": 96}, "training": {"epochs": 16, **FAST, "rate": 2.0e-3}},
        readers={name: {"network": "resnet10t"} for name in ("both-attention", "both-maximum")},
    ),
)
