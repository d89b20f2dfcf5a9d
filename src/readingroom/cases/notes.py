"""Notes: what a person should know about the cases, as a sentence with values that can be said in any language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["note", "warning", "error"]


@dataclass(frozen=True)
class Note:
    """One thing worth knowing about the cases, the partition or the images.

    Args:
        level: ``note`` is for the record, ``warning`` may change the result, ``error`` makes it worthless.
        code: short name by which a program finds it.
        text: an English sentence with ``{placeholders}``; the key of its translation.
        values: what the placeholders stand for; plain numbers and text only.
        fix: what to do, a sentence that may hold the same placeholders.

    Example:
        >>> str(Note("note", "small", "Class {label} has {n} images.", {"label": "Rf2", "n": 4}))
        'Class Rf2 has 4 images.'
    """

    level: Level
    code: str
    text: str
    values: Mapping[str, Any] = field(default_factory=dict)
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.text} {self.fix}".strip().format(**self.values)

    def as_dict(self) -> dict[str, Any]:
        """The note as JSON: level, code, text, values and fix."""
        return {
            "level": self.level,
            "code": self.code,
            "text": self.text,
            "values": dict(self.values),
            "fix": self.fix,
        }
