"""Thyroid: phantom patients with a nodule, benign or malignant, several scans each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.collection import Row, is_drawn, write_picture
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.ultrasound.neck import draw_neck, plan_neck
from readingroom.cases.phantoms.ultrasound.nodules import (
    BENIGN,
    MALIGNANT,
    THYROID_CLASSES,
    Nodule,
    add_nodule,
    plan_nodule,
)
from readingroom.cases.phantoms.ultrasound.probe import linear_frame, plan_screen, rectangle_of
from readingroom.cases.phantoms.ultrasound.speckle import insonate, plan_scan
from readingroom.cases.phantoms.visits import Clinic, Order, Visit, fill_visits
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

THYROID_SHARES: Mapping[str, float] = MappingProxyType({BENIGN: 1, MALIGNANT: 1})

_CLINIC = Clinic(
    imaging="ultrasound of the thyroid",
    stream="thyroid",
    classes=THYROID_CLASSES,
    age=(48, 13),
    women=0.75,
    notes=(
        "images/   frames of a linear probe as a scanner stores them, with a burned-in panel, 8 bits",
        "cases.csv one row an image, one nodule a patient",
        "Signs are as in TI-RADS; each is in some nodules of both classes.",
        "Panel, gain, age, sex, centre and date do not depend on the class.",
    ),
)


def draw_thyroid_phantoms(
    folder: str | Path,
    *,
    patients: int,
    images_per_patient: tuple[int, int] = (2, 3),
    size: tuple[int, int] = (300, 400),
    difficulty: float = 0.5,
    seed: int = 7,
    shares: Mapping[str, float] = THYROID_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic ultrasound of thyroid nodules, benign or malignant.

    The same arguments give the same bytes, whatever the number of workers. More patients with the same seed leave the
    first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients, a nodule each.
        images_per_patient: lowest and highest number of images of a nodule.
        size: height and width of a frame in pixels.
        difficulty: 0 (large nodules, hardly a sign in the wrong class) to 1 (as often in both classes).
        seed: of everything.
        shares: class (benign, malignant) to share of the patients.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, lesion, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_thyroid_phantoms(folder, patients=1, size=(60, 80)).name
        'cases.csv'
    """
    order = Order(Path(folder), patients, images_per_patient, size, difficulty, seed, shares)
    return fill_visits(_CLINIC, order, partial(_draw_visit, order), workers=workers, progress=progress)


def _draw_visit(order: Order, visit: Visit) -> list[Row]:
    return [_save(order, visit, number) for number in range(1, visit.images + 1)]


def _save(order: Order, visit: Visit, number: int) -> Row:
    row: Row = {
        "image": f"images/{visit.patient}_{number:02d}.png",
        "label": visit.label,
        "lesion": f"{visit.patient}-L1",
        **visit.facts,
    }
    if not is_drawn(order.folder, row | {"outline": None}):
        pixels = draw_thyroid(visit, number, order.size, order.difficulty, order.seed)
        write_picture(order.folder / str(row["image"]), pixels)
    return row


def nodule_of(visit: Visit, difficulty: float, seed: int) -> Nodule:
    """The nodule of a patient."""
    names, hard = ("phantoms", "thyroid", visit.number), difficulty_of(difficulty)
    neck = plan_neck(generator(seed, *names, "neck"), hard.variation)
    # In the middle signs are as frequent as stated; at 1 as frequent in both classes, at 0 further apart.
    mildness = 2 * difficulty - 1 if difficulty > 0.5 else difficulty - 0.5
    return plan_nodule(visit.label, neck, mildness, hard.size / 1.3, generator(seed, *names, "nodule"))


def draw_thyroid(visit: Visit, number: int, size: tuple[int, int], difficulty: float, seed: int) -> NDArray[np.uint8]:
    """One frame (H, W) of a patient's nodule.

    Args:
        visit: the phantom patient.
        number: of the image, from 1.
        size: height and width of the frame in pixels.
        difficulty: 0 to 1.
        seed: of the collection.
    """
    names, hard = ("phantoms", "thyroid", visit.number), difficulty_of(difficulty)
    neck = plan_neck(generator(seed, *names, "neck"), hard.variation)
    nodule = nodule_of(visit, difficulty, seed)
    rng = generator(seed, *names, "image", number)
    x0, y0, x1, y1 = rectangle_of(size)
    shape = y1 - y0, x1 - x0
    scan = draw_neck(neck, shape)
    # Another section of the same nodule: a bit larger or smaller, and somewhere else.
    zoom = rng.uniform(0.88, 1.08)
    blob = replace(
        nodule.blob, x=nodule.blob.x + rng.normal(0, 0.015), y=nodule.blob.y + rng.normal(0, 0.01),
        wide=nodule.blob.wide * zoom, tall=nodule.blob.tall * zoom, angle=nodule.blob.angle + rng.normal(0, 0.05),
    )  # fmt: skip
    add_nodule(scan, replace(nodule, blob=blob), rng)
    setting = plan_scan(shape, rng, hard.variation)
    picture = insonate(scan.echo_db, scan.loss_db, setting, rng)
    if neck.mirrored:
        picture = np.ascontiguousarray(picture[:, ::-1])
    screen = plan_screen("Thyroid", visit.exam, rng, float(rng.choice([3.0, 4.0, 5.0])))
    return linear_frame(picture, screen, size)
