"""Somebody's table of readings: checked whole, every problem with its row and column, and brought into our columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from readingroom.core.errors import CaseTableError, Problem, ReadingsError
from readingroom.core.tables import SCORE, SPLITS, read_table, scored_classes
from readingroom.report.calls import Submitted, complete_calls
from readingroom.report.compute import with_modality

REQUIRED = ("reader", "image", "truth")
POSITIVE_WORDS = frozenset({"1", "yes", "true", "positive", "pos", "abnormal", "disease", "阳性", "是", "异常", "有"})
_MOST_ALIKE = 5
_HEADER_ROWS = 2


def read_submitted(path: Path, *, positive: str | None = None) -> Submitted:
    """Read and check a table of readings from any program.

    Args:
        path: CSV or Parquet with ``reader, image, truth`` and ``score_<class>``, ``score`` or ``call``; optionally
            ``patient, lesion, split, fold, repeat, modality, time_ms, experience`` and facts.
        positive: the positive class where there are two.

    Raises:
        ReadingsError: anything is wrong with it; the message lists every problem with row and column.
    """
    try:
        frame = read_table(path)
    except CaseTableError as error:
        raise ReadingsError(error.what, fix=error.fix, file=error.file) from error
    frame = frame.rename(columns={"predicted": "call"}) if "call" not in frame else frame
    _refuse([*_column_problems(frame)], path)
    _refuse([*_cell_problems(frame)], path)
    frame = _typed(frame)
    classes = _classes(frame)
    _refuse([*_class_problems(frame, classes)], path)
    chosen = _positive(classes, positive, path) if len(classes) == 2 else None
    return complete_calls(frame, classes, chosen)


def _refuse(problems: Sequence[Problem], path: Path) -> None:
    if problems:
        raise ReadingsError(
            "the table of readings has problems",
            fix="Correct the table and run the same command again",
            file=path,
            problems=problems,
        )


def _column_problems(frame: pd.DataFrame) -> Iterator[Problem]:
    for name in REQUIRED:
        if name not in frame:
            yield Problem(f"column {name}", "is missing", f"The columns are: {', '.join(map(str, frame.columns))}")
    if not {"call", "score"} & set(frame.columns) and not scored_classes(frame):
        fix = "Add score_<class> for each class, or score (of the positive class), or call (the class answered)"
        yield Problem("columns score_<class>, score, call", "there is none of them", fix)
    if frame.empty:
        yield Problem("row 2", "the table has no rows", "Write one row a reading")


def _cell_problems(frame: pd.DataFrame) -> Iterator[Problem]:
    for name in REQUIRED:
        yield from _rows(name, frame[name].isna(), _always("is empty"), "Fill it in, or drop the row")
    for name in _number_columns(frame):
        bad = frame[name].notna() & ~np.isfinite(pd.to_numeric(frame[name], errors="coerce"))
        yield from _rows(name, bad, _found(frame[name], "is not a number"), "Write a number, or leave the cell empty")
    if "time_ms" in frame:
        negative = pd.to_numeric(frame["time_ms"], errors="coerce") < 0
        yield from _rows("time_ms", negative, _found(frame["time_ms"], "is negative"), "Give milliseconds")
    if "split" in frame:
        bad = frame["split"].notna() & ~frame["split"].isin(SPLITS)
        yield from _rows("split", bad, _found(frame["split"], "is no split"), f"Use one of {', '.join(SPLITS)}")
    yield from _key_problems(frame)


def _key_problems(frame: pd.DataFrame) -> Iterator[Problem]:
    keys = [c for c in ("reader", "modality", "image", "split", "fold", "repeat") if c in frame]
    doubled = frame.duplicated(keys) & frame[list(REQUIRED)].notna().all(axis=1)
    said = frame["reader"].astype(str) + " on " + frame["image"].astype(str)
    yield from _rows("image", doubled, lambda row: f"a second reading of {said.iloc[row]}", "Keep one of them")
    known = frame.dropna(subset=["image", "truth"])
    truths = known.groupby("image")["truth"].transform("first")
    torn = pd.Series(False, index=frame.index)
    torn.loc[known.index] = known["truth"] != truths
    yield from _rows("truth", torn, _found(frame["truth"], "differs from another row of this image"), "Give one truth")


def _rows(column: str, bad: pd.Series, what: Callable[[int], str], fix: str) -> Iterator[Problem]:
    rows = np.flatnonzero(bad.to_numpy(dtype=bool))
    for row in rows[:_MOST_ALIKE]:
        yield Problem(f"row {row + _HEADER_ROWS}, column {column}", what(int(row)), fix)
    if len(rows) > _MOST_ALIKE:
        yield Problem(f"column {column}", f"the same in {len(rows) - _MOST_ALIKE} more rows")


def _found(values: pd.Series, what: str) -> Callable[[int], str]:
    return lambda row: f"{values.iloc[row]!r} {what}"


def _always(what: str) -> Callable[[int], str]:
    return lambda row: what


def _number_columns(frame: pd.DataFrame) -> list[str]:
    scores = [str(c) for c in frame.columns if str(c).startswith(SCORE)]
    return [c for c in ("score", "time_ms", "fold", "repeat") if c in frame] + scores


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    table = frame.copy()
    for name in _number_columns(frame):
        table[name] = pd.to_numeric(table[name])
    for name in ("reader", "image", "truth", "call", "patient", "lesion"):
        if name in table:
            table[name] = table[name].astype("string").str.strip()
    return with_modality(table)


def _classes(frame: pd.DataFrame) -> tuple[str, ...]:
    scored = scored_classes(frame)
    return tuple(scored) if len(scored) > 1 else tuple(sorted(frame["truth"].unique()))


def _class_problems(frame: pd.DataFrame, classes: Sequence[str]) -> Iterator[Problem]:
    listed = ", ".join(classes)
    unknown = ~frame["truth"].isin(classes)
    yield from _rows("truth", unknown, _found(frame["truth"], "has no score column"), f"The classes are: {listed}")
    if frame["truth"].nunique() < 2:
        yield Problem("column truth", f"holds one class only ({listed})", "A comparison needs two classes")
    if "score" in frame and len(classes) > 2 and len(scored_classes(frame)) < 2:
        yield Problem("column score", f"one score for {len(classes)} classes", "Give score_<class> for each class")
    if "call" in frame:
        allowed = {*classes, "0", "1"} if len(classes) == 2 else set(classes)
        bad = frame["call"].notna() & ~frame["call"].isin(allowed)
        yield from _rows("call", bad, _found(frame["call"], "is no class"), f"The classes are: {listed}")
    yield from _part_scored(frame)


def _part_scored(frame: pd.DataFrame) -> Iterator[Problem]:
    columns = [c for c in frame.columns if c == "score" or str(c).startswith(SCORE)]
    for column in columns:
        share = frame[column].isna().groupby(frame["reader"]).transform("mean")
        yield from _rows(
            column, frame[column].isna() & (share < 1), _always("no score, where others of this reader have one"),
            "Give every reading of a reader a score, or none",
        )  # fmt: skip


def _positive(classes: Sequence[str], asked: str | None, path: Path) -> str:
    if asked is not None:
        if asked not in classes:
            raise ReadingsError(f"there is no class {asked!r}", fix=f"Choose one of {', '.join(classes)}", file=path)
        return asked
    likely = [name for name in classes if name.lower() in POSITIVE_WORDS]
    if len(likely) != 1:
        raise ReadingsError(
            f"which of {' and '.join(classes)} is the positive class is not said",
            fix=f"Add --positive {classes[-1]}",
            file=path,
            field="truth",
        )
    return likely[0]
