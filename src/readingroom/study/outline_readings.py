"""Outline readings: what an outlining reader drew in a study's images, against the reference outlines."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.core.progress import Progress
from readingroom.core.tables import SCORE
from readingroom.evaluation import lesion_outcome, overlap
from readingroom.reading.bundle import ReaderBundle, load_segmenter
from readingroom.reading.outline_engine import OutlineEngine
from readingroom.reading.outline_pipeline import read_outlines
from readingroom.reading.pipeline import Unread
from readingroom.study.outlines import CLASSES, Outlines

TOLERANCE = 0.01
"""Of the surface Dice, as a share of the image's shorter side."""


def outline_images(
    where: Path,
    bundle: ReaderBundle,
    images: list[str],
    outlines: Outlines,
    folder: Path,
    progress: Progress,
) -> tuple[pd.DataFrame, list[Unread]]:
    """Outline images and compare each with its reference.

    Args:
        where: folder of the bundle.
        bundle: its description.
        images: to be read.
        outlines: the references.
        folder: masks are written here.
        progress: where it is reported.

    Returns:
        The rows of `read_outlines` with ``reference`` (its file) and ``known`` (whether it can be used), the fields of
        `readingroom.evaluation.Overlap`, and ``lesions, lesions_found, false_outlines``; and what could not be read.
    """
    wanted = bundle.outlines
    flips, tile = (wanted.flips, wanted.tile) if wanted is not None else (False, None)
    engine = OutlineEngine(load_segmenter(where, bundle), bundle.preprocessing, flips=flips, tile=tile)
    root = outlines.cases.root

    def judge(image: str, mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
        reference, file = outlines.mask(image, *mask.shape), {"reference": outlines.files.get(image)}
        return file | ({"known": False} if reference is None else judged(reference > 0, mask))

    return read_outlines(bundle, engine, images, root, folder=folder, judge=judge, progress=progress)


def judged(reference: npt.NDArray[np.bool_], mask: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """How well a drawn mask fits its reference, both (H, W), as columns of its row."""
    found = overlap(reference, mask, tolerance=TOLERANCE * min(mask.shape))
    lesions = lesion_outcome(reference, mask)
    counts = {"lesions": len(lesions.lesions), "lesions_found": sum(lesions.found)}
    return {"known": True, **asdict(found), **counts, "false_outlines": lesions.false_outlines}


def as_readings(outlined: pd.DataFrame, bundle: ReaderBundle) -> pd.DataFrame | None:
    """What the outlines say of the class of each image, in the columns of the readings; None where they say nothing.

    With a classifier its scores; in a study that only outlines, lesion where anything was outlined, scored by the
    probability of lesion anywhere.
    """
    columns = outlined[["reader", "image", "time_ms"]]
    scored = [f"{SCORE}{name}" for name in bundle.classes]
    if bundle.outlines is not None and bundle.outlines.classify:
        scores = outlined[scored]
        return columns.join(scores).assign(predicted=bundle.predicted(scores.to_numpy()))
    if bundle.classes != CLASSES:
        return None
    answer = np.where(outlined["outlines"] > 0, CLASSES[1], CLASSES[0])
    probability = outlined["probability"]
    return columns.assign(**{scored[0]: 1 - probability, scored[1]: probability}, predicted=answer)
