"""Series: a phantom volume as DICOM files, one a plane, of computed tomography or magnetic resonance."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.pelvis.series import FLAG
from readingroom.cases.phantoms.stacks.cohort import StackPatient
from readingroom.cases.phantoms.stacks.grid import Grid
from readingroom.core.files import atomic_write

if TYPE_CHECKING:
    from pydicom.uid import UID

CT_INTERCEPT = -1024
"""Hounsfield units of the stored value 0."""

_BITS = 12


@dataclass(frozen=True)
class SeriesPlan:
    """What the files of a series say beside the patient.

    Args:
        modality: ``CT`` or ``MR``.
        number: of the series in the examination.
        title: series description.
        body: body part examined.
        thickness_mm: of a slice.
        acquisition: attributes of the modality, by keyword.
        window: centre and width, in the modality's units.
        kind: all parameters of the collection; volumes of other parameters have other identifiers.
    """

    modality: str
    number: int
    title: str
    body: str
    thickness_mm: float
    acquisition: Mapping[str, Any]
    window: tuple[int, int]
    kind: str


CHEST_CT: dict[str, Any] = {
    "KVP": 120,
    "XRayTubeCurrent": 60,
    "ExposureTime": 500,
    "FilterType": "BODY",
    "ConvolutionKernel": "LUNG",
    "GantryDetectorTilt": 0,
    "RotationDirection": "CW",
}
"""A low-dose scan."""

FAST_SPIN_ECHO: dict[str, Any] = {
    "ScanningSequence": "SE",
    "SequenceVariant": "SK",
    "ScanOptions": "",
    "MRAcquisitionType": "2D",
    "RepetitionTime": 4500,
    "EchoTime": 95,
    "EchoTrainLength": 16,
    "FlipAngle": 150,
    "NumberOfAverages": 2,
    "ImagedNucleus": "1H",
    "MagneticFieldStrength": 3.0,
}
DIFFUSION: dict[str, Any] = FAST_SPIN_ECHO | {
    "ScanningSequence": "EP",
    "RepetitionTime": 5200,
    "EchoTime": 70,
    "EchoTrainLength": 64,
    "FlipAngle": 90,
}
GRADIENT_ECHO: dict[str, Any] = FAST_SPIN_ECHO | {
    "ScanningSequence": "GR",
    "SequenceVariant": "SP",
    "MRAcquisitionType": "3D",
    "RepetitionTime": 4.2,
    "EchoTime": 1.6,
    "EchoTrainLength": 1,
    "FlipAngle": 12,
    "NumberOfAverages": 1,
}


def write_series(folder: Path, voxels: NDArray[np.int16], grid: Grid, patient: StackPatient, plan: SeriesPlan) -> None:
    """Write a volume as CT or MR Image Storage, Explicit VR Little Endian, the same bytes each time.

    Args:
        folder: of the files, named ``IM0001.dcm`` and so on from the feet up.
        voxels: (D, H, W): Hounsfield units for CT, else 0 to 4095.
        grid: where they lie.
        patient: the phantom patient.
        plan: what else is said.
    """
    for plane in range(grid.shape[0]):
        _write_plane(folder / plane_name(plane), voxels[plane], plane, grid, patient, plan)


def plane_name(plane: int) -> str:
    """File name of a plane, counted from 0."""
    return f"IM{plane + 1:04d}.dcm"


def series_files(folder: str, planes: int) -> list[str]:
    """All files of a series below a folder."""
    return [f"{folder}/{plane_name(plane)}" for plane in range(planes)]


def _write_plane(
    path: Path, pixels: NDArray[np.int16], plane: int, grid: Grid, patient: StackPatient, plan: SeriesPlan
) -> None:
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage if plan.modality == "CT" else MRImageStorage
    meta.MediaStorageSOPInstanceUID = _uid(plan.kind, patient.name, plan.number, "plane", plane)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    # Ours, not the library's, so that its next version writes the same bytes.
    meta.ImplementationClassUID = _uid("implementation")
    meta.ImplementationVersionName = "READINGROOM"
    whole = Dataset()
    parts = _patient(patient), _study(patient, plan), dict(plan.acquisition), _plane(plane, grid, plan)
    for part in parts:
        for name, value in part.items():
            setattr(whole, name, value)
    whole.SOPClassUID, whole.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    _add_pixels(whole, pixels, plan)
    buffer = io.BytesIO()
    FileDataset(buffer, whole, preamble=bytes(128), file_meta=meta).save_as(buffer, enforce_file_format=True)
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _uid(*names: str | int) -> UID:
    """An identifier that the same phantom always has, and no other."""
    from pydicom.uid import generate_uid

    return generate_uid(entropy_srcs=["readingroom stack phantom", *map(str, names)])


def _patient(patient: StackPatient) -> dict[str, Any]:
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": f"PHANTOM^{patient.name}",
        "PatientID": patient.name,
        "PatientBirthDate": "",
        "PatientSex": patient.sex,
        "PatientAge": f"{patient.age:03d}Y",
        "PatientComments": FLAG,
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "Phantom: there is no person behind it",
    }


def _study(patient: StackPatient, plan: SeriesPlan) -> dict[str, Any]:
    day, own = _days(patient.day), (plan.kind, patient.name)
    return day | {
        "StudyInstanceUID": _uid(*own, "study"),
        "SeriesInstanceUID": _uid(*own, "series", plan.number),
        "FrameOfReferenceUID": _uid(*own, "frame"),
        "PositionReferenceIndicator": "",
        "StudyID": f"{patient.name}-E1",
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "StudyDescription": f"PHANTOM {plan.body}",
        "SeriesDescription": f"PHANTOM {plan.title}",
        "SeriesNumber": plan.number,
        "AcquisitionNumber": 1,
        "Modality": plan.modality,
        "BodyPartExamined": plan.body,
        "PatientPosition": "HFS",
        "ImageComments": FLAG,
        "Manufacturer": "Reading Room (phantom)",
        "ManufacturerModelName": "phantom",
        "InstitutionName": "",
        "SoftwareVersions": "Reading Room",
        "ImageType": ["DERIVED", "PRIMARY", "AXIAL" if plan.modality == "CT" else "OTHER"],
        "DerivationDescription": FLAG,
        "BurnedInAnnotation": "NO",
    }


def _days(day: date) -> dict[str, Any]:
    kinds = ("Study", "Series", "Acquisition", "Content")
    return {f"{kind}Date": f"{day:%Y%m%d}" for kind in kinds} | {f"{kind}Time": "120000" for kind in kinds}


def _plane(plane: int, grid: Grid, plan: SeriesPlan) -> dict[str, Any]:
    """Axial, columns to the patient's left, rows to the back; the first pixel's middle is the position."""
    gap, row, column = grid.spacing_mm
    z = _decimal(grid.first_mm[2] + plane * gap)
    said = {
        "InstanceNumber": plane + 1,
        "ImagePositionPatient": [_decimal(grid.first_mm[0]), _decimal(grid.first_mm[1]), z],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "SliceLocation": z,
        "SliceThickness": _decimal(plan.thickness_mm),
        "PixelSpacing": [_decimal(row), _decimal(column)],
    }
    return said if plan.modality == "CT" else said | {"SpacingBetweenSlices": _decimal(gap)}


def _decimal(value: float) -> float:
    """A number that a decimal string of 16 characters holds."""
    return float(f"{value:.8g}") + 0.0


def _add_pixels(whole: Any, pixels: NDArray[np.int16], plan: SeriesPlan) -> None:
    whole.SamplesPerPixel, whole.PhotometricInterpretation = 1, "MONOCHROME2"
    whole.Rows, whole.Columns = pixels.shape
    whole.BitsAllocated, whole.BitsStored, whole.HighBit = 16, _BITS, _BITS - 1
    whole.PixelRepresentation = 0
    whole.WindowCenter, whole.WindowWidth = plan.window
    low = 0
    if plan.modality == "CT":
        low = CT_INTERCEPT
        whole.RescaleIntercept, whole.RescaleSlope, whole.RescaleType = CT_INTERCEPT, 1, "HU"
    stored = np.clip(pixels.astype(np.int32) - low, 0, 2**_BITS - 1)
    whole.PixelData = np.ascontiguousarray(stored, "<u2").tobytes()
    whole["PixelData"].VR = "OW"
