"""Searches in the report: their table, their words in both languages, their figure."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from readingroom.core.translations import Translator
from readingroom.report.figures.searches import draw_searches
from readingroom.report.figures.style import Pen
from readingroom.report.run_folder import RunFolder
from readingroom.report.searches import search_sentences, search_table

FOUND = {
    "trials": 4, "complete": 2, "pruned": 1, "diverged": 1, "measure": "auc", "best_trial": 3, "best_value": 0.8125,
    "best_values": {"training.rate": 0.00123, "head": [8]}, "seed": 7, "epochs": 6, "fold": 1,
    "space": {"training.rate": {"low": 1e-05, "high": 0.01, "log": True}, "head": [[], [8]],
              "training.dropout": {"low": 0.0, "high": 0.5, "log": False}, "training.balance": [None, "weights"]},
}  # fmt: skip


def run_with(searches: list[dict[str, object]]) -> RunFolder:
    study = {"search": {"pruning": "median"}}
    return RunFolder(Path(), study, {"readers": {"r": {"searches": searches}}}, pd.DataFrame(), pd.DataFrame(), {})


def test_the_table_says_how_trials_ended_and_what_was_taken() -> None:
    table = search_table(run_with([FOUND]), Translator("en"))
    assert table is not None
    (row,) = table.rows
    assert [cell.text for cell in row] == [
        "r", "1", "4", "1", "1", "AUC", "0.812", "training.rate 0.00123, head [8]",
    ]  # fmt: skip


def test_the_words_state_budget_space_and_what_was_taken() -> None:
    said = " ".join(search_sentences(run_with([FOUND]), Translator("en")))
    assert "4 trials by Optuna" in said
    assert "seed 7" in said
    assert "on the validation part alone" in said
    assert "Each trial had 6 epochs." in said
    assert "training.rate from 1e-05 to 0.01, by factors; head one of [], [8]; training.dropout from 0 to 0.5" in said
    assert "training.balance one of null, weights" in said
    assert "Taken were: r (training.rate 0.00123, head [8])." in said


def test_folds_are_told_of_in_the_table() -> None:
    said = list(search_sentences(run_with([FOUND, {**FOUND, "fold": 2}]), Translator("en")))
    assert said[-1] == "Each fold was searched by itself; the values taken are in the table of searches."


def test_the_words_are_chinese_where_chinese_is_asked_for() -> None:
    said = "".join(search_sentences(run_with([FOUND]), Translator("zh")))
    assert "仅依据验证部分" in said
    assert "trials" not in said


def test_without_a_search_nothing_is_said() -> None:
    assert search_table(run_with([]), Translator("en")) is None
    assert list(search_sentences(run_with([]), Translator("en"))) == []


@pytest.mark.parametrize(("measure", "expected"), [("auc", [0.5, 0.5, 0.8]), ("loss", [0.5, 0.5, 0.5])])
def test_the_line_is_the_best_of_the_trials_trained_to_the_end(measure: str, expected: list[float]) -> None:
    trials = pd.DataFrame({
        "trial": [1, 2, 3], "state": ["complete", "pruned", "complete"], measure: [0.5, 0.9, 0.8], "fold": 1,
    })  # fmt: skip
    figure = draw_searches(Pen(Translator("en")), {"r": trials}, {"r": measure})
    (line,) = figure.axes[0].get_lines()
    assert list(line.get_ydata()) == expected
