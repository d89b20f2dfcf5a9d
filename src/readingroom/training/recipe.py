"""The recipe: the study file's ``training:`` section."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from readingroom.core.config import Section
from readingroom.reading.precision import PrecisionChoice

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, lt=1)]


class TrainingSection(Section):
    """How readers are trained. Every key may be given again for one reader."""

    epochs: PositiveInt = 50
    """Passes over the training images."""
    batch: PositiveInt = 32
    """Images a step."""
    optimiser: Literal["adam", "adamw", "sgd"] = "adam"
    """`adam` (studies 1 and 2), `sgd` with momentum 0.9 (study 3), or `adamw`."""
    rate: Positive = 1e-4
    """Learning rate, at its highest."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.0
    """Weight decay; in `adamw` decoupled, else as an L2 penalty."""
    schedule: Literal["constant", "cosine", "step"] = "constant"
    """`constant`; `cosine` to zero over the epochs; `step`: a tenth after each third of the epochs."""
    warmup: Annotated[float, Field(ge=0)] = 0.0
    """Epochs over which the rate rises from zero; fractions are allowed."""
    patience: PositiveInt | None = None
    """Stop after so many epochs without a better `monitor`; null trains all epochs."""
    monitor: Literal["loss", "auc", "accuracy", "iou", "ap"] = "loss"
    """What validation is judged by, for `patience` and `keep`; `iou` for readers that outline, `ap` (average precision)
    for readers that find boxes."""
    keep: Literal["best", "last"] = "best"
    """Weights of the best epoch by `monitor`, or of the last."""
    balance: Literal["weights", "sampling"] | None = None
    """Rare classes: weigh them more in the loss, or draw them more often; null leaves the classes as they are."""
    smoothing: Share = 0.0
    """Label smoothing of the cross-entropy."""
    dropout: Share = 0.0
    """Dropout before the last layer."""
    copies: Annotated[int, Field(ge=0, le=256)] = 4
    """Frozen backbone: augmented copies of each image whose features are kept beside the plain image's."""
    precision: PrecisionChoice = "auto"
    """`auto`: bfloat16 where the processor has it natively, else float32. Loss and metrics are float32 always."""
    devices: PositiveInt = 1
    """GPUs, or processes on a CPU, that share each batch."""
    shuffled: bool = False
    """A control: labels of the training and validation parts are dealt at random among their patients (boxes of a
    detector among images of one size), so that nothing can be learned, and the test part must come out at chance. Meant
    for an arm: `arms: {shuffled-labels: {training: {shuffled: true}}}`."""
    seed: int = 7
    """Of initial weights, order, augmentation and dropout."""
    repeats: PositiveInt = 1
    """Trainings of each reader, each with another seed, to show the spread."""
