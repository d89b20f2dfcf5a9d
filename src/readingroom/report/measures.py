"""How well one reader did on one part of the partition, in one unit: counts, rates and areas with their intervals."""

from __future__ import annotations

from dataclasses import dataclass, field

from readingroom.evaluation import Estimate

UNITS = ("image", "lesion", "patient")
"""What is counted: images, lesions, patients."""

RATES = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1")
"""Names of the measures that come from calls, in the order of the report; recall is sensitivity, precision is PPV."""


@dataclass(frozen=True)
class Curve:
    """A receiver operating characteristic, from strict to lenient; thinned to at most 400 points.

    Args:
        false_positive_rate, true_positive_rate: in [0, 1].
    """

    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]


@dataclass(frozen=True)
class ClassTable:
    """One class against all others: counts, rates with intervals, and the AUC where there are scores.

    Args:
        positive: the class.
        n_positive: units that have the class by the reference standard.
        counts: ``tp, fp, fn, tn``; None where the reader gave no calls.
        measures: ``sensitivity, specificity, ppv, npv, accuracy, f1``, and ``auc`` where the reader gave scores.
        curve: where the reader gave scores.
    """

    positive: str
    n_positive: int
    counts: dict[str, int] | None
    measures: dict[str, Estimate]
    curve: Curve | None = None


@dataclass(frozen=True)
class Performance:
    """One reader on one part of the partition, counted in one unit.

    Args:
        reader, split: who, and on which part.
        unit: ``image``, ``lesion`` or ``patient``.
        fold, repeat: of one fold or one training repeat; fold 0 means all folds pooled.
        n: units read.
        patients: different patients among them; None where the table has no patients.
        left_out: images that belong to no such unit (no lesion given).
        binary: the table of the positive class, where there are two classes.
        classes: each class against the rest, where there are more.
        macro: unweighted means over ``classes``, by measure.
        top1: share of units whose class was right; None where no calls were given.
        confusion: rows = reference standard, columns = answer, in the order of the classes.
        recognised: per class, the share of its own units that were recognised (the rule of study 3).
    """

    reader: str
    split: str
    unit: str
    fold: int
    repeat: int
    n: int
    patients: int | None
    left_out: int
    binary: ClassTable | None
    classes: tuple[ClassTable, ...]
    macro: dict[str, Estimate]
    top1: Estimate | None
    confusion: tuple[tuple[int, ...], ...] | None
    recognised: dict[str, Estimate] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[ClassTable, ...]:
        """The positive class's table, or one of each class."""
        return (self.binary,) if self.binary is not None else self.classes

    def headline(self, name: str) -> Estimate | None:
        """A measure of the positive class, or its mean over the classes."""
        return self.binary.measures.get(name) if self.binary is not None else self.macro.get(name)

    def measure(self, name: str) -> Estimate | None:
        """The top-1 accuracy by the name of ``top1``, else the measure of the headline."""
        return self.top1 if name == "top1" else self.headline(name)
