"""What tests of the cases share: small DICOM files, drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WriteDicom = Callable[..., Path]


@pytest.fixture
def write_dicom() -> WriteDicom:
    pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
    return _write


def _write(path: Path, pixels: Any = None, *, z: float | None = 0.0, number: int = 1, **changes: Any) -> Path:
    """An axial MR slice; attributes are changed or, with None, left out."""
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

    values = np.arange(64, dtype=np.uint16).reshape(8, 8) * 60 if pixels is None else np.asarray(pixels)
    syntax = changes.pop("syntax", ExplicitVRLittleEndian)
    said = {
        "SOPClassUID": MRImageStorage,
        "SOPInstanceUID": generate_uid(entropy_srcs=["slice", str(path)]),
        "StudyInstanceUID": generate_uid(entropy_srcs=["study", str(changes.get("PatientID", "007"))]),
        "SeriesInstanceUID": generate_uid(entropy_srcs=["series", str(changes.get("PatientID", "007"))]),
        "PatientID": "007",
        "Modality": "MR",
        "SeriesNumber": 301,
        "SeriesDescription": "T1",
        "InstanceNumber": number,
        "ImageType": ["ORIGINAL", "PRIMARY"],
        "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
        "ImagePositionPatient": None if z is None else [0, 0, z],
        "PixelSpacing": [1, 1],
        "SliceThickness": 4,
        "SamplesPerPixel": 1 if values.ndim == 2 else values.shape[2],
        "PhotometricInterpretation": "MONOCHROME2" if values.ndim == 2 else "RGB",
        "Rows": values.shape[0],
        "Columns": values.shape[1],
        "BitsAllocated": values.dtype.itemsize * 8,
        "BitsStored": values.dtype.itemsize * 8,
        "HighBit": values.dtype.itemsize * 8 - 1,
        "PixelRepresentation": int(np.issubdtype(values.dtype, np.signedinteger)),
        "PixelData": np.ascontiguousarray(values).tobytes(),
    }
    if values.ndim == 3:
        said["PlanarConfiguration"] = 0
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = MRImageStorage, syntax
    whole = Dataset()
    for name, value in {**said, **changes}.items():
        if value is not None:
            setattr(whole, name, value)
    if "PixelData" in whole:
        whole["PixelData"].VR = "OW"
    meta.MediaStorageSOPInstanceUID = whole.get("SOPInstanceUID", "1.2.3")
    path.parent.mkdir(parents=True, exist_ok=True)
    FileDataset(str(path), whole, preamble=bytes(128), file_meta=meta).save_as(path, enforce_file_format=True)
    return path
