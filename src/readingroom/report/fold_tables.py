"""Tables of folds and of repeated trainings: each with n and intervals, then what they come to together."""

from __future__ import annotations

from collections.abc import Sequence

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.compute import spread_measures
from readingroom.report.measures import Performance
from readingroom.report.results import Results, Spread
from readingroom.report.tables import AnyCell, Cell, EstimateCell, Table, methods_note
from readingroom.report.wording import MEASURE_NAMES, SPLIT_NAMES, fact_name

TITLES = {"fold": "Spread over folds", "repeat": "Spread over repeats"}
"""What a table of folds or of repeats is called."""

_SEVERAL = {"auc": "Mean AUC"}
_FOLD_NOTE = (
    "Pooled: the tests of all folds together, as everywhere in this report. The mean counts each fold alike, however "
    "many images it has, and leaves out those without a value. The SD of folds is no standard error: the folds share "
    "most of their training images."
)
_AUC_NOTE = (
    "Pooling puts scores of different trainings on one scale; where these differ, the pooled AUC tends to lie "
    "below the mean of the folds."
)
_REPEAT_NOTE = (
    "The same study trained again with other seeds, on the same images; the first is the one that is shown everywhere "
    "else. The SD says how much of a result is luck of the training, not of the patients."
)


def fold_table(results: Results, split: str, over: str, say: Translator) -> Table | None:
    """Each fold, or each repeated training, of every reader; None where there is one only.

    Args:
        results: of the study.
        split: the part.
        over: ``fold`` or ``repeat``.
        say: the language.
    """
    readers = [one.name for one in results.readers if len(results.parts(one.name, split, over)) > 1]
    if not readers:
        return None
    measures = _measures(results, readers, split, over)
    rows = [row for name in readers for row in _reader_rows(results, name, split, over, measures, say)]
    names = {name: (_SEVERAL if results.positive is None else {}).get(name, MEASURE_NAMES[name]) for name in measures}
    heads = (say("Reader"), _head(results, over, say), "n", *(say(name) for name in names.values()))
    estimates = [cell.estimate for row in rows for cell in row if isinstance(cell, EstimateCell)]
    note = say(" ").join(filter(None, [methods_note(estimates, say), *_notes(results, over, split, measures, say)]))
    title = say("{part}: {title}", part=say(SPLIT_NAMES[split]), title=say(TITLES[over]))
    return Table(f"{over}s-{split}", title, heads, tuple(rows), note, 2)


def _notes(results: Results, over: str, split: str, measures: Sequence[str], say: Translator) -> list[str]:
    if over == "repeat":
        return [say(_REPEAT_NOTE)]
    if split != "test":
        return [say("Every fold's reader reads all of these images; the first fold's readings are shown elsewhere.")]
    return [say(_FOLD_NOTE), *([say(_AUC_NOTE)] if "auc" in measures else [])]


def _measures(results: Results, readers: Sequence[str], split: str, over: str) -> list[str]:
    found = [p for name in readers for p in results.parts(name, split, over)]
    return [name for name in spread_measures(found[0]) if any(p.measure(name) is not None for p in found)]


def _head(results: Results, over: str, say: Translator) -> str:
    column = results.folds[0].left_out if over == "fold" and results.folds else None
    if column is not None:
        return say("Left out: {column}", column=fact_name(column, say))
    return say("Fold") if over == "fold" else say("Training run")


def part_name(results: Results, performance: Performance, over: str) -> str:
    """The name of a fold (what it left out, or its number), or the number of a repeat."""
    if over == "repeat":
        return str(performance.repeat)
    return next((one.name for one in results.folds if one.number == performance.fold), str(performance.fold))


def _reader_rows(
    results: Results, reader: str, split: str, over: str, measures: Sequence[str], say: Translator
) -> list[tuple[AnyCell, ...]]:
    rows = [(part_name(results, p, over), _measured(p, measures)) for p in results.parts(reader, split, over)]
    if over == "fold" and split == "test":
        whole = next(p for p in results.select(split=split) if p.reader == reader)
        rows.append((say("Pooled"), _measured(whole, measures)))
    spreads = {s.measure: s for s in results.spreads if (s.reader, s.split, s.over) == (reader, split, over)}
    rows += [
        (say(head), [Cell(""), *(_statistic(name, spreads.get(name), head, results.level) for name in measures)])
        for head in ("Mean", "SD")
    ]
    return [(Cell("" if place else reader), Cell(name), *cells) for place, (name, cells) in enumerate(rows)]


def _measured(p: Performance, measures: Sequence[str]) -> list[AnyCell]:
    own = p.binary is not None
    return [Cell(f"{p.n}"), *(EstimateCell(name, p.measure(name), own or name == "top1") for name in measures)]


def _statistic(measure: str, spread: Spread | None, head: str, level: float) -> EstimateCell:
    if spread is None or (head == "SD" and spread.sd is None):
        return EstimateCell(measure, None)
    value = spread.mean if head == "Mean" else spread.sd
    return EstimateCell(
        measure, Estimate(value, None, None, level, f"{head} over {spread.over}s", len(spread.parts)), False
    )
