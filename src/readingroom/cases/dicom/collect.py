"""Collecting: from a folder of DICOM files to a case table, a table of the series, and a list of what was left out."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from readingroom.cases.dicom.dataset import is_dicom_file, need_pydicom
from readingroom.cases.dicom.labels import Known, join_labels, listed
from readingroom.cases.dicom.pseudonyms import Pseudonyms
from readingroom.cases.dicom.series import Orientation, Stack, stack_series
from readingroom.cases.dicom.slices import Slice, read_slice
from readingroom.cases.folders import files_below, natural_key
from readingroom.cases.images import read_image
from readingroom.cases.notes import Note
from readingroom.core.errors import ImageError, OutputError
from readingroom.core.files import check_writable, legible
from readingroom.core.progress import Progress, SilentProgress
from readingroom.core.tables import write_csv

SLICE_COLUMNS = ("patient", "exam", "series", "slice", "position_mm")
"""What is said of each slice beside its file."""

SERIES_TABLE, LEFT_OUT_TABLE = "series.csv", "left-out.csv"
_LEAST_ID = 3
_EXAMS_OF_ONE = 3

Item = TypeVar("Item")
Made = TypeVar("Made")
Stray = tuple[Path, str]


@dataclass(frozen=True)
class Collected:
    """What a folder of DICOM files held.

    Args:
        cases: image, patient, exam, series, slice (from 1 along the normal), position_mm, and what the labels say.
        series: one row a stack of a series: how it was taken, and what was left out of it.
        left_out: file, patient, series, reason.
        notes: what a person should know.
    """

    cases: pd.DataFrame
    series: pd.DataFrame
    left_out: pd.DataFrame
    notes: tuple[Note, ...]


def collect_series(
    folder: str | Path,
    out: str | Path,
    *,
    orientation: Orientation = "axial",
    labels: str | Path | None = None,
    pseudonyms: Pseudonyms | None = None,
    progress: Progress | None = None,
) -> Collected:
    """Make a case table of the DICOM files in a folder and below it.

    Every file is looked at by its content. Each image that stays is decoded once, so that a table is made of images
    that can be read. Beside ``out`` two tables are written: ``series.csv`` and ``left-out.csv``.

    Args:
        folder: of DICOM files, in any order of folders.
        out: case table to write; images are named relative to its folder.
        orientation: of the slices that stay.
        labels: table of labels; see `readingroom.cases.dicom.labels.join_labels`.
        pseudonyms: patients' IDs are replaced by; as they are without.
        progress: where it is reported.

    Raises:
        ImageError: pydicom is not installed, no such folder, no DICOM files in it, or no image stays.
        CaseTableError: labels that cannot be joined.
        OutputError: a table cannot be written.
    """
    folder, out = Path(folder), Path(out)
    _check(folder, out)
    progress = progress or SilentProgress()
    files = files_below(folder)
    dicom = [path for path in files if is_dicom_file(path)]
    if not dicom:
        raise ImageError(f"no DICOM files among {len(files)} here", fix="Give the folder that holds them", file=folder)
    slices, strays = read_headers(dicom, progress)
    stacks = _decoded(stack_series(slices, orientation), progress)
    names = name_stacks(stacks, pseudonyms)
    # By the names in the tables: the order of the IDs would tell something of them.
    order = sorted(range(len(stacks)), key=lambda place: natural_key(names[place].series))
    stacks, names = [stacks[place] for place in order], [names[place] for place in order]
    left = _left_out(stacks, names, strays, folder)
    if not any(stack.slices for stack in stacks):
        counted = ", ".join(f"{reason} ({count})" for reason, count in Counter(left["reason"]).most_common(5))
        raise ImageError(f"no image stays of {len(dicom)} DICOM files: {counted}", fix=_ANY, file=folder)
    cases = _cases(stacks, names, out)
    notes = [*_notes(stacks, names, len(files) - len(dicom), strays), *_identity_notes(stacks, cases, pseudonyms)]
    if labels is not None:
        joined = join_labels(cases, _known(stacks), labels)
        cases = joined.frame
        notes += _label_notes(joined.unlabelled, joined.unmatched)
    collected = Collected(cases, _series(stacks, names, strays), left, tuple(notes))
    write_csv(collected.series, out.with_name(SERIES_TABLE))
    write_csv(collected.left_out, out.with_name(LEFT_OUT_TABLE))
    write_csv(collected.cases, out)
    return collected


_ANY = "See the reasons; --orientation any keeps slices of every orientation"


def _check(folder: Path, out: Path) -> None:
    need_pydicom()
    if not folder.is_dir():
        raise ImageError("no such folder", fix="Give a folder of DICOM files", file=folder)
    if out.suffix.lower() != ".csv" or out.name in {SERIES_TABLE, LEFT_OUT_TABLE}:
        raise OutputError(
            "not a name for the case table", fix="End it in .csv; series.csv and left-out.csv are taken", file=out
        )
    check_writable(out)


def describe_slices(paths: Sequence[Path], pseudonyms: Pseudonyms | None = None) -> pd.DataFrame:
    """Patient, examination, series, slice and position of DICOM files, for a table of readings.

    Args:
        paths: of files of any kind; those that are not DICOM images get no row.
        pseudonyms: patients' IDs are replaced by.

    Returns:
        ``path`` and `SLICE_COLUMNS`; a file that is in no stack has no slice and no position.
    """
    slices, _ = read_headers([path for path in paths if is_dicom_file(path)], SilentProgress())
    rows = []
    stacks = stack_series(slices, "any")
    for stack, names in zip(stacks, name_stacks(stacks, pseudonyms), strict=True):
        rows += [{"path": row.pop("path"), **row} for row in _rows(stack, names)]
        rows += [{"path": one.path, **names.columns, "slice": None, "position_mm": None} for one, _ in stack.left_out]
    frame = pd.DataFrame(rows, columns=["path", *SLICE_COLUMNS])
    return frame.astype({"slice": "Int64", "position_mm": "float64"})


def read_headers(paths: Sequence[Path], progress: Progress) -> tuple[list[Slice], list[Stray]]:
    """Slices of DICOM files, and the files that are none with the reason."""
    found = _in_threads(paths, _header, progress, "reading headers")
    return [one for one in found if isinstance(one, Slice)], [one for one in found if isinstance(one, tuple)]


def _header(path: Path) -> Slice | Stray:
    if legible(path.as_posix()) != path.as_posix():
        return path, "the name is not UTF-8"
    try:
        return read_slice(path)
    except ImageError as error:
        return path, error.what


def _decoded(stacks: Sequence[Stack], progress: Progress) -> list[Stack]:
    """The stacks without the slices whose pixels cannot be read."""
    slices = [one for stack in stacks for one in stack.slices]
    reasons = dict(zip((one.path for one in slices), _in_threads(slices, _fault, progress, "decoding"), strict=True))
    return [_without(stack, reasons) for stack in stacks]


def _fault(one: Slice) -> str:
    try:
        read_image(one.path)
    except ImageError as error:
        return error.what
    return ""


def _without(stack: Stack, reasons: dict[Path, str]) -> Stack:
    bad = tuple((one, reasons[one.path]) for one in stack.slices if reasons[one.path])
    kept = tuple(one for one in stack.slices if not reasons[one.path])
    return replace(stack, slices=kept, left_out=(*stack.left_out, *bad))


def _in_threads(items: Sequence[Item], work: Callable[[Item], Made], progress: Progress, name: str) -> list[Made]:
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(progress.track(pool.map(work, items), name, len(items)))


@dataclass(frozen=True)
class Names:
    """What a stack is called in the tables."""

    patient: str
    exam: str
    series: str

    @property
    def columns(self) -> dict[str, Any]:
        """The names by their columns."""
        return {"patient": self.patient, "exam": self.exam, "series": self.series}


def name_stacks(stacks: Sequence[Stack], pseudonyms: Pseudonyms | None) -> list[Names]:
    """Names of stacks, in their order: ``P7``, ``P7-E1``, ``P7-E1-S301``, with ``.2`` for a second stack.

    Examinations are counted by date. A file without a patient's ID makes its examination a patient of its own.
    """
    exams: dict[str, list[str]] = {}
    counted: Counter[str] = Counter()
    names, of_series = [], {}
    several = Counter((stack.first.study_uid, stack.first.series_uid) for stack in stacks)
    for stack in stacks:
        one = stack.first
        patient = _patient(one, pseudonyms)
        known = exams.setdefault(patient, [])
        if one.study_uid not in known:
            known.append(one.study_uid)
        exam = f"{patient}-E{known.index(one.study_uid) + 1}"
        key = (one.study_uid, one.series_uid or one.path.parent.as_posix())
        if key not in of_series:
            name = f"{exam}-S{one.series_number or '0'}"
            counted[name] += 1
            of_series[key] = name if counted[name] == 1 else f"{name}-{counted[name]}"
        many = several[one.study_uid, one.series_uid] > 1
        names.append(Names(patient, exam, f"{of_series[key]}.{stack.number}" if many else of_series[key]))
    return names


def _patient(one: Slice, pseudonyms: Pseudonyms | None) -> str:
    if not one.patient_id:
        unknown = one.study_uid or one.path.parent.as_posix()
        return f"exam-{hashlib.sha256(unknown.encode()).hexdigest()[:8]}"
    return one.patient_id if pseudonyms is None else pseudonyms.of(one.patient_id)


def _rows(stack: Stack, names: Names) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(stack.slices, start=1):
        place = None if one.position_mm is None else round(one.position_mm, 3)
        yield {"path": one.path, **names.columns, "slice": number, "position_mm": place}


def _cases(stacks: Sequence[Stack], names: Sequence[Names], out: Path) -> pd.DataFrame:
    base = out.resolve().parent
    rows = []
    for stack, own in zip(stacks, names, strict=True):
        for row in _rows(stack, own):
            # A link is named as it is called, wherever it leads.
            path: Path = row.pop("path")
            path = Path(os.path.relpath(path.parent.resolve() / path.name, base))
            rows.append({"image": path.as_posix(), **row})
    return pd.DataFrame(rows, columns=["image", *SLICE_COLUMNS])


def _known(stacks: Sequence[Stack]) -> Known:
    slices = [one for stack in stacks for one in stack.slices]
    return Known(
        paths=[one.path.resolve() for one in slices],
        sop_uids=[one.sop_uid for one in slices],
        patient_ids=[one.patient_id for one in slices],
        series_numbers=[one.series_number for one in slices],
    )


def _series(stacks: Sequence[Stack], names: Sequence[Names], strays: Sequence[Stray]) -> pd.DataFrame:
    rows = [_series_row(stack, own) for stack, own in zip(stacks, names, strict=True)]
    if strays:
        counted = Counter(_short(reason) for _, reason in strays)
        reasons = "; ".join(f"{reason}: {count}" for reason, count in counted.items())
        rows.append({"description": "(files of no series)", "slices": 0, "left_out": len(strays), "reasons": reasons})
    whole = dict.fromkeys(("stack", "slices", "rows", "columns", "gaps", "left_out"), "Int64")
    return pd.DataFrame(rows, columns=list(SERIES_COLUMNS)).astype(whole)


SERIES_COLUMNS: dict[str, str] = {
    "patient": "as in the case table",
    "exam": "as in the case table",
    "series": "as in the case table",
    "series_number": "Series Number",
    "description": "Series Description",
    "modality": "Modality",
    "stack": "number of the stack within its series, from 1",
    "stack_of": "what tells it from the series' other stacks",
    "slices": "images in the case table",
    "orientation": "axial, coronal or sagittal, whichever is nearest",
    "tilt_deg": "angle between the slices' normal and that axis",
    "rows": "height in pixels",
    "columns": "width in pixels",
    "pixel_mm": "distance between rows",
    "spacing_mm": "usual distance from slice to slice, by their positions",
    "thickness_mm": "Slice Thickness",
    "gap_mm": "spacing less thickness",
    "gaps": "places where slices are missing (more than 1.5 times the usual distance)",
    "gaps_mm": "positions before and after each",
    "tr_ms": "Repetition Time",
    "te_ms": "Echo Time",
    "flip_deg": "Flip Angle",
    "field_t": "Magnetic Field Strength",
    "left_out": "files of the series that are not in the case table; with its first stack",
    "reasons": "why, counted",
}
"""Columns of ``series.csv``."""


def _series_row(stack: Stack, names: Names) -> dict[str, Any]:
    one, spacing = stack.first, stack.spacing_mm
    gap = None if spacing is None or one.thickness_mm is None else spacing - one.thickness_mm
    counted = Counter(_short(reason) for _, reason in stack.left_out)
    return {
        **names.columns,
        "series_number": one.series_number,
        "description": one.description,
        "modality": one.modality,
        "stack": stack.number,
        "stack_of": stack.of,
        "slices": len(stack.slices),
        "orientation": one.orientation,
        "tilt_deg": _rounded(one.tilt_deg, 1),
        "rows": one.size_px[0],
        "columns": one.size_px[1],
        "pixel_mm": _rounded(one.spacing_px_mm[0] if one.spacing_px_mm else None, 4),
        "spacing_mm": _rounded(spacing, 3),
        "thickness_mm": one.thickness_mm,
        "gap_mm": _rounded(gap, 3),
        "gaps": len(stack.gaps),
        "gaps_mm": "; ".join(f"{before:g} to {after:g}" for before, after in stack.gaps),
        "tr_ms": one.repetition_ms,
        "te_ms": one.echo_ms,
        "flip_deg": one.flip_deg,
        "field_t": one.field_t,
        "left_out": len(stack.left_out),
        "reasons": "; ".join(f"{reason}: {count}" for reason, count in counted.items()),
    }


def _short(reason: str) -> str:
    """A reason without the details of its file, so that it can be counted."""
    return reason if reason.startswith("other orientation") else reason.partition(" (")[0]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits) + 0.0


def _left_out(stacks: Sequence[Stack], names: Sequence[Names], strays: Sequence[Stray], folder: Path) -> pd.DataFrame:
    rows = [
        (legible(one.path.relative_to(folder).as_posix()), own.patient, own.series, reason)
        for stack, own in zip(stacks, names, strict=True)
        for one, reason in stack.left_out
    ]
    rows += [(legible(path.relative_to(folder).as_posix()), "", "", reason) for path, reason in strays]
    return pd.DataFrame(rows, columns=["file", "patient", "series", "reason"], dtype="str")


def _notes(stacks: Sequence[Stack], names: Sequence[Names], others: int, strays: Sequence[Stray]) -> Iterator[Note]:
    reasons = Counter(_short(reason) for stack in stacks for _, reason in stack.left_out)
    reasons += Counter(_short(reason) for _, reason in strays)
    for reason, count in reasons.most_common():
        yield Note("note", "left-out", "Left out: {n}, {reason}.", {"n": count, "reason": reason})
    if others:
        yield Note("note", "no-dicom", "Files that are not DICOM were passed over: {n}.", {"n": others})
    gaps = [own.series for stack, own in zip(stacks, names, strict=True) if stack.gaps]
    if gaps:
        text = "Slices are missing in {n} stacks (see gaps_mm in series.csv); the first is {series}."
        yield Note("warning", "gaps", text, {"n": len(gaps), "series": gaps[0]})
    several = len({own.series.rpartition(".")[0] for stack, own in zip(stacks, names, strict=True) if stack.number > 1})
    if several:
        text = "Several images at each position in {n} series: each series became several stacks, all in the table."
        yield Note("warning", "stacks", text, {"n": several}, "Keep those you need by the column series.")


def _identity_notes(stacks: Sequence[Stack], cases: pd.DataFrame, pseudonyms: Pseudonyms | None) -> Iterator[Note]:
    slices = [one for stack in stacks for one in stack.slices]
    ids, exams = {one.patient_id for one in slices}, {one.study_uid for one in slices}
    if "" in ids:
        n = len({one.study_uid for one in slices if not one.patient_id})
        text = "Examinations without a patient's ID: {n}; each counts as a patient of its own."
        yield Note("warning", "no-patient", text, {"n": n}, "Correct the column patient where one patient has several.")
    if len(ids) == 1 and len(exams) >= _EXAMS_OF_ONE:
        text = "All {n} examinations have the same patient's ID."
        yield Note("warning", "one-patient", text, {"n": len(exams)}, "If it stands for many, write a column patient.")
    if pseudonyms is None and ids - {""}:
        yield Note("warning", "ids", "The tables hold the patients' IDs as the files give them.", {}, _PSEUDONYMS)
    paths = cases["image"].astype(str)
    named = sum(
        len(one.patient_id) >= _LEAST_ID and one.patient_id in path for one, path in zip(slices, paths, strict=True)
    )
    if pseudonyms is not None and named:
        text = "The paths of {n} images hold their patient's ID, and paths stand in the tables as they are."
        yield Note("warning", "ids-in-paths", text, {"n": named}, "Rename the folders before you pass a table on.")


_PSEUDONYMS = "With --pseudonyms KEYFILE they are replaced by keyed hashes."


def _label_notes(unlabelled: int, unmatched: tuple[int, ...]) -> Iterator[Note]:
    if unlabelled:
        text = "Slices without a label: {n}; they stay in the table, excluded as 'no label'."
        yield Note("warning", "no-label", text, {"n": unlabelled})
    if unmatched:
        text = "Rows of the labels that name no slice of the table: {n} (rows {rows})."
        yield Note("warning", "unmatched", text, {"n": len(unmatched), "rows": ", ".join(listed(unmatched))})
