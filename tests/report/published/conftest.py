"""Published tables written by a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from readingroom.core.translations import Translator
from readingroom.report.published import Check, check_table, read_published

Lines = Sequence[str]


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Write lines as a table."""

    def write(*lines: str, encoding: str = "utf-8") -> Path:
        path = tmp_path / "table.csv"
        path.write_text("\n".join(lines) + "\n", encoding=encoding)
        return path

    return write


@pytest.fixture
def check(save: Callable[..., Path]) -> Callable[..., Check]:
    """Check lines as a table."""
    return lambda *lines, language="en": check_table(read_published(save(*lines)), Translator(language))
