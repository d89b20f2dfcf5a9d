"""Checkpoints: the state of a training between two epochs, from which a killed run goes on to the same numbers."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

from readingroom.core.files import atomic_write

State = dict[str, torch.Tensor]
Watch = Callable[[list[dict[str, float]]], None]


@dataclass
class TrainingState:
    """Where a training stands after ``epoch`` finished epochs.

    Args:
        epoch: finished epochs.
        seconds: training time so far.
        history: one row an epoch.
        best_epoch: epoch of the best validation, counted from 1; 0 before the first.
        best_value: the monitored value there; higher is better.
        best: weights there.
    """

    epoch: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_value: float = float("-inf")
    best: State = field(default_factory=dict)

    def record(self, row: dict[str, float], value: float, weights: State) -> None:
        """Take in a finished epoch; equal values keep the earlier epoch."""
        self.epoch += 1
        self.history.append(row)
        if value > self.best_value:
            self.best_epoch, self.best_value = self.epoch, value
            self.best = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}


class Checkpoint:
    """A checkpoint file of one training.

    Args:
        folder: where it lies; removed when the training is complete.
        key: hash of all that decides the training's result; a checkpoint of another key is not used.
        interval_s: seconds that pass at least between two writes. An epoch that was not written is trained again.
        watch: is given the history after each epoch; what it raises ends the training.
    """

    def __init__(self, folder: Path, key: str, interval_s: float = 15.0, watch: Watch | None = None) -> None:
        self._watch = watch
        self._path = folder / "state.pt"
        self._result = folder / "result.pt"
        self._key = key
        self._interval_s = interval_s
        self._written = time.monotonic()

    def load(self, model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> TrainingState:
        """Put the weights and the optimiser back, and say where the training stands; a fresh state if nowhere."""
        if not self._path.is_file():
            return TrainingState()
        stored = self._read(self._path)
        if stored["key"] != self._key:
            return TrainingState()
        model.load_state_dict(stored["model"])
        optimiser.load_state_dict(stored["optimiser"])
        return TrainingState(**stored["state"])

    def save(self, model: torch.nn.Module, optimiser: torch.optim.Optimizer, state: TrainingState) -> None:
        """Write the state, unless the last write was a moment ago."""
        if self._watch is not None:
            self._watch(state.history)
        if time.monotonic() - self._written < self._interval_s:
            return
        self._write(
            self._path, {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "state": _plain(state)}
        )
        self._written = time.monotonic()

    def finish(self, state: TrainingState, kept: State) -> None:
        """Write the result of a training that has ended."""
        self._write(self._result, {"state": _plain(state), "kept": {name: one.cpu() for name, one in kept.items()}})

    def finished(self) -> tuple[TrainingState, State]:
        """Where a training ended, and the weights that it keeps."""
        stored = self._read(self._result)
        return TrainingState(**stored["state"]), stored["kept"]

    def _read(self, path: Path) -> dict[str, Any]:
        # weights_only: a checkpoint can hold tensors and plain values, never code.
        stored: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        return stored

    def _write(self, path: Path, values: dict[str, Any]) -> None:
        with atomic_write(path) as temporary:
            torch.save({"key": self._key, **values}, temporary)

    def remove(self) -> None:
        """The training is complete and its bundle written."""
        shutil.rmtree(self._path.parent, ignore_errors=True)


def _plain(state: TrainingState) -> dict[str, Any]:
    return {one.name: getattr(state, one.name) for one in fields(state)}
