"""Frames: of videos, folders of pictures and DICOM clips, evenly drawn, and nothing that is not a clip."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from readingroom.cases.stacks.choice import FrameStack
from readingroom.cases.stacks.read import read_stack
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.core.errors import ImageError

Write = Callable[..., Path]


def clip(planes: int) -> FrameStack:
    return FrameStack(kind="frames", planes=planes)


def greys(stack: LoadedStack) -> list[int]:
    return [round(float(stack.image(at).pixels.mean())) for at, there in enumerate(stack.present) if there]


def pictures(folder: Path, count: int, size: tuple[int, int] = (8, 6)) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        Image.new("RGB", size, (number * 10,) * 3).save(folder / f"frame{number}.png")
    return folder


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("b.avi", "mpeg4"), ("超声.mkv", "libx264"), ("d.mov", "mjpeg")]
)
def test_frames_are_drawn_evenly_and_exactly(tmp_path: Path, write_video: Write, name: str, codec: str) -> None:
    kind = {"pix_fmt": "yuvj420p"} if codec == "mjpeg" else {}
    stack = read_stack(write_video(tmp_path / name, 31, codec=codec, **kind), clip(4))
    assert np.allclose(greys(stack), [0, 80, 160, 240], atol=4)
    assert stack.facts.notes[0] == "4 of 31 frames"
    assert (stack.facts.kind, stack.facts.width, stack.facts.height) == ("video", 64, 48)


def test_all_frames_of_a_short_clip_come_and_the_rest_is_absent(tmp_path: Path, write_video: Write) -> None:
    stack = read_stack(write_video(tmp_path / "a.mp4", 3), clip(5))
    assert stack.present == (True, True, True, False, False)
    assert np.allclose(greys(stack), [0, 8, 16], atol=4)
    assert "0.08 s" in stack.facts.notes


def test_every_frame_of_a_clip_can_be_had(tmp_path: Path, write_video: Write) -> None:
    stack = read_stack(write_video(tmp_path / "a.mp4", 31), clip(31))
    assert np.allclose(greys(stack), np.arange(31) * 8, atol=4)


def test_one_frame_is_no_sequence_and_is_refused(tmp_path: Path, write_video: Write) -> None:
    for path in (
        write_video(tmp_path / "a.mp4", 1),
        pictures(tmp_path / "p", 1),
        pictures(tmp_path / "q", 1) / "frame1.png",
    ):
        with pytest.raises(ImageError, match="one frame only"):
            read_stack(path, clip(4))


def test_pictures_come_in_the_natural_order_of_their_names(tmp_path: Path) -> None:
    stack = read_stack(pictures(tmp_path / "动态", 12), clip(12))
    assert greys(stack) == [number * 10 for number in range(1, 13)]
    assert greys(read_stack(tmp_path / "动态", clip(3))) == [10, 70, 120]


def test_a_dicom_clip_is_drawn_from(tmp_path: Path, write_dicom: Write) -> None:
    pixels = np.repeat(np.arange(10, dtype=np.uint8) * 20, 48).reshape(10, 6, 8)
    path = write_dicom(
        tmp_path / "cine.dcm",
        pixels,
        NumberOfFrames=10,
        Rows=6,
        Columns=8,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        PlanarConfiguration=None,
    )
    stack = read_stack(path, clip(4))
    assert greys(stack) == [0, 60, 120, 180]
    assert stack.facts.kind == "DICOM frames"


def refused(path: Path) -> ImageError:
    with pytest.raises(ImageError) as caught:
        read_stack(path, clip(4))
    assert str(path) in str(caught.value)
    assert caught.value.fix
    return caught.value


def test_frames_of_different_sizes_are_refused(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "p", 3)
    Image.new("RGB", (6, 8)).save(folder / "frame4.png")
    assert "frames of different sizes (8 x 6, 6 x 8)" in refused(folder).what


def test_folders_without_pictures_say_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "说明.txt").write_text("x")
    assert refused(tmp_path / "empty").what == "an empty folder"
    assert "说明.txt" in refused(tmp_path / "texts").what


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5])
@pytest.mark.parametrize("name", ["a.mp4", "a.avi", "a.mkv"])
def test_a_truncated_video_is_refused(tmp_path: Path, write_video: Write, name: str, share: float) -> None:
    path = write_video(tmp_path / name, 60, codec="mpeg4")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    error = refused(path)
    assert any(word in error.what for word in ("truncated", "empty", "without frames"))


def test_what_is_no_video_is_refused(tmp_path: Path, write_video: Write) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no video at all" * 100)
    assert "not a video" in refused(tmp_path / "a.mp4").what
    assert "no such file" in refused(tmp_path / "b.mp4").what


def test_sound_alone_is_refused(tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="videos need the extra 'volumes'")
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    assert "only sound" in refused(path).what


def test_a_video_without_a_frame_is_refused(tmp_path: Path, write_video: Write) -> None:
    path = write_video(tmp_path / "a.mkv", 0)
    error = refused(path)
    assert "without frames" in error.what or "truncated" in error.what


def test_a_video_on_its_side_is_turned_upright(tmp_path: Path, write_video: Write) -> None:
    path = write_video(tmp_path / "a.mp4", 4, size=(64, 48), bright_top=True)
    raw = path.read_bytes()
    at = raw.index(matrix(65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30), raw.index(b"tkhd"))
    # By ISO/IEC 14496-12 a point (p, q) is shown at (48 - q, p): what is above comes to the right.
    path.write_bytes(raw[:at] + matrix(0, 65536, 0, -65536, 0, 0, 48 << 16, 0, 1 << 30) + raw[at + 36 :])
    stack = read_stack(path, clip(2))
    assert (stack.facts.width, stack.facts.height) == (48, 64)
    assert "turned upright (270 degrees)" in stack.facts.notes
    pixels = stack.image(0).pixels
    assert pixels[:, 30:].min() > 200
    assert pixels[:, :18].max() < 50


def matrix(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "big", signed=True) for value in values)


def test_the_middle_of_what_is_there_stands_for_a_clip(tmp_path: Path, write_video: Write) -> None:
    middle = read_stack(write_video(tmp_path / "a.mp4", 5), clip(8)).overview()
    assert middle.pixels.mean() == pytest.approx(16, abs=3)
    assert middle.facts.kind == "video"
    assert middle.facts.notes[0] == "5 frames"


def test_a_title_in_the_language_of_its_computer_is_no_obstacle(tmp_path: Path, write_video: Write) -> None:
    path = write_video(tmp_path / "a.avi", 5, codec="mpeg4", title="phantom")
    path.write_bytes(path.read_bytes().replace(b"phantom", "胃镜".encode("gbk") + b"\0\0\0"))
    assert len(read_stack(path, clip(5)).planes) == 5
