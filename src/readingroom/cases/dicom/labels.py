"""Labels: a table of what slices show, by file, by SOP Instance UID, or by patient, series and range of slices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from readingroom.core.errors import CaseTableError, Problem
from readingroom.core.tables import read_table

NO_LABEL = "no label"
"""Reason of exclusion of the slices that the table of labels does not name."""

SOP_UID = "SOPInstanceUID"
_SELECTORS = ("patient", "exam", "series", "first_slice", "last_slice")
_MOST_SHOWN = 10

Rows = frozenset[int]


@dataclass(frozen=True)
class Labelled:
    """Slices with their labels.

    Args:
        frame: the slices with the columns of the labels; where some have none, ``excluded`` says so.
        unlabelled: how many have none.
        unmatched: rows of the labels, counted as a spreadsheet does, that name no slice of the table.
    """

    frame: pd.DataFrame
    unlabelled: int
    unmatched: tuple[int, ...]


@dataclass(frozen=True)
class Known:
    """What the slices of a table are known by, beside its columns; one entry a row.

    Args:
        paths: resolved.
        sop_uids: SOP Instance UIDs.
        patient_ids: as in the files, where the table has pseudonyms.
        series_numbers: as in the files.
    """

    paths: list[Path]
    sop_uids: list[str]
    patient_ids: list[str]
    series_numbers: list[str]


def join_labels(slices: pd.DataFrame, known: Known, source: str | Path) -> Labelled:
    """Give slices the labels of a table.

    A row names its slices by ``image`` (as in the case table, or relative to the table of labels), by
    ``SOPInstanceUID``, or by ``patient`` and, where they are given, ``exam``, ``series`` (its number, or its name in
    the case table), ``first_slice`` and ``last_slice`` (both included). ``label`` says what they show; every other
    column is taken along as a fact.

    Args:
        slices: image, patient, exam, series, slice.
        known: what else they are known by.
        source: the table of labels.

    Raises:
        CaseTableError: no column to join by, cells that are no numbers, or slices with two different labels.
    """
    source = Path(source)
    labels = read_table(source)
    facts = _fact_columns(labels, slices, source)
    pick = _picker(labels, slices, known, source)
    given: dict[int, tuple[str, ...]] = {}
    origin: dict[int, int] = {}
    problems: list[Problem] = []
    unmatched = []
    for number, row in enumerate(labels.to_dict("records"), start=2):
        cells = {str(name): "" if pd.isna(value) else str(value).strip() for name, value in row.items()}
        said = tuple(cells[name] for name in facts)
        try:
            chosen = pick(cells)
        except ValueError as error:
            problems.append(Problem(f"{source.name}, row {number}", str(error), "Write whole numbers"))
            continue
        unmatched += [] if chosen else [number]
        for place in sorted(chosen):
            if given.setdefault(place, said) != said:
                problems.append(_twice(source, number, origin[place], str(slices["image"].iloc[place])))
            origin.setdefault(place, number)
    if problems:
        raise CaseTableError(f"{len(problems)} problems in the labels", file=source, problems=problems[:_MOST_SHOWN])
    return _labelled(slices, facts, given, unmatched)


def _labelled(
    slices: pd.DataFrame, facts: list[str], given: dict[int, tuple[str, ...]], unmatched: list[int]
) -> Labelled:
    empty = ("",) * len(facts)
    rows = [given.get(place, empty) for place in range(len(slices))]
    columns = pd.DataFrame(rows, columns=facts, index=slices.index, dtype="str").replace("", pd.NA)
    frame = pd.concat([slices, columns], axis=1)
    missing = frame["label"].isna()
    if missing.any():
        frame["excluded"] = pd.Series(NO_LABEL, frame.index, dtype="str").where(missing)
    return Labelled(frame, int(missing.sum()), tuple(unmatched))


def _fact_columns(labels: pd.DataFrame, slices: pd.DataFrame, source: Path) -> list[str]:
    if "label" not in labels:
        raise CaseTableError("no column label", fix="Say in it what the slices show", file=source)
    facts = [str(name) for name in labels if name not in {*_SELECTORS, "image", SOP_UID}]
    taken = sorted({*facts} & {*slices.columns, "excluded"})
    if taken:
        raise CaseTableError(
            f"the column {taken[0]!r} is one that the case table has already", fix="Rename it", file=source
        )
    return facts


def _picker(labels: pd.DataFrame, slices: pd.DataFrame, known: Known, source: Path) -> Callable[[dict[str, str]], Rows]:
    """From a row of the labels to the places of the slices that it names."""
    if "image" in labels:
        by_name = _index(slices["image"].astype(str).tolist())
        by_path = _index([path.as_posix() for path in known.paths])
        base = source.resolve().parent
        return lambda cells: (
            by_name.get(cells["image"]) or by_path.get((base / cells["image"]).resolve().as_posix(), Rows())
        )
    if SOP_UID in labels:
        by_uid = _index(known.sop_uids)
        return lambda cells: by_uid.get(cells[SOP_UID], Rows())
    if "patient" not in labels:
        raise CaseTableError(
            f"no column to join by: image, {SOP_UID} or patient",
            fix="Name the slices of each row by one of them",
            file=source,
        )
    patients, ids = _index(slices["patient"].astype(str).tolist()), _index(known.patient_ids)
    names = [slices["series"].astype(str).tolist(), known.series_numbers]
    exams, numbers = slices["exam"].astype(str).tolist(), slices["slice"].tolist()

    def pick(cells: dict[str, str]) -> Rows:
        low, high = _whole(cells, "first_slice", 1), _whole(cells, "last_slice", None)
        series, exam = cells.get("series", ""), cells.get("exam", "")
        own = ids.get(cells["patient"]) or patients.get(cells["patient"], Rows())
        return Rows(
            place
            for place in own
            if (not series or series in (names[0][place], names[1][place]))
            and (not exam or exam == exams[place])
            and _within(numbers[place], low, high)
        )

    return pick


def _within(number: object, low: int | None, high: int | None) -> bool:
    if low == 1 and high is None:
        return True
    return isinstance(number, int) and (low or 1) <= number and (high is None or number <= high)


def _whole(cells: dict[str, str], name: str, default: int | None) -> int | None:
    text = cells.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit():
        raise ValueError(f"{name} is {text!r}")
    return int(text)


def _index(names: list[str]) -> dict[str, Rows]:
    places: dict[str, set[int]] = {}
    for place, name in enumerate(names):
        if name:
            places.setdefault(name, set()).add(place)
    return {name: Rows(found) for name, found in places.items()}


def _twice(source: Path, row: int, before: int, image: str) -> Problem:
    return Problem(
        f"{source.name}, row {row}", f"{image} is named by row {before} too, and otherwise", "Name each slice once"
    )


def listed(rows: tuple[int, ...]) -> Iterator[str]:
    """Row numbers to be shown, the first few."""
    yield from (str(row) for row in rows[:_MOST_SHOWN])
    if len(rows) > _MOST_SHOWN:
        yield "…"
