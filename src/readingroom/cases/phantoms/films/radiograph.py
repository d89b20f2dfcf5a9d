"""Radiograph: a phantom film as Computed Radiography Image Storage, 12 bits of 16, black the lowest or the highest."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.pelvis.series import FLAG, Window, need_dicom
from readingroom.cases.phantoms.visits import Visit
from readingroom.core.files import atomic_write

__all__ = ["HIGHEST", "PHOTOMETRICS", "Photometric", "need_dicom", "write_film"]

Photometric = Literal["MONOCHROME1", "MONOCHROME2"]
PHOTOMETRICS: tuple[Photometric, Photometric] = ("MONOCHROME2", "MONOCHROME1")
BITS = 12
HIGHEST = 2**BITS - 1
"""Largest stored value."""

HEIGHT_MM = 420.0
"""What a film of the chest shows from top to bottom."""

_DARK_PERCENT, _BRIGHT_PERCENT = 1.0, 99.5


def write_film(
    path: Path, pixels: NDArray[np.uint16], photometric: Photometric, visit: Visit, number: int, kind: str
) -> None:
    """Write one film, Explicit VR Little Endian.

    Args:
        path: of the file.
        pixels: (H, W) 0 black to `HIGHEST` white, as the film is to be seen.
        photometric: ``MONOCHROME1`` stores them turned round: its lowest value is white.
        visit: the phantom patient.
        number: of the film, from 1.
        kind: all parameters of the collection; films of other parameters have other identifiers.
    """
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

    def uid(*names: str | int) -> Any:
        return generate_uid(entropy_srcs=["readingroom phantom film", kind, visit.patient, *map(str, names)])

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ComputedRadiographyImageStorage
    meta.MediaStorageSOPInstanceUID = uid("film", number, photometric)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    # Ours, not the library's, so that its next version writes the same bytes.
    meta.ImplementationClassUID = generate_uid(entropy_srcs=["readingroom phantom film", "implementation"])
    meta.ImplementationVersionName = "READINGROOM"
    whole = Dataset()
    identifiers = {"StudyInstanceUID": uid("study"), "SeriesInstanceUID": uid("series", number)}
    parts = (
        _patient(visit),
        _study(visit, number),
        identifiers,
        _acquisition(pixels.shape),
        _look(pixels, photometric),
    )
    for name, value in {key: value for part in parts for key, value in part.items()}.items():
        setattr(whole, name, value)
    whole.SOPClassUID, whole.SOPInstanceUID = ComputedRadiographyImageStorage, meta.MediaStorageSOPInstanceUID
    stored = HIGHEST - pixels if photometric == "MONOCHROME1" else pixels
    whole.PixelData = np.ascontiguousarray(stored, "<u2").tobytes()
    whole["PixelData"].VR = "OW"
    buffer = io.BytesIO()
    FileDataset(buffer, whole, preamble=bytes(128), file_meta=meta).save_as(buffer, enforce_file_format=True)
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())


def _patient(visit: Visit) -> dict[str, Any]:
    return {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": f"PHANTOM^{visit.patient}",
        "PatientID": visit.patient,
        "PatientBirthDate": "",
        "PatientSex": visit.sex,
        "PatientAge": f"{visit.age:03d}Y",
        "PatientComments": FLAG,
        "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "Phantom: there is no person behind it",
    }


def _study(visit: Visit, number: int) -> dict[str, Any]:
    day = f"{visit.day:%Y%m%d}"
    return {
        **dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), day),
        **dict.fromkeys(("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime"), "120000"),
        "StudyID": visit.exam,
        "AccessionNumber": "",
        "ReferringPhysicianName": "",
        "StudyDescription": "PHANTOM chest",
        "SeriesDescription": "PHANTOM chest, posterior to anterior",
        "SeriesNumber": number,
        "InstanceNumber": 1,
        "AcquisitionNumber": 1,
        "Modality": "CR",
        "BodyPartExamined": "CHEST",
        "ViewPosition": "PA",
        "PatientOrientation": ["L", "F"],
        "ImageComments": FLAG,
    }


def _acquisition(shape: tuple[int, ...]) -> dict[str, Any]:
    spacing = float(f"{HEIGHT_MM / shape[0]:.9g}")
    return {
        "Manufacturer": "imitated by a phantom",
        "ManufacturerModelName": "imitated by a phantom",
        "InstitutionName": "",
        "SoftwareVersions": "Reading Room",
        "ImageType": ["DERIVED", "PRIMARY"],
        "DerivationDescription": FLAG,
        "KVP": "120",
        "PlateID": "",
        "ImagerPixelSpacing": [spacing, spacing],
        "BurnedInAnnotation": "YES",  # the side's marker
    }


def _look(pixels: NDArray[np.uint16], photometric: Photometric) -> dict[str, Any]:
    window = _window(pixels)
    # The function's two ends lie half a value apart (PS3.3 C.11.2.1.2.1): turned round, 4095 - x needs 4096 - centre.
    centre = HIGHEST + 1 - window.centre if photometric == "MONOCHROME1" else window.centre
    return {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": photometric,
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": 16,
        "BitsStored": BITS,
        "HighBit": BITS - 1,
        "PixelRepresentation": 0,
        "WindowCenter": centre,
        "WindowWidth": window.width,
    }


def _window(pixels: NDArray[np.uint16]) -> Window:
    low, high = np.percentile(pixels, (_DARK_PERCENT, _BRIGHT_PERCENT))
    width = max(round(float(high - low)), 2)
    return Window(round(float(low)) + width // 2, width)
