"""Folder: draw angiographies of the brain's arteries with none to three aneurysms, a NIfTI file a patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from readingroom.cases.phantoms.aneurysm.arteries import (
    ANEURYSM,
    ANEURYSM_CLASSES,
    NORMAL,
    Head,
    draw_head,
    plan_head,
)
from readingroom.cases.phantoms.collection import Row
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.stacks.cohort import StackPatient
from readingroom.cases.phantoms.stacks.folder import StackKind, StackOrder, check_stack_order, fill_stack_folder
from readingroom.cases.phantoms.stacks.grid import Grid, centred
from readingroom.cases.phantoms.stacks.nifti import need_nifti, write_nifti
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

ANEURYSM_SHARES: Mapping[str, float] = MappingProxyType({NORMAL: 1, ANEURYSM: 1})

WIDTH_MM, HEIGHT_MM = 92.0, 64.0

_VERSION = 1
_NOTES = (
    "images/   a volume a patient: time-of-flight angiography of the circle of Willis, arteries bright",
    "cases.csv one row a patient; `points` are the aneurysms: `x y z r; x y z r`, middle and radius in mm of DICOM's",
    "axes (left, back, head), empty where there is none. Loops and infundibula are in volumes of both classes.",
    "Age, sex and centre do not depend on the class.",
)


@dataclass(frozen=True)
class HeadPatient:
    """A patient, the arteries, and the grid of the volume."""

    patient: StackPatient
    head: Head
    grid: Grid

    @property
    def image(self) -> str:
        """Path below the folder."""
        return f"images/{self.patient.name}.nii.gz"

    @property
    def points(self) -> str:
        """Middle and radius of all aneurysms."""
        balls = [(*one.place, one.radius_mm) for one in self.head.aneurysms]
        return "; ".join(f"{x:.1f} {y:.1f} {z:.1f} {r:.2f}" for x, y, z, r in balls)


def draw_aneurysm_phantoms(
    folder: str | Path,
    *,
    patients: int = 100,
    size: tuple[int, int] = (96, 96),
    difficulty: float = 0.3,
    seed: int = 7,
    shares: Mapping[str, float] = ANEURYSM_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic time-of-flight angiography of the arteries of the brain, half with one to three aneurysms.

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        size: rows and columns of a slice, whose columns are 92 mm; slices are as thick as columns are wide.
        difficulty: 0 (large aneurysms) to 1 (small ones, many infundibula).
        seed: of everything.
        shares: class (normal, aneurysm) to share of the patients; classes left out are not drawn.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, points, aneurysms, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: nibabel is not installed, the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_aneurysm_phantoms(folder, patients=1, size=(32, 32)).name
        'cases.csv'
    """
    order = StackOrder(Path(folder), patients, size, difficulty, seed, shares)
    check_stack_order(order, ANEURYSM_CLASSES, workers)
    need_nifti(order.folder)
    return fill_stack_folder(_ANEURYSM, order, workers=workers, progress=progress)


def plan_patient(patient: StackPatient, order: StackOrder) -> HeadPatient:
    """The arteries of a patient, and where the slab of slices lies."""
    head = plan_head(patient.label, difficulty_of(order.difficulty), generator(patient.seed, "head"))
    rng = generator(patient.seed, "scan")
    pixel = WIDTH_MM / order.size[1]
    x, y, z = (float(one) for one in rng.normal(0, 1.5, 3))
    planes = max(round(HEIGHT_MM / pixel), 1)
    return HeadPatient(patient, head, centred((planes, *order.size), (pixel, pixel, pixel), (x, y - 2, z)))


def _rows(one: HeadPatient) -> list[Row]:
    count = len(one.head.aneurysms)
    said = {"points": one.points or None, "aneurysms": count}
    return [{"image": one.image, "label": one.patient.label, **said, **one.patient.facts}]


def _files(one: HeadPatient) -> list[str]:
    return [one.image]


def _save(one: HeadPatient, order: StackOrder, said: str) -> None:
    write_nifti(order.folder / one.image, draw_head(one.head, one.grid), one.grid)


_ANEURYSM = StackKind(
    name="aneurysm",
    title="time-of-flight angiography of the brain",
    classes=ANEURYSM_CLASSES,
    notes=_NOTES,
    version=_VERSION,
    plan=plan_patient,
    rows=_rows,
    files=_files,
    save=_save,
    age=(56, 12),
    women=0.6,
)
