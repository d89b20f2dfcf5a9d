"""A DICOM file of several frames: as a volume, or as a clip of which some frames are decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from readingroom.cases.dicom.dataset import numbers_of
from readingroom.cases.dicom.pixels import DicomFrames, DicomImage
from readingroom.cases.dicom.series import SAME_MM, Stack
from readingroom.cases.dicom.slices import Slice, read_slice
from readingroom.cases.images import MAX_PIXELS, ImageFacts, LoadedImage, read_bytes
from readingroom.cases.stacks.dicom_place import SlicePlaces
from readingroom.cases.stacks.filling import Filling
from readingroom.cases.stacks.geometry import nearest_axial
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.stacks.turning import Turn, turned
from readingroom.core.errors import ImageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

KIND = "DICOM frames"


def open_frames(path: Path) -> DicomFrames:
    """The frames of a DICOM file.

    Raises:
        ImageError: as `readingroom.cases.images.read_image`.
    """
    try:
        return DicomFrames(read_bytes(path), MAX_PIXELS)
    except ImageError as error:
        raise ImageError(error.what, fix=error.fix, field=error.field, file=path) from error


def frame_image(frames: DicomFrames, place: int, path: Path) -> LoadedImage:
    """One frame as an image.

    Raises:
        ImageError: it cannot be decoded.
    """
    try:
        found = frames.decode(place)
    except ImageError as error:
        raise ImageError(f"frame {place + 1}: {error.what}", fix=error.fix, file=path) from error
    return LoadedImage(np.ascontiguousarray(found.pixels), _facts(found), found.display)


def _facts(found: DicomImage) -> ImageFacts:
    height, width = found.pixels.shape[:2]
    return ImageFacts(KIND, width, height, found.channels, found.bits, notes=tuple(found.notes))


def read_frame_volume(path: Path, *, in_mm: bool, turn: Turn = nearest_axial) -> LoadedStack:
    """Read the volume of a file with a frame for each slice, such as Enhanced CT and MR.

    Args:
        path: of the file.
        in_mm: distances matter: frames must have positions, each its own, and lie at equal distances.
        turn: the order of axes.

    Raises:
        ImageError: as `readingroom.cases.stacks.dicom_volume.read_series`.
    """
    frames = open_frames(path)
    stack, order = _ordered(frames, read_slice(path), path)
    place = SlicePlaces.of(stack.slices)
    problems = place.problems(stack)
    if in_mm:
        place.refuse(problems, path)
    filling = Filling((len(order), *stack.slices[0].size_px))
    middle = frame_image(frames, order[len(order) // 2], path)
    for at, frame in enumerate(order):
        image = frame_image(frames, frame, path)
        if image.pixels.ndim == 3:
            raise ImageError("frames of colours", fix="Read them as frames, not as a volume", file=path)
        filling.put(at, image.pixels[None])
    notes = (*(problem.what for problem in problems), *middle.facts.notes)
    made = filling.made()
    whole = LoadedStack(made, replace(middle.facts, notes=notes), middle.display, place.affine(stack))
    whole = turned(whole, made, turn)
    return replace(whole, affine=None) if problems else whole


def _ordered(frames: DicomFrames, one: Slice, path: Path) -> tuple[Stack, list[int]]:
    """A slice for each frame along the normal, and which frame each is; as they come where one has no position."""
    corners = _corners(frames.dataset)
    if one.normal is None or len(corners) != len(frames):
        bare = replace(one, normal=None, position_mm=None, corner_mm=None, frames=1)
        return Stack((bare,) * len(frames)), list(range(len(frames)))
    along = [float(np.dot(corner, one.normal)) for corner in corners]
    order = sorted(range(len(frames)), key=along.__getitem__)
    placed = [along[frame] for frame in order]
    if any(np.diff(placed) <= SAME_MM):
        raise ImageError(
            "several frames at each position (phases, echoes)",
            fix="Export each as a series of its own, or read them as frames",
            file=path,
        )
    made = [_slice(one, corners[frame], along[frame]) for frame in order]
    return Stack(tuple(made)), order


def _slice(one: Slice, corner: Sequence[float], position: float) -> Slice:
    x, y, z = corner
    return replace(one, corner_mm=(x, y, z), position_mm=position, frames=1)


def _corners(dataset: Dataset) -> list[tuple[float, ...]]:
    """Positions of the frames in their order; fewer where a frame has none or another orientation than the first."""
    found, directions = [], set()
    for item in list(dataset.get("PerFrameFunctionalGroupsSequence") or []):
        for held in list(item.get("PlanePositionSequence") or [])[:1]:
            found += [numbers_of(held, "ImagePositionPatient")]
        for held in list(item.get("PlaneOrientationSequence") or [])[:1]:
            directions.add(tuple(round(one, 3) for one in numbers_of(held, "ImageOrientationPatient")))
    return [corner for corner in found if len(corner) == 3] if len(directions) < 2 else []
