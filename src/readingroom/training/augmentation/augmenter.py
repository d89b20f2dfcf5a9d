"""The augmenter: draw, apply and record for a study's prepared images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from readingroom.training.augmentation import render_cpu, render_torch
from readingroom.training.augmentation.colour import Normalisation, compose_colours
from readingroom.training.augmentation.draw import Draws, draw, neutral
from readingroom.training.augmentation.landmarks import move_boxes
from readingroom.training.augmentation.render_cpu import Images
from readingroom.training.augmentation.section import AugmentationSection
from readingroom.training.augmentation.warp import compose


def apply_draws(
    images: Images | torch.Tensor,
    draws: Draws,
    normalisation: Normalisation | None = None,
    precision: torch.dtype = torch.float32,
    out: torch.Tensor | None = None,
) -> torch.Tensor:
    """Make the images that were drawn; the same draws and images give the same bits on the same kind of device.

    Arrays, and tensors on the CPU, go through OpenCV; tensors on another device stay there.

    Args:
        images: (B, H, W, 3) uint8 RGB, all of one size; an array, a memory-mapped one, or a list of images.
        draws: the draws of B images.
        normalisation: mean and sd of the channels; by default images in 0..1.
        precision: ``torch.float32`` or ``torch.bfloat16``.
        out: what an earlier call returned, of the same shape, to be overwritten (on the CPU only). A loop that
            keeps a few and uses them in turn saves the time that the system takes to provide fresh memory,
            a third of the whole.

    Returns:
        (B, 3, h, w) normalised, channels last in memory.

    Raises:
        ValueError: the images are not uint8 RGB, or not as many as the draws.
    """
    normalisation = normalisation or Normalisation()
    height, width = _checked(images, draws, channels=(3,))
    warp = compose(draws, (height, width))
    colours = compose_colours(draws, normalisation)
    if isinstance(images, torch.Tensor) and images.device.type != "cpu":
        return render_torch.render_images(images, warp, colours, precision)
    return render_cpu.render_images(_arrays(images), warp, colours, _memory(out, draws, precision))


def apply_to_outlines(masks: Images | torch.Tensor, draws: Draws) -> torch.Tensor:
    """Move masks (B, H, W) uint8 as their images were moved, by nearest neighbour; returns (B, h, w) uint8."""
    warp = compose(draws, _checked(masks, draws, channels=()))
    if isinstance(masks, torch.Tensor) and masks.device.type != "cpu":
        return render_torch.render_outlines(masks, warp)
    return render_cpu.render_outlines(_arrays(masks), warp)


def apply_to_boxes(
    boxes_xyxy_px: Sequence[ArrayLike], draws: Draws, source: tuple[int, int], *, cut: bool = True
) -> list[NDArray[np.float64]]:
    """Move the boxes of B images, each (N, 4) x0 y0 x1 y1 in an image of ``source`` (height, width).

    ``cut`` cuts them at the border of the image that is made.
    """
    warp = compose(draws, source)
    return [move_boxes(warp, row, boxes, cut=cut) for row, boxes in enumerate(boxes_xyxy_px)]


class Augmenter:
    """Everything between a study's prepared images and a network's input.

    Args:
        section: the study file's ``augmentation``; None for no augmentation.
        size: side, or (height, width), of the network's input in pixels.
        mean: mean of each channel of images in 0..1.
        sd: standard deviation of each channel.
        seed: the study's seed.
        precision: ``torch.float32`` or ``torch.bfloat16``.
        aim: moves what was drawn, such as `Aim`; None leaves it.

    Example:
        >>> section = AugmentationSection(flip=True)
        >>> augmenter = Augmenter(section, 8, mean=(0.5, 0.5, 0.5), sd=(0.2, 0.2, 0.2), seed=7)
        >>> augmenter.batch(np.zeros((2, 10, 10, 3), np.uint8), [0, 1], epoch=0).shape
        torch.Size([2, 3, 8, 8])
    """

    def __init__(
        self,
        section: AugmentationSection | None,
        size: int | tuple[int, int],
        mean: Sequence[float],
        sd: Sequence[float],
        seed: int,
        precision: torch.dtype = torch.float32,
        aim: Callable[[Draws], Draws] | None = None,
    ) -> None:
        self.section = section or AugmentationSection()
        self.size = (size, size) if isinstance(size, int) else size
        self.normalisation = Normalisation.of(mean, sd)
        self.seed = seed
        self.precision = precision
        self.aim = aim

    def draw(self, indices: ArrayLike, epoch: int, copy: int = 0) -> Draws:
        """Draw for some images of the case table; see `draw`."""
        drawn = draw(self.section, self.seed, epoch, indices, self.size, copy=copy)
        return drawn if self.aim is None else self.aim(drawn)

    def apply(self, images: Images | torch.Tensor, draws: Draws, out: torch.Tensor | None = None) -> torch.Tensor:
        """Make the images that were drawn; see `apply_draws`."""
        return apply_draws(images, draws, self.normalisation, self.precision, out)

    def batch(
        self,
        images: Images | torch.Tensor,
        indices: ArrayLike,
        epoch: int,
        copy: int = 0,
        out: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Augmented network input (B, 3, h, w) of the images (B, H, W, 3) uint8 with these indices."""
        return self.apply(images, self.draw(indices, epoch, copy), out)

    def plain(self, images: Images | torch.Tensor, out: torch.Tensor | None = None) -> torch.Tensor:
        """Network input without any augmentation: normalised, and resized where the sizes differ."""
        return self.apply(images, neutral(len(images), self.size), out)


def _memory(out: torch.Tensor | None, draws: Draws, precision: torch.dtype) -> torch.Tensor:
    """(B, h, w, 3) memory to write to."""
    if out is None:
        return render_cpu.empty_batch(len(draws), draws.size, precision)
    made = out.permute(0, 2, 3, 1)
    wanted = (len(draws), *draws.size, 3)
    if made.shape != wanted or made.dtype != precision or not made.is_contiguous() or made.device.type != "cpu":
        raise ValueError(f"out must be what a call for {wanted[0]} images of {draws.size} in {precision} returned")
    return made


def _arrays(images: Images | torch.Tensor) -> Images:
    return images.numpy() if isinstance(images, torch.Tensor) else images


def _checked(images: Images | torch.Tensor, draws: Draws, channels: tuple[int, ...]) -> tuple[int, int]:
    """(height, width) of a batch of uint8 images that fits the draws."""
    if len(images) != len(draws):
        raise ValueError(f"{len(images)} images for {len(draws)} draws")
    if not len(draws):
        return draws.size
    first = images[0]
    kind = str(first.dtype).removeprefix("torch.")
    if kind != "uint8" or first.ndim != 2 + len(channels) or tuple(first.shape[2:]) != channels:
        raise ValueError(
            f"expected uint8 (B, H, W{', 3' if channels else ''}), found {kind} {(len(images), *first.shape)}"
        )
    if any(image.shape != first.shape for image in images):
        raise ValueError("the images of a batch have one size")
    return int(first.shape[0]), int(first.shape[1])
