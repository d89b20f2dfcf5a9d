"""Start: trainings on other phantoms, which stand for ImageNet's weights where these cannot be fetched."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from readingroom.cases.phantoms import CLIP_CLASSES, GASTRIC_CLASSES, draw_clip_stills, draw_gastric_phantoms
from readingroom.core.files import write_text
from readingroom.core.progress import Progress
from readingroom.study.presets.preset import FAST, Start
from readingroom.study.study import Study

_SEED = 1001
"""Of other patients than those of the demos."""


def stomachs(epochs: int, size: int = 64) -> Start:
    """Lesions of the stomach, told apart."""

    def draw(folder: Path, patients: int, progress: Progress) -> Path:
        return draw_gastric_phantoms(
            folder, patients=patients, difficulty=0.3, seed=_SEED, size=(112, 128), progress=progress
        )

    return Start(f"start-{size}", draw, 110, GASTRIC_CLASSES, epochs, size)


def colon_stills(epochs: int, size: int = 64) -> Start:
    """Single frames of colonoscopy, with a polyp in sight or without."""

    def draw(folder: Path, patients: int, progress: Progress) -> Path:
        return draw_clip_stills(folder, patients=patients, difficulty=0.0, seed=_SEED, progress=progress)

    return Start("start-stills", draw, 160, CLIP_CLASSES, epochs, size, {**FAST, "rate": 1.0e-3})


def train_start(start: Start, networks: Sequence[str], out: Path, progress: Progress) -> dict[str, Path]:
    """Train networks on a start's phantoms, as a study of its own.

    Args:
        start: what they learn from.
        networks: which.
        out: folder of the run folder; the phantoms lie below it.
        progress: where it is reported.

    Returns:
        Network to its reader bundle.
    """
    cases = start.draw(out / f"{start.name}-phantoms", start.patients, progress)
    path = out / f"{start.name}.yaml"
    study = {
        "study": start.name,
        "cases": f"{cases.parent.name}/{cases.name}",
        "task": {"classes": list(start.classes)},
        "phantoms": True,
        "input": {"size": start.size},
        "augmentation": {"affine": {"rotate": 15, "scale": [0.9, 1.1]}, "flip": True},
        "readers": [{"network": name, "name": name, "weights": "random"} for name in networks],
        "training": {"epochs": start.epochs, **start.training},
    }
    write_text(path, yaml.safe_dump(study, sort_keys=False))
    progress.say("In place of ImageNet's weights, which cannot be fetched here: a training on other phantoms.")
    folder = Study.load(path).run(out=out, progress=progress).folder
    return {name: folder.reader(name, 1, 1, folds=1, repeats=1) for name in networks}
