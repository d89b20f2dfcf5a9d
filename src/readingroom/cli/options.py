"""Options that several commands share."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

StudyPath = Annotated[Path, typer.Argument(metavar="STUDY.yaml", help="The study file.", show_default=False)]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a key of the study file; may be repeated."),
]


class Language(StrEnum):
    """Languages of the report."""

    en = "en"
    zh = "zh"


ReportLanguage = Annotated[Language, typer.Option("--language", help="Language of the report.")]


def console() -> Console:
    """Where commands print."""
    return Console(soft_wrap=True)
