"""Boxes: from the frame to the prepared view and back, and what several tiles found brought together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from numpy.typing import ArrayLike
from torchvision.ops import nms

from readingroom.cases.view import View
from readingroom.core.errors import ReadingsError
from readingroom.reading.outlines import input_box
from readingroom.reading.preprocessing import Preprocessing

BoxArray = npt.NDArray[np.float64]
"""(N, 4) x0, y0, x1, y1 in pixels; pixel (0, 0) covers 0 to 1."""

_COVERED = 0.5
_AS_SURE = 0.5


@dataclass(frozen=True, eq=False)
class FoundBoxes:
    """Boxes found in one image, by falling score.

    Args:
        boxes_xyxy_px: (N, 4).
        scores: (N,) 0 to 1.
    """

    boxes_xyxy_px: BoxArray
    scores: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scores)


def boxes_to_input(boxes_xyxy_px: ArrayLike, view: View, preprocessing: Preprocessing) -> BoxArray:
    """Bring boxes of the frame where `Preprocessing.prepare` brings its pixels; they are not cut at the view.

    Example:
        >>> view, preprocessing = View("whole", (0, 0, 100, 50)), Preprocessing("whole", 64, "pad")
        >>> boxes_to_input([[0, 0, 50, 50]], view, preprocessing).tolist()
        [[0.0, 16.0, 32.0, 48.0]]
    """
    origin, scale, corner = _placing(view, preprocessing)
    return (_array(boxes_xyxy_px) - origin) * scale + corner


def boxes_to_frame(boxes_xyxy_px: ArrayLike, view: View, preprocessing: Preprocessing) -> BoxArray:
    """Bring boxes of the prepared view back into the frame, cut at the view: the inverse of `boxes_to_input`.

    Example:
        >>> view, preprocessing = View("whole", (0, 0, 100, 50)), Preprocessing("whole", 64, "pad")
        >>> boxes_to_frame([[0, 16, 32, 60]], view, preprocessing).tolist()
        [[0.0, 0.0, 50.0, 50.0]]
    """
    origin, scale, corner = _placing(view, preprocessing)
    x0, y0, x1, y1 = view.box_xyxy_px
    return np.clip((_array(boxes_xyxy_px) - corner) / scale + origin, [x0, y0, x0, y0], [x1, y1, x1, y1])


def _placing(view: View, preprocessing: Preprocessing) -> tuple[BoxArray, BoxArray, BoxArray]:
    """Corner of the view in the frame, scale, and corner of the view in the input; each for x, y, x, y."""
    x0, y0, x1, y1 = view.box_xyxy_px
    left, top, right, bottom = input_box(view, preprocessing)
    scale = (right - left) / (x1 - x0), (bottom - top) / (y1 - y0)
    return np.tile([float(x0), float(y0)], 2), np.tile(scale, 2), np.tile([float(left), float(top)], 2)


def _array(boxes_xyxy_px: ArrayLike) -> BoxArray:
    boxes = np.asarray(boxes_xyxy_px, dtype=np.float64)
    if boxes.size and boxes.shape[-1] != 4:
        raise ReadingsError(f"boxes of shape {boxes.shape}", fix="Give (N, 4): x0, y0, x1, y1")
    return boxes.reshape(-1, 4)


def areas(boxes_xyxy_px: BoxArray) -> npt.NDArray[np.float64]:
    """(N,) square pixels; 0 where the ends are exchanged."""
    return np.asarray(np.clip(boxes_xyxy_px[:, 2:] - boxes_xyxy_px[:, :2], 0, None).prod(axis=1))


def merge_tiles(
    boxes_xyxy_px: BoxArray, scores: npt.NDArray[np.float64], fragment: npt.NDArray[np.bool_], *, at_most: float
) -> FoundBoxes:
    """Bring together what overlapping tiles found.

    A box that ends at a tile's inner edge may be a fragment of a lesion that another tile shows whole: it is left out
    where a whole box, at least half as sure, covers half of it. Of boxes that overlap by more than ``at_most`` the
    surest is kept.

    Args:
        boxes_xyxy_px: (N, 4) in the image.
        scores: (N,)
        fragment: (N,) the box ends at an inner edge of its tile.
        at_most: intersection over union of boxes that are kept side by side.

    Example:
        >>> boxes = np.array([[0.0, 0, 8, 8], [0, 0, 8, 7], [4, 0, 8, 8]])
        >>> merge_tiles(boxes, np.array([0.9, 0.8, 0.7]), np.array([False, False, True]), at_most=0.5).scores.tolist()
        [0.9]
    """
    whole = ~fragment
    sides = np.minimum(boxes_xyxy_px[:, None, 2:], boxes_xyxy_px[None, whole, 2:])
    sides = sides - np.maximum(boxes_xyxy_px[:, None, :2], boxes_xyxy_px[None, whole, :2])
    covered = np.clip(sides, 0, None).prod(axis=2) >= _COVERED * areas(boxes_xyxy_px)[:, None]
    sure = scores[None, whole] >= _AS_SURE * scores[:, None]
    kept = np.flatnonzero(~(fragment & (covered & sure).any(axis=1)))
    order = nms(torch.from_numpy(boxes_xyxy_px[kept]), torch.from_numpy(scores[kept]), at_most).numpy()
    return FoundBoxes(boxes_xyxy_px[kept[order]], scores[kept[order]])
