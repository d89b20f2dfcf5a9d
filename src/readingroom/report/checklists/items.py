"""The checklists themselves: numbers, and names in our own words, from the data files beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

CHECKLISTS = ("claim-2024", "tripod-ai", "stard-ai")
"""Names of the data files, in the order of the report."""


@dataclass(frozen=True)
class Words:
    """A text in every language of the report."""

    en: str
    zh: str

    def said(self, language: str) -> str:
        """The text in a language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Item:
    """One row of a checklist.

    Args:
        number: as published, with its letter.
        section: where in a manuscript it belongs.
        name: what it asks for, in our own words.
        fill: name of the filler that may know the answer; empty where only the authors can.
    """

    number: str
    section: Words
    name: Words
    fill: str = ""


@dataclass(frozen=True)
class Checklist:
    """A published checklist.

    Args:
        key: of its files, ``claim-2024``.
        name: as people call it.
        source: the publication.
        items: all rows.
    """

    key: str
    name: str
    source: str
    items: tuple[Item, ...]


@cache
def load_checklist(key: str) -> Checklist:
    """Load one of `CHECKLISTS`.

    Example:
        >>> len(load_checklist("claim-2024").items)
        44
    """
    text = (files("readingroom.report.checklists") / f"{key}.yaml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    sections = {name: Words(**words) for name, words in content["sections"].items()}
    items = (
        Item(row["number"], sections[row["section"]], Words(row["name"], row["zh"]), row.get("fill", ""))
        for row in content["items"]
    )
    return Checklist(key, content["name"], content["source"], tuple(items))
