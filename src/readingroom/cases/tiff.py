"""TIFF into pixels: tags that contradict the pixels, separate planes, inverted grey, stacks and odd sample formats."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass

import cv2
import numpy as np
import tifffile
from PIL import Image

from readingroom.core.errors import ImageError

_SAVE_AGAIN = "Save it again as an 8 or 16 bit TIFF or PNG"
_COPY_AGAIN = "Copy it again from where it came"
_REDUCED = 1  # NewSubfileType: a smaller version of another page

_MINISWHITE, _MINISBLACK, _RGB, _PALETTE, _CMYK, _YCBCR = 0, 1, 2, 3, 5, 6


@dataclass(frozen=True)
class TiffPixels:
    """Pixels (H, W), (H, W, 2), (H, W, 3) or (H, W, 4) as stored, and how the file wants them turned."""

    pixels: np.ndarray
    channels: int
    bits: int
    orientation: int
    notes: tuple[str, ...]


def decode_tiff(data: bytes, max_pixels: int) -> TiffPixels:
    """Decode a TIFF of one image.

    A TIFF that holds RGB interleaved but is marked grey is read as the RGB that it is. Separate planes are
    interleaved. Where white is stored as zero, values are inverted.

    Args:
        data: the whole file.
        max_pixels: largest width x height that is decoded.

    Raises:
        ImageError: damaged, a stack of several images, floating point, signed or 32 bit, or too large.
    """
    try:
        with tifffile.TiffFile(io.BytesIO(data)) as tiff:
            return _decode(tiff, data, max_pixels)
    except ImageError:
        raise
    except (tifffile.TiffFileError, OSError, ValueError, IndexError, KeyError, struct.error, RuntimeError) as error:
        raise ImageError(f"damaged or truncated ({error})", fix=_COPY_AGAIN) from error
    except (TypeError, AttributeError, ZeroDivisionError, MemoryError, OverflowError) as error:
        # What the parser stumbles over when tags are missing or absurd.
        raise ImageError(f"its tags make no sense ({error})", fix=_COPY_AGAIN) from error


def _decode(tiff: tifffile.TiffFile, data: bytes, max_pixels: int) -> TiffPixels:
    everything = [page.aspage() for page in tiff.pages]
    pages = [page for page in everything if not int(page.tags.valueof(254, 0)) & _REDUCED]
    if not pages:
        raise ImageError("no image inside", fix=_COPY_AGAIN)
    page = pages[0]
    _check(page, max_pixels)
    notes: list[str] = []
    if len(pages) < len(everything):
        notes.append("reduced copies inside the file left out")
    if len(pages) > 1:
        return _rows_as_pages(tiff, len(pages), max_pixels)
    pixels, orientation = _stored(page, data)
    pixels = _interleave(page, pixels, notes)
    pixels, bits = _as_unsigned(page, pixels, notes)
    return TiffPixels(pixels, int(page.samplesperpixel), bits, orientation, tuple(notes))


def _check(page: tifffile.TiffPage, max_pixels: int) -> None:
    width, height = int(page.imagewidth), int(page.imagelength)
    if width * height > max_pixels:
        raise ImageError(f"{width} x {height} pixels, more than the {max_pixels} that are read", fix="Save it smaller")
    if width * height == 0:
        raise ImageError("no pixels inside", fix=_COPY_AGAIN)
    if int(page.sampleformat) in (2, 3, 6) or page.bitspersample > 16:
        kind = {2: "signed", 3: "floating point", 6: "complex"}.get(int(page.sampleformat), "unsigned")
        raise ImageError(
            f"{page.bitspersample} bit {kind} pixels; nothing in the file says which value is black and which is white",
            fix="Save it as 8 or 16 bit unsigned, with the display window that the study needs",
        )


def _rows_as_pages(tiff: tifffile.TiffFile, pages: int, max_pixels: int) -> TiffPixels:
    """An (H, W, 3) array saved as grey by a careless program: H pages, each of one row of W x 3."""
    shape = tiff.series[0].shape if len(tiff.series) == 1 else ()
    if len(shape) == 3 and shape[2] in (3, 4) and shape[0] == pages and shape[0] * shape[1] <= max_pixels:
        pixels = tiff.series[0].asarray()
        if pixels.dtype in (np.uint8, np.uint16):
            note = f"{pages} grey pages of {shape[1]} x {shape[2]} read as the rows of one colour image"
            return TiffPixels(pixels, shape[2], pixels.dtype.itemsize * 8, 1, (note,))
    raise ImageError(
        f"a stack of {pages} images",
        fix="Save each image as a file of its own, or give the series as DICOM",
    )


def _stored(page: tifffile.TiffPage, data: bytes) -> tuple[np.ndarray, int]:
    """Samples as stored and the orientation still to be carried out."""
    orientation = int(page.tags.valueof(274, 1))
    if int(page.photometric) in (_YCBCR, _CMYK):
        return _by_pillow(data), 1
    try:
        return np.asarray(page.asarray()), orientation
    except ValueError as error:
        if "imagecodecs" not in str(error):
            raise
    if page.bitspersample == 16:
        return _by_opencv(data, page), orientation
    # Pillow has turned and inverted already; _as_unsigned inverts once more, so undo it here.
    pixels = _by_pillow(data)
    return (255 - pixels if int(page.photometric) == _MINISWHITE else pixels), 1


def _by_pillow(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as opened:
        keep = opened.mode if opened.mode in {"L", "LA", "RGB", "RGBA"} else "L" if opened.mode == "1" else "RGB"
        return np.asarray(opened.convert(keep))


def _by_opencv(data: bytes, page: tifffile.TiffPage) -> np.ndarray:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype != np.uint16:
        raise ImageError(
            f"compressed in a way that is not read ({tifffile.COMPRESSION(page.compression).name})", fix=_SAVE_AGAIN
        )
    return np.asarray(pixels if pixels.ndim == 2 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]])


def _interleave(page: tifffile.TiffPage, pixels: np.ndarray, notes: list[str]) -> np.ndarray:
    """Axes in the order (H, W) or (H, W, samples), by the tags and not by a guess at the shape."""
    height, width, samples = int(page.imagelength), int(page.imagewidth), int(page.samplesperpixel)
    if pixels.shape[:2] != (height, width) and pixels.shape == (samples, height, width):
        pixels = np.moveaxis(pixels, 0, 2)
        notes.append("separate colour planes interleaved")
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    if pixels.ndim == 3 and pixels.shape[2] > 4:
        raise ImageError(f"{pixels.shape[2]} samples a pixel", fix="Save the colours alone, as RGB")
    if pixels.ndim == 3 and pixels.shape[2] >= 3 and int(page.photometric) in (_MINISWHITE, _MINISBLACK):
        notes.append("marked grey but holds red, green and blue: read as RGB")
    return pixels


def _as_unsigned(page: tifffile.TiffPage, pixels: np.ndarray, notes: list[str]) -> tuple[np.ndarray, int]:
    bits = int(page.bitspersample)
    if int(page.photometric) == _CMYK:
        notes.append("CMYK converted to RGB")
        return pixels, bits
    if int(page.photometric) == _PALETTE and pixels.ndim == 2:
        return _paint(page, pixels, notes), bits
    pixels = _spread(pixels, bits, notes)
    if int(page.photometric) == _MINISWHITE:
        pixels = np.asarray(np.iinfo(pixels.dtype).max - pixels)
        notes.append("inverted: white was stored as zero")
    return pixels, bits


def _paint(page: tifffile.TiffPage, pixels: np.ndarray, notes: list[str]) -> np.ndarray:
    notes.append("palette converted to RGB")
    colours = np.asarray(page.colormap)  # (3, 2**bits), 16 bit
    return np.asarray((colours >> 8).astype(np.uint8)[:, pixels].transpose(1, 2, 0))


def _spread(pixels: np.ndarray, bits: int, notes: list[str]) -> np.ndarray:
    """Bits fewer than 8 to the whole range of 8; 9 to 16 bits stay as they are, in 16."""
    if bits >= 8 or pixels.max(initial=0) > 2**bits - 1:
        return pixels
    notes.append("1 bit spread to 0 and 255" if bits == 1 else f"{bits} bits spread to 8")
    return np.asarray(pixels.astype(np.uint16) * 255 // (2**bits - 1)).astype(np.uint8)
