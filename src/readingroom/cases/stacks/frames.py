"""Frames: of a video file, of a DICOM file with several, or of a folder of pictures in the order of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from readingroom.cases.dicom.dataset import is_dicom_file
from readingroom.cases.folders import natural_key
from readingroom.cases.images import IMAGE_SUFFIXES, LoadedImage, read_image
from readingroom.cases.stacks.dicom_frames import KIND, frame_image, open_frames
from readingroom.cases.stacks.drawing import spread
from readingroom.cases.stacks.nifti import is_nifti
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.stacks.video import read_clip
from readingroom.core.errors import ImageError

_ONE = "one frame only, which is no sequence"
_SINGLE = "Take it out of the table, or read single images: leave input.stack out"
_NAMED = 5
_GIVE = "Give a video file, or a folder of pictures (PNG, JPEG, TIFF, BMP or DICOM) in the order of their names"
_ONE_SIZE = "Save all frames of a clip with one size, or give each clip a folder of its own"


def read_frames(path: Path, planes: int) -> LoadedStack:
    """Draw frames evenly from a clip.

    Args:
        path: a video file, a DICOM file, or a folder of pictures.
        planes: frames that are wanted; of fewer all are taken, and the rest is None.

    Raises:
        ImageError: no frames or one only, frames that cannot be read, or of different sizes.
    """
    if path.is_dir():
        kind, (frames, count, notes) = "frames", _of_folder(path, planes)
    elif is_dicom_file(path):
        kind, (frames, count, notes) = KIND, _of_dicom(path, planes)
    elif path.suffix.lower() in IMAGE_SUFFIXES:
        kind, (frames, count, notes) = "frames", ([read_image(path)], 1, [])
    else:
        kind, (frames, count, notes) = "video", _of_video(path, planes)
    if count == 1:
        raise ImageError(_ONE, fix=_SINGLE, file=path)
    _check_sizes(frames, path)
    notes = [_counted(count, len(frames)), *notes, *_common(frames)]
    facts = replace(frames[0].facts, kind=kind, notes=tuple(dict.fromkeys(notes)))
    return LoadedStack((*frames, *(None,) * (planes - len(frames))), facts, frames[0].display)


Found = tuple[list[LoadedImage], int, list[str]]
"""Frames drawn, the number of all, and notes."""


def _of_video(path: Path, planes: int) -> Found:
    if is_nifti(path):
        raise ImageError("a NIfTI file is no clip", fix="Read it with `stack: {kind: volume}`", file=path)
    clip = read_clip(path, planes)
    return list(clip.frames), clip.count, [] if clip.seconds is None else [f"{clip.seconds:.2f} s"]


def _of_dicom(path: Path, planes: int) -> Found:
    frames = open_frames(path)
    chosen = spread(len(frames), planes)
    return [frame_image(frames, place, path) for place in chosen], len(frames), []


def _of_folder(path: Path, planes: int) -> Found:
    files, others = picture_files(path)
    if not files:
        raise ImageError(_nothing(path), fix=_GIVE, file=path)
    chosen = spread(len(files), planes)
    notes = [f"{others} other files in the folder passed over"] if others else []
    return [read_image(files[place]) for place in chosen], len(files), notes


def _nothing(path: Path) -> str:
    names = sorted(one.name for one in path.iterdir() if not one.name.startswith("."))
    return f"no pictures in this folder, but {', '.join(names[:_NAMED])}" if names else "an empty folder"


def picture_files(folder: Path) -> tuple[list[Path], int]:
    """The pictures in a folder, not below it, in natural order; and how many other files there are."""
    files = [one for one in folder.iterdir() if one.is_file() and not one.name.startswith(".")]
    kept = [one for one in files if one.suffix.lower() in IMAGE_SUFFIXES or is_dicom_file(one)]
    return sorted(kept, key=lambda one: natural_key(one.name)), len(files) - len(kept)


def _check_sizes(frames: Sequence[LoadedImage], path: Path) -> None:
    sizes = dict.fromkeys((frame.facts.width, frame.facts.height) for frame in frames)
    if len(sizes) > 1:
        said = ", ".join(f"{width} x {height}" for width, height in list(sizes)[:_NAMED])
        raise ImageError(f"frames of different sizes ({said})", fix=_ONE_SIZE, file=path)


def _counted(count: int, drawn: int) -> str:
    return f"{drawn} of {count} frames" if drawn < count else f"{count} frames"


def _common(frames: Sequence[LoadedImage]) -> list[str]:
    return [note for frame in frames for note in frame.facts.notes]
