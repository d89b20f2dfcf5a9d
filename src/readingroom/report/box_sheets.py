"""Sheets of boxes: lesions that were missed, lesions that were found, and the surest false boxes, each from near."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.cases.images import read_image
from readingroom.cases.window import WindowChoice
from readingroom.core.errors import ImageError
from readingroom.core.translations import Translator
from readingroom.evaluation import match_boxes
from readingroom.reading.outlines import Outline
from readingroom.reading.overlay import Mark
from readingroom.reading.sheets import OutlinedCase
from readingroom.report.analyses.boxed import CORNERS, FoundBoxes
from readingroom.report.outline_sheets import Sheet, save_sheet

EACH = 2
"""Lesions missed, lesions found, and false boxes that are shown of a reader."""

_TIMES, _LEAST_SHARE = 5.0, 0.3
"""Side of the picture in sides of the box, and at least as a share of the image's shorter side."""

Corners = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Seen:
    """A box that is shown: of which image, where, and what happened there."""

    image: str
    box_xyxy_px: Corners
    said: str


def box_sheets(
    found: FoundBoxes, split: str, images_root: Path, folder: Path, say: Translator, *, window: WindowChoice
) -> list[Sheet]:
    """Draw and save the sheet of every reader on one part, as JPEG.

    Args:
        found: boxes of all readers, and the lesions.
        split: the part.
        images_root: images are relative to it.
        folder: to write into.
        say: the language.
        window: how more than 8 bits become 8.
    """
    rows = found.found[(found.found["split"] == split) & (found.found["repeat"] == 1)]
    sheets = []
    for place, (reader, own) in enumerate(rows.groupby("reader", sort=False), start=1):
        shown = (_case(seen, own, found, images_root, say, window) for seen in choose(own, found, say))
        cases = [case for case in shown if case is not None]
        if cases:
            title = say("{reader}: lesions missed, lesions found, and the surest false boxes", reader=str(reader))
            sheets.append(save_sheet(cases, f"boxes-{place}", str(reader), title, folder, say))
    return sheets


def choose(own: pd.DataFrame, found: FoundBoxes, say: Translator) -> list[Seen]:
    """The boxes of one reader that are shown, at its threshold: missed and found lesions, the surest false boxes.

    Args:
        own: the reader's rows; of an image that several folds read, those of the first count.
        found: the lesions, and what makes a hit.
        say: the language.
    """
    own = own[own["fold"] == own.groupby("image")["fold"].transform("min")]
    lesions = found.reference[found.reference["image"].isin(own["image"])].dropna(subset=CORNERS)
    counted = own[own["counted"].astype(bool)].dropna(subset=["score"])
    matches = match_boxes(
        own["image"].unique(),
        counted["image"].to_numpy(),
        counted["score"].to_numpy(dtype=float),
        counted[CORNERS].to_numpy(dtype=float),
        lesions["image"].to_numpy(),
        lesions[CORNERS].to_numpy(dtype=float),
        rule=found.rule,
        at_least=found.at_least,
    )
    hit = np.isin(np.arange(len(lesions)), matches.hit)
    false = counted[(matches.hit < 0) & ~matches.repeat].sort_values("score", ascending=False, kind="stable")
    return [
        *_apart(lesions[~hit], lambda _: say("lesion missed")),
        *_apart(lesions[hit], lambda _: say("lesion found")),
        *_apart(false, lambda row: say("false box, score {score}", score=f"{row['score']:.2f}")),
    ]


def _apart(rows: pd.DataFrame, said: Callable[[pd.Series], str]) -> list[Seen]:
    """The first of so many images."""
    chosen = rows.drop_duplicates("image").head(EACH)
    return [Seen(str(row["image"]), row[CORNERS].to_numpy(dtype=float), said(row)) for _, row in chosen.iterrows()]


def _case(
    seen: Seen, own: pd.DataFrame, found: FoundBoxes, root: Path, say: Translator, window: WindowChoice
) -> OutlinedCase | None:
    """A row of the sheet; None where the image is not at hand any more."""
    try:
        pixels = read_image(root / seen.image).shown(window)
    except (ImageError, FileNotFoundError):
        return None
    x0, y0, side = _near(seen.box_xyxy_px, (pixels.shape[0], pixels.shape[1]))
    cut = pixels[y0 : y0 + side, x0 : x0 + side]
    counted = own[(own["image"] == seen.image) & own["counted"].astype(bool)].dropna(subset=["score"])
    lesions = found.reference[found.reference["image"] == seen.image].dropna(subset=CORNERS)
    moved = np.array([x0, y0, x0, y0], float)
    boxes = [_outline(box) for box in lesions[CORNERS].to_numpy(float) - moved if _within(box, side)]
    marks = [
        Mark(_outline(box), f"{score:.2f}")
        for box, score in zip(counted[CORNERS].to_numpy(float) - moved, counted["score"], strict=True)
        if _within(box, side)
    ]
    name = f"{Path(seen.image).name} · {seen.said}"
    return OutlinedCase(np.ascontiguousarray(cut), {say("Reference"): boxes} if boxes else {}, marks, name)


def _near(box: Corners, shape: tuple[int, int]) -> tuple[int, int, int]:
    """Left, top and side of the square around a box, as far as the image goes."""
    height, width = shape
    wanted = max(_TIMES * float(max(box[2] - box[0], box[3] - box[1])), _LEAST_SHARE * min(height, width))
    side = int(min(np.ceil(wanted), height, width))
    left, top = (box[:2] + box[2:]) / 2 - side / 2
    return int(np.clip(left, 0, width - side)), int(np.clip(top, 0, height - side)), side


def _within(box: Corners, side: int) -> bool:
    return bool(box[2] > 0 and box[3] > 0 and box[0] < side and box[1] < side)


def _outline(box: Corners) -> Outline:
    x0, y0, x1, y1 = (float(value) for value in box)
    ring = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    whole = round(x0), round(y0), round(x1), round(y1)
    return Outline(ring, (), int((x1 - x0) * (y1 - y0)), whole, 1.0)
