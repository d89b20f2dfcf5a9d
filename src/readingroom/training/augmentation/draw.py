"""Draw: the numbers behind each augmented image, from the seed, the epoch and the image's own index alone."""

from __future__ import annotations

import dataclasses
import math
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from readingroom.core.errors import TrainingError
from readingroom.core.files import atomic_write
from readingroom.core.seeds import generator
from readingroom.training.augmentation.section import (
    AffineSection,
    AugmentationSection,
    ElasticSection,
    JitterSection,
)

NEUTRAL: dict[str, float] = {
    "rotate_deg": 0.0,
    "shear_deg": 0.0,
    "scale": 1.0,
    "translate_x": 0.0,
    "translate_y": 0.0,
    "flip": 0.0,
    "flip_vertical": 0.0,
    "crop_side": 1.0,
    "crop_x": 0.0,
    "crop_y": 0.0,
    "alpha_px": 0.0,
    "brightness": 1.0,
    "contrast": 1.0,
    "saturation": 1.0,
    "hue": 0.0,
}
"""What is drawn, and the value that changes nothing. Crops and shifts are shares of the sides; hue of the circle."""

COLUMNS = tuple(NEUTRAL)

_PER_IMAGE = ("index", "epoch", "copy", "values", "noise")

SLOTS = {name: place for place, name in enumerate((*COLUMNS, "affine_p", "elastic_p", "jitter_p"))}
"""Places in an image's own stream of random words. They never move, so that a new option shifts no other draw."""

_HEADER_WORDS = 32
# Philox gives four words a step; each image owns this many steps of the stream.
_STEPS_PER_IMAGE = 2**32
_WORDS_PER_STEP = 4


@dataclass(frozen=True)
class Draws:
    """What was drawn for a batch: with the images, all that is needed to make the same pixels again.

    Args:
        index: (B,) index of each image in the study's case table.
        epoch: (B,) epoch that it was drawn for.
        copy: (B,) which of several copies of the image in one epoch, from 0.
        values: (B, 15) the numbers, in the order of `COLUMNS`.
        noise: (B, 2, rows, columns) uint8, coarse white noise of the elastic field (x, y); empty without one.
        sigma_px: smoothness of the elastic field; 0 without one.
        size: (height, width) of the images to be made.
        outside: what is seen beyond the image.
    """

    index: NDArray[np.int64]
    epoch: NDArray[np.int64]
    copy: NDArray[np.int64]
    values: NDArray[np.float64]
    noise: NDArray[np.uint8]
    sigma_px: float
    size: tuple[int, int]
    outside: Literal["black", "reflect"] = "black"

    def __len__(self) -> int:
        return len(self.index)

    def column(self, name: str) -> NDArray[np.float64]:
        """(B,) one of the drawn numbers, by its name in `COLUMNS`."""
        return self.values[:, COLUMNS.index(name)]

    def take(self, rows: ArrayLike) -> Draws:
        """The draws of some rows only, or in another order."""
        rows = np.asarray(rows)
        parts = {name: getattr(self, name)[rows] for name in _PER_IMAGE}
        return dataclasses.replace(self, **parts)

    def table(self) -> pd.DataFrame:
        """One row an image: index, epoch, copy and every number but the elastic noise."""
        ids = pd.DataFrame({"index": self.index, "epoch": self.epoch, "copy": self.copy})
        return pd.concat([ids, pd.DataFrame(self.values, columns=list(COLUMNS))], axis=1)

    def save(self, path: str | Path) -> None:
        """Record the draws as one ``.npz`` of plain arrays, atomically."""
        arrays = {field.name: np.asarray(getattr(self, field.name)) for field in dataclasses.fields(self)}
        with atomic_write(path) as temporary, temporary.open("wb") as opened:
            np.savez_compressed(opened, allow_pickle=False, columns=np.array(COLUMNS), **arrays)

    @classmethod
    def load(cls, path: str | Path) -> Draws:
        """Read draws that `save` recorded.

        Raises:
            TrainingError: not such a file, or one of another version.
        """
        try:
            with Path(path).open("rb") as opened, np.load(opened, allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise TrainingError(f"not recorded draws ({error})", fix="Record them again", file=path) from error
        return _restore(arrays, path)


def _restore(arrays: dict[str, NDArray[np.generic]], path: str | Path) -> Draws:
    columns = tuple(arrays.pop("columns", np.array(())))
    if columns != COLUMNS or set(arrays) != {field.name for field in dataclasses.fields(Draws)}:
        raise TrainingError("draws of another version of this program", fix="Record them again", file=path)
    plain = {
        "sigma_px": float(arrays["sigma_px"]),
        "size": tuple(int(side) for side in arrays["size"]),
        "outside": str(arrays["outside"]),
    }
    return Draws(**{**arrays, **plain})  # type: ignore[arg-type]


def draw(
    section: AugmentationSection,
    seed: int,
    epoch: int,
    indices: ArrayLike,
    size: int | tuple[int, int],
    *,
    copy: int = 0,
) -> Draws:
    """Draw the numbers for a batch of images.

    Each image's numbers depend on ``(seed, epoch, copy, index)`` only: not on the batch that it is in, on the
    order, or on which worker asks.

    Args:
        section: what to draw, and from which ranges.
        seed: the study's seed.
        epoch: the epoch, from 0.
        indices: (B,) index of each image in the case table, not negative.
        size: side, or (height, width), of the images to be made, in pixels.
        copy: which of several copies of the image in one epoch.

    Raises:
        ValueError: a negative index.

    Example:
        >>> draws = draw(AugmentationSection(flip=True), 7, 0, [3, 1], 224)
        >>> bool((draws.values == draw(AugmentationSection(flip=True), 7, 0, [1, 3], 224).values[::-1]).all())
        True
    """
    indices = np.asarray(indices, dtype=np.int64).reshape(-1)
    if (indices < 0).any():
        raise ValueError("an image's index is not negative")
    height, width = (size, size) if isinstance(size, int) else size
    sigma = section.elastic.sigma if section.elastic else 0.0
    shape = (2, knots(height, sigma), knots(width, sigma)) if sigma else (2, 0, 0)
    uniform, noise = drawn_words(seed, epoch, copy, indices, math.prod(shape))
    return Draws(
        index=indices,
        epoch=np.full(len(indices), epoch, dtype=np.int64),
        copy=np.full(len(indices), copy, dtype=np.int64),
        values=_values(section, {name: uniform[:, place] for name, place in SLOTS.items()}),
        noise=noise.reshape(len(indices), *shape),
        sigma_px=sigma,
        size=(height, width),
        outside=section.outside,
    )


def draw_copies(
    section: AugmentationSection,
    seed: int,
    indices: ArrayLike,
    copies: int,
    size: int | tuple[int, int],
    *,
    epoch: int = 0,
) -> Draws:
    """Draw ``copies`` augmentations of each image, for features that are kept and for enlarged collections.

    Returns:
        Draws of B * copies rows: all copies of the first image, then of the second, and so on, so that
        ``np.repeat(images, copies, axis=0)`` are the images that they belong to. Copy ``k`` is what
        `draw` gives with ``copy=k``, however many copies there are.
    """
    passes = [draw(section, seed, epoch, indices, size, copy=copy) for copy in range(copies)]
    rows = np.arange(copies * len(passes[0])).reshape(copies, -1).T.reshape(-1)
    return join(passes).take(rows)


def join(parts: Sequence[Draws]) -> Draws:
    """Draws of one section and size, one after the other."""
    arrays: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _PER_IMAGE}
    return dataclasses.replace(parts[0], **arrays)


def neutral(count: int, size: tuple[int, int]) -> Draws:
    """Draws that change nothing."""
    ids = np.arange(count, dtype=np.int64)
    values = np.tile(np.array(list(NEUTRAL.values())), (count, 1))
    zeros = np.zeros(count, dtype=np.int64)
    return Draws(ids, zeros, zeros, values, np.zeros((count, 2, 0, 0), np.uint8), 0.0, size)


def knots(length_px: int, sigma_px: float) -> int:
    """How many knots of white noise, ``sigma_px`` apart, an elastic field of this length needs."""
    # Three sigma beyond either end: further knots carry less than 1e-4 of the variance.
    return math.ceil(length_px / sigma_px) + 7


def drawn_words(
    seed: int, epoch: int, copy: int, indices: NDArray[np.int64], bytes_each: int
) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """(B, 32) numbers in [0, 1) and (B, bytes) noise of some images, each from its own stretch of the stream."""
    words = _stream(seed, epoch, copy, indices, _HEADER_WORDS + math.ceil(bytes_each / 8))
    # The upper 53 bits of a word, as NumPy makes its own doubles in [0, 1).
    uniform: NDArray[np.float64] = (words[:, :_HEADER_WORDS] >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return uniform, words[:, _HEADER_WORDS:].astype("<u8", copy=False).view(np.uint8)[:, :bytes_each]


def _stream(seed: int, epoch: int, copy: int, indices: NDArray[np.int64], count: int) -> NDArray[np.uint64]:
    """(B, count) random words, each image's from its own stretch of the epoch's stream."""
    # Raw words of a bit generator stay the same in all versions of NumPy; its distributions need not.
    bits = cast(np.random.Philox, generator(seed, "augmentation", epoch, copy).bit_generator)
    steps = math.ceil(count / _WORDS_PER_STEP)
    words = np.empty((len(indices), steps * _WORDS_PER_STEP), dtype=np.uint64)
    at = 0
    for row, index in enumerate(indices.tolist()):
        bits.advance((index * _STEPS_PER_IMAGE - at) % 2**256)
        words[row] = bits.random_raw(steps * _WORDS_PER_STEP)
        at = index * _STEPS_PER_IMAGE + steps
    return words[:, :count]


Uniform = dict[str, NDArray[np.float64]]


def _values(section: AugmentationSection, uniform: Uniform) -> NDArray[np.float64]:
    drawn: Uniform = {
        **(_affine(section.affine, uniform) if section.affine else {}),
        **(_elastic(section.elastic, uniform) if section.elastic else {}),
        **(_jitter(section.jitter, uniform) if section.jitter else {}),
        **(_crop(section.crop, uniform) if section.crop else {}),
    }
    if section.flip:
        drawn["flip"] = (uniform["flip"] < 0.5).astype(np.float64)
    if section.flip_vertical:
        drawn["flip_vertical"] = (uniform["flip_vertical"] < 0.5).astype(np.float64)
    count = len(uniform["flip"])
    return np.stack([drawn.get(name, np.full(count, value)) for name, value in NEUTRAL.items()], axis=1)


def _affine(section: AffineSection, uniform: Uniform) -> Uniform:
    either_way = {
        "rotate_deg": section.rotate,
        "shear_deg": section.shear,
        "translate_x": section.translate,
        "translate_y": section.translate,
    }
    drawn = {name: _between(uniform[name], -most, most) for name, most in either_way.items()}
    drawn["scale"] = _between(uniform["scale"], *section.scale)
    return _sometimes(drawn, uniform["affine_p"] < section.p)


def _elastic(section: ElasticSection, uniform: Uniform) -> Uniform:
    return {"alpha_px": np.where(uniform["elastic_p"] < section.p, section.alpha, 0.0)}


def _jitter(section: JitterSection, uniform: Uniform) -> Uniform:
    names = ("brightness", "contrast", "saturation")
    spreads = zip(names, (section.brightness, section.contrast, section.saturation), strict=True)
    drawn = {name: _between(uniform[name], 1 - most, 1 + most) for name, most in spreads}
    drawn["hue"] = _between(uniform["hue"], -section.hue, section.hue)
    return _sometimes(drawn, uniform["jitter_p"] < section.p)


def _crop(shares: tuple[float, float], uniform: Uniform) -> Uniform:
    side: NDArray[np.float64] = np.sqrt(_between(uniform["crop_side"], *shares))
    return {"crop_side": side, "crop_x": (1 - side) * uniform["crop_x"], "crop_y": (1 - side) * uniform["crop_y"]}


def _between(uniform: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    return low + (high - low) * uniform


def _sometimes(drawn: Uniform, chosen: NDArray[np.bool_]) -> Uniform:
    return {name: np.where(chosen, values, NEUTRAL[name]) for name, values in drawn.items()}
