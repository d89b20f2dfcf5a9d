"""The window: DICOM's functions, percentiles, a window that is given, and what was done."""

from __future__ import annotations

import numpy as np
import pytest

from readingroom.cases.window import (
    Display,
    FileWindow,
    GivenWindow,
    PercentileWindow,
    apply_file_window,
    parse_window,
    plain_window,
    show,
    window_problem,
)

RAMP = np.arange(-1000, 3000, 7, dtype=np.float32).reshape(-1, 4)[:140]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_the_files_window_agrees_with_pydicom(function: str) -> None:
    pydicom = pytest.importorskip("pydicom")
    from pydicom.pixels import apply_windowing

    dataset = pydicom.Dataset()
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 40.5, 400, function
    dataset.PhotometricInterpretation, dataset.BitsStored, dataset.PixelRepresentation = "MONOCHROME2", 16, 1
    dataset.RescaleSlope, dataset.RescaleIntercept = 1, 0
    expected = apply_windowing(RAMP.astype(np.int16), dataset)
    low, high = -(2.0**15), 2.0**15 - 1
    found = apply_file_window(RAMP.astype(np.int16), FileWindow(40.5, 400.0, function))  # type: ignore[arg-type]
    np.testing.assert_allclose(found, (expected - low) / (high - low), atol=1e-9)


def test_a_linear_window_of_width_one_is_a_step() -> None:
    assert apply_file_window(np.array([9, 10]), FileWindow(10.0, 1.0)).tolist() == [0.0, 1.0]


def test_a_given_window_runs_from_its_lower_to_its_upper_edge_and_no_further() -> None:
    shown, how = show(np.array([[-50, 0, 300, 600, 900]], np.float32), GivenWindow(centre=300, width=600))
    assert (shown.tolist(), how) == ([[0, 0, 128, 255, 255]], "given")


def test_values_that_differ_by_less_than_one_are_spread_over_all_greys() -> None:
    shown, _ = show(np.linspace(0, 0.003, 200, dtype=np.float32).reshape(10, 20))
    assert (shown.min(), shown.max()) == (0, 255)
    assert len(np.unique(shown)) > 150


def test_an_image_of_one_value_is_black() -> None:
    assert show(np.full((3, 3), -7, np.float32))[0].max() == 0


def test_what_is_stored_as_whole_numbers_or_not_is_shown_alike() -> None:
    whole = np.random.default_rng(1).integers(0, 4096, (32, 32)).astype(np.uint16)
    np.testing.assert_array_equal(show(whole)[0], show(whole.astype(np.float32))[0])


def test_other_percentiles_cut_off_more() -> None:
    whole = np.arange(10_000, dtype=np.uint16).reshape(100, 100)
    narrow, how = show(whole, PercentileWindow(percentiles=(10, 90)))
    assert how == "percentiles"
    assert (narrow == 0).mean() > 0.09
    assert (show(whole)[0] == 0).mean() < 0.01


def test_an_inverted_image_is_windowed_first_and_then_turned() -> None:
    values = np.array([[0, 100, 200]], np.uint16)
    window = FileWindow(100.0, 200.0, "LINEAR_EXACT")
    shown, _ = show(values, "file", Display(window, inverted=True, measured=True))
    assert shown.tolist() == [[255, 127, 0]]


@pytest.mark.parametrize(
    ("bits", "measured", "own", "asked", "how"),
    [
        (8, False, False, GivenWindow(centre=1, width=2), "stored"),
        (8, False, False, "file", "stored"),
        (8, True, False, "file", "stored"),
        (8, True, True, "file", "file"),
        (8, True, True, "percentiles", "stored"),
        (8, True, False, GivenWindow(centre=1, width=2), "given"),
        (16, False, False, "file", "missing"),
        (16, True, True, "percentiles", "percentiles"),
        (16, False, False, GivenWindow(centre=1, width=2), "given"),
    ],
)
def test_it_is_said_what_was_done(bits: int, measured: bool, own: bool, asked: object, how: str) -> None:
    values = np.arange(16, dtype=f"uint{bits}").reshape(4, 4)
    display = Display(FileWindow(8.0, 8.0) if own else None, measured=measured)
    shown, said = show(values, asked, display)  # type: ignore[arg-type]
    assert said == how
    assert shown.dtype == np.uint8


@pytest.mark.parametrize("plain", ["percentiles", "file", {"percentiles": [1.0, 99.0]}, {"centre": 40.0, "width": 9.0}])
def test_a_window_survives_as_plain_values(plain: object) -> None:
    assert plain_window(parse_window(plain)) == plain


@pytest.mark.parametrize(
    "wrong", ["auto", {"percentiles": [99, 1]}, {"centre": 1}, {"centre": 1, "width": 0}, {"percentiles": [0, 101]}, 7]
)
def test_what_is_no_window_is_named_with_what_is(wrong: object) -> None:
    assert "{centre: 300, width: 600}" in window_problem(wrong)
