"""What follows from printed means and areas: top-1 accuracy, areas that labels give, misses that a mean hides."""

from __future__ import annotations

from fractions import Fraction

Span = tuple[Fraction, Fraction]
"""Lowest and highest value."""


def label_area(sensitivity: Span, specificity: Span) -> Span:
    """The area under the "curve" of one operating point, which is what an AUC computed from labels gives.

    It is (sensitivity + specificity) / 2, and no AUC: scores are needed for one.
    """
    return (sensitivity[0] + specificity[0]) / 2, (sensitivity[1] + specificity[1]) / 2


def area_limits(sensitivity: Span, specificity: Span) -> Span:
    """Between which areas any ROC curve through an operating point lies.

    A curve never falls, so that its area is at least sensitivity x specificity, and at most
    1 - (1 - sensitivity)(1 - specificity).

    Example:
        >>> low, high = area_limits((Fraction(4, 5),) * 2, (Fraction(9, 10),) * 2)
        >>> float(low), float(high)
        (0.72, 0.98)
    """
    return sensitivity[0] * specificity[0], 1 - (1 - sensitivity[1]) * (1 - specificity[1])


def top1_of_mean(mean: Span, classes: int) -> Span:
    """The top-1 accuracy that a mean one-against-rest accuracy over classes stands for.

    With one label and one answer a case, each wrong case is wrong in two of the K tables and right in K - 2 of them:
    top-1 = 1 - K (1 - mean) / 2.

    Args:
        mean: of the accuracies of each class against the rest.
        classes: K, 2 or more.

    Example:
        >>> low, high = top1_of_mean((Fraction("0.9760"), Fraction("0.9760")), 30)
        >>> float(low)
        0.64
    """
    return 1 - classes * (1 - mean[0]) / 2, 1 - classes * (1 - mean[1]) / 2


def misses(mean: Span, classes: int, n: int) -> Span:
    """Cases answered wrong, from the mean one-against-rest accuracy over classes."""
    low, high = top1_of_mean(mean, classes)
    return (1 - high) * n, (1 - low) * n


def largest_class(sensitivity: Span, missed: Span, classes: int) -> Fraction | None:
    """How many cases the largest class has at least, if a figure is the mean sensitivity over the classes.

    The misses are the sum over classes of size x (1 - sensitivity); none is larger than the largest size.

    Args:
        sensitivity: the mean over classes.
        missed: cases answered wrong.
        classes: K.

    Returns:
        The fewest cases that the largest class can have; None where nothing was missed.
    """
    lost = classes * (1 - sensitivity[0])
    return missed[0] / lost if lost > 0 else None
