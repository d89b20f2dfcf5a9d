"""Label Studio: one JSON export of tasks; polygons, brushes where there are holes or parts, boxes, choices.

A task holds one annotation for each annotator. Answers that belong to a region (text, number, choices, rating) are
facts of its lesion; choices that belong to none are classes of the image. Written facts and ids stand in a region's
``meta``. Places are per cent of the image, so that corners come back within a billionth of a pixel.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

from readingroom.annotation.documents import read_document
from readingroom.annotation.formats.format import Format
from readingroom.annotation.intake import Intake, Source, box_of, ring_of
from readingroom.annotation.model import AnnotatedImage, Annotations, Box, Lesion, Polygon
from readingroom.annotation.outlines import ELLIPSE_CORNERS, ellipse_ring, lesion_mask, trace
from readingroom.annotation.runs import decode_brush, encode_brush
from readingroom.core.errors import AnnotationError
from readingroom.core.files import write_text

_ANSWERS = {"textarea": "text", "number": "number", "choices": "choices", "rating": "rating"}
_LABELS = ("polygonlabels", "brushlabels", "rectanglelabels", "ellipselabels", "labels", "keypointlabels")
_UPLOAD = re.compile(r"^/?data/upload/\d+/(?:[0-9a-f]{8}-)?")


def recognises(path: Path) -> bool:
    """Whether this is a JSON list of tasks with data and annotations."""
    if not path.is_file() or path.suffix.lower() != ".json":
        return False
    document = read_document(path)
    first = document[0] if isinstance(document, list) and document else None
    return isinstance(first, dict) and "data" in first and ("annotations" in first or "completions" in first)


def read(path: Path, source: Source) -> Annotations:
    """Read a Label Studio export (JSON, not JSON-MIN)."""
    intake = Intake(path, source)
    document = read_document(path)
    images: list[AnnotatedImage] = []
    for number, task in enumerate(document):
        images += _read_task(task, f"task {task.get('id', number)}", intake)
    intake.refuse_twins(images)
    classes = dict.fromkeys(name for task in document for name in task.get("data", {}).get("classes", ()))
    return intake.finish(images, tuple(map(str, classes)))


def _read_task(task: Mapping[str, Any], where: str, intake: Intake) -> Iterator[AnnotatedImage]:
    data = task.get("data") or {}
    written = data.get("image") or next((value for value in data.values() if isinstance(value, str)), "")
    name = _file_of(str(written), intake)
    if task.get("predictions"):
        intake.note("predictions of a model are no annotations and were not kept")
    for annotation in task.get("annotations") or ():
        if annotation.get("was_cancelled"):
            intake.note("an annotation that its annotator skipped was not kept")
            continue
        results = annotation.get("result") or []
        stated: Mapping[str, Any] = next((one for one in results if "original_width" in one), {})
        width, height = (stated.get(f"original_{side}") or data.get(side) for side in ("width", "height"))
        image = intake.image(where, name, width, height, _annotator(annotation.get("completed_by", "")))
        if image is not None:
            yield _read_annotation(results, image, where, intake)


def _file_of(written: str, intake: Intake) -> str:
    """The image's name in the address that Label Studio keeps."""
    address = urlparse(written)
    local = parse_qs(address.query).get("d")
    if local:
        return local[0].lstrip("/")
    if _UPLOAD.match(written):
        intake.note("the folder and the code that Label Studio puts before an uploaded image's name were left out")
        return unquote(_UPLOAD.sub("", written))
    if address.scheme in {"http", "https", "s3", "gs", "azure-blob"}:
        intake.note("the address of a store was left out before an image's name")
        return unquote(address.path.lstrip("/"))
    return written


def _read_annotation(
    results: Sequence[Mapping[str, Any]], image: AnnotatedImage, where: str, intake: Intake
) -> AnnotatedImage:
    regions: dict[str, list[Mapping[str, Any]]] = {}
    for n, result in enumerate(results):
        regions.setdefault(str(result.get("id", n)), []).append(result)
    lesions: list[Lesion] = []
    labels: list[str] = []
    for name, parts in regions.items():
        place = f"{where}, region {name}"
        with intake.part(place, image.image):
            if any(_has_place(result) for result in parts):
                lesions.append(_read_region(parts, place, image, intake))
            else:
                labels += _image_labels(parts)
    return replace(image, labels=tuple(labels), lesions=tuple(lesions))


def _annotator(said: Any) -> str:
    if isinstance(said, dict):
        said = said.get("email") or said.get("username") or said.get("id", "")
    return str(said)


def _has_place(result: Mapping[str, Any]) -> bool:
    value = result.get("value") or {}
    return any(name in value for name in ("points", "rle", "x"))


def _image_labels(results: Sequence[Mapping[str, Any]]) -> list[str]:
    """The classes of an image.

    Raises:
        AnnotationError: an answer about the image that is no class.
    """
    for result in results:
        if result.get("type") != "choices":
            reason = f"an answer of the kind {result.get('type')!r} about the whole image is no class"
            raise AnnotationError(reason, fix="Put facts of images into the case table")
    return [str(choice) for result in results for choice in result["value"]["choices"]]


def _read_region(results: Sequence[Mapping[str, Any]], where: str, image: AnnotatedImage, intake: Intake) -> Lesion:
    """A lesion from what belongs to one region.

    Raises:
        AnnotationError: it has no label or several, or outlines nothing.
    """
    labels = {str(label) for result in results for key in _LABELS for label in (result.get("value") or {}).get(key, ())}
    if len(labels) != 1:
        raise AnnotationError(f"a region with {len(labels)} labels {sorted(labels)}", fix="Give it exactly one label")
    named, said = _answers(results)
    shape = next(result for result in results if _has_place(result))
    polygons, box = _read_shape(shape, image, intake)
    return Lesion(labels.pop(), polygons, box, named, intake.facts(said, where, image.image))


def _answers(results: Sequence[Mapping[str, Any]]) -> tuple[str, dict[str, Any]]:
    """Id and facts of a region: from its meta, and from the answers that belong to it."""
    said: dict[str, Any] = {}
    named = ""
    for result in results:
        meta = result.get("meta") or {}
        named = str(meta.get("lesion", named))
        said |= meta.get("facts") or {}
        if meta.get("text"):
            said["text"] = _joined(meta["text"])
        answer = (result.get("value") or {}).get(_ANSWERS.get(str(result.get("type")), ""))
        if answer is not None:
            said[str(result.get("from_name"))] = _joined(answer)
    return named, said


def _joined(answer: Any) -> Any:
    return "; ".join(map(str, answer)) if isinstance(answer, list) else answer


def _read_shape(
    shape: Mapping[str, Any], image: AnnotatedImage, intake: Intake
) -> tuple[tuple[Polygon, ...] | None, Box | None]:
    """Outline or box of a region.

    Raises:
        AnnotationError: it is neither.
    """
    value = shape["value"]
    if shape.get("image_rotation") or (value.get("rotation") and "radiusX" not in value):
        raise AnnotationError(
            "the image or the box is turned in Label Studio", fix="Draw a polygon on the upright image"
        )
    if "rle" in value:
        return trace(decode_brush(value["rle"], image.height, image.width)), None
    across, down = image.width / 100, image.height / 100
    if "points" in value:
        return (Polygon(ring_of((x * across, y * down) for x, y in value["points"])),), None
    x, y = value["x"] * across, value["y"] * down
    if "radiusX" in value:
        intake.note(f"an ellipse became a polygon of {ELLIPSE_CORNERS} corners")
        radii = value["radiusX"] * across, value["radiusY"] * down
        return (Polygon(ellipse_ring(x, y, *radii, value.get("rotation", 0))),), None
    if "height" not in value or "keypointlabels" in value:
        raise AnnotationError("a point outlines nothing", fix="Draw a polygon, a brush or a box")
    return None, box_of([x, y, x + value["width"] * across, y + value["height"] * down])


def write(annotations: Annotations, path: Path, source: Source) -> None:
    """Write tasks that Label Studio imports together with their annotations."""
    tasks: dict[str, dict[str, Any]] = {}
    for image in annotations.images:
        data = {"image": image.image, "width": image.width, "height": image.height}
        task = tasks.setdefault(image.image, {"id": len(tasks) + 1, "data": data, "annotations": []})
        task["annotations"].append({"completed_by": {"email": image.annotator}, "result": list(_results(image))})
    document = list(tasks.values())
    if document and annotations.classes:
        document[0]["data"]["classes"] = list(annotations.classes)
    write_text(path, json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")


def _results(image: AnnotatedImage) -> Iterator[dict[str, Any]]:
    frame = {"to_name": "image", "original_width": image.width, "original_height": image.height, "image_rotation": 0}
    for number, lesion in enumerate(image.lesions, start=1):
        shape = _shape(lesion, image)
        if shape is None:
            continue
        kind, value = shape
        meta = {name: said for name, said in (("lesion", lesion.id), ("facts", dict(lesion.facts))) if said}
        region = {"id": f"lesion{number}", "type": kind, "from_name": "label", **frame}
        yield {**region, "value": {**value, kind: [lesion.label]}, **({"meta": meta} if meta else {})}
    if image.labels:
        value = {"choices": list(image.labels)}
        yield {"id": "image", "type": "choices", "from_name": "image_label", **frame, "value": value}


def _shape(lesion: Lesion, image: AnnotatedImage) -> tuple[str, dict[str, Any]] | None:
    across, down = 100 / image.width, 100 / image.height
    if lesion.polygons is None:
        if lesion.drawn_box is None:
            return None
        x0, y0, x1, y1 = lesion.drawn_box
        size = {"width": (x1 - x0) * across, "height": (y1 - y0) * down}
        return "rectanglelabels", {"x": x0 * across, "y": y0 * down, **size, "rotation": 0}
    if len(lesion.polygons) == 1 and not lesion.polygons[0].holes:
        points = [[x * across, y * down] for x, y in lesion.polygons[0].exterior]
        return "polygonlabels", {"points": points, "closed": True}
    code = encode_brush(lesion_mask(lesion, image.height, image.width))
    return "brushlabels", {"format": "rle", "rle": code}


FORMAT = Format("label-studio", "Label Studio", False, frozenset({"bare lesions"}), recognises, read, write)
