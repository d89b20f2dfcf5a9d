"""The loaded stack: planes as they were read, which of them are there, and where a volume lies in the patient."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from readingroom.cases.images import ImageFacts, LoadedImage
from readingroom.cases.stacks.geometry import Affine, spacing_of
from readingroom.cases.window import PLAIN, Display

Volume = npt.NDArray[Any]


@dataclass(frozen=True)
class LoadedStack:
    """Planes that are read as one.

    Args:
        planes: of a volume an array (D, H, W), uint8, uint16, int16 or float32, from feet to head, front to back and
            the patient's right to left; of frames and views an image each, None where a plane is not there.
        facts: as of an image; width and height are those of the planes, kind is ``NIfTI``, ``DICOM series``,
            ``DICOM frames``, ``TIFF``, ``video``, ``frames`` or ``views``.
        display: how the values of a volume are to be looked at; frames and views have their own.
        affine: of a volume whose place in the patient is known: (4, 4), from plane, row and column to x, y and z in mm
            of DICOM's patient axes (left, back, head).
    """

    planes: Volume | tuple[LoadedImage | None, ...] = field(repr=False)
    facts: ImageFacts
    display: Display = PLAIN
    affine: Affine | None = None

    @property
    def present(self) -> tuple[bool, ...]:
        """Which planes are there."""
        if isinstance(self.planes, np.ndarray):
            return (True,) * len(self.planes)
        return tuple(plane is not None for plane in self.planes)

    @property
    def spacing_mm(self) -> tuple[float, float, float] | None:
        """Between planes (along their normal), rows and columns; None where it is not known."""
        return None if self.affine is None else spacing_of(self.affine)

    def image(self, place: int) -> LoadedImage:
        """A plane as an image.

        Raises:
            IndexError: there is no such plane, or it is not there.
        """
        if isinstance(self.planes, np.ndarray):
            plane = self.planes[place]
            # Images are unsigned or floating point; what is signed becomes the latter.
            kept = plane if plane.dtype in (np.uint8, np.uint16) else plane.astype(np.float32)
            return LoadedImage(np.ascontiguousarray(kept), self.facts, self.display)
        found = self.planes[place]
        if found is None:
            raise IndexError(place)
        return found

    def overview(self) -> LoadedImage:
        """The middle one of the planes that are there, to be looked at."""
        places = np.flatnonzero(self.present)
        middle = int(places[len(places) // 2])
        found = self.image(middle)
        return replace(found, facts=replace(self.facts, width=found.facts.width, height=found.facts.height))

    def pixels_hash(self) -> str:
        """SHA-256 of the planes that are there: their places, shapes, kinds of number and values."""
        found = hashlib.sha256()
        for place, plane in self._filled():
            found.update(f"{place} {plane.shape} {plane.dtype.str} ".encode())
            found.update(np.ascontiguousarray(plane).data)
        return found.hexdigest()

    def _filled(self) -> Iterator[tuple[int, Volume]]:
        if isinstance(self.planes, np.ndarray):
            yield from enumerate(self.planes)
        else:
            yield from ((at, plane.pixels) for at, plane in enumerate(self.planes) if plane is not None)
