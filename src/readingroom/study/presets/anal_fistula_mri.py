"""The internal opening of an anal fistula in MRI: a preset after the document, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_fistula_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables
from readingroom.study.presets.start import stomachs


def draw_fistulas(folder: Path, patients: int, progress: Progress) -> Tables:
    """DICOM series of phantom patients with a fistula and without, 40 to 32; the study reads the slices themselves."""
    draw_fistula_phantoms(folder, patients=patients, size=(160, 160), difficulty=0.3, seed=SEED, progress=progress)
    return {"cases": folder / "dicom-cases.csv"}


PRESET = Preset(
    "anal-fistula-mri",
    "Internal opening of an anal fistula in contrast-enhanced T1 MRI",
    ("anal-fistula-mri",),
    {"image": "a slice: DICOM, PNG or JPEG", "label": "normal or fistula", "patient": "whose slice it is"},
    draw=draw_fistulas,
    scale=Scale(
        72,
        {"input": {"size": 64}, "training": {"epochs": 6, **FAST}},
        readers={"resnet18-transfer-longer": {"epochs": 12}},
        start=stomachs(epochs=4),
    ),
)
