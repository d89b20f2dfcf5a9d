"""Folder: draw chests with nodules, benign or malignant, as NIfTI files or DICOM series."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from readingroom.cases.phantoms.collection import Row
from readingroom.cases.phantoms.difficulty import Difficulty, difficulty_of
from readingroom.cases.phantoms.lung.nodule import (
    BENIGN,
    MALIGNANT,
    NODULE_CLASSES,
    Nodule,
    lay_nodule,
    plan_diameter,
    plan_nodule,
)
from readingroom.cases.phantoms.lung.thorax import Thorax, draw_thorax, places_in_lung, plan_thorax
from readingroom.cases.phantoms.noise import Field
from readingroom.cases.phantoms.pelvis.series import need_dicom
from readingroom.cases.phantoms.stacks.cohort import StackPatient
from readingroom.cases.phantoms.stacks.folder import StackKind, StackOrder, check_stack_order, fill_stack_folder
from readingroom.cases.phantoms.stacks.grid import Grid, Place, centred
from readingroom.cases.phantoms.stacks.nifti import need_nifti, write_nifti
from readingroom.cases.phantoms.stacks.series import CHEST_CT, SeriesPlan, series_files, write_series
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

LUNG_SHARES: Mapping[str, float] = MappingProxyType({BENIGN: 1, MALIGNANT: 1})

Form = Literal["nifti", "dicom", "mixed"]
FORMS = get_args(Form)

WIDTH_MM, SLICE_MM, SLICES = 310.0, 2.5, 44

_VERSION = 1
_SECOND, _ALIKE = 0.2, 0.7  # chance of a second nodule, and that it is of the first one's class
_MIXED = 0.25  # share of DICOM series where both forms are written
_APART_MM = 45.0
_NOTES = (
    "images/   a chest a patient in Hounsfield units: a NIfTI file, or a folder with a DICOM series",
    "cases.csv one row a nodule; `point` is its middle, x y z in mm of DICOM's axes (left, back, head)",
    "`diameter_mm` overlaps between the classes. Age, sex, centre and the form of the file do not depend on the class.",
)


@dataclass(frozen=True)
class ChestScene:
    """All that is in one phantom volume; drawing it needs no further random numbers.

    Args:
        patient: the phantom patient.
        thorax: its chest.
        nodules: of the case table.
        scars: small round things that are not in the table, whatever the class.
        grid: of the volume.
        noise_hu: of the scanner.
        dicom: whether it is written as a DICOM series.
    """

    patient: StackPatient
    thorax: Thorax
    nodules: tuple[Nodule, ...]
    scars: tuple[Nodule, ...]
    grid: Grid
    noise_hu: float
    dicom: bool

    @property
    def image(self) -> str:
        """Path below the folder."""
        return f"images/{self.patient.name}" + ("" if self.dicom else ".nii.gz")


def draw_lung_phantoms(
    folder: str | Path,
    *,
    patients: int = 120,
    size: tuple[int, int] = (148, 208),
    difficulty: float = 0.4,
    seed: int = 7,
    form: Form = "mixed",
    shares: Mapping[str, float] = LUNG_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic computed tomography of the chest, each with one nodule or two of 6 to 20 mm.

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        size: rows and columns of a slice, whose columns are about 310 mm.
        difficulty: 0 (signs as in a textbook) to 1 (hardly any sign, patients that differ much).
        seed: of everything.
        form: ``nifti``, ``dicom``, or ``mixed`` for DICOM series of a quarter of the patients.
        shares: class (benign, malignant) to share of the patients; classes left out are not drawn.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, lesion, point, diameter_mm, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: nibabel or pydicom is not installed, the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_lung_phantoms(folder, patients=1, size=(32, 48), form="nifti").name
        'cases.csv'
    """
    order = StackOrder(Path(folder), patients, size, difficulty, seed, shares, {"form": form})
    known = form in FORMS, "form", repr(form), f"Choose among {', '.join(FORMS)}"
    check_stack_order(order, NODULE_CLASSES, workers, [known])
    if form != "dicom":
        need_nifti(order.folder)
    if form != "nifti":
        need_dicom(order.folder)
    return fill_stack_folder(_LUNG, order, workers=workers, progress=progress)


def plan_chest(patient: StackPatient, order: StackOrder) -> ChestScene:
    """The scene of a patient."""
    meaning = difficulty_of(order.difficulty)
    rng = generator(patient.seed, "scan")
    thorax = plan_thorax(generator(patient.seed, "thorax"), patient.sex, meaning.variation)
    form = order.options["form"]
    pixel = WIDTH_MM * float(rng.uniform(0.94, 1.06)) / order.size[1]
    shift = float(rng.normal(0, 4)), 13 + float(rng.normal(0, 3)), float(rng.normal(0, 3))
    return ChestScene(
        patient=patient,
        thorax=thorax,
        nodules=_plan_nodules(patient, thorax, meaning),
        scars=_plan_scars(patient, thorax, meaning),
        grid=centred((SLICES, *order.size), (SLICE_MM, pixel, pixel), shift),
        noise_hu=float(rng.uniform(14, 28)),
        dicom=form == "dicom" or (form == "mixed" and rng.random() < _MIXED),
    )


def _plan_nodules(patient: StackPatient, thorax: Thorax, meaning: Difficulty) -> tuple[Nodule, ...]:
    rng = generator(patient.seed, "nodules")
    labels = [patient.label]
    if rng.random() < _SECOND:
        other = MALIGNANT if patient.label == BENIGN else BENIGN
        labels.append(patient.label if rng.random() < _ALIKE else other)
    nodules: list[Nodule] = []
    for label in labels:
        diameter = plan_diameter(rng, label)
        place = _free_place(thorax, rng, diameter, [one.place for one in nodules])
        nodules.append(plan_nodule(label, place, diameter, rng, meaning))
    return tuple(nodules)


def _free_place(thorax: Thorax, rng: np.random.Generator, diameter: float, taken: list[Place]) -> Place:
    """Somewhere in a lung off the large vessels and the other nodules, well within the scan."""
    thick = thorax.vessels.points_mm[thorax.vessels.radius_mm > 2.2]
    while True:
        side = 1.0 if rng.random() < 0.45 else -1.0
        for x, y, z in places_in_lung(thorax, rng, 12, side, diameter / 2 + 2, 36.0):
            place = float(x), float(y), float(z)
            clear = np.linalg.norm(thick - np.asarray(place, np.float32), axis=1).min() > diameter / 2 + 3
            if clear and all(np.linalg.norm(np.subtract(place, other)) > _APART_MM for other in taken):
                return place


def _plan_scars(patient: StackPatient, thorax: Thorax, meaning: Difficulty) -> tuple[Nodule, ...]:
    rng = generator(patient.seed, "scars")
    count = int(rng.poisson(1 + 2 * meaning.decoys))
    if not count:
        return ()
    places = places_in_lung(thorax, rng, count, 1.0 if rng.random() < 0.5 else -1.0, 3.0)
    small = [(float(x), float(y), float(z)) for x, y, z in places]
    return tuple(plan_nodule(BENIGN, place, float(rng.uniform(2.5, 4)), rng, meaning) for place in small)


def draw_chest(scene: ChestScene) -> Field:
    """The volume (D, H, W) in Hounsfield units."""
    values = draw_thorax(scene.thorax, scene.grid, scene.noise_hu)
    for nodule in (*scene.scars, *scene.nodules):
        lay_nodule(values, scene.grid, nodule)
    return values


def _rows(scene: ChestScene) -> list[Row]:
    return [
        {
            "image": scene.image,
            "label": nodule.label,
            "lesion": f"{scene.patient.name}-L{number}",
            "point": " ".join(f"{at:.1f}" for at in nodule.place),
            "diameter_mm": round(nodule.diameter_mm, 1),
            **scene.patient.facts,
        }
        for number, nodule in enumerate(scene.nodules, start=1)
    ]


def _files(scene: ChestScene) -> list[str]:
    return series_files(scene.image, SLICES) if scene.dicom else [scene.image]


def _save(scene: ChestScene, order: StackOrder, said: str) -> None:
    voxels = np.clip(np.rint(draw_chest(scene)), -1024, 3071).astype(np.int16)
    path = order.folder / scene.image
    if scene.dicom:
        plan = SeriesPlan("CT", 2, "chest, low dose", "CHEST", SLICE_MM, CHEST_CT, (-600, 1500), said)
        write_series(path, voxels, scene.grid, scene.patient, plan)
    else:
        write_nifti(path, voxels, scene.grid)


_LUNG = StackKind(
    name="lung",
    title="computed tomography of the chest",
    classes=NODULE_CLASSES,
    notes=_NOTES,
    version=_VERSION,
    plan=plan_chest,
    rows=_rows,
    files=_files,
    save=_save,
    age=(61, 9),
)
