"""A mass of the kidney by radiomics, by a network and by both: a preset, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms.renal import draw_renal_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_kidneys(folder: Path, patients: int, progress: Progress) -> Tables:
    """DICOM slices of phantom kidneys with a mass, outlined by a wobbling hand."""
    return {"cases": draw_renal_phantoms(folder, patients=patients, difficulty=0.45, seed=SEED, progress=progress)}


_FAMILIES = ["statistics", "histogram", "glcm", "glrlm"]
_RADIOMICS = {
    "bin_width": 25, "range": [-150, 350], "spacing": [1.0, 1.0], "stable": 0.75, "perturbed": 10, "families": _FAMILIES
}  # fmt: skip

PRESET = Preset(
    "renal-mass",
    "Mass of the kidney in CT, benign or malignant: radiomics, a network, and both together",
    ("renal-mass",),
    {
        "image": "a CT slice, DICOM or 16-bit PNG",
        "label": "benign or malignant",
        "patient": "whose slice it is",
        "outline": "mask file of the mass",
    },
    draw=draw_kidneys,
    scale=Scale(
        70,
        {"input": {"size": 64}, "training": {"epochs": 15, **FAST}},
        readers={
            "radiomics": {"features": {"radiomics": _RADIOMICS, "select": [5, 10]}},
            "radiomics-boosting": {"features": {"radiomics": _RADIOMICS, "model": "boosting", "select": 10}},
            "joined-features": {"features": {"radiomics": _RADIOMICS, "network": True, "select": 10}},
        },
    ),
)
