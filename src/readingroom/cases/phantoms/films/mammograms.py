"""Mammograms: both breasts of phantom patients in the oblique view, some with clustered microcalcifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.collection import Row, is_drawn, write_picture
from readingroom.cases.phantoms.difficulty import difficulty_of
from readingroom.cases.phantoms.films.breast import draw_tissue, plan_breast
from readingroom.cases.phantoms.films.specks import Cluster, add_cluster, add_distractors, plan_cluster
from readingroom.cases.phantoms.lesions import NORMAL
from readingroom.cases.phantoms.visits import Clinic, Order, Visit, fill_visits
from readingroom.core.progress import Progress
from readingroom.core.seeds import generator

CALCIFICATION = "calcification"
MAMMOGRAM_CLASSES = (NORMAL, CALCIFICATION)
MAMMOGRAM_SHARES: Mapping[str, float] = MappingProxyType({NORMAL: 1, CALCIFICATION: 1})
"""Of patients; a patient with calcifications has them in one breast, so that a quarter of the films show some."""
SIDES = ("L", "R")
_SECOND = 0.25  # chance of another cluster in the same breast

_CLINIC = Clinic(
    imaging="mammography",
    stream="mammograms",
    classes=MAMMOGRAM_CLASSES,
    age=(54, 9),
    women=1.0,
    notes=(
        "images/   mediolateral oblique films of both breasts, 8 bits",
        "cases.csv one row a film; `boxes` are around clusters of microcalcifications, in pixels, empty where there",
        "          is none; `calcification` is a film with a cluster: the other breast of the patient is normal",
        "Isolated specks, coarse benign calcifications, hairs and scratches are in films of both classes.",
        "Age, centre, date and density do not depend on the class.",
    ),
)


@dataclass(frozen=True)
class Mammogram:
    """A drawn film.

    Args:
        pixels: (H, W) uint8.
        clusters: what the boxes are around, where they lie in the film.
    """

    pixels: NDArray[np.uint8]
    clusters: tuple[Cluster, ...]


def draw_mammogram_phantoms(
    folder: str | Path,
    *,
    patients: int,
    size: tuple[int, int] = (640, 512),
    difficulty: float = 0.5,
    seed: int = 7,
    shares: Mapping[str, float] = MAMMOGRAM_SHARES,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Path:
    """Draw synthetic mammograms, normal or with clustered microcalcifications of a few pixels.

    The same arguments give the same bytes, whatever the number of workers. More patients with the same seed leave the
    first ones as they were.

    Args:
        folder: where ``images/``, ``cases.csv`` and ``README.txt`` go; made if need be.
        patients: number of phantom patients, two films each.
        size: height and width of a film in pixels; a film is about 24 cm high.
        difficulty: 0 (bright wide clusters, few distractors) to 1 (hardly any contrast, many distractors).
        seed: of everything.
        shares: class (normal, calcification) to share of the patients.
        progress: where to report.
        workers: threads; by default one for each processor.

    Returns:
        Path of ``cases.csv``: image, label, boxes, side, patient, exam, centre, date, age, sex.

    Raises:
        CaseTableError: arguments with which nothing can be drawn, all of them listed.
        OutputError: the folder holds something else, or cannot be written.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     draw_mammogram_phantoms(folder, patients=1, size=(96, 80)).name
        'cases.csv'
    """
    order = Order(Path(folder), patients, (2, 2), size, difficulty, seed, shares)
    return fill_visits(_CLINIC, order, partial(_draw_visit, order), workers=workers, progress=progress)


def _draw_visit(order: Order, visit: Visit) -> list[Row]:
    rng = generator(order.seed, "phantoms", "mammograms", "ill side", visit.number)
    ill = SIDES[int(rng.integers(2))] if visit.label == CALCIFICATION else None
    return [_save(order, visit, side, shown=side == ill) for side in SIDES]


def _save(order: Order, visit: Visit, side: str, *, shown: bool) -> Row:
    film = draw_mammogram(visit.number, side, shown, order.size, order.difficulty, order.seed)
    boxes = "; ".join("{} {} {} {}".format(*cluster.box_xyxy_px) for cluster in film.clusters)
    row: Row = {
        "image": f"images/{visit.patient}_{side}.png",
        "label": CALCIFICATION if film.clusters else NORMAL,
        "boxes": boxes or None,
        "side": side,
        **visit.facts,
    }
    if not is_drawn(order.folder, row | {"outline": None}):
        write_picture(order.folder / str(row["image"]), film.pixels)
    return row


def draw_mammogram(
    patient: int, side: str, shown: bool, size: tuple[int, int], difficulty: float, seed: int
) -> Mammogram:
    """One film; all but the clusters is the same whether they are shown or not.

    Args:
        patient: number.
        side: ``L`` or ``R``; the chest wall is at the left edge of the left one.
        shown: whether there are clusters.
        size: height and width in pixels.
        difficulty: 0 to 1.
        seed: of the collection.
    """
    names = ("phantoms", "mammograms", patient)
    hard = difficulty_of(difficulty)
    breast = plan_breast(generator(seed, *names, "breast"), hard.variation)
    tissue = draw_tissue(breast, size, generator(seed, *names, side, "tissue"))
    rng = generator(seed, *names, side, "clusters")
    count = 2 if rng.random() < _SECOND else 1
    clusters = [plan_cluster(tissue, hard.strength, hard.size / 1.3, rng) for _ in range(count)]
    clusters = [one for place, one in enumerate(clusters) if not any(_touch(one, other) for other in clusters[:place])]
    film = tissue.bright.copy()
    # Kept off the clusters' places in normal films too, so that distractors are the same in both.
    add_distractors(film, tissue, hard.decoys, clusters, generator(seed, *names, side, "distractors"))
    for cluster in clusters if shown else ():
        add_cluster(film, cluster)
    pixels = _exposed(film, tissue.inside, side, generator(seed, *names, side, "exposure"))
    placed = tuple(_mirrored(one, size[1]) if side == "R" else one for one in clusters)
    return Mammogram(pixels, placed if shown else ())


def _touch(one: Cluster, other: Cluster) -> bool:
    a, b = one.box_xyxy_px, other.box_xyxy_px
    return not (a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1])


def _mirrored(cluster: Cluster, width: int) -> Cluster:
    return Cluster(np.array([width - 1.0, 0.0]) + cluster.xy_px * [-1.0, 1.0], cluster.sigma_px, cluster.bright)


def _exposed(
    film: NDArray[np.float32], inside: NDArray[np.bool_], side: str, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Blur of the focal spot, quantum noise, exposure, the lead marker; the right breast is the mirror image."""
    height, width = film.shape
    soft = cv2.GaussianBlur(film, (0, 0), 0.45)
    noise = rng.standard_normal(film.shape, dtype=np.float32)
    grainy = soft + noise * (0.007 + 0.016 * np.sqrt(np.clip(soft, 0, 1))) * np.float32(rng.uniform(0.8, 1.2))
    shown = np.clip(grainy * rng.uniform(0.9, 1.12) + 0.012 + rng.uniform(0, 0.015), 0, 1)
    pixels = np.ascontiguousarray(np.rint(255 * (shown if side == "L" else shown[:, ::-1])), np.uint8)
    scale = height / 640
    place = (round((0.80 if side == "L" else 0.06) * width), round(0.08 * height))
    cv2.putText(pixels, f"{side} MLO", place, cv2.FONT_HERSHEY_SIMPLEX, 0.55 * scale, 235, max(1, round(1.6 * scale)),
                cv2.LINE_AA)  # fmt: skip
    return pixels
