"""Gastric lesions, which and where: a preset after the document, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_gastric_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables
from readingroom.study.presets.start import stomachs


def draw_stomachs(folder: Path, patients: int, progress: Progress) -> Tables:
    """Gastric lesions with exact outlines, several images a lesion."""
    return {
        "cases": draw_gastric_phantoms(
            folder, patients=patients, images_per_lesion=(2, 4), size=(160, 192), difficulty=0.45, seed=SEED,
            progress=progress,
        )
    }  # fmt: skip


PRESET = Preset(
    "gastric-lesions",
    "Gastric lesions in white-light endoscopy: which disease, and its outline",
    ("gastric-lesions",),
    {
        "image": "white-light image",
        "label": "normal, EGC+HGIN, AGC, SMT or PU",
        "patient": "whose image it is",
        "lesion": "which lesion of the patient; empty where there is none",
        "outline": "mask of the lesion; empty where there is none",
    },
    draw=draw_stomachs,
    scale=Scale(
        170,
        {"input": {"size": 96}, "training": {"epochs": 12, **FAST}},
        readers={"where": {"window": None, "epochs": 16}},
        start=stomachs(epochs=6, size=96),
    ),
)
