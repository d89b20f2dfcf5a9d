"""The two tables that the rooms share, the case table and the readings: their columns and how they are stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from readingroom.core.errors import CaseTableError, ReadingsError
from readingroom.core.files import atomic_write

SCHEMA_VERSION = 1

CASE_COLUMNS: dict[str, str] = {
    "image": "path of the image, relative to the table (or to the image root)",
    "label": "class of the image by the reference standard",
    "patient": "pseudonym of the patient; all images of a patient stay in one part of the partition",
    "exam": "examination that the image was taken in",
    "lesion": "lesion that the image shows; several images may show one lesion",
    "site": "anatomical site",
    "centre": "hospital or device",
    "date": "date of the examination, ISO 8601",
    "outline": "path of the mask that outlines the lesion",
    "boxes": "boxes in pixels, x0 y0 x1 y1, several separated by ';'",
    "points": "lesions in a volume, x y z and radius in mm of DICOM's patient axes, several separated by ';'",
    "split": "part of the partition, where the table decides it: training, validation, test or external",
    "annotator": "who gave the label",
}
"""Known columns of the case table. `image` is required; every other column is kept as a fact."""

READING_COLUMNS: dict[str, str] = {
    "reader": "name of the reader, a network or a person",
    "image": "the case table's image",
    "patient": "the case table's patient; the column is missing where the table has none",
    "group": "what the partition kept together: the patient, or a group of near-duplicates",
    "exam": "the case table's exam",
    "lesion": "the case table's lesion",
    "site": "the case table's site",
    "centre": "the case table's centre",
    "split": "part of the partition that the image was in for this reader",
    "fold": "fold of the cross-validation, from 1; 1 where there is none",
    "repeat": "training repeat (another seed), from 1",
    "truth": "class by the reference standard",
    "truth_score": "of ordered grades, the continuous score by the reference standard; `task.score` of the study file",
    "given_score": "of ordered grades, the score between the grades that a person gave",
    "predicted": "class that the reader answered, by its threshold",
    "time_ms": "reading time of this image in milliseconds",
    "experience": "of a person: junior, senior, or as the table says",
}
"""Known columns of the readings, beside one ``score_<class>`` for each class."""

SCORE = "score_"
"""Prefix of the columns that hold a reader's score for a class."""

SPLITS = ("training", "validation", "test", "external")


def score_columns(classes: Sequence[str]) -> list[str]:
    """Names of the score columns, in the order of the classes."""
    return [f"{SCORE}{name}" for name in classes]


def scored_classes(readings: pd.DataFrame) -> list[str]:
    """Classes that a table of readings has scores for, in the order of its columns."""
    return [str(name).removeprefix(SCORE) for name in readings.columns if str(name).startswith(SCORE)]


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV (any of UTF-8, UTF-8 with BOM, GB 18030) or Parquet table; every cell of a CSV is text.

    An empty cell is missing (NA). Nothing is guessed: ``007`` stays ``007``.

    Raises:
        CaseTableError: no such file, not a table, empty, or two columns of one name.
    """
    path = Path(path)
    if not path.is_file():
        raise CaseTableError("no such file", fix="Give the path of a CSV or Parquet table", file=path)
    frame = _read_parquet(path) if path.suffix.lower() in {".parquet", ".pq"} else _read_csv(path)
    doubled = frame.columns[frame.columns.duplicated()]
    if len(doubled):
        raise CaseTableError(f"two columns are called {doubled[0]!r}", fix="Rename one of them", file=path)
    return frame


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = pq.read_table(path).to_pandas()
    except (pa.ArrowInvalid, OSError) as error:
        raise CaseTableError(f"not a Parquet table ({error})", fix="Save the table again", file=path) from error
    return frame


def _read_csv(path: Path) -> pd.DataFrame:
    # Spreadsheets in China save GB 18030 unless told otherwise.
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            # Without a header of its own, pandas cannot rename a doubled column in silence.
            cells = pd.read_csv(
                path,
                dtype="str",
                encoding=encoding,
                keep_default_na=False,
                na_values=[""],
                header=None,
                skip_blank_lines=False,
            )
        except UnicodeDecodeError:
            continue
        except pd.errors.EmptyDataError as error:
            raise CaseTableError("the table is empty", fix="Write a header and rows", file=path) from error
        except pd.errors.ParserError as error:
            raise CaseTableError(
                f"not a CSV table ({error})", fix="Separate columns by commas; quote cells that hold one", file=path
            ) from error
        names = ["" if pd.isna(name) else str(name).strip() for name in cells.iloc[0]]
        return cells.iloc[1:].reset_index(drop=True).set_axis(names, axis=1)
    raise CaseTableError("the text is neither UTF-8 nor GB 18030", fix="Save the table as UTF-8", file=path)


_PREFIX = "readingroom."


def write_parquet(frame: pd.DataFrame, path: str | Path, *, kind: str, facts: Mapping[str, str] | None = None) -> None:
    """Write a table atomically as Parquet; its kind, schema version and ``facts`` go into the metadata."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    said = {"kind": kind, "schema": str(SCHEMA_VERSION), **(facts or {})}
    metadata = {f"{_PREFIX}{name}".encode(): value.encode() for name, value in said.items()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **metadata})
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary)


def write_csv(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table atomically as CSV that spreadsheets open with Chinese text intact (UTF-8 with BOM)."""
    with atomic_write(path) as temporary:
        frame.to_csv(temporary, index=False, encoding="utf-8-sig")


def read_facts(path: str | Path) -> dict[str, str]:
    """What `write_parquet` wrote about a table: its kind, schema version and facts; empty for others' tables.

    Raises:
        ReadingsError: a later version of this program wrote the table.
    """
    metadata = pq.read_schema(path).metadata or {}
    facts = {
        name.decode().removeprefix(_PREFIX): value.decode()
        for name, value in metadata.items()
        if name.decode().startswith(_PREFIX)
    }
    if int(facts.get("schema", "1")) > SCHEMA_VERSION:
        raise ReadingsError(
            f"schema version {facts['schema']}, this program knows {SCHEMA_VERSION}",
            fix="Update Reading Room",
            file=path,
        )
    return facts
