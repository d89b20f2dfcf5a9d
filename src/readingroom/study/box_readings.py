"""Box readings: what a reader that finds boxes found in a study's images, and what that says of the class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from readingroom.core.progress import Progress
from readingroom.core.tables import SCORE
from readingroom.reading.box_engine import BoxEngine
from readingroom.reading.box_pipeline import read_boxes
from readingroom.reading.bundle import ReaderBundle, load_detector
from readingroom.reading.pipeline import Unread
from readingroom.study.outlines import CLASSES


def find_boxes(
    where: Path, bundle: ReaderBundle, images: list[str], root: Path, progress: Progress
) -> tuple[pd.DataFrame, list[Unread]]:
    """Find boxes in images; the rows of `read_boxes`, and what could not be read.

    Args:
        where: folder of the bundle.
        bundle: its description.
        images: to be read.
        root: folder of the images.
        progress: where it is reported.
    """
    tile = None if bundle.boxes is None else bundle.boxes.tile
    engine = BoxEngine(load_detector(where, bundle), bundle.preprocessing, tile=tile)
    return read_boxes(bundle, engine, images, root, progress=progress)


def as_class_readings(found: pd.DataFrame, bundle: ReaderBundle) -> pd.DataFrame | None:
    """What the boxes say of the class of each image, in the columns of the readings; None where they say nothing.

    Lesion where a box counts, scored by the surest box; 0 where there is none.
    """
    if bundle.classes != CLASSES:
        return None
    images = found.groupby(["reader", "image"], sort=False, as_index=False)
    rows = images.agg(time_ms=("time_ms", "first"), score=("score", "max"), counted=("counted", "any"))
    score = rows["score"].fillna(0.0)
    scores = {f"{SCORE}{CLASSES[0]}": 1 - score, f"{SCORE}{CLASSES[1]}": score}
    answer = np.where(rows["counted"], CLASSES[1], CLASSES[0])
    return rows[["reader", "image", "time_ms"]].assign(**scores, predicted=answer)
