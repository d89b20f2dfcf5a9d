"""Outlines counted by lesion: which lesions were found, and how many outlines were drawn where there is none."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.arrays import Bools, Floats, Ints, clusters, same_length
from readingroom.evaluation.clustered import clustered_proportion
from readingroom.evaluation.proportions import proportion
from readingroom.evaluation.resampling import REPLICATES, bootstrap
from readingroom.evaluation.results import Estimate, Estimates, Table, chosen, undefined

LesionName = str | int


@dataclass(frozen=True)
class LesionOutcome:
    """What the outlines of one image found.

    Args:
        lesions: labels of the lesions that the image shows; none in an image without a lesion.
        found: whether each of them was.
        iou: of each with the outline that fits it best; 0 where none touches it.
        outlines: drawn in all.
        false_outlines: of these, those that find no lesion.
    """

    lesions: tuple[int, ...]
    found: tuple[bool, ...]
    iou: tuple[float, ...]
    outlines: int
    false_outlines: int


def lesion_outcome(
    reference: ArrayLike, prediction: ArrayLike, *, rule: str = "any part", at_least: float = 0.5
) -> LesionOutcome:
    """Which lesions of an image its outlines find.

    Args:
        reference: (H, W), a label above 0 for each lesion, or booleans, of which each connected part is a lesion.
        prediction: (H, W), a label for each outline, or booleans likewise. Pixels that touch at a corner are connected.
        rule: ``any part``: a lesion is found where an outline covers any pixel of it, and an outline that covers none
            of any lesion is false (lesions without a clear border, as the study of gastric lesions counts); ``iou``:
            where an outline's intersection over union with it is at least ``at_least``, each outline finding one
            lesion at most, the best pairs first.
        at_least: of the rule ``iou``, above 0 and at most 1.

    Raises:
        EvaluationError: shapes differ, not two-dimensional, labels that are not whole or below 0, an unknown rule.

    Example:
        >>> reference, prediction = np.zeros((6, 6), int), np.zeros((6, 6), bool)
        >>> reference[:2, :2], reference[4:, 4:] = 1, 2
        >>> prediction[1, 1] = prediction[1, 5] = True
        >>> outcome = lesion_outcome(reference, prediction)
        >>> outcome.found, outcome.false_outlines
        ((True, False), 1)
    """
    find = chosen(rule, RULES, "rule")
    if not 0 < at_least <= 1:
        raise EvaluationError(f"at_least {at_least}", fix="Give an overlap above 0, at most 1", field="at_least")
    (lesions, shown), (outlines, drawn) = _labelled(reference, "reference"), _labelled(prediction, "prediction")
    if shown.shape != drawn.shape:
        fix = "Give masks of one size"
        raise EvaluationError(f"shapes {shown.shape} and {drawn.shape} differ", fix=fix, field="prediction")
    # (L + 1, P + 1) pixels that each lesion and each outline have in common; row and column 0 are outside.
    size = len(lesions) + 1, len(outlines) + 1
    common = np.bincount((shown * size[1] + drawn).ravel(), minlength=size[0] * size[1]).reshape(size)
    inner = common[1:, 1:]
    iou = inner / (common.sum(axis=1)[1:, None] + common.sum(axis=0)[None, 1:] - inner)
    found, true = find(iou, at_least)
    best = iou.max(axis=1, initial=0.0)
    return LesionOutcome(
        tuple(lesions), tuple(found.tolist()), tuple(best.tolist()), len(outlines), int(np.count_nonzero(~true))
    )


def _labelled(values: ArrayLike, field: str) -> tuple[list[int], Ints]:
    """The labels in a mask, and the mask with them numbered 1, 2 … in their order."""
    mask = np.asarray(values)
    if mask.ndim != 2 or mask.size == 0:
        raise EvaluationError(f"an array of shape {mask.shape}", fix="Give (H, W)", field=field)
    if mask.dtype == bool:
        count, parts = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        return list(range(1, count)), np.asarray(parts, dtype=np.int64)
    if mask.dtype.kind not in "iu" or mask.min() < 0:
        said = f"{mask.dtype} with {mask.min()} in it" if mask.dtype.kind in "iuf" else f"an array of {mask.dtype}"
        raise EvaluationError(said, fix="Give booleans, or whole labels from 0", field=field)
    labels, numbered = np.unique(mask, return_inverse=True)
    without = int(labels[0] != 0)
    return [int(label) for label in labels[1 - without :]], numbered.reshape(mask.shape) + without


def _any_part(iou: Floats, at_least: float) -> tuple[Bools, Bools]:
    touch = iou > 0
    return np.asarray(touch.any(axis=1)), np.asarray(touch.any(axis=0))


def _by_iou(iou: Floats, at_least: float) -> tuple[Bools, Bools]:
    found, true = np.zeros(iou.shape[0], dtype=bool), np.zeros(iou.shape[1], dtype=bool)
    pairs = np.argwhere(iou >= at_least)
    for lesion, outline in pairs[np.argsort(-iou[tuple(pairs.T)], kind="stable")]:
        if not found[lesion] and not true[outline]:
            found[lesion] = true[outline] = True
    return found, true


RULES: dict[str, Callable[[Floats, float], tuple[Bools, Bools]]] = {"any part": _any_part, "iou": _by_iou}
"""From IoU (L, P) to which lesions are found, and which outlines find one."""


def summarise_lesions(
    outcomes: Sequence[LesionOutcome],
    *,
    lesion: Sequence[LesionName | Mapping[int, LesionName]] | None = None,
    patient: ArrayLike | None = None,
    replicates: int = REPLICATES,
    seed: int = 0,
    level: float = 0.95,
) -> Estimates:
    """Shares of lesions and images found, and false outlines an image, with intervals.

    Args:
        outcomes: one an image, from `lesion_outcome`.
        lesion: for each image the lesion that all its labels show, or label -> lesion; a name counts within its
            patient, and is not looked at where the image shows none. None: each label of each image is a lesion.
        patient: (n,) patient of each image; None takes images as independent.
        replicates: of the bootstrap of the means.
        seed: of the bootstrap.
        level: confidence level.

    Returns:
        ``lesion_sensitivity`` (lesions found in any one of their images), ``view_sensitivity`` (lesions in each image),
        ``image_sensitivity`` (images with a lesion of which one is found), ``image_specificity`` (images without a
        lesion and without an outline): Wilson's interval, or with patients Rao and Scott's. ``false_outlines`` an
        image without a lesion, ``false_outlines_beside`` an image with one: mean, bootstrap of images or patients.

    Raises:
        EvaluationError: no images, lengths differ, a label that is given no name.

    Example:
        >>> seen = lesion_outcome(np.eye(4) > 0, np.eye(4) > 0), lesion_outcome(np.eye(4) > 0, np.zeros((4, 4), bool))
        >>> summarise_lesions(seen, lesion=["A", "A"], replicates=10).lesion_sensitivity.value
        1.0
    """
    if not outcomes:
        raise EvaluationError("no images", fix="Give at least one", field="outcomes")
    owner = None if patient is None else clusters(patient, "patient")[0]
    if owner is not None:
        same_length(outcomes=np.empty(len(outcomes)), patient=owner)
    views = _views(outcomes, lesion, owner)
    whole = views.groupby(["patient", "lesion"], sort=False)["found"].any().reset_index()
    shows = np.array([bool(one.lesions) for one in outcomes])
    hit, drawn = (np.array(of) for of in ([any(o.found) for o in outcomes], [o.outlines > 0 for o in outcomes]))
    false = np.array([one.false_outlines for one in outcomes], dtype=np.float64)

    def share(success: Any, cluster: Any, without: str) -> Estimate:
        return _share(np.asarray(success, dtype=bool), None if owner is None else cluster, level, without)

    def mean(part: Bools, without: str) -> Estimate:
        cluster = None if owner is None else owner[part]
        return _mean(false[part], cluster, replicates, seed, level, without)

    codes = np.arange(shows.size) if owner is None else owner
    counts = {"images": shows.size, "images_with_lesion": int(shows.sum()), "lesions": len(whole)}
    return Table(
        {
            "lesion_sensitivity": share(whole["found"], whole["patient"].to_numpy(), "no lesion"),
            "view_sensitivity": share(views["found"], views["patient"].to_numpy(), "no lesion"),
            "image_sensitivity": share(hit[shows], codes[shows], "no image with a lesion"),
            "image_specificity": share(~drawn[~shows], codes[~shows], "no image without a lesion"),
            "false_outlines": mean(~shows, "no image without a lesion"),
            "false_outlines_beside": mean(shows, "no image with a lesion"),
        },
        {**counts, "outlines": sum(one.outlines for one in outcomes)},
    )


def _views(
    outcomes: Sequence[LesionOutcome],
    lesion: Sequence[LesionName | Mapping[int, LesionName]] | None,
    owner: Ints | None,
) -> pd.DataFrame:
    """One row a lesion and image: ``patient, lesion, found``."""
    if lesion is not None and len(lesion) != len(outcomes):
        said = f"lengths differ: outcomes has {len(outcomes)}, lesion has {len(lesion)}"
        raise EvaluationError(said, fix="Give the lesions of each image", field="lesion")
    rows = [
        (0 if owner is None else owner[i], _name(i, label, lesion), found)
        for i, one in enumerate(outcomes)
        for label, found in zip(one.lesions, one.found, strict=True)
    ]
    return pd.DataFrame(rows, columns=["patient", "lesion", "found"])


def _name(image: int, label: int, lesion: Sequence[LesionName | Mapping[int, LesionName]] | None) -> str:
    if lesion is None:
        return f"{image} {label}"
    named = lesion[image]
    name = named.get(label) if isinstance(named, Mapping) else named
    if name is None or pd.isna(name):
        said = f"image number {image + 1} shows a lesion labelled {label}, which has no name"
        raise EvaluationError(said, fix="Name every lesion that is outlined", field="lesion")
    return str(name)


def _share(success: Bools, cluster: Ints | None, level: float, without: str) -> Estimate:
    if not success.size:
        return undefined(0, level, "wilson" if cluster is None else "rao-scott, clustered", without)
    if cluster is None:
        return proportion(int(success.sum()), success.size, level=level)
    return clustered_proportion(success, cluster, level=level)


def _mean(values: Floats, cluster: Ints | None, replicates: int, seed: int, level: float, without: str) -> Estimate:
    if not values.size:
        return undefined(0, level, "mean", without)
    return bootstrap("mean", values, cluster=cluster, replicates=replicates, seed=seed, level=level)
