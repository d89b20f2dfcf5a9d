"""Patches of volumes: drawn around lesions and anywhere, changed as other images are, and interpolated once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from readingroom.core.seeds import generator
from readingroom.reading.mark_engine import Extent, cut
from readingroom.reading.preprocessing import Pixels
from readingroom.training.augmentation import AugmentationSection
from readingroom.training.augmentation.volume import compose_volumes
from readingroom.training.augmentation.volume_draw import draw_volumes

Vector = npt.NDArray[np.float64]

AROUND = 0.5
"""Share of the patches of a volume with a lesion that show one."""
_NEAR = 0.35
"""How far from the middle of such a patch the lesion may lie, as a share of the patch's side."""


@dataclass(frozen=True)
class PatchDraw:
    """Where a patch lies, and how it is changed.

    Args:
        start: plane, row and column of the volume at the corner of the patch, before it is changed.
        matrix: (3, 4) from places in the changed patch, with a 1 behind, to places in the patch as it lies.
        brightness: factor.
        contrast: factor about the patch's own mean.
    """

    start: npt.NDArray[np.int64]
    matrix: Vector
    brightness: float = 1.0
    contrast: float = 1.0

    @property
    def plain(self) -> bool:
        """Whether it is a box of the volume as it is."""
        return bool((self.matrix == np.eye(3, 4)).all())

    def in_patch(self, places: Vector) -> Vector:
        """(N, 3) where places of the volume (N, 3) lie in the patch."""
        return np.asarray(np.linalg.solve(self.matrix[:, :3], (places - self.start - self.matrix[:, 3]).T).T)


def draw_start(
    shape: tuple[int, ...], lesions: Vector, extent: Extent, seed: int, *names: int | str
) -> npt.NDArray[np.int64]:
    """Draw where a patch lies: half the time around one of the lesions, where there are any.

    Args:
        shape: of the volume.
        lesions: (N, 3) plane, row and column; N may be 0.
        extent: of the patch.
        seed: of the training.
        names: what the patch is drawn for; the same names give the same patch.

    Returns:
        (3,) plane, row and column of its corner; below 0 where the volume is smaller than the patch.
    """
    uniform = generator(seed, "patch", *names).random(8)
    room = np.array(shape) - extent
    start = np.where(room > 0, room * uniform[:3], room / 2)
    if len(lesions) and uniform[3] < AROUND:
        lesion = lesions[int(uniform[4] * len(lesions))]
        start = lesion + (uniform[5:] - 0.5) * 2 * _NEAR * np.array(extent) - (np.array(extent) - 1) / 2
    return np.asarray(np.rint(start), dtype=np.int64)


def draw_change(
    start: npt.NDArray[np.int64],
    extent: Extent,
    spacing_mm: tuple[float, float, float],
    section: AugmentationSection,
    seed: int,
    epoch: int,
    row: int,
) -> PatchDraw:
    """Draw how a patch is changed, as `readingroom.training.augmentation` does for any volume.

    Args:
        start: of the patch.
        extent: of the patch.
        spacing_mm: of the volume.
        section: what is drawn; without an elastic field.
        seed: of the training.
        epoch: from 0.
        row: of the patch.
    """
    ratio = spacing_mm[0] / spacing_mm[1]
    draws = draw_volumes(section, seed, epoch, [row], extent[1:], depth=extent[0], spacing_ratio=ratio)
    # Points are x, y, z with the corner of the first voxel at 0; places are planes, rows, columns with its middle at 0.
    points = compose_volumes(draws, extent, ratio).matrix[0][::-1]
    linear = points[:, 2::-1]
    matrix = np.column_stack([linear, points[:, 3] + linear.sum(axis=1) / 2 - 0.5])
    brightness, contrast = (float(draws.column(name)[0]) for name in ("brightness", "contrast"))
    return PatchDraw(start, matrix, brightness, contrast)


def take_patch(volume: Pixels, draw: PatchDraw, extent: Extent) -> npt.NDArray[np.float32]:
    """The patch (D, H, W) of a volume, 0 to 255; black outside the volume. One linear interpolation.

    Args:
        volume: (D, H, W) 8 bit.
        draw: of the patch.
        extent: of the patch.
    """
    if draw.plain:
        made = cut(volume, tuple(draw.start.tolist()), extent).astype(np.float32)
    else:
        made = _warped(volume, draw, extent)
    mean = float(made.mean())
    return np.asarray((mean + (made - mean) * draw.contrast) * draw.brightness).clip(0, 255).astype(np.float32)


def _warped(volume: Pixels, draw: PatchDraw, extent: Extent) -> npt.NDArray[np.float32]:
    linear, offset = draw.matrix[:, :3], draw.matrix[:, 3] + draw.start
    # Only the box that the turned patch lies in is read from the file.
    corners = np.array(np.meshgrid(*[(0, side - 1) for side in extent], indexing="ij")).reshape(3, -1)
    reached = linear @ corners + offset[:, None]
    low, high = np.floor(reached.min(axis=1)).astype(int) - 1, np.ceil(reached.max(axis=1)).astype(int) + 2
    planes, rows, columns = (high - low).tolist()
    box = cut(volume, tuple(low.tolist()), (planes, rows, columns))
    return np.asarray(
        ndimage.affine_transform(box, linear, offset - low, extent, np.float32, order=1, mode="constant", cval=0.0)
    )
