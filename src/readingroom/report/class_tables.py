"""Tables by class: each class against the rest with mean, median and range, readers over the classes, confusions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.evaluation.multiclass import Spread, spread_of
from readingroom.report.analyses.over_classes import OVER_CLASSES, ClassComparison, ClassSpread, kind_of, values_of
from readingroom.report.class_names import MANY, ClassName, name_classes
from readingroom.report.measures import RATES, ClassTable, Performance
from readingroom.report.performance import MEAN
from readingroom.report.results import Results
from readingroom.report.tables import AnyCell, Cell, EstimateCell, RangeCell, Table, difference_cell, methods_note
from readingroom.report.wording import MEASURE_NAMES, p_text, value_text

MOST_CONFUSIONS = 10
_WHAT = {"mean": "Mean", "median": "Median", "range": "Range"}
_TESTS = {
    "paired-t": "Paired t",
    "signed-rank": "Signed-rank",
    "t": "Unpaired t",
    "rank-sum": "Rank-sum",
}
_NAMES = {
    "accuracy": "Accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "ppv": "PPV",
    "npv": "NPV",
}
_PAIRED_NOTE = (
    "Paired t test and Wilcoxon's signed-rank test: the two values of each class are held together. Classes are no "
    "sample of patients, and p grows small with their number: these tests say whether one reader is better over the "
    "classes of this study, the comparison by image whether it is better on images like these. That one stands first; "
    "of the tests over classes, use these."
)
_UNPAIRED_NOTE = (
    "Student's t test and the Wilcoxon rank-sum test: published studies have compared the values of the classes as two "
    "independent groups. They are not: both readers have a value for each class, and what makes one class harder than "
    "another is taken for chance. For comparison with such studies only; use the paired tests."
)


def class_table(results: Results, performance: Performance, say: Translator) -> Table:
    """One reader, each class against the rest, with mean, median and range over the classes below."""
    measures = [name for name in ("auc", *RATES) if any(name in table.measures for table in performance.classes)]
    names = name_classes(results.classes, say)
    rows = [_class_row(one, performance.classes[one.place], measures) for one in names]
    below = [_below(performance, measures, what, results.level, say) for what in _WHAT]
    heads = (say("Class"), "n", *(say(MEASURE_NAMES[name]) for name in measures))
    position = [reader.name for reader in results.readers].index(performance.reader) + 1
    name = f"classes-{performance.split}-{performance.unit}-{position}"
    note = say(" ").join(filter(None, _class_note(performance, names, say)))
    compact = len(names) > MANY
    return Table(name, performance.reader, heads, (*rows, *below), note, compact=compact)


def _class_row(name: ClassName, table: ClassTable, measures: Sequence[str]) -> tuple[AnyCell, ...]:
    cells = (EstimateCell(measure, table.measures.get(measure)) for measure in measures)
    return (Cell(name.text), Cell(f"{table.n_positive}"), *cells)


def _below(p: Performance, measures: Sequence[str], what: str, level: float, say: Translator) -> tuple[AnyCell, ...]:
    spreads = {name: spread_of(list(values_of(p, name).values())) for name in measures}
    cells = [_over(name, spread, what, level) for name, spread in spreads.items()]
    if what == "mean":
        # The mean area has an interval of its own.
        cells = [EstimateCell(name, p.macro.get(name), counted=False) for name in measures]
    return (Cell(say(f"{_WHAT[what]} over classes")), Cell(""), *cells)


def _over(measure: str, spread: Spread | ClassSpread | None, what: str, level: float) -> EstimateCell:
    if spread is None:
        return EstimateCell(measure, None)
    if what == "range":
        span = Estimate(None, spread.lowest, spread.highest, level, "range over classes", spread.classes)
        return RangeCell(measure, span, counted=False)
    value, method = (spread.mean, MEAN) if what == "mean" else (spread.median, "median over classes")
    return EstimateCell(measure, Estimate(value, None, None, level, method, spread.classes), counted=False)


def _class_note(performance: Performance, names: Sequence[ClassName], say: Translator) -> Iterator[str]:
    yield methods_note([e for table in performance.classes for e in table.measures.values()], say)
    if performance.unit == "image":
        yield top1_sentence(performance, say)
    if len(names) > MANY:
        yield _lowest(performance, names, say)


def top1_sentence(performance: Performance, say: Translator) -> str:
    """What the mean accuracy over classes means in images that were answered right; empty where nothing was called.

    With one label and one answer an image, each wrong image is wrong in two of the C tables: the mean accuracy of one
    class against the rest is 1 - 2 (1 - top-1) / C. See `readingroom.evaluation.published.formulae.top1_of_mean`.
    """
    mean = performance.macro.get("accuracy")
    if performance.top1 is None or performance.top1.value is None or mean is None or mean.value is None:
        return ""
    return say(
        "With one label and one answer an image, the mean accuracy of one class against the rest over {classes} "
        "classes is 1 − 2 (1 − top-1) / {classes}: {mean} means that {top1} of the images were answered right.",
        classes=len(performance.classes),
        mean=f"{100 * mean.value:.2f}%",
        top1=f"{100 * performance.top1.value:.1f}%",
    )


def _lowest(performance: Performance, names: Sequence[ClassName], say: Translator) -> str:
    texts = {performance.classes[one.place].positive: one.text for one in names}
    said = []
    for measure in ("sensitivity", "ppv"):
        known = {name: value for name, value in values_of(performance, measure).items() if value is not None}
        if known:
            worst = min(known, key=known.__getitem__)
            value = value_text(measure, known[worst])
            said.append(say("{measure} {value} ({name})", measure=say(_NAMES[measure]), value=value, name=texts[worst]))
    return say("Lowest: {list}.", list=say("; ").join(said)) if said else ""


def over_classes_table(results: Results, split: str, say: Translator) -> Table | None:
    """All readers on one part: mean, median and range over the classes of each measure, top-1 accuracy beside."""
    found = {(s.reader, s.measure): s for s in results.analyses.class_spreads if s.split == split}
    shown = [p for p in results.select(split=split) if any((p.reader, name) in found for name in OVER_CLASSES)]
    if not shown:
        return None
    rows: list[tuple[AnyCell, ...]] = []
    for p in shown:
        for what, head in _WHAT.items():
            first = what == "mean"
            cells = (_over(name, found.get((p.reader, name)), what, results.level) for name in OVER_CLASSES)
            top1 = EstimateCell("top1", p.top1) if first else Cell("")
            rows.append((Cell(p.reader if first else ""), Cell(say(head)), *cells, top1))
    measures = (say(MEASURE_NAMES[name]) for name in (*OVER_CLASSES, "top1"))
    heads = (say("Reader"), say("Over the classes"), *measures)
    texts = dict.fromkeys(top1_sentence(p, say) for p in shown[:1])
    note = say(" ").join(
        filter(None, (*texts, say("A class that was never answered has no PPV and is left out of it.")))
    )
    return Table(f"over-classes-{split}", "", heads, tuple(rows), note, 2)


def class_comparison_table(
    results: Results, split: str, say: Translator, *, paired: bool, about: str | None = None
) -> Table | None:
    """Readers compared over the classes, a row a pair and measure.

    Args:
        results: of the study.
        split: the part.
        say: the language.
        paired: the paired tests, or the unpaired ones that published studies used.
        about: pairs with this reader only; None for all.
    """
    found = [c for c in results.analyses.class_comparisons if (c.split, c.paired) == (split, paired)]
    whole, found = found, [c for c in found if about is None or about in (c.first, c.second)]
    if not found:
        return None
    kinds = list(dict.fromkeys(kind_of(c) for c in found))
    by_key: dict[tuple[str, str, str], dict[str, ClassComparison]] = {}
    for c in found:
        by_key.setdefault((c.first, c.second, c.measure), {})[kind_of(c)] = c
    rows = [_comparison_row(tests, kinds, results.level, say) for tests in by_key.values()]
    tests = [head for kind in kinds for head in _test_heads(kind, say)]
    heads = (say("First reader"), say("Second reader"), say("Measure"), say("Classes"), say("Mean difference"), *tests)
    name = f"over-classes-{split}-{'paired' if paired else 'unpaired'}"
    text = "Difference = first − second, with the interval of the t test. Holm over all pairs and measures of a test."
    notes = [say(text), say(_PAIRED_NOTE if paired else _UNPAIRED_NOTE)]
    if len(found) < len(whole):
        text = "The pairs with {reader} are shown; all are in tables/{file}.csv."
        notes.append(say(text, reader=about, file=name))
    return Table(name, "", heads, tuple(rows), say(" ").join(notes), 3)


def _comparison_row(
    tests: dict[str, ClassComparison], kinds: Sequence[str], level: float, say: Translator
) -> tuple[AnyCell, ...]:
    first = tests[kinds[0]]
    difference = Estimate(first.difference, first.low, first.high, level, first.method, first.classes)
    measure = say(_NAMES[first.measure])
    cells = [Cell(text) for kind in kinds for text in (p_text(tests[kind].p_value), p_text(tests[kind].p_holm))]
    said = difference_cell(first.measure, difference, say)
    return (Cell(first.first), Cell(first.second), Cell(measure), Cell(f"{first.classes}"), said, *cells)


def _test_heads(kind: str, say: Translator) -> tuple[str, str]:
    test = say(_TESTS[kind])
    return say("{test}, p", test=test), say("{test}, p (Holm)", test=test)


@dataclass(frozen=True)
class Confusion:
    """Images of one class that were answered as another.

    Args:
        reference, answer: the classes, as they are shown.
        images: how many.
        of: images of the reference class.
        back: images of the answered class that were answered as the reference class.
    """

    reference: ClassName
    answer: ClassName
    images: int
    of: int
    back: int


def confusions(performance: Performance, names: Sequence[ClassName]) -> list[Confusion]:
    """Every confusion of a reader, the most frequent first, of equals those of the smaller class."""
    counts = np.asarray(performance.confusion or np.zeros((len(names), len(names)), dtype=int))
    totals = counts.sum(axis=1)
    found = [
        Confusion(row, column, int(counts[row.place, column.place]), int(totals[row.place]),
                  int(counts[column.place, row.place]))
        for row in names
        for column in names
        if row is not column and counts[row.place, column.place]
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.images, one.of))


def confusion_table(results: Results, performance: Performance, say: Translator) -> Table | None:
    """The ten most frequent confusions of a reader; None where nothing was confused."""
    found = confusions(performance, name_classes(results.classes, say))
    if not found:
        return None
    rows = tuple(
        (
            Cell(one.reference.text),
            Cell(one.answer.text),
            Cell(f"{one.images}"),
            Cell(f"{one.of}"),
            Cell(f"{100 * one.images / one.of:.1f}%"),
            Cell(f"{one.back}"),
        )
        for one in found[:MOST_CONFUSIONS]
    )
    heads = ("Reference standard", "Answer", "Images", "Of all of this class", "Share", "The other way round")
    position = [reader.name for reader in results.readers].index(performance.reader) + 1
    name = f"confusions-{performance.split}-{performance.unit}-{position}"
    return Table(name, performance.reader, tuple(say(head) for head in heads), rows, _confusion_note(found, say), 2)


def _confusion_note(found: Sequence[Confusion], say: Translator) -> str:
    wrong, listed = sum(one.images for one in found), sum(one.images for one in found[:MOST_CONFUSIONS])
    text = "Of {wrong} images answered wrong, {listed} are listed here."
    note = say(text, wrong=f"{wrong:,}", listed=f"{listed:,}")
    if any(one.reference.region for one in found):
        within = sum(one.images for one in found if one.reference.region and one.reference.region == one.answer.region)
        text = "Of all {wrong}, {n} were answered as another site of the same region."
        note += say(" ") + say(text, wrong=f"{wrong:,}", n=f"{within:,}")
    return note
