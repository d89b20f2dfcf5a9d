"""Titles of the report's tables where no page stands around them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from readingroom.core.translations import Translator
from readingroom.report.content import Block, Content
from readingroom.report.fold_tables import TITLES
from readingroom.report.tables import Table
from readingroom.report.wording import SPLIT_NAMES

_MOST_UPRIGHT = 6
_NAMED = {
    "table1": "What each part holds",
    "shortcuts": "Shortcuts: can the label be guessed without looking at anatomy?",
    "training": "Training of the networks",
    "software": "Software and seeds",
    "external-difference": "External part against test part",
}
_FAMILIES = {
    "reading-time": "Reading time",
    "folds": TITLES["fold"],
    "repeats": TITLES["repeat"],
    "calibration": "Calibration",
    "optimistic": "For comparison, optimistic: the threshold that these images would choose",
    "subgroups": "Subgroups",
    "ordered": "Ordered grades",
    "people": "People together",
    "modalities": "With and without help: multi-reader multi-case analysis",
    "time-ratios": "Reading times compared",
    "documented-sites": "Documented sites, by site",
    "documented-exams": "Documented sites, by examination",
    "documented": "Completeness of the examination",
    "agreement": "Agreement",
    "kappa": "Agreement of every pair of readers",
    "raters": "The networks among the people",
    "scores": "Scores between the grades: limits of agreement",
}

_OF_ONE_READER = frozenset({"documented-sites", "documented-exams"})


@dataclass(frozen=True)
class Titled:
    """A table with the title that it has in a document.

    Args:
        title: above it.
        table: its cells.
        shares: of the width, one a column, adding up to 1; empty leaves the widths to the word processor.
    """

    title: str
    table: Table
    shares: tuple[float, ...] = ()

    @property
    def wide(self) -> bool:
        """Whether it needs a page on its side."""
        return len(self.table.columns) > _MOST_UPRIGHT or bool(self.shares)


def titled_tables(content: Content, say: Translator) -> list[Titled]:
    """Every table of a report with its title, that of the participants first; as long as the page shows them."""
    titles = dict(_titles(content, say))
    found = {table.name: table for table in content.tables()}
    found |= {item.table.name: item.table for group in content.comparisons for item in group.tables}
    order = sorted(found, key=lambda name: name != "table1")
    return [Titled(titles.get(name) or _title(found[name], say), found[name]) for name in order]


def _titles(content: Content, say: Translator) -> Iterator[tuple[str, str]]:
    for block in content.blocks:
        for table, title in _of_block(block, say):
            if table is not None:
                yield table.name, say("{part}: {title}", part=block.title, title=title) if title else block.title
    for group in content.comparisons:
        for item in group.tables:
            yield item.table.name, say("{part}: {title}", part=group.title, title=item.title)


def _of_block(block: Block, say: Translator) -> Iterator[tuple[Table | None, str]]:
    yield block.main, ""
    yield block.naive, say("Beside: intervals that take images for independent")
    yield block.recognised, say("Recognised lesions, as the published study counts them")
    yield block.over_classes, say("Each class against the rest: mean, median and range over the classes")
    for table in block.confusions:
        yield table, say("The most frequent confusions: {reader}", reader=table.title)
    for table in block.classes:
        yield table, say("Each class against the rest: {reader}", reader=table.title)


def _title(table: Table, say: Translator) -> str:
    if table.name in _NAMED:
        return say(_NAMED[table.name])
    if table.name.startswith("published-"):
        return say("Published against yours")
    for family, title in _FAMILIES.items():
        if table.name.startswith(f"{family}-"):
            split = table.name.removeprefix(f"{family}-").split("-")[0]
            # A table of subgroups is of the fact that heads its second column.
            fact = f" ({table.columns[1]})" if family == "subgroups" else ""
            named = say("{part}: {title}", part=say(SPLIT_NAMES.get(split, split)), title=say(title) + fact)
            return say("{name}: {value}", name=named, value=table.title) if family in _OF_ONE_READER else named
    return table.title or table.name.replace("-", " ").capitalize()
