"""Haemorrhoids: phantoms of the second study, normal or with internal haemorrhoids of three risk factors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.anal_scenes import anal_scenes
from readingroom.cases.phantoms.anorectum import draw_anal_phantom
from readingroom.cases.phantoms.cohort import CENTRES, LesionPlan, PatientPlan, allot_classes
from readingroom.cases.phantoms.collection import Row
from readingroom.cases.phantoms.cushions import ANAL_CLASSES
from readingroom.cases.phantoms.folder import Kind, Order, check_order, fill_folder
from readingroom.cases.phantoms.lesions import NORMAL
from readingroom.cases.phantoms.view import ViewShape
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

HAEMORRHOID = "haemorrhoid"

ANAL_SHARES: Mapping[str, float] = MappingProxyType({NORMAL: 808, "Rf0": 121, "Rf1": 173, "Rf2": 42})
"""Images of each class in the second study."""

ANAL_PATIENTS = 327
"""Patients that have about as many images as the second study, 1 144."""

_VERSION = 1  # raised whenever the same seed would draw other pixels
_NOTES = (
    "images/   frames as an endoscope's processor stores them, with a burned-in panel",
    "masks/    exact outlines of the haemorrhoids, 255 on them and 0 elsewhere; none for normal phantoms",
    "cases.csv one row an image; `label` is normal or haemorrhoid, `rf` is normal, Rf0, Rf1 or Rf2",
    "A patient is of one class. Age depends on it as in clinics; sex, centre, date and panel do not.",
)
_FIRST_DAY, _DAYS = date(2020, 3, 1), 670
_AGES = {NORMAL: (47, 13), "Rf0": (47, 12), "Rf1": (50, 12), "Rf2": (52, 13)}


def draw_haemorrhoid_phantoms(
    folder: str | Path,
    *,
    patients: int = ANAL_PATIENTS,
    images_per_patient: tuple[int, int] = (2, 5),
    size: tuple[int, int] = (288, 352),
    difficulty: float = 0.5,
    seed: int = 7,
    shares: Mapping[str, float] = ANAL_SHARES,
    view_shape: ViewShape = "octagon",
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic retroflexed views of the anal canal, normal or with haemorrhoids of three risk factors.

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``masks/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        images_per_patient: lowest and highest number of images of a patient.
        size: height and width of a frame in pixels.
        difficulty: 0 (signs as in a textbook) to 1 (hardly any sign, patients that differ much).
        seed: of everything.
        shares: class (normal, Rf0, Rf1, Rf2) to share of the patients; classes left out are not drawn.
        view_shape: ``octagon``, ``circle``, ``rectangle``, or ``whole`` for frames without a panel.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, rf, patient, exam, lesion, site, centre, date, outline, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_haemorrhoid_phantoms(folder, patients=1, size=(48, 64)).name
        'cases.csv'
    """
    order = Order(Path(folder), patients, images_per_patient, size, difficulty, seed, shares, view_shape)
    check_order(order, ANAL_CLASSES, "images_per_patient", workers)
    cohort = plan_anal_cohort(patients, shares=shares, images_per_patient=images_per_patient, seed=seed)
    facts = {"organ": "anal canal", "images per patient": "{} to {}".format(*images_per_patient)}
    return fill_folder(_ANAL, order, cohort, facts, workers=workers, progress=progress)


def plan_anal_cohort(
    patients: int, *, shares: Mapping[str, float], images_per_patient: tuple[int, int], seed: int
) -> list[PatientPlan]:
    """Patients with the classes in the shares asked for; a larger cohort begins with the smaller one.

    Args:
        patients: how many.
        shares: class to share; need not add up to 1.
        images_per_patient: lowest and highest number.
        seed: of the collection.
    """
    labels = allot_classes(patients, shares, ANAL_CLASSES, generator(seed, "phantoms", "anal", "classes"))
    return [
        _plan_patient(number, label, images_per_patient, generator(seed, "phantoms", "anal", "patient", number))
        for number, label in enumerate(labels, start=1)
    ]


def _plan_patient(number: int, label: str, images: tuple[int, int], rng: np.random.Generator) -> PatientPlan:
    middle, spread = _AGES[label]
    return PatientPlan(
        number=number,
        centre=CENTRES[int(rng.integers(len(CENTRES)))],
        day=_FIRST_DAY + timedelta(days=int(rng.integers(_DAYS))),
        age=int(np.clip(round(rng.normal(middle, spread)), 18, 92)),
        sex="F" if rng.random() < 0.45 else "M",
        lesions=(LesionPlan(1, label, "anal canal", int(rng.integers(images[0], images[1] + 1))),),
    )


def _columns(label: str) -> Row:
    return {"label": NORMAL if label == NORMAL else HAEMORRHOID, "rf": label}


_ANAL = Kind(
    classes=ANAL_CLASSES,
    notes=_NOTES,
    version=_VERSION,
    columns=_columns,
    scenes=anal_scenes,
    draw=draw_anal_phantom,
)
