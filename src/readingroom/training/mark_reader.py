"""Training a reader that marks lesions in volumes: its plan, and the threshold of its scores."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from readingroom.cases.stacks.choice import VolumeStack
from readingroom.cases.stacks.whole import to_mm
from readingroom.core.errors import TrainingError
from readingroom.core.seeds import derive_seed
from readingroom.reading.bundle import Marking, Threshold
from readingroom.reading.mark_engine import MarkEngine
from readingroom.reading.preprocessing import Preprocessing
from readingroom.training.augmentation import AugmentationSection
from readingroom.training.box_reader import choose_box_threshold
from readingroom.training.marking import Patches, PreparedPoints, match_found
from readingroom.training.prepared_volumes import PreparedVolumes
from readingroom.training.sources import Rows


@dataclass(frozen=True)
class MarkPlan:
    """How a reader marks lesions.

    Args:
        patches: drawn from each volume in an epoch.
        apart_mm: how near two marks may be.
        hit_mm: distance within which a mark hits however small the lesion is.
    """

    patches: int = 4
    apart_mm: float = 5.0
    hit_mm: float = 0.0


def patches_of(
    plan: MarkPlan,
    volumes: PreparedVolumes,
    points: PreparedPoints,
    preprocessing: Preprocessing,
    section: AugmentationSection | None,
    seed: int,
) -> Patches:
    """The patches that such a reader learns from.

    Raises:
        TrainingError: the preprocessing is not of whole volumes.
    """
    stack = preprocessing.stack
    if not isinstance(stack, VolumeStack) or stack.spacing is None:
        raise TrainingError("marks are found in whole volumes at a spacing", field="input.stack")
    extent = stack.planes, preprocessing.size, preprocessing.size
    return Patches(volumes, points, extent, stack.spacing, plan.patches, section, derive_seed(seed, "patches"))


def marking(
    plan: MarkPlan, engine: MarkEngine, volumes: PreparedVolumes, points: PreparedPoints, rows: Rows, rule: str | float
) -> Marking:
    """The description of a trained reader's marks, its threshold chosen on the validation part.

    Args:
        plan: how it marks.
        engine: of the trained network.
        volumes: prepared, all rows.
        points: of the reference, all rows.
        rows: of the validation part, all with known lesions.
        rule: as `readingroom.training.box_reader.detecting` has it.
    """
    return Marking(_threshold(plan, engine, volumes, points, rows, rule), plan.apart_mm)


def _threshold(
    plan: MarkPlan, engine: MarkEngine, volumes: PreparedVolumes, points: PreparedPoints, rows: Rows, rule: str | float
) -> Threshold:
    if not isinstance(rule, str):
        return Threshold(float(rule), "fixed", split="study file")
    truths = [points.of(row) for row in rows.tolist()]
    if not sum(len(one) for one in truths):
        return Threshold(0.5, "0.5", split="no validation lesions")
    found = [(volumes.affine(row), engine.find(volumes.voxels(row), volumes.affine(row))) for row in rows.tolist()]
    marks = [np.asarray(to_mm(affine, one.places)) for affine, one in found]
    scores = [one.scores for _, one in found]
    return Threshold(choose_box_threshold(match_found(marks, scores, truths, plan.hit_mm), rule), rule)
