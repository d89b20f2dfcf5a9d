"""readingroom doctor: what this machine has, and how long a study will take on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from readingroom.cli.options import Settings, console

EXAMPLE = """
Examples:\n\n
  readingroom doctor\n\n
  readingroom doctor haemorrhoids.yaml --set training.epochs=20
"""


def command(
    study: Annotated[
        Path | None, typer.Argument(metavar="[STUDY.yaml]", help="Also say how long this study takes.")
    ] = None,
    settings: Settings = None,
) -> None:
    """Say what this machine has: cores, GPU, engines, cached weights; and how long a study will take."""
    from readingroom.study.doctor import examine_machine, examine_study

    sections = [examine_machine()]
    if study is not None:
        sections.append(examine_study(study, settings or []))
    for section in sections:
        table = Table(title=section.title, title_justify="left", show_header=False)
        for name, value in section.rows:
            table.add_row(name, escape(value))
        console().print(table)
