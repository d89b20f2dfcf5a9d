"""Printed figures in, what they can only mean out: the counts behind a published table."""

from readingroom.evaluation.published.claims import ClaimTest, compare_counts
from readingroom.evaluation.published.denominators import Denominators, denominators
from readingroom.evaluation.published.formulae import area_limits, label_area, largest_class, misses, top1_of_mean
from readingroom.evaluation.published.possible import Counts, Possible, Sizes, conflicts, possible_tables
from readingroom.evaluation.published.printed import Printed, read_printed

__all__ = [
    "ClaimTest",
    "Counts",
    "Denominators",
    "Possible",
    "Printed",
    "Sizes",
    "area_limits",
    "compare_counts",
    "conflicts",
    "denominators",
    "label_area",
    "largest_class",
    "misses",
    "possible_tables",
    "read_printed",
    "top1_of_mean",
]
