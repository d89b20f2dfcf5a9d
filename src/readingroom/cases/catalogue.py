"""The catalogue: one pass over all images, and what was found in each, one row an image."""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from PIL import Image

from readingroom.cases.cleaning.border import crop_border
from readingroom.cases.cleaning.section import BorderChoice
from readingroom.cases.descriptor import describe_view
from readingroom.cases.dicom.patients import patient_key
from readingroom.cases.images import decode_image, read_bytes, to_rgb8
from readingroom.cases.quality import measure_quality, reduce_view
from readingroom.cases.stacks.choice import StackChoice
from readingroom.cases.stacks.files import place_status, stack_status
from readingroom.cases.stacks.read import read_stack
from readingroom.cases.surroundings import describe_surroundings
from readingroom.cases.view import View, ViewMode, find_view, view_mask, whole_view
from readingroom.cases.window import WindowChoice, plain_window, show
from readingroom.core.errors import ImageError, Problem
from readingroom.core.progress import Progress, SilentProgress

if TYPE_CHECKING:
    from readingroom.cases.table import CaseTable

VERSION = 2
"""Raised when a column changes its meaning: a catalogue of another version is not used again."""

COLUMNS: dict[str, str] = {
    "image": "the case table's image",
    "version": "version of the catalogue's columns",
    "view_mode": "auto or whole: how the view was decided",
    "window": "how more than 8 bits become 8, as asked for, JSON",
    "stack": "which planes of a stack are seen, as asked for, JSON; empty for single images",
    "readable": "whether the file could be read as an image",
    "reason": "why not; empty where it could",
    "file_bytes": "size of the file",
    "mtime_ns": "time of the file's last change, nanoseconds",
    "sha256": "hash of the file's bytes",
    "pixels_hash": "hash of the decoded pixels, whatever the file's format",
    "kind": "JPEG, PNG, TIFF, BMP or DICOM; of stacks NIfTI, DICOM series, DICOM frames, TIFF, video, frames or views",
    "width": "pixels, after rotation",
    "height": "pixels, after rotation",
    "channels": "samples a pixel in the file",
    "bits": "bits a sample in the file",
    "planes": "planes of a stack, as they were read; 1 of single images",
    "affine": "of a volume whose place in the patient is known: from plane, row and column to mm (LPS), JSON",
    "alpha": "the file had transparency",
    "note": "what was converted while reading",
    "windowed": "what was done: stored (8 bits already), percentiles, file, missing (percentiles, as the file has no "
    "window), given",
    "patient_key": "of a DICOM file: a hash of its patient's ID, which tells patients apart; no pseudonym",
    "jpeg_quality": "quality that a JPEG was saved with, estimated, 1 to 100; 0 for other files",
    "view_kind": "octagon, circle, rectangle or whole",
    "view_x0": "left edge of the view's box, pixels",
    "view_y0": "upper edge",
    "view_x1": "right edge, exclusive",
    "view_y1": "lower edge, exclusive",
    "view_polygon": "corners of the view, JSON",
    "view_excluded": "boxes inside the view that hide anatomy, JSON",
    "phash": "perceptual hash of the view, 16 hexadecimal digits",
    "thumbnail": "luminance of the view, 32 x 32 bytes; 0 where there is no anatomy",
    "red": "mean red of the view",
    "green": "mean green of the view",
    "blue": "mean blue of the view",
    "blur": "variance of the Laplacian in the view; low is blurred",
    "brightness": "mean luminance in the view, 0 to 255",
    "dark_share": "share of the view too dark to show anything",
    "bright_share": "share of the view burned out",
    "complaints": "blurred, underexposed, overexposed; separated by spaces",
    "panel_border_share": "share of the frame outside the view",
    "panel_border_level": "mean brightness there, 0 to 255",
    "panel_text_share": "share of the frame taken by text and signs",
    "panel_text_lines": "boxes of text over the view",
    "panel_patch_share": "share of the frame taken by patches over the view",
    "panel_green_share": "share of the frame taken by green patches",
}
"""Columns of the catalogue. The ``panel_`` columns describe what is not anatomy, from the view as it is found,
even where the whole frame is used."""

_FIRST = ("image", "version", "view_mode", "window", "stack", "readable", "reason", "file_bytes", "mtime_ns", "sha256")
_EXPOSURE = ("underexposed", "overexposed")
"""Not complained of in pictures without colour: around a body they are black by nature."""

_TEXTS = (
    *("pixels_hash", "kind", "note", "windowed", "patient_key", "affine"),
    *("view_kind", "view_polygon", "view_excluded", "phash", "complaints"),
)


def catalogue_images(
    cases: CaseTable,
    *,
    view: ViewMode = "auto",
    window: WindowChoice = "percentiles",
    stack: StackChoice | None = None,
    border: BorderChoice | None = None,
    known: pd.DataFrame | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    strict: bool = False,
) -> pd.DataFrame:
    """Read each image once and write down what was found in it.

    A file that cannot be read is listed with its reason and does not stop the rest.

    Args:
        cases: the case table; the rows of the catalogue are in its order, one for each different image.
        view: ``auto`` finds the view in each image, ``whole`` uses frames from edge to edge.
        window: how more than 8 bits become 8, as the readers of the study will see them.
        stack: where images are stacks of planes, what of them is seen; quality and view are those of the middle plane.
        border: what is cut off the view; see `readingroom.cases.cleaning.crop_border`.
        known: an earlier catalogue; images whose path, size and time of change are the same are taken from it.
        workers: threads; as many as cores by default.
        progress: where it is reported.
        strict: stop if any file cannot be read, after all have been tried.

    Returns:
        A table with the columns of `COLUMNS`; where an image cannot be read, texts are empty and numbers missing.

    Raises:
        ImageError: ``strict``, and files cannot be read: all of them, in one error.
    """
    progress = progress or SilentProgress()
    images = list(dict.fromkeys(cases.frame["image"]))
    done = _reusable(known, _view_text(view, border), window, stack)

    def describe(image: str) -> dict[str, Any]:
        path = cases.path(image)
        found = _again(image, path, done)
        if found is not None:
            return found
        if stack is not None:
            return catalogue_stack(image, path, stack, view, window)
        return catalogue_image(image, path, view, window, border)

    with ThreadPoolExecutor(workers or os.cpu_count() or 1) as pool:
        rows = list(progress.track(_ordered(pool, describe, images), "catalogue", len(images)))
    catalogue = _table(rows)
    if strict:
        _refuse_unreadable(catalogue, cases)
    return catalogue


def catalogue_image(
    image: str,
    path: Path,
    view: ViewMode = "auto",
    window: WindowChoice = "percentiles",
    border: BorderChoice | None = None,
) -> dict[str, Any]:
    """The catalogue's row of one image; see `COLUMNS`. Never raises because of what is in the file."""
    row: dict[str, Any] = {"image": image, "version": VERSION, "readable": False, "reason": ""}
    row |= {"view_mode": _view_text(view, border), "window": _window_text(window)}
    try:
        data = _read(path, row)
        loaded = decode_image(data, path)
        row["patient_key"] = patient_key(data) if loaded.facts.kind == "DICOM" else ""
    except ImageError as error:
        return {**row, "reason": f"{error.what}. {error.fix}" if error.fix else error.what}
    facts = loaded.facts
    row |= {name: getattr(facts, name) for name in ("kind", "width", "height", "channels", "bits", "alpha", "note")}
    row |= {"planes": 1, "affine": ""}
    row |= {"readable": True, "jpeg_quality": estimate_jpeg_quality(data), "pixels_hash": hash_pixels(loaded.pixels)}
    shown, row["windowed"] = show(loaded.pixels, window, loaded.display)
    return row | describe_pixels(shown, view, border)


def _view_text(view: ViewMode, border: BorderChoice | None) -> str:
    # Without a border as ever, so that what was catalogued before borders could be cut off is known again.
    return view if border is None else f"{view}, border {json.dumps(border)}"


def catalogue_stack(
    image: str, path: Path, stack: StackChoice, view: ViewMode = "auto", window: WindowChoice = "percentiles"
) -> dict[str, Any]:
    """The catalogue's row of a stack: its hash is that of all planes, its looks are those of the middle one."""
    row: dict[str, Any] = {"image": image, "version": VERSION, "view_mode": view, "readable": False, "reason": ""}
    row |= {"window": _window_text(window), "stack": _stack_text(stack)}
    try:
        row |= stack_status(path)
        loaded = read_stack(path, stack)
        middle = loaded.overview()
        row["pixels_hash"] = loaded.pixels_hash()
    except ImageError as error:
        return {**row, "reason": f"{error.what}. {error.fix}" if error.fix else error.what}
    facts = loaded.facts
    row |= {name: getattr(facts, name) for name in ("kind", "width", "height", "channels", "bits", "alpha", "note")}
    affine = "" if loaded.affine is None else json.dumps(loaded.affine.tolist())
    row |= {"readable": True, "jpeg_quality": 0, "patient_key": "", "planes": len(loaded.planes), "affine": affine}
    shown, row["windowed"] = show(middle.pixels, window, middle.display)
    return row | describe_pixels(shown, view)


def _window_text(window: WindowChoice) -> str:
    return json.dumps(plain_window(window))


def _stack_text(stack: StackChoice | None) -> str:
    return "" if stack is None else json.dumps(stack.model_dump(mode="json"))


def _read(path: Path, row: dict[str, Any]) -> bytes:
    """The file's bytes; its size and time of change go into the row, readable or not."""
    with suppress(OSError):  # `read_bytes` says what is wrong
        status = path.stat()
        row |= {"file_bytes": status.st_size, "mtime_ns": status.st_mtime_ns}
    data = read_bytes(path)
    row["sha256"] = hashlib.sha256(data).hexdigest()
    return data


def _reduced(rgb: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
    x0, y0, x1, y1 = view.box_xyxy_px
    return reduce_view(np.ascontiguousarray(rgb[y0:y1, x0:x1]), view_mask(view))


def describe_pixels(pixels: np.ndarray, view: ViewMode = "auto", border: BorderChoice | None = None) -> dict[str, Any]:
    """What the catalogue says of decoded pixels: view, descriptor, quality and surroundings."""
    height, width = pixels.shape[:2]
    found = find_view(pixels)
    used = found if view == "auto" else whole_view(width, height)
    used = used if border is None else crop_border(pixels, used, border)
    rgb = to_rgb8(pixels)
    crop, mask = _reduced(rgb, used)
    # Around an endoscope's view it is black, which is no fault of the picture even where the whole frame is used.
    descriptor, quality = describe_view(crop, mask), measure_quality(*_reduced(rgb, found))
    red, green, blue = descriptor.colour
    return {
        **_view_columns(used),
        "phash": descriptor.phash,
        "thumbnail": descriptor.thumbnail.tobytes(),
        **{"red": red, "green": green, "blue": blue},
        **{name: getattr(quality, name) for name in ("blur", "brightness", "dark_share", "bright_share")},
        "complaints": " ".join(name for name in quality.complaints if pixels.ndim == 3 or name not in _EXPOSURE),
        **describe_surroundings(rgb, found).columns(),
    }


def hash_pixels(pixels: np.ndarray) -> str:
    """SHA-256 of decoded pixels with their shape and depth: the same for the same image in another file format."""
    digest = hashlib.sha256(f"{pixels.shape} {pixels.dtype}".encode())
    digest.update(np.ascontiguousarray(pixels).data)
    return digest.hexdigest()


def estimate_jpeg_quality(data: bytes) -> int:
    """Quality, 1 to 100, whose luminance table by the Independent JPEG Group is nearest to the file's; 0 if no JPEG."""
    if not data.startswith(b"\xff\xd8"):
        return 0
    with Image.open(io.BytesIO(data)) as header:
        tables: dict[int, list[int]] = getattr(header, "quantization", {})
    if not tables:
        return 0
    # The standard table sums to 3691 at quality 50 and scales with (200 - 2q) / 100 above, 50 / q below.
    scale = sum(tables[min(tables)]) / _STANDARD_SUM
    quality = 100 - 50 * scale if scale <= 1 else 50 / scale
    return int(np.clip(round(quality), 1, 100))


_STANDARD_SUM = 3691


def view_of(row: Mapping[str, Any] | pd.Series) -> View:
    """The view that a row of the catalogue describes.

    Example:
        >>> view_of({"view_kind": "whole", "view_x0": 0, "view_y0": 0, "view_x1": 8, "view_y1": 6,
        ...          "view_polygon": "[]", "view_excluded": "[]"})
        View(kind='whole', box_xyxy_px=(0, 0, 8, 6), polygon_xy_px=(), excluded_xyxy_px=())
    """
    x0, y0, x1, y1 = (int(row[name]) for name in ("view_x0", "view_y0", "view_x1", "view_y1"))
    polygon = tuple((float(x), float(y)) for x, y in json.loads(row["view_polygon"]))
    excluded = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in json.loads(row["view_excluded"]))
    return View(row["view_kind"], (x0, y0, x1, y1), polygon, excluded)


def volume_of(row: Mapping[str, Any] | pd.Series) -> tuple[np.ndarray, tuple[int, int, int]] | None:
    """The affine (4, 4) of a volume in the catalogue and its planes, rows and columns; None where it lies nowhere."""
    if not row["affine"] or pd.isna(row["planes"]):
        return None
    return np.array(json.loads(row["affine"])), (int(row["planes"]), int(row["height"]), int(row["width"]))


def _view_columns(view: View) -> dict[str, Any]:
    x0, y0, x1, y1 = view.box_xyxy_px
    return {
        "view_kind": view.kind,
        **{"view_x0": x0, "view_y0": y0, "view_x1": x1, "view_y1": y1},
        "view_polygon": json.dumps(view.polygon_xy_px),
        "view_excluded": json.dumps(view.excluded_xyxy_px),
    }


def _reusable(
    known: pd.DataFrame | None, view: str, window: WindowChoice, stack: StackChoice | None
) -> dict[str, dict[str, Any]]:
    if known is None or not set(COLUMNS) <= set(known.columns):
        return {}
    same = known[(known["version"] == VERSION) & (known["view_mode"] == view) & known["readable"].astype(bool)]
    same = same[(same["window"] == _window_text(window)) & (same["stack"] == _stack_text(stack))]
    rows = ({str(name): cell for name, cell in row.items()} for row in same[list(COLUMNS)].to_dict("records"))
    return {str(row["image"]): row for row in rows}


def _again(image: str, path: Path, done: dict[str, dict[str, Any]]) -> dict[str, Any] | None:
    row = done.get(image)
    if row is None:
        return None
    try:
        size, changed = place_status(path)
    except ImageError:
        return None
    return row if (size, changed) == (row["file_bytes"], row["mtime_ns"]) else None


def _ordered(
    pool: ThreadPoolExecutor, work: Callable[[str], dict[str, Any]], images: list[str]
) -> Iterator[dict[str, Any]]:
    """Results in the order of the images; if one fails, or the caller stops, what has not begun is not begun."""
    futures = [pool.submit(work, image) for image in images]
    try:
        for future in futures:
            yield future.result()
    finally:
        for future in futures:
            future.cancel()


def _table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    # As objects: a missing number would make a column of floats, which hold no nanoseconds.
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    readable = table["readable"].astype(bool)
    for name in ("image", "view_mode", "window", "stack", "reason", *_TEXTS):
        table[name] = table[name].fillna("").astype("str")
    table["sha256"] = table["sha256"].fillna("").astype("str")
    numbers = [name for name in COLUMNS if name not in (*_FIRST, *_TEXTS, "thumbnail", "alpha")]
    table[numbers] = table[numbers].apply(_numeric)
    whole = ["version", "file_bytes", "mtime_ns"]
    table[whole] = table[whole].apply(_numeric)
    table["alpha"] = table["alpha"].fillna(value=False).astype(bool)
    return table.assign(readable=readable)


_WHOLE = {
    "version",
    "file_bytes",
    "mtime_ns",
    "width",
    "height",
    "channels",
    "bits",
    "planes",
    "jpeg_quality",
    "panel_text_lines",
}
_WHOLE |= {"view_x0", "view_y0", "view_x1", "view_y1"}


def _numeric(column: pd.Series) -> pd.Series:
    whole = column.name in _WHOLE
    if column.isna().any():
        return column.astype("Int64" if whole else "float64")
    return column.astype("int64" if whole else "float64")


def _refuse_unreadable(catalogue: pd.DataFrame, cases: CaseTable) -> None:
    unreadable = catalogue[~catalogue["readable"]]
    if unreadable.empty:
        return
    problems = [Problem(str(cases.path(row["image"])), row["reason"]) for row in unreadable.to_dict("records")]
    raise ImageError(
        f"{len(problems)} of {len(catalogue)} images cannot be read",
        fix="Mend these files or take them out of the table, or run without strict",
        file=cases.source,
        problems=problems,
    )
