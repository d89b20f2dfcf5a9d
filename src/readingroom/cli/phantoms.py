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
  readingroom phantoms sites/ --kind sites --patients 20\n\n
  readingroom phantoms haemorrhoids/ --kind haemorrhoids\n\n
  readingroom phantoms fistula/ --kind fistula --patients 103\n\n
  readingroom phantoms chests/ --kind lung-nodule
"""


class Kind(StrEnum):
    """What the phantoms show."""

    gastric = "gastric"
    sites = "sites"
    haemorrhoids = "haemorrhoids"
    fistula = "fistula"
    dirty = "dirty"
    lung_nodule = "lung-nodule"
    video_clip = "video-clip"
    dynamic_mri = "dynamic-mri"
    ankle_fracture = "ankle-fracture"
    rectal_stage = "rectal-stage"
    aneurysm = "aneurysm"


def command(
    out: Annotated[Path, typer.Argument(help="Folder to draw into.", show_default=False)],
    kind: Annotated[
        Kind,
        typer.Option(
            help="gastric: lesions of the stomach, five classes. sites: thirty sites, boxes, annotators. "
            "haemorrhoids: the anal canal, normal or haemorrhoids of three risk factors. "
            "fistula: MRI of the pelvis with and without an anal fistula, as DICOM and as slices. "
            "dirty: grey sections with and without a nodule, from scanners that need cleaning. "
            "Stacks: lung-nodule, CT of the chest; video-clip, colonoscopy; dynamic-mri, a breast before and after "
            "contrast agent; ankle-fracture, two views; rectal-stage, several MRI series; aneurysm, angiography."
        ),
    ] = Kind.gastric,
    patients: Annotated[
        int | None,
        typer.Option(min=5, help="Number of phantom patients; by default 60 to 327, by kind."),
    ] = None,
    height: Annotated[
        int | None,
        typer.Option(
            min=32, max=4096, help="Height of an image in pixels; by default 288 in endoscopy, less in a stack."
        ),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(
            min=32, max=4096, help="Width of an image in pixels; by default 352 in endoscopy, less in a stack."
        ),
    ] = None,
    difficulty: Annotated[float, typer.Option(min=0.0, max=1.0, help="0 is easy, 1 is very hard.")] = 0.5,
    seed: Annotated[int, typer.Option(help="The same seed draws the same images.")] = 7,
) -> None:
    """Draw phantoms: synthetic endoscopy, CT, MRI, angiography or radiographs with known truth and a case table."""
    from readingroom.cases import phantoms

    drawers: dict[Kind, tuple[Callable[..., Path], int, tuple[int, int]]] = {
        Kind.gastric: (phantoms.draw_gastric_phantoms, 60, (288, 352)),
        Kind.sites: (phantoms.draw_site_phantoms, 60, (288, 352)),
        Kind.haemorrhoids: (phantoms.draw_haemorrhoid_phantoms, phantoms.ANAL_PATIENTS, (288, 352)),
        Kind.fistula: (phantoms.draw_fistula_phantoms, phantoms.FISTULA_PATIENTS, (250, 250)),
        Kind.dirty: (phantoms.draw_dirty_phantoms, 240, (96, 112)),
        Kind.lung_nodule: (phantoms.draw_lung_phantoms, 120, (148, 208)),
        Kind.video_clip: (phantoms.draw_clip_phantoms, 90, (96, 112)),
        Kind.dynamic_mri: (phantoms.draw_dynamic_phantoms, 160, (96, 96)),
        Kind.ankle_fracture: (phantoms.draw_ankle_phantoms, 140, (128, 112)),
        Kind.rectal_stage: (phantoms.draw_rectal_phantoms, 150, (96, 96)),
        Kind.aneurysm: (phantoms.draw_aneurysm_phantoms, 100, (96, 96)),
    }
    draw, usual, (usual_height, usual_width) = drawers[kind]
    size = height or usual_height, width or usual_width
    bars = BarProgress(console())
    with bars.shown():
        table = draw(out, patients=patients or usual, size=size, difficulty=difficulty, seed=seed, progress=bars)
    console().print(f"Case table: [bold]{table}[/]", highlight=False)
