"""Places of slices: whether they lie at equal distances, what is wrong where not, and their affine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from readingroom.cases.dicom.series import Stack, distances_mm
from readingroom.cases.dicom.slices import Slice
from readingroom.cases.stacks.geometry import Affine
from readingroom.core.errors import ImageError, Problem

_UNEVEN = 0.1
"""Share of the usual distance by which a slice may be off."""
_ASIDE = 0.5
"""Share of a pixel by which it may be off within its plane."""
_LEAST_MM = 0.06
_WHOLE_AGAIN = "Export the whole series again; or, where millimetres do not matter, leave `spacing` out of the `stack`"


@dataclass(frozen=True)
class SlicePlaces:
    """The places of a stack's slices.

    Args:
        corners: (D, 3) mm; None where a slice has no place in the patient, or no pixel spacing.
    """

    corners: np.ndarray | None

    @classmethod
    def of(cls, slices: Sequence[Slice]) -> SlicePlaces:
        """The places of slices in their order."""
        corners = [one.corner_mm for one in slices]
        known = None not in corners and all(len(one.spacing_px_mm) == 2 for one in slices)
        return cls(np.array(corners, np.float64) if known else None)

    def problems(self, stack: Stack) -> list[Problem]:
        """Why millimetres mean nothing here; with their places."""
        if self.corners is None:
            return [Problem("", "slices without position, orientation or pixel spacing: taken in the order of numbers")]
        if len(self.corners) == 1:
            return [Problem("", "one slice only")]
        found, usual = distances_mm(stack.slices), float(stack.spacing_mm or 0.0)
        said = f"mm (usual distance {usual:g} mm)"
        gaps = [Problem("", f"slices are missing between {low:g} and {high:g} {said}") for low, high in stack.gaps]
        return gaps or self._uneven(found, usual, stack)

    @staticmethod
    def refuse(problems: Sequence[Problem], path: Path) -> None:
        """Stop where there are problems.

        Raises:
            ImageError: with all of them.
        """
        if problems:
            raise ImageError("slices do not lie at equal distances", fix=_WHOLE_AGAIN, file=path, problems=problems)

    def _uneven(self, found: np.ndarray, usual: float, stack: Stack) -> list[Problem]:
        """By how far slices are from where equal steps from the first to the last would put them."""
        if self.corners is None:
            return []
        normal = np.array(stack.first.normal)
        apart = self.corners - np.linspace(self.corners[0], self.corners[-1], len(self.corners))
        along = apart @ normal
        worst = int(np.abs(along).argmax())
        # Against the line and not from slice to slice: positions are often rounded to a tenth of a millimetre.
        if abs(along[worst]) > max(_UNEVEN * usual, _LEAST_MM):
            where = f"{abs(along[worst]):.2g} mm off at {stack.slices[worst].position_mm:g} mm"
            return [Problem("", f"distances of {found.min():g} to {found.max():g} mm between slices ({where})")]
        aside = float(np.linalg.norm(apart - along[:, None] * normal, axis=1).max())
        if aside > max(_ASIDE * min(stack.first.spacing_px_mm), _LEAST_MM):
            return [Problem("", f"slices are shifted against each other by up to {aside:.1f} mm")]
        return []

    def affine(self, stack: Stack) -> Affine | None:
        """From plane, row and column to mm (DICOM PS3.3 C.7.6.2.1.1)."""
        if self.corners is None:
            return None
        one = stack.first
        along, down = np.array(one.directions[:3]), np.array(one.directions[3:])
        made = np.eye(4)
        made[:3, 0] = one.normal if len(self.corners) == 1 else np.diff(self.corners[[0, -1]], axis=0)[0]
        made[:3, 0] /= max(1, len(self.corners) - 1)
        made[:3, 1] = down * one.spacing_px_mm[0]  # Pixel Spacing: between rows, then between columns
        made[:3, 2] = along * one.spacing_px_mm[1]
        made[:3, 3] = self.corners[0]
        return made
