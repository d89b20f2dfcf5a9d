"""An image and its outline from files onto one grid, as radiomics need them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from readingroom.annotation.masks import read_mask
from readingroom.cases.dicom.dataset import is_dicom
from readingroom.cases.images import read_image
from readingroom.cases.radiomics import Volume
from readingroom.core.errors import AnnotationError, CaseTableError, ImageError

Spacing = tuple[float, float, float]
_NIFTI = (".nii", ".nii.gz")
_GREY = np.array([0.299, 0.587, 0.114])


def read_volume(image: Path, outline: Path, spacing: Any, *, scaled: bool) -> Volume:
    """Read an image at its own bit depth and its outline; colours become their luminance.

    Args:
        image: a picture, a DICOM file or a NIfTI volume.
        outline: its mask, a picture; of a volume a NIfTI file. Whatever is not 0 is inside.
        spacing: what the case table's ``spacing_mm`` says, empty where it says nothing.
        scaled: the spacing is needed; without, every pixel is taken as 1 mm.

    Raises:
        ImageError: the image cannot be read, or its spacing is needed and nobody knows it.
        AnnotationError: the outline cannot be read, or is not of the image's size.
    """
    if image.name.lower().endswith(_NIFTI):
        return _read_nifti(image, outline, scaled=scaled)
    pixels = np.asarray(read_image(image).pixels)
    values = pixels @ _GREY if pixels.ndim == 3 else pixels
    if not outline.is_file():
        raise AnnotationError("no such mask file", fix="Check the column outline", file=outline)
    inside = read_mask(outline, (values.shape[1], values.shape[0])).inside
    sides = (1.0, 1.0, 1.0) if not scaled else _spacing(image, spacing)
    return Volume(values[None].astype(np.float64), np.asarray(inside, dtype=bool)[None], sides)


def parse_spacing(said: Any) -> tuple[float, float] | None:
    """Rows and columns in mm of ``0.7`` or ``0.7 0.6``; None where nothing is said.

    Raises:
        CaseTableError: something else is said.
    """
    if said is None or str(said).strip().lower() in {"", "nan", "<na>"}:
        return None
    try:
        sides = [float(part) for part in str(said).replace(",", " ").replace("\\", " ").split()]
    except ValueError:
        sides = []
    if len(sides) not in {1, 2} or any(not 0 < side <= 100 for side in sides):
        raise CaseTableError(f"spacing_mm is {said!r}", fix="Write 0.7, or 0.7 0.6: mm between rows, between columns")
    return sides[0], sides[-1]


def _spacing(image: Path, said: Any) -> Spacing:
    known = parse_spacing(said) or _dicom_spacing(image)
    if known is None:
        raise ImageError(
            "nobody says how far apart its pixels are",
            fix="Add a column spacing_mm to the case table, or set spacing: null to take every pixel as 1 mm",
            file=image,
        )
    return (1.0, *known)


def _dicom_spacing(image: Path) -> tuple[float, float] | None:
    with image.open("rb") as file:
        head = file.read(256)
    if not is_dicom(head):
        return None
    import pydicom

    dataset = pydicom.dcmread(image, stop_before_pixels=True)
    found = dataset.get("PixelSpacing") or dataset.get("ImagerPixelSpacing")
    return None if found is None else (float(found[0]), float(found[1]))


def _read_nifti(image: Path, outline: Path, *, scaled: bool) -> Volume:
    values, spacing = _nifti(image, ImageError)
    inside, _ = _nifti(outline, AnnotationError)
    if values.shape != inside.shape:
        raise AnnotationError(
            f"the mask has {inside.shape} voxels, its volume {values.shape}",
            fix="Give the mask that was drawn on this volume",
            file=outline,
        )
    return Volume(values.astype(np.float64), inside != 0, spacing if scaled else (1.0, 1.0, 1.0))


def _nifti(path: Path, error: type[ImageError] | type[AnnotationError]) -> tuple[npt.NDArray[Any], Spacing]:
    import SimpleITK as sitk  # noqa: N813 -- its usual name

    if not path.is_file():
        raise error("no such file", fix="Check the case table", file=path)
    try:
        found = sitk.ReadImage(str(path))
    except RuntimeError as problem:
        raise error("cannot be read as NIfTI", fix="Copy it again", file=path) from problem
    columns, rows, planes = (*found.GetSpacing(), 1.0)[:3]  # type: ignore[no-untyped-call]
    values = sitk.GetArrayFromImage(found)
    return (values if values.ndim == 3 else values[None]), (float(planes), float(rows), float(columns))
