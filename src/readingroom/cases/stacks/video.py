"""Video files: how many frames there are, and some of them, decoded without keeping the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from readingroom.cases.images import ImageFacts, LoadedImage
from readingroom.cases.stacks.drawing import spread
from readingroom.core.errors import ImageError

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer

_INSTALL = "Install it: pip install 'readingroom[volumes]'"
_COPY_AGAIN = "Copy it again from where it came; or save it again, for example with ffmpeg -i OLD -c:v libx264 NEW.mp4"
# Matroska says how long it is, not how many frames it has; how long the last of them lasts may be left open.
_LEAST_S, _SHARE = 0.5, 0.02
_GIVE = "Give a video file (MP4, MKV, AVI, MOV, WebM) or a folder of pictures"


@dataclass(frozen=True)
class Clip:
    """Frames of a clip.

    Args:
        frames: those that were drawn, (H, W, 3) RGB, in their order.
        count: of all frames.
        seconds: from the first frame to the last; None where the file does not say.
        notes: what was done.
    """

    frames: tuple[LoadedImage, ...] = field(repr=False)
    count: int
    seconds: float | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Index:
    """Times of a clip's packets, in the stream's own unit, sorted; and what the file's header says of them."""

    times: list[int]
    keys: list[int]
    said: int
    unit: float
    end_s: float = 0.0
    said_s: float = 0.0


def read_clip(path: Path, wanted: int) -> Clip:
    """Draw frames evenly from a video; all where it has no more than wanted.

    Times are read from the file without decoding; then each frame is decoded from the key frame before it, so that no
    more than the drawn frames are in memory, however long the clip.

    Raises:
        ImageError: PyAV is not installed; no video in the file, no frames, damaged or truncated.
    """
    with _opened(path) as container:
        index = _index(container)
    _check(index, path)
    chosen = [index.times[place] for place in spread(len(index.times), wanted)]
    with _opened(path) as container:
        found = dict(_at_times(container, chosen, index.keys)) if _timed(index) else {}
    count = len(index.times)
    if len(found) < len(set(chosen)):
        count, found = _by_counting(path, wanted)
    frames = tuple(found[key] for key in sorted(found))
    seconds = (index.times[-1] - index.times[0]) * index.unit if _timed(index) else None
    notes = dict.fromkeys(note for frame in frames for note in frame.facts.notes)
    return Clip(frames, count, seconds, tuple(notes))


@contextmanager
def _opened(path: Path) -> Iterator[InputContainer]:
    try:
        import av
    except ImportError as error:
        raise ImageError("a video, and PyAV is not installed", fix=_INSTALL, file=path) from error
    if not path.is_file():
        raise ImageError("no such file", fix="Correct the path in the table", file=path)
    if path.stat().st_size == 0:
        raise ImageError("the file is empty", fix=_COPY_AGAIN, file=path)
    try:
        # Titles of older files are in the language of their computer, such as GBK; nothing of them is used.
        with av.open(str(path), metadata_errors="replace") as container:
            if not container.streams.video:
                raise ImageError("no pictures in this file, only sound or text", fix=_GIVE, file=path)
            yield container
    except (av.error.FFmpegError, ArithmeticError, MemoryError, ValueError) as error:
        reason = " ".join(str(getattr(error, "strerror", "") or error).split())[:160]
        raise ImageError(f"not a video, damaged or truncated ({reason})", fix=_COPY_AGAIN, file=path) from error


def _index(container: InputContainer) -> _Index:
    stream = container.streams.video[0]
    times: list[int] = []
    keys: list[int] = []
    end_s = 0.0
    for packet in container.demux():  # sound as well: it may be the longer one
        if packet.size == 0:
            continue  # the last one, which only empties the decoder
        end_s = max(end_s, float(((packet.pts or 0) + (packet.duration or 0)) * (packet.time_base or 0)))
        if packet.stream_index != stream.index:
            continue
        time = packet.pts if packet.pts is not None else -1
        times.append(time)
        if packet.is_keyframe:
            keys.append(time)
    said_s = (container.duration or 0) / 1e6 if "matroska" in container.format.name else 0.0
    return _Index(sorted(times), sorted(keys), stream.frames, float(stream.time_base or 0), end_s, said_s)


def _check(index: _Index, path: Path) -> None:
    if not index.times:
        raise ImageError("a video without frames", fix=_COPY_AGAIN, file=path)
    if len(index.times) < index.said:
        what = f"truncated: {len(index.times)} frames are there of the {index.said} that the file says"
        raise ImageError(what, fix=_COPY_AGAIN, file=path)
    if index.end_s < index.said_s - max(_LEAST_S, _SHARE * index.said_s):
        what = f"truncated: {index.end_s:.1f} s are there of the {index.said_s:.1f} s that the file says"
        raise ImageError(what, fix=_COPY_AGAIN, file=path)


def _timed(index: _Index) -> bool:
    """Whether every frame has a time of its own, so that it can be found by it."""
    return index.times[0] >= 0 and len(set(index.times)) == len(index.times) and index.unit > 0


def _at_times(
    container: InputContainer, chosen: Sequence[int], keys: Sequence[int]
) -> Iterator[tuple[int, LoadedImage]]:
    """The frames at these times, which are sorted."""
    stream = container.streams.video[0]
    at: int | None = None  # the time of the last frame decoded
    decoded = container.decode(stream)
    for time in chosen:
        key = max((one for one in keys if one <= time), default=None)
        if key is not None and (at is None or at < key):
            container.seek(key, stream=stream, backward=True)
            decoded = container.decode(stream)
        for frame in decoded:
            at = frame.pts
            if at is not None and at >= time:
                if at == time:
                    yield time, _image(frame)
                break


def _by_counting(path: Path, wanted: int) -> tuple[int, dict[int, LoadedImage]]:
    """The number of frames that can be decoded, and those drawn among them: for files whose times do not help."""
    with _opened(path) as container:
        count = sum(1 for _ in container.decode(container.streams.video[0]))
    if count == 0:
        raise ImageError("a video of which no frame can be decoded", fix=_COPY_AGAIN, file=path)
    chosen = set(spread(count, wanted))
    with _opened(path) as container:
        decoded: Any = enumerate(container.decode(container.streams.video[0]))
        return count, {place: _image(frame) for place, frame in decoded if place in chosen}


def _image(frame: VideoFrame) -> LoadedImage:
    pixels = frame.to_ndarray(format="rgb24")
    notes: tuple[str, ...] = ()
    if turns := round(frame.rotation / 90) % 4:
        # What the file says is how far to turn the picture counter-clockwise, as rot90 does.
        pixels = np.rot90(pixels, turns)
        notes = (f"turned upright ({turns * 90} degrees)",)
    height, width = pixels.shape[:2]
    facts = ImageFacts("video", width, height, 3, 8, rotated=bool(turns), notes=notes)
    return LoadedImage(np.ascontiguousarray(pixels), facts)
