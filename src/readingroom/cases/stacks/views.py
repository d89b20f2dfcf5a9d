"""Views of one patient: a folder with a file or a folder for each, called as the view."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from readingroom.cases.dicom.dataset import is_dicom_file
from readingroom.cases.images import LoadedImage, read_image
from readingroom.cases.stacks.choice import ViewStack
from readingroom.cases.stacks.dicom_frames import open_frames, read_frame_volume
from readingroom.cases.stacks.dicom_volume import dicom_files, read_series
from readingroom.cases.stacks.drawing import middles
from readingroom.cases.stacks.frames import picture_files
from readingroom.cases.stacks.geometry import upright
from readingroom.cases.stacks.nifti import SUFFIXES, is_nifti, read_nifti
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.core.errors import ImageError

_NAMED = 10


def read_views(path: Path, choice: ViewStack) -> LoadedStack:
    """Read the views of one patient.

    Args:
        path: the patient's folder. A view is a picture, a DICOM file, a NIfTI file, a folder with the DICOM files of
            one series, or a folder of pictures; its name without ending is that of the view, in capitals or not.
        choice: names of the views, and planes of each. Of a series the middles of so many equal parts are taken, as
            acquired and upright.

    Returns:
        ``each`` planes for every name, None where a view or a plane is missing.

    Raises:
        ImageError: no such folder, none of the names in it, a name twice, or a view that cannot be read.
    """
    if not path.is_dir():
        what = "a file, not a folder of views" if path.exists() else "no such folder"
        raise ImageError(what, fix="Name the patient's folder in the table", file=path)
    held = _held(path)
    found = [_view(held[_key(name)], name, path, choice.each) for name in choice.names]
    first = next((view[0] for view in found if view), None)
    if first is None:
        raise _none_known(path, choice)
    missing = [name for name, view in zip(choice.names, found, strict=True) if not view]
    notes = [f"missing: {', '.join(missing)}"] if missing else []
    for name, view in zip(choice.names, found, strict=True):
        notes += [f"{name}: {note}" for note in dict.fromkeys(note for plane in view for note in plane.facts.notes)]
    planes = [plane for view in found for plane in (*view, *(None,) * (choice.each - len(view)))]
    return LoadedStack(tuple(planes), replace(first.facts, kind="views", notes=tuple(notes)), first.display)


def _none_known(path: Path, choice: ViewStack) -> ImageError:
    names = sorted(one.name for one in path.iterdir() if not one.name.startswith("."))
    there = ", ".join(names[:_NAMED]) or "nothing"
    return ImageError(
        f"none of the views {', '.join(choice.names)}; here are: {there}",
        fix="Call files or folders as the views are called, or correct `names` in the study file's `stack`",
        file=path,
    )


def _held(path: Path) -> defaultdict[str, list[Path]]:
    """What lies in the folder, by its name without ending."""
    held: defaultdict[str, list[Path]] = defaultdict(list)
    for one in sorted(path.iterdir()):
        if not one.name.startswith("."):
            held[_key(one.name if one.is_dir() else _bare(one))].append(one)
    return held


def _bare(path: Path) -> str:
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if path.name.lower().endswith(suffix):
            return path.name[: -len(suffix)]
    return path.stem


def _key(name: str) -> str:
    # Some systems keep accents apart from their letters.
    return unicodedata.normalize("NFC", name).casefold()


def _view(paths: Sequence[Path], name: str, folder: Path, each: int) -> list[LoadedImage]:
    """The planes of a view; none where it is missing."""
    if not paths:
        return []
    if len(paths) > 1:
        said = ", ".join(path.name for path in paths)
        raise ImageError(f"the view {name} is there more than once ({said})", fix="Leave one of them", file=folder)
    path = paths[0]
    if is_nifti(path):
        return _middles(read_nifti(path, upright), each)
    if path.is_dir():
        return _of_folder(path, each)
    if is_dicom_file(path) and len(open_frames(path)) > 1:
        return _middles(read_frame_volume(path, in_mm=False, turn=upright), each)
    return [read_image(path)]


def _middles(stack: LoadedStack, each: int) -> list[LoadedImage]:
    return [stack.image(place) for place in middles(len(stack.planes), each)]


def _of_folder(path: Path, each: int) -> list[LoadedImage]:
    files, _ = picture_files(path)
    series = dicom_files(path)
    if series and len(series) == len(files):
        return _middles(read_series(path, in_mm=False, turn=upright), each)
    if not files:
        raise ImageError("a view without pictures", fix="Fill the folder, or take it away", file=path)
    return [read_image(files[place]) for place in middles(len(files), each)]
