"""Which planes of a stack carried the answer: the weights of a reader's pool, and strips that show them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from readingroom.cases.stacks.choice import StackChoice, ViewStack
from readingroom.core.files import atomic_write
from readingroom.networks import Network
from readingroom.reading.bundle import ReaderBundle, load_network
from readingroom.reading.network_input import NetworkInput
from readingroom.reading.outline_pipeline import png_name
from readingroom.reading.overlay import READER_COLOURS
from readingroom.reading.preprocessing import Pixels

Weights = npt.NDArray[np.float32]

MOST = 3
"""Planes of the highest weights, which are framed."""

_ABOVE_EVEN = 1.02
_CELL_PX, _BAR_PX, _GAP_PX, _COLUMNS = 88, 30, 4, 10  # as many as the report's page is wide


class PlaneWeigher:
    """A reader whose pool says how much each plane counted.

    Args:
        folder: of the bundle.
        bundle: with a ``pool``.
    """

    def __init__(self, folder: Path, bundle: ReaderBundle) -> None:
        self._input = NetworkInput(bundle.preprocessing, "auto", "float32")
        self._network: Network = load_network(folder, bundle).to(self._input.device)

    def weights(self, prepared: Pixels) -> Weights:
        """Weights of the planes (B, planes) of prepared stacks (B, planes, size, size, C).

        They sum to 1 over the planes that are there, and are 0 for those that are not.
        """
        pool: Any = self._network.pool
        with torch.inference_mode():
            features = self._network.features(self._input.tensor(prepared))
            return np.asarray(pool.weights(features).float().cpu().numpy(), dtype=np.float32)


class PlaneTable:
    """Gathers the weights of the planes while a reader reads, and draws a strip of each stack.

    Args:
        folder: of the bundle.
        bundle: with a ``pool``.
        strips: folder for the strips.
    """

    def __init__(self, folder: Path, bundle: ReaderBundle, strips: Path) -> None:
        self._weigher = PlaneWeigher(folder, bundle)
        self._reader, self._stack, self._strips = bundle.name, bundle.preprocessing.stack, strips
        self._parts: list[pd.DataFrame] = []

    def add(self, images: Sequence[str], prepared: Pixels) -> None:
        """Weigh the planes of some stacks (B, planes, size, size, C)."""
        for image, planes, weights in zip(images, prepared, self._weigher.weights(prepared), strict=True):
            self._parts.append(weighed(self._stack, planes, weights).assign(reader=self._reader, image=image))
            save_strip(self._strips / png_name(image), planes, weights)

    @property
    def table(self) -> pd.DataFrame:
        """``reader, image, plane, name, weight``, one row a plane that is there."""
        columns = ["reader", "image", "plane", "name", "weight"]
        joined = pd.concat(self._parts, ignore_index=True) if self._parts else pd.DataFrame(columns=columns)
        return joined.reindex(columns=columns)


def weighed(stack: StackChoice | None, planes: Pixels, weights: Weights) -> pd.DataFrame:
    """The planes that are there of one stack: their number from 1, name and weight."""
    names = [] if stack is None else plane_names(stack)
    table = pd.DataFrame({"plane": np.arange(1, len(weights) + 1), "name": names, "weight": weights})
    return table.take(np.flatnonzero(planes.any(axis=(1, 2, 3))))


def save_strip(path: Path, planes: Pixels, weights: Weights) -> None:
    """Write the strip of one stack as PNG."""
    with atomic_write(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", draw_strip(planes, weights.tolist())[..., ::-1])[1].tobytes())


def plane_names(stack: StackChoice) -> list[str]:
    """What each plane is called: its number from 1, or the view that it is of.

    Example:
        >>> plane_names(ViewStack(kind="views", names=("T2", "DWI"), each=2))
        ['T2 1', 'T2 2', 'DWI 1', 'DWI 2']
    """
    if not isinstance(stack, ViewStack):
        return [str(number) for number in range(1, stack.depth + 1)]
    if stack.each == 1:
        return list(stack.names)
    return [f"{name} {number}" for name in stack.names for number in range(1, stack.each + 1)]


def draw_strip(planes: Pixels, weights: Sequence[float], *, columns: int = _COLUMNS) -> Pixels:
    """The planes that are there in even rows, a bar under each as long as its weight; the highest are framed.

    Args:
        planes: (planes, size, size, C) prepared; those that are 0 everywhere are left out.
        weights: of each plane.
        columns: planes in a row, at most.

    Returns:
        (H, W, 3) 8-bit RGB on white.
    """
    there = [place for place in range(len(planes)) if planes[place].any()]
    # Where all weigh alike, as under a mean, none stands out.
    even = _ABOVE_EVEN / max(len(there), 1)
    order = sorted((p for p in there if float(weights[p]) > even), key=lambda place: -float(weights[place]))
    top = max((float(weights[place]) for place in there), default=1.0) or 1.0
    cells = [_cell(planes[place], float(weights[place]) / top, framed=place in order[:MOST]) for place in there]
    columns = math.ceil(len(cells) / max(math.ceil(len(cells) / columns), 1)) or 1
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)] or [[_blank()]]
    width = len(rows[0])
    return np.concatenate([np.concatenate(row + [_blank()] * (width - len(row)), axis=1) for row in rows])


def _blank() -> Pixels:
    return np.full((_CELL_PX + _BAR_PX, _CELL_PX + _GAP_PX, 3), 255, dtype=np.uint8)


def _cell(plane: Pixels, share: float, *, framed: bool) -> Pixels:
    cell = _blank()
    shrunk = cv2.resize(np.ascontiguousarray(plane), (_CELL_PX, _CELL_PX), interpolation=cv2.INTER_AREA)
    cell[:_CELL_PX, :_CELL_PX] = shrunk.reshape(_CELL_PX, _CELL_PX, -1)
    colour = READER_COLOURS[0] if framed else (150, 150, 150)
    if framed:
        cv2.rectangle(cell, (1, 1), (_CELL_PX - 2, _CELL_PX - 2), colour, 3)
    height = round(share * (_BAR_PX - 2 * _GAP_PX))
    if height:
        cell[_CELL_PX + _GAP_PX : _CELL_PX + _GAP_PX + height, 8 : _CELL_PX - 8] = colour
    return cell
