"""Folder: draw radiographs of ankles, broken or whole, two views of each patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.ankle.bones import (
    ANKLE_CLASSES,
    BROKEN,
    EXTENT_MM,
    VIEWS,
    WHOLE,
    Ankle,
    View,
    plan_ankle,
    project_ankle,
)
from readingroom.cases.phantoms.collection import Row, write_picture
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.stacks.cohort import StackPatient
from readingroom.cases.phantoms.stacks.folder import StackKind, StackOrder, check_stack_order, fill_stack_folder
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

ANKLE_SHARES: Mapping[str, float] = MappingProxyType({WHOLE: 1, BROKEN: 1})

LACKING = 0.08
"""Share of the patients of whom one view is missing."""

_VERSION = 1
_FREE_PATH_MM = 18.0
_NOTES = (
    "images/   a folder a patient with ap.png and lateral.png, 16 bits, bone bright; some patients lack a view",
    "cases.csv one row a patient; `views` are those that there are, `seen_in` those that look along the fracture",
    "Both views are projections of one ankle in three dimensions. Age, sex, centre and a missing view do not depend",
    "on the class.",
)


@dataclass(frozen=True)
class AnklePatient:
    """A patient, the ankle, the views that there are, and the exposure of each."""

    patient: StackPatient
    ankle: Ankle
    views: tuple[View, ...]

    @property
    def image(self) -> str:
        """Path of the folder of the views below the collection's."""
        return f"images/{self.patient.name}"


def draw_ankle_phantoms(
    folder: str | Path,
    *,
    patients: int = 140,
    size: tuple[int, int] = (128, 112),
    difficulty: float = 0.25,
    seed: int = 7,
    shares: Mapping[str, float] = ANKLE_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic radiographs of an ankle from the front and from the side, of which many show a break in one only.

    A break is a gap with a step; a view that looks along it shows it as a line, the other hardly at all. One patient
    in twelve lacks a view.

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        size: rows and columns of a view, which shows 128 x 112 mm.
        difficulty: 0 (wide gaps, large steps) to 1 (hardly any sign).
        seed: of everything.
        shares: class (normal, fracture) to share of the patients; classes left out are not drawn.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, views, seen_in, bone, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_ankle_phantoms(folder, patients=1, size=(32, 28)).name
        'cases.csv'
    """
    order = StackOrder(Path(folder), patients, size, difficulty, seed, shares)
    check_stack_order(order, ANKLE_CLASSES, workers)
    return fill_stack_folder(_ANKLE, order, workers=workers, progress=progress)


def plan_patient(patient: StackPatient, order: StackOrder) -> AnklePatient:
    """The ankle of a patient and the views that there are."""
    ankle = plan_ankle(patient.label, difficulty_of(order.difficulty), generator(patient.seed, "ankle"))
    rng = generator(patient.seed, "views")
    lost = int(rng.integers(2)) if rng.random() < LACKING else None
    return AnklePatient(patient, ankle, tuple(view for place, view in enumerate(VIEWS) if place != lost))


def expose(film: NDArray[np.float32], size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.uint16]:
    """A film (H, W) of attenuation as 16 bits, bone bright, in the middle of the frame."""
    bright = 1 - np.exp(-film / np.float32(_FREE_PATH_MM * np.exp(0.12 * rng.normal())))
    across = round(size[1] * film.shape[1] / EXTENT_MM[1])
    large = cv2.resize(bright, (across, size[0]), interpolation=cv2.INTER_AREA)
    frame = np.zeros(size, np.float32)
    start = (size[1] - across) // 2
    frame[:, start : start + across] = large
    frame += np.float32(0.006 + 0.006 * rng.random()) * rng.standard_normal(size, dtype=np.float32)
    return np.asarray(np.clip(np.rint((frame * 0.9 + 0.04) * 65535), 0, 65535), np.uint16)


def _rows(one: AnklePatient) -> list[Row]:
    fracture = one.ankle.fracture
    said = {
        "views": " ".join(one.views),
        "seen_in": None if fracture is None else " ".join(fracture.seen),
        "bone": None if fracture is None else fracture.bone,
    }
    return [{"image": one.image, "label": one.patient.label, **said, **one.patient.facts}]


def _files(one: AnklePatient) -> list[str]:
    return [f"{one.image}/{view}.png" for view in one.views]


def _save(one: AnklePatient, order: StackOrder, said: str) -> None:
    for name, view in zip(_files(one), one.views, strict=True):
        rng = generator(one.patient.seed, "film", view)
        write_picture(order.folder / name, expose(project_ankle(one.ankle, view), order.size, rng))


_ANKLE = StackKind(
    name="ankle",
    title="radiographs of the ankle",
    classes=ANKLE_CLASSES,
    notes=_NOTES,
    version=_VERSION,
    plan=plan_patient,
    rows=_rows,
    files=_files,
    save=_save,
    age=(47, 17),
)
