"""Sheets of marks: slices through lesions that were missed, lesions that were found, and the surest false marks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from readingroom.cases.stacks.choice import StackChoice
from readingroom.cases.stacks.geometry import place_of
from readingroom.cases.stacks.pixels import volume_window
from readingroom.cases.stacks.read import read_stack
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.window import WindowChoice
from readingroom.core.errors import ImageError
from readingroom.core.translations import Translator
from readingroom.reading.outlines import Outline, mask_outlines
from readingroom.reading.overlay import Mark
from readingroom.reading.sheets import OutlinedCase
from readingroom.report.analyses.boxed import PLACE, FoundBoxes
from readingroom.report.outline_sheets import CELL_PX, Sheet, save_sheet

EACH = 2
"""Lesions missed, lesions found, and false marks that are shown of a reader."""

_AROUND_MM = 50.0
"""From the middle of a picture to its edge, at most; near an edge of the volume the place is not in the middle."""
_LEAST_RING_MM = 3.0

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """A place that is shown: a volume, a point in it, and what happened there."""

    image: str
    point_mm: tuple[float, float, float]
    said: str


@dataclass(frozen=True)
class Looked:
    """How volumes are looked at.

    Args:
        root: folder of the images.
        stack: what of a stack is seen.
        window: how more than 8 bits become 8.
    """

    root: Path
    stack: StackChoice
    window: WindowChoice


def mark_sheets(found: FoundBoxes, split: str, looked: Looked, folder: Path, say: Translator) -> list[Sheet]:
    """Draw and save the sheet of every reader on one part, as JPEG.

    Args:
        found: marks of all readers, and the lesions.
        split: the part.
        looked: where the volumes are.
        folder: to write into.
        say: the language.
    """
    rows = found.found[(found.found["split"] == split) & (found.found["repeat"] == 1)]
    sheets = []
    for place, (reader, own) in enumerate(rows.groupby("reader", sort=False), start=1):
        cases = [case for seen in choose(own, found, say) if (case := _case(seen, own, found, looked, say)) is not None]
        if cases:
            title = say("{reader}: lesions missed, lesions found, and the surest false marks", reader=str(reader))
            sheets.append(save_sheet(cases, f"marks-{place}", str(reader), title, folder, say))
    return sheets


def choose(own: pd.DataFrame, found: FoundBoxes, say: Translator) -> list[Seen]:
    """The places of one reader that are shown: the largest lesions missed, others found, the surest false marks."""
    counted = own[own["counted"].astype(bool)]
    lesions = found.reference[found.reference["image"].isin(own["image"])].dropna(subset=PLACE)
    lesions = lesions.sort_values("radius_mm", ascending=False, kind="stable")
    missed: list[Seen] = []
    hit: list[Seen] = []
    for row in lesions.to_dict("records"):
        point = (float(row["x_mm"]), float(row["y_mm"]), float(row["z_mm"]))
        reach = max(float(row["radius_mm"]), found.hit_mm)
        near = _apart(counted[counted["image"] == row["image"]], point) <= reach
        text = "{mm} mm: found" if near.any() else "{mm} mm: missed"
        seen = Seen(str(row["image"]), point, say(text, mm=f"{2 * float(row['radius_mm']):.1f}"))
        (hit if near.any() else missed).append(seen)
    false = [_false(row, say) for row in _false_marks(counted, lesions, found.hit_mm)]
    return [*missed[:EACH], *hit[:EACH], *false[:EACH]]


def _false(row: pd.Series, say: Translator) -> Seen:
    point = (float(row["x_mm"]), float(row["y_mm"]), float(row["z_mm"]))
    return Seen(str(row["image"]), point, say("false mark, score {score}", score=f"{row['score']:.2f}"))


def _false_marks(counted: pd.DataFrame, lesions: pd.DataFrame, hit_mm: float) -> Iterator[pd.Series]:
    """Marks that count and hit nothing, the surest of each volume, the surest first."""
    ordered = counted.sort_values("score", ascending=False, kind="stable").drop_duplicates("image")
    for _, row in ordered.iterrows():
        there = lesions[lesions["image"] == row["image"]]
        apart = _apart(there, (float(row["x_mm"]), float(row["y_mm"]), float(row["z_mm"])))
        if not (apart <= np.maximum(there["radius_mm"].to_numpy(dtype=float), hit_mm)).any():
            yield row


def _apart(rows: pd.DataFrame, point_mm: tuple[float, float, float]) -> Points:
    return np.asarray(np.linalg.norm(rows[PLACE].to_numpy(dtype=float) - np.array(point_mm), axis=1))


def _case(seen: Seen, own: pd.DataFrame, found: FoundBoxes, looked: Looked, say: Translator) -> OutlinedCase | None:
    """A row of the sheet; None where the volume is not at hand any more."""
    try:
        stack = read_stack(looked.root / seen.image, looked.stack)
    except (ImageError, FileNotFoundError):
        return None
    if stack.affine is None or stack.spacing_mm is None:
        return None
    cut = Slice.through(stack, seen.point_mm, looked.window)
    lesions = found.reference[found.reference["image"] == seen.image].dropna(subset=PLACE)
    counted = own[(own["image"] == seen.image) & own["counted"].astype(bool)]
    rings = [ring for *point, radius in lesions[[*PLACE, "radius_mm"]].to_numpy(dtype=float)
             if (ring := cut.ring(np.array(point), radius)) is not None]  # fmt: skip
    marks = []
    for *point, score in counted[[*PLACE, "score"]].to_numpy(dtype=float):
        ring = cut.ring(np.array(point), max(found.hit_mm, _LEAST_RING_MM))
        if ring is not None:
            marks.append(Mark(ring, f"{score:.2f}"))
    name = f"{Path(seen.image).name} · {seen.said}"
    return OutlinedCase(cut.pixels, {say("Reference"): rings} if rings else {}, marks, name)


@dataclass(frozen=True)
class Slice:
    """A plane of a volume around a point, at equal distances along rows and columns.

    Args:
        pixels: (S, S) 8 bit.
        affine: of the volume.
        plane: which one.
        corner: row and column of the volume at the picture's first pixel.
        steps: rows and columns of the volume a pixel.
        mm_px: size of a pixel.
        plane_mm: between planes.
    """

    pixels: npt.NDArray[np.uint8]
    affine: Points
    plane: int
    corner: Points
    steps: Points
    mm_px: float
    plane_mm: float

    @classmethod
    def through(cls, stack: LoadedStack, point_mm: tuple[float, float, float], window: WindowChoice) -> Slice:
        """The plane next to a point of a volume whose place is known."""
        assert stack.affine is not None
        assert stack.spacing_mm is not None
        volume = np.asarray(stack.planes)
        place = place_of(stack.affine, point_mm)
        plane = int(np.clip(np.rint(place[0]), 0, len(volume) - 1))
        between, *steps_mm = stack.spacing_mm
        extent_mm = np.array(volume.shape[1:]) * steps_mm
        side_mm = float(min(2 * _AROUND_MM, extent_mm.max()))
        steps = side_mm / CELL_PX / np.array(steps_mm)
        corner = place[1:] - (CELL_PX - 1) / 2 * steps
        # Near an edge of the volume the picture is shifted rather than half empty.
        room = np.array(volume.shape[1:]) - 1 - (CELL_PX - 1) * steps
        corner = np.where(room > 0, np.clip(corner, 0, np.maximum(room, 0)), room / 2)
        shown, _ = volume_window(stack, window)(volume[plane].astype(np.float32))
        matrix = np.array([[steps[1], 0, corner[1]], [0, steps[0], corner[0]]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        pixels = cv2.warpAffine(shown, matrix, (CELL_PX, CELL_PX), flags=flags, borderMode=cv2.BORDER_CONSTANT)
        return cls(np.asarray(pixels, np.uint8), stack.affine, plane, corner, steps, side_mm / CELL_PX, between)

    def ring(self, point_mm: Points, radius_mm: float) -> Outline | None:
        """Where a ball cuts the plane; None where it does not."""
        place = place_of(self.affine, (float(point_mm[0]), float(point_mm[1]), float(point_mm[2])))
        away = abs(place[0] - self.plane) * self.plane_mm
        if away > max(radius_mm, self.plane_mm / 2):
            return None
        row, column = (place[1:] - self.corner) / self.steps
        reach = max(np.sqrt(max(radius_mm**2 - away**2, 0.0)), 1.0) / self.mm_px
        disc = np.zeros(self.pixels.shape, np.uint8)
        cv2.circle(disc, (round(column), round(row)), max(2, round(reach)), 1, -1)
        found = mask_outlines(disc)
        return found[0] if found else None
