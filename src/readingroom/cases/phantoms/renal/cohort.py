"""The cohort: patients with a mass of the kidney, a few slices each, and their case table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

import numpy as np

from readingroom.cases.phantoms.cohort import allot_classes
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
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.pelvis.series import need_dicom
from readingroom.cases.phantoms.renal.files import Slice, write_ct
from readingroom.cases.phantoms.renal.mass import ANGIOMYOLIPOMA, CLEAR_CELL, ONCOCYTOMA, drawn_outline, plan_mass
from readingroom.cases.phantoms.renal.slices import draw_slice, plan_body
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

RENAL_CLASSES = ("benign", "malignant")
RENAL_SHARES: Mapping[str, float] = MappingProxyType({"benign": 0.45, "malignant": 0.55})
CENTRES = MappingProxyType({"A": (0.75, 1.25), "B": (0.95, 1.35)})
"""Blur of the kernel in mm, and field of view in units of 110 mm: what differs between centres."""
_FIELD_MM = 110.0
_WOBBLE_MM = 0.9
_VERSION = 1
_NOTES = (
    "dicom/    axial CT slices around one kidney with a mass, in HU",
    "masks/    the mass as a wobbling hand outlines it, 255 inside and 0 outside",
    "cases.csv one row a slice; kind says what the mass is",
    "Size, mean enhancement, age, sex, centre and noise overlap or are the same in both classes; texture differs.",
)


@dataclass(frozen=True)
class _Order:
    folder: Path
    slices: tuple[int, int]
    size: int
    difficulty: float
    seed: int


@dataclass(frozen=True)
class _Patient:
    number: int
    label: str

    @property
    def name(self) -> str:
        return f"P{self.number:05d}"


def draw_renal_phantoms(
    folder: Path | str,
    *,
    patients: int = 60,
    slices_per_patient: tuple[int, int] = (2, 3),
    size: int = 128,
    difficulty: float = 0.3,
    seed: int = 0,
    shares: Mapping[str, float] = RENAL_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw phantom CT slices of kidneys with a mass: clear-cell carcinoma, or angiomyolipoma and oncocytoma.

    The same seed gives the same files; a larger cohort begins with the smaller one, and goes on where it was killed.

    Args:
        folder: where ``dicom/``, ``masks/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        slices_per_patient: lowest and highest number of slices of a patient.
        size: side of a slice in pixels.
        difficulty: 0 (signs as in a textbook) to 1 (hardly any sign).
        seed: of everything.
        shares: class (benign, malignant) to share of the patients.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, patient, outline, kind, age, sex, centre.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or pydicom is not installed.
    """
    folder = Path(folder)
    need_dicom(folder)
    enforce(
        [
            *common_rules(patients, (size, size), difficulty, workers, RENAL_CLASSES, shares),
            image_rule(slices_per_patient, "slices_per_patient"),
        ]
    )
    facts = {
        "seed": str(seed), "size": str(size), "difficulty": f"{difficulty:g}",
        "slices per patient": "{} to {}".format(*slices_per_patient), "shares": plain_shares(shares, RENAL_CLASSES),
    }  # fmt: skip
    told = ("CT of the kidney", _NOTES, _VERSION, facts)
    claim(folder, describe(*told, patients), describe(*told, None))
    order = _Order(folder, slices_per_patient, size, difficulty, seed)
    labels = allot_classes(patients, shares, RENAL_CLASSES, generator(seed, "phantoms", "renal", "classes"))
    cohort = [_Patient(number, label) for number, label in enumerate(labels, start=1)]
    return draw_patients(folder, cohort, lambda one: _draw(order, one), workers=workers, progress=progress)


def _draw(order: _Order, patient: _Patient) -> list[Row]:
    """The rows of a patient; files that are there already are not drawn again."""
    rng = generator(order.seed, "phantoms", "renal", "patient", patient.number)
    level = difficulty_of(order.difficulty)
    kind = CLEAR_CELL if patient.label == "malignant" else (ANGIOMYOLIPOMA, ONCOCYTOMA)[int(rng.random() < 0.5)]
    strength = level.strength * (0.45 if rng.random() < level.overlap else float(rng.uniform(0.8, 1.15)))
    gain = float(rng.normal(1.0, 0.12 * level.variation))
    centre = "AB"[int(rng.random() < 0.5)]
    blur_mm, field = CENTRES[centre]
    facts = Slice(
        patient.name,
        "F" if rng.random() < 0.45 else "M",
        int(np.clip(rng.normal(58, 11), 20, 90)),
        date(2020, 1, 6) + timedelta(days=int(rng.integers(1500))),
        1,
        round(_FIELD_MM * field / order.size, 4),
    )
    mass, body = plan_mass(kind, strength, gain, rng), plan_body(gain, level.variation, blur_mm, rng)
    count = int(rng.integers(order.slices[0], order.slices[1] + 1))
    heights = np.linspace(-0.6, 0.6, count) + rng.normal(0, 0.08, count) if count > 1 else np.zeros(1)
    rows: list[Row] = []
    for number, height in enumerate(heights, start=1):
        own = generator(order.seed, "phantoms", "renal", "slice", patient.number, number)
        here = Slice(**{**vars(facts), "number": number})
        row = _row(patient, kind, centre, here)
        if not is_drawn(order.folder, row):
            hu, depth = draw_slice(body, mass, float(height), order.size, facts.pixel_mm, own)
            write_ct(order.folder / str(row["image"]), hu, here)
            outline = drawn_outline(depth, facts.pixel_mm, _WOBBLE_MM * level.variation, own)
            write_picture(order.folder / str(row["outline"]), outline)
        rows.append(row)
    return rows


def _row(patient: _Patient, kind: str, centre: str, facts: Slice) -> Row:
    name = f"{patient.name}-{facts.number}"
    return {
        "image": f"dicom/{name}.dcm",
        "label": patient.label,
        "patient": patient.name,
        "outline": f"masks/{name}.png",
        "kind": kind,
        "age": facts.age,
        "sex": facts.sex,
        "centre": centre,
    }
