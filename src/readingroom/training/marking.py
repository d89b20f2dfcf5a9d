"""Learning to mark lesions in volumes: heat around each lesion's middle, focal loss, and average precision of peaks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from readingroom.cases.stacks.whole import to_mm, to_places
from readingroom.core.files import hash_value
from readingroom.evaluation import Matches, average_precision, match_points
from readingroom.reading.mark_engine import Extent, normalise
from readingroom.reading.marks import FoundMarks, find_peaks
from readingroom.reading.preprocessing import Preprocessing
from readingroom.training.augmentation import AugmentationSection
from readingroom.training.objectives import Examples, Objective
from readingroom.training.patches import PatchDraw, Vector, draw_change, draw_start, take_patch
from readingroom.training.prepared_volumes import PreparedVolumes
from readingroom.training.sources import Rows, Source, Spares

_AT_ONCE = 8
_LEAST_SD = 1.0
"""Voxels: narrower heat is on one voxel or none."""
_SURE = 0.5
"""Heat from which on a voxel is taken to show a lesion's middle."""
_PLAIN = "plain"


@dataclass(frozen=True, eq=False)
class PreparedPoints:
    """The lesions of every prepared volume.

    Args:
        rows: as the volumes'; (N, 4) x, y, z and radius in mm, N = 0 where there is none, None where it is not known.
    """

    rows: tuple[Vector | None, ...]

    @property
    def key(self) -> str:
        """Hash of all of them."""
        return hash_value([None if one is None else one.round(6).tolist() for one in self.rows])

    def of(self, row: int) -> Vector:
        """(N, 4); none where it is not known."""
        found = self.rows[row]
        return np.empty((0, 4)) if found is None else found


def shares_of(points: PreparedPoints, volumes: PreparedVolumes) -> tuple[Vector | None, ...]:
    """Where the lesions lie as shares of their volumes' extent (N, 4), the radius as it is: to be put in others."""
    return tuple(
        None if known is None else np.column_stack([_of_extent(known, volumes, row), known[:, 3]])
        for row, known in enumerate(points.rows)
    )


def _of_extent(known: Vector, volumes: PreparedVolumes, row: int) -> Vector:
    return np.asarray((to_places(volumes.affine(row), known[:, :3]) + 0.5) / volumes.voxels(row).shape)


def of_shares(shares: Sequence[Vector | None], volumes: PreparedVolumes) -> PreparedPoints:
    """The inverse of `shares_of`, in the volumes of the same rows."""
    placed = (
        None if one is None else to_mm(volumes.affine(row), one[:, :3] * volumes.voxels(row).shape - 0.5)
        for row, one in enumerate(shares)
    )
    return PreparedPoints(tuple(
        None if where is None or one is None else np.column_stack([where, one[:, 3]])
        for where, one in zip(placed, shares, strict=True)
    ))  # fmt: skip


@dataclass(frozen=True)
class Patches:
    """The patches of volumes: patch ``k`` of volume ``v`` is row ``v * each + k``.

    Args:
        volumes: prepared.
        points: of the same rows.
        extent: of a patch: planes, rows, columns.
        spacing_mm: of the volumes.
        each: patches of a volume in an epoch.
        section: what is changed in training.
        seed: of the drawing.
    """

    volumes: PreparedVolumes
    points: PreparedPoints
    extent: Extent
    spacing_mm: tuple[float, float, float]
    each: int
    section: AugmentationSection | None
    seed: int

    def rows(self, volumes: Rows) -> Rows:
        """The rows of all patches of some volumes."""
        return np.asarray((volumes[:, None] * self.each + np.arange(self.each)).ravel())

    def examples(self, of: Examples) -> Examples:
        """The patches of the volumes of some examples."""
        return Examples(self.rows(of.training), self.rows(of.validation), np.repeat(of.targets, self.each), of.classes)

    def draw(self, row: int, epoch: int | None) -> PatchDraw:
        """Where a patch lies in an epoch; None: where it is judged, unchanged and the same in all epochs."""
        volume = row // self.each
        shape, places = self.volumes.voxels(volume).shape, self.lesions(volume)[:, :3]
        start = draw_start(shape, places, self.extent, self.seed, _PLAIN if epoch is None else epoch, row)
        if epoch is None or self.section is None:
            return PatchDraw(start, np.eye(3, 4))
        return draw_change(start, self.extent, self.spacing_mm, self.section, self.seed, epoch, row)

    def lesions(self, volume: int) -> Vector:
        """(N, 4) plane, row and column of a volume's lesions, and radius in mm."""
        known = self.points.of(volume)
        return np.column_stack([to_places(self.volumes.affine(volume), known[:, :3]), known[:, 3]])

    def pixels(self, rows: Rows, epoch: int | None) -> Tensor:
        """(B, D, H, W) 0 to 255."""
        taken = [take_patch(self.volumes.voxels(row // self.each), self.draw(row, epoch), self.extent)
                 for row in rows.tolist()]  # fmt: skip
        return torch.from_numpy(np.stack(taken))

    def shown(self, row: int, epoch: int | None) -> Vector:
        """(N, 4) plane, row and column in the patch of the lesions of its volume, and radius in mm."""
        lesions = self.lesions(row // self.each)
        return np.column_stack([self.draw(row, epoch).in_patch(lesions[:, :3]), lesions[:, 3]])


@dataclass(frozen=True)
class PatchSource(Source):
    """Patches as the network takes them: (B, D, H, W), normalised."""

    patches: Patches
    preprocessing: Preprocessing

    def drawn(self, rows: Rows, epoch: int, spares: Spares | None = None) -> Tensor:  # noqa: D102
        return normalise(self.patches.pixels(rows, epoch), self.preprocessing)

    def plain(self, rows: Rows, spares: Spares | None = None) -> Tensor:  # noqa: D102
        return normalise(self.patches.pixels(rows, None), self.preprocessing)


@dataclass(frozen=True)
class HeatObjective(Objective):
    """Heat that is 1 in the middle of each lesion and falls off with its size.

    Args:
        patches: the source's.
        hit_mm: distance within which a mark hits however small the lesion is.
    """

    patches: Patches
    hit_mm: float

    def drawn(self, rows: Rows, epoch: int) -> tuple[Tensor, list[Vector]]:  # noqa: D102
        return self._targets(rows, epoch)

    def plain(self, rows: Rows) -> tuple[Tensor, list[Vector]]:  # noqa: D102
        return self._targets(rows, None)

    def _targets(self, rows: Rows, epoch: int | None) -> tuple[Tensor, list[Vector]]:
        shown = [self.patches.shown(row, epoch) for row in rows.tolist()]
        heat = [heat_of(one, self.patches.extent, self.patches.spacing_mm) for one in shown]
        return torch.from_numpy(np.stack(heat)), shown

    def loss(self, model: nn.Module, inputs: Tensor, targets: tuple[Tensor, list[Vector]]) -> Tensor:  # noqa: D102
        return focal_loss(model(inputs), targets[0].to(inputs.device))

    def answer(self, module: nn.Module, inputs: Tensor) -> Tensor:  # noqa: D102
        return torch.cat([module(part).float().cpu() for part in torch.split(inputs, _AT_ONCE)])

    def judge(self, answers: Iterable[tuple[Tensor, tuple[Tensor, list[Vector]]]]) -> dict[str, float]:
        """Loss, and average precision of the peaks in the patches."""
        losses: list[float] = []
        found: list[FoundMarks] = []
        truths: list[Vector] = []
        for logits, (heat, shown) in answers:
            losses += [float(focal_loss(one[None], two[None])) for one, two in zip(logits, heat, strict=True)]
            found += [find_peaks(one.sigmoid(), (0, 0, 0), self.patches.extent) for one in logits]
            truths += [self._inside(one) for one in shown]
        marks = [one.places * np.array(self.patches.spacing_mm) for one in found]
        scores = [one.scores for one in found]
        precision = average_precision(match_found(marks, scores, truths, self.hit_mm), replicates=0).value
        return {
            "validation_loss": float(np.mean(losses)),
            "validation_ap": float("nan") if precision is None else precision,
        }

    def _inside(self, shown: Vector) -> Vector:
        """(N, 4) lesions whose middle a patch shows, in mm from its corner."""
        inside = ((shown[:, :3] >= -0.5) & (shown[:, :3] <= np.array(self.patches.extent) - 0.5)).all(axis=1)
        return np.asarray(shown[inside] * np.array([*self.patches.spacing_mm, 1.0]))

    @property
    def shown(self) -> tuple[str, str]:  # noqa: D102
        return "validation_ap", "AP"


def heat_of(lesions: Vector, extent: Extent, spacing_mm: Sequence[float]) -> npt.NDArray[np.float32]:
    """Heat (D, H, W): a Gaussian around each lesion, half its radius wide and at least a voxel; the highest counts.

    Args:
        lesions: (N, 4) plane, row, column, and radius in mm.
        extent: of the patch.
        spacing_mm: of its voxels.
    """
    heat = np.zeros(extent, np.float32)
    for *place, radius in lesions.tolist():
        sds = [max(radius / 2 / step, _LEAST_SD) for step in spacing_mm]
        planes, rows, columns = (
            np.exp(-((np.arange(side) - at) ** 2) / (2 * sd**2))
            for side, at, sd in zip(extent, place, sds, strict=True)
        )
        heat = np.maximum(heat, (planes[:, None, None] * rows[:, None] * columns).astype(np.float32))
    return heat


def focal_loss(logits: Tensor, heat: Tensor) -> Tensor:
    """Penalty-reduced focal loss, a lesion's share of the batch's.

    Voxels from half of the heat on are a lesion's, weighted by their heat, so that a lesion counts as much wherever its
    middle lies between voxels; the nearer others are to one, the less their heat is punished.

    Args:
        logits: (B, D, H, W).
        heat: the same, 0 to 1.

    Source: Zhou, Wang and Krähenbühl, Objects as Points, arXiv 1904.07850, equation 1, whose only positives are the
    middles themselves; alpha 2, beta 4.
    """
    logits, weight = logits.float(), torch.where(heat >= _SURE, heat, 0.0)
    found = logits.sigmoid()
    positive = weight * (1 - found) ** 2 * nn.functional.softplus(-logits)
    negative = (heat < _SURE) * (1 - heat) ** 4 * found**2 * nn.functional.softplus(logits)
    lesions = weight.sum().clamp(min=1.0)
    return positive.sum() / lesions + negative.sum() / lesions


def match_found(
    marks: Sequence[Vector], scores: Sequence[npt.NDArray[np.float64]], truths: Sequence[Vector], hit_mm: float
) -> Matches:
    """Match the marks of each of several volumes, (M, 3) in mm, with their lesions, (N, 4)."""
    at = [np.repeat(np.arange(len(parts)), [len(one) for one in parts]) for parts in (marks, truths)]
    return match_points(
        np.arange(len(marks)),
        at[0],
        np.concatenate([np.empty(0), *scores]),
        np.concatenate([np.empty((0, 3)), *marks]),
        at[1],
        np.concatenate([np.empty((0, 4)), *truths]),
        at_least_mm=hit_mm,
    )
