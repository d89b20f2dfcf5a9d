"""Image files into pixels: the right way round, at their own bit depth, with a note of whatever was converted."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from readingroom.cases.dicom.dataset import is_dicom
from readingroom.cases.dicom.pixels import decode_dicom
from readingroom.cases.tiff import decode_tiff
from readingroom.cases.window import PERCENTILES, PLAIN, Display, WindowChoice, scale_between, show
from readingroom.core.errors import ImageError

MAX_PIXELS = 80_000_000
"""Largest image that is decoded (width x height). A larger header is a scan of a slide, or a decompression bomb."""

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".tif", ".tiff", ".bmp"})
"""File name endings that are taken for images where a folder is searched, beside DICOM files, which are known by their
content; what a file is, its first bytes decide."""

_KINDS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
}
_SAVE_AGAIN = "Save it again as an 8 or 16 bit PNG, TIFF, BMP or JPEG"
_COPY_AGAIN = "Copy it again from where it came"


@dataclass(frozen=True)
class ImageFacts:
    """What a file said of its image, and what was done to it while reading.

    Args:
        kind: JPEG, PNG, TIFF, BMP or DICOM, by the file's first bytes; of stacks also NIfTI, DICOM series, DICOM
            frames, video, frames or views.
        width: in pixels, after rotation.
        height: in pixels, after rotation.
        channels: samples a pixel in the file: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha or CMYK.
        bits: bits a sample in the file.
        alpha: the file had transparency.
        rotated: the file asked to be turned or mirrored (EXIF orientation other than 1), and was.
        notes: each conversion, in words; empty where the pixels are as stored.
    """

    kind: str
    width: int
    height: int
    channels: int
    bits: int
    alpha: bool = False
    rotated: bool = False
    notes: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """The notes in one line."""
        return "; ".join(self.notes)


@dataclass(frozen=True)
class LoadedImage:
    """Pixels (H, W) or (H, W, 3) in the order red, green, blue, and the facts of the file.

    Args:
        pixels: uint8 or uint16; float32 where a DICOM file's values are rescaled or signed.
        facts: what the file said.
        display: how values are to be looked at; of a picture, as they are.
    """

    pixels: np.ndarray
    facts: ImageFacts
    display: Display = PLAIN

    def shown(self, window: WindowChoice = "percentiles") -> np.ndarray:
        """The pixels with 8 bits, (H, W) or (H, W, 3), by a window; see `readingroom.cases.window.show`."""
        return show(self.pixels, window, self.display)[0]


@dataclass
class Decoded:
    """What a decoder found, before alpha and orientation are dealt with."""

    pixels: np.ndarray  # (H, W), (H, W, 2), (H, W, 3) or (H, W, 4)
    channels: int
    bits: int
    orientation: int = 1
    notes: list[str] = field(default_factory=list)


def read_image(path: str | Path) -> LoadedImage:
    """Read an image file, whatever its name or ending, at its own bit depth.

    EXIF rotation is carried out; transparency is laid over black; palettes and CMYK become RGB; 1 bit becomes
    0 and 255; inverted TIFFs (white is zero) are turned the right way round. Each of these is noted.
    Floating point, signed and 32-bit pictures are refused: nothing in the file says what is black and what is white.
    Of a DICOM file, rescaled values are given, and how they are to be looked at; see
    `readingroom.cases.dicom.pixels.decode_dicom`.

    Args:
        path: a JPEG, PNG, TIFF, BMP or single-frame DICOM file.

    Returns:
        Pixels (H, W) or (H, W, 3), and the file's facts.

    Raises:
        ImageError: no such file, empty, truncated, not an image, too large, or of a kind that is refused.
    """
    return decode_image(read_bytes(path), path)


def decode_image(data: bytes, path: str | Path = "") -> LoadedImage:
    """Decode the bytes of an image file; see `read_image`.

    Args:
        data: the whole file.
        path: named in errors.

    Raises:
        ImageError: as `read_image`.
    """
    if is_dicom(data):  # first: what comes before its magic number may be that of a TIFF
        return _decode_dicom(data, path)
    kind = next((kind for magic, kind in _KINDS.items() if data.startswith(magic)), None)
    if kind is None:
        raise ImageError(
            f"not an image: it begins with {data[:8]!r}",
            fix="Give a JPEG, PNG, TIFF, BMP or DICOM file, or take it out of the table",
            file=path,
        )
    try:
        decoded = _decode_tiff(data) if kind == "TIFF" else _decode_plain(data, kind)
    except ImageError as error:
        raise ImageError(error.what, fix=error.fix or _SAVE_AGAIN, file=path) from error
    return _finish(decoded, kind)


def _decode_dicom(data: bytes, path: str | Path) -> LoadedImage:
    try:
        found = decode_dicom(data, MAX_PIXELS)
    except ImageError as error:
        raise ImageError(error.what, fix=error.fix, field=error.field, file=path) from error
    height, width = found.pixels.shape[:2]
    facts = ImageFacts("DICOM", width, height, found.channels, found.bits, notes=tuple(found.notes))
    return LoadedImage(np.ascontiguousarray(found.pixels), facts, found.display)


def to_rgb8(pixels: np.ndarray, *, low: float | None = None, high: float | None = None) -> np.ndarray:
    """Pixels as 8-bit RGB, to look at or to compare: grey is repeated, more than 8 bits are windowed.

    The window runs from the 0.5 to the 99.5 percentile of the image, over all channels together so that hues
    stay; `LoadedImage.shown` takes another.

    Args:
        pixels: (H, W) or (H, W, 3), uint8, uint16 or float32.
        low: value that becomes 0, instead of the percentile (more than 8 bits only).
        high: value that becomes 255, instead of the percentile (more than 8 bits only).

    Returns:
        (H, W, 3) uint8.

    Example:
        >>> to_rgb8(np.array([[0, 1000], [2000, 4000]], np.uint16), low=0, high=4000)[..., 0].tolist()
        [[0, 64], [128, 255]]
    """
    if pixels.dtype != np.uint8:
        bottom, top = np.percentile(pixels, PERCENTILES)
        pixels = scale_between(pixels, bottom if low is None else low, top if high is None else high)
    return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels


def read_bytes(path: str | Path) -> bytes:
    """The bytes of an image file, of which there is at least one.

    Raises:
        ImageError: no such file, a folder, not to be read, or empty.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise ImageError("no such file", fix="Correct the path in the table", file=path) from error
    except IsADirectoryError as error:
        raise ImageError("a folder, not an image", fix="Correct the path in the table", file=path) from error
    except OSError as error:
        raise ImageError(
            f"cannot be read ({error.strerror})", fix="Check the rights and the disk", file=path
        ) from error
    if not data:
        raise ImageError("the file is empty", fix=_COPY_AGAIN, file=path)
    return data


def _decode_tiff(data: bytes) -> Decoded:
    page = decode_tiff(data, MAX_PIXELS)
    return Decoded(page.pixels, page.channels, page.bits, page.orientation, list(page.notes))


def _decode_plain(data: bytes, kind: str) -> Decoded:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
        try:
            with Image.open(io.BytesIO(data)) as header:
                _check_size(*header.size)
                return _DECODERS[kind](data, header)
        except Image.DecompressionBombError as error:
            raise ImageError("larger than any image this reads", fix="Save it smaller") from error
        except UnidentifiedImageError as error:  # which would show the address of a buffer
            raise ImageError("damaged or truncated (no whole header)", fix=_COPY_AGAIN) from error
        except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
            raise ImageError(f"damaged or truncated ({error})", fix=_COPY_AGAIN) from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageError(f"{width} x {height} pixels, more than the {MAX_PIXELS} that are read", fix="Save it smaller")


def _decode_jpeg(data: bytes, header: Image.Image) -> Decoded:
    orientation = _orientation(header)
    if header.mode == "CMYK":
        return Decoded(np.asarray(header.convert("RGB")), 4, 8, orientation, ["CMYK converted to RGB"])
    grey = header.mode == "L"
    pixels: np.ndarray | None = None
    # Some decoders fill a truncated file with grey and say nothing; only a file with its end marker goes there.
    if b"\xff\xd9" in data[-4096:]:
        flags = cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR_RGB
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        pixels = np.asarray(header if grey else header.convert("RGB"))
    return Decoded(np.asarray(pixels), 1 if grey else 3, 8, orientation)


def _decode_png(data: bytes, header: Image.Image) -> Decoded:
    bits, colour = data[24], data[25]
    if bits < 16:
        decoded = _decode_by_mode(header, bits)
        decoded.orientation = _orientation(header)
        return decoded
    header.load()  # checks the whole file, but gives colours with 8 bits only
    pixels: np.ndarray | None = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ImageError("damaged or truncated", fix=_COPY_AGAIN)
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    return Decoded(_reorder(np.asarray(pixels), channels), channels, 16, _orientation(header))


def _reorder(pixels: np.ndarray, channels: int) -> np.ndarray:
    """OpenCV's blue, green, red (and grey repeated thrice before alpha) into ours."""
    if channels == 1:
        return pixels if pixels.ndim == 2 else pixels[..., 0]
    if channels == 2:
        return pixels[..., [0, 3]]
    return pixels[..., [2, 1, 0, 3][:channels]]


def _decode_bmp(data: bytes, header: Image.Image) -> Decoded:
    return _decode_by_mode(header, int.from_bytes(data[28:30], "little"))


def _decode_by_mode(header: Image.Image, stored_bits: int) -> Decoded:
    """Decode what Pillow decodes without loss: 8 bits or fewer."""
    mode = header.mode
    transparent = "transparency" in header.info
    if mode == "1":
        return Decoded(np.asarray(header).astype(np.uint8) * 255, 1, 1, notes=["1 bit spread to 0 and 255"])
    if mode == "P":
        pixels = np.asarray(header.convert("RGBA" if transparent else "RGB"))
        return Decoded(pixels, 1, min(stored_bits, 8), notes=["palette converted to RGB"])
    if transparent:  # one colour of a grey or RGB image is declared transparent
        header = header.convert("LA" if mode == "L" else "RGBA")
        mode = header.mode
    if mode not in {"L", "LA", "RGB", "RGBA"}:
        raise ImageError(f"pixels of a kind that is not read ({mode})", fix=_SAVE_AGAIN)
    notes = [f"{stored_bits} bits spread to 8"] if mode == "L" and stored_bits < 8 else []
    return Decoded(np.asarray(header), len(mode), min(stored_bits, 8), notes=notes)


_DECODERS: dict[str, Callable[[bytes, Image.Image], Decoded]] = {
    "JPEG": _decode_jpeg,
    "PNG": _decode_png,
    "BMP": _decode_bmp,
}


def _orientation(header: Image.Image) -> int:
    try:
        return int(header.getexif().get(0x0112, 1))
    except (OSError, SyntaxError, ValueError, TypeError):
        return 1  # a damaged EXIF block is no reason to refuse the pixels


def _finish(decoded: Decoded, kind: str) -> LoadedImage:
    notes = list(decoded.notes)
    pixels, alpha = _lay_over_black(decoded.pixels, notes)
    pixels = orient(pixels, decoded.orientation)
    rotated = decoded.orientation in range(2, 9)
    if rotated:
        notes.append(f"turned upright (EXIF orientation {decoded.orientation})")
    height, width = pixels.shape[:2]
    facts = ImageFacts(kind, width, height, decoded.channels, decoded.bits, alpha, rotated, tuple(notes))
    return LoadedImage(np.ascontiguousarray(pixels), facts)


def _lay_over_black(pixels: np.ndarray, notes: list[str]) -> tuple[np.ndarray, bool]:
    """Drop the alpha channel; what was transparent becomes black, as outside a view."""
    if pixels.ndim == 2 or pixels.shape[2] == 3:
        return pixels, False
    colours, alpha = pixels[..., :-1], pixels[..., -1:]
    top = np.iinfo(pixels.dtype).max
    if (alpha == top).all():
        notes.append("alpha channel, opaque everywhere, left out")
    else:
        notes.append(f"transparent pixels ({(alpha < top).mean():.1%}) laid over black")
        colours = np.rint(colours * (alpha / np.float64(top))).astype(pixels.dtype)
    return (colours[..., 0] if colours.shape[2] == 1 else colours), True


def orient(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Turn stored pixels upright by their EXIF orientation (1 to 8; anything else leaves them).

    Args:
        pixels: (H, W) or (H, W, C) as stored.
        orientation: EXIF tag 0x0112.

    Returns:
        The pixels as they are to be seen; rows and columns change places for 5 to 8.

    Example:
        >>> orient(np.array([[1, 2, 3]]), 6).tolist()  # to be turned by 90 degrees clockwise
        [[1], [2], [3]]
    """
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels
