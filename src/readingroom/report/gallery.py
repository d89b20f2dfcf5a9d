"""The gallery: each reader's most confident mistakes and correct answers, and the images that most readers missed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from readingroom.cases.images import to_rgb8
from readingroom.cases.stacks.choice import StackChoice
from readingroom.cases.stacks.overview import read_shown
from readingroom.cases.view import crop_to_view, find_view
from readingroom.cases.window import WindowChoice
from readingroom.core.errors import ImageError
from readingroom.core.tables import score_columns

_SIDE_PX = 168
_QUALITY = 78


@dataclass(frozen=True)
class Shown:
    """An image of the gallery: its thumbnail as a data URI (empty where it cannot be read), and what was said of it."""

    image: str
    thumbnail: str
    truth: str
    answer: str
    score: float | None
    right: bool


@dataclass(frozen=True)
class Wall:
    """The images of one reader."""

    reader: str
    mistakes: tuple[Shown, ...]
    correct: tuple[Shown, ...]
    wrong: int
    read: int


class Thumbnails:
    """Makes small JPEGs of images, each once.

    Args:
        root: images are relative to it.
        window: how more than 8 bits become 8, as the readers saw them.
    """

    def __init__(self, root: Path, window: WindowChoice = "percentiles", stack: StackChoice | None = None) -> None:
        self._root = root
        self._window = window
        self._stack = stack
        self._made: dict[str, str] = {}

    def __call__(self, image: str) -> str:
        """The thumbnail as a data URI; empty where the image is not there or cannot be read."""
        if image not in self._made:
            self._made[image] = self._make(image)
        return self._made[image]

    def _make(self, image: str) -> str:
        try:
            pixels = to_rgb8(read_shown(self._root / image, self._window, self._stack))
        except (ImageError, FileNotFoundError):
            return ""
        return as_data_uri(shrink(crop_to_view(pixels, find_view(pixels))))


def shrink(pixels: np.ndarray, side: int = _SIDE_PX) -> np.ndarray:
    """An image (H, W, 3) no larger than ``side`` pixels either way."""
    scale = min(1.0, side / max(pixels.shape[:2]))
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def as_data_uri(pixels: np.ndarray) -> str:
    """An RGB image (H, W, 3) as a JPEG data URI."""
    _, encoded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode()}"


def hang(readings: pd.DataFrame, classes: Sequence[str], reader: str, thumbnails: Thumbnails, most: int) -> Wall:
    """One reader's wall.

    Args:
        readings: of that reader, on the part shown.
        classes: all classes.
        reader: its name.
        thumbnails: makes the small images.
        most: images in each row.
    """
    answered = readings.dropna(subset=["predicted"])
    right = (answered["predicted"] == answered["truth"]).to_numpy()
    confidence = _confidence(answered, classes)
    order = np.argsort(-confidence, kind="stable")
    mistakes = [place for place in order if not right[place]][:most]
    correct = [place for place in order if right[place]][:most] if not np.isnan(confidence).any() else []
    return Wall(
        reader,
        tuple(_shown(answered.iloc[place], confidence[place], thumbnails) for place in mistakes),
        tuple(_shown(answered.iloc[place], confidence[place], thumbnails) for place in correct),
        int((~right).sum()),
        len(answered),
    )


def _confidence(answered: pd.DataFrame, classes: Sequence[str]) -> np.ndarray:
    columns = score_columns(classes)
    if not set(columns) <= set(answered.columns) or answered[columns].isna().any(axis=None):
        return np.full(len(answered), np.nan)
    places = pd.Categorical(answered["predicted"], categories=list(classes)).codes
    return np.asarray(answered[columns].to_numpy(dtype=float)[np.arange(len(answered)), places])


def _shown(row: pd.Series, confidence: float, thumbnails: Thumbnails) -> Shown:
    score = None if np.isnan(confidence) else float(confidence)
    image, truth, answer = str(row["image"]), str(row["truth"]), str(row["predicted"])
    return Shown(image, thumbnails(image), truth, answer, score, truth == answer)


@dataclass(frozen=True)
class Missed:
    """An image that most readers got wrong."""

    image: str
    thumbnail: str
    truth: str
    wrong: int
    readers: int


def missed_by_most(readings: pd.DataFrame, thumbnails: Thumbnails, most: int) -> tuple[Missed, ...]:
    """Images of one part that more than half of the readers got wrong, the hardest first."""
    answered = readings.dropna(subset=["predicted"])
    table = answered.assign(wrong=answered["predicted"] != answered["truth"])
    counted = table.groupby("image", sort=False).agg(
        truth=("truth", "first"), wrong=("wrong", "sum"), readers=("reader", "nunique")
    )
    hard = counted[(counted["readers"] > 1) & (counted["wrong"] * 2 > counted["readers"])]
    hard = hard.sort_values("wrong", ascending=False, kind="stable").head(most)
    return tuple(
        Missed(str(image), thumbnails(str(image)), str(row["truth"]), int(row["wrong"]), int(row["readers"]))
        for image, row in hard.iterrows()
    )
