"""The audit in a few lines for a terminal: images in each part, and what a person should know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AuditSummary:
    """A small table and messages.

    Args:
        columns: part, images, groups, and one for each class.
        rows: one a part of the first fold.
        messages: level and text, the gravest first.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    messages: tuple[tuple[str, str], ...]


def summarise_audit(audit: dict[str, Any]) -> AuditSummary:
    """Summarise an audit, as `readingroom.cases.audit.audit_cases` gives it."""
    classes = [one["label"] for one in audit["flow"]["classes"]]
    rows = []
    for part in audit["partition"]["folds"][0]["parts"]:
        counts = {one["label"]: one["images"] for one in part["classes"]}
        numbers = [part["images"], part["groups"], *(counts.get(name, 0) for name in classes)]
        rows.append((str(part["split"]), *(str(number) for number in numbers)))
    messages = tuple((one["level"], _said(one)) for one in audit["warnings"])
    return AuditSummary(("part", "images", "groups", *classes), tuple(rows), messages)


def _said(warning: dict[str, Any]) -> str:
    return f"{warning['text']} {warning['fix']}".strip().format(**warning["values"])
