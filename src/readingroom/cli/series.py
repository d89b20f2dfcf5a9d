"""readingroom series: DICOM files become a case table."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from readingroom.cli.options import console
from readingroom.core.progress import BarProgress

EXAMPLE = """
Examples:\n\n
  readingroom series dicom/ --out cases.csv   every axial slice; also series.csv and left-out.csv\n\n
  readingroom series dicom/ --out cases.csv --labels labels.csv --pseudonyms ~/fistula.key\n\n
  labels.csv names slices by image, by SOPInstanceUID, or by patient, series, first_slice, last_slice
"""


class Plane(StrEnum):
    """Orientation of slices."""

    axial = "axial"
    coronal = "coronal"
    sagittal = "sagittal"
    any = "any"


def command(
    folder: Annotated[Path, typer.Argument(help="Folder of DICOM files, in any order of folders.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Case table to write, .csv.")] = Path("cases.csv"),
    labels: Annotated[Path | None, typer.Option(help="Table of what the slices show.")] = None,
    orientation: Annotated[Plane, typer.Option(help="Slices to keep.")] = Plane.axial,
    pseudonyms: Annotated[
        Path | None,
        typer.Option(
            metavar="KEYFILE", help="Replace patients' IDs by keyed hashes; the key is made where there is none."
        ),
    ] = None,
) -> None:
    """Find the series among DICOM files and write a case table, one row a slice.

    Localisers, other orientations, doubled slices and what cannot be read are left out and listed. Patients' names and
    birth dates are not looked at.
    """
    from readingroom.cases.dicom.collect import LEFT_OUT_TABLE, SERIES_TABLE, collect_series
    from readingroom.cases.dicom.pseudonyms import load_pseudonyms

    bars = BarProgress(console())
    with bars.shown():
        found = collect_series(
            folder,
            out,
            orientation=orientation.value,
            labels=labels,
            pseudonyms=None if pseudonyms is None else load_pseudonyms(pseudonyms),
            progress=bars,
        )
    for note in found.notes:
        said = escape(str(note))
        console().print(f"[yellow]{said}[/]" if note.level == "warning" else said, highlight=False)
    kept = found.series[found.series["slices"] > 0]
    patients = found.cases["patient"].nunique()
    console().print(f"{len(found.cases)} slices, {len(kept)} stacks, {patients} patients", highlight=False)
    beside = ", ".join(str(out.with_name(name)) for name in (SERIES_TABLE, LEFT_OUT_TABLE))
    console().print(f"Case table: [bold]{escape(str(out))}[/]; beside it {escape(beside)}", highlight=False)
