"""The demo: a complete small study on phantoms, with readers of three kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from readingroom.cases.phantoms import draw_gastric_phantoms
from readingroom.core.files import write_text
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import Start
from readingroom.study.presets.start import train_start
from readingroom.study.study import Study

CLASSES = ["normal", "PU", "EGC+HGIN", "AGC", "SMT"]
SIZE = 96


def _draw_others(folder: Path, patients: int, progress: Progress) -> Path:
    return draw_gastric_phantoms(
        folder, patients=patients, difficulty=0.35, seed=1001, size=(160, 192), progress=progress
    )


_PRETRAINING = Start(
    "demo-pretraining",
    _draw_others,
    160,
    tuple(CLASSES),
    epochs=12,
    size=SIZE,
    training={"rate": 5.0e-4, "optimiser": "adamw", "schedule": "cosine"},
)


def run_demo(out: Path, *, language: str, progress: Progress) -> Path:
    """Draw two collections of phantoms, pre-train on one, run the study on the other, and return its report.

    Args:
        out: folder of the run folders; the phantoms lie below it.
        language: of the report.
        progress: where it is reported.
    """
    data = out / "demo-phantoms"
    progress.say("The demo's images are phantoms, drawn by this program; its patients do not exist.")
    second = draw_gastric_phantoms(
        data / "study", patients=150, difficulty=0.4, seed=7, size=(160, 192), progress=progress
    )
    start = train_start(_PRETRAINING, ["resnet18"], data, progress)["resnet18"]
    study = _study(out / "demo.yaml", _main(second.relative_to(out), start.relative_to(out)))
    return study.run(out=out, progress=progress, language=language).report


def _study(path: Path, values: dict[str, Any]) -> Study:
    write_text(path, yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
    return Study.load(path)


def _main(cases: Path, start: Path) -> dict[str, Any]:
    return {
        "study": "demo",
        "cases": cases.as_posix(),
        "task": {"classes": CLASSES},
        "phantoms": True,
        "partition": {"by": "patient", "training": 0.6, "validation": 0.15, "test": 0.25, "seed": 7},
        "input": {"size": SIZE},
        "augmentation": {
            "affine": {"rotate": 15, "shear": 3, "scale": [0.9, 1.1]},
            "jitter": {"brightness": 0.15, "contrast": 0.15, "saturation": 0.15, "hue": 0.02},
            "flip": True,
        },
        "readers": [
            {"network": "resnet18", "weights": start.as_posix(), "train": "all"},
            {"network": "resnet18", "weights": "random", "train": "all"},
            {"network": "resnet18", "weights": start.as_posix(), "train": "head", "head": [64], "epochs": 30},
        ],
        "training": {"epochs": 12, "rate": 5.0e-4, "optimiser": "adamw", "schedule": "cosine", "seed": 7},
    }
