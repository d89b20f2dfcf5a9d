"""The augmenter of stacks: all planes of a stack are changed alike, and volumes as the bodies that they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from readingroom.core.errors import TrainingError
from readingroom.reading.normalisation import Normaliser, channels_first, mark_absent
from readingroom.training.augmentation import render_cpu
from readingroom.training.augmentation.colour import Colours, Normalisation, compose_colours
from readingroom.training.augmentation.draw import Draws, draw
from readingroom.training.augmentation.section import AugmentationSection
from readingroom.training.augmentation.volume import compose_volumes, warp_volume
from readingroom.training.augmentation.volume_draw import VolumeDraws, draw_volumes
from readingroom.training.augmentation.warp import compose


class StackAugmenter:
    """Everything between a study's prepared stacks and a network's input.

    Stacks of three channels (frames, views) have one draw a stack: every plane gets the same warp and the same colour
    matrix. Those of one channel are volumes and are warped in three dimensions, see `compose_volumes`; of the jitter
    they have brightness and contrast. Planes that are not there (0 everywhere) come out as NaN everywhere.

    Args:
        section: the study file's ``augmentation``; None for no augmentation.
        size: side, or (height, width), of the planes of the network's input in pixels; prepared stacks have it too.
        mean: mean of each channel of images in 0..1.
        sd: standard deviation of each channel.
        seed: the study's seed.
        spacing_ratio: of volumes, distance of two planes over the size of a pixel.
        precision: ``torch.float32`` or ``torch.bfloat16``.

    Raises:
        TrainingError: the section is of boxes, which stacks do not have.

    Example:
        >>> augmenter = StackAugmenter(AugmentationSection(flip=True), 8, (0.5,), (0.2,), seed=7)
        >>> augmenter.batch(np.ones((2, 4, 8, 8, 1), np.uint8), [0, 1], epoch=0).shape
        torch.Size([2, 4, 1, 8, 8])
    """

    def __init__(
        self,
        section: AugmentationSection | None,
        size: int | tuple[int, int],
        mean: Sequence[float],
        sd: Sequence[float],
        seed: int,
        *,
        spacing_ratio: float = 1.0,
        precision: torch.dtype = torch.float32,
    ) -> None:
        self.section = section or AugmentationSection()
        if self.section.regions is not None:
            raise TrainingError(
                "boxes help with single images, and these are stacks",
                fix="Leave augmentation.regions away",
                field="augmentation.regions",
            )
        self.size = (size, size) if isinstance(size, int) else size
        self.seed = seed
        self.precision = precision
        self.spacing_ratio = spacing_ratio
        self._mean, self._sd = tuple(mean), tuple(sd)
        self._normaliser = Normaliser(mean, sd)

    def draw(self, indices: ArrayLike, epoch: int, copy: int = 0) -> Draws:
        """Draw for some stacks of three channels; see `draw`."""
        return draw(self.section, self.seed, epoch, indices, self.size, copy=copy)

    def draw_volumes(self, indices: ArrayLike, epoch: int, depth: int, copy: int = 0) -> VolumeDraws:
        """Draw for some volumes of this depth; see `draw_volumes`."""
        options = {"depth": depth, "spacing_ratio": self.spacing_ratio, "copy": copy}
        return draw_volumes(self.section, self.seed, epoch, indices, self.size, **options)  # type: ignore[arg-type]

    def batch(
        self, stacks: NDArray[np.uint8], indices: ArrayLike, epoch: int, copy: int = 0, out: Tensor | None = None
    ) -> Tensor:
        """Augmented network input (B, D, C, h, w) of the stacks (B, D, H, W, C) uint8 with these indices."""
        if self.section.changes_nothing:
            return self.plain(stacks, out)
        if _channels(stacks) == 1:
            return self.apply_volumes(stacks, self.draw_volumes(indices, epoch, stacks.shape[1], copy), out)
        return self.apply(stacks, self.draw(indices, epoch, copy), out)

    def plain(self, stacks: NDArray[np.uint8], out: Tensor | None = None) -> Tensor:
        """Network input without any augmentation: normalised.

        Raises:
            ValueError: the stacks have another size, or are not uint8 (B, D, H, W, 1 or 3).
        """
        _channels(stacks)
        if stacks.shape[2:4] != self.size:
            raise ValueError(f"prepared stacks of {self.size} pixels are expected, found {stacks.shape[2:4]}")
        made = self._normaliser(channels_first(torch.from_numpy(np.ascontiguousarray(stacks))))
        return _kept(made.to(self.precision), out)

    def apply(self, stacks: NDArray[np.uint8], draws: Draws, out: Tensor | None = None) -> Tensor:
        """Make the stacks (B, D, H, W, 3) that were drawn."""
        count, depth, *source = stacks.shape[:4]
        planes = draws.take(np.repeat(np.arange(count), depth))
        colours = compose_colours(planes, Normalisation.of(self._mean, self._sd))
        about = _about(colours, np.repeat(_means(stacks), depth, axis=0))
        memory = render_cpu.empty_batch(len(planes), self.size, self.precision)
        images = np.ascontiguousarray(stacks).reshape(-1, *stacks.shape[2:])
        made = render_cpu.render_images(images, compose(planes, (source[0], source[1])), about, memory)
        made = made.view(count, depth, *made.shape[1:])
        return _kept(mark_absent(made, torch.from_numpy(np.ascontiguousarray(stacks))), out)

    def apply_volumes(self, stacks: NDArray[np.uint8], draws: VolumeDraws, out: Tensor | None = None) -> Tensor:
        """Make the volumes (B, D, H, W, 1) that were drawn."""
        values = torch.from_numpy(np.ascontiguousarray(stacks))
        depth, height, width = stacks.shape[1:4]
        warp = compose_volumes(draws, (depth, height, width), self.spacing_ratio)
        made = torch.empty((len(stacks), depth, 1, *self.size))
        means = _means(stacks)[:, 0]
        gain = draws.column("brightness") * draws.column("contrast")
        lift = draws.column("brightness") * (1 - draws.column("contrast")) * means
        for row, volume in enumerate(values):
            moved = warp_volume(warp, row, volume[..., 0].float())
            made[row, :, 0] = (moved * float(gain[row]) + float(lift[row])).clamp_(0, 255)
        normalised = mark_absent(self._normaliser.normalised(made), values)
        return _kept(normalised.to(self.precision), out)


def _channels(stacks: NDArray[np.uint8]) -> int:
    if stacks.dtype != np.uint8 or stacks.ndim != 5 or stacks.shape[-1] not in (1, 3):
        raise ValueError(f"expected uint8 (B, D, H, W, 1 or 3), found {stacks.dtype} {stacks.shape}")
    return int(stacks.shape[-1])


def _means(stacks: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(B, C) mean colour of each stack over the planes that are there."""
    planes = stacks.mean(axis=(2, 3), dtype=np.float64)
    there = stacks.any(axis=(2, 3, 4)).sum(axis=1).clip(min=1)
    means: NDArray[np.float64] = planes.sum(axis=1) / there[:, None]
    return means


def _about(colours: Colours, means: NDArray[np.float64]) -> Colours:
    """The colours with contrast about these means, and not about each plane's own."""
    return replace(colours, matrices=colours.about(slice(None), means), lifts=np.zeros_like(colours.lifts))


def _kept(made: Tensor, out: Tensor | None) -> Tensor:
    """The batch, in the memory that is given where it fits."""
    if out is None or out.shape != made.shape or out.dtype != made.dtype:
        return made
    return out.copy_(made)
