"""Filling a checklist: every item from its filler, every proof checked to be there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from readingroom.core.translations import Translator
from readingroom.report.checklists import about_cases, about_readers, about_results
from readingroom.report.checklists.answers import Answer, Filler
from readingroom.report.checklists.facts import Facts
from readingroom.report.checklists.items import CHECKLISTS, Checklist, Item, load_checklist

FILLERS: dict[str, Filler] = {**about_cases.FILLERS, **about_readers.FILLERS, **about_results.FILLERS}
"""All fillers; one serves the corresponding items of all checklists."""


@dataclass(frozen=True)
class FilledItem:
    """An item with what the run says to it; None where only the authors can."""

    item: Item
    answer: Answer | None

    @property
    def status(self) -> str:
        """``filled``, ``partly`` (the authors must add something) or ``authors``."""
        if self.answer is None:
            return "authors"
        return "partly" if self.answer.authors else "filled"


@dataclass(frozen=True)
class FilledChecklist:
    """A checklist with its answers."""

    checklist: Checklist
    items: tuple[FilledItem, ...]

    def count(self, status: str) -> int:
        """How many items have a status."""
        return sum(one.status == status for one in self.items)


def fill_checklists(facts: Facts, say: Translator) -> list[FilledChecklist]:
    """All checklists, filled from what the run knows."""
    return [fill_checklist(load_checklist(key), facts, say) for key in CHECKLISTS]


def fill_checklist(checklist: Checklist, facts: Facts, say: Translator) -> FilledChecklist:
    """One checklist; an answer that no file proves is none."""
    return FilledChecklist(checklist, tuple(FilledItem(item, _answered(item, facts, say)) for item in checklist.items))


def _answered(item: Item, facts: Facts, say: Translator) -> Answer | None:
    found = FILLERS[item.fill](facts, say) if item.fill else None
    if found is None:
        return None
    proofs = tuple(name for name in dict.fromkeys(found.proofs) if facts.proves(name))
    return replace(found, proofs=proofs) if proofs else None
