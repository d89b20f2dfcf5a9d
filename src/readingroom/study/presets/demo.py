"""A preset's demo: its own study file at the size of a laptop, on phantoms, with both arms."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml

from readingroom.core.files import write_text
from readingroom.core.progress import Progress
from readingroom.study.presets.all import find_preset
from readingroom.study.presets.preset import Preset, Scale, Start, Tables
from readingroom.study.presets.start import train_start
from readingroom.study.schema import overlaid
from readingroom.study.study import Run, Study

_HEADER = """# {title}: the preset `{name}` at the size of a demo, on phantoms, which the program drew.
# Networks that start from ImageNet in the preset start here from a training on other phantoms, or from random weights.
"""


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
    scale = preset.scale
    tables = preset.draw(data, scale.patients, progress)
    runs = []
    for study in preset.studies:
        values = small_study(preset, study, tables, out, scale)
        if scale.start:
            start_readers(values, scale.start, out, progress)
        path = out / f"{study}-demo.yaml"
        text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
        write_text(path, _HEADER.format(title=preset.title, name=name) + text)
        runs.append(Study.load(path).run(out=out, progress=progress, language=language))
    return runs


def small_study(preset: Preset, study: str, tables: Tables, out: Path, scale: Scale) -> dict[str, Any]:
    """A study file of a preset at the size of a demo.

    Args:
        preset: the preset.
        study: one of its study files.
        tables: of the phantoms.
        out: folder of the study file.
        scale: how it is made small.
    """
    people = tables.get(study)
    text = preset.text(study, _below(tables["cases"], out), None if people is None else _below(people, out))
    values = overlaid(yaml.safe_load(text), dict(scale.changes))
    values |= {"study": f"{study}-demo", "phantoms": True}
    values["readers"] = [one | dict(scale.readers.get(one.get("name", ""), {})) for one in values["readers"]]
    if not scale.start:
        values["readers"] = [one | ({"weights": "random"} if "network" in one else {}) for one in values["readers"]]
    return values


def _below(path: Path, out: Path) -> str:
    return Path(os.path.relpath(path, out)).as_posix()


def start_readers(values: dict[str, Any], start: Start, out: Path, progress: Progress) -> None:
    """Let the readers that would start from ImageNet start from what stands for it."""
    wanted = [one for one in values["readers"] if one.get("weights") == "imagenet"]
    networks = list(dict.fromkeys(one["network"] for one in wanted))
    bundles = train_start(start, networks, out, progress)
    for one in wanted:
        one["weights"] = _below(bundles[one["network"]], out)
