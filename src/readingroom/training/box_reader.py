"""Training a reader that finds boxes: its plan, and the threshold of its scores."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from readingroom.evaluation import Matches, froc
from readingroom.networks.detector import WIDTH
from readingroom.reading.box_engine import BoxEngine
from readingroom.reading.boxes import FoundBoxes
from readingroom.reading.bundle import Detecting, Threshold
from readingroom.training.augmentation import Aim
from readingroom.training.boxing import DEFAULT_HIT, HitRule, PreparedBoxes, match_found
from readingroom.training.prepared import PreparedImages
from readingroom.training.sources import Rows

RATE_RULE = re.compile(r"^false_positives<=(\d*\.?\d+)$")
"""The rule that fixes the false positives an image."""
_BATCH = 8


@dataclass(frozen=True)
class BoxPlan:
    """How a reader is to find boxes.

    Args:
        kind: one of `readingroom.networks.detector.KINDS`.
        window: side in pixels of the squares, drawn at random, that training sees; None for the whole view.
        tile, finest, width: see `readingroom.reading.bundle.Detecting`.
        hit: what counts as found on the validation part.
        aimed: share of the windows of an image with lesions that are put around one of them.
    """

    kind: str
    window: int | None = None
    tile: int | None = None
    finest: int = 8
    width: int = WIDTH
    hit: HitRule = DEFAULT_HIT
    aimed: float = 0.0

    def aim(self, boxes: PreparedBoxes, seed: int) -> Aim | None:
        """What moves windows to lesions; None where none is moved."""
        return Aim(boxes.rows, self.aimed, boxes.size, seed) if self.window and self.aimed else None


def detecting(
    plan: BoxPlan, engine: BoxEngine, images: PreparedImages, boxes: PreparedBoxes, rows: Rows, rule: str | float
) -> Detecting:
    """The description of a trained reader's boxes, its threshold chosen on the validation part.

    Args:
        plan: how it finds them.
        engine: of the trained network.
        images: prepared, all rows.
        boxes: of the reference, all rows.
        rows: of the validation part, all with known boxes.
        rule: ``false_positives<=0.5``, the threshold of the highest sensitivity with no more than so many false boxes
            an image; ``f1``, that of the highest F1 of boxes; or a number.
    """
    threshold = _threshold(plan, engine, images, boxes, rows, rule)
    return Detecting(plan.kind, threshold, plan.tile, plan.finest, plan.width)


def _threshold(
    plan: BoxPlan, engine: BoxEngine, images: PreparedImages, boxes: PreparedBoxes, rows: Rows, rule: str | float
) -> Threshold:
    if not isinstance(rule, str):
        return Threshold(float(rule), "fixed", split="study file")
    truths = boxes.of(rows)
    if not sum(len(one) for one in truths):
        return Threshold(0.5, "0.5", split="no validation boxes")
    parts = np.array_split(rows, max(1, round(len(rows) / _BATCH)))
    found: list[FoundBoxes] = [one for part in parts for one in engine.find(images.pixels[part])]
    return Threshold(choose_box_threshold(match_found(found, truths, plan.hit), rule), rule)


def choose_box_threshold(matches: Matches, rule: str) -> float:
    """The score at which a box counts.

    Args:
        matches: of the validation part.
        rule: ``false_positives<=0.5`` or ``f1``.

    Returns:
        A score; 1, which no box reaches, where even the surest boxes are too many.
    """
    rate = RATE_RULE.match(rule)
    if rate is None:
        return _best_f1(matches)
    limit = float(rate.group(1))
    curve = froc(matches, rates=[limit], replicates=0)
    allowed = curve.sensitivity[curve.false_positives <= limit]
    # Where every lesion that can be found is found, a lower threshold would only add false boxes.
    found = curve.threshold[int(allowed.argmax())] if allowed.max() > 0 else curve.threshold_at(limit)
    return float(found) if np.isfinite(found) else 1.0


def _best_f1(matches: Matches) -> float:
    if not matches.score.size:
        return 1.0
    order = np.argsort(-matches.score, kind="stable")
    score, hits = matches.score[order], np.cumsum(matches.hit[order] >= 0)
    f1 = 2 * hits / (np.arange(1, score.size + 1) + matches.box_image.size)
    last = np.append(np.diff(score) != 0, True)  # boxes of one score count together
    return float(score[int(np.where(last, f1, -1.0).argmax())])
