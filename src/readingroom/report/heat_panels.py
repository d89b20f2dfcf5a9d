"""Panels of heat maps: what the networks looked at, class by class, image by image, network beside network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from readingroom.cases.images import read_image, to_rgb8
from readingroom.cases.view import View, crop_to_view, find_view
from readingroom.cases.window import WindowChoice
from readingroom.core.errors import ImageError
from readingroom.core.translations import Translator
from readingroom.reading.heat_pictures import heat_colours, heat_overlay
from readingroom.reading.sheets import Panel, contact_sheet
from readingroom.report.gallery import as_data_uri, shrink
from readingroom.report.outline_sheets import save_jpeg
from readingroom.report.run_folder import RunFolder

_SIDE_PX = 200
_SHEET_CELL_PX = 220


@dataclass(frozen=True)
class Heat:
    """A map over its image as a data URI (empty where the files are not at hand), the class it explains and its score.

    Args:
        picture: the overlay.
        explained: the class.
        score: of that class.
        empty: nothing in the image raised the score.
    """

    picture: str
    explained: str
    score: float
    empty: bool


@dataclass(frozen=True)
class HeatCell:
    """What one reader answered, why, and where it was wrong what spoke for the reference class."""

    reader: str
    right: bool
    answered: Heat
    reference: Heat | None


@dataclass(frozen=True)
class HeatRow:
    """An image, and a cell for each reader; None where a reader has no map of it."""

    image: str
    picture: str
    cells: tuple[HeatCell | None, ...]


@dataclass(frozen=True)
class HeatClass:
    """The images of one class, and a sheet that shows each map beside its image: its file's name, and a data URI."""

    name: str
    rows: tuple[HeatRow, ...]
    sheet: str
    picture: str


@dataclass(frozen=True)
class HeatPanels:
    """All panels: the readers in the order of the columns, and the classes."""

    readers: tuple[str, ...]
    classes: tuple[HeatClass, ...]


NO_HEAT_PANELS = HeatPanels((), ())


def heat_panels(
    run: RunFolder, order: Sequence[str], classes: Sequence[str], images_root: Path, folder: Path, say: Translator
) -> HeatPanels:
    """Draw the panels of a run, and save a sheet a class as JPEG: image, map and overlay side by side.

    Args:
        run: its maps are relative to its folder.
        order: of the readers.
        classes: in their order.
        images_root: images are relative to it.
        folder: for the sheets.
        say: the language.
    """
    maps = run.heat_maps
    readers = tuple(name for name in order if (maps["reader"] == name).any())
    frames = _Frames(run.path, images_root, run.window)
    made = []
    for place, name in enumerate(classes, start=1):
        own = maps[maps["truth"] == name]
        if own.empty:
            continue
        rows = tuple(_row(str(image), of, readers, frames) for image, of in own.groupby("image", sort=False))
        panels = list(_sheet_panels(own, readers, frames, say))
        sheet = f"heat-maps-{place}" if panels else ""
        picture = _sheet(panels, name, folder / f"{sheet}.jpg") if panels else ""
        made.append(HeatClass(name, rows, sheet, picture))
    return HeatPanels(readers, tuple(made))


def answer_overlays(run: RunFolder | None, images_root: Path | None) -> dict[tuple[str, str], str]:
    """Maps of the answers of features readers over their images as data URIs, by reader and image."""
    if run is None or images_root is None or run.heat_maps.empty or not run.went_by:
        return {}
    frames, maps = _Frames(run.path, images_root, run.window), run.heat_maps
    own = maps[maps["reader"].isin(list(run.went_by)) & (maps["explained"] == maps["predicted"])]
    return {(str(row["reader"]), str(row["image"])): _heat(row, frames).picture for _, row in own.iterrows()}


class _Frames:
    """Images and maps from files, cut to the view; an image is decoded once."""

    def __init__(self, run: Path, images_root: Path, window: WindowChoice) -> None:
        self._run, self._root, self._window = run, images_root, window
        self._read: dict[str, tuple[np.ndarray, View] | None] = {}

    def image(self, name: str) -> tuple[np.ndarray, View] | None:
        """Pixels and view; None where the file is not at hand any more."""
        if name not in self._read:
            try:
                pixels = to_rgb8(read_image(self._root / name).shown(self._window))
                self._read[name] = pixels, find_view(pixels)
            except (ImageError, FileNotFoundError):
                self._read[name] = None
        return self._read[name]

    def heat(self, row: pd.Series) -> np.ndarray | None:
        """A map, 0 to 1; None where it is not at hand, or is not of the image that is there now."""
        found = self.image(str(row["image"]))
        try:
            grey = read_image(self._run / str(row["file"])).pixels
        except (ImageError, FileNotFoundError):
            return None
        return grey.astype(np.float32) / 255 if found is not None and grey.shape == found[0].shape[:2] else None

    def parts(self, row: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
        """Image, map in colours and overlay, each cut to the view."""
        found, heat = self.image(str(row["image"])), self.heat(row)
        if found is None or heat is None:
            return None
        pixels, view = found
        image, colours, over = (
            crop_to_view(one, view) for one in (pixels, heat_colours(heat), heat_overlay(pixels, heat))
        )
        return image, colours, over


def _row(image: str, own: pd.DataFrame, readers: Sequence[str], frames: _Frames) -> HeatRow:
    found = frames.image(image)
    picture = "" if found is None else as_data_uri(shrink(crop_to_view(*found), _SIDE_PX))
    return HeatRow(image, picture, tuple(_cell(name, own[own["reader"] == name], frames) for name in readers))


def _cell(reader: str, own: pd.DataFrame, frames: _Frames) -> HeatCell | None:
    heats = {str(row["explained"]): _heat(row, frames) for _, row in own.iterrows()}
    if own.empty:
        return None
    answer, truth = str(own["predicted"].iloc[0]), str(own["truth"].iloc[0])
    if answer not in heats:
        return None
    return HeatCell(reader, answer == truth, heats[answer], None if answer == truth else heats.get(truth))


def _heat(row: pd.Series, frames: _Frames) -> Heat:
    parts = frames.parts(row)
    picture = "" if parts is None else as_data_uri(shrink(parts[2], _SIDE_PX))
    return Heat(picture, str(row["explained"]), float(row["score"]), bool(row["empty"]))


def _sheet_panels(own: pd.DataFrame, readers: Sequence[str], frames: _Frames, say: Translator) -> Iterator[Panel]:
    """Image, map and overlay of the class that each reader answered, image by image."""
    answered = own[own["explained"] == own["predicted"]]
    for image, of in answered.groupby("image", sort=False):
        for reader in readers:
            for _, row in of[of["reader"] == reader].iterrows():
                parts = frames.parts(row)
                if parts is not None:
                    judged = say("right") if row["predicted"] == row["truth"] else say("wrong")
                    answer = f"{row['predicted']} {row['score']:.2f} ({judged})"
                    names = (Path(str(image)).name, reader, answer)
                    yield from (Panel(pixels, text) for pixels, text in zip(parts, names, strict=True))


def _sheet(panels: Sequence[Panel], title: str, path: Path) -> str:
    drawn = contact_sheet(panels, columns=3, cell_px=_SHEET_CELL_PX, title=title)
    return save_jpeg(drawn, path)
