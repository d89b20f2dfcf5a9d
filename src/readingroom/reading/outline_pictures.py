"""Pictures of readings: every image with what was outlined in it, in red, its name and its probability."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd

from readingroom.cases.images import read_image
from readingroom.cases.view import find_view
from readingroom.cases.window import WindowChoice
from readingroom.core.progress import Progress, SilentProgress
from readingroom.core.tables import SCORE
from readingroom.reading.outline_pipeline import png_name
from readingroom.reading.outlines import Outline, mask_outlines
from readingroom.reading.overlay import Mark, draw_overlay, named, save_picture
from readingroom.reading.sheets import Panel, contact_sheet

LESION = "lesion"

SHEET = 40
"""Pictures on a contact sheet, at most."""


def draw_pictures(
    readings: pd.DataFrame,
    root: Path,
    masks: Path,
    folder: Path,
    *,
    window: WindowChoice = "percentiles",
    progress: Progress | None = None,
) -> list[Path]:
    """Draw a picture of every reading that has a mask; returns their paths.

    Args:
        readings: ``image, mask, probability`` and perhaps ``predicted, score_<class>``.
        root: folder of the images.
        masks: folder of the masks.
        folder: where the pictures go, under their images' names, as PNG.
        window: of the reader.
        progress: where it is reported.
    """
    progress = progress or SilentProgress()
    rows = readings.to_dict("records")

    def draw(row: dict[str, Any]) -> Path:
        path = folder / png_name(str(row["image"]))
        marks = marks_of(row, mask_outlines(read_image(masks / str(row["mask"])).pixels))
        path.parent.mkdir(parents=True, exist_ok=True)
        save_picture(draw_overlay(read_image(root / str(row["image"])).shown(window), marks), path)
        return path

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(progress.track(pool.map(draw, rows), "drawing pictures", len(rows)))


def draw_sheet(
    readings: pd.DataFrame, root: Path, masks: Path, path: Path, window: WindowChoice = "percentiles"
) -> Path:
    """Draw a contact sheet (JPEG) of the first `SHEET` readings, each cropped to its view; returns its path."""
    panels = []
    records = readings.head(SHEET).to_dict("records")
    for row in ({str(name): value for name, value in record.items()} for record in records):
        pixels = read_image(root / str(row["image"])).shown(window)
        marks = marks_of(row, mask_outlines(read_image(masks / str(row["mask"])).pixels))
        panels.append(Panel(pixels, Path(str(row["image"])).name, marks, find_view(pixels)))
    path.parent.mkdir(parents=True, exist_ok=True)
    save_picture(contact_sheet(panels), path)
    return path


def marks_of(row: dict[str, Any], outlines: tuple[Outline, ...]) -> list[Mark]:
    """The outlines of a reading; beside the largest the name of the class answered (or lesion) and its probability."""
    answer = row.get("predicted")
    if answer is None or pd.isna(answer):
        text = named(LESION, float(row["probability"]))
    else:
        score = row.get(f"{SCORE}{answer}")
        text = named(str(answer), None if score is None or pd.isna(score) else float(score))
    return [Mark(outline, text if place == 0 else "") for place, outline in enumerate(outlines)]
