"""readingroom demo: a complete small study on phantoms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readingroom.cli.options import Language, ReportLanguage, console
from readingroom.core.progress import BarProgress

EXAMPLE = """
Example:\n\n
  readingroom demo --out runs --language zh
"""


def command(
    out: Annotated[Path, typer.Option(help="Folder that holds the run folders.")] = Path("runs"),
    language: ReportLanguage = Language.en,
) -> None:
    """Draw phantoms, train three readers on them, compare them and write the report: a few minutes on a laptop."""
    from readingroom.study.demo import run_demo

    bars = BarProgress(console())
    with bars.shown():
        page = run_demo(out, language=language.value, progress=bars)
    console().print(f"\nReport: [bold]{page}[/]", highlight=False)
