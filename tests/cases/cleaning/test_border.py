import cv2
import numpy as np
import pytest

from readingroom.cases.cleaning import crop_border, find_border, framed_view
from readingroom.cases.view import View, view_mask, whole_view


def bordered(noise: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(4)
    made = rng.normal(6.0, noise, (240, 320))
    made[30:200, 50:290] = rng.normal(120, 25, (170, 240))
    return made.clip(0, 255).astype(np.uint8)


def test_the_border_and_only_the_border_is_cut_off() -> None:
    assert find_border(bordered()) == (50, 30, 290, 200)


def test_noise_in_the_border_is_no_picture() -> None:
    x0, y0, x1, y1 = find_border(bordered(noise=5.0))
    assert np.abs(np.array([x0, y0, x1, y1]) - (50, 30, 290, 200)).max() <= 1


def test_letters_in_the_border_are_no_picture() -> None:
    written = bordered()
    cv2.putText(written, "CENTRE 3  MI 0.9", (60, 225), cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 2)
    cv2.putText(written, "L", (8, 120), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2)
    assert find_border(written) == (50, 30, 290, 200)


def test_two_pictures_side_by_side_are_both_kept() -> None:
    pair = np.zeros((100, 220), np.uint8)
    pair[20:80, 10:100] = pair[20:80, 120:200] = 130
    assert find_border(pair) == (10, 20, 200, 80)


@pytest.mark.parametrize("frame", [
    np.zeros((50, 60), np.uint8),
    np.full((50, 60), 255, np.uint8),
    np.full((50, 60, 3), 90, np.uint8),
    np.zeros((1, 1), np.uint8),
    np.full((1, 1, 3), 255, np.uint8),
    np.random.default_rng(1).integers(60, 255, (50, 60)).astype(np.uint8),
])  # fmt: skip
def test_a_frame_without_a_border_stays_whole(frame: np.ndarray) -> None:
    assert find_border(frame) == (0, 0, frame.shape[1], frame.shape[0])
    assert framed_view(frame, "whole", "auto") == whole_view(frame.shape[1], frame.shape[0])


def test_shares_are_cut_off_in_the_order_top_right_bottom_left() -> None:
    view = crop_border(np.zeros((100, 200), np.uint8), whole_view(200, 100), (0.1, 0.2, 0.3, 0.4))
    assert view.box_xyxy_px == (80, 10, 160, 70)
    assert view.kind == "rectangle"
    assert view_mask(view).all()


def test_one_pixel_is_always_left() -> None:
    view = crop_border(np.zeros((1, 1), np.uint8), whole_view(1, 1), (0.4, 0.4, 0.4, 0.4))
    assert view.box_xyxy_px == (0, 0, 1, 1)


def test_a_view_that_was_found_loses_its_border_and_keeps_its_shape() -> None:
    octagon = View(
        "octagon", (10, 0, 90, 80), ((30, 0), (70, 0), (90, 20), (90, 60), (70, 80), (30, 80), (10, 60), (10, 20))
    )
    cut = crop_border(np.zeros((80, 100), np.uint8), octagon, (0.25, 0.0, 0.25, 0.0))
    assert cut.box_xyxy_px == (10, 20, 90, 60)
    assert cut.polygon_xy_px == octagon.polygon_xy_px
    assert (view_mask(cut) == view_mask(octagon)[20:60]).all()
