"""Results of a study: every number of the report with its interval, method and n, ready for ``results.json``."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from readingroom.evaluation import Estimate
from readingroom.report.analyses.all import Analyses
from readingroom.report.measures import UNITS, Performance

RESULTS_SCHEMA_VERSION = 2


@dataclass(frozen=True)
class Comparison:
    """Two readers on the same units: a paired test, corrected for the number of comparisons of its family.

    Args:
        first, second: the readers.
        split, unit: on which part, counted in what.
        measure: ``auc``, ``accuracy``, ``sensitivity`` or ``specificity``; of ordered grades also ``quadratic_kappa``
            (with the reference) and ``mean_absolute_error`` (in grades, better where it is lower).
        positive: the class that is positive; empty for a measure over all classes.
        difference, low, high: first minus second, with its interval.
        p_value: two-sided, before any correction.
        p_holm: the p value after Holm, over all comparisons of this measure, split, unit and class.
        n: units that both read.
        statistic: of the test; None for an exact one.
        method: the test.
        first_only, second_only: units that only one of the two got right; None for the AUC and for grades.
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
    """How long a reader took over the images of one part of the partition.

    Args:
        reader, split: who, and on which part.
        n: images with a time.
        total_s: of all of them, seconds.
        median_ms, low_quartile_ms, high_quartile_ms: of one image, milliseconds.
    """

    reader: str
    split: str
    n: int
    total_s: float
    median_ms: float
    low_quartile_ms: float
    high_quartile_ms: float


@dataclass(frozen=True)
class Fold:
    """A fold of the cross-validation.

    Args:
        number: from 1, as in the readings.
        name: the number again, or the value that was left out.
        left_out: the column whose values are left out in turn; None where the folds were drawn.
    """

    number: int
    name: str
    left_out: str | None = None


@dataclass(frozen=True)
class Spread:
    """A measure over the folds of the first repeat, or over repeated trainings with other seeds.

    Each fold's and each repeat's own result, with interval and n, is among the performances.

    Args:
        reader, split: who, and on which part.
        over: ``fold`` or ``repeat``.
        measure: ``auc``, ``top1``, and with two classes ``sensitivity`` and ``specificity``.
        parts: one value each.
        mean, sd: of the parts; ``sd`` is None for a single one.
        numbers: of the folds or repeats that the parts are of; one that has no value is left out.
    """

    reader: str
    split: str
    over: str
    measure: str
    parts: tuple[float, ...]
    mean: float
    sd: float | None
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True)
class ReaderFacts:
    """Who a reader is.

    Args:
        name: as in the readings.
        kind: ``network``, ``model`` (of features), ``person``, or ``reader`` where the table does not say.
        experience: of a person.
        has_scores: False where only calls were given; then there is no AUC.
        threshold, threshold_rule: operating point and how it was fixed.
        person: who reads, where one person reads in several modalities; otherwise the name again.
    """

    name: str
    kind: str
    experience: str | None
    has_scores: bool
    threshold: float | None = None
    threshold_rule: str | None = None
    person: str = ""


@dataclass(frozen=True)
class Results:
    """Everything that the readings say; `to_json` gives the content of ``results.json``.

    Args:
        study: its name.
        classes: all classes, in order.
        positive: the positive class where there are two.
        level: confidence level of every interval.
        readers: who read, in the order of the report.
        performances: by reader, part, unit, fold and repeat.
        comparisons: reader against reader, by part, unit, measure and class.
        times: reading times.
        spreads: over folds and over repeats.
        notes: what was done to the table, for the limits.
        analyses: everything else that was computed.
        folds: of the cross-validation; empty without one.
    """

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
    analyses: Analyses = field(default_factory=Analyses)
    folds: tuple[Fold, ...] = ()

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

    def parts(self, reader: str, split: str, over: str) -> tuple[Performance, ...]:
        """One reader's folds (of the first repeat), or its repeats (all folds together), by image and in order."""
        own = [p for p in self.performances if (p.reader, p.split, p.unit) == (reader, split, "image")]
        if over == "fold":
            return tuple(sorted((p for p in own if p.fold > 0), key=lambda p: p.fold))
        return tuple(sorted((p for p in own if p.fold == 0), key=lambda p: p.repeat))

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
