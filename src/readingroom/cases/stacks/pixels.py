"""Pixels of a stack as a network sees them: 8 bits, square planes, black where a plane is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from readingroom.cases.fit import Fit, fit_square
from readingroom.cases.images import LoadedImage, to_rgb8
from readingroom.cases.stacks.choice import FrameStack, ViewStack, VolumeStack
from readingroom.cases.stacks.place import split_place
from readingroom.cases.stacks.read import Choice, read_stack
from readingroom.cases.stacks.resample import resample_volume
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.view import ViewMode, crop_to_view, find_view
from readingroom.cases.window import PERCENTILES, How, PercentileWindow, WindowChoice, scale_between, show
from readingroom.core.errors import ImageError

Pixels = npt.NDArray[np.uint8]

NO_WINDOW = "no window in the file: percentiles"
_MOST_LOOKED_AT = 4_000_000


def stack_pixels(
    path: str | Path,
    choice: Choice,
    *,
    size: int,
    window: WindowChoice = "percentiles",
    fit: Fit = "stretch",
    views: ViewMode = "whole",
) -> tuple[Pixels, tuple[str, ...]]:
    """Read a stack and bring it to a network's planes.

    One window holds for all planes of a volume, all frames of a clip, and all planes of a view; percentiles are those
    of the whole volume, also where a box is cut out of it.

    Args:
        path: as the case table names it, perhaps with a place, ``@x,y,z``.
        choice: of the study file.
        size: rows and columns.
        window: how more than 8 bits become 8.
        views: ``auto`` crops the frames of a clip to the endoscope's view, as it is found in the middle one of them;
            planes of volumes and of several views are never cropped.
        fit: ``stretch``, or ``pad`` for planes that keep their proportions; a volume with ``spacing`` has its own.

    Returns:
        (depth, size, size, C) uint8, C = 1 for volumes and 3 otherwise, and notes of what was done. A plane that is not
        there is 0 everywhere, and one that is there never is.

    Raises:
        ImageError: as `read_stack` and `readingroom.cases.stacks.resample.resample_volume`.
    """
    file, place = split_place(path)
    stack = read_stack(file, choice)
    try:
        if isinstance(choice, VolumeStack):
            made, notes = _volume_pixels(stack, choice, size, window, place, fit)
        else:
            made, notes = _plane_pixels(stack, choice, size, window, fit, views)
    except ImageError as error:
        raise ImageError(error.what, fix=error.fix, field=error.field, file=path) from error
    _mark_present(made, stack, choice)
    return made, (*stack.facts.notes, *notes)


def _volume_pixels(
    stack: LoadedStack, choice: VolumeStack, size: int, window: WindowChoice, place: Any, fit: Fit
) -> tuple[Pixels, list[str]]:
    found = resample_volume(stack, choice, size, place, fit)
    shown, how = volume_window(stack, window)(found.planes)
    notes = [*found.notes, *([NO_WINDOW] if how == "missing" else [])]
    return np.ascontiguousarray(shown)[..., None], notes


def volume_window(stack: LoadedStack, window: WindowChoice) -> Callable[[npt.NDArray[np.float32]], tuple[Pixels, How]]:
    """What brings values of a volume, or of a part of it, to 8 bits; percentiles are always those of the whole volume.

    Args:
        stack: the volume.
        window: how more than 8 bits become 8.
    """
    volume, display = np.asarray(stack.planes), stack.display
    if volume.dtype == np.uint8:
        return lambda values: show(np.rint(values).clip(0, 255).astype(np.uint8), window, display)
    asked = _percentiles(window, stack)
    if not asked:
        return lambda values: show(values, window, display)
    low, high = volume_percentiles(volume, asked)

    def scaled(values: npt.NDArray[np.float32]) -> tuple[Pixels, How]:
        shown = scale_between(values, low, high)
        return (255 - shown if display.inverted else shown), "missing" if window == "file" else "percentiles"

    return scaled


def _percentiles(window: WindowChoice, stack: LoadedStack) -> tuple[float, float] | None:
    """The percentiles that are asked for, or that stand in for a window that the file lacks."""
    if isinstance(window, PercentileWindow):
        return window.percentiles
    by_file = window == "file" and stack.display.window is None
    return PERCENTILES if window == "percentiles" or by_file else None


def volume_percentiles(volume: npt.NDArray[Any], asked: Sequence[float]) -> tuple[float, float]:
    """Two percentiles of a volume, without a copy of it.

    Whole numbers are counted, so that the percentiles are exact (linear between values, as numpy's); of floating point
    every so-manieth value is looked at, 4 million in all.

    Example:
        >>> volume_percentiles(np.array([[[-2, 0], [1, 5]]], np.int16), (0, 50))
        (-2.0, 0.5)
    """
    if not np.issubdtype(volume.dtype, np.integer):
        flat = volume[tuple(slice(None, None, step) for step in _steps(volume.shape))]
        low, high = np.percentile(flat.astype(np.float64), asked)
        return float(low), float(high)
    lowest = int(volume.min())
    counts = np.zeros(int(volume.max()) - lowest + 1, np.int64)
    for plane in volume:
        counts += np.bincount((plane.astype(np.int64) - lowest).ravel(), minlength=len(counts))
    below = counts.cumsum()
    ranks = np.asarray(asked, np.float64) / 100 * (below[-1] - 1)
    ends = [np.searchsorted(below, np.floor(ranks), side="right"), np.searchsorted(below, np.ceil(ranks), side="right")]
    low, high = ends[0] + (ends[1] - ends[0]) * (ranks - np.floor(ranks)) + lowest
    return float(low), float(high)


def _steps(shape: Sequence[int]) -> tuple[int, ...]:
    """How many values to go on along each axis."""
    step = max(1, int(np.ceil((np.prod(shape, dtype=np.float64) / _MOST_LOOKED_AT) ** (1 / len(shape)))))
    return tuple(min(step, length) for length in shape)


def _plane_pixels(
    stack: LoadedStack, choice: FrameStack | ViewStack, size: int, window: WindowChoice, fit: Fit, views: ViewMode
) -> tuple[Pixels, list[str]]:
    made = np.zeros((choice.depth, size, size, choice.channels), np.uint8)
    together = choice.each if isinstance(choice, ViewStack) else choice.depth
    notes: list[str] = []
    for first in range(0, choice.depth, together):
        there = [at for at in range(first, first + together) if stack.present[at]]
        shown, missing = _shown([stack.image(at) for at in there], window)
        view = find_view(shown[len(shown) // 2]) if views == "auto" and isinstance(choice, FrameStack) else None
        for at, plane in zip(there, shown, strict=True):
            rgb = to_rgb8(plane)
            made[at] = fit_square(rgb if view is None else crop_to_view(rgb, view), size, fit)
        notes += [NO_WINDOW] if missing and NO_WINDOW not in notes else []
    return made, notes


def _shown(images: Sequence[LoadedImage], window: WindowChoice) -> tuple[list[Pixels], bool]:
    """Images by one window, and whether it was not in the file where it should have been."""
    if not images:
        return [], False
    if len({_kind(image) for image in images}) > 1:
        found = [show(image.pixels, window, image.display) for image in images]
        return [shown for shown, _ in found], any(how == "missing" for _, how in found)
    # Side by side: for the window, several grey planes must not look like one of several colours.
    middle = images[len(images) // 2].display
    wide, how = show(np.concatenate([image.pixels for image in images], axis=1), window, middle)
    return np.split(wide, len(images), axis=1), how == "missing"


def _kind(image: LoadedImage) -> tuple[Any, ...]:
    """What images have in common that can be windowed together."""
    return image.pixels.shape, image.pixels.dtype == np.uint8, image.display.inverted, image.display.measured


def _mark_present(made: Pixels, stack: LoadedStack, choice: Choice) -> None:
    present = stack.present if not isinstance(choice, VolumeStack) else (True,) * len(made)
    for plane, there in zip(made, present, strict=True):
        if there and not plane.any():
            # All black means not there: a plane that is there, but black, is told from that by one dark corner.
            plane[0, 0, 0] = 1
