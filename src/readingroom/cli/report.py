"""readingroom report: write the report of a finished run again, in another language for instance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readingroom.cli.options import Language, ReportLanguage, console

EXAMPLE = """
Example:\n\n
  readingroom report runs/haemorrhoids --language zh
"""


def command(
    run: Annotated[Path, typer.Argument(help="Run folder.", show_default=False)],
    language: ReportLanguage = Language.en,
) -> None:
    """Write the report of a run again, without training or reading."""
    from readingroom.study import Run

    page = Run.open(run).write_report(language=language.value)
    console().print(f"Report: [bold]{page}[/]", highlight=False)
