"""readingroom evaluate: numbers and a report from anybody's table of readings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readingroom.cli.options import Language, ReportLanguage, console

EXAMPLE = """
Examples:\n\n
  readingroom evaluate readings.csv --out report\n\n
  readingroom evaluate readings.csv --out report --language zh
"""


def command(
    readings: Annotated[
        Path,
        typer.Argument(
            metavar="READINGS.csv",
            help="Table with reader, image, truth and score_<class>, score or call; patient, lesion, split, time_ms.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("evaluation"),
    language: ReportLanguage = Language.en,
    positive: Annotated[str | None, typer.Option(help="Of two classes, the one that is looked for.")] = None,
) -> None:
    """Evaluate a table of readings, of this program or of any other. Needs no images and no network."""
    from readingroom.report import evaluate_table

    page = evaluate_table(readings, out, language=language.value, positive=positive)
    console().print(f"Report: [bold]{page}[/]", highlight=False)
