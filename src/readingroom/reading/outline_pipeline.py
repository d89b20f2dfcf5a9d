"""Reading outlines: from files to masks at each image's own size, with decoding and drawing overlapped."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.cases.images import read_image
from readingroom.cases.view import View
from readingroom.core.errors import BundleError, ImageError
from readingroom.core.files import atomic_write
from readingroom.core.progress import Progress, SilentProgress
from readingroom.core.tables import score_columns
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.outline_engine import Maps, OutlineEngine
from readingroom.reading.outlines import OutlineRule, fill_outlines, outlines_in_frame
from readingroom.reading.pipeline import Unread, ahead, grouped
from readingroom.reading.preprocessing import Pixels, Preprocessing

Judge = Callable[[str, npt.NDArray[np.bool_]], dict[str, Any]]
"""From an image's name and the mask drawn in it, (H, W), to more columns of its row."""


@dataclass(frozen=True)
class Framed:
    """A prepared view and the frame that it came from."""

    image: str
    prepared: Pixels
    view: View
    height: int
    width: int


def read_outlines(
    bundle: ReaderBundle,
    engine: OutlineEngine,
    images: Sequence[str],
    root: Path,
    *,
    folder: Path | None = None,
    judge: Judge | None = None,
    batch: int = 8,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, list[Unread]]:
    """Outline lesions in images.

    Args:
        bundle: a reader that outlines.
        engine: opened for it.
        images: paths relative to ``root``.
        root: folder of the images.
        folder: masks are written here, one PNG (0 or 255) an image under its own name; None writes none.
        judge: more columns for each image, from the mask that was drawn.
        batch: images that the engine takes at once.
        workers: threads that decode and draw; as many as cores by default.
        progress: where it is reported.

    Returns:
        One row an image that could be read: ``reader, image, height, width, outlines`` (how many), ``area_px``,
        ``probability`` (of lesion anywhere in the image), ``mask`` (its file, relative to ``folder``), ``time_ms``,
        with a classifier ``score_<class>``, and what ``judge`` adds; and the images that could not.
    """
    wanted = bundle.outlines
    if wanted is None:
        raise BundleError("this reader tells classes apart and does not outline")
    progress = progress or SilentProgress()
    unread: list[Unread] = []
    rows: list[dict[str, Any]] = []
    count = workers or os.cpu_count() or 1
    task = progress.start(f"{bundle.name}: outlining", len(images))
    last = time.perf_counter()
    with ThreadPoolExecutor(count) as pool:
        decoded = decoded_ahead(pool, bundle.preprocessing, images, root, count, unread)
        for group in grouped(decoded, batch):
            answer = engine.answer(np.stack([one.prepared for one in group]))
            draw = partial(_drawn, bundle=bundle, folder=folder, judge=judge)
            found = list(pool.map(draw, group, answer.maps))
            now = time.perf_counter()
            for place, row in enumerate(found):
                own = [] if answer.scores is None else answer.scores[place].tolist()
                scores = dict(zip(score_columns(bundle.classes), own, strict=False))
                rows.append({"reader": bundle.name, **row, **scores, "time_ms": (now - last) * 1000 / len(group)})
            last = now
            progress.advance(task, len(group))
    progress.finish(task)
    return pd.DataFrame(rows), unread


def decoded_ahead(
    pool: ThreadPoolExecutor,
    preprocessing: Preprocessing,
    images: Sequence[str],
    root: Path,
    workers: int,
    unread: list[Unread],
) -> Iterator[Framed]:
    """Prepared views in order, a few decoded ahead of their use; what cannot be read is added to ``unread``."""

    def submit(name: str) -> tuple[str, Future[Framed]]:
        return name, pool.submit(_framed, name, root, preprocessing)

    for name, future in ahead((submit(name) for name in images), 4 * workers):
        try:
            yield future.result()
        except ImageError as error:
            unread.append(Unread(name, error.what))


def _framed(name: str, root: Path, preprocessing: Preprocessing) -> Framed:
    image = read_image(root / name)
    view = preprocessing.view_of(image)
    height, width = image.pixels.shape[:2]
    return Framed(name, preprocessing.prepare_image(image, view), view, height, width)


def _drawn(
    framed: Framed, probability: Maps, *, bundle: ReaderBundle, folder: Path | None, judge: Judge | None
) -> dict[str, Any]:
    wanted = bundle.outlines
    assert wanted is not None
    x0, y0, x1, y1 = framed.view.box_xyxy_px
    specks = max(1, round(wanted.smallest * (x1 - x0) * (y1 - y0)))
    rule = OutlineRule(wanted.threshold.value, specks, fill_holes=True, tolerance_px=0)
    size = framed.height, framed.width
    found = outlines_in_frame(probability, framed.view, bundle.preprocessing, *size, rule)
    mask = fill_outlines(found, framed.height, framed.width)
    row = {
        "image": framed.image,
        "height": framed.height,
        "width": framed.width,
        "outlines": len(found),
        "area_px": int(mask.sum()),
        "probability": lesion_probability(probability, wanted.smallest),
        "mask": None if folder is None else save_mask(mask, folder, framed.image),
    }
    return row | ({} if judge is None else judge(framed.image, mask))


def lesion_probability(probability: Maps, smallest: float) -> float:
    """The highest probability that an area of the smallest outline reaches, as the score of a lesion in the image."""
    count = max(1, math.ceil(smallest * probability.size))
    return float(np.partition(probability.ravel(), -count)[-count])


def png_name(image: str) -> str:
    """The name of a PNG made of an image: its own with ``.png`` added, so that ``a.jpg`` and ``a.tif`` stay two.

    Example:
        >>> png_name("p1/a.jpg"), png_name("p1/a.png")
        ('p1/a.jpg.png', 'p1/a.png')
    """
    return image if image.lower().endswith(".png") else f"{image}.png"


def save_mask(mask: npt.NDArray[np.bool_], folder: Path, image: str) -> str:
    """Write a mask as PNG (0 or 255) under its image's name; returns its path relative to the folder."""
    name = png_name(image)
    encoded = cv2.imencode(".png", mask.astype(np.uint8) * 255)[1]
    with atomic_write(folder / name) as temporary:
        temporary.write_bytes(encoded.tobytes())
    return name
