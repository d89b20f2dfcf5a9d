"""Folder: draw a cohort of gastric phantoms into images, masks, a case table and a README that says what they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import cv2

from readingroom.cases.phantoms.cohort import LesionPlan, PatientPlan, plan_cohort
from readingroom.cases.phantoms.collection import (
    Row,
    claim,
    common_rules,
    describe,
    draw_patients,
    enforce,
    image_rule,
    is_drawn,
    plain_shares,
    write_picture,
)
from readingroom.cases.phantoms.gastric import Scene, draw_phantom
from readingroom.cases.phantoms.lesions import GASTRIC_CLASSES, NORMAL
from readingroom.cases.phantoms.scenes import patient_scenes
from readingroom.cases.phantoms.view import VIEW_SHAPES, ViewShape
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

CLASS_SHARES: Mapping[str, float] = MappingProxyType(
    {"normal": 2554, "PU": 3200, "EGC+HGIN": 5639, "AGC": 2766, "SMT": 3058}
)
"""Images of each class in the training set of the third study."""

_VERSION = 1  # raised whenever the same seed would draw other pixels
_NOTES = (
    "images/   frames as an endoscope's processor stores them, with a burned-in panel",
    "masks/    exact outlines of the lesions, 255 on the lesion and 0 elsewhere; none for normal phantoms",
    "cases.csv one row an image; `lesion` of a normal phantom is the place that is looked at",
    "Age depends on the class as in clinics; sex, site, centre, date and panel do not.",
)


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
    facts |= {
        "frame": "{} x {}".format(*size),
        "view": view_shape,
        "class shares": plain_shares(shares, GASTRIC_CLASSES),
    }
    tell = partial(describe, "endoscopy", _NOTES, _VERSION, facts)
    claim(drawing.folder, tell(patients), tell(None))
    cohort = plan_cohort(patients, shares=shares, images_per_lesion=images_per_lesion, seed=seed)
    return draw_patients(drawing.folder, cohort, partial(_draw_patient, drawing), workers=workers, progress=progress)


def _check(
    patients: int,
    images: tuple[int, int],
    size: tuple[int, int],
    difficulty: float,
    shares: Mapping[str, float],
    view_shape: str,
    workers: int | None,
) -> None:
    rules = common_rules(patients, size, difficulty, workers, GASTRIC_CLASSES, shares)
    shown = view_shape in VIEW_SHAPES, "view_shape", repr(view_shape), f"Choose among {', '.join(VIEW_SHAPES)}"
    enforce([*rules, image_rule(images, "images_per_lesion"), shown])


def _draw_patient(drawing: _Drawing, patient: PatientPlan) -> list[Row]:
    """Draw what is not there yet of a patient; returns the rows of the case table."""
    rows = [_row(patient, lesion, number) for lesion in patient.lesions for number in range(1, lesion.images + 1)]
    missing = [not is_drawn(drawing.folder, row) for row in rows]
    if any(missing):
        scenes = patient_scenes(patient, drawing.difficulty, drawing.seed)
        for row, scene, wanted in zip(rows, scenes, missing, strict=True):
            if wanted:
                _save(drawing, row, scene)
    return rows


def _row(patient: PatientPlan, lesion: LesionPlan, number: int) -> Row:
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


def _save(drawing: _Drawing, row: Row, scene: Scene) -> None:
    pixels, outline = draw_phantom(scene, drawing.size, drawing.view_shape)
    quality = int(generator(drawing.seed, "phantoms", "quality", str(row["image"])).integers(85, 96))
    # Outline first: where the image is there, all of it is.
    if row["outline"] is not None:
        write_picture(drawing.folder / str(row["outline"]), outline)
    write_picture(drawing.folder / str(row["image"]), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
