"""Objectives: what a network learns, its loss, and what validation is judged by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import auc
from readingroom.training.optimisation import class_weights
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import Rows


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


class Objective(ABC):
    """What a network learns. Targets of a batch are made beside its inputs, in the same thread."""

    @abstractmethod
    def drawn(self, rows: Rows, epoch: int) -> Any:
        """Targets for training, moved as this epoch's draws move the inputs of these rows."""

    @abstractmethod
    def plain(self, rows: Rows) -> Any:
        """Targets of the inputs as they are when reading."""

    @abstractmethod
    def loss(self, model: nn.Module, inputs: torch.Tensor, targets: Any) -> torch.Tensor:
        """Mean loss of a batch, in float32 whatever the network computes in."""

    @abstractmethod
    def judge(self, answers: Iterable[tuple[Any, Any]]) -> dict[str, float]:
        """Validation metrics of all answers, each with its targets; ``validation_loss`` among them."""

    @abstractmethod
    def answer(self, module: nn.Module, inputs: torch.Tensor) -> Any:
        """What the network says of a batch, on the CPU in float32."""

    @property
    @abstractmethod
    def shown(self) -> tuple[str, str]:
        """The metric shown with the progress: its column and its name."""


@dataclass(frozen=True)
class ClassObjective(Objective):
    """Cross-entropy of the class of the image."""

    examples: Examples
    recipe: TrainingSection

    def drawn(self, rows: Rows, epoch: int) -> torch.Tensor:  # noqa: D102
        return self.plain(rows)

    def plain(self, rows: Rows) -> torch.Tensor:  # noqa: D102
        return torch.from_numpy(self.examples.targets[rows])

    def loss(self, model: nn.Module, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:  # noqa: D102
        return self.cross_entropy(model(inputs), targets)

    def cross_entropy(self, logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        """Weighted and smoothed as the recipe says: logits (B, C), classes (B,)."""
        weight = None
        if self.recipe.balance == "weights":
            learned = self.examples.targets[self.examples.training]
            weight = torch.from_numpy(class_weights(learned, self.examples.classes)).to(logits.device)
        entropy = nn.functional.cross_entropy
        return entropy(logits.float(), targets.to(logits.device), weight, label_smoothing=self.recipe.smoothing)

    def answer(self, module: nn.Module, inputs: torch.Tensor) -> torch.Tensor:  # noqa: D102
        logits: torch.Tensor = module(inputs)
        return logits.float().cpu()

    def judge(self, answers: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> dict[str, float]:  # noqa: D102
        logits, targets = zip(*answers, strict=True)
        return validation_metrics(torch.cat(logits), torch.cat(targets).numpy())

    @property
    def shown(self) -> tuple[str, str]:  # noqa: D102
        return "validation_auc", "AUC"


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
