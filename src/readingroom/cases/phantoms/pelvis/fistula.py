"""Fistula: phantoms of the first study, as DICOM series and as slices with a case table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.cohort import allot_classes
from readingroom.cases.phantoms.collection import (
    Row,
    claim,
    common_rules,
    describe,
    draw_patients,
    enforce,
    plain_shares,
    write_picture,
)
from readingroom.cases.phantoms.lesions import NORMAL
from readingroom.cases.phantoms.pelvis.series import (
    Examined,
    need_dicom,
    position_mm,
    show,
    window_of,
    write_slice,
)
from readingroom.cases.phantoms.pelvis.volume import (
    FISTULA,
    FISTULA_CLASSES,
    SLICES,
    PelvisScene,
    draw_pelvis,
    pixel_area_mm2,
    plan_pelvis_scene,
    trace_way,
)
from readingroom.core.progress import Progress
from readingroom.core.seeds import derive_seed, generator
from readingroom.core.tables import read_table, write_csv

FISTULA_SHARES: Mapping[str, float] = MappingProxyType({NORMAL: 45, FISTULA: 58})
"""Patients of each class in the first study."""

FISTULA_PATIENTS = 103

LEAST_MM2 = 16.0
"""A slice with less of a tract than this is not in the table: nobody could say that it shows one."""

_VERSION = 1  # raised whenever the same seed would draw other pixels
_NOTES = (
    "dicom/    a series of 18 axial slices a patient, MR Image Storage, T1 after contrast agent, fat suppressed",
    "images/   the slices of the case table with 8 bits, in the window that the series names",
    "masks/    exact outlines of the tract, 255 on it and 0 elsewhere; none for normal phantoms",
    "cases.csv one row a slice at the levels of a tract; in a normal phantom, of the tract it could have had",
    "dicom-cases.csv the same rows, naming the slices of the series: for a study of the DICOM files themselves",
    "`z_mm` is the slice's position in the series. Age, sex and date do not depend on the class.",
)
_FIRST_DAY, _DAYS = date(2019, 5, 1), 760


@dataclass(frozen=True)
class FistulaPatient:
    """A phantom patient.

    Args:
        number: from 1.
        label: ``normal`` or ``fistula``.
        sex: ``F`` or ``M``.
        age: in years.
        day: of the examination.
    """

    number: int
    label: str
    sex: str
    age: int
    day: date

    @property
    def name(self) -> str:
        """Its pseudonym."""
        return f"P{self.number:05d}"


@dataclass(frozen=True)
class _Order:
    """What holds for all volumes of one call; ``kind`` names all of it but the number of patients."""

    folder: Path
    size: tuple[int, int]
    difficulty: float
    seed: int
    kind: str


def draw_fistula_phantoms(
    folder: str | Path,
    *,
    patients: int = FISTULA_PATIENTS,
    size: tuple[int, int] = (250, 250),
    difficulty: float = 0.5,
    seed: int = 7,
    shares: Mapping[str, float] = FISTULA_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic magnetic resonance imaging of the pelvis, normal or with an anal fistula.

    The same arguments give the same bytes, whatever the number of workers. A call that was cut short goes on
    where it was. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``dicom/``, ``images/``, ``masks/``, ``cases.csv``, ``dicom-cases.csv`` and ``README.txt`` go;
            made if need be.
        patients: number of phantom patients.
        size: rows and columns of a slice, which shows 250 x 250 mm.
        difficulty: 0 (a bright wide tract) to 1 (hardly any sign, many vessels, patients that differ much).
        seed: of everything.
        shares: class (normal, fistula) to share of the patients; classes left out are not drawn.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, patient, exam, lesion, slice, z_mm, outline, dicom, date, age, sex. In
        ``dicom-cases.csv`` the image is the DICOM slice.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: pydicom is not installed, the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_fistula_phantoms(folder, patients=1, size=(32, 32)).name
        'cases.csv'
    """
    enforce(common_rules(patients, size, difficulty, workers, FISTULA_CLASSES, shares))
    folder = Path(folder)
    need_dicom(folder)
    facts = {"organ": "pelvis", "difficulty": f"{difficulty:g}", "seed": f"{seed}"}
    facts |= {"slice": "{} x {}".format(*size), "class shares": plain_shares(shares, FISTULA_CLASSES)}
    tell = partial(describe, "magnetic resonance imaging", _NOTES, _VERSION, facts)
    claim(folder, tell(patients), tell(None))
    order = _Order(folder, (size[0], size[1]), difficulty, seed, tell(None))
    cohort = plan_fistula_cohort(patients, shares, seed)
    table = draw_patients(folder, cohort, partial(_draw_patient, order), workers=workers, progress=progress)
    rows = read_table(table)
    write_csv(rows.assign(image=rows["dicom"]).drop(columns="dicom"), folder / "dicom-cases.csv")
    return table


def plan_fistula_cohort(patients: int, shares: Mapping[str, float], seed: int) -> list[FistulaPatient]:
    """Patients with the classes in the shares asked for; a larger cohort begins with the smaller one.

    Args:
        patients: how many.
        shares: class to share; need not add up to 1.
        seed: of the collection.
    """
    labels = allot_classes(patients, shares, FISTULA_CLASSES, generator(seed, "phantoms", "pelvis", "classes"))
    return [
        _plan_patient(number, label, generator(seed, "phantoms", "pelvis", "patient", number))
        for number, label in enumerate(labels, start=1)
    ]


def _plan_patient(number: int, label: str, rng: np.random.Generator) -> FistulaPatient:
    return FistulaPatient(
        number=number,
        label=label,
        sex="F" if rng.random() < 0.3 else "M",
        age=int(np.clip(round(rng.normal(40, 12)), 18, 80)),
        day=_FIRST_DAY + timedelta(days=int(rng.integers(_DAYS))),
    )


def _draw_patient(order: _Order, patient: FistulaPatient) -> list[Row]:
    """Draw a patient unless all of it is there; returns the rows of the case table."""
    own = derive_seed(order.seed, "phantoms", "pelvis", "patient", patient.number)
    scene = plan_pelvis_scene(patient.label, patient.sex, seed=own, difficulty=order.difficulty)
    way = trace_way(scene, order.size)
    rows = [_row(patient, int(number)) for number in _shown(way, order.size)]
    if not all((order.folder / name).is_file() for name in _files(patient, rows)):
        _save(order, patient, scene, rows)
    return rows


def _shown(way: NDArray[np.bool_], size: tuple[int, int]) -> NDArray[np.int64]:
    """Numbers of the slices, from 1, that belong into the table: those on which the tract is to be seen.

    At least the one with most of it, so that no patient is lost.
    """
    area = way.sum(axis=(1, 2)) * pixel_area_mm2(size)
    return np.flatnonzero(area >= min(LEAST_MM2, area.max())) + 1 if area.any() else np.array([SLICES // 2])


def _row(patient: FistulaPatient, number: int) -> Row:
    name = f"{patient.name}_{number:02d}"
    ill = patient.label == FISTULA
    return {
        "image": f"images/{name}.png",
        "label": patient.label,
        "patient": patient.name,
        "exam": f"{patient.name}-E1",
        "lesion": f"{patient.name}-L1",
        "slice": number,
        "z_mm": position_mm(number),
        "outline": f"masks/{name}.png" if ill else None,
        "dicom": _dicom_name(patient, number),
        "date": patient.day.isoformat(),
        "age": patient.age,
        "sex": patient.sex,
    }


def _dicom_name(patient: FistulaPatient, number: int) -> str:
    return f"dicom/{patient.name}/IM{number:04d}.dcm"


def _files(patient: FistulaPatient, rows: list[Row]) -> Iterator[str]:
    """All files of a patient."""
    for row in rows:
        yield from (str(row[name]) for name in ("image", "outline") if row[name] is not None)
    yield from (_dicom_name(patient, number) for number in range(1, SLICES + 1))


def _save(order: _Order, patient: FistulaPatient, scene: PelvisScene, rows: list[Row]) -> None:
    volume = draw_pelvis(scene, order.size)
    window = window_of(volume.pixels)
    for row in rows:
        index = int(str(row["slice"])) - 1
        if row["outline"] is not None:
            write_picture(order.folder / str(row["outline"]), volume.mask[index].astype(np.uint8) * np.uint8(255))
        write_picture(order.folder / str(row["image"]), show(volume.pixels[index], window))
    examined = Examined(patient.name, f"{patient.name}-E1", patient.sex, patient.age, patient.day, order.kind)
    for number, pixels in enumerate(volume.pixels, start=1):
        write_slice(order.folder / _dicom_name(patient, number), pixels, number, window, examined)
