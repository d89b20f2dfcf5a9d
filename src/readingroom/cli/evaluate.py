"""readingroom evaluate: numbers and a report from anybody's table of readings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readingroom.cli.options import Language, ReportLanguage, console

EXAMPLE = """
Examples:\n\n
  readingroom evaluate readings.csv --out report\n\n
  readingroom evaluate readings.csv --out report --language zh\n\n
  readingroom evaluate readings.csv --positive polyp --subgroup centre --subgroup sex --prevalence 0.05\n\n
  readingroom evaluate readings.csv --images cases/\n\n
  readingroom evaluate readings.csv --published gastric-lesions
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
    subgroup: Annotated[
        list[str] | None, typer.Option(help="Column that makes subgroups; may be repeated. Default: every fact.")
    ] = None,
    prevalence: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="Predictive values and decision curve at this prevalence.")
    ] = None,
    level: Annotated[float, typer.Option(min=0.5, max=0.999, help="Confidence level.")] = 0.95,
    images: Annotated[Path | None, typer.Option(help="Folder of the images, for the gallery of mistakes.")] = None,
    published: Annotated[
        str | None,
        typer.Option(
            help="Document whose published table stands beside the results: anal-fistula-mri, internal-haemorrhoids, "
            "gastric-lesions, upper-gi-sites."
        ),
    ] = None,
) -> None:
    """Evaluate a table of readings, of this program or of any other. Needs no images and no network.

    People who read with and without help have a row for each in the column modality. A column experience (junior,
    senior) makes a reader a person.
    """
    from readingroom.report import evaluate_table

    page = evaluate_table(
        readings,
        out,
        language=language.value,
        positive=positive,
        subgroups=subgroup or None,
        prevalence=prevalence,
        level=level,
        images=images,
        published=published,
    )
    console().print(f"Report: [bold]{page}[/]", highlight=False)
