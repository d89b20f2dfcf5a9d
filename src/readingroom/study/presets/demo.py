"""A preset's demo: its own study file at the size of a laptop, on phantoms, with both arms."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from readingroom.cases.phantoms import GASTRIC_CLASSES, draw_gastric_phantoms
from readingroom.core.files import write_text
from readingroom.core.progress import Progress
from readingroom.study.presets.phantoms import DRAWERS, Tables
from readingroom.study.presets.preset import Preset, find_preset
from readingroom.study.schema import overlaid
from readingroom.study.study import Run, Study

_HEADER = """# {title}: the preset `{name}` at the size of a demo, on phantoms, which the program drew.
# Networks that start from ImageNet in the preset start here from a training on other phantoms, or from random weights.
"""


@dataclass(frozen=True)
class Scale:
    """How a preset is made small.

    Args:
        changes: keys of every one of its study files.
        readers: keys of single readers, by name.
        start: epochs of training on other phantoms that stand for ImageNet; 0 starts from random weights.
        start_size: side of the images there, in pixels.
    """

    changes: Mapping[str, Any]
    readers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    start: int = 0
    start_size: int = 64


_FAST = {"optimiser": "adamw", "rate": 5.0e-4, "weight_decay": 0.01, "schedule": "cosine", "warmup": 1}

SCALES = {
    "anal-fistula-mri": Scale(
        {"input": {"size": 64}, "training": {"epochs": 6, **_FAST}},
        readers={"resnet18-transfer-longer": {"epochs": 12}},
        start=4,
    ),
    # Frozen random backbones: a few epochs on phantoms make worse features, and take most of the time.
    "internal-haemorrhoids": Scale(
        {"input": {"size": 112}, "training": {"epochs": 50, "rate": 5.0e-4, "copies": 2}},
    ),
    "gastric-lesions": Scale(
        {"input": {"size": 96}, "training": {"epochs": 12, **_FAST}},
        readers={"where": {"window": None, "epochs": 16}},
        start=6,
        start_size=96,
    ),
    "upper-gi-sites": Scale({"input": {"size": 80}, "training": {"epochs": 10, **_FAST, "rate": 1.0e-3}}),
}
"""The demos' sizes: both arms in less than ten minutes on two cores."""


def run_preset_demo(name: str, out: str | Path, *, language: str = "en", progress: Progress) -> list[Run]:
    """Draw a preset's phantoms and run its study files on them, with their arms.

    Args:
        name: of the preset.
        out: folder of the run folders; phantoms and study files lie below it.
        language: of the reports.
        progress: where it is reported.

    Returns:
        The finished runs, one for each study file.
    """
    preset, out = find_preset(name), Path(out)
    progress.say("The demo's images are phantoms, drawn by this program; its patients and doctors do not exist.")
    data = out / f"{name}-phantoms"
    tables, scale = DRAWERS[name](data, progress), SCALES[name]
    runs = []
    for study in preset.studies:
        values = _small(preset, study, tables, out, scale)
        if scale.start:
            _start(values, out, scale, progress)
        path = out / f"{study}-demo.yaml"
        text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
        write_text(path, _HEADER.format(title=preset.title, name=name) + text)
        runs.append(Study.load(path).run(out=out, progress=progress, language=language))
    return runs


def _small(preset: Preset, study: str, tables: Tables, out: Path, scale: Scale) -> dict[str, Any]:
    people = tables.get(study)
    text = preset.text(study, _below(tables["cases"], out), None if people is None else _below(people, out))
    values = overlaid(yaml.safe_load(text), dict(scale.changes))
    values |= {"study": f"{study}-demo", "phantoms": True}
    values["readers"] = [one | dict(scale.readers.get(one.get("name", ""), {})) for one in values["readers"]]
    if not scale.start:
        values["readers"] = [one | {"weights": "random"} for one in values["readers"]]
    return values


def _below(path: Path, out: Path) -> str:
    return Path(os.path.relpath(path, out)).as_posix()


def _start(values: dict[str, Any], out: Path, scale: Scale, progress: Progress) -> None:
    """Train what stands for ImageNet once, and let the readers that would start from ImageNet start from it."""
    wanted = [one for one in values["readers"] if one["weights"] == "imagenet"]
    networks = list(dict.fromkeys(one["network"] for one in wanted))
    data = out / "start-phantoms"
    draw_gastric_phantoms(data, patients=110, difficulty=0.3, seed=1001, size=(112, 128), progress=progress)
    path = out / f"start-{scale.start_size}.yaml"
    study = {
        "study": f"start-{scale.start_size}",
        "cases": f"{data.name}/cases.csv",
        "task": {"classes": list(GASTRIC_CLASSES)},
        "phantoms": True,
        "input": {"size": scale.start_size},
        "augmentation": {"affine": {"rotate": 15, "scale": [0.9, 1.1]}, "flip": True},
        "readers": [{"network": name, "name": name, "weights": "random"} for name in networks],
        "training": {"epochs": scale.start, **_FAST},
    }
    write_text(path, yaml.safe_dump(study, sort_keys=False))
    progress.say("In place of ImageNet's weights, which cannot be fetched here: a training on other phantoms.")
    start = Study.load(path).run(out=out, progress=progress).folder
    for one in wanted:
        one["weights"] = _below(start.reader(one["network"], 1, 1, folds=1, repeats=1), out)
