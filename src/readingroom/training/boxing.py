"""Learning to find boxes: boxes that move with their images, the detector's own losses, and average precision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from readingroom.core.files import hash_value
from readingroom.evaluation import Matches, average_precision, match_boxes
from readingroom.networks.detector import Found
from readingroom.reading.boxes import BoxArray, FoundBoxes, areas
from readingroom.training.augmentation import Augmenter, apply_to_boxes
from readingroom.training.objectives import Objective
from readingroom.training.sources import Rows

LEAST_SHARE = 0.3
"""Of a box's area that must stay in view for the box to count, where a window or a crop cuts it."""
_LEAST_SIDE_PX = 1.0
_AT_ONCE = 8
"""Images of a validation batch that pass at once: a pyramid takes far more memory than a classifier."""

Losses = Callable[[Sequence[torch.Tensor]], dict[str, torch.Tensor]]


@dataclass(frozen=True)
class HitRule:
    """What makes a box hit a lesion; see `readingroom.evaluation.match_boxes`."""

    rule: str = "iou"
    at_least: float = 0.5


DEFAULT_HIT = HitRule()


@dataclass(frozen=True, eq=False)
class PreparedBoxes:
    """The reference boxes of every prepared image.

    Args:
        rows: as the images'; (N, 4) in pixels of the prepared image, N = 0 where there is no lesion, None where it is
            not known.
        size: side of the prepared images in pixels.
    """

    rows: tuple[BoxArray | None, ...]
    size: int

    def of(self, rows: Rows) -> list[BoxArray]:
        """The boxes of some rows; none where they are not known."""
        found = [self.rows[row] for row in rows]
        return [np.empty((0, 4)) if boxes is None else boxes for boxes in found]

    @property
    def key(self) -> str:
        """Hash of all boxes."""
        return hash_value([None if boxes is None else boxes.round(6).tolist() for boxes in self.rows])


@dataclass(frozen=True)
class BoxObjective(Objective):
    """The losses of a detector, added up; validation by average precision.

    Args:
        boxes: of all rows.
        augmenter: the one that draws the images.
        hit: what validation counts as found.
    """

    boxes: PreparedBoxes
    augmenter: Augmenter
    hit: HitRule = DEFAULT_HIT

    def drawn(self, rows: Rows, epoch: int) -> list[torch.Tensor]:  # noqa: D102
        # Draws depend on seed, epoch and row alone: these are those of the images.
        source = self.boxes.size, self.boxes.size
        moved = apply_to_boxes(self.boxes.of(rows), self.augmenter.draw(rows, epoch), source, cut=False)
        return [_tensor(in_view(boxes, self.augmenter.size)) for boxes in moved]

    def plain(self, rows: Rows) -> list[torch.Tensor]:  # noqa: D102
        return [_tensor(in_view(boxes, (self.boxes.size, self.boxes.size))) for boxes in self.boxes.of(rows)]

    def loss(self, model: nn.Module, inputs: torch.Tensor, targets: list[torch.Tensor]) -> torch.Tensor:  # noqa: D102
        moved = [boxes.to(inputs.device) for boxes in targets]
        return _total(model(inputs, moved))

    def answer(self, module: nn.Module, inputs: torch.Tensor) -> list[tuple[list[Found], Losses]]:
        """Parts of the batch in turn: what was found, and the function that gives the losses."""
        return [module(part) for part in torch.split(inputs, _AT_ONCE)]

    def judge(self, answers: Iterable[tuple[list[tuple[list[Found], Losses]], list[torch.Tensor]]]) -> dict[str, float]:
        """Loss and average precision."""
        losses: list[float] = []
        found: list[FoundBoxes] = []
        truths: list[BoxArray] = []
        for parts, targets in answers:
            for (given, judged), wanted in zip(parts, _in_parts(targets), strict=True):
                losses += [float(_total(judged(wanted)))] * len(given)
                found += [_array(one) for one in given]
                truths += [boxes.double().numpy() for boxes in wanted]
        precision = average_precision(match_found(found, truths, self.hit), replicates=0).value
        return {
            "validation_loss": float(np.mean(losses)),
            "validation_ap": float("nan") if precision is None else precision,
        }

    @property
    def shown(self) -> tuple[str, str]:  # noqa: D102
        return "validation_ap", "AP"


def match_found(found: Sequence[FoundBoxes], truths: Sequence[BoxArray], hit: HitRule) -> Matches:
    """Match what was found in each image with its reference boxes."""
    marks, places = _stacked([one.boxes_xyxy_px for one in found])
    boxes, shown = _stacked(truths)
    scores = np.concatenate([np.empty(0), *(one.scores for one in found)])
    return match_boxes(np.arange(len(found)), places, scores, marks, shown, boxes, rule=hit.rule, at_least=hit.at_least)


def _stacked(parts: Sequence[BoxArray]) -> tuple[BoxArray, npt.NDArray[np.int64]]:
    """All boxes together, and the place of each one's image."""
    return np.concatenate([np.empty((0, 4)), *parts]), np.repeat(np.arange(len(parts)), [len(one) for one in parts])


def in_view(boxes_xyxy_px: BoxArray, size: tuple[int, int]) -> BoxArray:
    """Cut boxes at the border of an image of (height, width); one of which too little stays is left out.

    Example:
        >>> in_view(np.array([[-4.0, 0, 4, 8], [-9, 0, 1, 8]]), (16, 16)).tolist()
        [[0.0, 0.0, 4.0, 8.0]]
    """
    cut = np.clip(boxes_xyxy_px, 0, [size[1], size[0], size[1], size[0]])
    large = (cut[:, 2:] - cut[:, :2] >= _LEAST_SIDE_PX).all(axis=1)
    return np.asarray(cut[large & (areas(cut) >= LEAST_SHARE * areas(boxes_xyxy_px))])


def _in_parts(targets: list[torch.Tensor]) -> list[list[torch.Tensor]]:
    return [targets[start : start + _AT_ONCE] for start in range(0, len(targets), _AT_ONCE)]


def _total(losses: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.stack([loss.float() for loss in losses.values()]).sum()


def _tensor(boxes: BoxArray) -> torch.Tensor:
    return torch.from_numpy(boxes.astype(np.float32))


def _array(found: Found) -> FoundBoxes:
    return FoundBoxes(found.boxes_xyxy_px.double().cpu().numpy(), found.scores.double().cpu().numpy())
