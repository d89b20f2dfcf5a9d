"""Reading and writing annotations in any format, and checking that what goes in comes out."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from readingroom.annotation.features import FEATURES, Difference, difference, features_of
from readingroom.annotation.formats import coco, cvat, dicom_seg, label_studio, labelme, mask_folder, voc, yolo
from readingroom.annotation.formats.format import Format
from readingroom.annotation.intake import LISTED, Source, count_of
from readingroom.annotation.model import Annotations
from readingroom.annotation.names import ImageFolder
from readingroom.core.errors import AnnotationError, Problem
from readingroom.core.files import explain_write_errors

# A folder of DICOM files holds no pictures, and one of pictures no text: the narrowest is asked first.
_MODULES = (coco, cvat, labelme, label_studio, yolo, voc, dicom_seg, mask_folder)

FORMATS: dict[str, Format] = {module.FORMAT.name: module.FORMAT for module in _MODULES}
"""Every format by its name."""

_MALFORMED = (TypeError, KeyError, AttributeError, ValueError, IndexError, OverflowError)
"""What a document that is not as its format says makes of a reader."""


@dataclass(frozen=True)
class Written:
    """What came of writing.

    Args:
        path: the file or folder.
        format: its name.
        difference: what was lost, which was allowed, and what was kept to the pixel only.
    """

    path: Path
    format: str
    difference: Difference


def find_format(path: str | Path, name: str | None = None) -> Format:
    """The format of a file or folder, by its content or by the name given.

    Raises:
        AnnotationError: no such file, no such format, or content of no known format.
    """
    path = Path(path)
    if name is not None:
        return named_format(name)
    if not path.exists():
        raise AnnotationError("no such file or folder", fix="Correct the path", file=path)
    if path.suffix.lower() == ".zip":
        raise AnnotationError("an archive", fix="Unpack it, and give the file or folder in it", file=path)
    for one in FORMATS.values():
        if one.recognises(path):
            return one
    known = ", ".join(f"{one.title} ({one.name})" for one in FORMATS.values())
    raise AnnotationError("no annotations in a known format", fix=f"Known are: {known}", file=path)


def named_format(name: str) -> Format:
    """A format by its name.

    Raises:
        AnnotationError: there is none.
    """
    if name not in FORMATS:
        raise AnnotationError(f"no format {name!r}", fix=f"The formats are: {', '.join(FORMATS)}")
    return FORMATS[name]


def read_annotations(
    path: str | Path,
    *,
    kind: str | None = None,
    images: str | Path | None = None,
    classes: Sequence[str] = (),
    allow_loss: bool = False,
) -> Annotations:
    """Read annotations in any known format.

    Args:
        path: a file, or a folder.
        kind: name of the format; None finds it by the content.
        images: folder of the images, which formats need that don't say how large an image is.
        classes: names of the classes, for formats that only number them.
        allow_loss: take in what can be, and list the rest in ``left_out``.

    Raises:
        AnnotationError: not in the format, truncated, or with parts that cannot be taken in: all are listed.

    Example:
        >>> import tempfile
        >>> text = '{"images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}],'
        >>> text += ' "annotations": [], "categories": []}'
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a.json"
        ...     _ = path.write_text(text)
        ...     read_annotations(path).images[0].image
        'a.png'
    """
    path = Path(path)
    source = Source(ImageFolder(images) if images is not None else None, tuple(classes))
    found = _read(find_format(path, kind), path, source)
    if found.left_out and not allow_loss:
        problems = [Problem(one.where, one.reason, one.fix) for one in found.left_out[:LISTED]]
        raise AnnotationError(
            f"{count_of(found.left_out, 'part')} cannot be taken in",
            fix="Correct them, or allow the loss (--allow-loss)",
            file=path,
            problems=problems,
        )
    return found


def _read(chosen: Format, path: Path, source: Source) -> Annotations:
    try:
        return chosen.read(path, source)
    except _MALFORMED as error:
        raise AnnotationError(
            f"not as {chosen.title} has it ({type(error).__name__}: {error})",
            fix="Export it again, or name another format with --from",
            file=path,
        ) from error


def write_annotations(
    annotations: Annotations,
    path: str | Path,
    kind: str,
    *,
    images: str | Path | None = None,
    allow_loss: bool = False,
) -> Written:
    """Write annotations, read them again, and keep them only where nothing is lost.

    Args:
        annotations: to be written.
        path: file, or folder, which must not hold anything yet.
        kind: name of the format, one of `FORMATS`.
        images: folder of the images, which DICOM SEG refers to.
        allow_loss: keep what was written though something is lost; the losses are listed.

    Returns:
        What was lost, if that was allowed, and how many outlines are kept to the pixel only.

    Raises:
        AnnotationError: the format cannot hold something: what, and which format can.
    """
    path, chosen = Path(path), named_format(kind)
    source = Source(ImageFolder(images) if images is not None else None)
    _refuse_full(path, chosen)
    draft = path.with_name(f".{path.stem}.{os.getpid()}.draft{path.suffix}")
    with explain_write_errors(path):
        (draft if chosen.folder else draft.parent).mkdir(parents=True, exist_ok=True)
        try:
            chosen.write(annotations, draft, source)
            found = difference(annotations, _read_back(chosen, draft, source))
            if found.losses and not allow_loss:
                raise _loss_error(annotations, chosen, found, path)
            _keep(draft, path)
        finally:
            if draft.is_dir():
                shutil.rmtree(draft)
            draft.unlink(missing_ok=True)
    return Written(path, chosen.name, found)


def _refuse_full(path: Path, chosen: Format) -> None:
    if chosen.folder and path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise AnnotationError(
            f"{chosen.title} is a folder of files, and there is something already", fix="Name a new folder", file=path
        )


def _read_back(chosen: Format, draft: Path, source: Source) -> Annotations:
    try:
        return _read(chosen, draft, source)
    except AnnotationError as error:
        raise AnnotationError(
            f"what was written could not be read again: {error.what}",
            fix=error.fix,
            file=error.file,
            problems=error.problems,
        ) from error


def _keep(draft: Path, path: Path) -> None:
    if draft.is_dir() and path.is_dir():
        path.rmdir()
    draft.replace(path)


def _loss_error(annotations: Annotations, chosen: Format, found: Difference, path: Path) -> AnnotationError:
    counts = ", ".join(f"{kind} {count}" for kind, count in found.by_kind().items())
    lacking = features_of(annotations) & chosen.lacks - {"corners"}
    because = f": {chosen.title} cannot hold {'; '.join(FEATURES[name] for name in sorted(lacking))}" if lacking else ""
    able = [one.name for one in FORMATS.values() if lacking and not lacking & one.lacks and one is not chosen]
    choose = f"Choose {' or '.join(able)}, or allow" if able else "Allow"
    return AnnotationError(
        f"something would be lost, {counts}{because}",
        fix=f"{choose} the loss (--allow-loss), which lists it. Nothing was written",
        file=path,
        problems=[Problem(loss.image, f"{loss.kind}: {loss.what}") for loss in found.losses[:LISTED]],
    )
