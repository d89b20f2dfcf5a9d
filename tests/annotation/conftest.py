"""Annotations drawn for the tests: everything that annotations can have, by the name of the feature."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from readingroom.annotation import FEATURES, AnnotatedImage, Annotations, Lesion, Polygon

WIDTH, HEIGHT = 60, 40
NAMES = ("上消化道/第 1 例.dcm", "a b/two.dcm", "three.dcm")
"""Names with a subfolder, a space and Chinese; DICOM, so that DICOM SEG can take part."""

SQUARE = Polygon(((2.0, 3.0), (10.0, 3.0), (10.0, 12.0), (2.0, 12.0)))
BESIDE = Polygon(((20.0, 3.0), (26.0, 3.0), (26.0, 9.0), (20.0, 9.0)))
DOT = Polygon(((28.0, 3.0), (29.0, 3.0), (29.0, 4.0), (28.0, 4.0)))
HOLE = Polygon(((30.0, 20.0), (42.0, 20.0), (42.0, 34.0), (30.0, 34.0)), (((33.0, 23.0), (33.0, 28.0), (38.0, 23.0)),))
CORNERS = Polygon(((45.25, 2.125), (57.5, 4.0), (50.0, 16.75)))
FACTS = {"size_mm": 12.5, "paris": "0-IIa", "pathology": "高级别上皮内瘤变", "depth": "SM1 <b> & \"x\"", "count": 3,
         "biopsy": True}  # fmt: skip


def images() -> tuple[AnnotatedImage, ...]:
    """One lesion with a plain outline on each of three images: what every format holds."""
    return tuple(
        AnnotatedImage(name, WIDTH, HEIGHT, lesions=(Lesion(label, (SQUARE,)),))
        for name, label in zip(NAMES, ("息肉", "ulcer", "息肉"), strict=True)
    )


def _with_features(features: Iterable[str]) -> Annotations:
    """The three images with these features added, and nothing else that a format could lack."""
    annotations = Annotations(images(), ("息肉", "ulcer"))
    for feature in FEATURES:
        if feature in features and feature != "outlines":
            annotations = _ADD[feature](annotations)
    return annotations


def _lesion(annotations: Annotations, lesion: Lesion) -> Annotations:
    first = annotations.images[0]
    return replace(annotations, images=(replace(first, lesions=(*first.lesions, lesion)), *annotations.images[1:]))


def _image(annotations: Annotations, **changes: object) -> Annotations:
    return replace(annotations, images=tuple(replace(image, **changes) for image in annotations.images))


def _facts(annotations: Annotations, **changes: object) -> Annotations:
    changed = (
        replace(image, lesions=tuple(replace(lesion, **changes) for lesion in image.lesions))
        for image in annotations.images
    )
    return replace(annotations, images=tuple(changed))


def _empty(annotations: Annotations) -> Annotations:
    last = replace(annotations.images[-1], lesions=())
    return replace(annotations, images=(*annotations.images[:-1], last))


def _second(annotations: Annotations) -> Annotations:
    other = tuple(replace(image, annotator="李", lesions=image.lesions[:1]) for image in annotations.images)
    first = tuple(replace(image, annotator="王") for image in annotations.images)
    return replace(annotations, images=first + other)


_ADD = {
    "corners": lambda a: _lesion(a, Lesion("ulcer", (CORNERS,))),
    "holes": lambda a: _lesion(a, Lesion("ulcer", (HOLE,))),
    "parts": lambda a: _lesion(a, Lesion("息肉", (BESIDE, DOT))),
    "overlaps": lambda a: _lesion(a, Lesion("ulcer", (Polygon(((5.0, 5.0), (14.0, 5.0), (14.0, 15.0), (5.0, 15.0))),))),
    "boxes": lambda a: _lesion(a, Lesion("ulcer", drawn_box=(1.5, 18.0, 20.25, 39.0))),
    "bare lesions": lambda a: _lesion(a, Lesion("ulcer")),
    "lesion ids": lambda a: _facts(a, id="病灶 1"),
    "facts": lambda a: _facts(a, facts=FACTS),
    "image labels": lambda a: _image(a, labels=("胃窦", "normal")),
    "annotator": lambda a: _image(a, annotator="王"),
    "annotators": _second,
    "images without lesions": _empty,
    "unused classes": lambda a: replace(a, classes=("息肉", "unused", "ulcer")),
}  # fmt: skip


@pytest.fixture(scope="session")
def drawn() -> Callable[[Iterable[str]], Annotations]:
    """Draws annotations that have these features."""
    return _with_features


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Secondary captures under the names of the drawn images, of a patient with a Chinese name, each its own series."""
    root = tmp_path_factory.mktemp("pictures")
    for name in NAMES:
        _write_dicom(root / name)
    return root


def _write_dicom(path: Path) -> None:
    pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
    uid = pydicom.uid
    meta = pydicom.dataset.FileMetaDataset()
    meta.TransferSyntaxUID = uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = uid.SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = uid.generate_uid(entropy_srcs=[path.name])
    dataset = pydicom.Dataset()
    dataset.file_meta = meta
    dataset.SpecificCharacterSet = "GB18030"
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.StudyInstanceUID = uid.generate_uid(entropy_srcs=["study"])
    dataset.SeriesInstanceUID = uid.generate_uid(entropy_srcs=["series", path.name])
    dataset.PatientName, dataset.PatientID, dataset.PatientBirthDate, dataset.PatientSex = "测试^甲", "P1", "", ""
    dataset.StudyDate = dataset.StudyTime = dataset.StudyID = dataset.AccessionNumber = ""
    dataset.ReferringPhysicianName, dataset.Modality, dataset.SeriesNumber, dataset.InstanceNumber = "", "OT", 1, 1
    dataset.Rows, dataset.Columns, dataset.SamplesPerPixel = HEIGHT, WIDTH, 1
    dataset.PhotometricInterpretation, dataset.PixelRepresentation = "MONOCHROME2", 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit = 7
    dataset.PixelData = bytes(WIDTH * HEIGHT)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
