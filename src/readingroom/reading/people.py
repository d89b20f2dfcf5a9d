"""People as readers: doctors' readings from a table, in the same columns as a network's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from readingroom.core.errors import Problem, ReadingsError
from readingroom.core.tables import SCORE, read_table, score_columns
from readingroom.evaluation import grade_values, nearest_grade

MAX_PROBLEMS = 20
_BEYOND = 0.5
"""How many grades a score may lie beyond the least and the most severe one."""


def load_people(
    path: str | Path, *, classes: Sequence[str], positive: str | None, images: Sequence[str], ordered: bool = False
) -> pd.DataFrame:
    """Readings of people.

    Args:
        path: table with ``reader``, ``image`` and ``label`` (the class answered) or ``score`` (of the positive class)
            or ``score_<class>``; optionally ``experience`` and ``time_ms``. Of three ordered grades or more, ``score``
            is a score between them, such as 2.5; without ``label`` the answer is the grade nearest to it.
        classes: the study's classes.
        positive: the class that ``score`` is for, of two.
        images: the case table's images.
        ordered: the classes are grades.

    Returns:
        One row a reading: reader, image, predicted, experience, time_ms, and the scores where they were given, of
        grades as ``given_score``. Scores stay missing where only classes were: a class is not a score.

    Raises:
        ReadingsError: all that is wrong with the table, by row and column.
    """
    path = Path(path)
    frame = read_table(path)
    graded = ordered and positive is None and "score" in frame.columns
    _need_columns(frame, path, positive, classes, graded=graded)
    problems = [*_wrong_cells(frame, classes, set(images)), *_doubled(frame)]
    numbers = [name for name in frame.columns if name in {"score", "time_ms"} or name.startswith(SCORE)]
    values = {name: pd.to_numeric(frame[name], errors="coerce") for name in numbers}
    for name in numbers:
        problems += _not_numbers(frame[name], values[name])
    if graded:
        problems += _beyond_the_grades(values["score"], classes)
    if problems:
        raise ReadingsError(f"{len(problems)} problems in the readings of people", file=path, problems=_shown(problems))
    frame = frame.assign(**values)
    return _readings(_graded(frame, classes, path) if graded else frame, classes, positive)


def _graded(frame: pd.DataFrame, classes: Sequence[str], path: Path) -> pd.DataFrame:
    """Scores between the grades under a name of their own, and the nearest grade where no grade was given."""
    scores = frame["score"]
    frame = frame.drop(columns="score").assign(given_score=scores)
    if "label" in frame.columns:
        return frame
    empty = scores.index[scores.isna()]
    if len(empty):
        problems = [Problem(f"row {row + 2}, score", "empty, and there is no label", "Fill it in") for row in empty]
        raise ReadingsError(f"{len(empty)} readings say nothing", file=path, problems=_shown(problems))
    places = nearest_grade(scores, grade_values(classes))
    return frame.assign(label=[classes[place] for place in places])


def _beyond_the_grades(scores: pd.Series, classes: Sequence[str]) -> list[Problem]:
    grades = grade_values(classes)
    wrong = scores.index[(scores < grades.min() - _BEYOND) | (scores > grades.max() + _BEYOND)]
    return [
        Problem(
            f"row {row + 2}, score", f"{scores[row]:g} is no score between {grades.min():g} and {grades.max():g}",
            "Correct it, or leave the cell empty",
        )
        for row in wrong
    ]  # fmt: skip


def _need_columns(
    frame: pd.DataFrame, path: Path, positive: str | None, classes: Sequence[str], *, graded: bool
) -> None:
    missing = [name for name in ("reader", "image") if name not in frame.columns]
    answers = {"label", "score", *score_columns(classes)} & set(frame.columns)
    if not answers:
        missing.append("label")
    if missing:
        raise ReadingsError(
            f"no column {' and no column '.join(missing)}",
            fix="Columns are reader, image, label (or score), and optionally experience and time_ms",
            file=path,
        )
    if "label" not in frame.columns and "score" in frame.columns and positive is None and not graded:
        raise ReadingsError(
            "a column score needs two classes", fix="Give label, or one score_<class> for each class", file=path
        )


def _wrong_cells(frame: pd.DataFrame, classes: Sequence[str], images: set[str]) -> list[Problem]:
    problems = []
    for column in ("reader", "image"):
        empty = frame.index[frame[column].isna()]
        problems += [Problem(f"row {row + 2}, {column}", "empty", "Fill it in") for row in empty]
    unknown = frame.index[frame["image"].notna() & ~frame["image"].isin(images)]
    problems += [
        Problem(f"row {row + 2}, image", f"{frame.loc[row, 'image']!r} is not in the case table", "Write it as there")
        for row in unknown
    ]
    if "label" in frame.columns:
        strange = frame.index[~frame["label"].isin(list(classes))]
        problems += [
            Problem(f"row {row + 2}, label", f"{frame.loc[row, 'label']!r} is none of {', '.join(classes)}")
            for row in strange
        ]
    return problems


def _doubled(frame: pd.DataFrame) -> list[Problem]:
    keys = [name for name in ("reader", "image", "modality") if name in frame.columns]
    doubled = frame.index[frame.duplicated(keys)]
    return [
        Problem(
            f"row {row + 2}", f"{frame.loc[row, 'reader']} reads {frame.loc[row, 'image']} a second time", "Keep one"
        )
        for row in doubled
    ]


def _not_numbers(column: pd.Series, values: pd.Series) -> list[Problem]:
    wrong = column.index[column.notna() & values.isna()]
    return [Problem(f"row {row + 2}, {column.name}", f"{column[row]!r} is not a number") for row in wrong]


def _shown(problems: list[Problem]) -> list[Problem]:
    rest = len(problems) - MAX_PROBLEMS
    return problems if rest <= 0 else [*problems[:MAX_PROBLEMS], Problem("", f"and {rest} more")]


def _readings(frame: pd.DataFrame, classes: Sequence[str], positive: str | None) -> pd.DataFrame:
    if "score" in frame.columns and positive is not None:
        negative = next(name for name in classes if name != positive)
        frame = frame.assign(**{f"{SCORE}{positive}": frame["score"], f"{SCORE}{negative}": 1.0 - frame["score"]})
    scores = score_columns(classes)
    frame = frame.assign(**{name: float("nan") for name in scores if name not in frame.columns})
    if "label" in frame.columns:
        predicted = frame["label"]
    else:
        best = frame[scores].to_numpy(dtype=float).argmax(axis=1)
        predicted = pd.Series([classes[index] for index in best], index=frame.index)
    optional = [name for name in ("experience", "time_ms", "modality", "given_score") if name in frame.columns]
    return frame[["reader", "image", *scores, *optional]].assign(predicted=predicted)
