"""The view: found in drawn frames of every shape, and in the real ones."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from readingroom.cases.images import read_image
from readingroom.cases.view import View, crop_to_view, find_view, view_mask, whole_view

HYPERKVASIR = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "hyperkvasir"
OCTAGON = [(210, 20), (490, 20), (580, 110), (580, 370), (490, 460), (210, 460), (120, 370), (120, 110)]


def tissue(height: int = 480, width: int = 640) -> np.ndarray:
    rng = np.random.default_rng(5)
    shade = cv2.resize(rng.normal(0, 14, (12, 16)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    return (np.array((190, 110, 90)) + shade[..., None]).clip(0, 255).astype(np.uint8)


def octagon_frame() -> tuple[np.ndarray, np.ndarray]:
    inside = np.zeros((480, 640), np.uint8)
    cv2.fillPoly(inside, [np.array(OCTAGON, np.int32)], 1)
    frame = tissue() * inside[..., None]
    for line, text in enumerate(("ID: 4711", "01/02/2015", "10:11:12")):
        cv2.putText(frame, text, (8, 60 + 20 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (230, 230, 230), 1)
    return frame, inside


def shown(view: View, shape: tuple[int, ...]) -> np.ndarray:
    """Where in the whole frame the view shows anatomy."""
    mask = np.zeros(shape[:2], bool)
    x0, y0, x1, y1 = view.box_xyxy_px
    mask[y0:y1, x0:x1] = view_mask(view) > 0
    return mask


def agreement(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def test_an_octagon_beside_a_text_panel_is_found() -> None:
    frame, inside = octagon_frame()
    view = find_view(frame)
    assert view.kind == "octagon"
    assert agreement(shown(view, frame.shape), inside > 0) > 0.98


def test_a_larger_frame_gives_the_same_view_in_its_own_pixels() -> None:
    frame, inside = octagon_frame()
    large = cv2.resize(frame, (1600, 1200), interpolation=cv2.INTER_CUBIC)
    view = find_view(large)
    assert view.kind == "octagon"
    wanted = cv2.resize(inside, (1600, 1200), interpolation=cv2.INTER_NEAREST) > 0
    assert agreement(shown(view, large.shape), wanted) > 0.97


def test_a_circle_and_a_rectangle_are_found() -> None:
    disc = np.zeros((480, 640), np.uint8)
    cv2.circle(disc, (350, 240), 220, 1, -1)
    box = np.zeros((480, 640), np.uint8)
    box[30:450, 160:620] = 1
    for mask, kind in ((disc, "circle"), (box, "rectangle")):
        view = find_view(tissue() * mask[..., None])
        assert view.kind == kind
        assert agreement(shown(view, mask.shape), mask > 0) > 0.98


def test_a_dark_lumen_at_the_rim_stays_in_the_view() -> None:
    frame, inside = octagon_frame()
    cv2.circle(frame, (560, 240), 90, (6, 4, 4), -1)
    view = find_view(frame)
    assert agreement(shown(view, frame.shape), inside > 0) > 0.98


@pytest.mark.parametrize("colour", [(0, 0, 0), (20, 165, 140)], ids=["black", "green"])
def test_a_patch_over_the_anatomy_is_blank_in_the_crop(colour: tuple[int, int, int]) -> None:
    frame, _ = octagon_frame()
    frame[320:460, 110:260] = colour
    view = find_view(frame)
    assert not shown(view, frame.shape)[324:456, 124:256].any()


def test_a_position_display_beside_the_anatomy_is_not_part_of_it() -> None:
    frame, inside = octagon_frame()
    frame[370:470, 5:100] = (28, 30, 34)
    view = find_view(frame)
    assert view.kind == "octagon"
    assert agreement(shown(view, frame.shape), inside > 0) > 0.98


def test_text_over_the_anatomy_is_blank_in_the_crop() -> None:
    frame, _ = octagon_frame()
    frame[:, :460] = frame[:, 180:].copy()  # the anatomy now begins at the frame's left edge
    clean = frame.copy()
    for line, text in enumerate(("24/10/2014", "10:05:11", "00:45:00")):
        cv2.putText(frame, text, (6, 200 + 20 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (235, 235, 235), 1)
    letters = (frame != clean).any(axis=2)
    visible = letters & shown(find_view(frame), frame.shape)
    assert letters.sum() > 300
    assert visible.sum() < 0.02 * letters.sum()


def test_a_photograph_without_border_is_left_whole() -> None:
    photo = tissue()
    assert find_view(photo) == whole_view(640, 480)
    photo[:60, :60] = 0
    assert find_view(photo) == whole_view(640, 480)


@pytest.mark.parametrize("value", [0, 3, 255])
@pytest.mark.parametrize("shape", [(1, 1, 3), (16, 40, 3), (300, 20, 3), (240, 320, 3)])
def test_flat_frames_are_left_whole(value: int, shape: tuple[int, int, int]) -> None:
    assert find_view(np.full(shape, value, np.uint8)) == whole_view(shape[1], shape[0])


def test_a_slice_with_a_dark_ground_is_left_whole_in_grey_and_as_rgb() -> None:
    slice_ = np.zeros((256, 256), np.uint8)
    cv2.ellipse(slice_, (128, 128), (80, 100), 0, 0, 360, 140, -1)
    assert find_view(slice_).kind == "whole"
    assert find_view(np.dstack([slice_] * 3)).kind == "whole"
    assert find_view(slice_.astype(np.uint16) * 16).kind == "whole"


def test_sixteen_bit_frames_are_searched_too() -> None:
    frame, inside = octagon_frame()
    view = find_view(frame.astype(np.uint16) * 200)
    assert agreement(shown(view, frame.shape), inside > 0) > 0.97


def test_noise_does_not_crash_the_search() -> None:
    rng = np.random.default_rng(0)
    for shape in ((64, 64, 3), (500, 640, 3)):
        noise = rng.integers(0, 256, shape, dtype=np.uint8)
        noise[: shape[0] // 8] = noise[:, : shape[1] // 8] = 0
        view = find_view(noise)
        assert crop_to_view(noise, view).size > 0


def test_the_crop_is_blank_outside_the_polygon_and_in_excluded_boxes() -> None:
    pixels = np.full((10, 12, 3), 9, np.uint8)
    view = View("octagon", (2, 2, 10, 8), ((2, 2), (10, 2), (10, 8), (2, 8)), ((8, 6, 12, 9),))
    crop = crop_to_view(pixels, view, fill=1)
    assert crop.shape == (6, 8, 3)
    assert (crop[4:, 6:] == 1).all()
    assert (crop == 9).all(axis=2).sum() == 6 * 8 - 4
    assert (pixels == 9).all()


def test_crops_keep_grey_sixteen_bit_pixels() -> None:
    pixels = np.arange(60, dtype=np.uint16).reshape(6, 10) * 1000
    crop = crop_to_view(pixels, View("rectangle", (1, 2, 5, 6), ((1, 2), (5, 2), (5, 6), (1, 6))))
    np.testing.assert_array_equal(crop, pixels[2:6, 1:5])


@pytest.mark.skipif(not HYPERKVASIR.is_dir(), reason="the real images (../shared/data/hyperkvasir) are not here")
def test_real_frames_have_a_view_that_holds_their_polyps() -> None:
    table = pd.read_csv(HYPERKVASIR / "cases.csv")
    some = table.iloc[::25]
    lost, seen = [], 0
    for row in some.itertuples():
        pixels = read_image(HYPERKVASIR / str(row.image)).pixels
        view = find_view(pixels)
        assert view.kind in {"octagon", "circle"}
        seen += 1
        if isinstance(row.outline, str):
            polyp = read_image(HYPERKVASIR / row.outline).pixels > 127
            polyp = polyp if polyp.ndim == 2 else polyp.any(axis=2)
            frame = View(view.kind, view.box_xyxy_px, view.polygon_xy_px)
            lost.append(1 - shown(frame, pixels.shape)[polyp].mean())
    assert seen == 49
    assert len(lost) > 20
    assert max(lost) < 0.005
