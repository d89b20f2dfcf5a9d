"""Folder: draw rectal cancers of three stages, up to three series of magnetic resonance a patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from readingroom.cases.phantoms.collection import Row
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.pelvis.series import need_dicom
from readingroom.cases.phantoms.rectum.pelvis import SERIES, PelvisScene, Series, draw_series, plan_pelvis
from readingroom.cases.phantoms.rectum.tumour import BEYOND, EARLY, RECTAL_CLASSES, THROUGH, plan_gut, plan_tumour
from readingroom.cases.phantoms.stacks.cohort import StackPatient
from readingroom.cases.phantoms.stacks.folder import StackKind, StackOrder, check_stack_order, fill_stack_folder
from readingroom.cases.phantoms.stacks.grid import Grid, centred
from readingroom.cases.phantoms.stacks.nifti import need_nifti, write_nifti
from readingroom.cases.phantoms.stacks.series import (
    DIFFUSION,
    FAST_SPIN_ECHO,
    GRADIENT_ECHO,
    SeriesPlan,
    series_files,
    write_series,
)
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

RECTAL_SHARES: Mapping[str, float] = MappingProxyType({EARLY: 1, THROUGH: 1, BEYOND: 1})

Form = Literal["nifti", "dicom", "mixed"]
FORMS = get_args(Form)

LACKING = 0.15
"""Share of the patients of whom one series is missing."""

WIDTH_MM = 176.0

_VERSION = 1
_MIXED = 0.25  # share of patients with DICOM series where both forms are written
_PLANES: Mapping[Series, tuple[int, float, float]] = {
    "T2": (20, 3.0, 1.0),
    "DWI": (12, 5.0, 0.6),
    "DCE": (15, 4.0, 0.8),
}
_SAID: Mapping[Series, tuple[str, dict[str, Any]]] = {
    "T2": ("T2 TSE axial", FAST_SPIN_ECHO),
    "DWI": ("DWI b1000 axial", DIFFUSION),
    "DCE": ("T1 GRE fat suppressed + contrast", GRADIENT_ECHO),
}
_NOTES = (
    "images/   a folder a patient with T2, DWI and DCE: a NIfTI file or a folder with a DICOM series each",
    "cases.csv one row a patient; `series` are those that there are; `depth_mm` is how far the tumour reaches beyond",
    "the muscle of the wall. Series differ in slices and pixels; one in seven patients lacks one.",
    "Age, sex, centre, form and a missing series do not depend on the stage, nor do length and width of the tumour.",
)


@dataclass(frozen=True)
class RectalPatient:
    """A patient, what is in the series, the grids of those that there are, and how they are written."""

    patient: StackPatient
    scene: PelvisScene
    grids: Mapping[Series, Grid]
    dicom: bool

    @property
    def image(self) -> str:
        """Path of the folder of the series below the collection's."""
        return f"images/{self.patient.name}"


def draw_rectal_phantoms(
    folder: str | Path,
    *,
    patients: int = 150,
    size: tuple[int, int] = (96, 96),
    difficulty: float = 0.25,
    seed: int = 7,
    form: Form = "nifti",
    shares: Mapping[str, float] = RECTAL_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic magnetic resonance imaging of rectal cancer: T2, diffusion and T1 after contrast agent.

    The stage is the depth: within the muscle of the wall (T1-2), into the fat (T3), or through its fascia (T4).

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        size: rows and columns of a T2 slice, whose columns are 176 mm; the other series are coarser.
        difficulty: 0 (depths far apart) to 1 (hardly any sign, many lymph nodes).
        seed: of everything.
        form: ``nifti``, ``dicom``, or ``mixed`` for DICOM series of a quarter of the patients.
        shares: stage (T1-2, T3, T4) to share of the patients; stages left out are not drawn.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, series, depth_mm, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: nibabel or pydicom is not installed, the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_rectal_phantoms(folder, patients=1, size=(32, 32)).name
        'cases.csv'
    """
    order = StackOrder(Path(folder), patients, size, difficulty, seed, shares, {"form": form})
    known = form in FORMS, "form", repr(form), f"Choose among {', '.join(FORMS)}"
    check_stack_order(order, RECTAL_CLASSES, workers, [known])
    if form != "dicom":
        need_nifti(order.folder)
    if form != "nifti":
        need_dicom(order.folder)
    return fill_stack_folder(_RECTAL, order, workers=workers, progress=progress)


def plan_patient(patient: StackPatient, order: StackOrder) -> RectalPatient:
    """The pelvis of a patient and the series that there are."""
    meaning, rng = difficulty_of(order.difficulty), generator(patient.seed, "rectum")
    gut = plan_gut(rng, meaning.variation)
    tumour = plan_tumour(patient.label, gut, meaning, rng)
    scene = plan_pelvis(gut, tumour, patient.sex == "M", meaning, rng)
    chance = generator(patient.seed, "series")
    lost = SERIES[int(chance.integers(len(SERIES)))] if chance.random() < LACKING else None
    grids = {series: _grid(series, order.size) for series in SERIES if series != lost}
    form = order.options["form"]
    return RectalPatient(patient, scene, grids, form == "dicom" or (form == "mixed" and chance.random() < _MIXED))


def _grid(series: Series, size: tuple[int, int]) -> Grid:
    planes, gap, share = _PLANES[series]
    rows, columns = (max(round(share * count), 8) for count in size)
    pixel = WIDTH_MM / columns
    return centred((planes, rows, columns), (gap, pixel, pixel), (0, 4, 0))


def _rows(one: RectalPatient) -> list[Row]:
    depth = max(one.scene.tumour.depth_mm, 0.0)
    said = {"series": " ".join(one.grids), "depth_mm": round(depth, 1)}
    return [{"image": one.image, "label": one.patient.label, **said, **one.patient.facts}]


def _files(one: RectalPatient) -> list[str]:
    if not one.dicom:
        return [f"{one.image}/{series}.nii.gz" for series in one.grids]
    return [name for series, grid in one.grids.items() for name in series_files(f"{one.image}/{series}", grid.shape[0])]


def _save(one: RectalPatient, order: StackOrder, said: str) -> None:
    for series, grid in one.grids.items():
        voxels = draw_series(one.scene, series, grid)
        path = order.folder / one.image
        if one.dicom:
            title, acquisition = _SAID[series]
            number, thick = SERIES.index(series) + 1, grid.spacing_mm[0]
            plan = SeriesPlan("MR", number, title, "PELVIS", thick, acquisition, (900, 1800), said)
            write_series(path / series, voxels, grid, one.patient, plan)
        else:
            write_nifti(path / f"{series}.nii.gz", voxels, grid)


_RECTAL = StackKind(
    name="rectal",
    title="magnetic resonance imaging of the rectum",
    classes=RECTAL_CLASSES,
    notes=_NOTES,
    version=_VERSION,
    plan=plan_patient,
    rows=_rows,
    files=_files,
    save=_save,
    age=(63, 11),
    women=0.4,
)
