"""Panels of planes: which slices, frames or views carried the answers of the readers of stacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from readingroom.cases.images import read_image, to_rgb8
from readingroom.core.errors import ImageError
from readingroom.core.translations import Translator
from readingroom.report.gallery import as_data_uri
from readingroom.report.run_folder import RunFolder
from readingroom.report.tables import Cell, Table

FEW = 3
"""The planes of the highest weights, whose share is told."""


@dataclass(frozen=True)
class PlaneStrip:
    """One reader's strip of one image: a data URI, empty where the file is not at hand.

    Args:
        picture: planes with their weights.
        reader, predicted: who answered what.
        right: whether that is the truth.
    """

    picture: str
    reader: str
    predicted: str
    right: bool


@dataclass(frozen=True)
class PlaneCase:
    """An image with the strips of all readers."""

    image: str
    truth: str
    strips: tuple[PlaneStrip, ...]


@dataclass(frozen=True)
class PlanePanels:
    """A table over all tested images, and the cases that are shown."""

    table: Table | None
    cases: tuple[PlaneCase, ...]


NO_PLANE_PANELS = PlanePanels(None, ())


def plane_panels(run: RunFolder, order: Sequence[str], say: Translator) -> PlanePanels:
    """The panels of a run.

    Args:
        run: with ``planes``.
        order: of the readers.
        say: the language.
    """
    planes = run.planes
    if planes.empty:
        return NO_PLANE_PANELS
    readers = [name for name in order if (planes["reader"] == name).any()]
    shown = planes[planes["file"] != ""].drop_duplicates(["reader", "image"])
    cases = tuple(
        PlaneCase(str(image), str(own["truth"].iloc[0]), tuple(_strips(run, own, readers)))
        for image, own in shown.groupby("image", sort=False)
    )
    return PlanePanels(_table(planes, readers, run.views, say), cases)


def _strips(run: RunFolder, own: pd.DataFrame, readers: Sequence[str]) -> list[PlaneStrip]:
    rows = {str(row["reader"]): row for _, row in own.iterrows()}
    return [_strip(run, name, rows[name]) for name in readers if name in rows]


def _strip(run: RunFolder, reader: str, row: pd.Series) -> PlaneStrip:
    try:
        picture = as_data_uri(to_rgb8(read_image(run.path / str(row["file"])).pixels))
    except (ImageError, FileNotFoundError):
        picture = ""
    return PlaneStrip(picture, reader, str(row["predicted"]), bool(row["predicted"] == row["truth"]))


def _table(planes: pd.DataFrame, readers: Sequence[str], views: Sequence[str], say: Translator) -> Table:
    """Of each reader how much its highest planes weigh, and of views the mean weight of each."""
    heads = [say("Reader"), say("Images"), say("Planes an image"), say("Weight of the highest {n}", n=FEW)]
    rows = []
    for name in readers:
        own = planes[planes["reader"] == name]
        by_image = own.groupby("image")["weight"]
        highest = by_image.apply(lambda weights: weights.nlargest(FEW).sum())
        cells = [name, str(len(highest)), f"{by_image.size().mean():.1f}", f"{highest.mean():.2f}"]
        view = own["name"].str.replace(r" \d+$", "", regex=True)
        shares = own.groupby(["image", view])["weight"].sum().groupby(level=1).mean()
        cells += [f"{shares[one]:.2f}" if one in shares else "–" for one in views]
        rows.append(tuple(Cell(cell) for cell in cells))
    title = say("Weights of the planes, means over the tested images")
    return Table("planes", title, (*heads, *views), tuple(rows))
