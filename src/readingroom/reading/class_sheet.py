"""The contact sheet of a reader of classes: every image with the class answered and the confidence printed on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest
from pathlib import Path

import pandas as pd

from readingroom.cases.sites import site_classes
from readingroom.cases.stacks.choice import StackChoice
from readingroom.cases.stacks.overview import read_shown
from readingroom.cases.view import find_view
from readingroom.cases.window import WindowChoice
from readingroom.core.tables import SCORE
from readingroom.core.translations import Translator
from readingroom.reading.overlay import save_picture
from readingroom.reading.sheets import SURE, UNSURE, Label, Panel, contact_sheet

MOST_SHOWN = 60
"""Pictures on the sheet, at most."""

LEAST_CONFIDENCE = 0.5
"""Answers less sure than this are marked."""

_COLUMNS, _CELL_PX = 5, 320


def draw_class_sheet(
    readings: pd.DataFrame,
    classes: Sequence[str],
    root: Path,
    path: Path,
    *,
    least: float = LEAST_CONFIDENCE,
    most: int = MOST_SHOWN,
    window: WindowChoice = "percentiles",
    stack: StackChoice | None = None,
    say: Translator | None = None,
) -> Path:
    """Draw a contact sheet (JPEG) of readings, ordered by the class answered; returns its path.

    Each image is cropped to its view and carries the class and its score; sites have their number and stand in the
    order of an examination. Answers less sure than ``least`` have a question mark and an amber frame. Where there are
    more than ``most``, the first images of each class are taken in turn.

    Args:
        readings: ``image, predicted, score_<class>``, at least one.
        classes: of the reader.
        root: folder of the images.
        path: of the sheet.
        least: lowest score that is sure.
        most: pictures on the sheet.
        window: by which images of more than 8 bits are shown.
        stack: where images are stacks of planes; the middle one is shown.
        say: the language of the title and of the names of sites.
    """
    say = say or Translator()
    sites = site_classes(classes)
    names = {name: sites[name].said(say.language) if name in sites else name for name in classes}
    order = sorted(classes, key=lambda name: sites[name].order if name in sites else len(sites) + 1)
    chosen = choose(readings, order, most)
    panels = [_panel(row, names, root, least, window, stack) for _, row in chosen.iterrows()]
    unsure = sum(panel.label is not None and panel.label.colour == UNSURE for panel in panels)
    count = say("{n} images", n=len(readings))
    if len(panels) < len(readings):
        count = say("{shown} of {n} images", shown=len(panels), n=len(readings))
    marks = say(
        "question mark and frame: confidence below {least} % ({unsure})", least=f"{100 * least:g}", unsure=unsure
    )
    title = say("; ").join([count, marks])
    path.parent.mkdir(parents=True, exist_ok=True)
    save_picture(contact_sheet(panels, columns=_COLUMNS, cell_px=_CELL_PX, title=title), path)
    return path


def choose(readings: pd.DataFrame, order: Sequence[str], most: int) -> pd.DataFrame:
    """Readings by the class answered; of more than ``most`` the first of each class, then the second, and so on."""
    groups = [readings.index[readings["predicted"] == name] for name in order]
    in_turn = [place for turn in zip_longest(*groups) for place in turn if place is not None]
    kept = set(in_turn[:most])
    return readings.loc[[place for place in chain.from_iterable(groups) if place in kept]]


def _panel(
    row: pd.Series,
    names: dict[str, str],
    root: Path,
    least: float,
    window: WindowChoice,
    stack: StackChoice | None,
) -> Panel:
    pixels = read_shown(root / str(row["image"]), window, stack)
    score = float(row[f"{SCORE}{row['predicted']}"])
    name, said = names[row["predicted"]], f"{100 * score:.0f} %"
    label = Label(f"{name}  {said}", SURE) if score >= least else Label(f"{name} ?  {said}", UNSURE, framed=True)
    return Panel(pixels, Path(str(row["image"])).name, view=find_view(pixels), label=label)
