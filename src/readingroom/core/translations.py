"""Translations: English text is the key, each other language one YAML file beside this module."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = ("en", "zh")


@cache
def catalogue(language: str) -> dict[str, str]:
    """The texts of a language by their English form; empty for English itself."""
    if language == "en":
        return {}
    text = (files("readingroom.core") / f"{language}.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text) or {})


class Translator:
    """Says English texts in a language; what has no translation stays English.

    Args:
        language: ``en`` or ``zh``.

    Raises:
        ValueError: no such language.

    Example:
        >>> Translator("en")("{n} images", n=3)
        '3 images'
    """

    def __init__(self, language: str = "en") -> None:
        if language not in LANGUAGES:
            raise ValueError(f"no language {language!r}; there are {', '.join(LANGUAGES)}")
        self.language = language
        self._texts = catalogue(language)

    def __call__(self, text: str, /, **values: Any) -> str:
        """The text in the language, with ``{name}`` replaced by the values given."""
        said = self._texts.get(text, text)
        return said.format(**values) if values else said
