"""Series: a phantom volume as DICOM files, one a slice, with the acquisition values of the first study."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.pelvis.canvas import FOV_MM
from readingroom.cases.phantoms.pelvis.scanner import HIGHEST
from readingroom.cases.phantoms.pelvis.tract import SLICE_MM
from readingroom.cases.phantoms.pelvis.volume import SLICES, SPACING_MM
from readingroom.core.errors import OutputError
from readingroom.core.files import atomic_write

if TYPE_CHECKING:
    from pydicom.uid import UID

REPETITION_MS, ECHO_MS, FLIP_DEG, FIELD_T, AFTER_INJECTION_S = 4.4, 1.54, 10.0, 3.0, 90
"""Of the first study: mDixon-w T1 with contrast agent on a Philips Ingenia 3.0 T."""

FLAG = "PHANTOM: synthetic image drawn by Reading Room; it shows no person"

_DARK_PERCENT, _BRIGHT_PERCENT = 2.0, 99.6


@dataclass(frozen=True)
class Window:
    """Stored values from black to white, as DICOM's linear function has them."""

    centre: int
    width: int


@dataclass(frozen=True)
class Examined:
    """What the files of a series say of the phantom patient.

    Args:
        name: pseudonym.
        exam: name of the examination.
        sex: ``F`` or ``M``.
        age: in years.
        day: of the examination.
        kind: all parameters of the collection; volumes of other parameters have other identifiers.
    """

    name: str
    exam: str
    sex: str
    age: int
    day: date
    kind: str


def window_of(pixels: NDArray[np.uint16]) -> Window:
    """The window in which a volume (D, H, W) is looked at: all but its darkest and brightest few voxels."""
    low, high = np.percentile(pixels, (_DARK_PERCENT, _BRIGHT_PERCENT))
    width = max(round(float(high - low)), 2)
    return Window(round(float(low)) + width // 2, width)


def show(pixels: NDArray[np.uint16], window: Window) -> NDArray[np.uint8]:
    """Stored values as 8 bits, by the linear function of DICOM PS3.3 C.11.2.1.2.1.

    Example:
        >>> show(np.array([[0, 100, 200]], np.uint16), Window(centre=100, width=200)).tolist()
        [[0, 128, 255]]
    """
    share = (pixels.astype(np.float64) - (window.centre - 0.5)) / (window.width - 1) + 0.5
    return np.asarray(np.clip(np.rint(share * 255), 0, 255), np.uint8)


def position_mm(number: int) -> float:
    """Height of a slice, numbered from 1 at the feet, above the middle of the stack."""
    return (number - 1 - (SLICES - 1) / 2) * SPACING_MM


def uid_of(examined: Examined, *names: str | int) -> UID:
    """An identifier that the same phantom always has, and no other."""
    from pydicom.uid import generate_uid

    return generate_uid(entropy_srcs=["readingroom phantom", examined.kind, examined.name, *map(str, names)])


def need_dicom(folder: Path) -> None:
    """Raise, before long work, where DICOM cannot be written.

    Raises:
        OutputError: pydicom is not installed.
    """
    try:
        import pydicom  # noqa: F401
    except ImportError as error:
        raise OutputError(
            "phantoms of magnetic resonance need pydicom, which is not installed",
            fix="Install it: pip install 'readingroom[dicom]'",
            file=folder,
        ) from error


def write_slice(path: Path, pixels: NDArray[np.uint16], number: int, window: Window, examined: Examined) -> None:
    """Write one slice as MR Image Storage, Explicit VR Little Endian.

    Args:
        path: of the file.
        pixels: (H, W).
        number: of the slice, from 1 at the feet.
        window: of the volume.
        examined: the phantom patient.
    """
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MRImageStorage
    meta.MediaStorageSOPInstanceUID = uid_of(examined, "slice", number)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    # Ours, not the library's, so that its next version writes the same bytes.
    meta.ImplementationClassUID = uid_of(Examined("", "", "", 0, date.min, ""), "implementation")
    meta.ImplementationVersionName = "READINGROOM"
    whole = Dataset()
    for part in (_patient(examined), _study(examined), _equipment(), _acquisition(), _plane(pixels, number)):
        for name, value in part.items():
            setattr(whole, name, value)
    whole.SOPClassUID, whole.SOPInstanceUID = MRImageStorage, meta.MediaStorageSOPInstanceUID
    _add_pixels(whole, pixels, window)
    buffer = io.BytesIO()
    FileDataset(buffer, whole, preamble=bytes(128), file_meta=meta).save_as(buffer, enforce_file_format=True)
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _patient(examined: Examined) -> dict[str, Any]:
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": f"PHANTOM^{examined.name}",
        "PatientID": examined.name,
        "PatientBirthDate": "",
        "PatientSex": examined.sex,
        "PatientAge": f"{examined.age:03d}Y",
        "PatientComments": FLAG,
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "Phantom: there is no person behind it",
    }


def _study(examined: Examined) -> dict[str, Any]:
    day = f"{examined.day:%Y%m%d}"
    times = {"StudyDate": day, "SeriesDate": day, "AcquisitionDate": day, "ContentDate": day}
    return times | {
        "StudyTime": "120000",
        "SeriesTime": "120000",
        "AcquisitionTime": "120500",
        "ContentTime": "120500",
        "StudyInstanceUID": uid_of(examined, "study"),
        "SeriesInstanceUID": uid_of(examined, "series"),
        "FrameOfReferenceUID": uid_of(examined, "frame"),
        "PositionReferenceIndicator": "",
        "StudyID": examined.exam,
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "StudyDescription": "PHANTOM pelvis",
        "SeriesDescription": "PHANTOM mDixon-W T1 + contrast, axial",
        "SeriesNumber": 1,
        "AcquisitionNumber": 1,
        "Modality": "MR",
        "BodyPartExamined": "PELVIS",
        "PatientPosition": "HFS",
        "ImageComments": FLAG,
    }


def _equipment() -> dict[str, Any]:
    return {
        "Manufacturer": "Philips (imitated by a phantom)",
        "ManufacturerModelName": "Ingenia (imitated by a phantom)",
        "InstitutionName": "",
        "SoftwareVersions": "Reading Room",
        "MagneticFieldStrength": FIELD_T,
    }


def _acquisition() -> dict[str, Any]:
    return {
        "ImageType": ["DERIVED", "PRIMARY", "OTHER"],
        "DerivationDescription": FLAG,
        "ScanningSequence": "GR",
        "SequenceVariant": "SP",
        "ScanOptions": "FS",
        "MRAcquisitionType": "3D",
        "SequenceName": "mDixon-W",
        "ProtocolName": "PHANTOM mDixon-W T1 + contrast",
        "RepetitionTime": REPETITION_MS,
        "EchoTime": ECHO_MS,
        "FlipAngle": FLIP_DEG,
        "EchoTrainLength": 1,
        "NumberOfAverages": 1,
        "ImagedNucleus": "1H",
        "ContrastBolusAgent": "gadolinium chelate (imitated by a phantom)",
        "ContrastBolusRoute": "INTRAVENOUS",
        "BurnedInAnnotation": "NO",
    }


def _plane(pixels: NDArray[np.uint16], number: int) -> dict[str, Any]:
    """Axial, columns to the patient's left, rows to the back; the first pixel's middle is the position."""
    rows, columns = FOV_MM[0] / pixels.shape[0], FOV_MM[1] / pixels.shape[1]
    z = position_mm(number)
    return {
        "InstanceNumber": number,
        "ImagePositionPatient": [
            _decimal(columns / 2 - FOV_MM[1] / 2),
            _decimal(rows / 2 - FOV_MM[0] / 2),
            _decimal(z),
        ],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "SliceLocation": _decimal(z),
        "SliceThickness": SLICE_MM,
        "SpacingBetweenSlices": SPACING_MM,
        "PixelSpacing": [_decimal(rows), _decimal(columns)],
        "ImagesInAcquisition": SLICES,
    }


def _decimal(value: float) -> float:
    """A number that a decimal string of 16 characters holds."""
    return float(f"{value:.9g}")


def _add_pixels(whole: Any, pixels: NDArray[np.uint16], window: Window) -> None:
    whole.SamplesPerPixel, whole.PhotometricInterpretation = 1, "MONOCHROME2"
    whole.Rows, whole.Columns = pixels.shape
    whole.BitsAllocated, whole.BitsStored, whole.HighBit = 16, HIGHEST.bit_length(), HIGHEST.bit_length() - 1
    whole.PixelRepresentation = 0
    whole.WindowCenter, whole.WindowWidth = window.centre, window.width
    whole.PixelData = np.ascontiguousarray(pixels, "<u2").tobytes()
    whole["PixelData"].VR = "OW"
