"""Reading files by features: a case table, because an image alone has no outline, no text and no facts."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from readingroom.core.errors import CaseTableError, ReadingsError
from readingroom.core.progress import Progress
from readingroom.core.tables import read_table
from readingroom.reading.bundle import ReaderBundle, load_bundle
from readingroom.reading.features.reader import FeaturesReader, load_features_reader
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.pipeline import Unread

TABLES = frozenset({".csv", ".parquet"})


def read_with_features(
    folder: Path,
    bundle: ReaderBundle,
    places: Sequence[str | Path],
    find: Callable[[Sequence[str | Path]], list[Path]],
    progress: Progress | None,
) -> tuple[pd.DataFrame, list[Unread], Path]:
    """Read a case table with a features reader; one that needs the image only reads files and folders as well.

    Args:
        folder: of the bundle.
        bundle: its description.
        places: a case table (CSV or Parquet), or images and folders of them.
        find: finds images in files and folders.
        progress: where it is reported.

    Returns:
        Readings, images that could not be read, and the folder that their names are relative to.

    Raises:
        ReadingsError: images are given where the reader needs more than images.
        CaseTableError: a column that the reader needs is missing.
    """
    reader = load_features_reader(folder, bundle)
    cases, root = _cases(reader, places, find)
    readings, unread = reader.read(cases, root, progress=progress)
    return readings, unread, root


def needed_columns(folder: Path, section: FeaturesSection, stacked: dict[str, str]) -> list[str]:
    """Columns beside ``image`` that a reader needs, those of the readers that it stacks too."""
    own = (["outline"] if section.radiomics is not None else []) + ([section.text.column] if section.text else [])
    own += section.facts
    for where in stacked.values():
        other = load_bundle((folder / where).resolve())
        if other.features is not None:
            own += needed_columns((folder / where).resolve(), other.features.section, other.features.stacked)
    return list(dict.fromkeys(own))


def _cases(
    reader: FeaturesReader, places: Sequence[str | Path], find: Callable[[Sequence[str | Path]], list[Path]]
) -> tuple[pd.DataFrame, Path]:
    stacked = {} if reader.bundle.features is None else reader.bundle.features.stacked
    needed = needed_columns(reader.folder, reader.section, stacked)
    given = [Path(place) for place in places]
    if len(given) == 1 and given[0].suffix.lower() in TABLES:
        return _from_table(given[0], needed), given[0].resolve().parent
    if needed:
        columns = ", ".join(["image", *needed])
        raise ReadingsError(
            f"{reader.bundle.name} goes by more than the image: {', '.join(needed)}",
            fix=f"Give a case table, a CSV with the columns {columns}; paths are relative to it",
            file=given[0],
        )
    paths = find(places)
    root = Path(os.path.commonpath([path.parent.resolve() for path in paths]))
    names = [(path.parent.resolve() / path.name).relative_to(root).as_posix() for path in paths]
    return pd.DataFrame({"image": names}), root


def _from_table(path: Path, needed: Sequence[str]) -> pd.DataFrame:
    table = read_table(path)
    missing = [name for name in ("image", *needed) if name not in table]
    if missing:
        raise CaseTableError(
            f"there is no column {missing[0]}", fix=f"The reader needs: {', '.join(['image', *needed])}", file=path
        )
    cases = table.dropna(subset=["image"]).drop_duplicates("image").reset_index(drop=True)
    return cases.assign(image=cases["image"].astype(str))
