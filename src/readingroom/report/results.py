"""Results of a study: every number of the report with its interval, method and n, ready for ``results.json``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from readingroom.evaluation import Estimate

RESULTS_SCHEMA_VERSION = 1

UNITS = ("image", "lesion", "patient")
"""What is counted: images, lesions, patients."""

RATES = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1")
"""Names of the measures that come from calls, in the order of the report; recall is sensitivity, precision is PPV."""


@dataclass(frozen=True)
class Curve:
    """A receiver operating characteristic: false and true positive rates in [0, 1], from strict to lenient."""

    false_positive_rate: tuple[float, ...]
    true_positive_rate: tuple[float, ...]


@dataclass(frozen=True)
class ClassTable:
    """One class against all others: counts, rates with intervals, and the AUC where there are scores.

    Args:
        positive: the class.
        n_positive: units that have the class by the reference standard.
        counts: ``tp, fp, fn, tn``; None where the reader gave no calls.
        measures: by the names of `RATES`, and ``auc`` where the reader gave scores.
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
        unit: one of `UNITS`.
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


@dataclass(frozen=True)
class Comparison:
    """Two readers on the same units: a paired test, corrected for the number of comparisons of its family.

    Args:
        first, second: the readers; ``difference`` is first minus second.
        measure: ``auc``, ``accuracy``, ``sensitivity`` or ``specificity``.
        positive: the class that is positive; empty for the accuracy over all classes.
        p_holm: the p value after Holm, over all comparisons of this measure, split, unit and class.
        n: units that both read.
        first_only, second_only: units that only one of the two got right; None for the AUC.
        note: what must be known of this test; empty when nothing.
    """

    first: str
    second: str
    split: str
    unit: str
    measure: str
    positive: str
    n: int
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    p_holm: float | None
    statistic: float | None
    method: str
    first_only: int | None = None
    second_only: int | None = None
    note: str = ""


@dataclass(frozen=True)
class ReadingTime:
    """How long a reader took over the images of one part of the partition."""

    reader: str
    split: str
    n: int
    total_s: float
    median_ms: float
    low_quartile_ms: float
    high_quartile_ms: float


@dataclass(frozen=True)
class Spread:
    """A measure over the folds, or over repeated trainings with other seeds; one of ``parts`` each."""

    reader: str
    split: str
    over: str
    measure: str
    parts: tuple[float, ...]
    mean: float
    sd: float | None


@dataclass(frozen=True)
class ReaderFacts:
    """Who a reader is.

    Args:
        name: as in the readings.
        kind: ``network``, ``person``, or ``reader`` where the table does not say.
        experience: of a person.
        has_scores: False where only calls were given; then there is no AUC.
        threshold, threshold_rule: operating point and how it was fixed.
    """

    name: str
    kind: str
    experience: str | None
    has_scores: bool
    threshold: float | None = None
    threshold_rule: str | None = None


@dataclass(frozen=True)
class Results:
    """Everything that the readings say; `to_json` gives the content of ``results.json``."""

    study: str
    classes: tuple[str, ...]
    positive: str | None
    level: float
    readers: tuple[ReaderFacts, ...]
    performances: tuple[Performance, ...]
    comparisons: tuple[Comparison, ...]
    times: tuple[ReadingTime, ...]
    spreads: tuple[Spread, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def splits(self) -> tuple[str, ...]:
        """Parts of the partition that were read, test first."""
        present = {performance.split for performance in self.performances}
        return tuple(split for split in ("test", "external", "validation", "training") if split in present)

    def select(self, *, split: str, unit: str = "image", fold: int = 0) -> tuple[Performance, ...]:
        """Performances of all readers on a part, in the order of the readers; the first repeat."""
        found = (p for p in self.performances if (p.split, p.unit, p.fold, p.repeat) == (split, unit, fold, 1))
        order = {reader.name: position for position, reader in enumerate(self.readers)}
        return tuple(sorted(found, key=lambda performance: order[performance.reader]))

    def units(self, split: str) -> tuple[str, ...]:
        """Units that a part was counted in."""
        present = {performance.unit for performance in self.performances if performance.split == split}
        return tuple(unit for unit in UNITS if unit in present)

    def reader(self, name: str) -> ReaderFacts:
        """The facts of a reader."""
        return next(reader for reader in self.readers if reader.name == name)

    def measures(self) -> Iterator[Estimate]:
        """Every number with an interval."""
        for performance in self.performances:
            for table in performance.tables:
                yield from table.measures.values()
            yield from performance.macro.values()
            yield from performance.recognised.values()
            if performance.top1 is not None:
                yield performance.top1

    def to_json(self) -> dict[str, Any]:
        """A dictionary that JSON can hold: what is not defined is null."""
        body: dict[str, Any] = _without_nan(asdict(self))
        return {
            "schema_version": RESULTS_SCHEMA_VERSION,
            "kind": "readingroom.results",
            "aliases": {"recall": "sensitivity", "precision": "ppv"},
            **body,
        }


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
