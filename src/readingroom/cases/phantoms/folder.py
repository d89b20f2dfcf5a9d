"""Folder: draw a cohort of gastric phantoms into images, masks, a case table and a README that says what they are."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readingroom.cases.phantoms.cohort import LesionPlan, PatientPlan, plan_cohort
from readingroom.cases.phantoms.gastric import Scene, draw_phantom
from readingroom.cases.phantoms.lesions import GASTRIC_CLASSES, NORMAL
from readingroom.cases.phantoms.scenes import patient_scenes
from readingroom.cases.phantoms.view import VIEW_SHAPES, ViewShape
from readingroom.core.errors import CaseTableError, OutputError, Problem
from readingroom.core.files import atomic_write, write_text
from readingroom.core.progress import Progress, SilentProgress
from readingroom.core.seeds import generator
from readingroom.core.tables import write_csv

CLASS_SHARES: Mapping[str, float] = MappingProxyType(
    {"normal": 2554, "PU": 3200, "EGC+HGIN": 5639, "AGC": 2766, "SMT": 3058}
)
"""Images of each class in the training set of the third study."""

SMALLEST_PX = 16
_VERSION = 1  # raised whenever the same seed would draw other pixels
_README = "README.txt"


@dataclass(frozen=True)
class _Drawing:
    """What holds for all images of one call."""

    folder: Path
    size: tuple[int, int]
    difficulty: float
    seed: int
    view_shape: ViewShape


def draw_gastric_phantoms(
    folder: str | Path,
    *,
    patients: int,
    images_per_lesion: tuple[int, int] = (2, 5),
    size: tuple[int, int] = (288, 352),
    difficulty: float = 0.5,
    seed: int = 7,
    shares: Mapping[str, float] = CLASS_SHARES,
    view_shape: ViewShape = "octagon",
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic white-light endoscopy of the stomach, five classes, with patients, lesions and outlines.

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``masks/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        images_per_lesion: lowest and highest number of images of a lesion.
        size: height and width of a frame in pixels.
        difficulty: 0 (signs as in a textbook) to 1 (hardly any sign, patients that differ much).
        seed: of everything.
        shares: class to share of the patients; classes left out are not drawn.
        view_shape: ``octagon``, ``circle``, ``rectangle``, or ``whole`` for frames without a panel.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, patient, exam, lesion, site, centre, date, outline, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_gastric_phantoms(folder, patients=1, size=(48, 64)).name
        'cases.csv'
    """
    _check(patients, images_per_lesion, size, difficulty, shares, view_shape, workers)
    drawing = _Drawing(Path(folder), (size[0], size[1]), difficulty, seed, view_shape)
    facts = {
        "images per lesion": "{} to {}".format(*images_per_lesion),
        "difficulty": f"{difficulty:g}",
        "seed": f"{seed}",
    }
    facts |= {"frame": "{} x {}".format(*size), "view": view_shape, "class shares": _plain_shares(shares)}
    _claim(drawing.folder, _describe(patients, facts), _describe(None, facts))
    cohort = plan_cohort(patients, shares=shares, images_per_lesion=images_per_lesion, seed=seed)
    pool = ThreadPoolExecutor(workers or os.cpu_count())
    try:
        drawn = pool.map(partial(_draw_patient, drawing), cohort)
        rows = list((progress or SilentProgress()).track(drawn, "phantoms", patients))
    finally:
        pool.shutdown(cancel_futures=True)
    table = drawing.folder / "cases.csv"
    write_csv(pd.DataFrame([row for some in rows for row in some]), table)
    return table


def _check(
    patients: int,
    images: tuple[int, int],
    size: tuple[int, int],
    difficulty: float,
    shares: Mapping[str, float],
    view_shape: str,
    workers: int | None,
) -> None:
    unknown = sorted(set(shares) - set(GASTRIC_CLASSES))
    finite = all(math.isfinite(share) and share >= 0 for share in shares.values())
    rules = [
        (patients >= 1, "patients", f"{patients}", "Ask for at least one"),
        (1 <= images[0] <= images[1], "images_per_lesion", f"{images}", "Give a lowest and a highest number from 1"),
        (min(size) >= SMALLEST_PX, "size", f"{size}", f"Height and width are at least {SMALLEST_PX} pixels"),
        (0 <= difficulty <= 1, "difficulty", f"{difficulty}", "Give a number from 0 to 1"),
        (not unknown, "shares", f"no class {', '.join(unknown)}", f"Classes are {', '.join(GASTRIC_CLASSES)}"),
        (finite and sum(shares.values()) > 0, "shares", f"{dict(shares)}", "Shares are 0 or more, one at least above"),
        (view_shape in VIEW_SHAPES, "view_shape", repr(view_shape), f"Choose among {', '.join(VIEW_SHAPES)}"),
        (workers is None or workers >= 1, "workers", f"{workers}", "Ask for at least one, or leave it out"),
    ]
    problems = [Problem(where, what, fix) for holds, where, what, fix in rules if not holds]
    if problems:
        raise CaseTableError("phantoms cannot be drawn as asked", field="phantoms", problems=problems)


def _plain_shares(shares: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {shares[name]:g}" for name in GASTRIC_CLASSES if shares.get(name, 0) > 0)


def _describe(patients: int | None, facts: Mapping[str, str]) -> str:
    lines = [f"{name}: {value}" for name, value in facts.items()]
    return "\n".join(
        [
            "These images are PHANTOMS: synthetic endoscopy drawn by Reading Room. They show no person.",
            "Nothing found on them is a finding about patients; use them to test software only.",
            "",
            "images/   frames as an endoscope's processor stores them, with a burned-in panel",
            "masks/    exact outlines of the lesions, 255 on the lesion and 0 elsewhere; none for normal phantoms",
            "cases.csv one row an image; `lesion` of a normal phantom is the place that is looked at",
            "Age depends on the class as in clinics; sex, site, centre, date and panel do not.",
            "",
            f"phantom version: {_VERSION}",
            *lines,
            *([f"patients: {patients}"] if patients is not None else []),
            "",
        ]
    )


def _claim(folder: Path, readme: str, start: str) -> None:
    """Make the folder ours, or go on with it; images drawn with other parameters are not mixed in.

    Raises:
        OutputError: it holds other phantoms, or something that is no phantom.
    """
    path = folder / _README
    if path.is_file():
        if not path.read_text(encoding="utf-8", errors="replace").startswith(start):
            raise OutputError(
                "the folder holds phantoms of other parameters, or something else",
                fix="Choose another folder, or remove this one",
                file=folder,
            )
    elif any((folder / name).exists() for name in ("images", "masks", "cases.csv")):
        raise OutputError("the folder holds other images", fix="Choose an empty or new folder", file=folder)
    write_text(path, readme)


def _draw_patient(drawing: _Drawing, patient: PatientPlan) -> list[dict[str, object]]:
    """Draw what is not there yet of a patient; returns the rows of the case table."""
    rows = [_row(patient, lesion, number) for lesion in patient.lesions for number in range(1, lesion.images + 1)]
    missing = [not _is_drawn(drawing.folder, row) for row in rows]
    if any(missing):
        scenes = patient_scenes(patient, drawing.difficulty, drawing.seed)
        for row, scene, wanted in zip(rows, scenes, missing, strict=True):
            if wanted:
                _save(drawing, row, scene)
    return rows


def _row(patient: PatientPlan, lesion: LesionPlan, number: int) -> dict[str, object]:
    name = f"{patient.name}_{lesion.number}_{number:02d}"
    return {
        "image": f"images/{name}.jpg",
        "label": lesion.label,
        "patient": patient.name,
        "exam": f"{patient.name}-E1",
        "lesion": f"{patient.name}-L{lesion.number}",
        "site": lesion.site,
        "centre": patient.centre,
        "date": patient.day.isoformat(),
        "outline": None if lesion.label == NORMAL else f"masks/{name}.png",
        "age": patient.age,
        "sex": patient.sex,
    }


def _is_drawn(folder: Path, row: dict[str, object]) -> bool:
    return all((folder / str(row[name])).is_file() for name in ("image", "outline") if row[name] is not None)


def _save(drawing: _Drawing, row: dict[str, object], scene: Scene) -> None:
    pixels, outline = draw_phantom(scene, drawing.size, drawing.view_shape)
    quality = int(generator(drawing.seed, "phantoms", "quality", str(row["image"])).integers(85, 96))
    # Outline first: where the image is there, all of it is.
    if row["outline"] is not None:
        _write(drawing.folder / str(row["outline"]), outline, [])
    _write(drawing.folder / str(row["image"]), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])


def _write(path: Path, pixels: NDArray[np.uint8], options: list[int]) -> None:
    """Encode by the suffix and write whole; through bytes, as cv2 cannot open every path."""
    _, encoded = cv2.imencode(path.suffix, pixels, options)
    with atomic_write(path) as temporary:
        temporary.write_bytes(encoded.tobytes())
