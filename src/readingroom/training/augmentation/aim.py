"""Aim: put some of the windows that training sees around a lesion; small targets are hardly ever met by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from readingroom.core.seeds import generator
from readingroom.training.augmentation.draw import COLUMNS, Draws
from readingroom.training.augmentation.warp import affine_of

_INNER = 0.2
"""A lesion's middle lies at least so far from the window's edges, as a share of its side."""
_X, _Y = COLUMNS.index("crop_x"), COLUMNS.index("crop_y")


@dataclass(frozen=True, eq=False)
class Aim:
    """Moves drawn windows.

    Args:
        boxes: of every image of the case table, (N, 4) in pixels of the prepared image; None where not known.
        share: of the windows of an image with lesions that one of them lies in; the others stay where they were drawn.
        source_px: side of the prepared images.
        seed: of the augmentation.

    What an image gets depends on the seed, the epoch, the copy and its own index only, as all that is drawn.
    """

    boxes: Sequence[NDArray[np.float64] | None]
    share: float
    source_px: int
    seed: int

    def __call__(self, draws: Draws) -> Draws:
        """The same draws with some of the crops moved; scale, turn and mirror stay."""
        values = draws.values.copy()
        linear, shift_px = affine_of(draws, (self.source_px, self.source_px))
        for row, index in enumerate(draws.index.tolist()):
            middle = self._middle(index, int(draws.epoch[row]), int(draws.copy[row]))
            if middle is not None:
                seen = linear[row] @ (middle[:2] - self.source_px / 2) + shift_px[row] + self.source_px / 2
                values[row, [_X, _Y]] = _corner(draws, row, seen / self.source_px, middle[2:])
        return replace(draws, values=values)

    def _middle(self, index: int, epoch: int, copy: int) -> NDArray[np.float64] | None:
        """x, y of a lesion's middle in the prepared image, and where in the window it is to lie; None for no aim."""
        own = self.boxes[index]
        if own is None or not len(own):
            return None
        drawn = generator(self.seed, "aim", epoch, copy, index)
        if drawn.random() >= self.share:
            return None
        box = own[int(drawn.integers(len(own)))]
        return np.concatenate([(box[:2] + box[2:]) / 2, drawn.uniform(_INNER, 1 - _INNER, 2)])


def _corner(draws: Draws, row: int, seen: NDArray[np.float64], inside: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of the sides at which a crop begins that holds a point; a mirrored crop is counted from the other side."""
    side = draws.column("crop_side")[row]
    flips = np.array([draws.column("flip")[row], draws.column("flip_vertical")[row]])
    plain = seen - side * inside
    return np.asarray(np.clip(np.where(flips > 0, 1 - side - plain, plain), 0, 1 - side))
