"""Arrays as they come in: checked once at the door, so that no statistic is ever computed from what it cannot read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from readingroom.core.errors import EvaluationError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def array_of(values: ArrayLike, field: str) -> NDArray[Any]:
    """An array of any shape.

    Raises:
        EvaluationError: rows of several lengths.
    """
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise EvaluationError("rows of several lengths", fix="Give one value a reading", field=field) from error
    if array.dtype.kind in "US" and not isinstance(values, np.ndarray):
        # Among texts numpy writes a missing value as the text "nan", which would be a class or a patient of that name.
        return np.asarray(values, dtype=object)
    return array


def flat(values: ArrayLike, field: str) -> NDArray[Any]:
    """A one-dimensional array with something in it and nothing missing.

    Raises:
        EvaluationError: empty, of more than one dimension, or with a missing value.
    """
    array = array_of(values, field)
    if array.ndim != 1:
        raise EvaluationError(f"an array of shape {array.shape}", fix="Give one value a reading", field=field)
    if array.size == 0:
        raise EvaluationError("no values", fix="Give at least one reading", field=field)
    _refuse(np.asarray(pd.isna(array)), array, "is missing (not a number)", field)
    return array


def binary(values: ArrayLike, field: str = "truth") -> Bools:
    """Positive (True) or negative (False), from booleans or from 0 and 1.

    Raises:
        EvaluationError: anything else in it.
    """
    array = flat(values, field)
    if array.dtype == bool:
        return array
    with np.errstate(invalid="ignore"):
        known = np.asarray((array == 0) | (array == 1), dtype=bool)
    if known.shape != array.shape:
        known = np.zeros(array.shape, dtype=bool)
    _refuse(~known, array, "is neither 0 nor 1", field)
    return np.asarray(array == 1)


def truth_of_both(values: ArrayLike, field: str = "truth") -> Bools:
    """A binary truth that holds both classes.

    Raises:
        EvaluationError: one class only, so that no ROC curve exists.
    """
    truth = binary(values, field)
    if truth.all() or not truth.any():
        word = "positive" if truth.all() else "negative"
        raise EvaluationError(f"all {truth.size} are {word}", fix="A ROC curve needs both classes", field=field)
    return truth


def numbers(values: ArrayLike, field: str = "score") -> Floats:
    """Finite numbers as float64.

    Raises:
        EvaluationError: text, missing or infinite values.
    """
    array = flat(values, field)
    try:
        floats = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise EvaluationError("not numbers", fix="Give one number a reading", field=field) from error
    _refuse(~np.isfinite(floats), array, "is not a finite number", field)
    return floats


def probabilities(values: ArrayLike, field: str = "probability") -> Floats:
    """Numbers between 0 and 1.

    Raises:
        EvaluationError: one lies outside.
    """
    floats = numbers(values, field)
    _refuse((floats < 0) | (floats > 1), floats, "is not a probability", field)
    return floats


def matrix(values: ArrayLike, field: str, *, columns: int | None = None) -> Floats:
    """A table of finite numbers, (readings, columns).

    Raises:
        EvaluationError: another shape, empty, or a value that is not a finite number.
    """
    try:
        array = np.asarray(array_of(values, field), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise EvaluationError("not numbers", fix="Give a table of finite numbers", field=field) from error
    if array.ndim != 2 or array.size == 0 or (columns is not None and array.shape[1] != columns):
        wanted = f"(readings, {columns})" if columns is not None else "(readings, columns)"
        raise EvaluationError(f"an array of shape {array.shape}", fix=f"Give one of shape {wanted}", field=field)
    _refuse(np.asarray(~np.isfinite(array).all(axis=1)), array, "is not all finite numbers", field)
    return array


def ratings_of(values: ArrayLike, field: str) -> NDArray[Any]:
    """A table of what several readers gave, (cases, readers); something may be missing.

    Raises:
        EvaluationError: another shape, no case, or fewer than two readers.
    """
    table = array_of(values, field)
    if table.ndim != 2 or table.shape[1] < 2 or table.size == 0:
        raise EvaluationError(f"an array of shape {table.shape}", fix="Give (cases, 2 readers or more)", field=field)
    return table


def whole_number(value: Any, field: str) -> int:
    """A count.

    Raises:
        EvaluationError: negative, or not a whole number.
    """
    number = float(value) if isinstance(value, (int, float, np.integer, np.floating)) else -1.0
    if isinstance(value, bool) or number < 0 or not number.is_integer():
        raise EvaluationError(f"{value!r} is not a count", fix="Give a whole number, 0 or more", field=field)
    return int(value)


def same_length(**arrays: NDArray[Any]) -> int:
    """How long all of them are.

    Raises:
        EvaluationError: their lengths differ, or one is a single value.
    """
    for name, array in arrays.items():
        if array.ndim == 0:
            raise EvaluationError(f"a single value, {array}", fix="Give one value a reading", field=name)
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise EvaluationError(
            f"lengths differ: {said}", fix="Give one value a reading in each", field=next(iter(arrays))
        )
    return next(iter(lengths.values()))


def coded(values: ArrayLike, classes: Sequence[Any], field: str) -> Ints:
    """The position of each value among the classes.

    Raises:
        EvaluationError: a value that is none of the classes, or a class named twice.
    """
    array = flat(values, field)
    index = pd.Index(np.asarray(classes, dtype=object))
    if not index.is_unique or index.empty:
        raise EvaluationError(f"classes {list(classes)}", fix="Name each class once", field="classes")
    # Only the few different values are looked up: objects are slow to compare.
    labels, seen = pd.factorize(array)
    codes = np.asarray(index.get_indexer(np.asarray(seen, dtype=object)), dtype=np.int64)[labels]
    _refuse(codes < 0, array, f"is none of the classes {', '.join(map(str, classes))}", field)
    return codes


def clusters(values: ArrayLike, field: str = "cluster") -> tuple[Ints, int]:
    """The number of each reading's cluster, in order of first appearance, and how many clusters there are."""
    codes, names = pd.factorize(flat(values, field))
    return np.asarray(codes, dtype=np.int64), len(names)


def _refuse(bad: Bools, array: NDArray[Any], what: str, field: str) -> None:
    if not bad.any():
        return
    where = np.flatnonzero(bad)
    more = f" (and {where.size - 1} more)" if where.size > 1 else ""
    raise EvaluationError(
        f"value number {where[0] + 1}, {array[where[0]]!s}, {what}{more}", fix="Correct or leave out", field=field
    )
