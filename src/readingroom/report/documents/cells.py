"""Cells as documents show them: an estimate is one text, ``0.953 (0.921–0.985)``, and nothing breaks a file."""

from __future__ import annotations

import unicodedata

from readingroom.report.tables import Cell

_DROPPED = frozenset({"Cc", "Cs", "Cn"})


def plain(text: str) -> str:
    r"""The text without what XML forbids: control characters, lone surrogates, what is no character.

    Example:
        >>> plain("poly\x00p\n(large)")
        'polyp (large)'
    """
    spaced = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return "".join(letter for letter in spaced if unicodedata.category(letter) not in _DROPPED)


def cell_lines(cell: Cell) -> list[str]:
    """The lines of a cell: the text with what stands small beside it in brackets, then the third line.

    Example:
        >>> cell_lines(Cell("92.7%", "86.1–96.4", "38/41"))
        ['92.7% (86.1–96.4)', '38/41']
    """
    first = f"{cell.text} ({cell.small})" if cell.text and cell.small else cell.text or cell.small
    return [plain(line) for line in (first, cell.smaller) if line]
