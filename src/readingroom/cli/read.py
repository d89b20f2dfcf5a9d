"""readingroom read: a trained reader reads new images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from readingroom.cli.options import Language, console
from readingroom.core.progress import BarProgress

EXAMPLE = """
Examples:\n\n
  readingroom read runs/demo/readers/resnet18-random new-images/ --out readings.csv\n\n
  readingroom read runs/demo/readers/resnet18-random a.jpg b.jpg --engine torch\n\n
  readingroom read runs/demo/readers/resnet18-random new-images/ --heat-maps\n\n
  readingroom read runs/fistula/readers/resnet34 dicom/   patient, series and slice stand beside the answers\n\n
  readingroom read runs/gastric/readers/both new-images/   a reader that outlines also draws pictures\n\n
  readingroom read runs/renal-mass/readers/radiomics cases.csv   a reader of outlines or texts reads a case table\n\n
  readingroom read runs/sites/readers/resnet18-random exams/   a reader of sites also says which are missing
"""


def command(
    reader: Annotated[Path, typer.Argument(help="Folder of a reader bundle.", show_default=False)],
    images: Annotated[
        list[Path],
        typer.Argument(
            help="Images or DICOM files, or folders of them; a case table where a reader goes by outlines or texts.",
            show_default=False,
        ),
    ],
    out: Annotated[Path, typer.Option(help="Table to write, .csv or .parquet.")] = Path("readings.csv"),
    engine: Annotated[str, typer.Option(help="auto, torch or openvino.")] = "auto",
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    pseudonyms: Annotated[
        Path | None,
        typer.Option(metavar="KEYFILE", help="Replace the patients' IDs of DICOM files, as `readingroom series` does."),
    ] = None,
    pictures: Annotated[
        bool, typer.Option(help="Draw a contact sheet, and what a reader outlines into pictures.")
    ] = True,
    heat_maps: Annotated[
        bool, typer.Option("--heat-maps", help="Draw what raised the score of each answer over its image (Grad-CAM).")
    ] = False,
    least: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Answers less sure than this are marked on the sheet.")
    ] = 0.5,
    language: Annotated[Language, typer.Option(help="Language of the sheet and of the names of sites.")] = Language.en,
) -> None:
    """Read images with a trained reader, by the preprocessing and threshold that its study fixed.

    A reader that outlines also writes masks, pictures and a contact sheet beside the table: readings-masks,
    readings-pictures, readings-sheet.jpg. One of classes writes the sheet with the class and the confidence on each
    image, and with --heat-maps readings-heat-maps. One of the sites of the upper digestive tract also writes
    readings-completeness.csv: which sites the images in each folder document, and which are missing.
    """
    from readingroom.cases.dicom.pseudonyms import load_pseudonyms
    from readingroom.cases.sites import site_classes
    from readingroom.core.tables import scored_classes
    from readingroom.reading.files import read_files

    bars = BarProgress(console())
    with bars.shown():
        readings, unread = read_files(
            reader,
            images,
            out=out,
            engine=engine,
            device=device,
            pictures=pictures,
            heat_maps=heat_maps,
            least=least,
            language=language.value,
            pseudonyms=None if pseudonyms is None else load_pseudonyms(pseudonyms),
            progress=bars,
        )
    for one in unread:
        console().print(f"[yellow]not read[/] {escape(one.image)}: {escape(one.reason)}", highlight=False)
    if pseudonyms is None and "patient" in readings and readings["patient"].notna().any():
        console().print(
            "[yellow]The table holds the patients' IDs as the DICOM files give them; --pseudonyms replaces them.[/]"
        )
    console().print(f"{len(readings)} readings: [bold]{out}[/]", highlight=False)
    if len(readings) and site_classes(scored_classes(readings)):
        beside = out.with_name(f"{out.stem}-completeness.csv")
        console().print(f"Sites documented in each folder: [bold]{beside}[/]", highlight=False)
