"""Outlines: how well what readers drew fits the reference, by image, lesion and size; and false outlines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import combinations, pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.evaluation import Estimate, LesionOutcome, Overlap, bootstrap, summarise_lesions, summarise_overlaps

MEASURES = ("iou", "dice", "hausdorff95", "surface_distance", "surface_dice")
_THIRDS = (1 / 3, 2 / 3)
_LEAST = 6
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SizeStratum:
    """Lesions of one range of sizes.

    Args:
        name: the range, as shares of the image's area in per cent.
        n: images.
        measures: ``iou, dice``.
    """

    name: str
    n: int
    measures: dict[str, Estimate]


@dataclass(frozen=True)
class OutlinePerformance:
    """One reader's outlines on one part, against the reference outlines.

    Args:
        reader, split: who, and on which part.
        n: images whose reference is known.
        with_lesion, without_lesion: of these.
        patients: different patients among them; None where the table has none.
        images: means over the images with a lesion of ``iou, dice, hausdorff95, surface_distance`` (pixels) and
            ``surface_dice`` (within 1 % of the image's shorter side); an image without any outline drawn has IoU 0, and
            its distances, infinite, are left out and counted in the note.
        pooled: ``iou, dice`` of all pixels of these images together.
        lesions: ``iou, dice``, the mean over lesions of the mean over each lesion's images; empty where none is named.
        strata: by size of the lesion.
        found: ``lesion_sensitivity, view_sensitivity, image_sensitivity, image_specificity, false_outlines,
            false_outlines_beside``; see `readingroom.evaluation.summarise_lesions`.
        values: IoU of every image with a lesion, and the lesion's share of the image, for the figure.
    """

    reader: str
    split: str
    n: int
    with_lesion: int
    without_lesion: int
    patients: int | None
    images: dict[str, Estimate]
    pooled: dict[str, Estimate]
    lesions: dict[str, Estimate]
    strata: tuple[SizeStratum, ...]
    found: dict[str, Estimate]
    values: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class OutlineDifference:
    """Two readers' outlines of the same images: the mean difference of an overlap, first minus second.

    Args:
        first, second, split: who, and on which part.
        measure: ``iou`` or ``dice``.
        n: images with a lesion that both outlined.
        difference: with its interval over patients (or groups, or images).
    """

    first: str
    second: str
    split: str
    measure: str
    n: int
    difference: Estimate


def outline_performances(
    outlined: pd.DataFrame, level: float, edges: Sequence[float] | None = None
) -> tuple[OutlinePerformance, ...]:
    """Every reader on every part that it outlined; the first repeat, all folds of the test part together.

    Args:
        outlined: rows of ``outlines/<reader>.parquet`` of all readers.
        level: confidence level.
        edges: shares of the image that divide the sizes; None takes the thirds of the lesions of the part.
    """
    if outlined.empty:
        return ()
    rows = outlined[outlined["known"] & (outlined["repeat"] == 1)]
    return tuple(_one(part, level, edges) for _, part in rows.groupby(["reader", "split"], sort=False))


def outline_differences(outlined: pd.DataFrame, level: float) -> tuple[OutlineDifference, ...]:
    """Every pair of readers on the judged parts."""
    if outlined.empty:
        return ()
    rows = outlined[outlined["known"] & (outlined["repeat"] == 1) & outlined["split"].isin(["test", "external"])]
    return tuple(one for split, part in rows.groupby("split", sort=False) for one in _pairs(str(split), part, level))


def _pairs(split: str, rows: pd.DataFrame, level: float) -> Iterator[OutlineDifference]:
    shown = rows[rows["reference_size"] > 0]
    for first, second in combinations(shown["reader"].unique(), 2):
        both = shown[shown["reader"] == first].merge(
            shown.loc[shown["reader"] == second, ["image", "iou", "dice"]], on="image", suffixes=("", "_second")
        )
        if len(both) > 1:
            codes = _clusters(both)
            for measure in ("iou", "dice"):
                apart = (both[measure] - both[f"{measure}_second"]).to_numpy()
                found = bootstrap("mean", apart, cluster=codes, level=level)
                yield OutlineDifference(str(first), str(second), split, measure, len(both), found)


def _one(rows: pd.DataFrame, level: float, edges: Sequence[float] | None) -> OutlinePerformance:
    rows = rows.reset_index(drop=True)
    shown = rows[rows["reference_size"] > 0].reset_index(drop=True)
    codes = _clusters(rows)
    patients = None if codes is None or "patient" not in rows else len(np.unique(codes))
    share = (shown["reference_size"] / (shown["height"] * shown["width"])).to_numpy(dtype=float)
    return OutlinePerformance(
        reader=str(rows["reader"].iloc[0]),
        split=str(rows["split"].iloc[0]),
        n=len(rows),
        with_lesion=len(shown),
        without_lesion=len(rows) - len(shown),
        patients=patients,
        images=_means(shown, level) if len(shown) else {},
        pooled=_pooled(shown, level) if len(shown) else {},
        lesions=_by_lesion(shown, level),
        strata=tuple(_strata(shown, share, level, edges)),
        found=_found(rows, level),
        values=tuple(zip(shown["iou"].astype(float).tolist(), share.tolist(), strict=True)),
    )


def _clusters(rows: pd.DataFrame) -> Codes | None:
    for column in ("patient", "group"):
        if column in rows and rows[column].notna().all():
            return np.asarray(pd.factorize(rows[column])[0], dtype=np.int64)
    return None


def _overlaps(rows: pd.DataFrame) -> list[Overlap]:
    names = [one.name for one in fields(Overlap)]
    return [Overlap(**dict(zip(names, values, strict=True))) for values in rows[names].itertuples(index=False)]


def _means(rows: pd.DataFrame, level: float) -> dict[str, Estimate]:
    table = summarise_overlaps(_overlaps(rows), cluster=_clusters(rows), level=level)["all"]
    return {name: table[name] for name in MEASURES}


def _pooled(rows: pd.DataFrame, level: float) -> dict[str, Estimate]:
    iou = rows["iou"].to_numpy(dtype=float)
    sizes = (rows["reference_size"] + rows["prediction_size"]).to_numpy(dtype=float)
    common = sizes * iou / (1 + iou)

    def ratio(of: npt.NDArray[np.float64], to: npt.NDArray[np.float64]) -> float | None:
        return float(of.sum() / to.sum()) if to.sum() else None

    codes = _clusters(rows)
    return {
        "iou": bootstrap(ratio, common, sizes - common, cluster=codes, level=level),
        "dice": bootstrap(ratio, 2 * common, sizes, cluster=codes, level=level),
    }


def _by_lesion(rows: pd.DataFrame, level: float) -> dict[str, Estimate]:
    if "lesion" not in rows or rows["lesion"].isna().any() or rows.empty:
        return {}
    keys = [column for column in ("patient", "group", "lesion") if column in rows]
    means = rows.groupby(keys, sort=False)[["iou", "dice"]].mean().reset_index()
    codes = _clusters(means)
    return {name: bootstrap("mean", means[name].to_numpy(), cluster=codes, level=level) for name in ("iou", "dice")}


def _strata(
    rows: pd.DataFrame, share: npt.NDArray[np.float64], level: float, edges: Sequence[float] | None
) -> Iterator[SizeStratum]:
    if len(rows) < _LEAST:
        return
    cuts = list(edges) if edges else sorted(set(np.quantile(share, _THIRDS).tolist()))
    ends = [0.0, *cuts, np.inf]
    for low, high in pairwise(ends):
        inside = (share >= low) & (share < high)
        if inside.any():
            found = _means(rows[inside].reset_index(drop=True), level)
            yield SizeStratum(_range(low, high), int(inside.sum()), {name: found[name] for name in ("iou", "dice")})


def _range(low: float, high: float) -> str:
    if low == 0:
        return f"< {100 * high:.2g} %"
    return f"≥ {100 * low:.2g} %" if np.isinf(high) else f"{100 * low:.2g}–{100 * high:.2g} %"


def _found(rows: pd.DataFrame, level: float) -> dict[str, Estimate]:
    counts = rows[["lesions", "lesions_found", "outlines", "false_outlines"]].to_numpy(dtype=int)
    outcomes = [
        LesionOutcome(tuple(range(1, shown + 1)), tuple(place < hit for place in range(shown)), (), drawn, false)
        for shown, hit, drawn, false in counts.tolist()
    ]
    named = rows["lesion"].tolist() if "lesion" in rows and _one_a_lesion(rows) else None
    table = summarise_lesions(outcomes, lesion=named, patient=_clusters(rows), level=level)
    return {name: table[name] for name in table if table[name].defined}


def _one_a_lesion(rows: pd.DataFrame) -> bool:
    """Whether every image with a lesion shows one that the table names."""
    shown = rows[rows["lesions"] > 0]
    return bool(shown["lesion"].notna().all() and (shown["lesions"] == 1).all())
