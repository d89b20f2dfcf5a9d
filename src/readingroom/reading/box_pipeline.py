"""Reading boxes: from files to boxes at each image's own size, with decoding overlapped."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from readingroom.core.errors import BundleError
from readingroom.core.progress import Progress, SilentProgress
from readingroom.reading.box_engine import BoxEngine
from readingroom.reading.boxes import FoundBoxes, areas, boxes_to_frame
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.outline_pipeline import Framed, decoded_ahead
from readingroom.reading.pipeline import Unread, grouped

CORNERS = ("x0", "y0", "x1", "y1")


def read_boxes(
    bundle: ReaderBundle,
    engine: BoxEngine,
    images: Sequence[str],
    root: Path,
    *,
    batch: int = 8,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, list[Unread]]:
    """Find boxes in images.

    Args:
        bundle: a reader that finds boxes.
        engine: opened for it.
        images: paths relative to ``root``.
        root: folder of the images.
        batch: images that the engine takes at once.
        workers: threads that decode; as many as cores by default.
        progress: where it is reported.

    Returns:
        One row a box, the surest of each image first, those below the threshold too; and one row without a score for
        an image in which there is none: ``reader, image, height, width, score, x0, y0, x1, y1`` (pixels of the frame),
        ``counted`` (the score reaches the threshold), ``time_ms`` (of the image); and the images that could not be
        read.
    """
    if bundle.boxes is None:
        raise BundleError("this reader does not find boxes")
    progress = progress or SilentProgress()
    unread: list[Unread] = []
    rows: list[dict[str, Any]] = []
    count = workers or os.cpu_count() or 1
    task = progress.start(f"{bundle.name}: finding boxes", len(images))
    last = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        for group in grouped(decoded_ahead(pool, bundle.preprocessing, images, root, count, unread), batch):
            found = engine.find(np.stack([one.prepared for one in group]))
            now = time.perf_counter()
            each = (now - last) * 1000 / len(group)
            for framed, boxes in zip(group, found, strict=True):
                rows += _rows(framed, boxes, bundle, each)
            last = now
            progress.advance(task, len(group))
    progress.finish(task)
    return pd.DataFrame(rows), unread


def _rows(framed: Framed, found: FoundBoxes, bundle: ReaderBundle, time_ms: float) -> list[dict[str, Any]]:
    assert bundle.boxes is not None
    boxes = boxes_to_frame(found.boxes_xyxy_px, framed.view, bundle.preprocessing)
    # What the padding or the blank ground around the view seemed to show is no lesion.
    inside = areas(boxes) > 0
    facts = {"reader": bundle.name, "image": framed.image, "height": framed.height, "width": framed.width}
    none = {"score": np.nan, **dict.fromkeys(CORNERS, np.nan), "counted": False}
    given = [
        {"score": score, **dict(zip(CORNERS, box, strict=True)), "counted": score >= bundle.boxes.threshold.value}
        for score, box in zip(found.scores[inside].tolist(), boxes[inside].tolist(), strict=True)
    ]
    return [{**facts, **one, "time_ms": time_ms} for one in given or [none]]
