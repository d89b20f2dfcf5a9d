"""readingroom check: audit a study's cases without training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from readingroom.cli.options import Settings, StudyPath, console
from readingroom.core.progress import BarProgress

EXAMPLE = """
Example:\n\n
  readingroom check haemorrhoids.yaml --set partition.seed=11
"""


def command(
    study: StudyPath,
    settings: Settings = None,
    out: Annotated[Path, typer.Option(help="Folder that holds the run folders.")] = Path("runs"),
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first image that cannot be read.")] = False,
) -> None:
    """Audit a study's cases: partition, duplicates, quality, shortcuts. Trains nothing."""
    from readingroom.study import Study, summarise_audit

    loaded = Study.load(study, settings or [])
    bars = BarProgress(console())
    with bars.shown():
        folder, audit = loaded.check(out=out, progress=bars, strict=strict)
    summary = summarise_audit(audit)
    table = Table(title="Images in each part", title_justify="left")
    for name in summary.columns:
        table.add_column(name, justify="left" if name == summary.columns[0] else "right")
    for row in summary.rows:
        table.add_row(*[escape(cell) for cell in row])
    console().print(table)
    colours = {"error": "red", "warning": "yellow", "note": "cyan"}
    for level, text in summary.messages:
        console().print(f"[{colours.get(level, 'white')}]{level}[/] {escape(text)}", highlight=False)
    console().print(f"\nAudit: [bold]{folder.audit}[/]", highlight=False)
