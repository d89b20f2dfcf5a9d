"""Reading marks: from volumes to points in mm of the patient, each volume read while the one before is searched."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from readingroom.cases.stacks.choice import VolumeStack
from readingroom.cases.stacks.whole import WholeVolume, read_whole_volume, to_mm
from readingroom.core.errors import BundleError, ImageError
from readingroom.core.progress import Progress, SilentProgress
from readingroom.reading.bundle import Marking, ReaderBundle, load_heat_mapper
from readingroom.reading.mark_engine import MarkEngine
from readingroom.reading.marks import FoundMarks
from readingroom.reading.pipeline import Unread, ahead
from readingroom.reading.preprocessing import Preprocessing

PLACE = ("x_mm", "y_mm", "z_mm")


def open_marks(where: str | Path, bundle: ReaderBundle, *, device: str = "auto") -> MarkEngine:
    """The engine of a bundle that marks lesions.

    Raises:
        BundleError: it does not, or its weights are not at hand.
    """
    wanted, network = _marking(bundle), load_heat_mapper(where, bundle)
    return MarkEngine(network, bundle.preprocessing, apart_mm=wanted.apart_mm, device=device)


def _marking(bundle: ReaderBundle) -> Marking:
    if bundle.marks is None:
        raise BundleError("this reader does not mark lesions in volumes")
    return bundle.marks


def prepare_volume(path: Path, preprocessing: Preprocessing) -> WholeVolume:
    """Read a volume and bring it to the spacing of a reader.

    Raises:
        ImageError: it cannot be read, or lies nowhere in the patient.
    """
    choice = preprocessing.stack
    if not isinstance(choice, VolumeStack):
        raise ImageError("a reader of single images reads no volumes", file=path)
    return read_whole_volume(path, choice, window=preprocessing.window)


def read_marks(
    bundle: ReaderBundle,
    engine: MarkEngine,
    images: Sequence[str],
    root: Path,
    *,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, list[Unread]]:
    """Mark lesions in volumes.

    Args:
        bundle: a reader that marks.
        engine: opened for it.
        images: paths relative to ``root``.
        root: folder of the images.
        progress: where it is reported.

    Returns:
        One row a mark, the surest of each volume first, those below the threshold too; and one row without a score for
        a volume in which there is none: ``reader, image, score, x_mm, y_mm, z_mm`` (LPS), ``counted`` (the score
        reaches the threshold), ``time_ms`` (of the volume); and the volumes that could not be read.
    """
    marking, progress = _marking(bundle), progress or SilentProgress()
    unread: list[Unread] = []
    rows: list[dict[str, Any]] = []
    task = progress.start(f"{bundle.name}: marking", len(images))
    last = time.perf_counter()
    for name, volume in _volumes(bundle.preprocessing, images, root, unread):
        found = engine.find(volume.pixels, volume.affine)
        now = time.perf_counter()
        facts = {"reader": bundle.name, "image": name, "time_ms": (now - last) * 1000}
        rows += [facts | one for one in _rows(found, volume, marking)]
        last = now
        progress.advance(task, 1)
    progress.finish(task)
    columns = ["reader", "image", "score", *PLACE, "counted", "time_ms"]
    return pd.DataFrame(rows, columns=columns), unread


def _rows(found: FoundMarks, volume: WholeVolume, marking: Marking) -> list[dict[str, Any]]:
    if not len(found):
        return [{"score": np.nan, **dict.fromkeys(PLACE, np.nan), "counted": False}]
    points = to_mm(volume.affine, found.places).tolist()
    return [
        {"score": score, **dict(zip(PLACE, point, strict=True)), "counted": score >= marking.threshold.value}
        for score, point in zip(found.scores.tolist(), points, strict=True)
    ]


def _volumes(
    preprocessing: Preprocessing, images: Sequence[str], root: Path, unread: list[Unread]
) -> Iterator[tuple[str, WholeVolume]]:
    # One at a time beside the one that is searched: a CT holds hundreds of megabytes.
    with ThreadPoolExecutor(1) as pool:

        def submit(name: str) -> tuple[str, Future[WholeVolume]]:
            return name, pool.submit(prepare_volume, root / name, preprocessing)

        for name, future in ahead((submit(name) for name in images), 1):
            try:
                yield name, future.result()
            except ImageError as error:
                unread.append(Unread(name, error.what))
