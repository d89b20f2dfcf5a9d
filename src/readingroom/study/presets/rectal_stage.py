"""Local stage of rectal cancer from several MRI series of a patient: a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_rectal_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_pelves(folder: Path, patients: int, progress: Progress) -> Tables:
    """Several MRI series of each phantom patient, of different spacings; some lack one."""
    return {"cases": draw_rectal_phantoms(folder, patients=patients, difficulty=0.3, seed=SEED, progress=progress)}


PRESET = Preset(
    "rectal-stage",
    "Local stage of rectal cancer, from several MRI series of one patient; a missing series is allowed",
    ("rectal-stage",),
    {
        "image": "a folder with the series: T2, DWI, DCE (NIfTI files, or folders of DICOM files)",
        "label": "T1-2, T3 or T4",
        "patient": "whose series they are",
    },
    draw=draw_pelves,
    scale=Scale(
        120,
        {"input": {"size": 64}, "training": {"epochs": 12, **FAST, "rate": 2.0e-3}},
        readers={name: {"network": "resnet10t"} for name in ("ordered", "unordered")},
    ),
)
