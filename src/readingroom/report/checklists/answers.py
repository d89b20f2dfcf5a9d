"""An answer to one item of a checklist: what the run knows, the files that prove it, what the authors must add."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from readingroom.core.translations import Translator
from readingroom.report.checklists.facts import Facts


@dataclass(frozen=True)
class Answer:
    """What the run says to an item.

    Args:
        text: in the language of the report.
        proofs: files of the run or the report, or sections of the page; those that are not there are dropped later.
        authors: what the run cannot know, to be added; empty where nothing is missing.
    """

    text: str
    proofs: tuple[str, ...]
    authors: str = ""


Filler = Callable[[Facts, Translator], Answer | None]
"""A pure function from a run's facts to an answer; None where only the authors know."""


def answer(say: Translator, found: list[str], proofs: list[str], asked: str = "") -> Answer | None:
    """An answer of those sentences that there are; None where there are none.

    Args:
        say: the language.
        found: sentences, empty ones left out.
        proofs: the files.
        asked: what the authors must add, in English.
    """
    said = [sentence for sentence in found if sentence]
    return Answer(say(" ").join(said), tuple(proofs), say(asked) if asked else "") if said else None
