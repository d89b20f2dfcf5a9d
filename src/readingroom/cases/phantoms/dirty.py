"""Dirty phantoms: sections of an organ as worn scanners give them, with noise, uneven fields, borders and text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.collection import (
    Row,
    claim,
    common_rules,
    describe,
    draw_patients,
    enforce,
    is_drawn,
    write_picture,
)
from readingroom.cases.phantoms.noise import Field, fractal_noise, smoothstep
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

NODULE = "nodule"
DIRTY_CLASSES = ("normal", NODULE)
CENTRES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"north": (900.0, 1.0), "south": (2400.0, 0.6), "west": (500.0, 1.7)}
)
"""Brightness of full tissue and exponent of each centre's scale."""

_VERSION = 1  # raised whenever the same seed would draw other pixels
_NOTES = (
    "images/   16-bit grey sections with a black border, writing in it, an uneven field and noise",
    "masks/    exact outlines of the nodules, 255 on it and 0 elsewhere; none for normal phantoms",
    "cases.csv one row an image, one image a patient; centre, age and sex do not depend on the class",
    "A nodule is a hazy round spot brighter than the organ. Vessels and small cysts are in both classes.",
)


@dataclass(frozen=True)
class _Order:
    folder: Path
    size: tuple[int, int]
    difficulty: float
    seed: int


def draw_dirty_phantoms(
    folder: str | Path,
    *,
    patients: int = 240,
    size: tuple[int, int] = (96, 112),
    difficulty: float = 0.5,
    seed: int = 7,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw sections with and without a nodule, from scanners of three centres that all need cleaning.

    The same arguments give the same bytes. More patients with the same seed leave the first ones as they were.

    Args:
        folder: where ``images/``, ``masks/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients, every second one with a nodule.
        size: height and width in pixels, border included.
        difficulty: 0 (clean, clear nodules) to 1 (faint nodules, strong noise and field).
        seed: of everything.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, patient, centre, age, sex, outline.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.
    """
    enforce(common_rules(patients, size, difficulty, workers, DIRTY_CLASSES, {NODULE: 1.0}))
    folder = Path(folder)
    facts = {"difficulty": f"{difficulty:g}", "seed": f"{seed}", "image": "{} x {}".format(*size)}
    tell = partial(describe, "sections of an organ from worn scanners", _NOTES, _VERSION, facts)
    claim(folder, tell(patients), tell(None))
    order = _Order(folder, (size[0], size[1]), difficulty, seed)
    numbers = range(1, patients + 1)
    return draw_patients(folder, numbers, partial(_draw_patient, order), workers=workers, progress=progress)


def _draw_patient(order: _Order, number: int) -> list[Row]:
    rng = generator(order.seed, "phantoms", "dirty", number)
    ill = number % 2 == 0
    centre = str(rng.choice(list(CENTRES)))
    row: Row = {
        "image": f"images/P{number:05d}.png",
        "label": NODULE if ill else DIRTY_CLASSES[0],
        "patient": f"P{number:05d}",
        "centre": centre,
        "age": int(rng.integers(25, 85)),
        "sex": "F" if rng.random() < 0.5 else "M",
        "outline": f"masks/P{number:05d}.png" if ill else None,
    }
    if not is_drawn(order.folder, row):
        top, right, bottom, left = border = _plan_border(order.size, rng)
        inner = order.size[0] - top - bottom, order.size[1] - left - right
        tissue, mask = draw_section(inner, ill, order.difficulty, rng)
        dirty = soil(tissue, CENTRES[centre], order.difficulty, rng)
        write_picture(order.folder / str(row["image"]), _framed(dirty, order.size, border, centre, number))
        if ill:
            framed = cv2.copyMakeBorder(mask * np.uint8(255), top, bottom, left, right, cv2.BORDER_CONSTANT, value=0)
            write_picture(order.folder / str(row["outline"]), np.asarray(framed, np.uint8))
    return [row]


def draw_section(
    size: tuple[int, int], ill: bool, difficulty: float, rng: np.random.Generator
) -> tuple[Field, NDArray[np.uint8]]:
    """A clean section and where its nodule is.

    Args:
        size: height and width.
        ill: with a nodule.
        difficulty: 0 to 1; the nodule stands out by 0.34 to 0.14 of full brightness.
        rng: where the numbers come from.

    Returns:
        Brightness (H, W), 0 to 1, and mask (H, W), 0 or 1.
    """
    side = max(size)
    grain = fractal_noise(rng, 512, 32, octaves=3)[: size[0], : size[1]]
    tissue = np.asarray(0.45 + 0.03 * grain, np.float32)
    for _ in range(rng.poisson(3)):
        _add_vessel(tissue, rng)
    for _ in range(rng.poisson(3)):  # cysts: sharp, smaller than any nodule, and darker or brighter
        spot = _spot(size, rng, side * rng.uniform(0.012, 0.025), 0.5)
        tissue += np.float32(rng.choice([-0.25, 0.3])) * spot
    mask = np.zeros(size, np.uint8)
    if ill:
        spot = _spot(size, rng, side * rng.uniform(0.1, 0.16), 1.0)
        tissue += np.float32((0.34 - 0.2 * difficulty) * rng.uniform(0.85, 1.15)) * spot
        mask = (spot > 0.5).astype(np.uint8)
    return np.clip(tissue, 0.02, 1.0), mask


def soil(tissue: Field, scale: tuple[float, float], difficulty: float, rng: np.random.Generator) -> NDArray[np.uint16]:
    """What a worn scanner makes of a section: an uneven field, noise as of a magnitude image, and its own scale.

    Args:
        tissue: (H, W), 0 to 1.
        scale: brightness of full tissue, and exponent.
        difficulty: 0 to 1, how strong field and noise are.
        rng: where the numbers come from.

    Returns:
        (H, W) uint16, at least 1 everywhere.
    """
    brightness, exponent = scale
    rows, columns = np.meshgrid(*(np.linspace(-1, 1, side) for side in tissue.shape), indexing="ij")
    a, b, c, d = rng.normal(0, 0.15 + 0.35 * difficulty, 4)
    field = np.exp(a * rows + b * columns + 0.5 * c * rows * columns + 0.5 * d * (rows**2 - columns**2))
    noise = rng.normal(0, 0.02 + 0.1 * difficulty, (2, *tissue.shape))
    magnitude = np.hypot(tissue**exponent * field + noise[0], noise[1])
    return np.asarray(np.rint(magnitude * brightness).clip(1, 65535), np.uint16)


def _plan_border(size: tuple[int, int], rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Pixels of black at the top, right, bottom and left: at least room for a line of text at the bottom."""
    most = min(size) / 6
    top, right, left = (int(rng.uniform(1, most)) for _ in range(3))
    return top, right, int(rng.uniform(13, max(most, 17))), left


def _framed(
    dirty: NDArray[np.uint16], size: tuple[int, int], border: tuple[int, int, int, int], centre: str, number: int
) -> NDArray[np.uint16]:
    top, _, _, left = border
    text = np.zeros(size, np.uint8)
    where = (2, size[0] - 3)
    cv2.putText(text, f"{centre} {number}", where, cv2.FONT_HERSHEY_PLAIN, 0.7, 255, 1)
    framed = text.astype(np.uint16) * np.uint16(16)  # writing as bright as 12 bits go
    framed[top : top + dirty.shape[0], left : left + dirty.shape[1]] = dirty
    return framed


def _spot(size: tuple[int, int], rng: np.random.Generator, radius: float, softness: float) -> Field:
    """A round spot somewhere inside, 1 in its middle and 0 outside."""
    margin = min(2 * radius, min(size) / 2 - 1)
    y, x = (rng.uniform(margin, side - margin) for side in size)
    rows, columns = np.ogrid[: size[0], : size[1]]
    distance = np.hypot((rows - y) * rng.uniform(0.85, 1.15), columns - x)
    return np.asarray(1 - smoothstep(radius * (1 - softness / 2), radius * (1 + softness / 2), distance), np.float32)


def _add_vessel(tissue: Field, rng: np.random.Generator) -> None:
    """A bright curved line, as wide as it comes, across a part of the section."""
    height, width = tissue.shape
    start, angle = rng.uniform(0, (width, height)), rng.uniform(0, 2 * np.pi)
    along = np.linspace(0, max(height, width) * rng.uniform(0.3, 0.8), 30)
    turn = angle + along / max(height, width) * rng.normal(0, 1.5)
    points = start + np.c_[np.cos(turn), np.sin(turn)] * along[:, None]
    line = np.zeros((height, width), np.uint8)
    cv2.polylines(line, [np.rint(points).astype(np.int32)], False, 255, int(rng.integers(1, 4)), cv2.LINE_AA)
    tissue += np.float32(rng.uniform(0.12, 0.3)) * cv2.GaussianBlur(line, (0, 0), 0.8) / np.float32(255)
