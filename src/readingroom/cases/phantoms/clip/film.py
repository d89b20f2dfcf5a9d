"""Film: frames as a video file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from readingroom.core.errors import OutputError
from readingroom.core.files import atomic_write

# The first that is there. One thread and no looking ahead: x264 then sees what lies beside a small frame in memory, and
# would not write the same bytes each time.
_STEADY = "mbtree=0:rc-lookahead=0:bframes=0:scenecut=0:weightp=0"
_CODECS = {
    "libx264": {"crf": "12", "preset": "veryfast", "threads": "1", "x264-params": _STEADY},
    "mpeg4": {"qmin": "2", "qmax": "3", "threads": "1"},
}


def need_video(folder: Path) -> None:
    """Raise, before long work, where video cannot be written.

    Raises:
        OutputError: PyAV is not installed, or has neither H.264 nor MPEG-4.
    """
    try:
        import av  # noqa: F401
    except ImportError as error:
        raise OutputError(
            "phantom clips need PyAV, which is not installed",
            fix="Install it: pip install 'readingroom[volumes]'",
            file=folder,
        ) from error
    _codec()


def _codec() -> str:
    import av

    for name in _CODECS:
        try:
            av.Codec(name, "w")
        except av.error.FFmpegError:
            continue
        return name
    raise OutputError(
        "this PyAV can write neither H.264 nor MPEG-4", fix="Install PyAV from the package registry: pip install av"
    )


def write_film(path: Path, frames: Iterable[NDArray[np.uint8]], size: tuple[int, int], rate: int) -> None:
    """Write frames (H, W, 3) as an MP4 file, nearly without loss.

    Args:
        path: ending in ``.mp4``.
        frames: red, green and blue.
        size: rows and columns, both even.
        rate: frames a second.
    """
    import av

    codec = _codec()
    with atomic_write(path) as temporary, av.open(str(temporary), "w", format="mp4") as film:
        stream: Any = film.add_stream(codec, rate=rate, options=_CODECS[codec])
        stream.height, stream.width, stream.pix_fmt = *size, "yuv420p"
        film.metadata["comment"] = "PHANTOM: synthetic images drawn by Reading Room; they show no person"
        for pixels in frames:
            planes = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420), np.uint8)
            film.mux(stream.encode(av.VideoFrame.from_ndarray(planes, format="yuv420p")))
        film.mux(stream.encode())
