"""Class folders: the images below ``folder/<class>/`` as the rows of a case table."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from readingroom.cases.dicom.dataset import is_dicom_file
from readingroom.cases.images import IMAGE_SUFFIXES
from readingroom.cases.notes import Note
from readingroom.core.errors import CaseTableError, Problem
from readingroom.core.files import legible

MAX_NAMED = 10
_TABLES = ("cases.csv", "cases.parquet", "cases.pq")


@dataclass(frozen=True)
class FolderRows:
    """What lies in a folder of class folders.

    Args:
        frame: one row an image: ``image`` relative to the folder, ``label``, and ``folder``
            (the path below the class folder) where images lie deeper.
        loose: number of images beside the class folders, which have no class.
        notes: what was left aside.
    """

    frame: pd.DataFrame
    loose: int
    notes: tuple[Note, ...]


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sorting key by which ``image2`` comes before ``image10``.

    Example:
        >>> sorted(["Rf10", "Rf2"], key=natural_key)
        ['Rf2', 'Rf10']
    """
    # Only ASCII digits: int() refuses some of what Unicode calls a digit.
    parts = re.split(r"([0-9]+)", text)
    return tuple((0, int(part), "") if part[:1] in "0123456789" and part else (1, 0, part) for part in parts)


def read_folders(folder: Path) -> FolderRows:
    """List the images below the class folders of ``folder``, in natural order.

    Hidden files and folders are skipped; files that are not images are counted in a note.

    Raises:
        CaseTableError: the folder holds a table of its own, no class folders, or no images in them.
    """
    _refuse_table(folder)
    names = [entry.name for entry in folder.iterdir() if entry.is_dir() and not _hidden(entry.name)]
    rows: list[tuple[str, str, str]] = []
    others: Counter[str] = Counter()
    empty: list[str] = []
    for name in sorted(names, key=natural_key):
        found, left = _read_class(folder, name)
        rows += found
        others += left
        if not found:
            empty.append(name)
    _refuse_illegible(folder, [image for image, _, _ in rows])
    loose = sum(entry.is_file() and _is_image(entry) for entry in folder.iterdir())
    _refuse_none(folder, rows, loose)
    return FolderRows(_frame(rows), loose, tuple(_notes(others, empty)))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _is_image(path: Path) -> bool:
    """Whether a file's ending is that of an image, or its content is DICOM; a DICOMDIR is none, it lists others."""
    if _hidden(path.name) or path.name.upper() == "DICOMDIR":
        return False
    return path.suffix.lower() in IMAGE_SUFFIXES or is_dicom_file(path)


def image_files(folder: Path) -> list[Path]:
    """The images in a folder and below it, by their names or as DICOM, hidden ones left out; in order."""
    return sorted(path for path in files_below(folder) if _is_image(path))


def files_below(folder: Path) -> list[Path]:
    """All files in a folder and below it, hidden ones and those behind links to folders left out; in order."""
    return sorted(folder / name for name in _files(folder))


def _read_class(folder: Path, name: str) -> tuple[list[tuple[str, str, str]], Counter[str]]:
    rows: list[tuple[str, str, str]] = []
    others: Counter[str] = Counter()
    for path in sorted(_files(folder / name), key=natural_key):
        relative = Path(path)
        if _is_image(folder / name / relative):
            below = "" if str(relative.parent) == "." else relative.parent.as_posix()
            rows.append((f"{name}/{relative.as_posix()}", name, below))
        else:
            others[relative.suffix.lower() or relative.name] += 1
    return rows, others


def _files(folder: Path) -> Iterator[str]:
    # Links inside a class folder are not followed: they may run in a circle.
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _hidden(name)]
        for name in files:
            if not _hidden(name):
                yield (Path(parent) / name).relative_to(folder).as_posix()


def _frame(rows: list[tuple[str, str, str]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["image", "label", "folder"], dtype="str")
    if (frame["folder"] == "").all():
        return frame.drop(columns="folder")
    return frame.assign(folder=frame["folder"].mask(frame["folder"] == ""))


def _refuse_table(folder: Path) -> None:
    for name in _TABLES:
        if (folder / name).is_file():
            raise CaseTableError(
                f"the folder holds a case table, {name}",
                fix=f"Give the table itself, {folder / name}; or move it away to use the folders as classes",
                file=folder,
            )


def _refuse_illegible(folder: Path, images: list[str]) -> None:
    wrong = [Problem(legible(image), "the name is not UTF-8") for image in images if legible(image) != image]
    if wrong:
        raise CaseTableError(
            f"file names that are not UTF-8: {len(wrong)}",
            fix="Rename the files, or unpack their archive again with its own encoding, such as GBK",
            file=folder,
            problems=wrong[:MAX_NAMED],
        )


def _refuse_none(folder: Path, rows: list[tuple[str, str, str]], loose: int) -> None:
    if rows:
        return
    if loose:
        raise CaseTableError(
            f"the folder holds {loose} images but no class folders with images",
            fix="Put the images of each class into a folder named after the class, or write a table",
            file=folder,
        )
    raise CaseTableError(
        "no images in the class folders",
        fix=f"Put images ({', '.join(sorted(IMAGE_SUFFIXES))}, DICOM) into one folder per class",
        file=folder,
    )


def _notes(others: Counter[str], empty: list[str]) -> Iterator[Note]:
    if others:
        most = sorted(others.items(), key=lambda item: (-item[1], item[0]))[:10]
        named = ", ".join(f"{ending} ({count})" for ending, count in most)
        yield Note(
            "note",
            "other-files",
            "Files that are not images by their name were left aside: {n}, by ending {endings}.",
            {"n": others.total(), "endings": named},
        )
    if empty:
        yield Note(
            "warning",
            "empty-class-folder",
            "Folders without any image are not classes: {folders}.",
            {"folders": ", ".join(empty)},
        )
