"""Slices: what the header of a DICOM image says of whose it is, how it was taken, and where it lies in the body."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from readingroom.cases.dicom.dataset import damage_explained, kind_of, number_of, numbers_of, open_dicom, text_of
from readingroom.core.errors import ImageError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Vector = tuple[float, float, float]

_TEXTS = ("Modality", "SeriesDescription", "SeriesNumber", "ImageType", "StudyDate", "StudyTime", "PatientID")
_UIDS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID")
_NUMBERS = ("SliceThickness", "RepetitionTime", "EchoTime", "FlipAngle", "MagneticFieldStrength", "InstanceNumber")
_APART = ("AcquisitionNumber", "TemporalPositionIdentifier", "DiffusionBValue")
_OTHERS = ("SpecificCharacterSet", "SOPClassUID", "Rows", "Columns", "PixelSpacing", "NumberOfFrames")
_PLACE = ("ImagePositionPatient", "ImageOrientationPatient")
_GROUPS = ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence")
TAGS = (*_TEXTS, *_UIDS, *_NUMBERS, *_APART, *_OTHERS, *_PLACE, *_GROUPS)
"""Attributes that are looked at. Names and birth dates are not among them."""

NO_IMAGE = "not an image"
CUT_SHORT = "cut short, or without a picture"
_UNIT = 0.02
"""By how much the length of a direction, or the product of two, may differ from 1 and 0."""
_MAIN_AXES = ("sagittal", "coronal", "axial")  # by the normal's largest component: x left, y back, z head


@dataclass(frozen=True)
class Slice:
    """What the header of one image says; numbers are None and texts empty where it does not.

    Args:
        path: of the file.
        normal: of its plane, of length 1, in the patient's frame (left, back, head); None where the file has no
            position or no orientation that is a plane.
        position_mm: of the plane along the normal.
        size_px: rows and columns.
        spacing_px_mm: between rows and between columns; empty where not given.
        corner_mm: middle of the first pixel, x, y and z in the patient's frame; None where ``normal`` is None.
        directions: six cosines of the patient's frame: along a row, down a column; empty where ``normal`` is None.
    """

    path: Path
    normal: Vector | None
    position_mm: float | None
    size_px: tuple[int, int]
    spacing_px_mm: tuple[float, ...]
    frames: int
    modality: str
    description: str
    series_number: str
    image_type: str
    study_date: str
    study_time: str
    sop_uid: str
    series_uid: str
    study_uid: str
    patient_id: str
    thickness_mm: float | None
    repetition_ms: float | None
    echo_ms: float | None
    flip_deg: float | None
    field_t: float | None
    instance: float | None
    acquisition: float | None
    temporal: float | None
    b_value: float | None
    corner_mm: Vector | None = None
    directions: tuple[float, ...] = ()

    @property
    def orientation(self) -> str:
        """``axial``, ``coronal`` or ``sagittal``, whichever the normal is nearest to; empty without a normal."""
        return "" if self.normal is None else _MAIN_AXES[int(np.abs(self.normal).argmax())]

    @property
    def tilt_deg(self) -> float | None:
        """Angle between the normal and that axis."""
        return None if self.normal is None else float(np.degrees(np.arccos(min(1.0, np.abs(self.normal).max()))))

    @property
    def types(self) -> tuple[str, ...]:
        """The values of Image Type."""
        return tuple(self.image_type.upper().split("\\"))


def read_slice(path: Path) -> Slice:
    """Read the header of a DICOM image.

    Raises:
        ImageError: damaged, or no rows and columns: `NO_IMAGE`, or `CUT_SHORT` where it should be one.
    """
    dataset = open_dicom(path, tags=TAGS)
    with damage_explained():
        return _slice(path, dataset)


def _slice(path: Path, dataset: Dataset) -> Slice:
    rows, columns = number_of(dataset, "Rows"), number_of(dataset, "Columns")
    if not rows or not columns:
        kind = kind_of(dataset)
        raise ImageError(f"{CUT_SHORT if 'Image Storage' in kind else NO_IMAGE} ({kind})", file=path)
    normal, position_mm = _place(dataset)
    corner, directions = (numbers_of(dataset, name) if normal else () for name in _PLACE)
    return Slice(
        path=path,
        normal=normal,
        position_mm=position_mm,
        size_px=(int(rows), int(columns)),
        spacing_px_mm=numbers_of(dataset, "PixelSpacing"),
        frames=int(number_of(dataset, "NumberOfFrames") or 1),
        modality=text_of(dataset, "Modality"),
        description=text_of(dataset, "SeriesDescription"),
        series_number=text_of(dataset, "SeriesNumber"),
        image_type=text_of(dataset, "ImageType"),
        study_date=text_of(dataset, "StudyDate"),
        study_time=text_of(dataset, "StudyTime"),
        sop_uid=text_of(dataset, "SOPInstanceUID"),
        series_uid=text_of(dataset, "SeriesInstanceUID"),
        study_uid=text_of(dataset, "StudyInstanceUID"),
        patient_id=text_of(dataset, "PatientID"),
        thickness_mm=number_of(dataset, "SliceThickness"),
        repetition_ms=number_of(dataset, "RepetitionTime"),
        echo_ms=number_of(dataset, "EchoTime"),
        flip_deg=number_of(dataset, "FlipAngle"),
        field_t=number_of(dataset, "MagneticFieldStrength"),
        instance=number_of(dataset, "InstanceNumber"),
        acquisition=number_of(dataset, "AcquisitionNumber"),
        temporal=number_of(dataset, "TemporalPositionIdentifier"),
        b_value=number_of(dataset, "DiffusionBValue"),
        corner_mm=(corner[0], corner[1], corner[2]) if corner else None,
        directions=directions,
    )


def _place(dataset: Dataset) -> tuple[Vector | None, float | None]:
    corner, directions = numbers_of(dataset, _PLACE[0]), numbers_of(dataset, _PLACE[1])
    if len(corner) != 3 or len(directions) != 6:
        return None, None
    normal = normal_of(directions)
    return (None, None) if normal is None else (normal, float(np.dot(corner, normal)))


def normal_of(directions: tuple[float, ...]) -> Vector | None:
    """The normal of a plane by the directions of its rows and columns (DICOM PS3.3 C.7.6.2.1.1).

    Args:
        directions: six cosines: along a row, along a column.

    Returns:
        Their cross product, of length 1; None where they are not two perpendicular directions.

    Example:
        >>> normal_of((1, 0, 0, 0, 1, 0))
        (0.0, 0.0, 1.0)
    """
    along, down = np.array(directions[:3], float), np.array(directions[3:], float)
    wrong = [abs(float(np.linalg.norm(one)) - 1) for one in (along, down)] + [abs(float(along @ down))]
    if max(wrong) > _UNIT:
        return None
    across = np.cross(along, down)
    x, y, z = (across / np.linalg.norm(across)).tolist()
    return x, y, z
