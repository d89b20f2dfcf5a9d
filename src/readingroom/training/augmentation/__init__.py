"""Augmentation: one warp and one colour matrix an image, in three steps: draw, apply, record."""

from readingroom.training.augmentation.aim import Aim
from readingroom.training.augmentation.augmenter import Augmenter, apply_draws, apply_to_boxes, apply_to_outlines
from readingroom.training.augmentation.colour import Normalisation
from readingroom.training.augmentation.draw import COLUMNS, Draws, draw, draw_copies, join, neutral
from readingroom.training.augmentation.landmarks import move_boxes, move_points
from readingroom.training.augmentation.section import (
    AffineSection,
    AugmentationSection,
    ElasticSection,
    JitterSection,
)
from readingroom.training.augmentation.stacks import StackAugmenter
from readingroom.training.augmentation.warp import Warp, compose

__all__ = [
    "COLUMNS",
    "AffineSection",
    "Aim",
    "AugmentationSection",
    "Augmenter",
    "Draws",
    "ElasticSection",
    "JitterSection",
    "Normalisation",
    "StackAugmenter",
    "Warp",
    "apply_draws",
    "apply_to_boxes",
    "apply_to_outlines",
    "compose",
    "draw",
    "draw_copies",
    "join",
    "move_boxes",
    "move_points",
    "neutral",
]
