"""Learning to outline: masks that move with their images, and Dice with cross-entropy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import segmentation_models_pytorch as smp
import torch
from torch import nn

from readingroom.training.augmentation import Augmenter, apply_to_outlines
from readingroom.training.objectives import ClassObjective, Objective
from readingroom.training.prepared import PreparedImages
from readingroom.training.sources import Rows

UNKNOWN = 255
"""Of a prepared outline: nobody has said whether this pixel is lesion."""

HALF = 0.5


@dataclass(frozen=True)
class OutlineObjective(Objective):
    """Dice loss plus cross-entropy of every pixel; with ``classes`` also the cross-entropy of the image's class.

    The Dice loss is over the whole batch, so that images without a lesion count as well. Images whose outline is
    unknown count for the class only.

    Args:
        outlines: (N, size, size) uint8, 0, 1 or `UNKNOWN`, rows as the images'.
        augmenter: the one that draws the images.
        classes: for a network with a classifier beside.
        share: weight of the class in the loss; the outline has the rest.
    """

    outlines: PreparedImages
    augmenter: Augmenter
    classes: ClassObjective | None = None
    share: float = 0.5

    def drawn(self, rows: Rows, epoch: int) -> tuple[torch.Tensor, torch.Tensor | None]:  # noqa: D102
        # Draws depend on seed, epoch and row alone: these are those of the images.
        masks = apply_to_outlines(self.outlines.pixels[rows], self.augmenter.draw(rows, epoch))
        return masks, self._classes_of(rows)

    def plain(self, rows: Rows) -> tuple[torch.Tensor, torch.Tensor | None]:  # noqa: D102
        return torch.from_numpy(np.array(self.outlines.pixels[rows])), self._classes_of(rows)

    def _classes_of(self, rows: Rows) -> torch.Tensor | None:
        return None if self.classes is None else self.classes.plain(rows)

    def loss(self, model: nn.Module, inputs: torch.Tensor, targets: Any) -> torch.Tensor:  # noqa: D102
        return self._loss(model(inputs), targets)

    def answer(self, module: nn.Module, inputs: torch.Tensor) -> Any:  # noqa: D102
        logits, classes = module(inputs)
        return logits.float().cpu(), None if classes is None else classes.float().cpu()

    def _loss(self, outputs: Any, targets: Any) -> torch.Tensor:
        (logits, class_logits), (masks, classes) = outputs, targets
        outline = self._outline_loss(logits.float(), masks.to(logits.device))
        if self.classes is None or class_logits is None:
            return outline
        return (1 - self.share) * outline + self.share * self.classes.cross_entropy(class_logits, classes)

    def _outline_loss(self, logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
        dice, entropy = self._losses
        wanted = masks[:, None].float()
        found: torch.Tensor = dice(logits[:, None], wanted) + entropy(logits[:, None], wanted)
        return found

    @cached_property
    def _losses(self) -> tuple[nn.Module, nn.Module]:
        dice = smp.losses.DiceLoss("binary", ignore_index=UNKNOWN)
        return dice, smp.losses.SoftBCEWithLogitsLoss(ignore_index=UNKNOWN)

    def judge(self, answers: Iterable[Any]) -> dict[str, float]:
        """Loss, and the mean IoU and Dice over the images whose outline is known and not empty."""
        losses, counts, overlaps, class_logits, classes = [], [], [], [], []
        for output, targets in answers:
            losses.append(float(self._loss(output, targets)))
            counts.append(len(targets[0]))
            overlaps.append(_overlaps(output[0], targets[0]))
            if output[1] is not None:
                class_logits.append(output[1])
                classes.append(targets[1])
        iou, dice = torch.cat(overlaps).nanmean(dim=0).tolist()
        row = {"validation_loss": float(np.average(losses, weights=counts))}
        if self.classes is not None and class_logits:
            row = self.classes.judge(zip(class_logits, classes, strict=True)) | row
        return {**row, "validation_iou": iou, "validation_dice": dice}

    @property
    def shown(self) -> tuple[str, str]:  # noqa: D102
        return "validation_iou", "IoU"


def _overlaps(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """(B, 2) IoU and Dice at a probability of one half; not a number where there is no known lesion."""
    said, lesion = logits > 0, masks == 1
    both = (said & lesion).sum(dim=(1, 2)).double()
    sizes = said.sum(dim=(1, 2)).double() + lesion.sum(dim=(1, 2)).double()
    with_lesion = torch.where(lesion.any(dim=2).any(dim=1), 1.0, torch.nan)
    return torch.stack([both / (sizes - both), 2 * both / sizes], dim=1) * with_lesion[:, None]
