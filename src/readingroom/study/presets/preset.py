"""A preset: what it is about, the study files that it writes, and the phantoms that its demo runs on."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from readingroom.cases.sites import load_sites
from readingroom.core.progress import Progress

Tables = dict[str, Path]
"""Paths by what they are: ``cases``, and ``people`` by study where doctors read."""

Drawer = Callable[[Path, int, Progress], Tables]
"""Draws the phantoms of so many patients into a folder."""

SEED = 7
"""Of the demos' phantoms and doctors."""

FAST: Mapping[str, Any] = {
    "optimiser": "adamw", "rate": 5.0e-4, "weight_decay": 0.01, "schedule": "cosine", "warmup": 1
}  # fmt: skip
"""A recipe that learns in few epochs."""


@dataclass(frozen=True)
class Start:
    """A training on other phantoms, which stands for ImageNet's weights where these cannot be fetched.

    Args:
        name: of its study.
        draw: draws the phantoms.
        patients: how many.
        classes: told apart.
        epochs: of training.
        size: side of the images, in pixels.
        training: further keys of the training.
    """

    name: str
    draw: Callable[[Path, int, Progress], Path]
    patients: int
    classes: tuple[str, ...]
    epochs: int
    size: int = 64
    training: Mapping[str, Any] = field(default_factory=lambda: FAST)


@dataclass(frozen=True)
class Scale:
    """How a preset is made small.

    Args:
        patients: phantom patients that are drawn.
        changes: keys of every one of its study files.
        readers: keys of single readers, by name.
        start: what readers that would start from ImageNet start from; None for random weights.
    """

    patients: int
    changes: Mapping[str, Any]
    readers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    start: Start | None = None


@dataclass(frozen=True)
class Preset:
    """A kind of clinical study, after one of the documents.

    Args:
        name: of the study.
        title: what it is about, a line.
        studies: names of its study files, the first called as the preset.
        needs: columns that its case table must have, and what they hold.
        draw: draws the phantoms of its demo.
        scale: how the demo makes it small.
    """

    name: str
    title: str
    studies: tuple[str, ...]
    needs: Mapping[str, str]
    draw: Drawer
    scale: Scale

    def text(self, study: str, cases: str, people: str | None = None) -> str:
        """The study file of one of its studies.

        Args:
            study: one of ``studies``.
            cases: path of the case table, relative to the study file.
            people: path of the doctors' readings; None leaves a comment that says how to add them.
        """
        template = (files("readingroom.study.presets") / f"{study}.yaml").read_text(encoding="utf-8")
        read_by = "# people: people.csv      # doctors' readings: reader, experience, image, label, time_ms"
        if people is not None:
            read_by = f"people: {_quoted(people)}"
        sites = "\n".join(f"    - {site.key:<32} # {site.number}, {site.en}; {site.zh}" for site in load_sites().sites)
        # Braces stand for mappings in YAML, so that str.format does not fit.
        for mark, value in {"{cases}": _quoted(cases), "{people}": read_by, "{sites}": sites}.items():
            template = template.replace(mark, value)
        return template


def _quoted(path: str) -> str:
    plain = all(character.isalnum() or character in "./_-" for character in path)
    return path if plain and path[:1] not in "-" else json.dumps(path, ensure_ascii=False)
