"""What a format is: how its files are told, read and written, and what it can hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from readingroom.annotation.features import FEATURES
from readingroom.annotation.intake import Source
from readingroom.annotation.model import AnnotatedImage, Annotations
from readingroom.annotation.names import beside
from readingroom.core.errors import AnnotationError


@dataclass(frozen=True)
class Format:
    """One format of annotations.

    Args:
        name: as the command line takes it.
        title: as people call it.
        folder: whether it is a folder of files, not one file.
        lacks: what it cannot hold, of `FEATURES`.
        recognises: whether a file or folder is of this format, by its content.
        read: reads a path.
        write: writes to a path: a file, or an empty folder that is there.
    """

    name: str
    title: str
    folder: bool
    lacks: frozenset[str]
    recognises: Callable[[Path], bool]
    read: Callable[[Path, Source], Annotations]
    write: Callable[[Annotations, Path, Source], None]

    @property
    def holds(self) -> frozenset[str]:
        """What it can hold, of `FEATURES`."""
        return frozenset(FEATURES) - self.lacks


def one_annotator(annotations: Annotations, title: str) -> str:
    """The one annotator of these annotations.

    Raises:
        AnnotationError: there are several, whom this format cannot tell apart.
    """
    if len(annotations.annotators) > 1:
        raise AnnotationError(
            f"{title} holds one annotator, these annotations have {len(annotations.annotators)}: "
            + ", ".join(annotations.annotators),
            fix="Write one for each with --annotator NAME, or choose coco or label-studio",
        )
    return annotations.annotators[0] if annotations.annotators else ""


def file_beside(images: Iterable[AnnotatedImage], suffix: str) -> dict[str, str]:
    """For each image the name of its own annotation file.

    Raises:
        AnnotationError: two images would share one, because they differ in their ending only.
    """
    files = {image.image: beside(image.image, suffix) for image in images}
    shared = [name for name, count in Counter(files.values()).items() if count > 1]
    if shared:
        names = ", ".join(image for image, file in files.items() if file == shared[0])
        raise AnnotationError(
            f"{names} would share the file {shared[0]}", fix="Rename one of them, or choose coco or cvat"
        )
    return files


def read_files(folder: Path, suffix: str) -> list[Path]:
    """Every file with this ending in a folder and below it, sorted; a single file is the only one."""
    if folder.is_file():
        return [folder]
    return sorted(path for path in folder.rglob(f"*{suffix}") if path.is_file() and not path.name.startswith("."))
