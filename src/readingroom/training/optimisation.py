"""Optimisers, schedules and class balance: each a table from its name in the study file to what it does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from readingroom.core.seeds import generator
from readingroom.training.recipe import TrainingSection

Rows = npt.NDArray[np.int64]

OPTIMISERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "sgd": lambda parameters, **options: torch.optim.SGD(parameters, momentum=0.9, **options),
}

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda _: 1.0,
    "cosine": lambda done: 0.5 * (1.0 + math.cos(math.pi * done)),
    "step": lambda done: 0.1 ** min(2, int(done * 3)),
}
"""Share of the highest rate by the share of the training that is done, 0 to 1."""


def make_optimiser(parameters: Iterable[nn.Parameter], recipe: TrainingSection) -> torch.optim.Optimizer:
    """The optimiser of a recipe, over the parameters that are to be trained."""
    trained: list[Any] = [parameter for parameter in parameters if parameter.requires_grad]
    return OPTIMISERS[recipe.optimiser](trained, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)


def rate_at(recipe: TrainingSection, step: int, steps_an_epoch: int) -> float:
    """Learning rate of a step, counted from 0 over the whole training: a formula without memory, so it resumes.

    Example:
        >>> rate_at(TrainingSection(rate=0.1, epochs=2, schedule="cosine"), 10, 10)
        0.05
    """
    epoch = step / steps_an_epoch
    warm = min(1.0, (epoch + 1.0 / steps_an_epoch) / recipe.warmup) if recipe.warmup else 1.0
    done = max(0.0, epoch - recipe.warmup) / max(recipe.epochs - recipe.warmup, 1e-9)
    return recipe.rate * warm * SCHEDULES[recipe.schedule](min(done, 1.0))


def class_weights(targets: Rows, classes: int) -> npt.NDArray[np.float32]:
    """Weights of the classes in the loss: inverse to their frequency, of mean 1 over the images.

    Args:
        targets: (N,) class of each training image.
        classes: number of classes, each of which has an image.
    """
    counts = np.bincount(targets, minlength=classes)
    return (len(targets) / (classes * counts)).astype(np.float32)


def epoch_order(targets: Rows, recipe: TrainingSection, seed: int, epoch: int) -> Rows:
    """Order in which an epoch visits the training images: indices into ``targets``.

    With ``balance: sampling`` images are drawn with replacement, every class equally often on average.
    """
    draws = generator(seed, "order", epoch)
    if recipe.balance != "sampling":
        return draws.permutation(len(targets))
    weights = class_weights(targets, int(targets.max()) + 1)[targets].astype(np.float64)
    return draws.choice(len(targets), size=len(targets), replace=True, p=weights / weights.sum())
