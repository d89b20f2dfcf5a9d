"""The case table: one row an image, from class folders, CSV or Parquet, with every problem reported at once."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from readingroom.cases.folders import natural_key, read_folders
from readingroom.cases.notes import Note
from readingroom.cases.problems import (
    Rows,
    class_problems,
    missing_column,
    reason_problems,
    row_problems,
    spelling_problems,
)
from readingroom.cases.stacks.choice import StackChoice, VolumeStack
from readingroom.cases.stacks.place import with_place
from readingroom.core.errors import CaseTableError, Problem
from readingroom.core.tables import CASE_COLUMNS, read_table

OTHER_CLASS = "label not among the study's classes"
"""Reason of exclusion of the rows whose class the study does not name."""

POINT = "point"
"""Column of the middle of a patch in a volume: x y z in mm."""

LOOSE_IMAGE = "image outside the class folders"
"""Reason of exclusion of images that lie beside the class folders."""


@dataclass(frozen=True)
class CaseTable:
    """The cases of a study: one row an image, checked.

    Args:
        frame: RangeIndex; ``image`` as written, ``label`` from the study's label column (missing where the
            cases have no labels), the other known columns and every fact; text cells are ``str`` or missing.
        root: folder that the paths of images and outlines are relative to.
        source: file or folder that the cases came from.
        classes: the classes in the study's order.
        excluded: reason and number of the rows left out.
        excluded_patients: reason and number of the patients left out with all their rows; empty without patients.
        notes: what a person should know about the table.
    """

    frame: pd.DataFrame
    root: Path
    source: Path
    classes: tuple[str, ...]
    excluded: tuple[tuple[str, int], ...] = ()
    excluded_patients: tuple[tuple[str, int], ...] = ()
    notes: tuple[Note, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def has_patients(self) -> bool:
        """Whether the table says which patient each image is of."""
        return "patient" in self.frame

    def path(self, image: str) -> Path:
        """Where the file of an image (or of an outline) is."""
        return self.root / image

    def rebased(self, root: str | Path) -> CaseTable:
        """The same cases with images and outlines written relative to another folder.

        Two tables of different folders can be joined after this without a name standing for two files.
        """
        base = Path(root).resolve()
        old = self.root.resolve()
        frame = self.frame.copy()
        for column in frame.columns.intersection(["image", "outline"]):
            frame[column] = frame[column].map(
                lambda cell: Path(os.path.relpath(old / cell, base)).as_posix(), na_action="ignore"
            )
        return replace(self, frame=frame, root=base)


@dataclass(frozen=True)
class _Written:
    """A table as it was written: rows numbered as a spreadsheet does, nothing checked."""

    frame: pd.DataFrame
    root: Path
    notes: tuple[Note, ...] = ()
    loose: int = 0


def load_cases(
    source: str | Path,
    *,
    label: str = "label",
    classes: Sequence[str] | None = None,
    root: str | Path | None = None,
    excluded: str = "excluded",
    split: str | None = None,
    labelled: bool = True,
    complete: bool = True,
    stack: StackChoice | None = None,
) -> CaseTable:
    """Read and check the cases of a study.

    Args:
        source: a folder of class folders, or a CSV or Parquet table.
        label: the column that holds the class.
        classes: the classes of the study in their order; rows of other classes are left out and counted.
            Without it, all labels in natural order.
        root: folder that paths are relative to; the folder of the table where not given.
        excluded: column that holds the reason why a row is left out; rows where it is empty stay.
        split: column that decides the partition, if one does; then its values and patients are checked.
        labelled: whether every image must have a class; set it to False for images that are only to be read.
        complete: whether all classes, and two at least, must have rows; set it to False for an external table.
        stack: where images are stacks of planes; around points, each image is its volume at the row's ``point``.

    Raises:
        CaseTableError: everything that is wrong with the table, each with its row and column.

    Example:
        >>> cases = load_cases("cases.csv", label="rf", classes=["Rf0", "Rf1", "Rf2"])  # doctest: +SKIP
        >>> cases.excluded  # doctest: +SKIP
        (('poor preparation', 23), ("label not among the study's classes", 4))
    """
    source = Path(source)
    written = _read(source, root)
    wanted = _wanted(classes, source)
    _check_columns(written.frame, label, split, source, labelled)
    frame = _with_label(_placed(written.frame, stack, source), label)
    reasons = _reasons(frame, excluded, wanted)
    _refuse(list(reason_problems(reasons, f"{source.name}, column {excluded}")), source)
    kept = frame[reasons.isna()].drop(columns=excluded, errors="ignore")
    problems = _problems(
        Rows(kept, source.name, written.root, label, split, stack is not None), frame, wanted, labelled, complete
    )
    _refuse(problems, source)
    counts = _counted(reasons, written.loose)
    return CaseTable(
        frame=_without_empty_patient(kept).reset_index(drop=True),
        root=written.root,
        source=source,
        classes=wanted or tuple(sorted(kept["label"].dropna().unique(), key=natural_key)),
        excluded=counts,
        excluded_patients=_patients_out(frame, reasons),
        notes=(*written.notes, *_exclusion_notes(frame, reasons)),
    )


def join_cases(cases: CaseTable, external: CaseTable) -> CaseTable:
    """Both tables as one, the external rows last and written relative to the root of ``cases``.

    Raises:
        CaseTableError: a file is in both tables.
    """
    second = external.rebased(cases.root)
    first = cases.rebased(cases.root)
    shared = sorted(set(first.frame["image"]) & set(second.frame["image"]))
    if shared:
        raise CaseTableError(
            f"{len(shared)} images are in {cases.source.name} too, for example {shared[0]!r}",
            fix="Take them out of one of the two tables",
            file=external.source,
        )
    named = external.frame.assign(image=second.frame["image"].to_numpy())
    if "outline" in named:
        named["outline"] = second.frame["outline"].to_numpy()
    return replace(
        cases,
        frame=pd.concat([cases.frame, named], ignore_index=True),
        excluded=_added(cases.excluded, external.excluded),
        excluded_patients=_added(cases.excluded_patients, external.excluded_patients),
        notes=(*cases.notes, *external.notes),
    )


def _added(first: tuple[tuple[str, int], ...], second: tuple[tuple[str, int], ...]) -> tuple[tuple[str, int], ...]:
    total = dict(first)
    for reason, count in second:
        total[reason] = total.get(reason, 0) + count
    return tuple(total.items())


def _read(source: Path, root: str | Path | None) -> _Written:
    if source.is_dir():
        rows = read_folders(source)
        return _Written(_numbered(rows.frame), source, rows.notes, rows.loose)
    frame = _tidied(_numbered(read_table(source)))
    empty = frame.isna().all(axis=1)
    notes = (_empty_rows_note(int(empty.sum())),) if empty.any() else ()
    return _Written(frame[~empty], source.parent if root is None else Path(root), notes)


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    # A spreadsheet counts from 1, and the header is row 1.
    return frame.set_axis(pd.RangeIndex(2, len(frame) + 2), axis=0)


def _tidied(frame: pd.DataFrame) -> pd.DataFrame:
    """Known columns and all text as stripped ``str``; empty cells missing."""
    texts = [name for name in frame if name in CASE_COLUMNS or pd.api.types.is_string_dtype(frame[name].dtype)]
    return frame.assign(**{str(name): _text(frame[name]) for name in texts})


def _text(cells: pd.Series) -> pd.Series:
    if not pd.api.types.is_string_dtype(cells.dtype):
        cells = cells.astype(object)
    # A column without any cell would become one of floats.
    return cells.map(_cell, na_action="ignore").astype("str")


def _cell(cell: Any) -> Any:
    """A cell as a person would write it: 7.0 of a column with gaps is 7, midnight is no time of day."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime.datetime) and cell.time() == datetime.time():
        return cell.date().isoformat()
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return str(cell).strip() or None


def _wanted(classes: Sequence[str] | None, source: Path) -> tuple[str, ...]:
    wanted = tuple(str(name) for name in classes or ())
    doubled = sorted({name for name in wanted if wanted.count(name) > 1})
    if doubled:
        raise CaseTableError(
            f"the class {doubled[0]!r} is named twice", fix="Name each class once", file=source, field="classes"
        )
    return wanted


def _check_columns(frame: pd.DataFrame, label: str, split: str | None, source: Path, labelled: bool) -> None:
    if frame.empty:
        raise CaseTableError("the table has no rows", fix="Write one row for each image", file=source)
    needed = ["image", *([label] if labelled else []), *([split] if split else [])]
    columns = [str(name) for name in frame.columns]
    problems = [missing_column(name, columns, f"{source.name}, row 1") for name in needed if name not in columns]
    _refuse(problems, source)


def _with_label(frame: pd.DataFrame, label: str) -> pd.DataFrame:
    """The frame with the study's label as ``label``; a column of that name that means something else moves aside."""
    if label == "label":
        return frame if "label" in frame else frame.assign(label=pd.Series(pd.NA, frame.index, dtype="str"))
    if label not in frame:
        return frame.assign(label=pd.Series(pd.NA, frame.index, dtype="str"))
    renamed = frame.rename(columns={"label": "other_label"})
    return renamed.assign(label=_text(renamed[label]))


def _placed(frame: pd.DataFrame, stack: StackChoice | None, source: Path) -> pd.DataFrame:
    """Where patches around points are read: each image with the point of its row."""
    if not isinstance(stack, VolumeStack) or stack.around != "point":
        return frame
    if POINT not in frame:
        _refuse([missing_column(POINT, map(str, frame.columns), f"{source.name}, row 1")], source)
    images, problems = [], []
    for row, image, point in zip(frame.index, frame["image"], frame[POINT], strict=True):
        try:
            images.append(with_place(image, str(point)))
        except CaseTableError as error:
            problems.append(Problem(f"{source.name}, row {row}, column {POINT}", error.what, error.fix))
    _refuse(problems, source)
    return frame.assign(image=pd.Series(images, frame.index, dtype="str"))


def _reasons(frame: pd.DataFrame, excluded: str, classes: tuple[str, ...]) -> pd.Series:
    """Why each row is left out; missing where it stays."""
    reasons = _text(frame[excluded]) if excluded in frame else pd.Series(pd.NA, frame.index, dtype="str")
    if not classes:
        return reasons
    other = reasons.isna() & frame["label"].notna() & ~frame["label"].isin(classes)
    return reasons.astype(object).where(~other, OTHER_CLASS)


def _problems(
    rows: Rows, frame: pd.DataFrame, wanted: tuple[str, ...], labelled: bool, complete: bool
) -> list[Problem]:
    if rows.frame.empty:
        return _all_left_out(rows, frame, wanted)
    problems = row_problems(rows, labelled=labelled)
    place = f"{rows.name}, column {rows.label}"
    written = sorted(frame["label"].dropna().unique(), key=natural_key)
    if labelled:
        problems += spelling_problems(written, wanted, place)
    if labelled and complete:
        here = sorted(rows.frame["label"].dropna().unique(), key=natural_key)
        problems += class_problems(here, wanted, place, written=written)
    return problems


def _all_left_out(rows: Rows, frame: pd.DataFrame, wanted: tuple[str, ...]) -> list[Problem]:
    written = sorted(frame["label"].dropna().unique(), key=natural_key)
    place = f"{rows.name}, column {rows.label}"
    out = Problem(rows.name, "every row is left out", "Look at the classes and the reasons of exclusion")
    return [out, *class_problems([], wanted, place, written=written)]


def _refuse(problems: Sequence[Problem], source: Path) -> None:
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise CaseTableError(f"{count} in the case table", fix="Correct and try again", file=source, problems=problems)


def _counted(reasons: pd.Series, loose: int) -> tuple[tuple[str, int], ...]:
    counts = [(str(reason), int(count)) for reason, count in reasons.dropna().value_counts(sort=True).items()]
    return tuple(counts + ([(LOOSE_IMAGE, loose)] if loose else []))


def _patients_out(frame: pd.DataFrame, reasons: pd.Series) -> tuple[tuple[str, int], ...]:
    if "patient" not in frame:
        return ()
    staying = set(frame.loc[reasons.isna(), "patient"].dropna())
    out = pd.DataFrame({"patient": frame["patient"], "reason": reasons}).dropna()
    # A patient whose rows have several reasons counts once, under the first.
    gone = out[~out["patient"].isin(staying)].drop_duplicates("patient")
    return tuple((str(reason), int(count)) for reason, count in gone["reason"].value_counts().items())


def _without_empty_patient(frame: pd.DataFrame) -> pd.DataFrame:
    if "patient" in frame and frame["patient"].isna().all():
        return frame.drop(columns="patient")
    return frame


def _exclusion_notes(frame: pd.DataFrame, reasons: pd.Series) -> list[Note]:
    other = frame.loc[reasons == OTHER_CLASS, "label"].value_counts()
    if other.empty:
        return []
    named = ", ".join(f"{name} ({count})" for name, count in other.head(20).items())
    return [
        Note(
            "note",
            "other-classes",
            "Rows of classes that the study does not name were left out: {n}, of {classes}.",
            {"n": int(other.sum()), "classes": named},
        )
    ]


def _empty_rows_note(count: int) -> Note:
    return Note("note", "empty-rows", "Rows without a single cell were passed over: {n}.", {"n": count})
