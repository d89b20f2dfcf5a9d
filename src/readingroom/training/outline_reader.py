"""Training a reader that outlines: its network, its objective, and the threshold of its probability maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from readingroom.core.errors import StudyFileError
from readingroom.reading.bundle import Outlining, Threshold
from readingroom.reading.outline_engine import OutlineEngine
from readingroom.reading.preprocessing import Preprocessing
from readingroom.training.augmentation import AugmentationSection, Augmenter
from readingroom.training.objectives import ClassObjective, Examples
from readingroom.training.outlining import UNKNOWN, OutlineObjective
from readingroom.training.prepared import PreparedImages
from readingroom.training.recipe import TrainingSection
from readingroom.training.sources import Rows

GRID = tuple(np.round(np.arange(0.1, 0.95, 0.05), 2).tolist())
"""Thresholds that are tried on the validation part."""
_BATCH = 16


@dataclass(frozen=True)
class OutlinePlan:
    """How a reader is to outline.

    Args:
        decoder: one of `readingroom.networks.segmenter.DECODERS`.
        classify: learn the class of the image as well, on the same encoder.
        window: side in pixels of the squares, drawn at random, that training sees; None for the whole view.
        flips, tile, smallest: see `readingroom.reading.bundle.Outlining`.
    """

    decoder: str
    classify: bool = False
    window: int | None = None
    flips: bool = False
    tile: int | None = None
    smallest: float = 0.0


def make_augmenter(
    section: AugmentationSection | None, preprocessing: Preprocessing, window: int | None, seed: int
) -> Augmenter:
    """The augmenter of an outlining reader; a window is a crop of fixed size at a drawn place.

    Raises:
        StudyFileError: a window larger than the input, or beside ``crop``.
    """
    size, mean, sd = preprocessing.size, preprocessing.mean, preprocessing.sd
    if window is None or window == size:
        return Augmenter(section, size, mean, sd, seed)
    if window > size:
        fix = f"Give input.size {window} or more, or a smaller window"
        raise StudyFileError(f"a window of {window} pixels in an input of {size}", fix=fix, field="readers.window")
    section = section or AugmentationSection()
    if section.crop is not None:
        raise StudyFileError("crop and window both cut", fix="Take one of them away", field="augmentation.crop")
    share = (window / size) ** 2
    return Augmenter(section.model_copy(update={"crop": (share, share)}), window, mean, sd, seed)


def outline_objective(
    outlines: PreparedImages, augmenter: Augmenter, examples: Examples, recipe: TrainingSection, *, classify: bool
) -> OutlineObjective:
    """What an outlining reader learns."""
    return OutlineObjective(outlines, augmenter, ClassObjective(examples, recipe) if classify else None)


def outlining(plan: OutlinePlan, engine: OutlineEngine, images: PreparedImages, outlines: PreparedImages, rows: Rows,
              rule: str | float) -> Outlining:  # fmt: skip
    """The description of a trained reader's outlines, its threshold chosen on the validation part.

    Args:
        plan: how it outlines.
        engine: of the trained network.
        images: prepared, all rows.
        outlines: prepared, all rows.
        rows: of the validation part.
        rule: ``dice``, the threshold of the highest mean Dice; or a number.
    """
    threshold = _threshold(engine, images, outlines, rows, rule)
    return Outlining(plan.decoder, plan.classify, threshold, plan.flips, plan.tile, plan.smallest)


def _threshold(
    engine: OutlineEngine, images: PreparedImages, outlines: PreparedImages, rows: Rows, rule: str | float
) -> Threshold:
    if not isinstance(rule, str):
        return Threshold(float(rule), "fixed", split="study file")
    known = [row for row in rows if (outlines.pixels[row] == 1).any()]
    if not known:
        return Threshold(0.5, "0.5", split="no validation outlines")
    parts = np.array_split(np.array(known), max(1, round(len(known) / _BATCH)))
    dices = [_dices(engine.answer(images.pixels[part]).maps, outlines.pixels[part]) for part in parts]
    mean = np.concatenate(dices).mean(axis=0)
    return Threshold(GRID[int(mean.argmax())], "dice")


def _dices(maps: npt.NDArray[np.float32], masks: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """(B, thresholds) Dice of each image at each threshold of the grid."""
    lesion, known = masks == 1, masks != UNKNOWN
    found = []
    for threshold in GRID:
        said = (maps >= threshold) & known
        both = (said & lesion).sum(axis=(1, 2))
        found.append(2 * both / np.maximum(said.sum(axis=(1, 2)) + lesion.sum(axis=(1, 2)), 1))
    return np.stack(found, axis=1)
