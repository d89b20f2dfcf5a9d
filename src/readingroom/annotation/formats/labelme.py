"""LabelMe (and X-AnyLabeling): one JSON file for each image, beside it; polygons, masks, boxes, circles.

Shapes of one label and one ``group_id`` are the parts of one lesion, as LabelMe's own exports take them. A lesion's
facts stand in the shape's ``attributes`` (X-AnyLabeling shows them, LabelMe keeps them), its id in ``lesion``, the
annotator in the file's ``annotator``, the classes of the image in its ``flags``.
"""

from __future__ import annotations

import base64
import io
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from readingroom.annotation.documents import read_document, read_text
from readingroom.annotation.formats.format import Format, file_beside, one_annotator, read_files
from readingroom.annotation.intake import Intake, Source, box_of, ring_of, word_of
from readingroom.annotation.model import AnnotatedImage, Annotations, Box, Lesion, Polygon
from readingroom.annotation.names import image_name
from readingroom.annotation.outlines import (
    ELLIPSE_CORNERS,
    Bools,
    ellipse_ring,
    lesion_mask,
    mask_box,
    trace,
)
from readingroom.core.errors import AnnotationError
from readingroom.core.files import write_json, write_text

_OWN = frozenset({"label", "points", "group_id", "shape_type", "flags", "mask", "attributes", "lesion", "other_data"})
_CLASSES = "labels.txt"
"""LabelMe's own list of labels, one a line."""


def recognises(path: Path) -> bool:
    """Whether this is a JSON file with LabelMe's shapes, or a folder with one."""
    files = read_files(path, ".json")
    if not files or files[0].suffix.lower() != ".json":
        return False
    document = read_document(files[0])
    return isinstance(document, dict) and "shapes" in document and "imagePath" in document


def read(path: Path, source: Source) -> Annotations:
    """Read a folder of LabelMe files, or one."""
    intake = Intake(path, source)
    root = path if path.is_dir() else path.parent
    found = [_read_image(file, root, intake) for file in read_files(path, ".json")]
    images = [image for image in found if image is not None]
    intake.refuse_twins(images)
    listed = root / _CLASSES
    classes = [line.strip() for line in read_text(listed).splitlines()] if path.is_dir() and listed.is_file() else []
    return intake.finish(images, [name for name in classes if name and name != "__ignore__"])


def _read_image(file: Path, root: Path, intake: Intake) -> AnnotatedImage | None:
    where = file.relative_to(root).as_posix()
    document = read_document(file)
    if not isinstance(document, dict) or not isinstance(document.get("shapes"), list):
        intake.problem(where, "a JSON file without shapes", "Take it out of the folder, or save it again")
        return None
    size = document.get("imageWidth"), document.get("imageHeight")
    image = intake.image(where, _image_of(document, where, intake), *size, str(document.get("annotator", "")))
    if image is None:
        return None
    labels = tuple(str(label) for label, said in (document.get("flags") or {}).items() if said)
    return replace(image, labels=labels, lesions=tuple(_read_shapes(document["shapes"], where, image, intake)))


def _image_of(document: Mapping[str, Any], where: str, intake: Intake) -> str:
    """The image's name: its path is written from the file's own folder."""
    written, folder = str(document.get("imagePath", "")).replace("\\", "/"), posixpath.dirname(where)
    name = image_name(posixpath.join(folder, written))
    if name is None and written.startswith("../"):
        # Annotations and images in two folders of the same shape: the name below that folder is the same.
        intake.note("an image path that leads to another folder was taken as the file's own place")
        return posixpath.join(folder, posixpath.basename(written))
    return name or written


def _read_shapes(shapes: Sequence[Any], where: str, image: AnnotatedImage, intake: Intake) -> list[Lesion]:
    """The lesions, with the shapes of a group as the parts of one."""
    lesions: list[Lesion] = []
    groups: dict[tuple[str, Any], int] = {}
    for number, shape in enumerate(shapes):
        place = f"{where}, shapes[{number}]"
        with intake.part(place, image.image):
            lesion = _read_shape(shape, place, image, intake)
            group = (lesion.label, shape.get("group_id"))
            if lesion.polygons is not None and group in groups:
                lesions[groups[group]] = _joined(lesions[groups[group]], lesion, place, image, intake)
                continue
            if lesion.polygons is not None and group[1] is not None:
                groups[group] = len(lesions)
            lesions.append(lesion)
    return lesions


def _joined(lesion: Lesion, part: Lesion, where: str, image: AnnotatedImage, intake: Intake) -> Lesion:
    if part.facts != lesion.facts:
        intake.leave_out(where, "facts unlike those of the other shapes of its group", image.image, "Make them equal")
    return replace(lesion, polygons=(*(lesion.polygons or ()), *(part.polygons or ())))


def _read_shape(shape: Mapping[str, Any], where: str, image: AnnotatedImage, intake: Intake) -> Lesion:
    """A lesion from a shape.

    Raises:
        AnnotationError: it has no label, or outlines nothing.
    """
    flags = {name: value for name, value in (shape.get("flags") or {}).items() if value}
    others = {name: value for name, value in shape.items() if name not in _OWN and value not in ("", None)}
    facts = intake.facts({**others, **flags, **(shape.get("attributes") or {})}, where, image.image)
    lesion = Lesion(word_of(shape.get("label")), id=str(shape.get("lesion", "")), facts=facts)
    if shape.get("shape_type") == "rectangle":
        return replace(lesion, drawn_box=_read_box(shape["points"]))
    return replace(lesion, polygons=_read_outline(shape, image, intake))


def _read_box(points: Sequence[Sequence[float]]) -> Box:
    xs, ys = zip(*points, strict=True)
    box = box_of([min(xs), min(ys), max(xs), max(ys)])
    if any(x not in (box[0], box[2]) or y not in (box[1], box[3]) for x, y in points):
        raise AnnotationError("a turned box is neither a box nor an outline", fix="Draw a polygon or an upright box")
    return box


def _read_outline(shape: Mapping[str, Any], image: AnnotatedImage, intake: Intake) -> tuple[Polygon, ...]:
    """The polygons of a shape."""
    kind = shape.get("shape_type") or "polygon"
    if kind == "polygon":
        return (Polygon(ring_of(shape["points"])),)
    if kind == "mask":
        return trace(_read_mask(shape, image))
    if kind == "circle":
        (x, y), (px, py) = shape["points"]
        radius = float(np.hypot(px - x, py - y))
        intake.note(f"a circle became a polygon of {ELLIPSE_CORNERS} corners")
        return (Polygon(ellipse_ring(x, y, radius, radius)),)
    raise AnnotationError(
        f"a shape of the kind {kind!r} outlines nothing", fix="Draw a polygon, a mask, a circle or a box"
    )


def _read_mask(shape: Mapping[str, Any], image: AnnotatedImage) -> Bools:
    (x0, y0), (x1, y1) = ([round(value) for value in point] for point in shape["points"])
    with Image.open(io.BytesIO(base64.b64decode(shape["mask"], validate=True))) as picture:
        fits = picture.size == (x1 - x0 + 1, y1 - y0 + 1)
        if not fits or x0 < 0 or y0 < 0 or x1 >= image.width or y1 >= image.height:
            raise AnnotationError(
                f"a mask of {picture.size} that does not fit its corners, or its image", fix="Draw it again"
            )
        small = np.asarray(picture if picture.mode in {"1", "L", "P"} else picture.convert("L")) != 0
    mask = np.zeros((image.height, image.width), dtype=np.bool_)
    mask[y0 : y1 + 1, x0 : x1 + 1] = small
    return mask


def write(annotations: Annotations, path: Path, source: Source) -> None:
    """Write a folder of LabelMe files, one for each image."""
    annotator = one_annotator(annotations, "LabelMe")
    files = file_beside(annotations.images, ".json")
    for image in annotations.images:
        shapes: list[dict[str, Any]] = []
        for number, lesion in enumerate(image.lesions, start=1):
            shapes += _shapes(lesion, number, image)
        document: dict[str, Any] = {
            "version": "5.5.0",
            "flags": dict.fromkeys(image.labels, True),
            "shapes": shapes,
            "imagePath": posixpath.basename(image.image),
            "imageData": None,
            "imageHeight": image.height,
            "imageWidth": image.width,
        }
        write_json(path / files[image.image], {**document, **({"annotator": annotator} if annotator else {})})
    write_text(path / _CLASSES, "".join(f"{name}\n" for name in annotations.all_classes))


def _shapes(lesion: Lesion, number: int, image: AnnotatedImage) -> list[dict[str, Any]]:
    facts = dict(lesion.facts)
    said: dict[str, Any] = {"label": lesion.label, "group_id": None, "description": facts.pop("description", ""),
                            "flags": {}}  # fmt: skip
    if facts:
        said["attributes"] = facts
    if lesion.id:
        said["lesion"] = lesion.id
    parts = lesion.polygons
    if parts is None:
        box = lesion.drawn_box
        return [] if box is None else [_shape(said, "rectangle", [box[:2], box[2:]])]
    if any(polygon.holes for polygon in parts):
        return _mask_shapes(said, lesion, image)
    if len(parts) > 1:
        said["group_id"] = number
    return [_shape(said, "polygon", polygon.exterior) for polygon in parts]


def _shape(said: Mapping[str, Any], kind: str, points: Iterable[Iterable[float]]) -> dict[str, Any]:
    return {**said, "points": [list(point) for point in points], "shape_type": kind, "mask": None}


def _mask_shapes(said: Mapping[str, Any], lesion: Lesion, image: AnnotatedImage) -> list[dict[str, Any]]:
    mask = lesion_mask(lesion, image.height, image.width)
    box = mask_box(mask)
    if box is None:
        return []
    x0, y0, x1, y1 = map(int, box)
    small = io.BytesIO()
    Image.fromarray(mask[y0:y1, x0:x1].astype(np.uint8)).save(small, format="PNG")
    text = base64.b64encode(small.getvalue()).decode()
    return [{**_shape(said, "mask", [(x0, y0), (x1 - 1, y1 - 1)]), "mask": text}]


FORMAT = Format("labelme", "LabelMe", True, frozenset({"bare lesions", "annotators"}), recognises, read, write)
