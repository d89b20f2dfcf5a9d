"""Problems: everything that can be wrong with the rows of a case table, each with its row and column."""

from __future__ import annotations

import difflib
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from readingroom.cases.stacks.place import split_place
from readingroom.cases.stacks.points import parse_points
from readingroom.core.errors import Problem
from readingroom.core.tables import SPLITS

LISTED = 20
"""Rows listed of one kind of problem; the rest is counted."""

_FAMILIAR_SPLITS = {"train": "training", "val": "validation", "valid": "validation", "dev": "validation"}
_FAMILIAR_COLUMNS = {
    "image": ("path", "file", "filename", "file_name", "filepath", "img", "picture", "图像", "图片", "影像", "文件"),
    "label": ("class", "diagnosis", "target", "category", "y", "标签", "类别", "诊断"),
}
_NO = frozenset({"0", "0.0", "false", "no", "n", "否", "无"})
_NUMBER = r"[-+]?\d+(?:\.\d+)?"
_BOX = rf"\s*{_NUMBER}(?:[\s,]+{_NUMBER}){{3}}\s*"
_BOXES = re.compile(rf"{_BOX}(?:;{_BOX})*;?\s*")


@dataclass(frozen=True)
class Rows:
    """The rows to be checked.

    Args:
        frame: the case table; its index holds the rows as a spreadsheet counts them.
        name: name of the file, for the messages.
        root: folder that the paths are relative to.
        label: the column that the label was written in.
        split: the column that decides the partition, if one does.
        stacks: whether an image may be a folder of planes, or a place in a volume.
    """

    frame: pd.DataFrame
    name: str
    root: Path
    label: str
    split: str | None
    stacks: bool = False

    def place(self, row: object, column: str) -> str:
        """Where a cell is, as a person would look it up."""
        return f"{self.name}, row {row}, column {column}"


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that a person most likely meant, or None.

    Example:
        >>> nearest("polyps", ["polyp", "caecum"])
        'polyp'
    """
    folded = {_folded(str(other)): str(other) for other in names}
    for familiar in _FAMILIAR_COLUMNS.get(name, ()):
        if familiar in folded:
            return folded[familiar]
    found = difflib.get_close_matches(_folded(name), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def nearest_split(name: str) -> str | None:
    """The part of the partition that a person most likely meant, or None.

    Example:
        >>> nearest_split("val")
        'validation'
    """
    return _FAMILIAR_SPLITS.get(_folded(name)) or nearest(name, SPLITS)


def missing_column(name: str, columns: Iterable[str], place: str) -> Problem:
    """The problem that a column is not there, with the column that was probably meant."""
    columns = [str(column) for column in columns]
    meant = nearest(name, columns)
    named = "" if name == "image" else ", or name it in the study file"
    fix = f"Rename the column {meant!r}{named}" if meant else f"The columns are: {', '.join(columns[:20])}"
    return Problem(place, f"no column {name!r}", fix)


def row_problems(rows: Rows, *, labelled: bool) -> list[Problem]:
    """Every problem of the rows, in the order of the columns of a case table."""
    checks: list[Callable[[Rows], Iterator[Problem]]] = [_empty_images, _missing_files, _doubled_images]
    checks += [_missing_labels] if labelled else []
    checks += [_missing_patients, _shared_lesions, _bad_dates, _bad_boxes, _bad_points, _bad_splits, _divided_patients]
    return list(chain.from_iterable(check(rows) for check in checks))


def reason_problems(reasons: pd.Series, place: str) -> Iterator[Problem]:
    """Cells of the column of exclusions that say no, where a reason or nothing is expected."""
    said = reasons.dropna()
    negative = said[said.map(_folded).isin(_NO)]
    if len(negative):
        fix = "Leave the cell empty where a row stays, and write the reason where it is left out"
        yield Problem(f"{place}, row {negative.index[0]}", f"{negative.iloc[0]!r} in {len(negative)} rows", fix)


def spelling_problems(labels: Sequence[str], classes: Sequence[str] | None, place: str) -> Iterator[Problem]:
    """Labels that differ only in capitals, width or spaces, unless the study names each as a class."""
    spellings: dict[str, list[str]] = {}
    for label in labels:
        spellings.setdefault(_folded(label), []).append(label)
    for same in spellings.values():
        if len(same) > 1 and not set(same) <= set(classes or ()):
            named = ", ".join(repr(label) for label in sorted(same))
            yield Problem(place, f"one class in several spellings: {named}", "Write it in one way")


def class_problems(
    labels: Sequence[str], classes: Sequence[str], place: str, *, written: Sequence[str] = ()
) -> Iterator[Problem]:
    """Classes that the study names and no row has; or fewer than two classes.

    Args:
        labels: the labels of the rows that stay.
        classes: the classes that the study names; empty where it takes all.
        place: where to look, for the messages.
        written: labels of the rows left out, among which a misspelt class may be.
    """
    for name in classes:
        if name not in labels:
            meant = nearest(name, [other for other in (*labels, *written) if other != name])
            fix = f"Did you mean {meant!r}?" if meant else f"The labels are: {_some(written or labels)}"
            yield Problem(place, f"no row has the class {name!r}", fix)
    if len(labels) == 1:
        yield Problem(place, f"all images are of one class, {labels[0]!r}", "A study needs two classes or more")


def _some(names: Sequence[str], most: int = 20) -> str:
    more = f", and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name) for name in names[:most]) + more


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _each(rows: Rows, found: pd.Series, column: str, what: str, fix: str) -> Iterator[Problem]:
    """One problem per row of ``found``; ``{}`` in ``what`` is the cell, after `LISTED` rows only their number."""
    for row, cell in found.iloc[:LISTED].items():
        yield Problem(rows.place(row, column), what.format(repr(cell)), fix)
    if len(found) > LISTED:
        yield Problem(f"{rows.name}, column {column}", f"the same in {len(found) - LISTED} more rows")


def _empty_images(rows: Rows) -> Iterator[Problem]:
    image = rows.frame["image"]
    yield from _each(rows, image[image.isna()], "image", "no image", "Write the path of the image, or delete the row")


def _missing_files(rows: Rows) -> Iterator[Problem]:
    for column in ("image", "outline"):
        if column not in rows.frame:
            continue
        cells = rows.frame[column].dropna()
        there = _is_stack if rows.stacks and column == "image" else _is_file
        missing = cells[[not there(rows.root / cell) for cell in cells]]
        yield from _each(rows, missing, column, "no such file {}", _missing_fix(rows.root, missing))


def _missing_fix(root: Path, missing: pd.Series) -> str:
    if missing.str.contains("\\", regex=False).any():
        return "Write paths with / and not with \\"
    if len(missing) and _is_stack(root / missing.iloc[0]):
        return "A folder of planes (a series, a clip, views) needs input.stack in the study file; see docs/stacks.md"
    return f"Paths are relative to {root}: correct the path, or name another root folder"


def _is_stack(path: Path) -> bool:
    try:
        return split_place(path)[0].exists()
    except (OSError, ValueError):
        return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long, or a folder that may not be entered
        return False


def _doubled_images(rows: Rows) -> Iterator[Problem]:
    cells = rows.frame["image"].dropna()
    paths = pd.Series([posixpath.normpath(cell) for cell in cells], index=cells.index, dtype="str")
    doubled = paths[paths.duplicated(keep=False)]
    if doubled.empty:
        return
    first = doubled.groupby(doubled).transform(lambda group: group.index[0])
    label = rows.frame["label"].reindex(doubled.index)
    conflicting = label.groupby(doubled).transform("nunique") > 1
    later = doubled.index != first
    for row in doubled.index[later][:LISTED]:
        what = f"the image {cells[row]!r} is in row {first[row]} already"
        if conflicting[row]:
            what += f", and their labels differ ({label[row]!r} here, {label[first[row]]!r} there)"
        yield Problem(rows.place(row, "image"), what, "Keep one row for each image")
    if later.sum() > LISTED:
        yield Problem(f"{rows.name}, column image", f"the same in {later.sum() - LISTED} more rows")


def _missing_labels(rows: Rows) -> Iterator[Problem]:
    label = rows.frame["label"]
    fix = "Write the class, or write the reason in a column 'excluded'"
    yield from _each(rows, label[label.isna()], rows.label, "no label", fix)


def _missing_patients(rows: Rows) -> Iterator[Problem]:
    if "patient" not in rows.frame or rows.frame["patient"].isna().all():
        return
    patient = rows.frame["patient"]
    fix = "Write the patient in every row, or in none"
    yield from _each(rows, patient[patient.isna()], "patient", "no patient, though other rows have one", fix)


def _shared_lesions(rows: Rows) -> Iterator[Problem]:
    if "patient" not in rows.frame:
        return
    for column in ("exam", "lesion"):
        if column in rows.frame:
            fix = f"Give each {column} a name of its own, for example patient-{column}"
            yield from _divided(rows, column, "patient", f"one {column} belongs to several patients", fix)


def _divided_patients(rows: Rows) -> Iterator[Problem]:
    if rows.split is None or not {"patient", rows.split} <= set(rows.frame):
        return
    fix = "Keep all images of a patient in one part of the partition"
    yield from _divided(rows, "patient", rows.split, "one patient is in several parts", fix)


def _divided(rows: Rows, one: str, several: str, what: str, fix: str) -> Iterator[Problem]:
    """Problems of each value of column ``one`` that has more than one value in column ``several``."""
    known = rows.frame[[one, several]].dropna()
    counts = known.groupby(one, sort=False)[several].nunique()
    divided = counts.index[counts > 1]
    for name in divided[:LISTED]:
        cells = known.loc[known[one] == name, several]
        found = ", ".join(repr(value) for value in cells.unique()[:5])
        yield Problem(rows.place(cells.index[0], one), f"{what}: {name!r} with {found}", fix)
    if len(divided) > LISTED:
        yield Problem(f"{rows.name}, column {one}", f"the same for {len(divided) - LISTED} more")


def _bad_dates(rows: Rows) -> Iterator[Problem]:
    if "date" not in rows.frame:
        return
    cells = rows.frame["date"].dropna()
    # Times of different zones in one column need utc; the values are only looked at, never kept.
    dates = pd.to_datetime(cells, format="ISO8601", errors="coerce", utc=True)
    # pandas takes "today" and "now" for dates.
    bad = cells[dates.isna() | ~cells.str.match(r"[0-9]{4}")]
    yield from _each(rows, bad, "date", "{} is not a date", "Write dates as 2021-03-31")


def _bad_boxes(rows: Rows) -> Iterator[Problem]:
    if "boxes" not in rows.frame:
        return
    cells = rows.frame["boxes"].dropna()
    bad = cells[[not _are_boxes(cell) for cell in cells]]
    fix = "Write x0 y0 x1 y1 in pixels with x0 < x1 and y0 < y1, several boxes separated by ';'"
    yield from _each(rows, bad, "boxes", "{} are not boxes", fix)


def _are_boxes(cell: str) -> bool:
    if not _BOXES.fullmatch(cell):
        return False
    boxes = [[float(number) for number in re.findall(_NUMBER, box)] for box in cell.split(";") if box.strip()]
    return all(x0 < x1 and y0 < y1 for x0, y0, x1, y1 in boxes)


def _bad_points(rows: Rows) -> Iterator[Problem]:
    # Where images are not stacks, a column of this name is a fact like any other.
    if "points" not in rows.frame or not rows.stacks:
        return
    cells = rows.frame["points"].dropna()
    said = cells.map(lambda cell: parse_points(cell))
    fix = "Write x y z and the radius in mm of DICOM's patient axes, several separated by ';'"
    for reason in dict.fromkeys(one for one in said if isinstance(one, str)):
        bad = cells[[one == reason if isinstance(one, str) else False for one in said]]
        yield from _each(rows, bad, "points", f"{{}}: {reason}", fix)


def _bad_splits(rows: Rows) -> Iterator[Problem]:
    if rows.split is None or rows.split not in rows.frame:
        return
    cells = rows.frame[rows.split]
    unknown = cells[~cells.isin(SPLITS)]
    for cell, found in unknown.fillna("").groupby(unknown.fillna("")):
        meant = nearest_split(str(cell))
        fix = f"Write {meant!r}" if meant else f"Write one of {', '.join(SPLITS)}"
        what = "{} is not a part of the partition" if cell else "no part of the partition"
        yield from _each(rows, found, rows.split, what, fix)
