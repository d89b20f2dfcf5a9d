"""Chest films: phantom patients, normal or abnormal, as 12-bit DICOM of either photometric interpretation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.collection import Row, describe
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.films.findings import ENLARGED, FINDINGS, NO_FINDING, add_finding
from readingroom.cases.phantoms.films.radiograph import HIGHEST, PHOTOMETRICS, need_dicom, write_film
from readingroom.cases.phantoms.films.thorax import draw_thorax, plan_thorax
from readingroom.cases.phantoms.lesions import NORMAL
from readingroom.cases.phantoms.visits import Clinic, Order, Visit, fill_visits, readme_facts
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

ABNORMAL = "abnormal"
CHEST_CLASSES = (NORMAL, ABNORMAL)
CHEST_SHARES: Mapping[str, float] = MappingProxyType({NORMAL: 1, ABNORMAL: 1})

_CLINIC = Clinic(
    imaging="radiography of the chest",
    stream="chest",
    classes=CHEST_CLASSES,
    age=(55, 15),
    women=0.5,
    notes=(
        "images/   films from back to front as DICOM (CR), 12 bits stored in 16; every other one MONOCHROME1, whose",
        "          lowest value is white",
        "cases.csv one row a film; `finding` says what is abnormal",
        "Photometric interpretation, exposure, age, sex, centre and date do not depend on the class.",
    ),
)


def draw_chest_phantoms(
    folder: str | Path,
    *,
    patients: int,
    images_per_patient: tuple[int, int] = (1, 2),
    size: tuple[int, int] = (320, 288),
    difficulty: float = 0.5,
    seed: int = 7,
    shares: Mapping[str, float] = CHEST_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic chest films as DICOM, normal or abnormal, half of them MONOCHROME1.

    The same arguments give the same bytes, whatever the number of workers. More patients with the same seed leave the
    first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        images_per_patient: lowest and highest number of films of a patient.
        size: height and width of a film in pixels.
        difficulty: 0 (wide dense findings) to 1 (hardly any contrast, patients that differ much).
        seed: of everything.
        shares: class (normal, abnormal) to share of the patients.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, finding, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: pydicom is not installed, the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_chest_phantoms(folder, patients=1, size=(64, 56)).name
        'cases.csv'
    """
    need_dicom(Path(folder))
    order = Order(Path(folder), patients, images_per_patient, size, difficulty, seed, shares)
    kind = describe(_CLINIC.imaging, (), _CLINIC.version, readme_facts(_CLINIC, order), None)
    return fill_visits(_CLINIC, order, partial(_draw_visit, order, kind), workers=workers, progress=progress)


def _draw_visit(order: Order, kind: str, visit: Visit) -> list[Row]:
    return [_save(order, kind, visit, number) for number in range(1, visit.images + 1)]


def _save(order: Order, kind: str, visit: Visit, number: int) -> Row:
    finding = finding_of(visit)
    row: Row = {
        "image": f"images/{visit.patient}_{number:02d}.dcm",
        "label": visit.label,
        "finding": finding,
        **visit.facts,
    }
    path = order.folder / str(row["image"])
    if not path.is_file():
        pixels = draw_chest(visit, number, finding, order.size, order.difficulty, order.seed)
        # By turns within each class, so that the interpretation says nothing of it.
        photometric = PHOTOMETRICS[(visit.rank // (1 if visit.label == NORMAL else len(FINDINGS)) + number) % 2]
        write_film(path, pixels, photometric, visit, number, kind)
    return row


def finding_of(visit: Visit) -> str:
    """What an abnormal patient has: one finding after the other."""
    return NO_FINDING if visit.label == NORMAL else FINDINGS[visit.rank % len(FINDINGS)]


def draw_chest(
    visit: Visit, number: int, finding: str, size: tuple[int, int], difficulty: float, seed: int
) -> NDArray[np.uint16]:
    """One film as it is to be seen.

    Args:
        visit: the phantom patient.
        number: of the film, from 1.
        finding: one of `FINDINGS` or ``none``.
        size: height and width in pixels.
        difficulty: 0 to 1.
        seed: of the collection.

    Returns:
        (H, W) 0 black to 4095 white.
    """
    names, hard = ("phantoms", "chest", visit.number), difficulty_of(difficulty)
    thorax = plan_thorax(visit.sex, generator(seed, *names, "thorax"), hard.variation)
    ill = generator(seed, *names, "finding")
    heart = thorax.heart
    if finding == "cardiomegaly":
        heart += (ill.uniform(*ENLARGED) - heart) * min(1.0, 0.3 + 0.7 * hard.strength)
    chest = draw_thorax(thorax, size, heart, generator(seed, *names, "position", number))
    add_finding(chest, finding, hard.strength, hard.size / 1.3, ill)
    lungs = np.maximum(chest.right, chest.left)
    film = chest.dense + chest.bones * (chest.dense > 0.05) + chest.vessels * lungs * (1 - 0.85 * chest.heart)
    return _exposed(film, generator(seed, *names, "exposure", number))


def _exposed(film: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.uint16]:
    """Scatter, quantum noise, exposure, the collimator's edge and the lead marker of the side."""
    height, width = film.shape
    film = 0.9 * cv2.GaussianBlur(film, (0, 0), 0.0022 * height) + 0.1 * cv2.GaussianBlur(film, (0, 0), 0.06 * height)
    dark = np.clip(film, 0, 1.1) ** float(rng.uniform(0.9, 1.15))
    noise = rng.standard_normal(film.shape, dtype=np.float32)
    values = 0.06 + dark * rng.uniform(0.72, 0.84) + noise * (0.006 + 0.009 * dark) + rng.uniform(-0.02, 0.04)
    edge = [round(float(rng.uniform(0, 0.022)) * side) for side in (height, height, width, width)]
    frame = np.zeros_like(values)
    frame[edge[0] : height - edge[1], edge[2] : width - edge[3]] = 1
    values = values * frame + (1 - frame) * 0.03
    marker = np.zeros((height, width), np.uint8)
    place = round(0.045 * width), round(0.10 * height)
    cv2.putText(marker, "R", place, cv2.FONT_HERSHEY_SIMPLEX, 0.0022 * height, 250, max(1, round(0.006 * height)),
                cv2.LINE_AA)  # fmt: skip
    return np.asarray(np.rint(np.clip(np.maximum(values, marker / 255), 0, 1) * HIGHEST), np.uint16)
