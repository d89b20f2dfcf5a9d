"""COCO: one JSON file with images, annotations and categories; polygons, or run-length codes where there are holes.

What COCO has no field for goes where other programs leave it alone: the facts of a lesion, its id (``lesion``) and its
annotator into the annotation's ``attributes``, as CVAT does; who looked at an image and how they classed it into the
image's ``annotated_by``. The numbers of COCO's annotations are the file's own and are given anew.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from readingroom.annotation.documents import read_document
from readingroom.annotation.facts import RESERVED
from readingroom.annotation.formats.format import Format
from readingroom.annotation.intake import Intake, Source, box_of, flat_ring
from readingroom.annotation.model import AnnotatedImage, Annotations, Box, Lesion, Polygon
from readingroom.annotation.outlines import Bools, area, lesion_mask, trace
from readingroom.annotation.runs import coco_counts, coco_text, count_runs, fill_runs
from readingroom.core.errors import AnnotationError
from readingroom.core.files import write_text

_OWN = frozenset({"id", "image_id", "category_id", "segmentation", "bbox", "area", "attributes"})
_IMAGE = frozenset({"id", "file_name", "width", "height", "annotated_by"})


@dataclass
class _Picture:
    """An image of the file while its annotations are gathered."""

    image: AnnotatedImage
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lesions: dict[str, list[Lesion]] = field(default_factory=dict)

    @property
    def only_annotator(self) -> str:
        """Who annotated the image, where the file says so for the image and not for the lesion."""
        return next(iter(self.labels)) if len(self.labels) == 1 else ""

    def finished(self) -> Iterator[AnnotatedImage]:
        for annotator in dict.fromkeys([*self.labels, *self.lesions]) or [""]:
            lesions = tuple(self.lesions.get(annotator, ()))
            yield replace(self.image, annotator=annotator, labels=self.labels.get(annotator, ()), lesions=lesions)


def recognises(path: Path) -> bool:
    """Whether this is a JSON file with COCO's three lists."""
    if not path.is_file() or path.suffix.lower() != ".json":
        return False
    document = read_document(path)
    return isinstance(document, dict) and "images" in document and "categories" in document


def read(path: Path, source: Source) -> Annotations:
    """Read a COCO file."""
    intake = Intake(path, source)
    document = read_document(path)
    lists = {name: _list(document, name, intake) for name in ("images", "categories", "annotations")}
    intake.raise_problems()
    classes = _classes(lists["categories"], intake)
    pictures = _pictures(lists["images"], intake)
    for number, entry in enumerate(lists["annotations"]):
        where = f"annotations[{number}]"
        picture = pictures.get(entry.get("image_id"))
        if picture is None:
            intake.leave_out(where, f"no image has the id {entry.get('image_id')}", fix="Export the file again")
            continue
        with intake.part(where, picture.image.image):
            _take(entry, where, picture, classes, intake)
    images = [image for picture in pictures.values() for image in picture.finished()]
    return intake.finish(images, tuple(classes.values()))


def _list(document: Any, name: str, intake: Intake) -> list[Any]:
    found = document.get(name) if isinstance(document, dict) else None
    if not isinstance(found, list):
        intake.problem(name, "no such list", "A COCO file has images, annotations and categories: export it again")
        return []
    return found


def _classes(entries: Sequence[Any], intake: Intake) -> dict[Any, str]:
    classes: dict[Any, str] = {}
    for number, entry in enumerate(entries):
        if not isinstance(entry, dict) or "id" not in entry or not entry.get("name"):
            intake.problem(f"categories[{number}]", "a category without id or name", "Export the file again")
        elif entry["id"] in classes or str(entry["name"]) in classes.values():
            intake.problem(f"categories[{number}]", f"{entry['name']!r} or its id is there twice", "Keep one of them")
        else:
            classes[entry["id"]] = str(entry["name"])
    return classes


def _pictures(entries: Sequence[Any], intake: Intake) -> dict[Any, _Picture]:
    pictures: dict[Any, _Picture] = {}
    for number, entry in enumerate(entries):
        where = f"images[{number}]"
        if not isinstance(entry, dict) or "id" not in entry or "file_name" not in entry:
            intake.problem(where, "an image without id or file_name", "Export the file again")
            continue
        image = intake.image(where, entry["file_name"], entry.get("width"), entry.get("height"))
        if image is None:
            continue
        if entry["id"] in pictures:
            intake.problem(where, f"another image has the id {entry['id']}", "Export the file again")
        pictures[entry["id"]] = _Picture(image, _labels(entry))
        for other in set(entry) - _IMAGE:
            intake.note(f"the field {other!r} of images was not kept: it is no annotation")
    intake.refuse_twins(picture.image for picture in pictures.values())
    return pictures


def _labels(entry: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    said = entry.get("annotated_by") or []
    return {str(one.get("annotator", "")): tuple(map(str, one.get("labels", ()))) for one in said}


def _take(entry: Mapping[str, Any], where: str, picture: _Picture, classes: Mapping[Any, str], intake: Intake) -> None:
    """Take one annotation into its image.

    Raises:
        AnnotationError: it has no class, or its outline or box is none.
    """
    if entry.get("category_id") not in classes:
        raise AnnotationError(f"no category has the id {entry.get('category_id')}", fix="Export the file again")
    image = picture.image
    polygons = _polygons(entry.get("segmentation"), image)
    box = _box(entry["bbox"]) if polygons is None and entry.get("bbox") else None
    said = entry.get("attributes") or {}
    others = {name: value for name, value in entry.items() if name not in _OWN and (name, value) != ("iscrowd", 0)}
    own = {name: value for name, value in said.items() if name not in RESERVED}
    facts = intake.facts({**others, **own}, where, image.image)
    lesion = Lesion(classes[entry["category_id"]], polygons, box, str(said.get("lesion", "")), facts)
    picture.lesions.setdefault(str(said.get("annotator", picture.only_annotator)), []).append(lesion)


def _polygons(segmentation: Any, image: AnnotatedImage) -> tuple[Polygon, ...] | None:
    """The outline; None where there is none."""
    if segmentation in (None, []):
        return None
    if isinstance(segmentation, dict):
        return trace(_unpacked(segmentation, image))
    return tuple(Polygon(flat_ring(values)) for values in segmentation)


def _unpacked(code: Mapping[str, Any], image: AnnotatedImage) -> Bools:
    height, width = image.height, image.width
    if code.get("size") != [height, width]:
        raise AnnotationError(
            f"a mask of {code.get('size')} (height, width) on an image of [{height}, {width}]",
            fix="Outline the lesion on this image; a mask is not resized",
        )
    counts = code.get("counts", ())
    runs = coco_counts(counts) if isinstance(counts, str) else counts
    return fill_runs(runs, height * width).reshape((height, width), order="F")


def _box(values: Sequence[float]) -> Box:
    x, y, width, height = values
    return box_of([x, y, x + width, y + height])


def write(annotations: Annotations, path: Path, source: Source) -> None:
    """Write a COCO file."""
    ids = {name: number for number, name in enumerate(annotations.all_classes, start=1)}
    images: dict[str, dict[str, Any]] = {}
    entries: list[dict[str, Any]] = []
    for image in annotations.images:
        entry = images.setdefault(image.image, _image_entry(image, len(images) + 1))
        if image.annotator or image.labels:
            entry.setdefault("annotated_by", []).append({"annotator": image.annotator, "labels": list(image.labels)})
        for lesion in image.lesions:
            numbers = {"id": len(entries) + 1, "image_id": entry["id"], "category_id": ids[lesion.label]}
            entries.append({**numbers, **_entry(lesion, image)})
    document = {
        "info": {"description": "written by Reading Room"},
        "images": list(images.values()),
        "annotations": entries,
        "categories": [{"id": number, "name": name} for name, number in ids.items()],
    }
    write_text(path, json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")


def _image_entry(image: AnnotatedImage, number: int) -> dict[str, Any]:
    return {"id": number, "file_name": image.image, "width": image.width, "height": image.height}


def _entry(lesion: Lesion, image: AnnotatedImage) -> dict[str, Any]:
    facts = dict(lesion.facts)
    entry: dict[str, Any] = {
        "iscrowd": int(bool(facts.pop("iscrowd", 0))),
        "segmentation": _segmentation(lesion, image),
    }
    if lesion.box is not None:
        x0, y0, x1, y1 = lesion.box
        entry["bbox"] = [x0, y0, x1 - x0, y1 - y0]
        entry["area"] = area(lesion.polygons) if lesion.polygons else (x1 - x0) * (y1 - y0)
    named = {"lesion": lesion.id, "annotator": image.annotator}
    attributes = {**facts, **{name: value for name, value in named.items() if value}}
    return {**entry, "attributes": attributes} if attributes else entry


def _segmentation(lesion: Lesion, image: AnnotatedImage) -> Any:
    if lesion.polygons is None:
        return []
    if lesion.polygons and not any(polygon.holes for polygon in lesion.polygons):
        return [[value for corner in polygon.exterior for value in corner] for polygon in lesion.polygons]
    mask = lesion_mask(lesion, image.height, image.width)
    return {"size": [image.height, image.width], "counts": coco_text(count_runs(mask.ravel(order="F")))}


FORMAT = Format("coco", "COCO", False, frozenset(), recognises, read, write)
