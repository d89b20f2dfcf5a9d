"""Breast calcification: small boxes in large films, a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_mammogram_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_mammograms(folder: Path, patients: int, progress: Progress) -> Tables:
    """Both breasts of each patient, 384 x 304 pixels, in which a cluster measures about 20."""
    return {
        "cases": draw_mammogram_phantoms(
            folder, patients=patients, size=(384, 304), difficulty=0.0, seed=SEED, progress=progress
        )
    }


PRESET = Preset(
    "breast-calcification",
    "Clusters of calcifications in mammograms, found as boxes",
    ("breast-calcification",),
    {
        "image": "a film: DICOM, PNG or TIFF",
        "label": "normal or calcification",
        "patient": "whose film it is",
        "boxes": "x0 y0 x1 y1 around each cluster, in pixels; several separated by ';', empty where there is none",
    },
    draw=draw_mammograms,
    scale=Scale(
        80,
        {"input": {"size": 384}, "training": {"epochs": 20, "batch": 8, **FAST, "rate": 1.0e-3}},
        readers={
            "fcos-resnet34": {"network": "resnet10t", "width": 64, "window": 128, "tile": 256, "aimed": 0.7},
        },
    ),
)
