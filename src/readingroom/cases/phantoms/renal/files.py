"""A slice as a DICOM file: CT Image Storage, with what radiomics need of it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from readingroom.cases.phantoms.pelvis.series import FLAG
from readingroom.core.files import atomic_write

_INTERCEPT = -1024


@dataclass(frozen=True)
class Slice:
    """What the file of a slice says.

    Args:
        patient: pseudonym.
        sex: ``F`` or ``M``.
        age: in years.
        day: of the examination.
        number: of the slice, from 1.
        pixel_mm: side of a pixel.
        thickness_mm: of the slice.
    """

    patient: str
    sex: str
    age: int
    day: date
    number: int
    pixel_mm: float
    thickness_mm: float = 3.0


def write_ct(path: Path, hu: NDArray[np.int16], facts: Slice) -> None:
    """Write HU (H, W) as CT Image Storage, Explicit VR Little Endian; the same phantom gives the same bytes."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, generate_uid

    def uid(*names: str) -> UID:
        return generate_uid(entropy_srcs=["readingroom renal phantom", facts.patient, *names])

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = uid("slice", str(facts.number))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid("implementation")
    meta.ImplementationVersionName = "READINGROOM"
    whole = Dataset()
    middle = (hu.shape[0] - 1) / 2 * facts.pixel_mm
    z = facts.number * facts.thickness_mm
    values = {
        "SpecificCharacterSet": "ISO_IR 192", "SOPClassUID": CTImageStorage,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "PatientName": f"PHANTOM^{facts.patient}", "PatientID": facts.patient, "PatientSex": facts.sex,
        "PatientAge": f"{facts.age:03d}Y", "PatientBirthDate": "", "PatientIdentityRemoved": "YES",
        "DeidentificationMethod": "Phantom: there is no person behind it", "PatientComments": FLAG,
        "StudyDate": f"{facts.day:%Y%m%d}", "StudyTime": "120000", "StudyInstanceUID": uid("study"),
        "SeriesInstanceUID": uid("series"), "FrameOfReferenceUID": uid("frame"), "StudyID": "1",
        "AccessionNumber": "", "ReferringPhysicianName": "", "SeriesNumber": 1, "Modality": "CT",
        "StudyDescription": "PHANTOM kidney", "SeriesDescription": "PHANTOM CT, nephrographic phase, axial",
        "Manufacturer": "Reading Room", "ImageComments": FLAG, "ImageType": ["DERIVED", "PRIMARY", "AXIAL"],
        "InstanceNumber": facts.number, "ImagePositionPatient": [-middle, -middle, z],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0], "SliceThickness": facts.thickness_mm,
        "PixelSpacing": [facts.pixel_mm, facts.pixel_mm], "KVP": 120, "BurnedInAnnotation": "NO",
        "RescaleIntercept": _INTERCEPT, "RescaleSlope": 1, "RescaleType": "HU",
        "WindowCenter": 60, "WindowWidth": 400, "SamplesPerPixel": 1, "PhotometricInterpretation": "MONOCHROME2",
        "Rows": hu.shape[0], "Columns": hu.shape[1], "BitsAllocated": 16, "BitsStored": 12, "HighBit": 11,
        "PixelRepresentation": 0,
    }  # fmt: skip
    for name, value in values.items():
        setattr(whole, name, value)
    whole.PixelData = np.ascontiguousarray(np.clip(hu.astype(np.int32) - _INTERCEPT, 0, 4095), "<u2").tobytes()
    whole["PixelData"].VR = "OW"
    buffer = io.BytesIO()
    FileDataset(buffer, whole, preamble=bytes(128), file_meta=meta).save_as(buffer, enforce_file_format=True)
    with atomic_write(path) as temporary:
        temporary.write_bytes(buffer.getvalue())
