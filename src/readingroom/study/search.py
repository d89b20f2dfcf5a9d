"""The search: trainings of one reader with other values, judged on the validation part, until the best are known.

What was tried is kept in a file of its own, written after each trial. What is tried next depends on the seed, on the
number of the trial and on the trials before it, so that a search that was killed goes on to the same values.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from readingroom.core.errors import StudyFileError, TrainingError
from readingroom.core.files import hash_value, read_json, write_json
from readingroom.core.progress import Progress, SilentProgress
from readingroom.core.tables import write_csv
from readingroom.study.proposal import LESS, Course, Trial, propose
from readingroom.study.search_section import SearchSection, with_values
from readingroom.training.reader import HISTORY_FILE, ReaderPlan, TrainingData, train_reader

SEARCH_FILE = "search.csv"
_TRIALS = "trials.json"
_VERSION = 1


class _Pruned(Exception):  # noqa: N818 -- no error: the trial is stopped because others were better
    pass


@dataclass(frozen=True)
class Found:
    """What a search found.

    Args:
        values: the best, by key.
        trials: all of them.
        measure: that they were judged by.
        section: what was asked for.
    """

    values: dict[str, Any]
    trials: tuple[Trial, ...]
    measure: str
    section: SearchSection

    @property
    def best(self) -> Trial:
        """The trial whose values were taken."""
        return _best(self.trials, self.measure)

    @property
    def facts(self) -> dict[str, Any]:
        """For ``reader.yaml`` and the manifest."""
        states = [one.state for one in self.trials]
        return {
            "trials": len(states),
            **{state: states.count(state) for state in ("complete", "pruned", "diverged")},
            "measure": self.measure,
            "best_trial": self.best.number,
            "best_value": self.best.value,
            "best_values": self.values,
            "seed": self.section.seed,
            "epochs": self.section.epochs,
            "space": self.section.model_dump(mode="json")["space"],
        }


def need_optuna(section: SearchSection | None) -> None:
    """Refuse a search that could not be made.

    Raises:
        StudyFileError: optuna is not installed.
    """
    if section is not None and find_spec("optuna") is None:
        raise StudyFileError(
            "a search needs optuna, which is not installed", fix="pip install 'readingroom[search]'", field="search"
        )


@dataclass(frozen=True)
class Search:
    """Looks for the values of one reader in one fold.

    Args:
        section: of the study file.
        plan: of the reader, as the study file has it.
        data: training and validation rows; no other row is opened.
        where: folder of the reader's bundle.
        progress: where it is reported.
    """

    section: SearchSection
    plan: ReaderPlan
    data: TrainingData
    where: Path
    progress: Progress

    @property
    def key(self) -> str:
        """Hash of all that decides what is found."""
        return hash_value([_VERSION, self.section.model_dump(mode="json"), self.plan.as_dict(), self.data.key])

    @property
    def _folder(self) -> Path:
        return self.where / "search"

    def run(self) -> Found:
        """Try until the budget is spent; what an earlier run tried is not tried again.

        Raises:
            StudyFileError: no validation part, a measure that this reader does not have, or no trial that could be
                measured.
        """
        if not len(self.data.examples.validation):
            raise StudyFileError(
                f"{self.plan.name}: a search needs a validation part, and there is none",
                fix="Set partition.validation to a share above 0, or leave search out",
                field="search",
            )
        measure = self.section.measure_of(self.plan)
        trials = self._known()
        if len(trials) < self.section.trials:
            task = self.progress.start(f"{self.plan.name}: searching", self.section.trials)
            self.progress.advance(task, len(trials))
            while len(trials) < self.section.trials:
                trials.append(self._try(measure, trials))
                write_json(self._folder / _TRIALS, {"key": self.key, "trials": [asdict(one) for one in trials]})
                self.progress.advance(task, 1, note=f"best {measure} {_shown(_best(trials, measure).value)}")
            self.progress.finish(task)
        found = Found(_best(trials, measure).chosen, tuple(trials), measure, self.section)
        if found.best.value is None:
            raise StudyFileError(
                f"{self.plan.name}: no trial of the search gave a value of {measure}",
                fix="Narrow search.space, for example to lower rates",
                field="search",
            )
        write_csv(table(found), self.where / SEARCH_FILE)
        return found

    def _known(self) -> list[Trial]:
        """The trials of an earlier run of the same search; of another one nothing is kept."""
        path = self._folder / _TRIALS
        if path.is_file():
            stored = read_json(path)
            if stored["key"] == self.key:
                return [Trial(**one) for one in stored["trials"]]
            shutil.rmtree(self._folder)
        return []

    def _try(self, measure: str, before: list[Trial]) -> Trial:
        number = len(before) + 1
        values, prune = propose(self.section, measure, before)
        plan = with_values(self.plan, values)
        if self.section.epochs is not None:
            plan = replace(plan, recipe=plan.recipe.model_copy(update={"epochs": self.section.epochs}))
        course: Course = []

        def watch(history: list[dict[str, float]]) -> None:
            """Follow a training from epoch to epoch, also one that goes on from a checkpoint."""
            for row in history[len(course) :]:
                course.append(_measured(row, measure, self.plan.name))
                if prune(course):
                    raise _Pruned

        state, seconds = self._train(plan, number, watch)
        if state == "complete":
            history = pd.read_csv(self._folder / "trial" / HISTORY_FILE)
            course = [_measured(row, measure, self.plan.name) for row in history.to_dict("records")]
            seconds = float(history["seconds"].sum())
        shutil.rmtree(self._folder / "trial", ignore_errors=True)
        finite = [value for value in course if value is not None]
        best = max(finite, key=lambda value: LESS.get(measure, 1.0) * value) if finite else None
        return Trial(number, state, best, values, course, round(seconds, 1))

    def _train(
        self, plan: ReaderPlan, number: int, watch: Callable[[list[dict[str, float]]], None]
    ) -> tuple[str, float]:
        folder = self._folder / "trial"
        own = any(key.partition(".")[0] == "augmentation" or key == "training.copies" for key in self.section.space)
        # Features of a frozen backbone serve all trials, unless each trial has its own.
        data = replace(self.data, kept=folder / "kept") if own else self.data
        seconds = 0.0

        def watched(history: list[dict[str, float]]) -> None:
            nonlocal seconds
            seconds = sum(row["seconds"] for row in history)
            watch(history)

        # Several processes share nothing that could be watched from here.
        watcher = watched if plan.recipe.devices == 1 else None
        key = hash_value([self.key, number, plan.as_dict()])
        try:
            train_reader(plan, data, folder, key=key, facts=_FACTS, progress=SilentProgress(), watch=watcher)
        except _Pruned:
            return "pruned", seconds
        except TrainingError:
            return "diverged", seconds
        return "complete", seconds


_FACTS: Mapping[str, Any] = {"study": "search", "fold": 1, "repeat": 1}


def table(found: Found) -> pd.DataFrame:
    """One row a trial: trial, state, value, best_epoch, epochs, seconds, best, and a column for each key."""
    sign = LESS.get(found.measure, 1.0)
    rows = [
        {
            "trial": one.number,
            "state": one.state,
            found.measure: one.value,
            "epochs": len(one.course),
            "best_epoch": _epoch(one.course, sign),
            "seconds": one.seconds,
            "taken": one.number == found.best.number,
            **{key: _cell(value) for key, value in one.chosen.items()},
        }
        for one in found.trials
    ]
    return pd.DataFrame(rows).astype({"best_epoch": "Int64"})


def _cell(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | tuple) or value is None else value


def _epoch(course: Course, sign: float) -> int | None:
    finite = [(sign * value, -epoch) for epoch, value in enumerate(course, start=1) if value is not None]
    return -max(finite)[1] if finite else None


def _best(trials: list[Trial] | tuple[Trial, ...], measure: str) -> Trial:
    """The best of the complete trials, the earlier of equal ones; of all where none is complete."""
    sign = LESS.get(measure, 1.0)
    complete = [one for one in trials if one.state == "complete" and one.value is not None]
    known = complete or [one for one in trials if one.value is not None] or list(trials)
    return max(known, key=lambda one: (sign * one.value if one.value is not None else -math.inf, -one.number))


def _measured(row: Mapping[Any, Any], measure: str, reader: str) -> float | None:
    column = f"validation_{measure}"
    if column not in row:
        known = ", ".join(str(name).removeprefix("validation_") for name in row if str(name).startswith("validation_"))
        raise StudyFileError(
            f"{reader}: it has no {measure} to be judged by", fix=f"Choose one of {known}", field="search.measure"
        )
    value = float(row[column])
    return value if math.isfinite(value) else None


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
