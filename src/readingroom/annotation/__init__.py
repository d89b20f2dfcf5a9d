"""Outlines, boxes and lesion facts in and out of every tool's format; several annotators to one consensus."""

from __future__ import annotations

from readingroom.annotation.exchange import FORMATS, Written, find_format, read_annotations, write_annotations
from readingroom.annotation.facts import KNOWN_FACTS
from readingroom.annotation.features import FEATURES, Difference, Loss, difference, features_of
from readingroom.annotation.masks import Mask, read_mask, separate_parts
from readingroom.annotation.model import AnnotatedImage, Annotations, LeftOut, Lesion, Polygon
from readingroom.annotation.outlines import lesion_mask, rasterise, trace

__all__ = [
    "FEATURES",
    "FORMATS",
    "KNOWN_FACTS",
    "AnnotatedImage",
    "Annotations",
    "Difference",
    "LeftOut",
    "Lesion",
    "Loss",
    "Mask",
    "Polygon",
    "Written",
    "difference",
    "features_of",
    "find_format",
    "lesion_mask",
    "rasterise",
    "read_annotations",
    "read_mask",
    "separate_parts",
    "trace",
    "write_annotations",
]
