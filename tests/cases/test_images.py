"""Every kind of image file, the right way round; asymmetric images, so that a transposed one is seen."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from readingroom.cases.images import MAX_PIXELS, orient, read_image, to_rgb8
from readingroom.core.errors import ImageError

RGB = (np.arange(24 * 40 * 3).reshape(24, 40, 3) % 251).astype(np.uint8)
RGB16 = RGB.astype(np.uint16) * 257
GREY = np.ascontiguousarray(RGB[..., 0])
GREY16 = GREY.astype(np.uint16) * 257 + 3


def smooth() -> np.ndarray:
    """An asymmetric picture that JPEG keeps: red at the top left, green to the right, blue at the bottom."""
    picture = np.zeros((48, 80, 3), np.uint8)
    picture[:16, :16] = (250, 10, 10)
    picture[:16, 64:] = (10, 250, 10)
    picture[32:, :16] = (10, 10, 250)
    return picture


def png16(array: np.ndarray) -> bytes:
    colour = {1: 0, 2: 4, 3: 2, 4: 6}[1 if array.ndim == 2 else array.shape[2]]
    height, width = array.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in array)

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def corners(pixels: np.ndarray) -> list[str]:
    """Which colour stands in which corner, clockwise from the top left."""
    names = {0: "red", 1: "green", 2: "blue"}
    spots = (pixels[4, 4], pixels[4, -5], pixels[-5, -5], pixels[-5, 4])
    return [names[int(spot.argmax())] if spot.max() > 128 else "black" for spot in spots]


@pytest.mark.parametrize("suffix", ["png", "tif", "bmp"])
@pytest.mark.parametrize("array", [RGB, GREY], ids=["rgb", "grey"])
def test_eight_bits_come_back_exactly(tmp_path: Path, suffix: str, array: np.ndarray) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(array).save(path)
    loaded = read_image(path)
    np.testing.assert_array_equal(loaded.pixels, array)
    assert (loaded.facts.bits, loaded.facts.width, loaded.facts.height, loaded.facts.note) == (8, 40, 24, "")


@pytest.mark.parametrize("array", [RGB16, GREY16], ids=["rgb", "grey"])
def test_sixteen_bits_stay_sixteen_bits(tmp_path: Path, array: np.ndarray) -> None:
    (tmp_path / "a.png").write_bytes(png16(array))
    tifffile.imwrite(tmp_path / "a.tif", array)
    for name in ("a.png", "a.tif"):
        loaded = read_image(tmp_path / name)
        assert loaded.pixels.dtype == np.uint16
        assert loaded.facts.bits == 16
        np.testing.assert_array_equal(loaded.pixels, array)


def test_a_jpeg_comes_the_right_way_round_in_colour_and_grey(tmp_path: Path) -> None:
    Image.fromarray(smooth()).save(tmp_path / "a.jpg", quality=95)
    Image.fromarray(smooth()[..., 0]).save(tmp_path / "g.jpg", quality=95)
    colour, grey = read_image(tmp_path / "a.jpg"), read_image(tmp_path / "g.jpg")
    assert corners(colour.pixels) == ["red", "green", "black", "blue"]
    assert grey.pixels.shape == (48, 80)
    assert (grey.facts.channels, colour.facts.channels) == (1, 3)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_tag_is_carried_out_once(tmp_path: Path, suffix: str, orientation: int) -> None:
    stored = smooth()
    path = tmp_path / f"a.{suffix}"
    if suffix == "tif":
        tifffile.imwrite(path, stored, photometric="rgb", extratags=[(274, "H", 1, orientation, True)])
    else:
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(stored).save(path, exif=exif)
    loaded = read_image(path)
    assert corners(loaded.pixels) == corners(orient(stored, orientation))
    assert loaded.facts.rotated == (orientation != 1)
    assert (loaded.facts.height, loaded.facts.width) == loaded.pixels.shape[:2]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_agree_with_pillow(orientation: int) -> None:
    image = Image.fromarray(RGB)
    image.getexif()[0x0112] = orientation
    np.testing.assert_array_equal(orient(RGB, orientation), np.asarray(ImageOps.exif_transpose(image)))


def test_a_palette_becomes_rgb_and_says_so(tmp_path: Path) -> None:
    Image.fromarray(smooth()).quantize(8).save(tmp_path / "p.png")
    loaded = read_image(tmp_path / "p.png")
    assert corners(loaded.pixels) == ["red", "green", "black", "blue"]
    assert "palette" in loaded.facts.note


def test_one_bit_becomes_black_and_white(tmp_path: Path) -> None:
    for suffix in ("png", "tif", "bmp"):
        Image.fromarray(GREY > 100).save(tmp_path / f"b.{suffix}")
        loaded = read_image(tmp_path / f"b.{suffix}")
        np.testing.assert_array_equal(loaded.pixels, np.where(GREY > 100, 255, 0))
        assert loaded.facts.bits == 1


def test_opaque_alpha_is_left_out_and_noted(tmp_path: Path) -> None:
    Image.fromarray(np.dstack([RGB, np.full_like(GREY, 255)])).save(tmp_path / "a.png")
    loaded = read_image(tmp_path / "a.png")
    np.testing.assert_array_equal(loaded.pixels, RGB)
    assert loaded.facts.alpha
    assert "opaque" in loaded.facts.note


@pytest.mark.parametrize("grey", [False, True], ids=["rgba", "la"])
def test_transparent_pixels_are_laid_over_black(tmp_path: Path, grey: bool) -> None:
    alpha = np.full_like(GREY, 255)
    alpha[:, :20] = 0
    Image.fromarray(np.dstack([GREY if grey else RGB, alpha])).save(tmp_path / "a.png")
    loaded = read_image(tmp_path / "a.png")
    assert loaded.pixels[:, :20].max() == 0
    np.testing.assert_array_equal(loaded.pixels[:, 20:], (GREY if grey else RGB)[:, 20:])
    assert "50.0%" in loaded.facts.note


@pytest.mark.parametrize("samples", [2, 4])
def test_sixteen_bit_alpha_keeps_sixteen_bits(tmp_path: Path, samples: int) -> None:
    opaque = np.full_like(GREY16, 65535)
    colours = GREY16 if samples == 2 else RGB16
    (tmp_path / "a.png").write_bytes(png16(np.dstack([colours, opaque])))
    np.testing.assert_array_equal(read_image(tmp_path / "a.png").pixels, colours)


def test_cmyk_jpegs_become_rgb(tmp_path: Path) -> None:
    Image.fromarray(smooth()).convert("CMYK").save(tmp_path / "c.jpg", quality=95)
    loaded = read_image(tmp_path / "c.jpg")
    assert corners(loaded.pixels) == ["red", "green", "black", "blue"]
    assert "CMYK" in loaded.facts.note


@pytest.mark.parametrize("array", [RGB, RGB16], ids=["8", "16"])
def test_tiffs_of_rgb_marked_grey_are_read_as_rgb(tmp_path: Path, array: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "contig.tif", array, photometric="minisblack", planarconfig="contig")
    tifffile.imwrite(tmp_path / "rows.tif", array, photometric="minisblack")
    for name in ("contig.tif", "rows.tif"):
        loaded = read_image(tmp_path / name)
        np.testing.assert_array_equal(loaded.pixels, array)
        assert "grey" in loaded.facts.note


@pytest.mark.parametrize("photometric", ["rgb", "minisblack"])
def test_separate_planes_are_interleaved(tmp_path: Path, photometric: str) -> None:
    planes = np.moveaxis(RGB, 2, 0)
    tifffile.imwrite(tmp_path / "s.tif", planes, photometric=photometric, planarconfig="separate")
    np.testing.assert_array_equal(read_image(tmp_path / "s.tif").pixels, RGB)


@pytest.mark.parametrize("array", [GREY, GREY16], ids=["8", "16"])
def test_inverted_grey_is_turned_the_right_way_round(tmp_path: Path, array: np.ndarray) -> None:
    tifffile.imwrite(tmp_path / "w.tif", np.iinfo(array.dtype).max - array, photometric="miniswhite")
    loaded = read_image(tmp_path / "w.tif")
    np.testing.assert_array_equal(loaded.pixels, array)
    assert "inverted" in loaded.facts.note


def test_compressed_tiffs_of_both_depths_are_read(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "lzw.tif", compression="tiff_lzw")
    cv2.imwrite(str(tmp_path / "lzw16.tif"), RGB16[..., ::-1])
    Image.fromarray(RGB).save(tmp_path / "zip.tif", compression="tiff_adobe_deflate")
    Image.fromarray(smooth()).save(tmp_path / "jpeg.tif", compression="jpeg")
    np.testing.assert_array_equal(read_image(tmp_path / "lzw.tif").pixels, RGB)
    np.testing.assert_array_equal(read_image(tmp_path / "lzw16.tif").pixels, RGB16)
    np.testing.assert_array_equal(read_image(tmp_path / "zip.tif").pixels, RGB)
    assert corners(read_image(tmp_path / "jpeg.tif").pixels) == ["red", "green", "black", "blue"]


def test_palette_tiffs_become_rgb(tmp_path: Path) -> None:
    Image.fromarray(smooth()).quantize(8).save(tmp_path / "p.tif")
    assert corners(read_image(tmp_path / "p.tif").pixels) == ["red", "green", "black", "blue"]


@pytest.mark.parametrize("kind", [np.float32, np.int16, np.uint32])
def test_pixels_without_a_known_black_and_white_are_refused(tmp_path: Path, kind: type) -> None:
    tifffile.imwrite(tmp_path / "f.tif", GREY.astype(kind))
    with pytest.raises(ImageError, match="which value is black") as caught:
        read_image(tmp_path / "f.tif")
    assert "f.tif" in str(caught.value)


def test_a_stack_is_refused_rather_than_cut_to_its_first_page(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "stack.tif", np.stack([GREY] * 5), photometric="minisblack")
    with pytest.raises(ImageError, match="stack of 5 images"):
        read_image(tmp_path / "stack.tif")


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "bmp"])
@pytest.mark.parametrize("keep", [12, 60, 0.5, 0.9])
def test_a_truncated_file_is_an_error_that_names_it(tmp_path: Path, suffix: str, keep: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 90, 3), dtype=np.uint8)
    path = tmp_path / f"部分.{suffix}"
    Image.fromarray(noise).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(keep if keep >= 1 else keep * len(whole))])
    with pytest.raises(ImageError, match="部分"):
        read_image(path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif"])
def test_damaged_bytes_never_escape_as_another_error(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"d.{suffix}"
    Image.fromarray(RGB).save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(2)
    refused = 0
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(8, len(whole), 6):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(bytes(damaged))
        try:
            read_image(path)
        except ImageError:
            refused += 1
    assert refused > 0


@pytest.mark.parametrize(
    ("content", "words"), [(b"", "empty"), (b"hello, world", "not an image"), (b"\xff\xd8\xff", "damaged")]
)
def test_what_is_not_an_image_is_said_so(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x.jpg").write_bytes(content)
    with pytest.raises(ImageError, match=words):
        read_image(tmp_path / "x.jpg")


def test_missing_files_and_folders_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        read_image(tmp_path / "none.png")
    with pytest.raises(ImageError, match="folder"):
        read_image(tmp_path)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    whole = png16(GREY16)
    for name, height in (("bomb.png", MAX_PIXELS // 20_000 + 1), ("huge.png", 500_000)):
        header = b"IHDR" + struct.pack(">II", 20_000, height) + whole[24:29]
        (tmp_path / name).write_bytes(whole[:12] + header + struct.pack(">I", zlib.crc32(header)) + whole[33:])
    Image.new("1", (20_000, MAX_PIXELS // 20_000 + 1)).save(tmp_path / "bomb.tif", compression="group4")
    for name in ("bomb.png", "huge.png", "bomb.tif"):
        with pytest.raises(ImageError, match="Save it smaller"):
            read_image(tmp_path / name)


def test_chinese_names_and_wrong_endings_work(tmp_path: Path) -> None:
    path = tmp_path / "胃窦 溃疡 第1张.jpg"
    Image.fromarray(RGB).save(path, format="PNG")
    loaded = read_image(path)
    np.testing.assert_array_equal(loaded.pixels, RGB)
    assert loaded.facts.kind == "PNG"


def test_eight_bit_pixels_are_shown_as_they_are() -> None:
    np.testing.assert_array_equal(to_rgb8(RGB), RGB)
    np.testing.assert_array_equal(to_rgb8(GREY), np.dstack([GREY] * 3))


def test_sixteen_bits_are_windowed_between_their_percentiles() -> None:
    ramp = np.tile(np.arange(1000, 3001, dtype=np.uint16), (4, 1))
    ramp[0, 0] = 65535  # one hot pixel must not darken the rest
    shown = to_rgb8(ramp)
    assert shown.shape == (4, 2001, 3)
    assert shown[1, 5, 0] == 0
    assert shown[1, -5, 0] == 255
    assert abs(int(shown[1, 1000, 0]) - 127) <= 1


def test_a_flat_sixteen_bit_image_is_shown_black() -> None:
    assert to_rgb8(np.full((3, 5), 700, np.uint16)).max() == 0
