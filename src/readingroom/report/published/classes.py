"""Figures over several classes: what a mean accuracy means, and means that are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from readingroom.core.translations import Translator
from readingroom.evaluation.published import Printed, largest_class, misses, top1_of_mean
from readingroom.evaluation.published.formulae import Span
from readingroom.report.published.finding import MEASURES, STATISTICS, Finding, listed, named, percent, place_of
from readingroom.report.published.solve import Solved
from readingroom.report.published.table import PublishedRow

_MUCH_LARGER = 4


def top1_span(row: PublishedRow) -> Span | None:
    """The top-1 accuracy that a row's mean one-against-rest accuracy stands for."""
    figure = row.figures.get("accuracy")
    if row.classes is None or figure is None or row.statistic("accuracy") != "mean":
        return None
    return top1_of_mean(figure.limits(cut=False), row.classes)


def class_findings(rows: Sequence[Solved], say: Translator) -> list[Finding]:
    """What the rows over classes of one group say."""
    over = [solved.row for solved in rows if solved.row.classes is not None]
    found = []
    told: set[tuple[str, object]] = set()
    for row in over:
        accuracy = row.figures.get("accuracy")
        if (row.name, accuracy) not in told:
            told.add((row.name, accuracy))
            found += [Finding(*said, row.group, (row.line,)) for said in _top1(row, say)]
        found += [Finding(*said, row.group, (row.line,)) for said in _no_mean(row, say)]
        found += [Finding(*said, row.group, (row.line,)) for said in _no_count(row, say)]
    return [*found, *_misnamed(over, say), *_too_few_misses(over, say)]


_Said = tuple[str, str, str]


def _top1(row: PublishedRow, say: Translator) -> Iterator[_Said]:
    found = top1_span(row)
    if found is None or row.classes is None:
        return
    low, high = found
    figure = named("accuracy", row.figures["accuracy"], say)
    if high < 0:
        text = "{figure} cannot be the mean over {classes} classes against the rest: no case would be right."
        yield "top1", "contradiction", say(text, figure=figure, classes=row.classes)
        return
    text = (
        "{figure}, the mean of {classes} classes each against the rest, means a top-1 accuracy of {top1} ({low} to "
        "{high}) if each case has one label and one answer."
    )
    values = {"top1": percent((low + high) / 2, 1), "low": percent(low), "high": percent(high)}
    yield "top1", "note", say(text, figure=figure, classes=row.classes, **values)


def _missed(row: PublishedRow) -> Span | None:
    figure = row.figures.get("accuracy")
    if row.classes is None or row.sizes.total is None or figure is None or row.statistic("accuracy") != "mean":
        return None
    return misses(figure.limits(), row.classes, row.sizes.total)


def _about(row: PublishedRow) -> str:
    """The wrong answers that the mean accuracy means, taken as printed."""
    share = 1 - row.figures["accuracy"].value
    return f"{share * (row.classes or 0) * (row.sizes.total or 0) / 2:,.0f}"


def _no_mean(row: PublishedRow, say: Translator) -> Iterator[_Said]:
    """A "mean" sensitivity that the misses which the mean accuracy tells of do not allow."""
    figure, missed = row.figures.get("sensitivity"), _missed(row)
    if figure is None or missed is None or row.statistic("sensitivity") != "mean" or not row.classes:
        return
    needed, n = largest_class(figure.limits(), missed, row.classes), row.sizes.total or 0
    if needed is None or needed <= _MUCH_LARGER * n / row.classes:
        return
    text = (
        "{figure} cannot well be a mean: the mean accuracy means about {missed} wrong answers of {n}, and so high a "
        "mean sensitivity would need a class of at least {needed} cases, where {classes} classes have {usual} each on "
        "average."
    )
    values = {"missed": _about(row), "needed": f"{float(needed):,.0f}", "classes": row.classes}
    said = say(text, figure=named("sensitivity", figure, say), n=f"{n:,}", usual=f"{n / row.classes:.0f}", **values)
    yield "no-mean", "contradiction" if needed > n - row.classes + 1 else "warning", said


def _no_count(row: PublishedRow, say: Translator) -> Iterator[_Said]:
    """The accuracy of a single class (the lowest, the highest) that is no whole number of cases."""
    figure, n = row.figures.get("accuracy"), row.sizes.total
    if figure is None or n is None or row.statistic("accuracy") == "mean" or row.statistic("accuracy") == "median":
        return
    if not figure.counts(n, cut=True):
        text = "{figure} ({statistic}) cannot be had of {n} cases."
        statistic = say(STATISTICS[row.statistic("accuracy")])
        yield (
            "contradiction",
            "contradiction",
            say(text, figure=named("accuracy", figure, say), statistic=statistic, n=f"{n:,}"),
        )


def _misnamed(rows: Sequence[PublishedRow], say: Translator) -> Iterator[Finding]:
    """The same figure called a mean in one place and a median in another."""
    told: dict[str, list[tuple[PublishedRow, PublishedRow, Printed]]] = {}
    for first, second in combinations(rows, 2):
        for measure in first.figures:
            words = {first.statistic(measure), second.statistic(measure)}
            same = first.name == second.name and first.figures[measure] == second.figures.get(measure)
            if same and words == {"mean", "median"}:
                told.setdefault(measure, []).append((first, second, first.figures[measure]))
    for measure, pairs in told.items():
        median = [a if a.statistic(measure) == "median" else b for a, b, _ in pairs]
        mean = [b if a.statistic(measure) == "median" else a for a, b, _ in pairs]
        text = "{measure} ({figures}) is called a mean ({mean}) where it is a median ({median})."
        said = say(
            text,
            measure=say(MEASURES[measure]),
            figures=listed((figure.text for _, _, figure in pairs), say),
            mean=listed((place_of(row.place, row.line, say) for row in mean), say),
            median=listed((place_of(row.place, row.line, say) for row in median), say),
        )
        lines = tuple(row.line for pair in pairs for row in pair[:2])
        yield Finding("median-as-mean", "warning", said, rows[0].group, lines)


def _too_few_misses(rows: Sequence[PublishedRow], say: Translator) -> Iterator[Finding]:
    """A lowest sensitivity that allows fewer misses than the mean accuracy tells of."""
    told = set()
    for mean in rows:
        missed = _missed(mean)
        for lowest in rows:
            figure = lowest.figures.get("sensitivity")
            if missed is None or figure is None or lowest.statistic("sensitivity") != "minimum":
                continue
            allowed = (1 - figure.limits()[0]) * (mean.sizes.total or 0)
            if lowest.name == mean.name and missed[0] > allowed and mean.name not in told:
                told.add(mean.name)
                text = (
                    "{figure} as the lowest of all classes allows at most {allowed} wrong answers of {n}, but the mean "
                    "accuracy {accuracy} means about {missed}."
                )
                said = say(
                    text,
                    figure=named("sensitivity", figure, say),
                    allowed=f"{int(allowed):,}",
                    n=f"{mean.sizes.total:,}",
                    accuracy=mean.figures["accuracy"].text,
                    missed=_about(mean),
                )
                yield Finding("misses", "contradiction", said, mean.group, (mean.line, lowest.line))
