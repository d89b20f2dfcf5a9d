"""Reading files: images or folders of images in, a table of readings out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from readingroom.cases.dicom.collect import SLICE_COLUMNS, describe_slices
from readingroom.cases.dicom.pseudonyms import Pseudonyms
from readingroom.cases.folders import image_files
from readingroom.cases.images import IMAGE_SUFFIXES
from readingroom.cases.stacks.choice import StackChoice
from readingroom.cases.stacks.found import find_stacks
from readingroom.cases.stacks.place import split_place
from readingroom.core.errors import ImageError, ReadingsError
from readingroom.core.files import check_writable, legible
from readingroom.core.progress import Progress
from readingroom.core.tables import score_columns, write_csv, write_parquet
from readingroom.core.translations import Translator
from readingroom.reading.box_engine import BoxEngine
from readingroom.reading.box_pipeline import read_boxes
from readingroom.reading.bundle import ReaderBundle, load_bundle, load_detector, load_segmenter
from readingroom.reading.class_sheet import LEAST_CONFIDENCE, draw_class_sheet
from readingroom.reading.combined import load_combined
from readingroom.reading.engine import open_engine
from readingroom.reading.exam_completeness import exam_completeness
from readingroom.reading.features.files import read_with_features
from readingroom.reading.heat_files import HeatPictures
from readingroom.reading.mark_pipeline import open_marks, read_marks
from readingroom.reading.outline_engine import OutlineEngine
from readingroom.reading.outline_pictures import draw_pictures, draw_sheet
from readingroom.reading.outline_pipeline import read_outlines
from readingroom.reading.pipeline import Unread, read_images
from readingroom.reading.planes import PlaneTable


def read_files(
    reader: str | Path,
    images: Sequence[str | Path],
    *,
    out: str | Path,
    engine: str = "auto",
    device: str = "auto",
    pictures: bool = True,
    heat_maps: bool = False,
    least: float = LEAST_CONFIDENCE,
    language: str = "en",
    pseudonyms: Pseudonyms | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, list[Unread]]:
    """Read image files with a reader bundle and write the table of readings.

    A reader that outlines also writes its masks (folder ``<out>-masks``) and pictures (folder ``<out>-pictures``) with
    the outline in red, its name and its probability; one of classes a contact sheet (``<out>-sheet.jpg``) with class
    and confidence on each image, and where they are asked for heat maps of its answers over the images (folder
    ``<out>-heat-maps``); one of the sites of the upper digestive tract a table of which sites the images in each folder
    document, and which are missing (``<out>-completeness.csv``); one that pools the planes of stacks what each plane
    counted (``<out>-planes.csv``), and a strip of each stack with its weights (folder ``<out>-planes``). A reader that
    finds boxes gives one row a box, see `readingroom.reading.box_pipeline.read_boxes`. Of DICOM files the patient, the
    examination, the series, the slice (from 1 along its normal, among the files given) and its position stand beside
    the answer.

    A features reader that goes by more than the image reads a case table: CSV or Parquet with a column ``image`` and
    those that it needs (``outline``, a text, facts).

    Args:
        reader: the bundle's folder, or that of a combined reader.
        images: files, or folders whose images are all read; of a features reader a case table.
        out: ``.csv`` or ``.parquet``.
        engine: ``auto``, ``torch`` or ``openvino``.
        device: ``auto``, ``cpu`` or ``cuda``.
        pictures: draw pictures where the reader outlines, the contact sheet, and the strips of planes.
        heat_maps: draw heat maps of a reader that tells classes apart.
        least: answers with a lower score are marked on the sheet, and sites that only they document in the table.
        language: ``en`` or ``zh``, of the sheet's title and of the names of sites.
        pseudonyms: of DICOM files, patients' IDs are replaced by; as they are without.
        progress: where it is reported.

    Returns:
        The readings and the images that could not be read.

    Raises:
        ImageError: no images are there.
        ReadingsError: ``out`` is neither CSV nor Parquet.
        BundleError: heat maps are asked of a reader that only outlines or finds boxes.
        NetworkError: heat maps are asked for and cannot be made.
        OutputError: ``out`` cannot be written; said before anything is read.

    Example:
        >>> read_files("runs/demo/readers/resnet18-random", ["new/"], out="readings.csv")  # doctest: +SKIP
    """
    out = Path(out)
    if out.suffix.lower() not in {".csv", ".parquet"}:
        raise ReadingsError(f"{out.suffix!r} is no kind of table", fix="End the name in .csv or .parquet", file=out)
    combined = load_combined(reader)
    folders = [Path(reader)] if combined is None else [combined.classes, combined.outlines]
    bundles = [load_bundle(folder) for folder in folders]
    stack = bundles[0].preprocessing.stack
    featured = bundles[0].features is not None
    paths = [] if featured else find_images(images, stack)
    check_writable(out)
    heat = HeatPictures(zip(folders, bundles, strict=True), device) if heat_maps else None
    root = Path(os.path.commonpath([path.parent.resolve() for path in paths])) if paths else Path()
    # A link is read under its own name, wherever it leads.
    found = [(path.parent.resolve() / path.name).relative_to(root).as_posix() for path in paths]
    names = [name for name in found if legible(name) == name]
    parts: list[pd.DataFrame] = []
    unread: list[Unread] = []
    if featured:
        read, unread, root = read_with_features(folders[0], bundles[0], images, find_images, progress)
        parts.append(read)
    asked = _Asked(out, engine, device, pictures, progress)
    for folder, bundle in [] if featured else zip(folders, bundles, strict=True):
        read, unread = _read_one(folder, bundle, names, root, asked)
        parts.append(read)
    readings = parts[0] if combined is None else joined(combined.name, parts[0], parts[1])
    if pictures and "mask" in readings:
        window, masks = bundles[-1].preprocessing.window, _beside(out, "masks")
        draw_pictures(readings, root, masks, _beside(out, "pictures"), window=window, progress=progress)
        if len(readings):
            draw_sheet(readings, root, masks, out.with_name(f"{out.stem}-sheet.jpg"), window)
    if heat is not None:
        heat.draw(readings, root, _beside(out, "heat-maps"), progress)
    _write_answers(readings, bundles[0], root, out, pictures=pictures, least=least, say=Translator(language))
    if stack is None:  # a series is a row, not its slices
        readings = _with_slices(readings, root, pseudonyms)
    unread += [Unread(legible(name), "the name is not UTF-8") for name in found if legible(name) != name]
    if out.suffix.lower() == ".csv":
        write_csv(readings, out)
    else:
        write_parquet(readings, out, kind="readings")
    return readings, unread


@dataclass(frozen=True)
class _Asked:
    """What a person asked of a reading, beside the reader and the images."""

    out: Path
    engine: str
    device: str
    pictures: bool
    progress: Progress | None


def _read_one(
    folder: Path, bundle: ReaderBundle, names: Sequence[str], root: Path, asked: _Asked
) -> tuple[pd.DataFrame, list[Unread]]:
    """Read with one bundle, by what it gives: boxes, marks, classes, or outlines."""
    if bundle.marks is not None or bundle.boxes is not None:
        return _found(folder, bundle, names, root, asked.device, asked.progress)
    if bundle.outlines is None:
        return _classed(folder, bundle, names, root, asked)
    return _outlined(folder, bundle, names, root, asked.out, asked.device, asked.progress)


def _classed(
    folder: Path, bundle: ReaderBundle, names: Sequence[str], root: Path, asked: _Asked
) -> tuple[pd.DataFrame, list[Unread]]:
    """Read with a reader of classes; one with a pool writes the weights of the planes and, asked for, their strips."""
    engine = open_engine(folder, bundle, asked.engine, asked.device, images=len(names))
    if bundle.pool is None or not asked.pictures:
        return read_images(bundle, engine, names, root, progress=asked.progress)
    table = PlaneTable(folder, bundle, _beside(asked.out, "planes"))
    read = read_images(bundle, engine, names, root, also=table.add, progress=asked.progress)
    write_csv(table.table, _beside(asked.out, "planes.csv"))
    return read


def _write_answers(
    readings: pd.DataFrame,
    bundle: ReaderBundle,
    root: Path,
    out: Path,
    *,
    pictures: bool,
    least: float,
    say: Translator,
) -> None:
    """What is written beside a table of classes: the contact sheet, and the completeness of each folder."""
    if readings.empty or not {"predicted", *score_columns(bundle.classes)} <= set(readings):
        return
    if pictures and "mask" not in readings:
        sheet, seen = out.with_name(f"{out.stem}-sheet.jpg"), bundle.preprocessing
        draw_class_sheet(
            readings, bundle.classes, root, sheet, least=least, window=seen.window, stack=seen.stack, say=say
        )
    complete = exam_completeness(readings, bundle.classes, root, least=least, say=say)
    if len(complete):
        write_csv(complete, _beside(out, "completeness.csv"))


def _with_slices(readings: pd.DataFrame, root: Path, pseudonyms: Pseudonyms | None) -> pd.DataFrame:
    """The readings with what DICOM files say of their slices; unchanged where none is DICOM."""
    images = list(dict.fromkeys(readings["image"])) if len(readings) else []
    slices = describe_slices([root / image for image in images], pseudonyms)
    if slices.empty:
        return readings
    names = slices["path"].map(lambda path: path.relative_to(root).as_posix())
    return readings.merge(
        slices.assign(image=names)[["image", *SLICE_COLUMNS]], on="image", how="left", validate="many_to_one"
    )


def _found(
    folder: Path, bundle: ReaderBundle, names: Sequence[str], root: Path, device: str, progress: Progress | None
) -> tuple[pd.DataFrame, list[Unread]]:
    """Boxes in images, or marks in volumes."""
    if bundle.marks is not None:
        return read_marks(bundle, open_marks(folder, bundle, device=device), names, root, progress=progress)
    tile = None if bundle.boxes is None else bundle.boxes.tile
    engine = BoxEngine(load_detector(folder, bundle), bundle.preprocessing, tile=tile, device=device)
    return read_boxes(bundle, engine, names, root, progress=progress)


def _outlined(
    folder: Path,
    bundle: ReaderBundle,
    names: Sequence[str],
    root: Path,
    out: Path,
    device: str,
    progress: Progress | None,
) -> tuple[pd.DataFrame, list[Unread]]:
    wanted = bundle.outlines
    flips, tile = (wanted.flips, wanted.tile) if wanted is not None else (False, None)
    engine = OutlineEngine(load_segmenter(folder, bundle), bundle.preprocessing, flips=flips, tile=tile, device=device)
    read, unread = read_outlines(bundle, engine, names, root, folder=_beside(out, "masks"), progress=progress)
    scored = score_columns(bundle.classes)
    if len(read) and set(scored) <= set(read):
        read["predicted"] = bundle.predicted(read[scored].to_numpy())
    return read, unread


def joined(name: str, classes: pd.DataFrame, outlines: pd.DataFrame) -> pd.DataFrame:
    """Readings of a combined reader: class and scores of the one, outlines of the other, the time of both."""
    own = [column for column in outlines if column == "image" or column not in classes or column == "time_ms"]
    both = classes.merge(outlines[own], on="image", suffixes=("", "_outlines"), validate="one_to_one")
    both["time_ms"] += both.pop("time_ms_outlines")
    return both.assign(reader=name)


def _below(folder: Path, stack: StackChoice | None) -> list[Path]:
    return image_files(folder) if stack is None else find_stacks(folder, stack)


def _beside(out: Path, what: str) -> Path:
    return out.with_name(f"{out.stem}-{what}")


def find_images(places: Sequence[str | Path], stack: StackChoice | None = None) -> list[Path]:
    """Image files, and those in folders, each once, in order; stacks of planes where the reader reads such.

    Raises:
        ImageError: a place does not exist, or there is no image in any of them.
    """
    found: dict[Path, None] = {}
    for place in map(Path, places):
        if not split_place(place)[0].exists():
            raise ImageError("no such file or folder", fix="Check the path", file=place)
        found.update(dict.fromkeys(_below(place, stack) if place.is_dir() else [place]))
    if not found and stack is not None:
        fix = f"This reader reads stacks of planes ({stack.kind}); see docs/stacks.md for what may be given"
        raise ImageError("no stacks of planes here", fix=fix, file=Path(places[0]))
    if not found:
        raise ImageError(
            "no images here", fix=f"Known are {', '.join(sorted(IMAGE_SUFFIXES))} and DICOM", file=Path(places[0])
        )
    return list(found)
