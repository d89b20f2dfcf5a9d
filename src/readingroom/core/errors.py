"""The one tree of errors: a root, and a leaf for each kind of case, each carrying where it happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input, and what to do about it.

    Args:
        where: the place, as a person would look it up: ``"cases.csv, row 7, column label"``.
        what: what was found there.
        fix: what to do.
    """

    where: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}. {self.fix}" if self.fix else text


class ReadingRoomError(Exception):
    """Anything that stops Reading Room for a reason that a person can mend.

    Args:
        what: one sentence, without a final stop: what was wrong and what was found.
        fix: one sentence: what to do.
        file: the file concerned.
        row: the row of the table, counted as a spreadsheet does (the header is row 1).
        field: the column, the key of the study file, or the DICOM attribute.
        problems: every problem, when there are several; all are printed.
    """

    def __init__(
        self,
        what: str,
        *,
        fix: str = "",
        file: str | Path | None = None,
        row: int | None = None,
        field: str | None = None,
        problems: Sequence[Problem] = (),
    ) -> None:
        self.what = what
        self.fix = fix
        self.file = None if file is None else str(file)
        self.row = row
        self.field = field
        self.problems = tuple(problems)
        super().__init__(self._text())

    def _text(self) -> str:
        place = ", ".join(
            part
            for part in (
                self.file or "",
                f"row {self.row}" if self.row is not None else "",
                self.field or "",
            )
            if part
        )
        first = str(Problem(place, self.what, self.fix))
        return "\n".join([first, *(f"  - {problem}" for problem in self.problems)])


class StudyFileError(ReadingRoomError):
    """The study file has unknown, missing or impossible keys."""


class CaseTableError(ReadingRoomError):
    """The case table has wrong rows or columns, or no rows at all."""


class ImageError(ReadingRoomError):
    """A file cannot be read as an image."""


class AnnotationError(ReadingRoomError):
    """Outlines, boxes or labels that cannot be read, written without loss, or brought together."""


class PartitionError(ReadingRoomError):
    """The cases cannot be divided as asked."""


class LeakageError(ReadingRoomError):
    """A reader would be tested on images or patients that it learned from."""


class NetworkError(ReadingRoomError):
    """No network of this name, or one that cannot be built as asked."""


class WeightsError(ReadingRoomError):
    """Weights that are not there, or do not fit the network."""


class BundleError(ReadingRoomError):
    """A reader bundle is incomplete, damaged or of an unknown version."""


class TrainingError(ReadingRoomError):
    """Training cannot go on: for example the loss is no longer a number."""


class ReadingsError(ReadingRoomError):
    """A table of readings lacks columns, or holds values that cannot be readings."""


class EvaluationError(ReadingRoomError, ValueError):
    """Arrays for which a statistic is not defined: lengths differ, one class only, not a number."""


class OutputError(ReadingRoomError):
    """Results cannot be written: no space, no permission, a read-only disk."""
