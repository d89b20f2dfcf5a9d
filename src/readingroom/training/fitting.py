"""Fitting: the epoch loop, the same for whole networks on images and for heads on kept features."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn

from readingroom.core.errors import ReadingRoomError, TrainingError
from readingroom.core.progress import Progress
from readingroom.core.relay import RelayedProgress, relayed
from readingroom.core.seeds import derive_seed
from readingroom.reading.precision import Precision, choose_device, choose_precision, laid_out
from readingroom.training.checkpoint import Checkpoint, State, TrainingState
from readingroom.training.objectives import ClassObjective, Examples, Objective
from readingroom.training.optimisation import epoch_order, make_optimiser, rate_at
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import Rows, Source, Spares, made_ahead

# Fabric announces its precision and its processes on the terminal; the manifest says both.
logging.getLogger("lightning_fabric").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Fitted:
    """What a training gave.

    Args:
        weights: of the kept epoch.
        history: one row an epoch: epoch, train_loss, validation_loss, validation_accuracy, validation_auc, rate,
            seconds.
        kept_epoch: counted from 1.
        seconds: of training, validation included.
        precision: that was used.
        device: that was used.
    """

    weights: State
    history: list[dict[str, float]]
    kept_epoch: int
    seconds: float
    precision: Precision
    device: str


def fit(
    module: nn.Module,
    source: Source,
    examples: Examples,
    recipe: TrainingSection,
    *,
    objective: Objective | None = None,
    seed: int,
    name: str,
    checkpoint: Checkpoint,
    progress: Progress,
) -> Fitted:
    """Train a module on a source, from its checkpoint where there is one; the class of the image by default.

    Every random number of an epoch comes from the seed and the epoch's number, so a run that was killed and resumed
    gives the numbers of a run that was not; on a CPU bit for bit.

    Raises:
        TrainingError: the loss is no longer a number.
    """
    device = choose_device()
    precision = choose_precision(recipe.precision, device)
    fabric = Fabric(
        accelerator="cuda" if device.type == "cuda" else "cpu",
        devices=recipe.devices,
        # Processes are spawned by the loop itself: a study is not a script that could be started again per device.
        strategy="ddp_spawn" if recipe.devices > 1 else "auto",
        precision="bf16-mixed" if precision == "bfloat16" else "32-true",
    )
    learned = objective or ClassObjective(examples, recipe)
    loop = _Loop(module, source, examples, recipe, learned, seed, name, checkpoint, progress)
    with _deterministic():
        _launch(fabric, loop)
    state, weights = checkpoint.finished()
    if recipe.keep == "best" and not state.best_epoch:
        raise TrainingError(
            f"{name}: {recipe.monitor} on the validation part was a number in no epoch",
            fix="Lower training.rate, or set training.precision to float32",
        )
    kept = state.best_epoch if recipe.keep == "best" else state.epoch
    return Fitted(weights, state.history, kept, state.seconds, precision, device.type)


def _launch(fabric: Fabric, loop: _Loop) -> None:
    if loop.recipe.devices == 1:
        fabric.launch(loop.run)
        return
    with relayed(loop.progress) as relay:
        fabric.launch(partial(_run_relayed, replace(loop, progress=relay), relay))


def _run_relayed(loop: _Loop, relay: RelayedProgress, fabric: Fabric) -> None:
    """Run in one of several spawned processes, of which the first speaks for all."""
    try:
        loop.run(fabric)
    except ReadingRoomError as error:
        if fabric.is_global_zero:
            relay.fail(error)
        raise


@contextmanager
def _deterministic() -> Iterator[None]:
    memory = torch.utils.deterministic
    before = torch.are_deterministic_algorithms_enabled(), memory.fill_uninitialized_memory  # type: ignore[attr-defined]
    torch.use_deterministic_algorithms(True, warn_only=True)
    # Filling fresh memory only serves to find reads of it, and costs several per cent of each step.
    memory.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    try:
        with torch.random.fork_rng():
            yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        memory.fill_uninitialized_memory = before[1]  # type: ignore[attr-defined]


@dataclass
class _Loop:
    module: nn.Module
    source: Source
    examples: Examples
    recipe: TrainingSection
    objective: Objective
    seed: int
    name: str
    checkpoint: Checkpoint
    progress: Progress

    def run(self, fabric: Fabric) -> None:
        """Train, and leave the result with the checkpoint: a spawned process cannot hand megabytes back."""
        module = laid_out(self.module, choose_precision(self.recipe.precision, fabric.device))
        module, optimiser = module.to(fabric.device), make_optimiser(module.parameters(), self.recipe)
        state = self.checkpoint.load(module, optimiser)
        model, stepper = fabric.setup(module, optimiser)
        task = self._started(fabric, state)
        while state.epoch < self.recipe.epochs and not self._patience_is_over(state):
            row = self._epoch(fabric, module, model, stepper, state)
            state.record(row, _monitored(row, self.recipe.monitor), module.state_dict())
            if fabric.is_global_zero:
                self.checkpoint.save(module, optimiser, state)
                self.progress.advance(task, 1, note=_noted(row, *self.objective.shown))
            fabric.barrier()
        if fabric.is_global_zero:
            self.progress.finish(task)
            self.checkpoint.finish(state, state.best if self.recipe.keep == "best" else module.state_dict())

    def _started(self, fabric: Fabric, state: TrainingState) -> int:
        if not fabric.is_global_zero:
            return 0
        task = self.progress.start(f"{self.name}: training", self.recipe.epochs)
        if state.epoch:
            self.progress.advance(task, state.epoch, note=f"resumed after epoch {state.epoch}")
        return task

    def _patience_is_over(self, state: TrainingState) -> bool:
        patience = self.recipe.patience
        return patience is not None and state.epoch - state.best_epoch >= patience

    def _epoch(
        self,
        fabric: Fabric,
        module: nn.Module,
        model: nn.Module,
        stepper: torch.optim.Optimizer,
        state: TrainingState,
    ) -> dict[str, float]:
        began = time.perf_counter()
        loss = self._train(fabric, model, stepper, state.epoch)
        validation = self._validate(fabric, module) if fabric.is_global_zero else {}
        validation = fabric.broadcast(validation)
        seconds = time.perf_counter() - began
        state.seconds += seconds
        rate = float(stepper.param_groups[0]["lr"])
        return {"epoch": state.epoch + 1, "train_loss": loss, **validation, "rate": rate, "seconds": seconds}

    def _train(self, fabric: Fabric, model: nn.Module, stepper: torch.optim.Optimizer, epoch: int) -> float:
        torch.manual_seed(derive_seed(self.seed, "epoch", epoch, fabric.global_rank))
        model.train()
        batches = _batches(self.examples, self.recipe, self.seed, epoch)
        mine = [batch[fabric.global_rank :: fabric.world_size] for batch in batches]
        total = torch.zeros((), device=fabric.device)
        spares = Spares()
        made = made_ahead(
            [partial(self._drawn, rows, epoch, spares) for rows in mine], done=lambda batch: spares.give(batch[0])
        )
        for step, (rows, (inputs, targets)) in enumerate(zip(mine, made, strict=True)):
            for group in stepper.param_groups:
                group["lr"] = rate_at(self.recipe, epoch * len(batches) + step, len(batches))
            loss = self.objective.loss(model, inputs.to(fabric.device), targets)
            stepper.zero_grad(set_to_none=True)
            fabric.backward(loss)
            stepper.step()
            total += loss.detach() * len(rows)
        summed = fabric.all_reduce(total, reduce_op="sum")
        mean = float(summed) / len(self.examples.training)  # type: ignore[arg-type]
        if not np.isfinite(mean):
            raise TrainingError(
                f"{self.name}: the loss is {mean} in epoch {epoch + 1}",
                fix="Lower training.rate, or set training.precision to float32",
            )
        return mean

    def _validate(self, fabric: Fabric, module: nn.Module) -> dict[str, float]:
        rows = self.examples.validation
        if not len(rows):
            return {}
        module.eval()
        parts = np.array_split(rows, max(1, round(len(rows) / self.source.at_once)))
        spares = Spares()
        made = made_ahead(
            [partial(self._plain, part, spares) for part in parts], done=lambda batch: spares.give(batch[0])
        )
        with torch.inference_mode(), fabric.autocast():
            return self.objective.judge(
                (self.objective.answer(module, inputs.to(fabric.device)), targets) for inputs, targets in made
            )

    def _drawn(self, rows: Rows, epoch: int, spares: Spares) -> tuple[torch.Tensor, Any]:
        return self.source.drawn(rows, epoch, spares), self.objective.drawn(rows, epoch)

    def _plain(self, rows: Rows, spares: Spares) -> tuple[torch.Tensor, Any]:
        return self.source.plain(rows, spares), self.objective.plain(rows)


def _batches(examples: Examples, recipe: TrainingSection, seed: int, epoch: int) -> list[Rows]:
    order = examples.training[epoch_order(examples.targets[examples.training], recipe, seed, epoch)]
    # Near-equal parts: no image is dropped, and no batch is so small that its normalisation fails.
    return np.array_split(order, max(1, round(len(order) / recipe.batch)))


def _monitored(row: dict[str, float], monitor: str) -> float:
    if "validation_loss" not in row:
        return float(row["epoch"])
    value = -row["validation_loss"] if monitor == "loss" else row[f"validation_{monitor}"]
    return value if np.isfinite(value) else float("-inf")


def _noted(row: dict[str, float], column: str, name: str) -> str:
    parts = [f"loss {row['train_loss']:.3f}"]
    if "validation_loss" in row:
        parts.append(f"validation {row['validation_loss']:.3f}, {name} {row[column]:.3f}")
    return ", ".join(parts)
