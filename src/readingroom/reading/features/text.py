"""Terms of a text: words where spaces part them, runs of characters in Chinese, Japanese and Korean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from readingroom.reading.features.section import TextSection

SEPARATOR = "\x1f"
"""Between the terms of a text that has been taken apart; no text holds it."""
TERM = f"[^{SEPARATOR}]+"

_CJK = "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_RUN = re.compile(
    rf"(?P<cjk>[{_CJK}]+)|(?P<word>[^\W{_CJK}_]+(?:[-'’.][^\W{_CJK}_]+)*)|(?P<stop>[.,;:!?。，；：！？、\n])"
)
_ANY_WORD = re.compile(r"(?P<word>[^\W_]+)|(?P<stop>[.,;:!?。，；：！？、\n])")


@dataclass(frozen=True)
class Term:
    """A term and where it stands: ``text[start:end]``."""

    text: str
    start: int
    end: int


def terms(text: str, section: TextSection) -> Iterator[Term]:
    """The terms of a text; a run of words or characters never crosses punctuation.

    Case and full-width forms make no difference. No dictionary and no model is needed.

    Example:
        >>> [term.text for term in terms("No nodule. 未见结节", TextSection())][:3]
        ['no', 'nodule', 'no nodule']
        >>> "未见结" in {term.text for term in terms("No nodule. 未见结节", TextSection())}
        True
    """
    folded = "".join(_folded(character) for character in text)
    if section.analyser == "characters":
        for found in re.finditer(r"[^\s.,;:!?。，；：！？、]+", folded):
            yield from _characters(found.group(), found.start(), section)
        return
    words: list[Term] = []
    for found in (_RUN if section.analyser == "auto" else _ANY_WORD).finditer(folded):
        if found.lastgroup == "word":
            words.append(Term(found.group(), found.start(), found.end()))
            continue
        yield from _runs(words, section)
        words = []
        if found.lastgroup == "cjk":
            yield from _characters(found.group(), found.start(), section)
    yield from _runs(words, section)


def joined_terms(text: str, section: TextSection) -> str:
    """The terms of a text in one line, as the model's vectoriser takes them."""
    return SEPARATOR.join(term.text for term in terms(text, section))


def _folded(character: str) -> str:
    """One character for one, so that places stay what they are."""
    plain = unicodedata.normalize("NFKC", character).lower()
    return plain if len(plain) == 1 else character


def _runs(words: list[Term], section: TextSection) -> Iterator[Term]:
    low, high = section.ngrams
    for size in range(low, high + 1):
        for start in range(len(words) - size + 1):
            run = words[start : start + size]
            yield Term(" ".join(word.text for word in run), run[0].start, run[-1].end)


def _characters(run: str, offset: int, section: TextSection) -> Iterator[Term]:
    low, high = section.characters
    for size in range(low, high + 1):
        for start in range(len(run) - size + 1):
            yield Term(run[start : start + size], offset + start, offset + start + size)
