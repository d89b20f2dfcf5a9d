"""A folder of mask images, one for each image, and ``annotations.json`` with everything that pixels cannot say.

A folder without that file is read too: masks of any kind that `read_mask` takes, each named like its image. There, a
mask of one value holds a lesion in each connected part. Several values are several lesions; or, where the classes are
given, classes, and each connected part of a class is a lesion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from readingroom.annotation.documents import read_document
from readingroom.annotation.formats.format import Format, one_annotator, read_files
from readingroom.annotation.formats.voc import write_numbers
from readingroom.annotation.intake import Intake, Source, box_of, word_of
from readingroom.annotation.masks import SPECK, Mask, read_mask, read_numbers, separate_parts
from readingroom.annotation.model import AnnotatedImage, Annotations, Lesion, Polygon
from readingroom.annotation.names import IMAGE_SUFFIXES, ImageFolder, image_name
from readingroom.annotation.outlines import lesion_mask, trace
from readingroom.core.errors import AnnotationError
from readingroom.core.files import write_json

_TABLE = "annotations.json"
_SCHEMA = 1
_LESION = "lesion"
"""Class of a lesion where nothing says another."""

_ENDINGS = re.compile(r"[ _.-]*(?:masks?|segmentation|seg|gt|groundtruth|label|annotation|lesion)$", re.IGNORECASE)
_MOST = 255


def recognises(path: Path) -> bool:
    """Whether this is a folder of images."""
    return path.is_dir() and bool((path / _TABLE).is_file() or _mask_files(path))


def _mask_files(path: Path) -> list[Path]:
    suffixes = IMAGE_SUFFIXES - {".dcm"}
    return [file for file in read_files(path, "") if file.suffix.lower() in suffixes]


def read(path: Path, source: Source) -> Annotations:
    """Read a folder of masks."""
    intake = Intake(path, source)
    return _read_own(path, intake) if (path / _TABLE).is_file() else _read_foreign(path, intake)


def _read_own(path: Path, intake: Intake) -> Annotations:
    document = read_document(path / _TABLE)
    if document.get("schema") != _SCHEMA:
        raise AnnotationError(
            f"schema version {document.get('schema')}, this program knows {_SCHEMA}",
            fix="Update Reading Room",
            file=path / _TABLE,
        )
    images = []
    for number, entry in enumerate(document["images"]):
        where = f"{_TABLE}, images[{number}]"
        image = intake.image(where, entry["image"], entry["width"], entry["height"], str(document.get("annotator", "")))
        if image is not None:
            lesions = tuple(_read_lesions(path, entry, image, where, intake))
            images.append(replace(image, labels=tuple(map(word_of, entry.get("labels", ()))), lesions=lesions))
    intake.refuse_twins(images)
    return intake.finish(images, tuple(map(word_of, document.get("classes", ()))))


def _read_lesions(path: Path, entry: Any, image: AnnotatedImage, where: str, intake: Intake) -> list[Lesion]:
    masks: dict[str, NDArray[Any]] = {}
    lesions: list[Lesion] = []
    for number, said in enumerate(entry["lesions"]):
        place = f"{where}, lesions[{number}]"
        with intake.part(place, image.image):
            facts = intake.facts(said.get("facts", {}), place, image.image)
            box = box_of(said["box"]) if "box" in said else None
            polygons = _read_outline(path, said, image, masks) if "mask" in said else None
            lesions.append(Lesion(word_of(said["label"]), polygons, box, str(said.get("id", "")), facts))
    return lesions


def _read_outline(path: Path, said: Any, image: AnnotatedImage, masks: dict[str, NDArray[Any]]) -> tuple[Polygon, ...]:
    name = image_name(str(said["mask"]))
    if name is None:
        raise AnnotationError(f"the mask {said['mask']!r} leads out of the folder", fix="Correct the name")
    if name not in masks:
        masks[name] = read_numbers(path / name, (image.width, image.height))
    return trace(masks[name] == said["value"])


def _read_foreign(path: Path, intake: Intake) -> Annotations:
    found: dict[str, AnnotatedImage] = {}
    images, classes = intake.source.images, intake.source.classes
    for file in _mask_files(path):
        where = file.relative_to(path).as_posix()
        name = _image_of(Path(where), images)
        with intake.part(where, name or ""):
            if name is None:
                raise AnnotationError(
                    "no image, or several, of this name", fix="Name masks like their images, or correct --images"
                )
            mask = read_mask(file, images.size(name) if images else None)
            for note in mask.notes:
                intake.note(note)
            height, width = mask.values.shape
            image = found.get(name, AnnotatedImage(name, width, height))
            found[name] = replace(image, lesions=(*image.lesions, *_lesions(mask, classes, intake)))
    return intake.finish(found.values(), classes)


def _image_of(written: Path, images: ImageFolder | None) -> str | None:
    """The image that a mask belongs to, by its name without what says that it is a mask."""
    if images is None:
        return written.as_posix()
    stems = (written.stem, _ENDINGS.sub("", written.stem))
    return next((name for stem in stems if stem and (name := images.named(written.with_name(stem).as_posix()))), None)


def _lesions(mask: Mask, classes: Sequence[str], intake: Intake) -> Iterator[Lesion]:
    if not mask.present:
        intake.note("an empty mask was taken for an image without lesion")
    as_classes = bool(classes) or len(mask.present) == 1
    for value in mask.present:
        label, inside = _label(value, len(mask.present), classes), mask.values == value
        for part in separate_parts(inside) if as_classes else (inside,):
            if np.count_nonzero(part) < SPECK:
                intake.note(f"a part of fewer than {SPECK} pixels was taken for a lesion: perhaps a slip")
            yield Lesion(label, trace(part))


def _label(value: int, values: int, classes: Sequence[str]) -> str:
    if not classes:
        return _LESION
    if len(classes) == 1 and values == 1:
        return classes[0]
    if value > len(classes):
        raise AnnotationError(
            f"the value {value}, and only {len(classes)} classes", fix="Name every class, in their order"
        )
    return classes[value - 1]


def write(annotations: Annotations, path: Path, source: Source) -> None:
    """Write a folder of masks and what they cannot say."""
    annotator = one_annotator(annotations, "A mask folder")
    entries = []
    for image in annotations.images:
        entry: dict[str, Any] = {"image": image.image, "width": image.width, "height": image.height}
        if image.labels:
            entry["labels"] = list(image.labels)
        entries.append({**entry, "lesions": _write_lesions(path, image)})
    classes = list(annotations.classes)
    write_json(path / _TABLE, {"schema": _SCHEMA, "annotator": annotator, "classes": classes, "images": entries})


def _write_lesions(path: Path, image: AnnotatedImage) -> list[dict[str, Any]]:
    """Draw the outlines on as few masks as hold them without overlap, and say which number on which mask is whose."""
    layers: list[NDArray[np.uint8]] = []
    used: list[int] = []
    entries = []
    for lesion in image.lesions:
        entry: dict[str, Any] = {"label": lesion.label}
        if lesion.polygons is not None:
            inside = lesion_mask(lesion, image.height, image.width)
            layer = _free_layer(layers, used, inside)
            used[layer] += 1
            layers[layer][inside] = used[layer]
            entry |= {"mask": _mask_name(image.image, layer), "value": used[layer]}
        elif lesion.drawn_box is not None:
            entry["box"] = list(lesion.drawn_box)
        entry |= {name: said for name, said in (("id", lesion.id), ("facts", dict(lesion.facts))) if said}
        entries.append(entry)
    for n, values in enumerate(layers):
        write_numbers(path / _mask_name(image.image, n), values)
    return entries


def _free_layer(layers: list[NDArray[np.uint8]], used: list[int], inside: NDArray[np.bool_]) -> int:
    """The first mask with a number left and nothing where this lesion lies; a new one where there is none."""
    for n, values in enumerate(layers):
        if used[n] < _MOST and not values[inside].any():
            return n
    layers.append(np.zeros(inside.shape, dtype=np.uint8))
    used.append(0)
    return len(layers) - 1


def _mask_name(image: str, layer: int) -> str:
    """The mask keeps the whole name of its image, so that a.jpg and a.png don't share one."""
    return f"{image}.{layer + 1}.png"


FORMAT = Format("masks", "A mask folder", True, frozenset({"corners", "annotators"}), recognises, read, write)
