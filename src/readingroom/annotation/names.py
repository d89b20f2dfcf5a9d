"""Names of images in annotation files, and the folder that they are looked up in."""

from __future__ import annotations

import posixpath
import re
import warnings
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from PIL import Image

from readingroom.core.errors import AnnotationError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp"})
"""File name endings that are taken for images where a folder is searched; DICOM files are known by their bytes."""

_OUTSIDE = re.compile(r"^(/|[A-Za-z]:|\.\.(/|$)|~)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def image_name(text: str) -> str | None:
    r"""The name of an image as annotations have it: relative to the folder of images, with ``/``.

    Args:
        text: as the file writes it.

    Returns:
        The name; None where it is empty or leaves the folder, so that nothing outside is ever read or written by it.

    Example:
        >>> image_name("a\\b 1.png"), image_name("./c.png"), image_name("../c.png")
        ('a/b 1.png', 'c.png', None)
    """
    text = text.replace("\\", "/").removeprefix("file://")
    if not text.strip() or _CONTROL.search(text):
        return None
    name = posixpath.normpath(text)
    return None if _OUTSIDE.match(name) or name == "." else name


def beside(name: str, suffix: str) -> str:
    """Name of the file that goes with an image.

    Example:
        >>> beside("a/b.png", ".json")
        'a/b.json'
    """
    return posixpath.splitext(name)[0] + suffix


class ImageFolder:
    """A folder of images: what it holds, and the size of each. Only headers are read.

    Args:
        root: the folder.

    Raises:
        AnnotationError: no such folder.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        if not self.root.is_dir():
            raise AnnotationError("no such folder of images", fix="Give the folder that holds the images", file=root)
        self._sizes: dict[str, tuple[int, int]] = {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every image in the folder and below it, sorted."""
        found = (path for path in self.root.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES or is_dicom(path))
        return tuple(sorted(path.relative_to(self.root).as_posix() for path in found if path.is_file()))

    @cached_property
    def _by_stem(self) -> Mapping[str, list[str]]:
        stems: dict[str, list[str]] = defaultdict(list)
        for name in self.names:
            stem = posixpath.splitext(name)[0]
            stems[stem].append(name)
            if "/" in stem:
                stems[posixpath.basename(stem)].append(name)
        return stems

    def named(self, stem: str) -> str | None:
        """The one image of this name without its ending, in this subfolder or else anywhere; None if not just one."""
        for known in (stem, posixpath.basename(stem)):
            found = self._by_stem.get(known, [])
            if len(found) == 1:
                return found[0]
        return None

    @cached_property
    def by_uid(self) -> Mapping[str, str]:
        """Name of each DICOM image by its identifier (SOP Instance UID)."""
        dicom = [name for name in self.names if is_dicom(self.root / name)]
        return {str(read_dicom(self.root / name, pixels=False).get("SOPInstanceUID", "")): name for name in dicom}

    def inside(self, text: str) -> str | None:
        """The name of an image that is written as a whole path inside the folder; None for any other."""
        try:
            return Path(text).resolve().relative_to(self.root.resolve()).as_posix()
        except (ValueError, OSError):
            return None

    def __contains__(self, name: str) -> bool:
        return (self.root / name).is_file()

    def path(self, name: str) -> Path:
        """Where an image is."""
        return self.root / name

    def size(self, name: str) -> tuple[int, int]:
        """Width and height of an image as it is to be seen (an EXIF rotation carried out).

        Raises:
            AnnotationError: no such file, or not an image.
        """
        if name not in self._sizes:
            self._sizes[name] = image_size(self.root / name)
        return self._sizes[name]


def image_size(path: Path) -> tuple[int, int]:
    """Width and height of an image file, from its header.

    Raises:
        AnnotationError: no such file, or not an image.
    """
    if not path.is_file():
        raise AnnotationError("no such image", fix="Correct its name, or the folder of images", file=path)
    return _dicom_size(path) if is_dicom(path) else _picture_size(path)


def is_dicom(path: Path) -> bool:
    """Whether a file begins as DICOM files do."""
    if not path.is_file():
        return False
    with path.open("rb") as opened:
        return opened.read(132)[128:] == b"DICM"


def _picture_size(path: Path) -> tuple[int, int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # nothing is decoded
        try:
            with Image.open(path) as header:
                width, height = header.size
                turned = header.getexif().get(0x0112, 1) in (5, 6, 7, 8)
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            raise AnnotationError(f"not an image ({error})", fix="Copy it again", file=path) from error
    return (height, width) if turned else (width, height)


def _dicom_size(path: Path) -> tuple[int, int]:
    dataset = read_dicom(path, pixels=False)
    try:
        return int(dataset.Columns), int(dataset.Rows)
    except (AttributeError, TypeError, ValueError) as error:
        raise AnnotationError("a DICOM file without pixels", fix="Give an image", file=path) from error


def read_dicom(path: Path, *, pixels: bool) -> Any:
    """A DICOM file as a pydicom dataset.

    Raises:
        AnnotationError: pydicom is not installed, or this is not a DICOM file.
    """
    dicom_library(path)
    import pydicom

    try:
        return pydicom.dcmread(path, stop_before_pixels=not pixels)
    except (pydicom.errors.InvalidDicomError, OSError, EOFError, ValueError) as error:
        raise AnnotationError(f"not a DICOM file, or damaged ({error})", fix="Copy it again", file=path) from error


def dicom_library(path: Path) -> Any:
    """highdicom, which brings pydicom.

    Raises:
        AnnotationError: it is not installed.
    """
    try:
        import highdicom
    except ImportError as error:
        raise AnnotationError(
            "DICOM needs pydicom and highdicom, which are not installed",
            fix="Install them: pip install 'readingroom[dicom]'",
            file=path,
        ) from error
    return highdicom
