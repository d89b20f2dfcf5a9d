"""Fitting: the epoch loop, the same for whole networks on images and for heads on kept features."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import nn

from readingroom.core.errors import EvaluationError, ReadingRoomError, TrainingError
from readingroom.core.progress import Progress
from readingroom.core.relay import RelayedProgress, relayed
from readingroom.core.seeds import derive_seed
from readingroom.evaluation import auc
from readingroom.reading.precision import Precision, choose_device, choose_precision
from readingroom.training.checkpoint import Checkpoint, State, TrainingState
from readingroom.training.optimisation import class_weights, epoch_order, make_optimiser, rate_at
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import Rows, Source, Spares, made_ahead

VALIDATION_BATCH = 64

# Fabric announces its precision and its processes on the terminal; the manifest says both.
logging.getLogger("lightning_fabric").setLevel(logging.WARNING)


@dataclass(frozen=True)
class Examples:
    """What is learned and by what it is judged, as rows of a source.

    Args:
        training: rows to learn from.
        validation: rows that choose the epoch; may be empty.
        targets: class of every row of the source, from 0.
        classes: number of classes.
    """

    training: Rows
    validation: Rows
    targets: Rows
    classes: int


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
    seed: int,
    name: str,
    checkpoint: Checkpoint,
    progress: Progress,
) -> Fitted:
    """Train a module on a source, from its checkpoint where there is one.

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
    loop = _Loop(module, source, examples, recipe, seed, name, checkpoint, progress)
    with _deterministic():
        _launch(fabric, loop)
    state, weights = checkpoint.finished()
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
    seed: int
    name: str
    checkpoint: Checkpoint
    progress: Progress

    def run(self, fabric: Fabric) -> None:
        """Train, and leave the result with the checkpoint: a spawned process cannot hand megabytes back."""
        module = self.module.to(memory_format=torch.channels_last)
        module, optimiser = module.to(fabric.device), make_optimiser(module.parameters(), self.recipe)
        state = self.checkpoint.load(module, optimiser)
        model, stepper = fabric.setup(module, optimiser)
        criterion = self._criterion(fabric.device)
        task = self._started(fabric, state)
        while state.epoch < self.recipe.epochs and not self._patience_is_over(state):
            row = self._epoch(fabric, module, model, stepper, criterion, state)
            state.record(row, _monitored(row, self.recipe.monitor), module.state_dict())
            if fabric.is_global_zero:
                self.checkpoint.save(module, optimiser, state)
                self.progress.advance(task, 1, note=_noted(row))
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

    def _criterion(self, device: torch.device) -> nn.Module:
        weight = None
        if self.recipe.balance == "weights":
            learned = self.examples.targets[self.examples.training]
            weight = torch.from_numpy(class_weights(learned, self.examples.classes)).to(device)
        return nn.CrossEntropyLoss(weight=weight, label_smoothing=self.recipe.smoothing)

    def _epoch(
        self,
        fabric: Fabric,
        module: nn.Module,
        model: nn.Module,
        stepper: torch.optim.Optimizer,
        criterion: nn.Module,
        state: TrainingState,
    ) -> dict[str, float]:
        began = time.perf_counter()
        loss = self._train(fabric, model, stepper, criterion, state.epoch)
        validation = self._validate(fabric, module) if fabric.is_global_zero else {}
        validation = fabric.broadcast(validation)
        seconds = time.perf_counter() - began
        state.seconds += seconds
        rate = float(stepper.param_groups[0]["lr"])
        return {"epoch": state.epoch + 1, "train_loss": loss, **validation, "rate": rate, "seconds": seconds}

    def _train(
        self, fabric: Fabric, model: nn.Module, stepper: torch.optim.Optimizer, criterion: nn.Module, epoch: int
    ) -> float:
        torch.manual_seed(derive_seed(self.seed, "epoch", epoch, fabric.global_rank))
        model.train()
        batches = _batches(self.examples, self.recipe, self.seed, epoch)
        mine = [batch[fabric.global_rank :: fabric.world_size] for batch in batches]
        total = torch.zeros((), device=fabric.device)
        spares = Spares()
        made = made_ahead([partial(self.source.drawn, rows, epoch, spares) for rows in mine], done=spares.give)
        for step, (rows, inputs) in enumerate(zip(mine, made, strict=True)):
            for group in stepper.param_groups:
                group["lr"] = rate_at(self.recipe, epoch * len(batches) + step, len(batches))
            targets = torch.from_numpy(self.examples.targets[rows]).to(fabric.device)
            # The loss is computed in float32 whatever the network computes in.
            loss = criterion(model(inputs.to(fabric.device)).float(), targets)
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
        parts = np.array_split(rows, max(1, round(len(rows) / VALIDATION_BATCH)))
        spares = Spares()
        makers: list[Callable[[], torch.Tensor]] = [partial(self.source.plain, part, spares) for part in parts]
        with torch.inference_mode(), fabric.autocast():
            made = made_ahead(makers, done=spares.give)
            logits = [module(inputs.to(fabric.device)).float().cpu() for inputs in made]
        return validation_metrics(torch.cat(logits), self.examples.targets[rows])


def validation_metrics(logits: torch.Tensor, targets: Rows) -> dict[str, float]:
    """Loss, accuracy and AUC of a validation part; AUC is the mean over one class against the rest.

    Args:
        logits: (N, C) float32.
        targets: (N,) classes from 0.
    """
    truth = torch.from_numpy(targets)
    scores = torch.softmax(logits.double(), dim=1).numpy()
    return {
        "validation_loss": float(nn.functional.cross_entropy(logits, truth)),
        "validation_accuracy": float((logits.argmax(dim=1) == truth).double().mean()),
        "validation_auc": _mean_auc(scores, targets),
    }


def _mean_auc(scores: npt.NDArray[np.float64], targets: Rows) -> float:
    columns = [1] if scores.shape[1] == 2 else range(scores.shape[1])
    values = []
    for column in columns:
        try:
            values.append(float(auc(targets == column, scores[:, column]).value or np.nan))
        except EvaluationError:  # a class that validation lacks
            continue
    return float(np.mean(values)) if values else float("nan")


def _batches(examples: Examples, recipe: TrainingSection, seed: int, epoch: int) -> list[Rows]:
    order = examples.training[epoch_order(examples.targets[examples.training], recipe, seed, epoch)]
    # Near-equal parts: no image is dropped, and no batch is so small that its normalisation fails.
    return np.array_split(order, max(1, round(len(order) / recipe.batch)))


def _monitored(row: dict[str, float], monitor: str) -> float:
    if "validation_loss" not in row:
        return float(row["epoch"])
    value = -row["validation_loss"] if monitor == "loss" else row[f"validation_{monitor}"]
    return value if np.isfinite(value) else float("-inf")


def _noted(row: dict[str, float]) -> str:
    parts = [f"loss {row['train_loss']:.3f}"]
    if "validation_loss" in row:
        parts.append(f"validation {row['validation_loss']:.3f}, AUC {row['validation_auc']:.3f}")
    return ", ".join(parts)
