"""What is said of a lesion beside its class: the facts that are known by name, and what they may be."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from readingroom.annotation.model import Fact

KNOWN_FACTS = {
    "size_mm": "largest diameter in millimetres, a number above 0",
    "invasion_depth": "depth of invasion, as reported: for example M, SM1, SM2, MP, SS, or T1a",
    "pathology": "histological diagnosis",
    "site": "anatomical site",
    "paris": "Paris type: 0-Ip, 0-Isp, 0-Is, 0-IIa, 0-IIb, 0-IIc, 0-III or a mixture such as 0-IIa+IIc",
}
"""Facts whose meaning is fixed. Any other name is kept as it is."""

RESERVED = frozenset({"lesion", "annotator"})
"""Names that files use for the lesion's id and the annotator, and that no fact may have."""

_PARIS_PART = r"(?:Ip|Isp|Is|IIa|IIb|IIc|III)"
_PARIS = re.compile(rf"0-{_PARIS_PART}(?:\s*\+\s*(?:0-)?{_PARIS_PART})*")


def fact_problems(facts: Mapping[str, Fact]) -> list[str]:
    """What is wrong with the facts of a lesion, one sentence each.

    Example:
        >>> fact_problems({"size_mm": -3, "paris": "0-IIa+IIc", "note": "flat"})
        ['size_mm is -3, not a number above 0']
    """
    problems = []
    size = number(facts.get("size_mm", 1))
    if size is None or size <= 0:
        problems.append(f"size_mm is {facts['size_mm']}, not a number above 0")
    paris = facts.get("paris", "0-Is")
    if not isinstance(paris, str) or not _PARIS.fullmatch(paris.strip()):
        problems.append(f"paris is {paris}, not a Paris type such as 0-Is or 0-IIa+IIc")
    return problems


def number(value: Any) -> float | None:
    """A fact as a finite number, None where it is none."""
    if isinstance(value, bool):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def simple_facts(values: Mapping[str, Any]) -> tuple[dict[str, Fact], dict[str, Any]]:
    """Values of a file: those that are facts (text, numbers, yes or no), and the others (lists, tables).

    What is empty (null, an empty list) says nothing and is in neither.
    """
    facts = {str(name): value for name, value in values.items() if isinstance(value, str | int | float | bool)}
    others = {str(name): value for name, value in values.items() if name not in facts and value}
    return facts, others


def fact_text(value: Fact) -> str:
    """A fact as text, where a file has nothing but text."""
    return value if isinstance(value, str) else json.dumps(value)


KINDS = {"text": str, "yes-no": bool, "whole": int, "number": float}


def fact_kind(value: Fact) -> str:
    """The word that says beside its text what kind of fact it was."""
    return next(word for word, kind in KINDS.items() if type(value) is kind)


def fact_from(text: str, kind: str) -> Fact:
    """The fact that was written as text of some kind; what does not fit its kind stays text.

    Example:
        >>> fact_from("12.5", "number"), fact_from("12.5", "text"), fact_from("true", "yes-no")
        (12.5, '12.5', True)
    """
    if kind == "text" or kind not in KINDS:
        return text
    try:
        value: Fact = json.loads(text)
    except ValueError:
        return text
    return value if type(value) is KINDS[kind] else text
