"""Collection: what every folder of phantoms shares: who owns it, its README, and drawing it by several workers."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readingroom.core.errors import CaseTableError, OutputError, Problem
from readingroom.core.files import atomic_write, write_text
from readingroom.core.progress import Progress, SilentProgress
from readingroom.core.tables import write_csv

SMALLEST_PX = 16

Row = dict[str, object]
"""A row of the case table."""

Rule = tuple[bool, str, str, str]
"""Whether it holds, and where, what and how to mend it if not."""

_README = "README.txt"
_OURS = ("images", "masks", "dicom", "cases.csv", "dicom-cases.csv")
_Patient = TypeVar("_Patient")


def common_rules(
    patients: int,
    size: tuple[int, int],
    difficulty: float,
    workers: int | None,
    classes: Sequence[str],
    shares: Mapping[str, float],
) -> list[Rule]:
    """What the arguments of every kind of phantom have to keep to."""
    unknown = sorted(set(shares) - set(classes))
    finite = all(math.isfinite(share) and share >= 0 for share in shares.values())
    return [
        (patients >= 1, "patients", f"{patients}", "Ask for at least one"),
        (min(size) >= SMALLEST_PX, "size", f"{size}", f"Height and width are at least {SMALLEST_PX} pixels"),
        (0 <= difficulty <= 1, "difficulty", f"{difficulty}", "Give a number from 0 to 1"),
        (not unknown, "shares", f"no class {', '.join(unknown)}", f"Classes are {', '.join(classes)}"),
        (finite and sum(shares.values()) > 0, "shares", f"{dict(shares)}", "Shares are 0 or more, one at least above"),
        (workers is None or workers >= 1, "workers", f"{workers}", "Ask for at least one, or leave it out"),
    ]


def image_rule(images: tuple[int, int], name: str) -> Rule:
    """Numbers of images go from a lowest to a highest."""
    return 1 <= images[0] <= images[1], name, f"{images}", "Give a lowest and a highest number from 1"


def enforce(rules: Iterable[Rule]) -> None:
    """Raise for all rules that do not hold at once.

    Raises:
        CaseTableError: with one problem for each.
    """
    problems = [Problem(where, what, fix) for holds, where, what, fix in rules if not holds]
    if problems:
        raise CaseTableError("phantoms cannot be drawn as asked", field="phantoms", problems=problems)


def plain_shares(shares: Mapping[str, float], classes: Sequence[str]) -> str:
    """Shares as one line of a README, classes in their order."""
    return ", ".join(f"{name} {shares[name]:g}" for name in classes if shares.get(name, 0) > 0)


def describe(kind: str, notes: Sequence[str], version: int, facts: Mapping[str, str], patients: int | None) -> str:
    """The README of a folder; without the number of patients it is the start that all calls share.

    Args:
        kind: what is synthetic.
        notes: what lies where.
        version: of the drawing, raised whenever the same seed would draw other pixels.
        facts: parameter to value.
        patients: how many, written last so that more can be added.
    """
    lines = [f"{name}: {value}" for name, value in facts.items()]
    return "\n".join(
        [
            f"These images are PHANTOMS: synthetic {kind} drawn by Reading Room. They show no person.",
            "Nothing found on them is a finding about patients; use them to test software only.",
            "",
            *notes,
            "",
            f"phantom version: {version}",
            *lines,
            *([f"patients: {patients}"] if patients is not None else []),
            "",
        ]
    )


def claim(folder: Path, readme: str, start: str) -> None:
    """Make the folder ours, or go on with it; images drawn with other parameters are not mixed in.

    Raises:
        OutputError: it holds other phantoms, or something that is no phantom.
    """
    path = folder / _README
    if path.is_file():
        if not path.read_text(encoding="utf-8", errors="replace").startswith(start):
            raise OutputError(
                "the folder holds phantoms of other parameters, or something else",
                fix="Choose another folder, or remove this one",
                file=folder,
            )
    elif any((folder / name).exists() for name in _OURS):
        raise OutputError("the folder holds other images", fix="Choose an empty or new folder", file=folder)
    write_text(path, readme)


def draw_patients(
    folder: Path,
    cohort: Sequence[_Patient],
    draw: Callable[[_Patient], list[Row]],
    *,
    workers: int | None,
    progress: Progress | None,
) -> Path:
    """Draw all patients, several at a time, and write the case table in their order.

    Args:
        folder: where ``cases.csv`` goes.
        cohort: the patients.
        draw: draws what is missing of one patient and returns its rows.
        workers: threads; by default one for each processor.
        progress: where to report.

    Returns:
        Path of ``cases.csv``.
    """
    pool = ThreadPoolExecutor(workers or os.cpu_count())
    try:
        drawn = pool.map(draw, cohort)
        rows = list((progress or SilentProgress()).track(drawn, "phantoms", len(cohort)))
    finally:
        pool.shutdown(cancel_futures=True)
    table = folder / "cases.csv"
    write_csv(pd.DataFrame([row for some in rows for row in some]), table)
    return table


def is_drawn(folder: Path, row: Row) -> bool:
    """Whether the image and the outline of a row are there."""
    return all((folder / str(row[name])).is_file() for name in ("image", "outline") if row[name] is not None)


def write_picture(path: Path, pixels: NDArray[np.uint8] | NDArray[np.uint16], options: Sequence[int] = ()) -> None:
    """Encode by the suffix and write whole; through bytes, as cv2 cannot open every path."""
    _, encoded = cv2.imencode(path.suffix, pixels, list(options))
    with atomic_write(path) as temporary:
        temporary.write_bytes(encoded.tobytes())
