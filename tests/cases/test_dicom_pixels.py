"""DICOM pixels: values in their units, colours with their axes right, and every refusal with what to do."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from readingroom.cases.catalogue import catalogue_image
from readingroom.cases.images import LoadedImage, read_image
from readingroom.cases.view import find_view
from readingroom.core.errors import ImageError

pydicom = pytest.importorskip("pydicom", reason="DICOM needs the extra 'dicom'")
SHIPPED = Path(pydicom.__file__).parent / "data" / "test_files"
GREY = np.arange(48, dtype=np.uint16).reshape(6, 8) * 85


def shipped(name: str) -> LoadedImage:
    if not (SHIPPED / name).is_file():
        pytest.skip(f"this pydicom does not ship {name}")
    return read_image(SHIPPED / name)


def test_a_file_without_ending_is_dicom_by_its_content(tmp_path: Path, write_dicom: Any) -> None:
    loaded = read_image(write_dicom(tmp_path / "IM0001", GREY))
    assert (loaded.facts.kind, loaded.facts.bits, loaded.facts.width, loaded.facts.height) == ("DICOM", 16, 8, 6)
    assert loaded.pixels.dtype == np.uint16
    np.testing.assert_array_equal(loaded.pixels, GREY)


def test_slope_and_intercept_give_the_files_units(tmp_path: Path, write_dicom: Any) -> None:
    loaded = read_image(write_dicom(tmp_path / "a", GREY, RescaleSlope=2, RescaleIntercept=-1024))
    np.testing.assert_array_equal(loaded.pixels, GREY * 2.0 - 1024)
    assert "rescaled" in loaded.facts.note


def test_signed_values_keep_their_sign(tmp_path: Path, write_dicom: Any) -> None:
    signed = np.array([[-1000, 0], [5, 3000]], np.int16)
    np.testing.assert_array_equal(read_image(write_dicom(tmp_path / "a", signed)).pixels, signed)


def test_bits_that_are_not_used_are_not_read(tmp_path: Path, write_dicom: Any) -> None:
    dirty = np.array([[0x8005, 0x0FFF]], np.uint16)
    loaded = read_image(write_dicom(tmp_path / "a", dirty, BitsStored=12, HighBit=11))
    assert loaded.pixels.tolist() == [[5, 4095]]


def test_what_is_black_in_the_file_is_black_when_shown(tmp_path: Path, write_dicom: Any) -> None:
    values = np.array([[0, 4095]], np.uint16)
    loaded = read_image(write_dicom(tmp_path / "a", values, PhotometricInterpretation="MONOCHROME1"))
    assert loaded.shown().tolist() == [[255, 0]]
    assert "MONOCHROME1" in loaded.facts.note


def test_the_first_of_several_windows_is_the_files(tmp_path: Path, write_dicom: Any) -> None:
    path = write_dicom(tmp_path / "a", GREY, WindowCenter=[1000, 40], WindowWidth=[500, 400])
    window = read_image(path).display.window
    assert window is not None
    assert (window.centre, window.width, window.function) == (1000.0, 500.0, "LINEAR")


@pytest.mark.parametrize(
    "wrong", [{"WindowCenter": 5, "WindowWidth": 0}, {"WindowCenter": 5}, {"WindowWidth": 5}, {"WindowCenter": None}]
)
def test_a_window_that_the_standard_forbids_is_none(tmp_path: Path, write_dicom: Any, wrong: dict[str, Any]) -> None:
    loaded = read_image(write_dicom(tmp_path / "a", GREY, **wrong))
    assert loaded.display.window is None
    assert catalogue_image("a", tmp_path / "a", window="file")["windowed"] == "missing"


def test_padding_is_black_and_does_not_stretch_the_window(tmp_path: Path, write_dicom: Any) -> None:
    values = np.full((20, 20), -2000, np.int16)
    values[5:15, 5:15] = np.arange(100).reshape(10, 10)
    loaded = read_image(write_dicom(tmp_path / "a", values, PixelPaddingValue=-2000))
    assert loaded.pixels.min() == 0
    assert loaded.shown()[10, 10] > 100
    assert "padding" in loaded.facts.note


def test_colours_keep_their_axes_in_both_planar_configurations(tmp_path: Path, write_dicom: Any) -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    planes = np.ascontiguousarray(rgb.transpose(2, 0, 1)).tobytes()
    by_pixel = read_image(write_dicom(tmp_path / "a", rgb))
    by_plane = read_image(write_dicom(tmp_path / "b", rgb, PixelData=planes, PlanarConfiguration=1))
    np.testing.assert_array_equal(by_pixel.pixels, rgb)
    np.testing.assert_array_equal(by_plane.pixels, rgb)
    np.testing.assert_array_equal(by_pixel.shown("file"), rgb)


@pytest.mark.parametrize(
    "name", ["SC_rgb_dcmtk_+eb+cr.dcm", "SC_rgb_dcmtk_+eb+cy+np.dcm", "SC_ybr_full_422_uncompressed.dcm",
             "SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_rle.dcm", "SC_rgb_rle_16bit.dcm"]
)  # fmt: skip
def test_colours_of_every_encoding_become_the_same_red_green_and_blue(name: str) -> None:
    shown = shipped(name).shown()
    assert np.abs(shown[5, 50].astype(int) - (255, 0, 0)).max() < 8
    assert np.abs(shown[25, 50].astype(int) - (0, 255, 0)).max() < 8
    assert np.abs(shown[45, 50].astype(int) - (0, 0, 255)).max() < 8


@pytest.mark.parametrize(
    "name", ["MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_jp2klossless.dcm"]
)
def test_lossless_encodings_give_the_same_values(name: str) -> None:
    np.testing.assert_array_equal(shipped(name).pixels, shipped("MR_small.dcm").pixels)


def test_a_palette_becomes_colours() -> None:
    loaded = shipped("examples_palette.dcm")
    assert loaded.pixels.shape == (350, 800, 3)
    assert loaded.pixels.dtype == np.uint8
    assert "palette" in loaded.facts.note


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"NumberOfFrames": 4, "PixelData": GREY.tobytes() * 4}, "4 frames"),
        ({"PixelData": None}, "without a picture"),
        ({"Rows": None}, "without a picture"),
        ({"Rows": 0}, "0 pixels"),
        ({"Rows": 60000, "Columns": 60000}, "more than the"),
        ({"Rows": 500}, "damaged or truncated"),
        ({"PixelData": b"\0\0"}, "damaged or truncated"),
        ({"BitsAllocated": 32}, "32 bits"),
        ({"BitsAllocated": None}, "no number of bits"),
        ({"PhotometricInterpretation": "CMYK"}, "CMYK"),
        ({"PhotometricInterpretation": None}, "does not say which"),
        ({"SamplesPerPixel": 4}, "4 samples"),
        ({"RescaleSlope": 0, "RescaleIntercept": 0}, "slope"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(
    tmp_path: Path, write_dicom: Any, changes: dict[str, Any], said: str
) -> None:
    path = write_dicom(tmp_path / "a.dcm", GREY, **changes)
    with pytest.raises(ImageError, match=said) as caught:
        read_image(path)
    assert caught.value.fix
    assert caught.value.file == str(path)


def test_a_missing_decoder_is_named_with_the_plugin() -> None:
    from pydicom.pixels import get_decoder
    from pydicom.uid import JPEGLosslessSV1

    if get_decoder(JPEGLosslessSV1).is_available:
        pytest.skip("a decoder for lossless JPEG is installed")
    with pytest.raises(ImageError, match=r"JPEG Lossless.*pip install python-gdcm"):
        shipped("SC_rgb_jpeg_gdcm.dcm")


def test_without_pydicom_it_is_said_how_to_install_it(
    tmp_path: Path, write_dicom: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_dicom(tmp_path / "a")
    monkeypatch.setitem(__import__("sys").modules, "pydicom", None)
    with pytest.raises(ImageError, match=r"pip install 'readingroom\[dicom\]'"):
        read_image(path)


def test_damaged_files_are_errors_of_ours_whatever_is_damaged(tmp_path: Path, write_dicom: Any) -> None:
    whole = write_dicom(tmp_path / "a", GREY, RescaleSlope=2, WindowCenter=5, WindowWidth=9).read_bytes()
    rng = random.Random(3)
    outcomes = set()
    for trial in range(400):
        data = bytearray(whole[: rng.randrange(200, len(whole))] if trial % 3 == 0 else whole)
        for _ in range(rng.randrange(1, 6)):
            data[rng.randrange(132, len(data))] = rng.randrange(256)
        (tmp_path / "b").write_bytes(data)
        row = catalogue_image("b", tmp_path / "b")
        outcomes.add(row["readable"])
    assert outcomes == {True, False}


def test_a_grey_dicom_is_used_from_edge_to_edge_even_where_a_view_is_looked_for(
    tmp_path: Path, write_dicom: Any
) -> None:
    values = np.zeros((200, 300), np.uint16)
    values[60:140, 80:220] = 900
    loaded = read_image(write_dicom(tmp_path / "a", values))
    assert find_view(loaded.shown()).kind == "whole"
    assert catalogue_image("a", tmp_path / "a", "auto")["view_kind"] == "whole"


def test_real_slices_of_two_makers_are_read(shared: Path) -> None:
    files = sorted((shared / "data" / "dicom").rglob("*.dcm"))[::40]
    assert len(files) > 20
    for path in files:
        loaded = read_image(path)
        assert loaded.shown("file").dtype == np.uint8
