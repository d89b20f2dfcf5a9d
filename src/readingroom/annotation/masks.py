"""Mask files into numbered pixels: 0/1, 0/255, JPEG with soft edges, palettes, colours, 16 bit; several lesions."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from readingroom.annotation.documents import read_bytes
from readingroom.core.errors import AnnotationError

MAX_PIXELS = 80_000_000
"""Largest mask that is decoded, as for images."""

SPECK = 20
"""Parts of a mask with fewer pixels than this are named: a slip of the pen more often than a lesion."""

_VOID = 255
_FLAT = 16
"""Grey levels of a 3 x 3 neighbourhood that may differ where an area is still one level."""


@dataclass(frozen=True)
class Mask:
    """A mask as it was meant.

    Args:
        values: (H, W) uint8 or uint16: 0 is background, every other value a lesion or a class.
        notes: each conversion, in words; empty where the pixels are as stored.
    """

    values: NDArray[Any]
    notes: tuple[str, ...] = ()

    @cached_property
    def present(self) -> tuple[int, ...]:
        """The values beside 0 that some pixel has, in their order."""
        return tuple(_found(self.values))

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """(H, W): whether a pixel belongs to any lesion."""
        return np.asarray(self.values != 0)


@dataclass
class _Plane:
    """A mask before it is known what its values mean."""

    values: NDArray[Any]
    lossy: bool = False
    palette: bool = False
    notes: list[str] = field(default_factory=list)


def read_mask(path: str | Path, size: tuple[int, int] | None = None, *, lesion: bool = False) -> Mask:
    """Read a mask file of any of the kinds that people keep masks in.

    One value beside 0 (1, 255, any other) is one foreground. A JPEG, and a mask with soft edges, is divided at half of
    its brightest value. A palette keeps its numbers (255, the border of Pascal VOC, becomes background beside
    others). Different colours become different numbers. Every conversion is noted. The file is never repaired: a mask
    of another size than its image is refused.

    Args:
        path: PNG, JPEG, TIFF or BMP.
        size: width and height of the image that it belongs to; None does not check.
        lesion: the image is said to show a lesion, so that an empty mask is an error.

    Raises:
        AnnotationError: no such file, damaged, of another size than the image, of grey levels that cannot be told
            apart, or empty where a lesion is expected.
    """
    path = Path(path)
    plane = _decode(path)
    _check_size(plane, size, path)
    mask = _meaning(plane, path)
    if lesion and not mask.present:
        raise AnnotationError(
            "the mask is empty, though its image is said to show a lesion",
            fix="Outline the lesion, correct the label, or exclude the image with a reason",
            file=path,
        )
    return mask


def read_numbers(path: Path, size: tuple[int, int]) -> NDArray[Any]:
    """The pixels of a mask that a format numbers itself, as they are stored.

    Args:
        path: PNG with a palette or with grey values.
        size: width and height of the image that it belongs to.

    Raises:
        AnnotationError: as `read_mask`, or a JPEG or colours, in which numbers don't survive.
    """
    plane = _decode(path)
    _check_size(plane, size, path)
    if plane.lossy or plane.notes:
        raise AnnotationError("numbered pixels in a JPEG or in colours", fix="Save it as PNG as it was", file=path)
    return plane.values.astype(np.int64)


def separate_parts(mask: NDArray[np.generic]) -> tuple[NDArray[np.bool_], ...]:
    """Each connected part of a mask (pixels that share an edge or a corner), from top to bottom.

    Example:
        >>> [part.sum() for part in separate_parts(np.array([[1, 0, 1], [0, 0, 1]]))]
        [np.int64(1), np.int64(2)]
    """
    count, parts = cv2.connectedComponents(np.asarray(mask != 0).astype(np.uint8), connectivity=8)
    return tuple(np.asarray(parts == n) for n in range(1, count))


def _decode(path: Path) -> _Plane:
    data = read_bytes(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
        try:
            with Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > MAX_PIXELS:
                    raise AnnotationError(
                        f"{image.width} x {image.height} pixels, more than the {MAX_PIXELS} that are read",
                        fix="Save it smaller",
                        file=path,
                    )
                return _plane(image, path)
        except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
            raise AnnotationError(
                f"not a mask that can be read ({error})", fix="Copy it again, or save it as PNG", file=path
            ) from error


def _plane(image: Image.Image, path: Path) -> _Plane:
    """The mask as one value a pixel, with what its file says of these values."""
    lossy = image.format == "JPEG"
    turned: Image.Image = ImageOps.exif_transpose(image)
    notes = ["turned upright (EXIF orientation)"] if turned.size != image.size else []
    if turned.mode in {"1", "L", "P", "I;16", "I;16B", "I"}:
        return _Plane(np.asarray(turned), lossy, turned.mode == "P", notes)
    if turned.mode == "F":
        raise AnnotationError("a mask of decimal numbers", fix="Save it as PNG with whole numbers", file=path)
    if turned.mode not in {"RGBA", "LA", "PA"}:
        return _colours(np.asarray(turned.convert("RGB")), lossy, notes, path)
    colours = np.asarray(turned.convert("RGBA"))
    visible = colours[..., 3] >= 128
    if not visible.all():
        notes.append("transparent pixels are background")
        if not colours[visible][:, :3].any():
            return _Plane(visible, lossy, False, notes)
    return _colours(np.where(visible[..., None], colours[..., :3], 0), lossy, notes, path)


def _colours(rgb: NDArray[Any], lossy: bool, notes: list[str], path: Path) -> _Plane:
    # Plane by plane: numpy is slow at reducing an axis of three.
    red, green, blue = (np.ascontiguousarray(rgb[..., n]) for n in range(3))
    spread = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    if int(spread.max(initial=0)) <= (_FLAT if lossy else 0):
        return _Plane(green, lossy, False, notes)
    packed = rgb.astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    found, values = np.unique(packed, return_inverse=True)
    if lossy or found.size > 256:
        raise AnnotationError(
            f"a mask of {found.size} colours: where one ends and the next begins cannot be told",
            fix="Save it as PNG without smoothing, one value a lesion",
            file=path,
        )
    values = values.reshape(packed.shape) + (0 if found[0] == 0 else 1)
    said = ", ".join(f"#{colour:06x}" for colour in found.tolist() if colour)
    return _Plane(values.astype(np.uint16), False, True, [*notes, f"the colours {said} became 1, 2, ..."])


def _check_size(plane: _Plane, size: tuple[int, int] | None, path: Path) -> None:
    height, width = plane.values.shape
    if size is None or (width, height) == tuple(size):
        return
    turned = " with width and height exchanged" if (height, width) == tuple(size) else ""
    raise AnnotationError(
        f"the mask has {width} x {height} pixels, its image {size[0]} x {size[1]}{turned}",
        fix="Give the mask that was drawn on this image; it is not resized, because nobody knows how it was",
        file=path,
    )


def _meaning(plane: _Plane, path: Path) -> Mask:
    """What the values mean: one foreground, soft edges, or one value a lesion."""
    values, notes = plane.values, plane.notes
    found = _found(values)
    if not plane.lossy and (len(found) <= 1 or values.dtype == bool):
        return Mask((values != 0).astype(np.uint8), (*notes, *_usual(values, found)))
    if plane.lossy or _is_soft(values, plane.palette):
        return _divide(values, notes, path)
    if plane.palette and _VOID in found and len(found) > 1:
        values = np.where(values == _VOID, 0, values)
        notes = [*notes, "the value 255, a border that belongs to nothing, became background"]
    if found[0] < 0 or found[-1] > np.iinfo(np.uint16).max:
        raise AnnotationError(f"values from {found[0]} to {found[-1]}", fix="Number lesions from 1", file=path)
    return Mask(values.astype(np.uint8 if found[-1] < 256 else np.uint16), tuple(notes))


def _found(values: NDArray[Any]) -> list[int]:
    """The values beside 0."""
    if values.dtype == np.uint8:
        return [int(value) for value in np.flatnonzero(np.bincount(values.ravel(), minlength=256)) if value]
    return [int(value) for value in np.unique(values) if value]


def _usual(values: NDArray[Any], found: list[int]) -> list[str]:
    notes = [f"the value {found[0]} is the foreground"] if found and found[0] not in {1, 255} else []
    corners = values[[0, 0, -1, -1], [0, -1, 0, -1]]
    if corners.all() and np.count_nonzero(values) > values.size / 2:
        notes.append("all four corners and most pixels are inside: perhaps inside and outside are exchanged")
    return notes


def _is_soft(values: NDArray[Any], palette: bool) -> bool:
    """Whether the values between black and white are edges only, and no area of their own."""
    top = int(values.max())
    return not palette and top in {255, 65535} and not _plateaus(values, top, flat=0)


def _plateaus(values: NDArray[Any], top: int, *, flat: int) -> bool:
    """Whether somewhere a pixel between black and white has eight neighbours of its own level."""
    middle = _middle(values, top)
    if not middle.any():
        return False
    levels = values.astype(np.float32)
    kernel = np.ones((3, 3), np.uint8)
    return bool((middle & (cv2.dilate(levels, kernel) - cv2.erode(levels, kernel) <= flat)).any())


def _middle(values: NDArray[Any], top: int) -> NDArray[np.bool_]:
    """Where a pixel is neither black nor white."""
    return np.asarray((values > top * 0.2) & (values < top * 0.8))


def _divide(values: NDArray[Any], notes: list[str], path: Path) -> Mask:
    top = int(values.max())
    if top == 0:
        return Mask(np.zeros(values.shape, np.uint8), tuple(notes))
    if top < 64:
        raise AnnotationError(
            f"the brightest pixel of this JPEG is {top}: masks of 0 and 1 do not survive JPEG",
            fix="Save the mask as PNG",
            file=path,
        )
    if _plateaus(values, top, flat=_FLAT):
        raise AnnotationError(
            "areas of several grey levels in a mask with soft edges",
            fix="Save it as PNG without smoothing, one value a lesion",
            file=path,
        )
    half = (top + 1) / 2
    between = int(np.count_nonzero(_middle(values, top)))
    inside = (values >= half).astype(np.uint8)
    return Mask(inside, (*notes, f"soft edges divided at {half:g} ({between} pixels were neither black nor white)"))
