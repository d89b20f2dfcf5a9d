"""Outlines against the reference: overlap and distances of two masks, in two or three dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Bools, Floats, Ints, array_of, flat, same_length
from readingroom.evaluation.resampling import REPLICATES, bootstrap
from readingroom.evaluation.results import Estimate, Estimates, Table, undefined

MEASURES = ("dice", "iou", "hausdorff", "hausdorff95", "surface_distance", "surface_dice")


@dataclass(frozen=True)
class Overlap:
    """How well an outline fits the reference. Distances are in the unit of the spacing.

    Args:
        dice: 2 |A ∩ B| / (|A| + |B|).
        iou: |A ∩ B| / |A ∪ B|.
        hausdorff: largest distance from a point of either border to the other border.
        hausdorff95: the larger of the two directed 95th percentiles.
        surface_distance: mean over the points of both borders together of their distance to the other.
        surface_dice: share of the points of both borders that lie within the tolerance of the other.
        empty: ``""``, ``"both"``, ``"reference"`` or ``"prediction"``: which mask was empty.
        reference_size: area or volume of the reference.
        prediction_size: area or volume of the prediction.
        tolerance: of the surface Dice.
    """

    dice: float
    iou: float
    hausdorff: float
    hausdorff95: float
    surface_distance: float
    surface_dice: float
    empty: str
    reference_size: float
    prediction_size: float
    tolerance: float


def overlap(
    reference: ArrayLike,
    prediction: ArrayLike,
    spacing: float | Sequence[float] | None = None,
    *,
    tolerance: float = 1.0,
) -> Overlap:
    """Overlap and border distances of two masks.

    Conventions (those of MONAI and Metrics Reloaded, where peers differ): the border is the pixels of the mask with a
    neighbour outside it (faces only; beyond the image is outside). HD95 is the larger of the two directed 95th
    percentiles (linear interpolation), not that of the pooled distances. The surface distance pools both borders; it
    is not the mean of two means. Both masks empty: Dice, IoU and surface Dice 1, distances 0. One empty: 0, and
    distances infinite, to be counted and shown apart (`summarise_overlaps`).

    Args:
        reference: (H, W) or (D, H, W), boolean or with one value beside 0 (1 or 255).
        prediction: of the same shape.
        spacing: size of a pixel along each axis of the array, in mm; one number for all axes; None is 1.
        tolerance: of the surface Dice, in the unit of the spacing.

    Raises:
        EvaluationError: shapes differ, not two- or three-dimensional, several labels, a spacing that does not fit.

    Example:
        >>> a, b = np.zeros((8, 8)), np.zeros((8, 8))
        >>> a[2:6, 2:6] = 1
        >>> b[2:6, 3:7] = 1
        >>> result = overlap(a, b)
        >>> result.dice, result.hausdorff
        (0.75, 1.0)
    """
    a, b = _mask(reference, "reference"), _mask(prediction, "prediction")
    if a.shape != b.shape:
        fix = "Give masks of one size"
        raise EvaluationError(f"shapes {a.shape} and {b.shape} differ", fix=fix, field="prediction")
    steps = _steps(spacing, a.ndim)
    if not tolerance >= 0:
        raise EvaluationError(f"tolerance {tolerance}", fix="Give 0 or more", field="tolerance")
    unit, (a, b) = math.prod(steps), _cropped(a, b)
    size_a, size_b, common = (int(np.count_nonzero(mask)) for mask in (a, b, a & b))
    sizes = size_a * unit, size_b * unit
    empty = {(False, False): "both", (False, True): "reference", (True, False): "prediction"}
    which = empty.get((size_a > 0, size_b > 0), "")
    if which:
        share, distance = (1.0, 0.0) if which == "both" else (0.0, math.inf)
        return Overlap(share, share, distance, distance, distance, share, which, *sizes, tolerance)
    dice, iou = 2 * common / (size_a + size_b), common / (size_a + size_b - common)
    return Overlap(dice, iou, *_distances(a, b, steps, tolerance), "", *sizes, tolerance)


def _mask(values: ArrayLike, field: str) -> Bools:
    array = array_of(values, field)
    if array.ndim not in (2, 3) or array.size == 0:
        raise EvaluationError(f"an array of shape {array.shape}", fix="Give (H, W) or (D, H, W)", field=field)
    if array.dtype == bool:
        return array
    if array.dtype.kind not in "iuf":
        raise EvaluationError(f"an array of {array.dtype}", fix="Give booleans or numbers", field=field)
    low, high = array.min(), array.max()
    if np.isnan(low) or np.count_nonzero(array) not in (0, np.count_nonzero(array == (high or low))):
        labels = np.unique(array)
        fix = "Give 0 and one other value; compare several labels one by one"
        raise EvaluationError(f"{labels.size} values, such as {labels[-1]}", fix=fix, field=field)
    return np.asarray(array != 0)


def _steps(spacing: float | Sequence[float] | None, axes: int) -> tuple[float, ...]:
    given = array_of(1.0 if spacing is None else spacing, "spacing")
    steps = np.full(axes, given) if given.ndim == 0 else given
    if steps.dtype.kind not in "iuf" or steps.shape != (axes,) or not np.isfinite(steps).all() or (steps <= 0).any():
        fix = f"Give one size above 0 for each of the {axes} axes"
        raise EvaluationError(f"spacing {spacing}", fix=fix, field="spacing")
    return tuple(float(step) for step in steps)


def _distances(a: Bools, b: Bools, steps: tuple[float, ...], tolerance: float) -> tuple[float, float, float, float]:
    """Hausdorff, HD95, symmetric surface distance and surface Dice of two masks that are not empty."""
    # Borders have few points: looking them up is 7 times faster than a map of distances of the whole image.
    edge_a, edge_b = (_points(_border(mask)) * np.array(steps) for mask in (a, b))
    from_a, from_b = _nearest(edge_a, edge_b), _nearest(edge_b, edge_a)
    pooled = np.concatenate([from_a, from_b])
    percentile = max(float(np.percentile(part, 95)) for part in (from_a, from_b))
    return float(pooled.max()), percentile, float(pooled.mean()), float(np.mean(pooled <= tolerance))


def _points(mask: Bools) -> Ints:
    """Where the mask is, (N, axes); as numpy's argwhere, in a third of its time."""
    return np.stack(np.unravel_index(np.flatnonzero(mask), mask.shape), axis=1)


def _nearest(points: Floats, others: Floats) -> Floats:
    """How far each point is from the nearest of the others."""
    # A border is asked once: a tree that is quick to build, with large leaves, takes half the time of a balanced one.
    tree = KDTree(others, leafsize=32, compact_nodes=False, balanced_tree=False)
    return np.asarray(tree.query(points)[0])


def _cropped(a: Bools, b: Bools) -> tuple[Bools, Bools]:
    """Both masks within the smallest box around them; one pixel where neither has any."""
    ends = np.array([box for box in (_box(a), _box(b)) if box is not None])
    if not ends.size:
        return a.ravel()[:1], b.ravel()[:1]
    box = tuple(
        slice(low, high) for low, high in zip(ends[:, :, 0].min(axis=0), ends[:, :, 1].max(axis=0), strict=True)
    )
    return np.ascontiguousarray(a[box]), np.ascontiguousarray(b[box])


def _box(mask: Bools) -> list[tuple[int, int]] | None:
    """Where the mask begins and ends along each axis; None where it is empty."""
    if mask.ndim == 2:
        x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask).view(np.uint8))
        return [(y, y + height), (x, x + width)] if width else None
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    inner = _box(np.asarray(mask.any(axis=0)))
    return None if inner is None else [(int(slices[0]), int(slices[-1]) + 1), *inner]


def _border(mask: Bools) -> Bools:
    """Pixels of the mask with a neighbour outside it; what lies beyond the array is outside."""
    inside = mask.copy()
    for axis in range(mask.ndim):
        along, kept = np.moveaxis(mask, axis, 0), np.moveaxis(inside, axis, 0)
        kept[1:] &= along[:-1]
        kept[:-1] &= along[1:]
        kept[[0, -1]] = False
    return mask & ~inside


def summarise_overlaps(
    overlaps: Sequence[Overlap],
    *,
    cluster: ArrayLike | None = None,
    size_edges: Sequence[float] = (),
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, Estimates]:
    """Mean of each measure over images, with a bootstrap interval over patients, in all and by size of the lesion.

    Args:
        overlaps: one an image.
        cluster: (n,) patient of each image; None draws images.
        size_edges: rising sizes of the reference that divide the strata, in its unit; none gives only ``all``.
        replicates: of the bootstrap (percentile).
        seed: the same seed gives the same intervals.
        level: confidence level.

    Returns:
        Stratum -> measures, ``all`` first. Infinite distances (one mask empty) are left out of the means and counted
        in the note; ``counts`` has ``images`` and how many masks were empty, by kind.

    Raises:
        EvaluationError: no overlaps, or lengths that differ.

    Example:
        >>> mask = np.eye(4)
        >>> summarise_overlaps([overlap(mask, mask)] * 3, replicates=10)["all"].dice.value
        1.0
    """
    if not overlaps:
        raise EvaluationError("no images", fix="Give at least one", field="overlaps")
    codes = np.arange(len(overlaps)) if cluster is None else flat(cluster, "cluster")
    same_length(overlaps=np.empty(len(overlaps)), cluster=codes)
    sizes = np.array([one.reference_size for one in overlaps])
    values = {name: np.array([getattr(one, name) for one in overlaps]) for name in MEASURES}
    empty = np.array([one.empty for one in overlaps])
    parts = {"all": np.ones(len(overlaps), dtype=bool), **_strata(sizes, size_edges)}
    return {
        name: Table(
            {key: _mean(column[part], codes[part], replicates, seed, level) for key, column in values.items()},
            {"images": int(part.sum()), **{f"empty_{k}": int((empty[part] == k).sum()) for k in _EMPTY}},
        )
        for name, part in parts.items()
    }


_EMPTY = ("both", "reference", "prediction")


def _strata(sizes: Floats, edges: Sequence[float]) -> dict[str, Bools]:
    if list(edges) != sorted(set(edges)):
        raise EvaluationError(f"edges {list(edges)}", fix="Give rising sizes", field="size_edges")
    if not edges:
        return {}
    ends = [-math.inf, *edges, math.inf]
    names = [f"below {edges[0]:g}", *(f"{a:g} to {b:g}" for a, b in pairwise(edges))]
    return {
        name: (sizes >= low) & (sizes < high)
        for name, (low, high) in zip([*names, f"from {edges[-1]:g}"], pairwise(ends), strict=True)
    }


def _mean(values: Floats, codes: NDArray[Any], replicates: int, seed: int, level: float) -> Estimate:
    finite = np.isfinite(values)
    lost = int(np.count_nonzero(~finite))
    if not finite.any():
        return undefined(0, level, "mean", "no image" if not values.size else f"infinite in all {lost} images")
    estimate = bootstrap("mean", values[finite], cluster=codes[finite], replicates=replicates, seed=seed, level=level)
    note = f"infinite in {lost} images, which are left out" if lost else estimate.note
    return Estimate(**{**vars(estimate), "note": note})
