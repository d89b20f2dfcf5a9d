"""Lettering: text drawn into pictures, Chinese too, with the fonts that this machine has."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

INK, MUTED, PAPER, WHITE = (28, 39, 51), (93, 107, 122), (255, 255, 255), (255, 255, 255)
NO_CHINESE = "No font on this computer can write Chinese: names are written without it. Install Noto Sans CJK"

_CHINESE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]")
_CHINESE_FILES = re.compile(
    r"NotoSans(CJK|SC)|SourceHanSans|PingFang|Hiragino Sans GB|STHeiti|msyh|simhei|Deng|wqy|DroidSansFallback"
    r"|Arial Unicode|simsun",
    re.IGNORECASE,
)
_FACES = 8


@dataclass(frozen=True)
class FontFile:
    """A font: its file, and which of the file's faces it is."""

    path: str
    face: int = 0


@cache
def plain_font() -> FontFile:
    """The font that is always there: it comes with matplotlib, and writes Latin, Greek and Cyrillic letters."""
    import matplotlib as mpl

    return FontFile(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"))


@cache
def chinese_font() -> FontFile | None:
    """An installed font that writes Chinese, the simplified forms where it has several; None where there is none."""
    from matplotlib import font_manager

    paths = [path for path in font_manager.findSystemFonts() if _CHINESE_FILES.search(Path(path).name)]
    for path in sorted(paths, key=lambda path: ("regular" not in path.lower(), path)):
        faces = _faces(path)
        if faces:
            simplified = [face for face, name in faces.items() if "SC" in name.split()]
            return FontFile(path, simplified[0] if simplified else min(faces))
    return None


def _faces(path: str) -> dict[int, str]:
    """The names of a file's faces by number; none where it cannot be read."""
    names: dict[int, str] = {}
    for face in range(_FACES):
        try:
            names[face] = str(ImageFont.truetype(path, 12, index=face).getname()[0])
        except (OSError, ValueError):
            break
    return names


def writable(text: str) -> str:
    """A text as this machine can write it.

    Returns:
        The text on one line; where no font writes Chinese, its ASCII characters, with a warning.

    Example:
        >>> writable("polyp  0.93")
        'polyp 0.93'
    """
    line = " ".join(text.split())
    if not _CHINESE.search(line) or chinese_font() is not None:
        return line
    warnings.warn(NO_CHINESE, stacklevel=2)
    return " ".join("".join(letter if letter.isascii() else " " for letter in line).split()) or "?"


@cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """The font that texts are written with, Chinese or not, so that they look alike."""
    found = chinese_font() or plain_font()
    return ImageFont.truetype(found.path, size_px, index=found.face)


def text_size(text: str, size_px: int) -> tuple[int, int]:
    """Width and height in pixels that a line of text takes; the height is that of the font, whatever the letters."""
    letters = font(size_px)
    ascent, descent = letters.getmetrics()
    return int(np.ceil(letters.getlength(writable(text)))), min(ascent + descent, round(1.45 * size_px))


def shorten(text: str, size_px: int, width: int) -> str:
    """A text, its end replaced by … where it is wider than ``width`` pixels.

    Example:
        >>> shorten("sigmoid colon, retroflexed view", 12, 60).endswith("…")
        True
    """
    line = writable(text)
    if text_size(line, size_px)[0] <= width:
        return line
    kept = next(end for end in range(len(line) - 1, -1, -1) if end == 0 or _fits(line[:end] + "…", size_px, width))
    return line[:kept].rstrip() + "…"


def _fits(text: str, size_px: int, width: int) -> bool:
    return text_size(text, size_px)[0] <= width


def wrap(text: str, size_px: int, width: int, most: int = 2) -> str:
    r"""A text on as many lines as its width needs, the last of ``most`` shortened.

    Chinese is broken between any two characters, other text between words.

    Example:
        >>> wrap("sigmoid colon, retroflexed view", 12, 120).count("\n")
        1
    """
    lines: list[str] = []
    line = writable(text)
    while len(lines) + 1 < most and not _fits(line, size_px, width):
        end = next((end for end in reversed(_breaks(line)) if _fits(line[:end].rstrip(), size_px, width)), 0)
        if end == 0:
            break
        lines.append(line[:end].rstrip())
        line = line[end:].lstrip()
    return "\n".join([*lines, shorten(line, size_px, width)])


def _breaks(line: str) -> list[int]:
    """Where a line may be broken: after spaces and beside Chinese characters."""
    return [at for at in range(1, len(line)) if line[at - 1] == " " or _CHINESE.match(line[at])]


def write(pixels: Pixels, xy: tuple[int, int], text: str, size_px: int, colour: Colour, *, anchor: str = "lm") -> None:
    """Write a line of text into a picture.

    Args:
        pixels: (H, W, 3), written to.
        xy: where the anchor of the text comes to lie.
        text: one line.
        size_px: of the letters.
        colour: of the letters.
        anchor: Pillow's: ``lm`` is the left end at half the height, ``mm`` the middle.
    """
    image = Image.fromarray(pixels)
    ImageDraw.Draw(image).text(xy, writable(text), font=font(size_px), fill=colour, anchor=anchor)
    pixels[:] = np.asarray(image)


@lru_cache(256)
def plate(text: str, size_px: int, mark: Colour) -> Pixels:
    """A text on a dark, rounded, half-transparent plate, with a bar of a colour at its left.

    Args:
        text: one line, or several divided by line breaks.
        size_px: of the letters.
        mark: colour of the bar.

    Returns:
        (H, W, 4), the last channel how much it covers.
    """
    scale = 4  # drawn larger and reduced, for smooth corners
    lines = text.split("\n")
    sizes = [text_size(line, size_px) for line in lines]
    width, height = max(size[0] for size in sizes), sum(size[1] for size in sizes)
    pad, bar = round(0.45 * size_px), max(3, round(0.22 * size_px))
    size = width + 2 * pad + bar, height + round(0.3 * size_px)
    back = Image.new("RGBA", (size[0] * scale, size[1] * scale), (12, 14, 18, 0))
    draw, radius = ImageDraw.Draw(back), round(0.28 * size_px) * scale
    draw.rounded_rectangle((0, 0, back.width - 1, back.height - 1), radius, fill=(12, 14, 18, 200))
    inset = round(0.24 * size_px) * scale
    draw.rounded_rectangle((inset, inset, inset + bar * scale, back.height - 1 - inset), bar * scale // 2, fill=mark)
    made = back.resize(size, Image.Resampling.LANCZOS)
    left = round(0.24 * size_px) + bar + round(0.32 * size_px)
    for place, line in enumerate(lines):
        middle = size[1] / 2 + (place - (len(lines) - 1) / 2) * sizes[0][1]
        ImageDraw.Draw(made).text((left, middle), writable(line), font=font(size_px), fill=(*WHITE, 255), anchor="lm")
    return np.asarray(made)
