"""An image and its report, each alone and both together: a preset, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms.reports import draw_report_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_reports(folder: Path, patients: int, progress: Progress) -> Tables:
    """Ultrasound pictures of phantom patients, each with a report in English or Chinese."""
    return {"cases": draw_report_phantoms(folder, patients=patients, difficulty=0.3, seed=SEED, progress=progress)}


PRESET = Preset(
    "image-report",
    "An image and its report in words, English or Chinese: each alone, and both together",
    ("image-report",),
    {
        "image": "any image",
        "label": "benign or malignant",
        "patient": "whose image it is",
        "report": "what is written beside it, before the diagnosis was known",
    },
    draw=draw_reports,
    scale=Scale(240, {"input": {"size": 64}, "training": {"epochs": 10, **FAST}}),
)
