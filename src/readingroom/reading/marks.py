"""Marks: the peaks of a heat map, where they lie, and what several tiles found brought together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from readingroom.cases.stacks.whole import to_mm

Places = npt.NDArray[np.float64]
"""(N, 3) plane, row and column, or x, y and z in mm."""

LEAST_SCORE = 0.15
"""Peaks of a lower score are not given at all. A network that has learned nothing gives all voxels nearly the same
heat: where the focal loss is least, which is the cube root of a third of the lesions' share of voxels, below 0.1 for
targets of a few voxels. Peaks of that are noise, but noise on what is bright, where lesions are too."""
MOST_MARKS = 50
"""Marks given of a volume, at most; the surest ones."""


@dataclass(frozen=True, eq=False)
class FoundMarks:
    """Marks of one volume, by falling score.

    Args:
        places: (N, 3) plane, row and column.
        scores: (N,) 0 to 1.
    """

    places: Places
    scores: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.scores)


NO_MARKS = FoundMarks(np.empty((0, 3)), np.empty(0))


def find_peaks(heat: Tensor, low: Sequence[int], high: Sequence[int]) -> FoundMarks:
    """Local maxima of a heat map, to a fraction of a voxel.

    A peak is the highest of its 3 x 3 x 3 neighbourhood; its place is the mean of that neighbourhood, weighted by heat.

    Args:
        heat: (D, H, W) 0 to 1.
        low: plane, row and column from which on peaks count; those of the margin are another tile's.
        high: up to which they count, exclusive.

    Example:
        >>> heat = torch.zeros(5, 5, 5)
        >>> heat[2, 3, 1] = 0.9
        >>> find_peaks(heat, (0, 0, 0), (5, 5, 5)).places.tolist()
        [[2.0, 3.0, 1.0]]
    """
    core = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    highest = functional.max_pool3d(heat[None, None], 3, stride=1, padding=1)[0, 0]
    found = ((heat == highest) & (heat >= LEAST_SCORE))[core].nonzero() + torch.tensor(low, device=heat.device)
    scores = heat[tuple(found.T)]
    order = torch.argsort(scores, descending=True, stable=True)[: 4 * MOST_MARKS]
    places = _centred(heat.cpu().numpy(), found[order].cpu().numpy())
    return FoundMarks(places, scores[order].double().cpu().numpy())


def _centred(heat: npt.NDArray[np.float32], peaks: npt.NDArray[np.int64]) -> Places:
    offsets = np.stack(np.meshgrid(*[(-1, 0, 1)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    around = peaks[:, None] + offsets
    inside = ((around >= 0) & (around < heat.shape)).all(axis=2)
    at = np.where(inside[..., None], around, 0)
    weight = np.where(inside, heat[at[..., 0], at[..., 1], at[..., 2]], 0.0).astype(np.float64)
    return np.asarray((around * weight[..., None]).sum(axis=1) / weight.sum(axis=1, keepdims=True)).reshape(-1, 3)


def keep_apart(found: Sequence[FoundMarks], affine: npt.NDArray[np.float64], apart_mm: float) -> FoundMarks:
    """The marks of all tiles; of those that lie nearer to each other than ``apart_mm`` the surest alone.

    Args:
        found: of each tile, in places of the whole volume.
        affine: from places to mm.
        apart_mm: how near two marks may be.
    """
    places = np.concatenate([np.empty((0, 3)), *(one.places for one in found)])
    scores = np.concatenate([np.empty(0), *(one.scores for one in found)])
    order = np.argsort(-scores, kind="stable")
    points, kept = to_mm(affine, places), np.empty(0, dtype=np.int64)
    for one in order:
        if len(kept) == MOST_MARKS:
            break
        if not len(kept) or np.linalg.norm(points[kept] - points[one], axis=1).min() >= apart_mm:
            kept = np.append(kept, one)
    return FoundMarks(places[kept], scores[kept])
