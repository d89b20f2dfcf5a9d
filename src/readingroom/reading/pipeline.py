"""The reading pipeline: decode and prepare in threads while the engine works on the batch before."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from readingroom.cases.cleaning import clean_planes
from readingroom.cases.images import read_image
from readingroom.cases.stacks.pixels import stack_pixels
from readingroom.cases.view import View
from readingroom.core.errors import ImageError
from readingroom.core.progress import Progress, SilentProgress
from readingroom.core.tables import score_columns
from readingroom.reading.bundle import ReaderBundle
from readingroom.reading.engine import Engine
from readingroom.reading.preprocessing import Pixels, Preprocessing

Item = TypeVar("Item")


@dataclass(frozen=True)
class Unread:
    """An image that could not be read, and why."""

    image: str
    reason: str


def prepare_file(path: Path, preprocessing: Preprocessing, view: View | None = None) -> Pixels:
    """Decode a file, or the planes of a stack, and prepare it; the view is found unless it is known already.

    Raises:
        ImageError: the file cannot be read as an image, or not be cleaned as the contract says.
    """
    if preprocessing.stack is not None:
        return prepare_stack(path, preprocessing)
    return preprocessing.prepare_image(read_image(path), view)


def prepare_stack(path: Path, preprocessing: Preprocessing) -> Pixels:
    """Read the planes of a stack and prepare them: (planes, size, size, C); a plane that is not there is 0 everywhere.

    Raises:
        ImageError: it cannot be read, or the preprocessing is of single images.
    """
    wanted, stack = preprocessing, preprocessing.stack
    if stack is None:
        raise ImageError("a reader of single images reads no stacks", file=path)
    made, _ = stack_pixels(path, stack, size=wanted.size, window=wanted.window, fit=wanted.fit, views=wanted.view)
    return made if wanted.clean is None else clean_planes(made, wanted.clean)


def read_images(
    bundle: ReaderBundle,
    engine: Engine,
    images: Sequence[str],
    root: Path,
    *,
    batch: int = 16,
    workers: int | None = None,
    also: Callable[[Sequence[str], Pixels], None] | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, list[Unread]]:
    """Read images with a reader.

    Args:
        bundle: the reader.
        engine: opened for this bundle.
        images: paths relative to ``root``.
        root: folder of the images.
        batch: images that the engine takes at once.
        workers: threads that decode; as many as cores by default.
        also: called with the names and the prepared pixels of each batch, after it was read.
        progress: where it is reported.

    Returns:
        One row an image that could be read, with ``reader, image, score_<class>…, predicted, time_ms``, and the
        images that could not. ``time_ms`` is the time from files to answers, shared equally within a batch; the
        column's sum is the reading time of the whole set.
    """
    progress = progress or SilentProgress()
    unread: list[Unread] = []
    rows: list[pd.DataFrame] = []
    last = time.perf_counter()
    decoded = _decoded(bundle.preprocessing, images, root, workers or os.cpu_count() or 1, unread)
    task = progress.start(f"{bundle.name}: reading", len(images))
    try:
        for group in grouped(decoded, batch):
            names, pixels = [name for name, _ in group], np.stack([prepared for _, prepared in group])
            scores = engine.scores(pixels)
            now = time.perf_counter()
            rows.append(_rows(bundle, names, scores, (now - last) * 1000.0 / len(group)))
            if also is not None:
                also(names, pixels)
                now = time.perf_counter()
            last = now
            progress.advance(task, len(group))
    finally:
        progress.finish(task)
    return (
        pd.concat(rows, ignore_index=True) if rows else _rows(bundle, [], np.empty((0, len(bundle.classes))), 0.0)
    ), unread


def _rows(bundle: ReaderBundle, images: list[str], scores: Any, time_ms: float) -> pd.DataFrame:
    frame = pd.DataFrame({"reader": bundle.name, "image": images})
    frame[score_columns(bundle.classes)] = scores
    frame["predicted"] = bundle.predicted(scores)
    frame["time_ms"] = time_ms
    return frame


def _decoded(
    preprocessing: Preprocessing, images: Sequence[str], root: Path, workers: int, unread: list[Unread]
) -> Iterator[tuple[str, Pixels]]:
    with ThreadPoolExecutor(workers) as pool:

        def submit(name: str) -> tuple[str, Future[Pixels]]:
            return name, pool.submit(prepare_file, root / name, preprocessing)

        for name, future in ahead((submit(name) for name in images), 4 * workers):
            try:
                yield name, future.result()
            except ImageError as error:
                unread.append(Unread(name, error.what))


def ahead(items: Iterable[Item], count: int) -> Iterator[Item]:
    """Yield items while the next ``count`` are already under way: enough to overlap, never the whole set in memory."""
    waiting: deque[Item] = deque()
    for item in items:
        waiting.append(item)
        if len(waiting) > count:
            yield waiting.popleft()
    yield from waiting


def grouped(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Items in lists of a size, the last one shorter."""
    group: list[Item] = []
    for item in items:
        group.append(item)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group
