"""Radiomics of many images: each computed once, kept by the content of its files, on all cores."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from readingroom.cases.radiomics import RadiomicsSection, Volume, extract_features, mirp_version
from readingroom.cases.radiomics.extraction import check_installed
from readingroom.cases.radiomics.perturbation import perturb
from readingroom.core.errors import ReadingRoomError
from readingroom.core.files import hash_file, hash_value, write_text
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator
from readingroom.reading.features.volumes import read_volume

_VERSION = 1
_WORTH_SPREADING = 12


@dataclass(frozen=True)
class Outlined:
    """An image of the case table whose outline is to be described.

    Args:
        image: as the table names it.
        path: of the image.
        outline: path of its mask.
        spacing: what the table says of it.
        perturbed: how its outline is changed, see `readingroom.cases.radiomics.perturbation`; empty leaves it.
        seed: of that change.
    """

    image: str
    path: Path
    outline: Path
    spacing: Any = None
    perturbed: str = ""
    seed: int = 0


@dataclass(frozen=True)
class Described:
    """The features of an image, how long they took, or why there are none."""

    image: str
    features: dict[str, float]
    time_ms: float
    reason: str = ""


def describe(
    wanted: Sequence[Outlined], section: RadiomicsSection, *, kept: Path | None, name: str, progress: Progress
) -> list[Described]:
    """Radiomics of images, in their order.

    Args:
        wanted: images and outlines.
        section: the settings.
        kept: folder where features are kept, one file an image; None keeps none. A run that is killed goes on there.
        name: of the reader, shown with the progress.
        progress: where it is reported.

    Raises:
        StudyFileError: mirp is not installed.
    """
    check_installed()
    found: dict[int, Described] = {}
    missing: list[int] = []
    for place, one in enumerate(wanted):
        known = None if kept is None else _known(kept, one, section)
        if known is None:
            missing.append(place)
        else:
            found[place] = known
    task = progress.start(f"{name}: radiomics", len(missing))
    for place, made in zip(missing, _computed([wanted[place] for place in missing], section), strict=True):
        found[place] = made
        if kept is not None and not made.reason:
            _keep(kept, wanted[place], section, made)
        progress.advance(task, 1)
    progress.finish(task)
    return [found[place] for place in range(len(wanted))]


def describe_one(one: Outlined, section: RadiomicsSection) -> Described:
    """Radiomics of one image; what a person has to mend is its reason."""
    _warm_up()
    started = time.perf_counter()
    try:
        volume = read_volume(one.path, one.outline, one.spacing, scaled=section.spacing is not None)
        if one.perturbed:
            inside = perturb(volume.inside, one.perturbed, generator(one.seed, one.perturbed, one.image))
            volume = replace(volume, inside=inside)
        features = extract_features(volume, section, one.image)
    except ReadingRoomError as error:
        return Described(one.image, {}, 0.0, error.what)
    return Described(one.image, features, (time.perf_counter() - started) * 1000)


@cache
def _warm_up() -> None:
    """Load mirp and what it loads with its first image: seconds in each process, which are no image's."""
    values = np.arange(36, dtype=np.float64).reshape(1, 6, 6)
    extract_features(Volume(values, values > 8), RadiomicsSection(bins=4, families=("statistics",)))


def _computed(wanted: Sequence[Outlined], section: RadiomicsSection) -> Iterator[Described]:
    cores = os.cpu_count() or 1
    if len(wanted) < _WORTH_SPREADING or cores < 2:
        yield from (describe_one(one, section) for one in wanted)
        return
    from joblib import Parallel, delayed

    # mirp is Python throughout: threads would wait for each other.
    yield from Parallel(n_jobs=cores, return_as="generator")(delayed(describe_one)(one, section) for one in wanted)


def _place(kept: Path, one: Outlined, section: RadiomicsSection) -> Path | None:
    if not one.path.is_file() or not one.outline.is_file():
        return None
    files = [hash_file(one.path), hash_file(one.outline)]
    wanted = [_VERSION, mirp_version(), section.identity, *files, str(one.spacing), *_change(one)]
    return kept / f"{hash_value(wanted)[:32]}.json"


def _change(one: Outlined) -> list[Any]:
    return [one.perturbed, one.seed, one.image] if one.perturbed else []


def _known(kept: Path, one: Outlined, section: RadiomicsSection) -> Described | None:
    path = _place(kept, one, section)
    if path is None or not path.is_file():
        return None
    values = json.loads(path.read_text(encoding="utf-8"))
    return Described(one.image, values["features"], values["time_ms"])


def _keep(kept: Path, one: Outlined, section: RadiomicsSection, made: Described) -> None:
    path = _place(kept, one, section)
    if path is not None:
        write_text(path, json.dumps({"features": made.features, "time_ms": made.time_ms}))
