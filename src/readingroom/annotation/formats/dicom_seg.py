"""DICOM SEG: one segmentation for each series of DICOM images; a lesion is a segment, wherever on the series it is.

The images must be DICOM themselves, and their folder be given: a segmentation refers to them by their identifiers and
takes patient and study from them. A lesion's id is the segment's Tracking ID (lesions with one id on several images of
a series are one segment), its facts are written as JSON into the Segment Description, the annotator is the Content
Creator. There is no place for boxes, for classes of images, or for an image without lesion.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readingroom.annotation.facts import simple_facts
from readingroom.annotation.formats.format import Format, one_annotator, read_files
from readingroom.annotation.intake import Intake, Source
from readingroom.annotation.masks import MAX_PIXELS
from readingroom.annotation.model import AnnotatedImage, Annotations, Lesion
from readingroom.annotation.names import ImageFolder, beside, dicom_library, is_dicom, read_dicom
from readingroom.annotation.outlines import Bools, lesion_mask, trace
from readingroom.core.errors import AnnotationError
from readingroom.core.files import atomic_write

_SEGMENTATION = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""SOP classes of segmentations: segments as planes, segments as labels."""

_DESCRIPTION = 1024
"""Characters that a Segment Description may have."""

_VOXELS = 500_000_000
"""Pixels of all segments and images of one file; a larger series gets a file for each image."""


def recognises(path: Path) -> bool:
    """Whether this is a DICOM segmentation, or a folder with one."""
    return any(_is_segmentation(file) for file in read_files(path, "") if is_dicom(file))


def _is_segmentation(path: Path) -> bool:
    return str(read_dicom(path, pixels=False).get("SOPClassUID", "")) in _SEGMENTATION


def read(path: Path, source: Source) -> Annotations:
    """Read a segmentation, or every one in a folder."""
    intake = Intake(path, source)
    images: dict[tuple[str, str], AnnotatedImage] = {}
    classes: dict[str, None] = {}
    for file in read_files(path, ""):
        if is_dicom(file) and _is_segmentation(file):
            dataset = read_dicom(file, pixels=True)
            classes |= dict.fromkeys(str(segment.SegmentLabel) for segment in dataset.SegmentSequence)
            for image in _read_file(dataset, file.name, intake):
                known = images.get(image.key, replace(image, lesions=()))
                images[image.key] = replace(known, lesions=(*known.lesions, *image.lesions))
    return intake.finish(images.values(), list(classes))


def _read_file(dataset: Any, where: str, intake: Intake) -> Iterator[AnnotatedImage]:
    lesions = {int(segment.SegmentNumber): _read_segment(segment) for segment in dataset.SegmentSequence}
    annotator = str(dataset.get("ContentCreatorName", "") or "")
    size = int(dataset.Columns), int(dataset.Rows)
    masks: dict[str, dict[int, Bools]] = {}
    for number, (plane, segments, uid) in enumerate(_frames(dataset, intake), start=1):
        if not uid:
            reason = "the frame does not say which image it belongs to"
            intake.leave_out(f"{where}, frame {number}", reason, fix="Export with references to the source images")
            continue
        for segment, inside in _planes(plane, segments):
            of_image = masks.setdefault(uid, {})
            of_image[segment] = of_image[segment] | inside if segment in of_image else inside
    for uid, found in masks.items():
        name = intake.source.images.by_uid.get(uid, f"{uid}.dcm") if intake.source.images else f"{uid}.dcm"
        traced = tuple(replace(lesions[segment], polygons=trace(found[segment])) for segment in sorted(found))
        yield AnnotatedImage(name, *size, annotator, lesions=traced)


def _frames(dataset: Any, intake: Intake) -> Iterator[tuple[NDArray[Any], Sequence[int], str]]:
    """Each frame with its segments (none where the pixels themselves say) and the image that it lies on."""
    size = int(dataset.Rows) * int(dataset.Columns)
    if size > MAX_PIXELS:
        intake.problem("Rows, Columns", f"{size} pixels, more than the {MAX_PIXELS} that are read", "Save it smaller")
        return
    pixels = dataset.pixel_array.reshape(-1, int(dataset.Rows), int(dataset.Columns))
    kind = str(dataset.get("SegmentationType", "BINARY"))
    if kind == "FRACTIONAL":
        intake.note("a segmentation of shares or probabilities was divided at half")
        pixels = pixels >= int(dataset.get("MaximumFractionalValue", 255)) / 2
    shared = dataset.get("SharedFunctionalGroupsSequence", [None])[0]
    for plane, groups in zip(pixels, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        named = _group("SegmentIdentificationSequence", groups, shared)
        segments = [] if kind == "LABELMAP" or named is None else [int(named.ReferencedSegmentNumber)]
        yield plane, segments, _source_of(_group("DerivationImageSequence", groups, shared))


def _group(name: str, *groups: Any) -> Any:
    """The first item of a functional group, of this frame or of all."""
    return next((found[0] for group in groups if group is not None and (found := group.get(name))), None)


def _source_of(derivation: Any) -> str:
    images = derivation.get("SourceImageSequence") if derivation is not None else None
    return str(images[0].ReferencedSOPInstanceUID) if images else ""


def _planes(plane: NDArray[Any], segments: Sequence[int]) -> Iterator[tuple[int, Bools]]:
    if segments:
        yield segments[0], np.asarray(plane != 0)
        return
    yield from ((int(value), np.asarray(plane == value)) for value in np.unique(plane) if value)


def _read_segment(segment: Any) -> Lesion:
    text = str(segment.get("SegmentDescription", ""))
    try:
        said = json.loads(text).get("facts", {})
    except (ValueError, AttributeError):
        said = {"description": text} if text else {}
    return Lesion(str(segment.SegmentLabel), id=str(segment.get("TrackingID", "")), facts=simple_facts(said)[0])


def write(annotations: Annotations, path: Path, source: Source) -> None:
    """Write a folder of segmentations, one for each series."""
    annotator = one_annotator(annotations, "DICOM SEG")
    if source.images is None:
        raise AnnotationError(
            "a DICOM segmentation refers to DICOM images", fix="Give the folder of the images with --images"
        )
    for images in _by_series(annotations, source.images).values():
        cells = images[0][0].width * images[0][0].height * len(images) * sum(len(one.lesions) for one, _ in images)
        for part in [images] if cells <= _VOXELS else [[one] for one in images]:
            name = beside(part[0][0].image, ".seg.dcm")
            _write_series(part, annotator, path / name)


Series = list[tuple[AnnotatedImage, Any]]

_MAY_BE_EMPTY = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID",
                 "AccessionNumber", "ReferringPhysicianName", "SliceThickness")  # fmt: skip
"""What DICOM wants in every file, if only empty, and de-identified images often lack."""


def _by_series(annotations: Annotations, folder: ImageFolder) -> dict[tuple[Any, ...], Series]:
    """The images with lesions, with their datasets, by series and size."""
    series: dict[tuple[Any, ...], Series] = {}
    for image in annotations.images:
        if not any(lesion.polygons for lesion in image.lesions):
            continue
        path = folder.path(image.image)
        if not is_dicom(path):
            fix = "Choose coco or masks for other images, or convert the images to DICOM first"
            raise AnnotationError("a DICOM segmentation refers to DICOM images, this is none", fix=fix, file=path)
        dataset = read_dicom(path, pixels=True)
        if int(dataset.get("NumberOfFrames", 1) or 1) > 1:
            fix = "Choose coco or masks for images of several frames"
            raise AnnotationError("the image has several frames, and outlines lie on one", fix=fix, file=path)
        for keyword in _MAY_BE_EMPTY:
            dataset.setdefault(keyword, None)
        key = (dataset.SeriesInstanceUID, dataset.Rows, dataset.Columns)
        series.setdefault(key, []).append((image, dataset))
    return series


def _write_series(images: Series, annotator: str, path: Path) -> None:
    segments, pixels = _segments(images)
    highdicom = dicom_library(path)
    first = images[0][1]
    uids = [str(dataset.SOPInstanceUID) for _, dataset in images]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pydicom and highdicom, about the images and not about this
        try:
            segmentation = highdicom.seg.Segmentation(
                source_images=[dataset for _, dataset in images],
                pixel_array=pixels,
                segmentation_type="BINARY",
                segment_descriptions=[_describe(n, one, first, highdicom) for n, one in enumerate(segments, start=1)],
                series_instance_uid=_uid("series", annotator, *uids),
                series_number=1,
                sop_instance_uid=_uid("instance", annotator, *uids),
                instance_number=1,
                manufacturer="Reading Room",
                manufacturer_model_name="readingroom",
                software_versions=version("readingroom"),
                device_serial_number="0",
                content_creator_name=annotator or None,
            )
        except (ValueError, AttributeError, TypeError) as error:
            what = f"the lesions of {images[0][0].image} cannot be a DICOM segmentation ({error})"
            fix = "Shorten labels to 64 characters, complete the image's attributes, or choose coco"
            raise AnnotationError(what, fix=fix) from error
        # Labels may be Chinese, whatever the images are written in.
        segmentation.SpecificCharacterSet = "ISO_IR 192"
        with atomic_write(path) as temporary:
            segmentation.save_as(temporary)


def _segments(images: Series) -> tuple[list[Lesion], Bools]:
    """The segments, and their pixels (image, row, column, segment)."""
    places: dict[tuple[Any, ...], int] = {}
    segments: list[Lesion] = []
    drawn: list[tuple[int, int, Lesion, AnnotatedImage]] = []
    for n, (image, _) in enumerate(images):
        taken: set[tuple[Any, ...]] = set()
        for k, lesion in enumerate(image.lesions):
            if not lesion.polygons:
                continue
            facts = json.dumps(dict(lesion.facts), sort_keys=True)
            key: tuple[Any, ...] = (lesion.label, lesion.id, facts)
            if not lesion.id or key in taken:
                key = (n, k)  # without a name, or twice on one image: a segment of its own
            taken.add(key)
            if key not in places:
                places[key] = len(segments)
                segments.append(lesion)
            drawn.append((n, places[key], lesion, image))
    height, width = images[0][0].height, images[0][0].width
    pixels = np.zeros((len(images), height, width, len(segments)), dtype=np.bool_)
    for n, segment, lesion, image in drawn:
        pixels[n, ..., segment] |= lesion_mask(lesion, image.height, image.width)
    return segments, pixels


def _describe(number: int, lesion: Lesion, dataset: Any, highdicom: Any) -> Any:
    from pydicom.sr.codedict import codes

    tracking = {}
    if lesion.id:
        tracking = {"tracking_id": lesion.id, "tracking_uid": _uid("lesion", dataset.StudyInstanceUID, lesion.id)}
    description = highdicom.seg.SegmentDescription(
        segment_number=number,
        segment_label=lesion.label,
        segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
        segmented_property_type=codes.SCT.Lesion,
        algorithm_type="MANUAL",
        **tracking,
    )
    text = _facts_text(lesion.facts)
    if text:
        description.SegmentDescription = text
    return description


def _facts_text(facts: Mapping[str, Any]) -> str:
    """The facts as JSON; nothing where they are more than fits, which the check after writing then finds."""
    text = json.dumps({"facts": dict(facts)}, ensure_ascii=False) if facts else ""
    return text if len(text) <= _DESCRIPTION else ""


def _uid(*sources: object) -> str:
    """An identifier that the same annotations always get."""
    from pydicom.uid import generate_uid

    return str(generate_uid(entropy_srcs=[str(source) for source in sources]))


FORMAT = Format(
    "dicom-seg",
    "DICOM SEG",
    True,
    frozenset(
        {"corners", "boxes", "bare lesions", "image labels", "annotators", "images without lesions", "unused classes"}
    ),
    recognises,
    read,
    write,
)
