"""Stacks in folders: which files and folders are each an image of several planes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from readingroom.cases.dicom.dataset import is_dicom_file
from readingroom.cases.folders import files_below, image_files, natural_key
from readingroom.cases.stacks.choice import FrameStack, StackChoice, ViewStack

VOLUME_SUFFIXES = (".nii", ".nii.gz")
VIDEO_SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".m4v", ".mpg", ".mpeg", ".wmv", ".webm")
"""Endings of the names of files that are each a stack."""


def find_stacks(folder: Path, stack: StackChoice) -> list[Path]:
    """The stacks in a folder and below it, in natural order.

    Of volumes: NIfTI files, and folders that hold the DICOM files of a series. Of frames: videos, and folders that hold
    pictures. Of views: folders that hold a file or a folder called as one of the views.

    Args:
        folder: where to look; it may itself be one.
        stack: what kind is looked for.
    """
    if isinstance(stack, ViewStack):
        found = set(_with_views(folder, stack))
    elif isinstance(stack, FrameStack):
        found = set(_files(folder, VIDEO_SUFFIXES)) | {file.parent for file in image_files(folder)}
    else:
        series = {file.parent for file in files_below(folder) if is_dicom_file(file)}
        found = set(_files(folder, VOLUME_SUFFIXES)) | series
    return sorted(found, key=lambda path: natural_key(path.as_posix()))


def _files(folder: Path, suffixes: tuple[str, ...]) -> Iterator[Path]:
    return (file for file in files_below(folder) if file.name.lower().endswith(suffixes))


def _with_views(folder: Path, stack: ViewStack) -> Iterator[Path]:
    names = {name.casefold() for name in stack.names}
    for parent in (folder, *sorted(path for path in folder.rglob("*") if path.is_dir())):
        if any(one.name.split(".")[0].casefold() in names for one in parent.iterdir()):
            yield parent
