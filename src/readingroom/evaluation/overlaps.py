"""Outlines against the reference: overlap and distances of two masks, in two or three dimensions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.spatial import KDTree

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Bools, Floats, array_of, flat, same_length
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
    unit = math.prod(steps)
    sizes = int(np.count_nonzero(a)) * unit, int(np.count_nonzero(b)) * unit
    empty = {(False, False): "both", (False, True): "reference", (True, False): "prediction"}
    which = empty.get((bool(a.any()), bool(b.any())), "")
    if which:
        share, distance = (1.0, 0.0) if which == "both" else (0.0, math.inf)
        return Overlap(share, share, distance, distance, distance, share, which, *sizes, tolerance)
    common, both = int(np.count_nonzero(a & b)), int(np.count_nonzero(a | b))
    dice = 2 * common / (common + both)
    return Overlap(dice, common / both, *_distances(a, b, steps, tolerance), "", *sizes, tolerance)


def _mask(values: ArrayLike, field: str) -> Bools:
    array = array_of(values, field)
    if array.ndim not in (2, 3) or array.size == 0:
        raise EvaluationError(f"an array of shape {array.shape}", fix="Give (H, W) or (D, H, W)", field=field)
    if array.dtype == bool:
        return array
    if array.dtype.kind not in "iuf":
        raise EvaluationError(f"an array of {array.dtype}", fix="Give booleans or numbers", field=field)
    labels = np.unique(array)
    if np.isnan(labels).any() or labels[labels != 0].size > 1:
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
    box = _box(a | b)
    # Borders have few points: looking them up is 7 times faster than a map of distances of the whole image.
    edge_a, edge_b = (np.argwhere(_border(mask[box])) * steps for mask in (a, b))
    from_a, from_b = KDTree(edge_b).query(edge_a)[0], KDTree(edge_a).query(edge_b)[0]
    pooled = np.concatenate([from_a, from_b])
    percentile = max(float(np.percentile(part, 95)) for part in (from_a, from_b))
    return float(pooled.max()), percentile, float(pooled.mean()), float(np.mean(pooled <= tolerance))


def _box(mask: Bools) -> tuple[slice, ...]:
    (box,) = ndimage.find_objects(mask.astype(np.uint8))
    return tuple(box)


def _border(mask: Bools) -> Bools:
    return np.asarray(mask & ~ndimage.binary_erosion(mask))


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
