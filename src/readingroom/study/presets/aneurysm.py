"""Aneurysms in angiographies of the brain, marked in whole volumes: a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_aneurysm_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import SEED, Preset, Scale, Tables


def draw_heads(folder: Path, patients: int, progress: Progress) -> Tables:
    """Angiographies of phantom patients, half of them with one to three aneurysms."""
    cases = draw_aneurysm_phantoms(
        folder, patients=patients, size=(64, 64), difficulty=0.3, seed=SEED, progress=progress
    )
    return {"cases": cases}


PRESET = Preset(
    "aneurysm",
    "Aneurysms in CT or MR angiographies of the brain, found as peaks of a heat map and judged by FROC",
    ("aneurysm",),
    {
        "image": "a volume: NIfTI, or the folder of a DICOM series",
        "points": "middle and radius of each aneurysm, x y z r in mm of DICOM's patient axes, several separated by "
        "';'; empty where there is none",
        "label": "aneurysm or normal",
        "patient": "whose volume it is",
    },
    draw=draw_heads,
    scale=Scale(
        80,
        {
            "input": {"size": 32, "stack": {"planes": 32, "spacing": [1.5, 1.5, 1.5]}},
            "training": {"epochs": 12, "batch": 8, "rate": 3.0e-3},
        },
        {"heat-map": {"patches": 4}},
    ),
)
