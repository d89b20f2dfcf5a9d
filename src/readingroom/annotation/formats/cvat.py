"""CVAT for images 1.1: one XML file; polygons, masks where there are holes or several parts, boxes, tags.

A lesion's facts are its attributes, and so is its id (``lesion``); the annotator stands in the file's ``meta``. The
kind of each fact (text, number, checkbox) stands in the list of labels, as CVAT needs it there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement

import numpy as np

from readingroom.annotation.documents import read_tree, tree_text
from readingroom.annotation.facts import fact_from, fact_text, number
from readingroom.annotation.formats.format import Format, one_annotator
from readingroom.annotation.intake import Intake, Source, box_of, ring_of, word_of
from readingroom.annotation.model import AnnotatedImage, Annotations, Fact, Lesion, Polygon
from readingroom.annotation.outlines import ELLIPSE_CORNERS, ellipse_ring, lesion_mask, mask_box, trace
from readingroom.annotation.runs import count_runs, fill_runs
from readingroom.core.errors import AnnotationError
from readingroom.core.files import write_text

_INPUTS = {"number": ("whole", "number"), "checkbox": ("yes-no",)}

Inputs = Mapping[tuple[str, str], str]
"""How the fact of a label is entered in CVAT: (label, fact) to text, number or checkbox."""


def recognises(path: Path) -> bool:
    """Whether this is an XML file with CVAT's root."""
    return path.is_file() and path.suffix.lower() == ".xml" and read_tree(path).tag == "annotations"


def read(path: Path, source: Source) -> Annotations:
    """Read a CVAT file."""
    intake = Intake(path, source)
    root = read_tree(path)
    if root.find("track") is not None:
        intake.problem("track", "a file of CVAT for video", "Export the task as 'CVAT for images 1.1'")
    inputs = _read_inputs(root)
    annotator = root.findtext("meta/annotator", "")
    found = [_read_image(element, annotator, inputs, intake) for element in root.findall("image")]
    images = [image for image in found if image is not None]
    intake.refuse_twins(images)
    labels = [element.text or "" for element in root.findall("meta//labels/label/name")]
    return intake.finish(images, tuple(dict.fromkeys(labels)))


def _read_inputs(root: Element) -> Inputs:
    return {
        (label.findtext("name", ""), attribute.findtext("name", "")): attribute.findtext("input_type", "text")
        for label in root.findall("meta//labels/label")
        for attribute in label.findall("attributes/attribute")
    }


def _read_image(element: Element, annotator: str, inputs: Inputs, intake: Intake) -> AnnotatedImage | None:
    where = f"image {element.get('id', '')} {element.get('name', '')!r}"
    width, height = number(element.get("width")), number(element.get("height"))
    image = intake.image(where, element.get("name", ""), width, height, annotator)
    if image is None:
        return None
    lesions: list[Lesion] = []
    for n, child in enumerate((child for child in element if child.tag != "tag"), start=1):
        with intake.part(f"{where}, shape {n}", image.image):
            lesions.append(_read_shape(child, image, inputs, intake))
    labels = [child.get("label", "") for child in element.findall("tag")]
    return replace(image, labels=tuple(labels), lesions=tuple(lesions))


def _read_shape(element: Element, image: AnnotatedImage, inputs: Inputs, intake: Intake) -> Lesion:
    """A lesion from a shape.

    Raises:
        AnnotationError: it outlines nothing.
    """
    lesion = Lesion(word_of(element.get("label")), id=_read_id(element), facts=_read_facts(element, inputs))
    if element.tag == "box" and not float(element.get("rotation", 0)):
        box = box_of(number(element.get(side)) for side in ("xtl", "ytl", "xbr", "ybr"))
        return replace(lesion, drawn_box=box)
    return replace(lesion, polygons=_read_outline(element, image, intake))


def _read_facts(element: Element, inputs: Inputs) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"occluded": True} if element.get("occluded") == "1" else {}
    facts |= {name: int(value) for name, value in element.items() if name == "group_id" and value.isdecimal()}
    if element.get("z_order", "0") not in {"", "0"}:
        facts["z_order"] = fact_from(element.get("z_order", ""), "whole")
    for attribute in element.findall("attribute"):
        name = attribute.get("name", "")
        if name != "lesion":
            facts[name] = _typed(attribute.text or "", inputs.get((element.get("label", ""), name), "text"))
    return facts


def _typed(text: str, entered: str) -> Fact:
    for kind in _INPUTS.get(entered, ()):
        value = fact_from(text, kind)
        if not isinstance(value, str):
            return value
    return text


def _read_id(element: Element) -> str:
    return next((child.text or "" for child in element.findall("attribute") if child.get("name") == "lesion"), "")


def _read_outline(element: Element, image: AnnotatedImage, intake: Intake) -> tuple[Polygon, ...]:
    """The polygons of a polygon, an ellipse or a mask."""
    if element.tag == "polygon":
        return (Polygon(ring_of(map(number, pair.split(",")) for pair in element.get("points", "").split(";"))),)
    if element.tag == "mask":
        return _read_mask(element, image)
    if element.tag == "ellipse":
        intake.note(f"an ellipse became a polygon of {ELLIPSE_CORNERS} corners")
        x, y, radius_x, radius_y = (float(element.get(name, "")) for name in ("cx", "cy", "rx", "ry"))
        return (Polygon(ellipse_ring(x, y, radius_x, radius_y, float(element.get("rotation", 0)))),)
    kind = "turned box" if element.tag == "box" else element.tag
    raise AnnotationError(
        f"a shape of the kind {kind!r} outlines nothing", fix="Draw a polygon, a mask or an upright box"
    )


def _read_mask(element: Element, image: AnnotatedImage) -> tuple[Polygon, ...]:
    left, top, width, height = (int(element.get(name, "")) for name in ("left", "top", "width", "height"))
    if min(left, top, width, height) < 0 or left + width > image.width or top + height > image.height:
        raise AnnotationError("a mask that reaches out of its image", fix="Draw it again on this image")
    counts = [int(count) for count in element.get("rle", "").split(",") if count.strip()]
    mask = np.zeros((image.height, image.width), dtype=np.bool_)
    mask[top : top + height, left : left + width] = fill_runs(counts, width * height).reshape(height, width)
    return trace(mask)


def write(annotations: Annotations, path: Path, source: Source) -> None:
    """Write a CVAT file."""
    annotator = one_annotator(annotations, "CVAT")
    inputs = _inputs(annotations)
    root = Element("annotations")
    SubElement(root, "version").text = "1.1"
    _write_meta(root, annotations, annotator, inputs)
    for n, image in enumerate(annotations.images):
        said = {"id": str(n), "name": image.image, "width": str(image.width), "height": str(image.height)}
        element = SubElement(root, "image", said)
        for label in image.labels:
            SubElement(element, "tag", {"label": label, "source": "manual"})
        for lesion in image.lesions:
            _write_shape(element, lesion, image)
    write_text(path, tree_text(root))


def _inputs(annotations: Annotations) -> Inputs:
    """How each fact of each label is to be entered, by the facts that there are."""
    found: dict[tuple[str, str], list[Fact]] = {}
    for image in annotations.images:
        for lesion in image.lesions:
            for name, value in lesion.facts.items():
                found.setdefault((lesion.label, name), []).append(value)
    return {key: _input(values) for key, values in found.items()}


def _input(values: Iterable[Fact]) -> str:
    kinds = {type(value) for value in values}
    if kinds == {bool}:
        return "checkbox"
    return "number" if kinds <= {int, float} else "text"


def _write_meta(root: Element, annotations: Annotations, annotator: str, inputs: Inputs) -> None:
    meta = SubElement(root, "meta")
    task = SubElement(meta, "task")
    SubElement(task, "name").text = "readingroom"
    SubElement(task, "size").text = str(len(annotations.images))
    SubElement(task, "mode").text = "annotation"
    labels = SubElement(task, "labels")
    for name in annotations.all_classes:
        label = SubElement(labels, "label")
        SubElement(label, "name").text = name
        SubElement(label, "type").text = "any"
        attributes = SubElement(label, "attributes")
        for fact, entered in _facts_of(name, annotations, inputs):
            attribute = SubElement(attributes, "attribute")
            said = {"name": fact, "mutable": "False", "input_type": entered, "default_value": "", "values": ""}
            for field, text in said.items():
                SubElement(attribute, field).text = text
    if annotator:
        SubElement(meta, "annotator").text = annotator


def _facts_of(label: str, annotations: Annotations, inputs: Inputs) -> Iterator[tuple[str, str]]:
    yield from ((fact, entered) for (owner, fact), entered in inputs.items() if owner == label)
    lesions = (lesion for image in annotations.images for lesion in image.lesions)
    if any(lesion.id for lesion in lesions if lesion.label == label):
        yield "lesion", "text"


def _write_shape(parent: Element, lesion: Lesion, image: AnnotatedImage) -> None:
    facts = dict(lesion.facts)
    said = {"label": lesion.label, "source": "manual", "occluded": "1" if facts.pop("occluded", 0) is True else "0"}
    shape = _shape(lesion, image)
    if shape is None:
        return
    tag, numbers = shape
    said |= numbers
    for name, default in (("z_order", "0"), ("group_id", None)):
        value = facts.pop(name, default)
        said |= {} if value is None else {name: fact_text(value)}
    element = SubElement(parent, tag, said)
    for name, value in {**facts, **({"lesion": lesion.id} if lesion.id else {})}.items():
        SubElement(element, "attribute", {"name": name}).text = fact_text(value)


def _shape(lesion: Lesion, image: AnnotatedImage) -> tuple[str, dict[str, str]] | None:
    """CVAT's shape and its numbers; None where a lesion has neither outline nor box, or no pixel."""
    if lesion.polygons is None:
        sides = dict(zip(("xtl", "ytl", "xbr", "ybr"), map(repr, lesion.drawn_box or ()), strict=False))
        return ("box", sides) if sides else None
    if len(lesion.polygons) == 1 and not lesion.polygons[0].holes:
        return "polygon", {"points": ";".join(f"{x!r},{y!r}" for x, y in lesion.polygons[0].exterior)}
    mask = lesion_mask(lesion, image.height, image.width)
    box = mask_box(mask)
    if box is None:
        return None
    left, top, right, bottom = map(int, box)
    runs = count_runs(mask[top:bottom, left:right].ravel())
    place = {"left": left, "top": top, "width": right - left, "height": bottom - top}
    return "mask", {"rle": ", ".join(map(str, runs)), **{name: str(value) for name, value in place.items()}}


FORMAT = Format("cvat", "CVAT for images", False, frozenset({"bare lesions", "annotators"}), recognises, read, write)
