"""Hydatid: phantom patients with a cyst of the liver, of all types of cystic echinococcosis, several scans each."""

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
from readingroom.cases.phantoms.ultrasound.cysts import HYDATID_CLASSES, TYPES_OF, add_cyst, plan_cyst
from readingroom.cases.phantoms.ultrasound.liver import draw_liver, plan_liver
from readingroom.cases.phantoms.ultrasound.probe import convex_frame, plan_screen
from readingroom.cases.phantoms.ultrasound.speckle import insonate, plan_scan
from readingroom.cases.phantoms.visits import Clinic, Order, Visit, fill_visits
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

HYDATID_SHARES: Mapping[str, float] = MappingProxyType(dict.fromkeys(HYDATID_CLASSES, 1.0))
_LINES = 0.8  # scan lines for each pixel of depth

_CLINIC = Clinic(
    imaging="ultrasound of the liver",
    stream="hydatid",
    classes=HYDATID_CLASSES,
    age=(41, 14),
    women=0.55,
    notes=(
        "images/   frames of a convex probe as a scanner stores them, with a burned-in panel, 8 bits",
        "cases.csv one row an image, one cyst a patient; `who_type` is the WHO type, `label` its clinical group",
        "Gallbladder, veins and the shadow of a rib are in scans of every class.",
        "Panel, gain, age, sex, centre and date do not depend on the class.",
    ),
)


def draw_hydatid_phantoms(
    folder: str | Path,
    *,
    patients: int,
    images_per_patient: tuple[int, int] = (2, 3),
    size: tuple[int, int] = (300, 400),
    difficulty: float = 0.5,
    seed: int = 7,
    shares: Mapping[str, float] = HYDATID_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic ultrasound of cystic echinococcosis of the liver, WHO types CL and CE1 to CE5.

    The same arguments give the same bytes, whatever the number of workers. More patients with the same seed leave the
    first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients, a cyst each.
        images_per_patient: lowest and highest number of images of a cyst.
        size: height and width of a frame in pixels.
        difficulty: 0 (large cysts with clear signs) to 1 (hardly any sign, patients that differ much).
        seed: of everything.
        shares: class (cystic-active, transitional, inactive) to share of the patients; within a class its types follow
            one after the other.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, who_type, lesion, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_hydatid_phantoms(folder, patients=1, size=(60, 80)).name
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
        "who_type": who_type_of(visit),
        "lesion": f"{visit.patient}-L1",
        **visit.facts,
    }
    if not is_drawn(order.folder, row | {"outline": None}):
        pixels = draw_hydatid(visit, number, order.size, order.difficulty, order.seed)
        write_picture(order.folder / str(row["image"]), pixels)
    return row


def who_type_of(visit: Visit) -> str:
    """The type of a patient's cyst: those of the class, one after the other."""
    types = TYPES_OF[visit.label]
    return types[visit.rank % len(types)]


def draw_hydatid(visit: Visit, number: int, size: tuple[int, int], difficulty: float, seed: int) -> NDArray[np.uint8]:
    """One frame (H, W) of a patient's cyst.

    Args:
        visit: the phantom patient.
        number: of the image, from 1.
        size: height and width of the frame in pixels.
        difficulty: 0 to 1.
        seed: of the collection.
    """
    names, hard = ("phantoms", "hydatid", visit.number), difficulty_of(difficulty)
    rng = generator(seed, *names, "image", number)
    # Sections of one patient have vessels of their own: the probe was moved.
    liver = plan_liver(generator(seed, *names, "liver", number), hard.variation)
    cyst = plan_cyst(who_type_of(visit), hard.size / 1.3, hard.strength, generator(seed, *names, "cyst"))
    zoom, blob = rng.uniform(0.88, 1.06), cyst.blob
    moved = replace(
        blob, x=blob.x + rng.normal(0, 0.05), y=blob.y + rng.normal(0, 0.03), wide=blob.wide * zoom,
        tall=blob.tall * zoom, angle=blob.angle + rng.normal(0, 0.1),
    )  # fmt: skip
    shape = round(0.92 * size[0]), round(0.92 * size[0] * _LINES)
    scan = draw_liver(liver, shape)
    add_cyst(scan, replace(cyst, blob=moved), rng)
    picture = insonate(scan.echo_db, scan.loss_db, plan_scan(shape, rng, hard.variation), rng)
    screen = plan_screen("Abdomen", visit.exam, rng, float(rng.choice([12.0, 14.0, 16.0])))
    return convex_frame(picture, screen, size)
