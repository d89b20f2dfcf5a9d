"""The table of a reader study as a cube: every reader, every modality, every case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Bools, Floats, binary, flat, numbers


@dataclass(frozen=True, eq=False)
class Crossed:
    """A fully crossed study.

    Args:
        modalities: in order of first appearance.
        readers: in order of first appearance.
        truth: (N,) of each case.
        scores: (T, R, N) modality, reader, case.
        level: confidence level asked for.
    """

    modalities: list[Any]
    readers: list[Any]
    truth: Bools
    scores: Floats
    level: float


def crossed_study(table: pd.DataFrame, columns: list[str], readers: str, level: float) -> Crossed:
    """The cube of scores of a table in which every reader reads every case once in every modality.

    Args:
        table: one row a reading.
        columns: names of reader, modality, case, truth and score.
        readers: ``random`` or ``fixed``.
        level: confidence level.

    Raises:
        EvaluationError: missing columns or names, holes or repeats, a case with two truths, one modality, one random
            reader.
    """
    _present(table, columns)
    reader, modality, case, truth, score = columns
    names = flat(table[modality].to_numpy(), modality)
    crossed = _crossed(table, names, [reader, case, truth, score], readers, level)
    if len(crossed.modalities) < 2:
        raise EvaluationError("one modality only", fix="Compare two or more", field=modality)
    return crossed


def crossed_readers(table: pd.DataFrame, columns: list[str], readers: str, level: float) -> Crossed:
    """The cube, (1, R, N), of a table in which every reader reads every case once.

    Args:
        table: one row a reading.
        columns: names of reader, case, truth and score.
        readers: ``random`` or ``fixed``.
        level: confidence level.

    Raises:
        EvaluationError: see `crossed_study`.
    """
    _present(table, columns)
    return _crossed(table, np.zeros(len(table), dtype=np.int64), columns, readers, level)


def _present(table: pd.DataFrame, columns: list[str]) -> None:
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise EvaluationError(f"no column {', '.join(missing)}", fix="Name the columns of your table", field=missing[0])


def _crossed(table: pd.DataFrame, modality: NDArray[Any], columns: list[str], readers: str, level: float) -> Crossed:
    reader, case, truth, score = columns
    values = numbers(table[score].to_numpy(), score)
    who, what = (flat(table[name].to_numpy(), name) for name in (reader, case))
    wide = pd.Series(values, index=pd.MultiIndex.from_arrays([modality, who, what]))
    if not wide.index.is_unique:
        raise EvaluationError("a reader reads a case twice in one modality", fix="Leave one of them", field=case)
    cube = wide.unstack(level=2)  # noqa: PD010 - exactly one value a cell, and holes must show
    modalities, names = list(pd.unique(modality)), list(pd.unique(who))
    if len(cube) != len(modalities) * len(names) or cube.isna().to_numpy().any():
        fix = "Every reader reads every case (in every modality), or take the complete part"
        raise EvaluationError("the study is not fully crossed", fix=fix, field=case)
    if len(names) < 2 and readers == "random":
        fix = 'Take readers="fixed": the result then holds for this reader'
        raise EvaluationError("one reader only", fix=fix, field=reader)
    cube = cube.reindex(pd.MultiIndex.from_product([modalities, names]))
    scores = cube.to_numpy(dtype=np.float64).reshape(len(modalities), len(names), -1)
    return Crossed(modalities, names, _one_truth(table, case, truth, list(cube.columns)), scores, level)


def _one_truth(table: pd.DataFrame, case: str, truth: str, order: list[Any]) -> Bools:
    flat(table[truth].to_numpy(), truth)
    held = table.groupby(case)[truth].agg(["nunique", "first"]).loc[order]
    if (held["nunique"] > 1).any():
        first = held.index[held["nunique"] > 1][0]
        raise EvaluationError(f"case {first} has two truths", fix="Correct the table", field=truth)
    real = binary(held["first"].to_numpy(), truth)
    if real.all() or not real.any():
        raise EvaluationError("one class only", fix="Both are needed", field=truth)
    return real
