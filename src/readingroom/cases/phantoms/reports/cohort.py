"""The cohort: patients with a lump, whose picture tells one part and whose report another, and their case table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
    plain_shares,
    write_picture,
)
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.reports.picture import Lump, draw_ultrasound
from readingroom.cases.phantoms.reports.wording import FINDINGS, write_report
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

REPORT_CLASSES = ("benign", "malignant")
REPORT_SHARES: Mapping[str, float] = MappingProxyType({"benign": 0.5, "malignant": 0.5})
_TOLD = 0.84
"""How often the picture, and apart from it the text, shows what the lump is; else it shows the contrary."""
_VERSION = 1
_NOTES = (
    "images/   ultrasound pictures of a breast with a lump",
    "cases.csv one row a picture, with its report in English or Chinese",
    "What a lump is shows in the picture of most patients and, apart from that, in the text of most: neither alone "
    "tells of all. The text names every finding, or denies it. Language, side, size, age and centre mean nothing.",
)


@dataclass(frozen=True)
class _Order:
    folder: Path
    images: tuple[int, int]
    size: tuple[int, int]
    difficulty: float
    seed: int
    chinese: float


@dataclass(frozen=True)
class _Patient:
    number: int
    label: str

    @property
    def name(self) -> str:
        return f"P{self.number:05d}"


def draw_report_phantoms(
    folder: Path | str,
    *,
    patients: int = 120,
    images_per_patient: tuple[int, int] = (1, 2),
    size: tuple[int, int] = (96, 96),
    difficulty: float = 0.3,
    seed: int = 0,
    shares: Mapping[str, float] = REPORT_SHARES,
    chinese: float = 0.5,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw phantom ultrasound pictures of a lump, each with a report in words.

    The same seed gives the same files; a larger cohort begins with the smaller one.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients.
        images_per_patient: lowest and highest number of pictures of a patient, who has one report.
        size: height and width of a picture in pixels.
        difficulty: 0 (signs as in a textbook) to 1 (hardly any sign in the picture).
        seed: of everything.
        shares: class (benign, malignant) to share of the patients.
        chinese: share of the patients whose report is in Chinese.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, patient, report, language, age, centre.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.
    """
    folder = Path(folder)
    enforce(
        [
            *common_rules(patients, size, difficulty, workers, REPORT_CLASSES, shares),
            image_rule(images_per_patient, "images_per_patient"),
            (0 <= chinese <= 1, "chinese", f"{chinese}", "Give a share from 0 to 1"),
        ]
    )
    facts = {
        "seed": str(seed), "size": "{} x {}".format(*size), "difficulty": f"{difficulty:g}", "chinese": f"{chinese:g}",
        "images per patient": "{} to {}".format(*images_per_patient), "shares": plain_shares(shares, REPORT_CLASSES),
    }  # fmt: skip
    told = ("ultrasound of the breast with reports", _NOTES, _VERSION, facts)
    claim(folder, describe(*told, patients), describe(*told, None))
    order = _Order(folder, images_per_patient, size, difficulty, seed, chinese)
    labels = allot_classes(patients, shares, REPORT_CLASSES, generator(seed, "phantoms", "reports", "classes"))
    cohort = [_Patient(number, label) for number, label in enumerate(labels, start=1)]
    return draw_patients(folder, cohort, lambda one: _draw(order, one), workers=workers, progress=progress)


def _draw(order: _Order, patient: _Patient) -> list[Row]:
    rng = generator(order.seed, "phantoms", "reports", "patient", patient.number)
    level, malignant = difficulty_of(order.difficulty), patient.label == "malignant"
    seen, told = (malignant == bool(rng.random() < _TOLD) for _ in range(2))
    language = "zh" if rng.random() < order.chinese else "en"
    size_mm = int(rng.integers(9, 31))
    facts: Row = {
        "report": write_report(_present(told, rng), language, size_mm, rng),
        "language": language,
        "age": int(np.clip(rng.normal(52, 12), 18, 90)),
        "centre": "AB"[int(rng.random() < 0.5)],
    }
    gain = float(rng.normal(1.0, 0.1 * level.variation))
    count = int(rng.integers(order.images[0], order.images[1] + 1))
    rows: list[Row] = []
    for number in range(1, count + 1):
        name = f"images/{patient.name}-{number}.png"
        own = generator(order.seed, "phantoms", "reports", "picture", patient.number, number)
        if not (order.folder / name).is_file():
            write_picture(
                order.folder / name, draw_ultrasound(_lump(seen, size_mm, level.strength, own), order.size, gain, own)
            )
        rows.append({"image": name, "label": patient.label, "patient": patient.name, **facts})
    return rows


def _present(told: bool, rng: np.random.Generator) -> list[str]:
    """Two or three findings where the text tells of malignancy, none or one where it does not."""
    order = [FINDINGS[int(place)] for place in rng.permutation(len(FINDINGS))]
    return order[: int(rng.integers(2, 4)) if told else int(rng.integers(0, 2))]


def _lump(seen: bool, size_mm: int, strength: float, rng: np.random.Generator) -> Lump:
    signs = 0.5 + (0.35 if seen else -0.35) * min(1.0, strength) + rng.normal(0, 0.12)
    return Lump(
        (float(rng.uniform(0.35, 0.65)), float(rng.uniform(0.4, 0.56))),
        float(0.11 + 0.0035 * size_mm),
        float(np.clip(signs, 0, 1)),
    )
