"""Shapes of the anatomy: the simplest that holds it all."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from readingroom.cases.border import fit_shape


def filled(corners: list[tuple[int, int]], height: int = 200, width: int = 260) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.array(corners, np.int32)], 1)
    return mask


OCTAGON = [(70, 10), (190, 10), (240, 60), (240, 140), (190, 190), (70, 190), (20, 140), (20, 60)]


def area(corners: np.ndarray) -> float:
    return float(cv2.contourArea(corners.astype(np.float32)))


def test_a_box_is_a_rectangle_with_exact_corners() -> None:
    mask = np.zeros((100, 150), np.uint8)
    mask[10:80, 30:140] = 1
    shape = fit_shape(mask)
    assert shape.kind == "rectangle"
    np.testing.assert_array_equal(shape.corners, [(30, 10), (140, 10), (140, 80), (30, 80)])


def test_an_octagon_is_found_with_its_corners() -> None:
    mask = filled(OCTAGON)
    shape = fit_shape(mask)
    assert shape.kind == "octagon"
    assert len(shape.corners) == 8
    assert area(shape.corners) == pytest.approx(mask.sum(), rel=0.01)


def test_a_disc_is_a_circle_even_when_the_frame_cuts_it() -> None:
    for centre in ((130, 100), (60, 100)):
        mask = np.zeros((200, 260), np.uint8)
        cv2.circle(mask, centre, 90, 1, -1)
        shape = fit_shape(mask)
        assert shape.kind == "circle"
        assert area(shape.corners) == pytest.approx(mask.sum(), rel=0.02)


def test_a_shadow_at_a_corner_does_not_cut_the_shape() -> None:
    mask = filled(OCTAGON)
    whole = area(fit_shape(mask).corners)
    cv2.circle(mask, (130, 190), 40, 0, -1)
    mask[80:120, 20:60] = 0
    assert area(fit_shape(mask).corners) == pytest.approx(whole, rel=0.001)


def test_no_pixel_of_the_anatomy_is_left_outside() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        mask = np.zeros((60, 80), np.uint8)
        points = rng.integers(2, 58, (12, 2))
        cv2.fillConvexPoly(mask, cv2.convexHull(points.astype(np.int32)), 1)
        corners = fit_shape(mask).corners.astype(np.float32)
        ys, xs = np.nonzero(mask)
        centres = np.c_[xs, ys] + 0.5
        inside = [cv2.pointPolygonTest(corners, (float(x), float(y)), True) for x, y in centres]
        assert min(inside) >= -0.01
