"""Pascal VOC: an XML file for each image in ``Annotations``; outlines as numbered pixels in ``SegmentationObject``.

VOC counts pixels from 1 and includes the last: a box from xmin to xmax is one from xmin - 1 to xmax here. The number of
a pixel in SegmentationObject is the place of its object in the XML file; SegmentationClass has the classes, numbered in
``labelmap.txt``. Ids, facts, the annotator and the classes of an image stand in elements that others pass over.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from readingroom.annotation.documents import read_text, read_tree, tree_text
from readingroom.annotation.facts import fact_from, fact_kind, fact_text, number
from readingroom.annotation.formats.format import Format, file_beside, one_annotator, read_files
from readingroom.annotation.intake import Intake, Source, box_of, word_of
from readingroom.annotation.masks import read_numbers
from readingroom.annotation.model import AnnotatedImage, Annotations, Fact, Lesion
from readingroom.annotation.outlines import lesion_mask, trace
from readingroom.core.files import atomic_write, write_text

_FLAGS = ("truncated", "difficult", "occluded")
_SIDES = ("xmin", "ymin", "xmax", "ymax")
_CLASSES = "labelmap.txt"
_MOST = 254
"""Objects that one image of SegmentationObject can number: 0 is background, 255 a border."""


def recognises(path: Path) -> bool:
    """Whether this is an XML file with VOC's root, or a folder with one."""
    files = read_files(path, ".xml")
    return bool(files) and files[0].suffix.lower() == ".xml" and read_tree(files[0]).tag == "annotation"


def read(path: Path, source: Source) -> Annotations:
    """Read a folder of Pascal VOC, or one of its XML files."""
    intake = Intake(path, source)
    root = next((folder for folder in (path / "Annotations", path) if folder.is_dir()), path.parent)
    files = read_files(root if path.is_dir() else path, ".xml")
    found = [_read_image(file, root, intake) for file in files]
    images = [image for image in found if image is not None]
    intake.refuse_twins(images)
    listed = root.parent / _CLASSES
    lines = read_text(listed).splitlines() if listed.is_file() else []
    names = [line.split(":")[0].strip() for line in lines if line.strip() and not line.startswith("#")]
    return intake.finish(images, [name for name in names if name != "background"])


def _read_image(file: Path, root: Path, intake: Intake) -> AnnotatedImage | None:
    where = file.relative_to(root).as_posix()
    tree = read_tree(file)
    name = posixpath.join(posixpath.dirname(where), tree.findtext("filename", ""))
    width, height = number(tree.findtext("size/width")), number(tree.findtext("size/height"))
    image = intake.image(where, name, width, height, tree.findtext("annotator", ""))
    if image is None:
        return None
    labels = tuple(element.text or "" for element in tree.findall("image_label"))
    numbers = _read_numbers(root, where, image, tree.findtext("segmented") == "1", intake)
    lesions: list[Lesion] = []
    for n, element in enumerate(tree.findall("object"), start=1):
        place = f"{where}, object {n}"
        with intake.part(place, image.image):
            lesions.append(_read_object(element, None if numbers is None else numbers == n))
        if element.find("part") is not None:
            intake.leave_out(f"{place}, part", "parts of an object have no place here", image.image)
    return replace(image, labels=labels, lesions=tuple(lesions))


def _read_numbers(
    root: Path, where: str, image: AnnotatedImage, segmented: bool, intake: Intake
) -> NDArray[Any] | None:
    """Which object each pixel belongs to; None where there is no such file, or it was left out."""
    file = root.parent / "SegmentationObject" / Path(where).with_suffix(".png")
    if file.is_file():
        with intake.part(f"SegmentationObject of {where}", image.image):
            return read_numbers(file, (image.width, image.height))
    elif segmented:
        fix = "Give the folder that holds Annotations and SegmentationObject"
        intake.leave_out(where, f"it has outlines, and {file.name} is not in SegmentationObject", image.image, fix)
    return None


def _read_object(element: Element, mask: NDArray[Any] | None) -> Lesion:
    """A lesion from an object and its pixels.

    Raises:
        AnnotationError: it has no name, or its box is none.
    """
    lesion = Lesion(word_of(element.findtext("name")), id=element.findtext("lesion", ""), facts=_read_facts(element))
    if mask is not None and mask.any():
        return replace(lesion, polygons=trace(mask))
    bounds = element.find("bndbox")
    if bounds is None:
        return lesion
    xmin, ymin, xmax, ymax = (float(bounds.findtext(side, "")) for side in _SIDES)
    return replace(lesion, drawn_box=box_of([xmin - 1, ymin - 1, xmax, ymax]))


def _read_facts(element: Element) -> dict[str, Fact]:
    facts: dict[str, Fact] = {flag: True for flag in _FLAGS if element.findtext(flag) == "1"}
    if element.findtext("pose", "Unspecified") != "Unspecified":
        facts["pose"] = element.findtext("pose", "")
    for fact in element.findall("fact"):
        facts[fact.get("name", "")] = fact_from(fact.text or "", fact.get("kind", "text"))
    return facts


def write(annotations: Annotations, path: Path, source: Source) -> None:
    """Write a folder of Pascal VOC, without the images."""
    annotator = one_annotator(annotations, "Pascal VOC")
    files = file_beside(annotations.images, ".xml")
    classes = {name: n for n, name in enumerate(annotations.all_classes, start=1)}
    for image in annotations.images:
        write_text(path / "Annotations" / files[image.image], tree_text(_tree(image, annotator)))
        if any(lesion.polygons for lesion in image.lesions):
            _write_masks(path, Path(files[image.image]).with_suffix(".png"), image, classes)
    colours = ["background:0,0,0::", *(f"{name}:{','.join(map(str, _colour(n)))}::" for name, n in classes.items())]
    write_text(path / _CLASSES, "\n".join(["# label:color_rgb:parts:actions", *colours]) + "\n")


def _tree(image: AnnotatedImage, annotator: str) -> Element:
    root = Element("annotation")
    _add(root, {"folder": posixpath.dirname(image.image), "filename": posixpath.basename(image.image)})
    _add(SubElement(root, "size"), {"width": image.width, "height": image.height, "depth": 3})
    _add(root, {"segmented": int(any(lesion.polygons for lesion in image.lesions))})
    if annotator:
        _add(root, {"annotator": annotator})
    for label in image.labels:
        _add(root, {"image_label": label})
    for lesion in image.lesions:
        _write_object(SubElement(root, "object"), lesion)
    return root


def _add(parent: Element, texts: Mapping[str, object]) -> None:
    for tag, text in texts.items():
        SubElement(parent, tag).text = str(text)


def _write_object(element: Element, lesion: Lesion) -> None:
    facts = dict(lesion.facts)
    _add(element, {"name": lesion.label, "pose": facts.pop("pose", "Unspecified")})
    _add(element, {flag: 1 if facts.get(flag) is True and facts.pop(flag) else 0 for flag in _FLAGS})
    if lesion.box is not None:
        x0, y0, x1, y1 = lesion.box
        _add(SubElement(element, "bndbox"), dict(zip(_SIDES, (_plain(x0 + 1), _plain(y0 + 1), _plain(x1), _plain(y1)),
                                                     strict=True)))  # fmt: skip
    if lesion.id:
        _add(element, {"lesion": lesion.id})
    for name, value in facts.items():
        SubElement(element, "fact", {"name": name, "kind": fact_kind(value)}).text = fact_text(value)


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _write_masks(path: Path, name: Path, image: AnnotatedImage, classes: Mapping[str, int]) -> None:
    objects = np.zeros((image.height, image.width), dtype=np.uint8)
    of_class = np.zeros_like(objects)
    for n, lesion in enumerate(image.lesions[:_MOST], start=1):
        inside = lesion_mask(lesion, image.height, image.width, boxes=False)
        objects[inside] = n
        of_class[inside] = min(classes[lesion.label], _MOST)
    for folder, values in (("SegmentationObject", objects), ("SegmentationClass", of_class)):
        write_numbers(path / folder / name, values)


def write_numbers(path: Path, values: NDArray[np.uint8]) -> None:
    """Write numbered pixels as PNG with VOC's palette, so that each number can be told by eye."""
    picture = Image.fromarray(values)
    picture.putpalette([part for n in range(256) for part in _colour(n)])
    with atomic_write(path) as temporary:
        picture.save(temporary, format="PNG")


def _colour(n: int) -> Iterable[int]:
    """VOC's colour of a number: its bits, dealt out to red, green and blue from the highest on."""
    colour = [0, 0, 0]
    for bit in range(8):
        for channel in range(3):
            colour[channel] |= (n >> (3 * bit + channel) & 1) << (7 - bit)
    return colour


FORMAT = Format("voc", "Pascal VOC", True, frozenset({"corners", "overlaps", "annotators"}), recognises, read, write)
