"""Lung nodules in CT, benign or malignant, from patches of volumes: a preset after the review, and its demo."""

from __future__ import annotations

from pathlib import Path

from readingroom.cases.phantoms import draw_lung_phantoms
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, SEED, Preset, Scale, Tables


def draw_chests(folder: Path, patients: int, progress: Progress) -> Tables:
    """Chest CT of phantom patients, NIfTI, with one nodule or two each."""
    return {"cases": draw_lung_phantoms(folder, patients=patients, difficulty=0.0, seed=SEED, progress=progress)}


PRESET = Preset(
    "lung-nodule",
    "Lung nodules in CT, benign or malignant, by 3-D networks on patches of the volume",
    ("lung-nodule",),
    {
        "image": "a volume: NIfTI, or the folder of a DICOM series",
        "point": "the nodule's centre, x y z in mm of DICOM's patient axes",
        "label": "benign or malignant",
        "patient": "whose nodule it is",
    },
    draw=draw_chests,
    scale=Scale(
        150,
        {
            "input": {"stack": {"planes": 8, "spacing": [2.5, 1.25, 1.25]}},
            "training": {"epochs": 16, "batch": 8, **FAST, "rate": 1.0e-3},
        },
        readers={
            "resnet18-3d": {"network": "resnet10_3d", "epochs": 24},
            "slices-attention": {"network": "resnet10t", "rate": 2.0e-3},
        },
    ),
)
