"""The picture: outlines in colour on the image, with name and probability beside them, hiding nothing of the lesion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from readingroom.cases.images import to_rgb8
from readingroom.core.errors import OutputError
from readingroom.core.files import atomic_write
from readingroom.reading.lettering import Colour, Pixels, plate
from readingroom.reading.outlines import Outline, Ring

RED: Colour = (235, 26, 33)
READER_COLOURS: tuple[Colour, ...] = ((64, 196, 255), (255, 221, 51), (61, 220, 132), (214, 140, 255), (255, 255, 255))
"""Colours of several doctors, each told from mucosa, from the network's red and from one another."""

LINE_SHARE, TEXT_SHARE = 0.004, 0.032
"""Width of a line, and size of letters, as shares of the image's shorter side."""
LEAST_LINE_PX, LEAST_TEXT_PX = 2, 12

_SUBPIXEL = 4
_WORKING_SIDE = 360
_SMALLER = (1.0, 0.85, 0.7)
_JPEG = {"quality": 95, "subsampling": 0}
_SAVED: dict[str, dict[str, Any]] = {".png": {}, ".jpg": _JPEG, ".jpeg": _JPEG}


@dataclass(frozen=True, eq=False)
class Mark:
    """An outline as it is drawn.

    Args:
        outline: of the lesion.
        text: written beside it; empty for none.
        colour: of its line.
    """

    outline: Outline
    text: str = ""
    colour: Colour = RED


def named(name: str, probability: float | None = None) -> str:
    """The text beside an outline: the name and the probability in per cent.

    Example:
        >>> named("polyp", 0.934)
        'polyp 93 %'
    """
    return name if probability is None else f"{name} {100 * probability:.0f} %"


def line_px(height: int, width: int) -> int:
    """Width of the line that suits an image.

    Example:
        >>> line_px(1080, 1920), line_px(300, 400)
        (4, 2)
    """
    return max(LEAST_LINE_PX, round(LINE_SHARE * min(height, width)))


def text_px(height: int, width: int) -> int:
    """Size of the letters that suits an image."""
    return max(LEAST_TEXT_PX, round(TEXT_SHARE * min(height, width)))


def draw_overlay(pixels: npt.NDArray[np.generic], marks: Sequence[Mark], *, letters_px: int | None = None) -> Pixels:
    """Draw outlines, each with a casing that sets it off from what is of its colour, and texts beside them.

    A text lies as near its outline as it can without covering any part of an outlined lesion or another text, and
    within the image. Where there is no such place it is made smaller; where there is none at all, it is written on a
    strip that is added below the image.

    Args:
        pixels: (H, W) or (H, W, 3), 8 or 16 bit.
        marks: outlines in the pixels of this image, with their texts.
        letters_px: size of the letters; None is what suits the image.

    Returns:
        (H, W, 3) 8-bit RGB, a new array; taller only where a text found no place.
    """
    image = np.array(to_rgb8(pixels), dtype=np.uint8, order="C")
    for mark in marks:
        draw_line(image, mark.outline, mark.colour)
    return _write_texts(image, marks, letters_px or text_px(*image.shape[:2]))


def draw_line(image: Pixels, outline: Outline, colour: Colour) -> None:
    """Draw one outline into an image (H, W, 3): a line of its colour in a thin casing, light around a dark line."""
    height, width = image.shape[:2]
    line = line_px(height, width)
    edge = max(1, round(line / 3))
    casing = (255, 255, 255) if _brightness(colour) < 140 else (16, 18, 22)
    rings = [_within(_smooth(ring, line), height, width, line / 2) for ring in outline.rings]
    for tone, thickness in ((casing, line + 2 * edge), (colour, line)):
        cv2.polylines(image, rings, True, tone, thickness, cv2.LINE_AA, _SUBPIXEL)


def _smooth(ring: Ring, spread_px: int) -> Ring:
    """A ring without its steps, moved by less than ``spread_px``: a Gaussian along it, by Fourier; a corner each."""
    closed = np.append(ring, ring[:1], axis=0)
    along = np.append(0.0, np.cumsum(np.hypot(*np.diff(closed, axis=0).T)))
    count = max(16 * spread_px, int(along[-1]))
    at = np.linspace(0, along[-1], count, endpoint=False)
    places = np.interp(at, along, closed[:, 0]) + 1j * np.interp(at, along, closed[:, 1])
    waves = np.fft.fftfreq(count, along[-1] / count)
    smoothed = np.fft.ifft(np.fft.fft(places) * np.exp(-2 * (np.pi * spread_px * waves) ** 2))
    return np.stack([smoothed.real, smoothed.imag], axis=1)[::spread_px]


def _within(ring: Ring, height: int, width: int, margin: float) -> npt.NDArray[np.int32]:
    """A ring as OpenCV draws it, no nearer to the image's edge than a margin, where half of its line would be lost."""
    # OpenCV's coordinates are of the middles of pixels, ours of their corners.
    inside = np.clip(ring, margin, np.array([width, height]) - margin) - 0.5
    return np.asarray(np.rint(inside * 2**_SUBPIXEL), dtype=np.int32)


def _brightness(colour: Colour) -> float:
    red, green, blue = colour
    return 0.299 * red + 0.587 * green + 0.114 * blue


def _write_texts(image: Pixels, marks: Sequence[Mark], letters_px: int) -> Pixels:
    ground = _Ground(image.shape[0], image.shape[1], [mark.outline for mark in marks])
    homeless = []
    for mark in marks:
        if not mark.text:
            continue
        for share in _SMALLER:
            made = plate(mark.text, max(LEAST_TEXT_PX, round(share * letters_px)), mark.colour)
            place = ground.place(mark.outline, made.shape[1], made.shape[0])
            if place is not None:
                ground.take(place, made.shape[1], made.shape[0])
                lay(image, made, place)
                break
        else:
            homeless.append(plate(mark.text, letters_px, mark.colour))
    return _with_strip(image, homeless) if homeless else image


class _Ground:
    """Where texts may lie: on a reduced copy of the image, what is taken and how far everything is from it."""

    def __init__(self, height: int, width: int, outlines: Sequence[Outline]) -> None:
        self._scale = min(1.0, _WORKING_SIDE / max(height, width))
        self._line = line_px(height, width)
        self._size = height, width
        shape = (max(1, int(height * self._scale)), max(1, int(width * self._scale)))
        self._taken = np.zeros(shape, dtype=np.uint8)
        for outline in outlines:
            self._taken |= self._filled(outline)

    def _filled(self, outline: Outline) -> npt.NDArray[np.uint8]:
        filled = np.zeros(self._taken.shape, dtype=np.uint8)
        # The drawn edge keeps every pixel that the outline touches.
        cv2.fillPoly(filled, [np.floor(outline.polygon_xy_px * self._scale).astype(np.int32)], 1)
        return filled

    def place(self, outline: Outline, width: int, height: int) -> tuple[int, int] | None:
        """The left upper corner for a text of this size, in pixels of the image; None where there is no place."""
        across, down = (int(np.ceil(side * self._scale)) + 1 for side in (width, height))
        rows, columns = self._taken.shape[0] - down + 1, self._taken.shape[1] - across + 1
        if rows < 1 or columns < 1:
            return None
        gap = (1.5 * self._line + 2) * self._scale + 1
        nearest = _least_within(_distance(self._taken), across, down)
        cost = _least_within(_distance(self._filled(outline)), across, down) + self._skew(outline, across, down)
        cost[nearest < gap] = np.inf
        best = np.unravel_index(int(np.argmin(cost)), cost.shape)
        if not np.isfinite(cost[best]):
            return None
        y, x = (round(float(at) / self._scale) for at in best)
        return min(x, self._size[1] - width), min(y, self._size[0] - height)

    def _skew(self, outline: Outline, across: int, down: int) -> npt.NDArray[np.float32]:
        """(rows, columns) a little for texts that lie aslant, and for the left and the lower side."""
        shape = self._taken.shape[0] - down + 1, self._taken.shape[1] - across + 1
        x0, y0, x1, y1 = (side * self._scale for side in outline.box_xyxy_px)
        y, x = np.ogrid[: shape[0], : shape[1]]
        dx, dy = x + across / 2 - (x0 + x1) / 2, y + down / 2 - (y0 + y1) / 2
        aslant = np.minimum(np.abs(dx), np.abs(dy))
        turned = 0.02 * (np.maximum(-dx, 0) + np.maximum(dy, 0))
        return np.asarray(0.25 * aslant + turned, dtype=np.float32)

    def take(self, place: tuple[int, int], width: int, height: int) -> None:
        """No other text may lie where this one does."""
        x, y = place
        left, top = int(x * self._scale), int(y * self._scale)
        right, bottom = (int(np.ceil(end * self._scale)) for end in (x + width, y + height))
        self._taken[top:bottom, left:right] = 1


def _distance(taken: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """How far each pixel is from the nearest that is taken."""
    if not taken.any():
        return np.full(taken.shape, np.float32(max(taken.shape)))
    return np.asarray(cv2.distanceTransform(1 - taken, cv2.DIST_L2, cv2.DIST_MASK_5), dtype=np.float32)


def _least_within(values: npt.NDArray[np.float32], across: int, down: int) -> npt.NDArray[np.float32]:
    """The least value in each window of this size, by its left upper corner."""
    window = np.ones((down, across), dtype=np.uint8)
    least = cv2.erode(values, window, anchor=(0, 0), borderType=cv2.BORDER_CONSTANT, borderValue=np.inf)
    return np.array(least[: values.shape[0] - down + 1, : values.shape[1] - across + 1])


def lay(image: Pixels, made: Pixels, place: tuple[int, int]) -> None:
    """Lay a plate (H, W, 4) on an image (H, W, 3) that it fits into, its left upper corner at a place."""
    x, y = place
    under = image[y : y + made.shape[0], x : x + made.shape[1]]
    share = made[..., 3:].astype(np.float32) / 255
    under[:] = np.rint(made[..., :3] * share + under * (1 - share)).astype(np.uint8)


def _with_strip(image: Pixels, plates: Sequence[Pixels]) -> Pixels:
    """The image on a strip that holds the texts, one below the other; too wide ones are cut off at its right."""
    gap = max(2, plates[0].shape[0] // 6)
    strip = np.zeros((sum(made.shape[0] + gap for made in plates) + gap, image.shape[1], 3), dtype=np.uint8)
    top = gap
    for made in plates:
        lay(strip, made[:, : strip.shape[1] - gap], (gap, top))
        top += made.shape[0] + gap
    return np.concatenate([image, strip])


def save_picture(pixels: Pixels, path: str | Path) -> None:
    """Write a picture as PNG or JPEG; JPEG with full colour, so that thin red lines stay red.

    Args:
        pixels: (H, W, 3) 8-bit RGB.
        path: ends in .png, .jpg or .jpeg.

    Raises:
        OutputError: another ending, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in _SAVED:
        raise OutputError(f"{path.suffix!r} is no kind of picture", fix="End the name in .png or .jpg", file=path)
    with atomic_write(path) as temporary:
        Image.fromarray(pixels).save(temporary, **_SAVED[path.suffix.lower()])
