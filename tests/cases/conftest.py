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


WriteNifti = Callable[..., Path]
WriteVideo = Callable[..., Path]
WriteSeries = Callable[..., Path]


@pytest.fixture
def write_nifti() -> WriteNifti:
    pytest.importorskip("nibabel", reason="NIfTI needs the extra 'volumes'")
    return _write_nifti


def _write_nifti(path: Path, values: Any, affine: Any = None, *, sform: int = 1, qform: int = 0, **header: Any) -> Path:
    """Values (x, y, z) to the right, front and head; fields of the header are changed."""
    import nibabel

    image = nibabel.Nifti1Image(np.asarray(values), np.eye(4) if affine is None else np.asarray(affine, float))
    image.header["sform_code"], image.header["qform_code"] = sform, qform
    for name, value in header.items():
        image.header[name] = value
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path


@pytest.fixture
def write_series(write_dicom: WriteDicom) -> WriteSeries:
    """A folder of axial slices at the positions given, each (8, 8) of its own number."""

    def write(folder: Path, places: Any = (0, 2, 4, 6), **changes: Any) -> Path:
        for number, place in enumerate(places, start=1):
            pixels = np.full((8, 8), number * 10, np.uint16)
            write_dicom(folder / f"{number:03d}.dcm", pixels, z=place, number=number, **changes)
        return folder

    return write


@pytest.fixture
def write_video() -> WriteVideo:
    pytest.importorskip("av", reason="videos need the extra 'volumes'")
    return _write_video


def _write_video(
    path: Path,
    count: int = 30,
    *,
    codec: str = "libx264",
    size: tuple[int, int] = (64, 48),
    pix_fmt: str = "yuv420p",
    title: str = "",
    bright_top: bool = False,
) -> Path:
    """Frames that are all of one grey, 8 times their number (modulo 256)."""
    import av

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        container.metadata["title"] = title
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, pix_fmt
        stream.gop_size = 12
        container.start_encoding()  # also where no frame follows
        for number in range(count):
            grey = np.full((size[1], size[0], 3), number * 8 % 256, np.uint8)
            grey[: size[1] // 2 if bright_top else 0] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode(None))
    return path
