"""readingroom phantoms: draw synthetic images to try the program with."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from readingroom.cli.options import console
from readingroom.core.progress import BarProgress

EXAMPLE = """
Example:\n\n
  readingroom phantoms phantoms/ --patients 60 --difficulty 0.5\n\n
  readingroom phantoms sites/ --kind sites --patients 20
"""


class Kind(StrEnum):
    """What the phantoms show."""

    gastric = "gastric"
    sites = "sites"


def command(
    out: Annotated[Path, typer.Argument(help="Folder to draw into.", show_default=False)],
    kind: Annotated[
        Kind,
        typer.Option(help="gastric: lesions of the stomach, five classes. sites: thirty sites, boxes, annotators."),
    ] = Kind.gastric,
    patients: Annotated[int, typer.Option(min=5, help="Number of phantom patients.")] = 60,
    height: Annotated[int, typer.Option(min=32, max=4096, help="Height of an image in pixels.")] = 288,
    width: Annotated[int, typer.Option(min=32, max=4096, help="Width of an image in pixels.")] = 352,
    difficulty: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 is easy, 1 is very hard.")] = 0.5,
    seed: Annotated[int, typer.Option(help="The same seed draws the same images.")] = 7,
) -> None:
    """Draw phantoms: synthetic endoscopy with known truth and a case table."""
    from readingroom.cases import phantoms

    drawers: dict[Kind, Callable[..., Path]] = {
        Kind.gastric: phantoms.draw_gastric_phantoms,
        Kind.sites: phantoms.draw_site_phantoms,
    }
    bars = BarProgress(console())
    with bars.shown():
        table = drawers[kind](
            out, patients=patients, size=(height, width), difficulty=difficulty, seed=seed, progress=bars
        )
    console().print(f"Case table: [bold]{table}[/]", highlight=False)
