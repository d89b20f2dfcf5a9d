"""The doctor: what this machine has, and how long a study will take on it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from readingroom.cases.table import load_cases
from readingroom.networks import build_network, cached_weights, network_names, seconds_per_image
from readingroom.reading.bundle import planes_plan
from readingroom.reading.engine import has_openvino
from readingroom.reading.heat_maps import INSTALL, has_captum
from readingroom.reading.precision import autocast, choose_device, choose_precision
from readingroom.study.machine import library_versions, machine_facts
from readingroom.study.reader_section import ReaderSection
from readingroom.study.schema import StudyFile
from readingroom.study.study_file import load_study_file


@dataclass(frozen=True)
class Finding:
    """A titled list of names and values."""

    title: str
    rows: tuple[tuple[str, str], ...]


def examine_machine() -> Finding:
    """Cores, memory, disk, GPU, precision, engines, and which published weights lie in the cache."""
    facts, versions = machine_facts(), library_versions()
    cached = [name for name, path in cached_weights(network_names()).items() if path is not None]
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    engines = "torch, openvino" if has_openvino() else "torch; openvino with pip install 'readingroom[openvino]'"
    return Finding(
        "This machine",
        (
            ("processor", f"{facts['cpu']}, {facts['cores']} cores"),
            ("memory", f"{facts['memory_gib']} GiB"),
            ("free disk here", f"{free:.0f} GiB"),
            ("GPU", facts["gpu"] or "none that torch can use"),
            ("precision: auto", facts["precision"]),
            ("engines", engines),
            ("heat maps", "captum" if has_captum() else f"none; with {INSTALL}"),
            *((what, _installed(names, extra)) for what, (names, extra) in _OPTIONAL.items()),
            ("published weights in the cache", ", ".join(cached) or "none; the hub has them"),
            ("versions", ", ".join(f"{name} {value}" for name, value in versions.items())),
        ),
    )  # fmt: skip


_OPTIONAL = {
    "volumes and clips": (("nibabel", "monai", "av"), "volumes"),
    "radiomics": (("mirp", "skops"), "radiomics"),
    "search": (("optuna",), "search"),
}


def _installed(names: Sequence[str], extra: str) -> str:
    missing = [name for name in names if find_spec(name) is None]
    return ", ".join(names) if not missing else f"without {', '.join(missing)}; pip install 'readingroom[{extra}]'"


def examine_study(path: str | Path, overrides: Sequence[str]) -> Finding:
    """Measure a training step of each network and say how long the study's trainings will take."""
    study = load_study_file(path, overrides)
    cases = load_cases(
        Path(path).parent / study.cases,
        label=study.task.label,
        classes=study.task.classes,
        root=None if study.images is None else Path(path).parent / study.images,
        labelled=study.task.kind not in {"segmentation", "detection"},
        complete=study.task.kind not in {"segmentation", "detection"},
        stack=study.input.stack,
    )
    images = len(cases)
    left_out = study.partition.leave_out
    folds = cases.frame[left_out].nunique() if left_out in cases.frame else study.partition.folds or 1
    trainings = folds * study.training.repeats
    timed = [one for one in study.reader_list if one.features is None and one.detector != "heatmap"]
    seconds = {one.reader_name: _training_seconds(one, study, images) for one in timed}
    rows = [(name, f"{_spoken(value)} a training") for name, value in seconds.items()]
    rows += [(one.reader_name, "not measured") for one in study.reader_list if one not in timed]
    total = sum(seconds.values()) * trainings
    return Finding(
        f"{study.study}: {images} images, {len(seconds)} readers, {trainings} trainings each",
        (*rows, ("all trainings", f"about {_spoken(total)}; measured on a few steps of each network")),
    )


def _training_seconds(section: ReaderSection, study: StudyFile, images: int) -> float:
    recipe, size = section.recipe(study.training), study.input.size
    device = choose_device()
    planes = planes_plan(study.input.stack, section.pool)
    network = build_network(section.backbone, 2, weights="random", head=section.head, image_size=size, planes=planes)
    network = network.to(device)
    learned, judged = images * study.partition.training, images * study.partition.validation
    with autocast(choose_precision(recipe.precision, device), device):
        reading = seconds_per_image(network, image_size=size, batch=recipe.batch, training=False)
        if section.train == "head":
            copies = recipe.copies if study.augmentation is not None else 0
            return reading * (learned * (1 + copies) + judged)
        step = seconds_per_image(network, image_size=size, batch=recipe.batch, training=True)
    return recipe.epochs * (step * learned + reading * judged)


def _spoken(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
