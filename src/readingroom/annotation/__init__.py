"""Outlines, boxes and lesion facts in and out of every tool's format; several annotators to one consensus."""

from __future__ import annotations

from readingroom.annotation.agreed_cases import agreed_cases
from readingroom.annotation.agreement import Agreement, measure_agreement
from readingroom.annotation.audit import REASONS, Audit, Exclusion, audit_annotations
from readingroom.annotation.consensus import RULES, Consensus, Dispute, find_consensus
from readingroom.annotation.exchange import FORMATS, Written, find_format, read_annotations, write_annotations
from readingroom.annotation.facts import KNOWN_FACTS
from readingroom.annotation.features import FEATURES, Difference, Loss, difference, features_of
from readingroom.annotation.joining import join_annotators
from readingroom.annotation.masks import Mask, read_mask, separate_parts
from readingroom.annotation.matching import lesion_dice, match_lesions
from readingroom.annotation.model import AnnotatedImage, Annotations, LeftOut, Lesion, Polygon
from readingroom.annotation.outlines import lesion_mask, rasterise, trace
from readingroom.annotation.settle import read_decisions, settle_table, write_settle
from readingroom.annotation.specks import drop_specks
from readingroom.annotation.staple import Staple, staple

__all__ = [
    "FEATURES",
    "FORMATS",
    "KNOWN_FACTS",
    "REASONS",
    "RULES",
    "Agreement",
    "AnnotatedImage",
    "Annotations",
    "Audit",
    "Consensus",
    "Difference",
    "Dispute",
    "Exclusion",
    "LeftOut",
    "Lesion",
    "Loss",
    "Mask",
    "Polygon",
    "Staple",
    "Written",
    "agreed_cases",
    "audit_annotations",
    "difference",
    "drop_specks",
    "features_of",
    "find_consensus",
    "find_format",
    "join_annotators",
    "lesion_dice",
    "lesion_mask",
    "match_lesions",
    "measure_agreement",
    "rasterise",
    "read_annotations",
    "read_decisions",
    "read_mask",
    "separate_parts",
    "settle_table",
    "staple",
    "trace",
    "write_annotations",
    "write_settle",
]
