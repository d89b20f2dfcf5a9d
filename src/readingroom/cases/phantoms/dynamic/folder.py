"""Folder: draw a breast before and after contrast agent, a folder of numbered pictures a patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from readingroom.cases.phantoms.collection import Row, write_picture
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.dynamic.breast import (
    BENIGN,
    BREAST_CLASSES,
    MALIGNANT,
    BreastScene,
    draw_phases,
    plan_breast,
)
from readingroom.cases.phantoms.stacks.cohort import StackPatient
from readingroom.cases.phantoms.stacks.folder import StackKind, StackOrder, check_stack_order, fill_stack_folder
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

DYNAMIC_SHARES: Mapping[str, float] = MappingProxyType({BENIGN: 1, MALIGNANT: 1})

PHASES = (5, 9)
"""Fewest and most phases of a series, the first before the injection."""

_VERSION = 1
_NOTES = (
    "images/   a folder a patient with 5 to 9 phases of one slice, in order: T1, fat suppressed, 16 bits",
    "cases.csv one row a patient; `times_s` are the seconds after the injection, 0 for the phase before it",
    "A benign mass goes on taking up contrast agent, a malignant one loses it again; nothing else tells them apart.",
    "Age, centre and the number of phases do not depend on the class. All patients are women.",
)


@dataclass(frozen=True)
class DynamicPatient:
    """A patient and the scene of her series."""

    patient: StackPatient
    scene: BreastScene

    @property
    def image(self) -> str:
        """Path of the folder of the phases below the collection's."""
        return f"images/{self.patient.name}"


def draw_dynamic_phantoms(
    folder: str | Path,
    *,
    patients: int = 160,
    size: tuple[int, int] = (96, 96),
    difficulty: float = 0.3,
    seed: int = 7,
    shares: Mapping[str, float] = DYNAMIC_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic dynamic contrast-enhanced magnetic resonance imaging of a breast with a mass, 5 to 9 phases.

    A benign mass gains signal to the end, a malignant one washes out. How much it takes up varies so much that no
    single phase tells the class; the course does.

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        size: rows and columns of a phase, which shows 150 x 150 mm.
        difficulty: 0 (steep courses, large masses) to 1 (hardly any sign).
        seed: of everything.
        shares: class (benign, malignant) to share of the patients; classes left out are not drawn.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, phases, times_s, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_dynamic_phantoms(folder, patients=1, size=(32, 32)).name
        'cases.csv'
    """
    order = StackOrder(Path(folder), patients, size, difficulty, seed, shares)
    check_stack_order(order, BREAST_CLASSES, workers)
    return fill_stack_folder(_DYNAMIC, order, workers=workers, progress=progress)


def plan_dynamic(patient: StackPatient, order: StackOrder) -> DynamicPatient:
    """The scene of a patient."""
    rng = generator(patient.seed, "breast")
    phases = int(rng.integers(PHASES[0], PHASES[1] + 1))
    return DynamicPatient(patient, plan_breast(patient.label, phases, difficulty_of(order.difficulty), rng))


def _rows(one: DynamicPatient) -> list[Row]:
    times = one.scene.times_s
    said = {"phases": len(times), "times_s": " ".join(f"{time:.0f}" for time in times)}
    return [{"image": one.image, "label": one.patient.label, **said, **one.patient.facts}]


def _files(one: DynamicPatient) -> list[str]:
    return [f"{one.image}/{number:02d}.png" for number in range(len(one.scene.times_s))]


def _save(one: DynamicPatient, order: StackOrder, said: str) -> None:
    for name, pixels in zip(_files(one), draw_phases(one.scene, order.size), strict=True):
        write_picture(order.folder / name, pixels)


_DYNAMIC = StackKind(
    name="dynamic",
    title="dynamic magnetic resonance imaging of the breast",
    classes=BREAST_CLASSES,
    notes=_NOTES,
    version=_VERSION,
    plan=plan_dynamic,
    rows=_rows,
    files=_files,
    save=_save,
    age=(52, 11),
    women=1.0,
)
