"""Stills: single frames of phantom clips of colonoscopy, each with or without a polyp in sight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2

from readingroom.cases.phantoms.clip.bowel import CLIP_CLASSES, NORMAL, POLYP, ClipScene, plan_clip
from readingroom.cases.phantoms.clip.folder import CLIP_SHARES
from readingroom.cases.phantoms.clip.frames import draw_frames
from readingroom.cases.phantoms.collection import Row, write_picture
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.stacks.cohort import StackPatient
from readingroom.cases.phantoms.stacks.folder import StackKind, StackOrder, check_stack_order, fill_stack_folder
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

STILLS = 12
"""Of a patient, evenly from one clip."""

_VERSION = 1
_NOTES = (
    "images/   single frames of a clip of each patient",
    "cases.csv one row a frame; of a patient with a polyp some frames show it and some do not",
)


@dataclass(frozen=True)
class _Stills:
    patient: StackPatient
    scene: ClipScene

    @property
    def files(self) -> list[str]:
        return [f"images/{self.patient.name}_{number:02d}.png" for number in range(1, STILLS + 1)]

    @property
    def labels(self) -> list[str]:
        first, last = self.scene.seen or (STILLS, -1)
        return [POLYP if first <= number <= last else NORMAL for number in range(STILLS)]


def draw_clip_stills(
    folder: str | Path,
    *,
    patients: int = 80,
    size: tuple[int, int] = (96, 112),
    difficulty: float = 0.3,
    seed: int = 7,
    shares: Mapping[str, float] = CLIP_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw single synthetic frames of colonoscopy, like those of `draw_clip_phantoms`, of other patients.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients, with `STILLS` frames each.
        size: rows and columns.
        difficulty: 0 (a large red polyp, little residue) to 1 (hardly any sign, much residue).
        seed: of everything.
        shares: class (normal, polyp) to share of the patients.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.
    """
    order = StackOrder(Path(folder), patients, size, difficulty, seed, shares)
    check_stack_order(order, CLIP_CLASSES, workers)
    return fill_stack_folder(_KIND, order, workers=workers, progress=progress)


def _plan(patient: StackPatient, order: StackOrder) -> _Stills:
    shared, own = generator(patient.seed, "bowel"), generator(patient.seed, "clip", 1)
    return _Stills(patient, plan_clip(patient.label, STILLS, difficulty_of(order.difficulty), shared, own))


def _rows(one: _Stills) -> list[Row]:
    return [
        {"image": name, "label": label, **one.patient.facts} for name, label in zip(one.files, one.labels, strict=True)
    ]


def _files(one: _Stills) -> list[str]:
    return one.files


def _save(one: _Stills, order: StackOrder, said: str) -> None:
    for name, pixels in zip(one.files, draw_frames(one.scene, order.size), strict=True):
        write_picture(order.folder / name, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))  # type: ignore[arg-type]


_KIND = StackKind(
    name="clip-stills",
    title="single frames of colonoscopy",
    classes=CLIP_CLASSES,
    notes=_NOTES,
    version=_VERSION,
    plan=_plan,
    rows=_rows,
    files=_files,
    save=_save,
)
