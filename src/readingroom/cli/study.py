"""readingroom study: kinds of clinical study after the documents; list them, write one for your data, run its demo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from readingroom.cli.options import Language, ReportLanguage, console
from readingroom.core.progress import BarProgress

if TYPE_CHECKING:
    from readingroom.study import Run

app = typer.Typer(
    help="Kinds of clinical study after the documents: list them, write one for your own data, run its demo.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)

Name = Annotated[str, typer.Argument(help="Name of the preset, as `readingroom study list` shows it.")]


def _example(*lines: str) -> str:
    return "Example:\n\n" + "\n\n".join(f"  readingroom study {line}" for line in lines)


@app.command("list", epilog=_example("list"))
def list_presets() -> None:
    """Show the presets, their study files, and the columns that your case table needs."""
    from readingroom.study.presets import PRESETS

    table = Table(show_lines=True)
    for head in ("Preset", "What it is about", "Columns of your case table"):
        table.add_column(head, overflow="fold")
    for preset in PRESETS.values():
        needs = "\n".join(f"[bold]{column}[/]: {escape(meaning)}" for column, meaning in preset.needs.items())
        files = "\n".join(f"{study}.yaml" for study in preset.studies)
        table.add_row(f"[bold]{preset.name}[/]\n{files}", preset.title, needs)
    console().print(table)
    console().print("readingroom study new NAME --cases cases.csv · readingroom study demo NAME", highlight=False)


@app.command(
    epilog=_example(
        "new internal-haemorrhoids --cases cases.csv --people doctors.csv", "new anal-fistula-mri --cases slices.csv"
    )
)
def new(
    name: Name,
    cases: Annotated[Path, typer.Option(help="Your case table, or a folder of class folders.", show_default=False)],
    people: Annotated[Path | None, typer.Option(help="Doctors' readings of the same images.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the study files.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace study files that are there.")] = False,
) -> None:
    """Write the commented study file of a preset for your own data, with its arm: as published, or a control."""
    from readingroom.study.presets import write_preset

    for path in write_preset(name, cases, out, people=people, force=force):
        console().print(f"Written: [bold]{escape(str(path))}[/]", highlight=False)
        console().print(f"Next:    readingroom check {escape(str(path))}", highlight=False)


@app.command(epilog=_example("demo anal-fistula-mri", "demo upper-gi-sites --language zh"))
def demo(
    name: Name,
    out: Annotated[Path, typer.Option(help="Folder that holds the run folders.")] = Path("runs"),
    language: ReportLanguage = Language.en,
) -> None:
    """Run a preset on phantoms, with its arm, in minutes; prints what came out, and what was published where it was."""
    from readingroom.study.presets.demo import run_preset_demo

    bars = BarProgress(console())
    with bars.shown():
        runs = run_preset_demo(name, out, language=language.value, progress=bars)
    for run in runs:
        _show(run, language.value)


def _show(run: Run, language: str) -> None:
    from readingroom.report import printed_tables

    for title, frame in printed_tables(run.folder.report, language):
        table = Table(title=title, title_justify="left")
        for head in frame.columns:
            table.add_column(str(head), overflow="fold")
        for row in frame.itertuples(index=False):
            table.add_row(*(escape(str(cell)) for cell in row))
        console().print(table)
    console().print(f"Report: [bold]{escape(str(run.report))}[/]\n", highlight=False)
