"""Words in, calls out: one file a command."""

from __future__ import annotations

import sys

import typer
from rich.console import Console
from rich.markup import escape

from readingroom import __version__
from readingroom.cli import check, check_paper, demo, doctor, evaluate, phantoms, plan, read, report, run, series
from readingroom.cli.annotations import app as _annotations
from readingroom.cli.study import app as _study
from readingroom.core.errors import ReadingRoomError

app = typer.Typer(
    name="readingroom",
    help="From a pile of medical images to a diagnostic study's report. For research, not a medical device.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _command in (run, check, series, evaluate, check_paper, plan, read, report, doctor, phantoms, demo):
    app.command(_command.__name__.rpartition(".")[2].replace("_", "-"), epilog=_command.EXAMPLE)(_command.command)
app.add_typer(_study, name="study")
app.add_typer(_annotations, name="annotations")


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Show the version and stop.")) -> None:
    if version:
        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Run the command line; what a person can mend is said in a few lines, anything else with its traceback."""
    try:
        app()
    except ReadingRoomError as error:
        Console(stderr=True).print(f"[bold red]Stopped.[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(2)
    except KeyboardInterrupt:
        Console(stderr=True).print("\nInterrupted. Run the same command again to go on from here.")
        sys.exit(130)
