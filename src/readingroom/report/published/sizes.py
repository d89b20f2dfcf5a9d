"""How many cases a test set had: as stated, and as the digits of its columns say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from readingroom.core.translations import Translator
from readingroom.evaluation.published import Denominators, Printed, Sizes, denominators
from readingroom.evaluation.published.denominators import fitting
from readingroom.report.published.finding import Finding, listed, named
from readingroom.report.published.table import PublishedRow

_CERTAIN = 0.01
_MOST_DIVIDED = 100_000


@dataclass(frozen=True)
class TestSet:
    """Rows that were read on the same cases, and how many these were.

    Args:
        rows: of one group, class and stated size.
        stated: as the table says.
        sizes: to go on with: as stated where that is possible, else what the digits give away.
        possible: False where no such test set gives the columns.
        positive: what the sensitivities say of the number of positives, where it is needed.
        negative: what the specificities say of the negatives.
        total: what the accuracies say of all cases.
    """

    __test__ = False  # its name must not make pytest collect it

    rows: tuple[PublishedRow, ...]
    stated: Sizes
    sizes: Sizes
    possible: bool = True
    positive: Denominators | None = None
    negative: Denominators | None = None
    total: Denominators | None = None

    @property
    def inferred(self) -> bool:
        """Whether the sizes come from the digits."""
        return self.sizes.total is not None and (not self.possible or self.stated.total is None)


def test_sets(rows: Sequence[PublishedRow]) -> tuple[TestSet, ...]:
    """The test sets of a table, in order; rows over classes are left out."""
    parts: dict[tuple[str, str, Sizes], list[PublishedRow]] = {}
    for row in rows:
        if row.classes is None:
            parts.setdefault((row.group, row.kind, row.sizes), []).append(row)
    return tuple(_test_set(tuple(part), key[2]) for key, part in parts.items())


test_sets.__test__ = False  # type: ignore[attr-defined]


def _test_set(rows: tuple[PublishedRow, ...], stated: Sizes) -> TestSet:
    bare = [row for row in rows if not row.shares and row.counts is None]
    columns = {name: _column(bare, name) for name in ("sensitivity", "specificity", "accuracy")}
    sizes = _fitting(stated, columns["sensitivity"], columns["specificity"], columns["accuracy"])
    if rows[0].kind and stated.positive is not None:
        # A row of one class may rest on that class alone, which is found row by row.
        return TestSet(rows, stated, stated)
    if sizes is not None and stated.total is not None:
        return TestSet(rows, stated, sizes)
    positive, negative, total = (_telling(column) for column in columns.values())
    if stated.positive is not None and not (positive and negative):
        # Nothing says what the sizes are instead: the rows that do not fit them are found row by row.
        return TestSet(rows, stated, stated)
    found = Sizes(
        positive.smallest if positive and negative else None,
        negative.smallest if positive and negative else None,
        total.smallest if total and not (positive and negative) else None,
    ).settled()
    return TestSet(rows, stated, found, sizes is not None, positive, negative, total)


def _column(rows: Sequence[PublishedRow], measure: str) -> list[Printed]:
    return list({row.figures[measure]: None for row in rows if measure in row.figures})


def _telling(column: Sequence[Printed]) -> Denominators | None:
    # 0 and 1 are shares of everything, and one figure alone is a share of many numbers.
    if len({figure.value for figure in column if 0 < figure.value < 1}) < 2:
        return None
    found = denominators(column)
    return found if found is not None and found.chance < _CERTAIN else None


def _fitting(
    stated: Sizes, sensitivities: Sequence[Printed], specificities: Sequence[Printed], accuracies: Sequence[Printed]
) -> Sizes | None:
    """The stated sizes if every column can be had of them, with the divisions that are left; None otherwise."""
    for column, n in ((sensitivities, stated.positive), (specificities, stated.negative), (accuracies, stated.total)):
        if n is not None and not all(figure.counts(n, cut=True) for figure in column):
            return None
    if stated.total is None or stated.positive is not None or stated.total > _MOST_DIVIDED:
        return stated
    first, last = fitting(sensitivities, stated.total, cut=True), fitting(specificities, stated.total, cut=True)
    # Element i is for i + 1 cases; positives and negatives add up to the total.
    divided = np.flatnonzero(first[:-1] & last[:-1][::-1]) + 1
    if not divided.size:
        return None
    return Sizes(total=stated.total, candidates=tuple(divided.tolist()))


def size_findings(test_set: TestSet, say: Translator) -> list[Finding]:
    """What the columns say of the number of cases, where it is not what is stated or nothing is stated."""
    sentences = [*_impossible(test_set, say), *_multiples(test_set, say)]
    if not sentences:
        return []
    level = "note" if test_set.possible else "contradiction"
    lines = tuple(row.line for row in test_set.rows)
    return [Finding("size", level, say(" ").join(sentences), test_set.rows[0].group, lines)]


def _impossible(test_set: TestSet, say: Translator) -> list[str]:
    stated = test_set.stated
    if test_set.possible:
        return []
    if stated.positive is None:
        text = "No division of the stated {n} cases into positives and negatives gives these rates."
        return [say(text, n=f"{stated.total:,}")]
    text = "The stated {positive} positives and {negative} negatives do not give these rates: {list}."
    sizes = {"sensitivity": stated.positive, "specificity": stated.negative, "accuracy": stated.total}
    wrong = [
        say("{figure} is no whole number of {n}", figure=named(name, figure, say), n=f"{n:,}")
        for name, n in sizes.items()
        for figure in _column(test_set.rows, name)
        if n is not None and not figure.counts(n, cut=True)
    ]
    return [say(text, positive=stated.positive, negative=stated.negative, list=listed(wrong, say, 3))]


def _multiples(test_set: TestSet, say: Translator) -> list[str]:
    positive, negative, total = test_set.positive, test_set.negative, test_set.total
    if positive is not None and negative is not None and positive.smallest == negative.smallest:
        text = (
            "Every sensitivity and every specificity is a multiple of 1/{n}: the rates rest on {n} positives and {n} "
            "negatives (or on {others})."
        )
        return [say(text, n=positive.smallest, others=_others(positive, say)), *_cut(test_set, say)]
    found = []
    for one, text in (
        (positive, "Every sensitivity is a multiple of 1/{n}: they rest on {n} positives (or on {others})."),
        (negative, "Every specificity is a multiple of 1/{n}: they rest on {n} negatives (or on {others})."),
        (total, "Every accuracy is a multiple of 1/{n}: they rest on {n} cases (or on {others})."),
    ):
        if one is not None:
            found.append(say(text, n=one.smallest, others=_others(one, say)))
    return [*found, *_cut(test_set, say)] if found else []


def _others(found: Denominators, say: Translator) -> str:
    return say(", ").join(f"{n}" for n in found.others[:3]) + say(" …")


def _cut(test_set: TestSet, say: Translator) -> list[str]:
    columns = {"sensitivity": test_set.positive, "specificity": test_set.negative, "accuracy": test_set.total}
    names = [
        _column(test_set.rows, name)[place].text
        for name, one in columns.items()
        if one is not None
        for place in one.cut
    ]
    if not names:
        return []
    return [say("Of these, the digits of {list} were cut off instead of rounded.", list=listed(names, say))]
