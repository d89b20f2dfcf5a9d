"""readingroom run: a whole study, from its file to its report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readingroom.cli.options import Language, ReportLanguage, Settings, StudyPath, console
from readingroom.core.progress import BarProgress

EXAMPLE = """
Examples:\n\n
  readingroom run haemorrhoids.yaml\n\n
  readingroom run haemorrhoids.yaml --set training.epochs=5 --set readers.0.weights=random --language zh
"""


def command(
    study: StudyPath,
    settings: Settings = None,
    out: Annotated[Path, typer.Option(help="Folder that holds the run folders.")] = Path("runs"),
    language: ReportLanguage = Language.en,
    force: Annotated[
        bool, typer.Option("--force", help="Test a reader even on images it learned from; the report says so.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first image that cannot be read.")] = False,
) -> None:
    """Run a study: audit, train its readers, read, compare, report. A second run does only what changed."""
    from readingroom.study import Study

    loaded = Study.load(study, settings or [])
    bars = BarProgress(console())
    with bars.shown():
        finished = loaded.run(out=out, progress=bars, language=language.value, force=force, strict=strict)
    console().print(f"\nReport: [bold]{finished.report}[/]", highlight=False)
