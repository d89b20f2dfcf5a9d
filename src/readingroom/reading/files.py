"""Reading files: images or folders of images in, a table of readings out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from readingroom.cases.folders import image_files
from readingroom.cases.images import IMAGE_SUFFIXES
from readingroom.core.errors import ImageError, ReadingsError
from readingroom.core.files import check_writable, legible
from readingroom.core.progress import Progress
from readingroom.core.tables import write_csv, write_parquet
from readingroom.reading.bundle import load_bundle
from readingroom.reading.engine import open_engine
from readingroom.reading.pipeline import Unread, read_images


def read_files(
    reader: str | Path,
    images: Sequence[str | Path],
    *,
    out: str | Path,
    engine: str = "auto",
    device: str = "auto",
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, list[Unread]]:
    """Read image files with a reader bundle and write the table of readings.

    Args:
        reader: the bundle's folder.
        images: files, or folders whose images are all read.
        out: ``.csv`` or ``.parquet``.
        engine: ``auto``, ``torch`` or ``openvino``.
        device: ``auto``, ``cpu`` or ``cuda``.
        progress: where it is reported.

    Returns:
        The readings and the images that could not be read.

    Raises:
        ImageError: no images are there.
        ReadingsError: ``out`` is neither CSV nor Parquet.
        OutputError: ``out`` cannot be written; said before anything is read.

    Example:
        >>> read_files("runs/demo/readers/resnet18-random", ["new/"], out="readings.csv")  # doctest: +SKIP
    """
    out = Path(out)
    if out.suffix.lower() not in {".csv", ".parquet"}:
        raise ReadingsError(f"{out.suffix!r} is no kind of table", fix="End the name in .csv or .parquet", file=out)
    bundle = load_bundle(reader)
    paths = find_images(images)
    check_writable(out)
    root = Path(os.path.commonpath([path.parent.resolve() for path in paths]))
    # A link is read under its own name, wherever it leads.
    found = [(path.parent.resolve() / path.name).relative_to(root).as_posix() for path in paths]
    names = [name for name in found if legible(name) == name]
    opened = open_engine(reader, bundle, engine, device, images=len(names))
    readings, unread = read_images(bundle, opened, names, root, progress=progress)
    unread += [Unread(legible(name), "the name is not UTF-8") for name in found if legible(name) != name]
    if out.suffix.lower() == ".csv":
        write_csv(readings, out)
    else:
        write_parquet(readings, out, kind="readings")
    return readings, unread


def find_images(places: Sequence[str | Path]) -> list[Path]:
    """Image files, and those in folders, each once, in order.

    Raises:
        ImageError: a place does not exist, or there is no image in any of them.
    """
    found: dict[Path, None] = {}
    for place in map(Path, places):
        if not place.exists():
            raise ImageError("no such file or folder", fix="Check the path", file=place)
        found.update(dict.fromkeys(image_files(place) if place.is_dir() else [place]))
    if not found:
        raise ImageError("no images here", fix=f"Known are {', '.join(sorted(IMAGE_SUFFIXES))}", file=Path(places[0]))
    return list(found)
