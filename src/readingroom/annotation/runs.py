"""Run-length codes of masks: COCO's (by column, as numbers or as text), CVAT's (by row), Label Studio's (bits)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]

_WORD = 8
_SIZES = (3, 4, 8, 16)
"""Bits of a run's length that Label Studio chooses from."""


def count_runs(pixels: Bools) -> list[int]:
    """Lengths of the runs of a flat mask, in turn outside and inside, beginning with outside (perhaps 0 long).

    Example:
        >>> count_runs(np.array([True, True, False]))
        [0, 2, 1]
    """
    if pixels.size == 0:
        return []
    ends = np.flatnonzero(np.diff(pixels)) + 1
    counts = np.diff(np.concatenate([[0], ends, [pixels.size]])).tolist()
    return [0, *counts] if pixels[0] else list(counts)


def fill_runs(counts: Sequence[int], size: int) -> Bools:
    """The flat mask of these runs.

    Raises:
        ValueError: a run that is not a whole number of pixels, or runs that do not add up to the size.
    """
    lengths = np.asarray(counts)
    if lengths.ndim != 1 or (lengths.size and lengths.dtype.kind not in "iu") or (lengths < 0).any():
        raise ValueError("the runs are not whole numbers of pixels")
    if int(sum(counts)) != size:
        raise ValueError(f"the runs hold {sum(counts)} pixels, the mask has {size}")
    return np.repeat(np.arange(lengths.size) % 2 == 1, lengths)


def coco_text(counts: Sequence[int]) -> str:
    """COCO's runs as text: from the fourth on the difference to the run before the last, in groups of five bits.

    Example:
        >>> coco_text([6, 1, 40, 4, 5])
        '61X13mN'
    """
    return "".join(_groups(count - counts[n - 2] if n > 2 else count) for n, count in enumerate(counts))


def _groups(value: int) -> str:
    text = ""
    while True:
        group, value = value & 31, value >> 5
        # The fifth bit of the last group is the sign.
        done = value == (-1 if group & 16 else 0)
        text += chr((group if done else group | 32) + 48)
        if done:
            return text


def coco_counts(text: str) -> list[int]:
    """The runs that COCO's text means.

    Raises:
        ValueError: other characters, or text that stops within a number.

    Example:
        >>> coco_counts("61X13mN")
        [6, 1, 40, 4, 5]
    """
    counts: list[int] = []
    value = shift = 0
    for character in text:
        group = ord(character) - 48
        if not 0 <= group < 64:
            raise ValueError(f"{character!r} is not part of a run-length code")
        value |= (group & 31) << shift
        shift += 5
        if group & 32:
            continue
        value -= (1 << shift) if group & 16 else 0
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    if shift:
        raise ValueError("the run-length code stops within a number")
    return counts


def encode_brush(mask: Bools) -> list[int]:
    """A mask as Label Studio's brush: the runs of its four channels, red, green, blue and alpha, as bytes.

    Args:
        mask: (H, W).
    """
    runs = count_runs(mask.ravel())
    bits = [f"{mask.size * 4:032b}", f"{_WORD - 1:05b}", *(f"{size - 1:04b}" for size in _SIZES)]
    for n, count in enumerate(runs):
        bits += _brush_run(count * 4, 255 * (n % 2))
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def _brush_run(length: int, value: int) -> list[str]:
    bits = []
    while length:
        part = min(length, 1 << _SIZES[-1])
        size = next(n for n, size in enumerate(_SIZES) if part <= 1 << size)
        bits.append(f"1{size:02b}{part - 1:0{_SIZES[size]}b}{value:0{_WORD}b}")
        length -= part
    return bits


def decode_brush(code: Sequence[int], height: int, width: int) -> Bools:
    """The mask of Label Studio's brush: where its alpha channel is not 0.

    Args:
        code: bytes.
        height: of the image.
        width: of the image.

    Returns:
        (H, W) boolean.

    Raises:
        ValueError: a code of another size than the image, or one that stops too early.
    """
    bits = _Bits(bytes(code))
    size = bits.take(32)
    if size != height * width * 4:
        raise ValueError(f"the brush holds {size / 4:g} pixels, the image has {height * width}")
    word, sizes = bits.take(5) + 1, [bits.take(4) + 1 for _ in range(4)]
    values = np.zeros(size, dtype=np.bool_)
    done = 0
    while done < size:
        repeated = bits.take(1)
        upto = done + 1 + bits.take(sizes[bits.take(2)])
        if repeated:
            values[done:upto] = bits.take(word) > 0
        else:
            values[done:upto] = [bits.take(word) > 0 for _ in range(min(upto, size) - done)]
        done = upto
    return np.asarray(values.reshape(height, width, 4)[..., 3])


class _Bits:
    """Bytes read as numbers of any number of bits, the highest first."""

    def __init__(self, code: bytes) -> None:
        self.text = "".join(f"{byte:08b}" for byte in code)
        self.place = 0

    def take(self, bits: int) -> int:
        part = self.text[self.place : self.place + bits]
        self.place += bits
        if len(part) < bits:
            raise ValueError("the brush stops too early")
        return int(part, 2)
