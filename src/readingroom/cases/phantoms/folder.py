"""Folder: draw a cohort of gastric phantoms into images, masks, a case table and a README that says what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

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
from readingroom.cases.phantoms.gastric import draw_phantom
from readingroom.cases.phantoms.lesions import GASTRIC_CLASSES, NORMAL
from readingroom.cases.phantoms.scenes import patient_scenes
from readingroom.cases.phantoms.view import VIEW_SHAPES, ViewShape
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

CLASS_SHARES: Mapping[str, float] = MappingProxyType(
    {"normal": 2554, "PU": 3200, "EGC+HGIN": 5639, "AGC": 2766, "SMT": 3058}
)
"""Images of each class in the training set of the third study."""

_Scene = TypeVar("_Scene")

_VERSION = 1  # raised whenever the same seed would draw other pixels
_NOTES = (
    "images/   frames as an endoscope's processor stores them, with a burned-in panel",
    "masks/    exact outlines of the lesions, 255 on the lesion and 0 elsewhere; none for normal phantoms",
    "cases.csv one row an image; `lesion` of a normal phantom is the place that is looked at",
    "Age depends on the class as in clinics; sex, site, centre, date and panel do not.",
)


@dataclass(frozen=True)
class Kind(Generic[_Scene]):
    """A kind of phantom endoscopy.

    Args:
        classes: all that a patient may be of, in order.
        notes: lines of the README.
        version: raised whenever the same seed would draw other pixels.
        columns: from a class to what the case table says of it.
        scenes: the scenes of all images of a patient, by difficulty and seed.
        draw: a scene as RGB pixels and mask.
    """

    classes: Sequence[str]
    notes: Sequence[str]
    version: int
    columns: Callable[[str], Row]
    scenes: Callable[[PatientPlan, float, int], Iterator[_Scene]]
    draw: Callable[[_Scene, tuple[int, int], ViewShape], tuple[NDArray[np.uint8], NDArray[np.uint8]]]


@dataclass(frozen=True)
class Order:
    """What is asked for of a kind of phantom endoscopy; see `draw_gastric_phantoms`."""

    folder: Path
    patients: int
    images: tuple[int, int]
    size: tuple[int, int]
    difficulty: float
    seed: int
    shares: Mapping[str, float]
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
    order = Order(Path(folder), patients, images_per_lesion, size, difficulty, seed, shares, view_shape)
    check_order(order, GASTRIC_CLASSES, "images_per_lesion", workers)
    cohort = plan_cohort(patients, shares=shares, images_per_lesion=images_per_lesion, seed=seed)
    return fill_folder(
        _GASTRIC,
        order,
        cohort,
        {"images per lesion": "{} to {}".format(*images_per_lesion)},
        workers=workers,
        progress=progress,
    )


def check_order(order: Order, classes: Sequence[str], images_name: str, workers: int | None) -> None:
    """Refuse what cannot be drawn.

    Raises:
        CaseTableError: with all problems.
    """
    rules = common_rules(order.patients, order.size, order.difficulty, workers, classes, order.shares)
    shapes = f"Choose among {', '.join(VIEW_SHAPES)}"
    shown = order.view_shape in VIEW_SHAPES, "view_shape", repr(order.view_shape), shapes
    enforce([*rules, image_rule(order.images, images_name), shown])


def fill_folder(
    kind: Kind[_Scene],
    order: Order,
    cohort: Sequence[PatientPlan],
    facts: Mapping[str, str],
    *,
    workers: int | None,
    progress: Progress | None,
) -> Path:
    """Draw a cohort of a kind into its folder.

    Args:
        kind: of phantom endoscopy.
        order: what is asked for.
        cohort: the patients.
        facts: first lines of the README's parameters.
        workers: threads; by default one for each processor.
        progress: where to report.

    Returns:
        Path of ``cases.csv``.

    Raises:
        OutputError: the folder holds something else, or cannot be written.
    """
    facts = {
        **facts,
        "difficulty": f"{order.difficulty:g}",
        "seed": f"{order.seed}",
        "frame": "{} x {}".format(*order.size),
        "view": order.view_shape,
        "class shares": plain_shares(order.shares, kind.classes),
    }
    tell = partial(describe, "endoscopy", kind.notes, kind.version, facts)
    claim(order.folder, tell(order.patients), tell(None))
    return draw_patients(order.folder, cohort, partial(_draw_patient, kind, order), workers=workers, progress=progress)


def _draw_patient(kind: Kind[_Scene], order: Order, patient: PatientPlan) -> list[Row]:
    """Draw what is not there yet of a patient; returns the rows of the case table."""
    rows = [_row(kind, patient, lesion, number) for lesion in patient.lesions for number in range(1, lesion.images + 1)]
    missing = [not is_drawn(order.folder, row) for row in rows]
    if any(missing):
        scenes = kind.scenes(patient, order.difficulty, order.seed)
        for row, scene, wanted in zip(rows, scenes, missing, strict=True):
            if wanted:
                _save(kind, order, row, scene)
    return rows


def _row(kind: Kind[_Scene], patient: PatientPlan, lesion: LesionPlan, number: int) -> Row:
    name = f"{patient.name}_{lesion.number}_{number:02d}"
    return {
        "image": f"images/{name}.jpg",
        **kind.columns(lesion.label),
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


def _save(kind: Kind[_Scene], order: Order, row: Row, scene: _Scene) -> None:
    pixels, outline = kind.draw(scene, order.size, order.view_shape)
    quality = int(generator(order.seed, "phantoms", "quality", str(row["image"])).integers(85, 96))
    # Outline first: where the image is there, all of it is.
    if row["outline"] is not None:
        write_picture(order.folder / str(row["outline"]), outline)
    write_picture(order.folder / str(row["image"]), pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])


_GASTRIC = Kind(
    classes=GASTRIC_CLASSES,
    notes=_NOTES,
    version=_VERSION,
    columns=lambda label: {"label": label},
    scenes=patient_scenes,
    draw=draw_phantom,
)
