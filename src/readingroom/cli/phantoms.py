"""readingroom phantoms: draw synthetic images to try the program with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from readingroom.cli.options import console
from readingroom.core.progress import BarProgress

EXAMPLE = """
Example:\n\n
  readingroom phantoms phantoms/ --patients 60 --difficulty 0.5
"""


def command(
    out: Annotated[Path, typer.Argument(help="Folder to draw into.", show_default=False)],
    patients: Annotated[int, typer.Option(min=5, help="Number of phantom patients.")] = 60,
    height: Annotated[int, typer.Option(min=32, max=4096, help="Height of an image in pixels.")] = 288,
    width: Annotated[int, typer.Option(min=32, max=4096, help="Width of an image in pixels.")] = 352,
    difficulty: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 is easy, 1 is very hard.")] = 0.5,
    seed: Annotated[int, typer.Option(help="The same seed draws the same images.")] = 7,
) -> None:
    """Draw phantoms: synthetic endoscopy of the stomach, five classes, with outlines and a case table."""
    from readingroom.cases.phantoms import draw_gastric_phantoms

    bars = BarProgress(console())
    with bars.shown():
        table = draw_gastric_phantoms(
            out, patients=patients, size=(height, width), difficulty=difficulty, seed=seed, progress=bars
        )
    console().print(f"Case table: [bold]{table}[/]", highlight=False)
