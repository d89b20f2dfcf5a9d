"""Data sets: DICOM files opened with pydicom, their attributes as plain values, and what is wrong with them said."""

from __future__ import annotations

import io
import logging
import math
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

from readingroom.core.errors import ImageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

INSTALL = "Install it: pip install 'readingroom[dicom]'"
COPY_AGAIN = "Copy it again from where it came"

_DAMAGED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pydicom raises at damaged files, besides its own errors."""


_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)


def _may_be_logged(_: logging.LogRecord) -> bool:
    return not _QUIET.get()


# What pydicom doubts it repeats in its log, and that may be a name or a birth date.
logging.getLogger("pydicom").addFilter(_may_be_logged)


@contextmanager
def _quiet() -> Iterator[None]:
    """Neither warnings nor log entries of pydicom."""
    token = _QUIET.set(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _QUIET.reset(token)


def _damages() -> tuple[type[Exception], ...]:
    from pydicom.errors import BytesLengthException, InvalidDicomError

    return (*_DAMAGED, BytesLengthException, InvalidDicomError)


_GROUPS = ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence")
_START = 132
_LONGEST = 200


def is_dicom(data: bytes) -> bool:
    """Whether a file that begins with these bytes (132 are enough) is DICOM."""
    return data[128:_START] == b"DICM"


def is_dicom_file(path: Path) -> bool:
    """Whether a file is DICOM by its content; False where it cannot be opened."""
    try:
        with path.open("rb") as opened:
            return is_dicom(opened.read(_START))
    except OSError:
        return False


def need_pydicom() -> None:
    """Raise where DICOM cannot be read.

    Raises:
        ImageError: pydicom is not installed.
    """
    try:
        import pydicom  # noqa: F401
    except ImportError as error:
        raise ImageError("a DICOM file, and pydicom is not installed", fix=INSTALL) from error


def open_dicom(source: bytes | Path, *, tags: Sequence[str] | None = None) -> Dataset:
    """Open a DICOM file.

    Args:
        source: the whole file, or its path.
        tags: attributes that are looked at, and no other; then pixels are not read. Names and birth dates that are
            not asked for are never in memory.

    Raises:
        ImageError: pydicom is not installed, or the file is damaged.
    """
    need_pydicom()
    from pydicom import dcmread

    place = io.BytesIO(source) if isinstance(source, bytes) else source
    with damage_explained():
        wanted = None if tags is None else list(tags)
        return dcmread(place, specific_tags=wanted, stop_before_pixels=tags is not None)


@contextmanager
def damage_explained(what: str = "damaged or truncated", fix: str = COPY_AGAIN) -> Iterator[None]:
    """Turn whatever pydicom raises at a damaged file into an `ImageError`; its warnings are left out.

    Raises:
        ImageError: ``what``, with pydicom's reason.
    """
    try:
        with _quiet():
            yield
    except ImageError:
        raise
    except _damages() as error:
        reason = " ".join(str(error).split())[:_LONGEST].rstrip(". ") or type(error).__name__
        raise ImageError(f"{what} ({reason})", fix=fix) from error


def kind_of(dataset: Dataset) -> str:
    """What a file holds, by the name of its SOP class: ``MR Image Storage``."""
    uid = value_of(dataset, "SOPClassUID") or dataset.file_meta.get("MediaStorageSOPClassUID")
    return str(getattr(uid, "name", None) or "it does not say what it is")


def value_of(dataset: Dataset, name: str) -> Any:
    """An attribute of the file, or of its one frame where it has functional groups; None where it is not there."""
    if name in dataset:
        return dataset.get(name)
    for group in _GROUPS:
        for item in list(dataset.get(group) or [])[:1]:
            for element in item:
                held = list(element.value or [])[:1] if element.VR == "SQ" else []
                if held and name in held[0]:
                    return held[0].get(name)
    return None


def text_of(dataset: Dataset, name: str) -> str:
    """An attribute as text on one line, several values separated by a backslash; empty where it is not there."""
    return " ".join("\\".join(_values(dataset, name)).split())


def number_of(dataset: Dataset, name: str) -> float | None:
    """The first value of an attribute as a finite number; None where there is none."""
    found = numbers_of(dataset, name)
    return found[0] if found else None


def numbers_of(dataset: Dataset, name: str) -> tuple[float, ...]:
    """An attribute as finite numbers; empty where it is not there or one value is no such number."""
    try:
        found = tuple(float(one) for one in _values(dataset, name))
    except ValueError:
        return ()
    return found if all(math.isfinite(one) for one in found) else ()


def _values(dataset: Dataset, name: str) -> list[str]:
    try:
        with _quiet():
            value = value_of(dataset, name)
    except _damages():  # a value that is not what its kind of value must be
        return []
    if value is None or value == "":
        return []
    several = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    return [str(one) for one in (value if several else [value])]
