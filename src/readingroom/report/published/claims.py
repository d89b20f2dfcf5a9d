"""What a paper says of two rows: better than, the same figure twice, a test."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from readingroom.core.translations import Translator
from readingroom.evaluation.published import ClaimTest, compare_counts
from readingroom.report.published.classes import top1_span
from readingroom.report.published.finding import MEASURES, Finding, listed, place_of, span
from readingroom.report.published.solve import Solved
from readingroom.report.wording import p_text

_ALPHA = 0.05
_PAIRED = re.compile(r"(?<!un)paired|mcnemar|signed|配对|符号秩", re.IGNORECASE)
_UNPAIRED = re.compile(
    r"\bt[- ]?test|student|welch|rank[- ]?sum|mann|chi|χ|fisher|anova|t\s*检验|秩和|卡方|方差分析|独立样本",
    re.IGNORECASE,
)


def claim_findings(rows: Sequence[Solved], say: Translator) -> list[Finding]:
    """What one group's rows say of each other, and whether it holds."""
    return [*_better(rows, say), *_unpaired(rows, say), *_printed_twice(rows, say)]


def right_answers(solved: Solved) -> tuple[range, int] | None:
    """Possible numbers of right answers of a row, and of how many cases."""
    n, possible = solved.sizes.total, solved.possible
    top1 = top1_span(solved.row)
    if top1 is not None and n is not None:
        return range(max(math.ceil(top1[0] * n), 0), min(math.floor(top1[1] * n), n) + 1), n
    if n is None or solved.row.classes is not None:
        return None
    if possible is not None and possible.all_known:
        found = [table.tp + table.tn for table in possible.tables]
        return range(min(found), max(found) + 1), n
    figure = solved.row.figures.get("accuracy")
    return None if figure is None else (figure.counts(n) or figure.counts(n, cut=True), n)


def _better(rows: Sequence[Solved], say: Translator) -> Iterator[Finding]:
    for solved in rows:
        for name in solved.row.better_than:
            others = [other for other in rows if other.row.name == name and other.row.place == solved.row.place]
            others = others or [other for other in rows if other.row.name == name]
            first, second = right_answers(solved), right_answers(others[0])
            if first is None or second is None or first[1] != second[1] or not (first[0] and second[0]):
                continue
            test = compare_counts(first[0], second[0], first[1])
            level, text = _judged(test, solved.row.name, name, say)
            text += "" if solved.row.test or level != "warning" else say(" ") + say("The paper prints no test.")
            yield Finding("claim", level, text, solved.row.group, (solved.row.line, others[0].row.line))


def _judged(test: ClaimTest, first: str, second: str, say: Translator) -> tuple[str, str]:
    counts = {"a": span(test.first, say), "b": span(test.second, say), "n": f"{test.n:,}"}
    said = say("“{first} better than {second}”: {a} against {b} right of {n}.", first=first, second=second, **counts)
    if test.first[1] <= test.second[0]:
        return "contradiction", said + say(" ") + say("It is not better.")
    p_values = {
        "fisher": _range(test.fisher, say),
        "corrected": _range(test.corrected, say),
        "paired": _range(test.paired, say),
        "discordant": span(test.discordant, say),
    }
    text = (
        "As if on different cases: p {fisher} (Fisher's exact test), p {corrected} (chi-squared, continuity "
        "correction). On the same cases: p {paired} (McNemar's exact test), by how many cases only one of the two got "
        "right ({discordant}), which is not printed."
    )
    said += say(" ") + say(text, **p_values)
    if test.paired[0] >= _ALPHA:
        return "warning", said + say(" ") + say("Whatever the overlap, the difference may be chance.")
    if test.paired[1] < _ALPHA:
        return "note", said + say(" ") + say("The difference is more than chance whatever the overlap.")
    return "warning", said + say(" ") + say("Whether the difference is more than chance cannot be told from the table.")


def _range(ends: tuple[float, float], say: Translator) -> str:
    low, high = p_text(ends[0]), p_text(ends[1])
    if low == high:
        return low.replace("<", "< ") if low.startswith("<") else f"= {low}"
    return say("from {low} to {high}", low=low, high=high)


def _unpaired(rows: Sequence[Solved], say: Translator) -> Iterator[Finding]:
    wrong = [
        solved.row
        for solved in rows
        if solved.row.paired and _UNPAIRED.search(solved.row.test) and not _PAIRED.search(solved.row.test)
    ]
    if not wrong:
        return
    text = "What was compared belongs together in pairs, and was tested as if it did not ({test})."
    said = say(text, test=listed((row.test for row in wrong), say))
    classes = wrong[0].classes
    if classes is not None:
        text = "Both rows have a value for each of the {n} classes: use the paired t test or the signed-rank test."
        said += say(" ") + say(text, n=classes)
    else:
        said += say(" ") + say("On the same cases use McNemar's test, or the paired test of DeLong for areas.")
    yield Finding("unpaired-test", "warning", said, wrong[0].group, tuple(row.line for row in wrong))


def _printed_twice(rows: Sequence[Solved], say: Translator) -> Iterator[Finding]:
    for first, second in combinations(rows, 2):
        a, b = first.row, second.row
        if (a.name, a.kind) != (b.name, b.kind) or a.classes != b.classes:
            continue
        for measure, one in a.figures.items():
            other = b.figures.get(measure)
            if other is None or (one.units, one.scale) == (other.units, other.scale):
                continue
            if a.classes is not None and a.statistic(measure) != b.statistic(measure):
                continue
            shares = {Fraction(*share) for share in first.shares(measure) or () if share[1]}
            alike = {share for share in shares if one.fits(share, cut=True) and other.fits(share, cut=True)}
            yield _twice(first, second, measure, alike, say)


def _twice(first: Solved, second: Solved, measure: str, alike: set[Fraction], say: Translator) -> Finding:
    a, b = first.row, second.row
    text = "{measure} of {name} is printed as {one} ({where}) and as {other} ({elsewhere})"
    said = say(
        text,
        measure=say(MEASURES[measure]),
        name=a.name,
        one=a.figures[measure].text,
        other=b.figures[measure].text,
        where=place_of(a.place, a.line, say),
        elsewhere=place_of(b.place, b.line, say),
    )
    if alike:
        said += say(": the same share once rounded and once cut off.")
        return Finding("printed-twice", "note", said, a.group, (a.line, b.line))
    said += say(": no share is printed as both.")
    return Finding("printed-twice", "contradiction", said, a.group, (a.line, b.line))
