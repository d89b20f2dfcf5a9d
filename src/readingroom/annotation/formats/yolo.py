"""YOLO text: a file of lines for each image in ``labels/``; boxes (class, middle, size) or polygons, as shares.

A line of five numbers is a box, a longer one a polygon. The names of the classes stand in ``data.yaml``, the name and
size of each image in ``images.csv``: YOLO itself has neither, and finds them in the images. It has no place for facts.
"""

from __future__ import annotations

import csv
import io
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import yaml

from readingroom.annotation.documents import read_text
from readingroom.annotation.facts import number
from readingroom.annotation.formats.format import Format, file_beside, read_files
from readingroom.annotation.intake import Intake, Source, box_of, flat_ring
from readingroom.annotation.model import AnnotatedImage, Annotations, Lesion, Polygon
from readingroom.annotation.names import ImageFolder
from readingroom.core.errors import AnnotationError
from readingroom.core.files import write_text

_SIZES = "images.csv"
_NOT_LABELS = frozenset({"classes.txt", "labels.txt", "train.txt", "val.txt", "test.txt", "obj.names", "readme.txt"})


def recognises(path: Path) -> bool:
    """Whether this is a folder with class names and label files, or with a folder ``labels``."""
    if not path.is_dir():
        return False
    named = any(path.glob("*.yaml")) or (path / "classes.txt").is_file() or (path / _SIZES).is_file()
    return bool(_label_files(path)) and (named or (path / "labels").is_dir())


def _label_files(path: Path) -> list[Path]:
    return [file for file in read_files(_label_root(path), ".txt") if file.name.lower() not in _NOT_LABELS]


def _label_root(path: Path) -> Path:
    return path / "labels" if (path / "labels").is_dir() else path


def read(path: Path, source: Source) -> Annotations:
    """Read a folder of YOLO."""
    beside = next((folder for folder in (path / "images",) if folder.is_dir()), None)
    images = source.images or (ImageFolder(beside) if beside else None)
    intake = Intake(path, Source(images, source.classes))
    classes = source.classes or _read_classes(path, intake)
    known = _read_sizes(path, intake)
    found = [_read_image(file, _label_root(path), known, classes, intake) for file in _label_files(path)]
    return intake.finish([image for image in found if image is not None], classes)


def _read_classes(path: Path, intake: Intake) -> tuple[str, ...]:
    for file in sorted(path.glob("*.yaml")):
        try:
            names = (yaml.safe_load(read_text(file)) or {}).get("names")
        except (yaml.YAMLError, AttributeError) as error:
            intake.problem(file.name, f"not YAML that can be read ({error})", "Correct it")
            continue
        if names:
            return tuple(str(name) for name in (names.values() if isinstance(names, dict) else names))
    for listed in ("classes.txt", "obj.names", "labels/classes.txt"):
        if (path / listed).is_file():
            return tuple(line.strip() for line in read_text(path / listed).splitlines() if line.strip())
    intake.problem("data.yaml", "the classes have no names", "Write data.yaml or classes.txt, or give --classes a,b,c")
    return ()


def _read_sizes(path: Path, intake: Intake) -> dict[str, AnnotatedImage]:
    """The images that the folder's own table lists, by their name without ending."""
    file = path / _SIZES
    if not file.is_file():
        return {}
    rows = csv.DictReader(io.StringIO(read_text(file)))
    found = [
        intake.image(
            f"{_SIZES}, row {rows.line_num}", row.get("image"), number(row.get("width")), number(row.get("height"))
        )
        for row in rows
    ]
    return {posixpath.splitext(image.image)[0]: image for image in found if image is not None}


def _read_image(
    file: Path, root: Path, known: Mapping[str, AnnotatedImage], classes: Sequence[str], intake: Intake
) -> AnnotatedImage | None:
    stem = file.relative_to(root).with_suffix("").as_posix()
    image = known.get(stem) or _look_up(stem, intake)
    if image is None:
        return None
    lesions: list[Lesion] = []
    for row, line in enumerate(read_text(file).splitlines() if file.stat().st_size else (), start=1):
        if line.strip():
            with intake.part(f"{stem}.txt, row {row}", image.image):
                lesions.append(_read_line(line, image, classes))
    return replace(image, lesions=tuple(lesions))


def _look_up(stem: str, intake: Intake) -> AnnotatedImage | None:
    images = intake.source.images
    name = images.named(stem) if images else None
    if images is None or name is None:
        fix = "Give the folder of images with --images: YOLO's shares need the size of the image"
        intake.problem(f"{stem}.txt", "the image of these labels is not known", fix)
        return None
    return AnnotatedImage(name, *images.size(name))


def _read_line(line: str, image: AnnotatedImage, classes: Sequence[str]) -> Lesion:
    """A lesion from a line.

    Raises:
        AnnotationError: neither a box nor a polygon, or of no known class.
    """
    values = [float(word) for word in line.split()]
    place, shares = values[0], values[1:]
    if place % 1 or not 0 <= place < len(classes):
        raise AnnotationError(
            f"the class {place:g}, of {len(classes)} classes", fix="Name every class in data.yaml or classes.txt"
        )
    label = classes[int(place)]
    places = [share * (image.height if n % 2 else image.width) for n, share in enumerate(shares)]
    if len(places) != 4:
        return Lesion(label, (Polygon(flat_ring(places)),))
    x, y, width, height = places
    return Lesion(label, drawn_box=box_of([x - width / 2, y - height / 2, x + width / 2, y + height / 2]))


def write(annotations: Annotations, path: Path, source: Source) -> None:
    """Write a folder of YOLO, without the images."""
    numbers = {name: number for number, name in enumerate(annotations.all_classes)}
    files = file_beside({image.image: image for image in annotations.images}.values(), ".txt")
    lines: dict[str, list[str]] = {image.image: [] for image in annotations.images}
    for image in annotations.images:
        lines[image.image] += [line for lesion in image.lesions for line in _lines(lesion, numbers, image)]
    for name, file in files.items():
        write_text(path / "labels" / file, "".join(f"{line}\n" for line in lines[name]))
    said = {"path": ".", "train": "images", "val": "images", "names": dict(enumerate(annotations.all_classes))}
    write_text(path / "data.yaml", yaml.safe_dump(said, allow_unicode=True, sort_keys=False))
    table = io.StringIO()
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(["image", "width", "height"])
    rows.writerows(dict.fromkeys((image.image, image.width, image.height) for image in annotations.images))
    write_text(path / _SIZES, table.getvalue())


def _lines(lesion: Lesion, numbers: Mapping[str, int], image: AnnotatedImage) -> Iterator[str]:
    first, width, height = numbers[lesion.label], image.width, image.height
    if lesion.polygons is None and lesion.drawn_box is not None:
        x0, y0, x1, y1 = lesion.drawn_box
        shares = ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height)
        yield " ".join([str(first), *map(repr, shares)])
    for polygon in lesion.polygons or ():
        yield " ".join([str(first), *(f"{x / width!r} {y / height!r}" for x, y in polygon.exterior)])


FORMAT = Format(
    "yolo",
    "YOLO text",
    True,
    frozenset(
        {"holes", "parts", "bare lesions", "lesion ids", "facts", "image labels", "annotator", "annotators"}
    ),
    recognises,
    read,
    write,
)  # fmt: skip
