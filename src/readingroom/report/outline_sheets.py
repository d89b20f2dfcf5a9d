"""Sheets of outlines: the image, the reference and the network side by side, the worst and the most ordinary."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from readingroom.annotation.masks import read_mask
from readingroom.cases.images import read_image
from readingroom.cases.view import find_view
from readingroom.cases.window import WindowChoice
from readingroom.core.errors import AnnotationError, ImageError
from readingroom.core.files import atomic_write
from readingroom.core.translations import Translator
from readingroom.reading.outlines import mask_outlines
from readingroom.reading.overlay import Mark
from readingroom.reading.sheets import OutlinedCase, side_by_side

_ROWS = 5
CELL_PX = 300
_QUALITY = 82


@dataclass(frozen=True)
class Sheet:
    """A sheet of one reader.

    Args:
        name: of its file, without ending.
        reader: whose outlines.
        title: which images.
        picture: as a data URI.
    """

    name: str
    reader: str
    title: str
    picture: str


def outline_sheets(
    outlined: pd.DataFrame,
    split: str,
    run: Path,
    images_root: Path,
    folder: Path,
    say: Translator,
    *,
    window: WindowChoice = "percentiles",
) -> list[Sheet]:
    """Draw and save the sheets of every reader on one part, as JPEG.

    Args:
        outlined: rows of ``outlines/<reader>.parquet`` of all readers.
        split: the part.
        run: the masks are relative to it.
        images_root: images and reference masks are relative to it.
        folder: to write into.
        say: the language.
        window: how more than 8 bits become 8.
    """
    if outlined.empty:
        return []
    rows = outlined[(outlined["split"] == split) & outlined["known"] & (outlined["repeat"] == 1)]
    shown = rows[rows["reference_size"] > 0]
    sheets = []
    for place, (reader, own) in enumerate(shown.groupby("reader", sort=False), start=1):
        for kind, title, chosen in _choices(own, say):
            records: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in chosen.to_dict("records")]
            cases = [case for row in records if (case := _case(row, run, images_root, say, window)) is not None]
            if cases:
                sheets.append(save_sheet(cases, f"outlines-{kind}-{place}", str(reader), title, folder, say))
    return sheets


def _choices(own: pd.DataFrame, say: Translator) -> Iterator[tuple[str, str, pd.DataFrame]]:
    ordered = own.sort_values("iou", kind="stable")
    yield "worst", say("The outlines that fit worst"), ordered.head(_ROWS)
    if len(ordered) > 2 * _ROWS:
        middle = len(ordered) // 2
        yield "median", say("Ordinary outlines (around the median IoU)"), ordered.iloc[middle - 2 : middle + 3]


def _case(
    row: dict[str, Any], run: Path, images_root: Path, say: Translator, window: WindowChoice
) -> OutlinedCase | None:
    """A row of a sheet; None where a file is not at hand any more."""
    try:
        pixels = read_image(images_root / str(row["image"])).shown(window)
        reference = read_mask(images_root / str(row["reference"])).inside
        drawn = read_image(run / str(row["mask"])).pixels
    except (ImageError, AnnotationError, FileNotFoundError):
        return None
    text = say("IoU {value}", value=f"{row['iou']:.2f}")
    network = [Mark(one, text if place == 0 else "") for place, one in enumerate(mask_outlines(drawn))]
    name = f"{Path(str(row['image'])).name} · {text}"
    return OutlinedCase(pixels, {say("Reference"): mask_outlines(reference)}, network, name, find_view(pixels))


def save_sheet(
    cases: Sequence[OutlinedCase], name: str, reader: str, title: str, folder: Path, say: Translator
) -> Sheet:
    """Draw cases, the image, the reference and the reader side by side, and save them as JPEG in a folder."""
    picture = side_by_side(cases, headings=(say("Image"), say("Reference"), reader), cell_px=CELL_PX)
    return Sheet(name, reader, title, save_jpeg(picture, folder / f"{name}.jpg"))


def save_jpeg(picture: np.ndarray, path: Path) -> str:
    """Write a picture (H, W, 3) as JPEG; returns it as a data URI."""
    encoded = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1].tobytes()
    with atomic_write(path) as temporary:
        temporary.write_bytes(encoded)
    return f"data:image/jpeg;base64,{base64.b64encode(encoded).decode()}"
