import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from readingroom.cases.view import View, whole_view
from readingroom.core.errors import ReadingsError
from readingroom.evaluation import overlap
from readingroom.reading.outlines import (
    OutlineRule,
    fill_outlines,
    find_outlines,
    input_box,
    outlines_in_frame,
    to_frame,
)
from readingroom.reading.preprocessing import Preprocessing

EXACT = OutlineRule(smallest_px=0, fill_holes=False, tolerance_px=0)
CORNERS_CONNECT = np.ones((3, 3))


def blob(height: int, width: int, x: float, y: float, a: float, b: float) -> np.ndarray:
    """A smooth hill of probability whose contour at 0.5 is an ellipse."""
    rows, columns = np.mgrid[:height, :width] + 0.5
    radius = np.hypot((columns - x) / a, (rows - y) / b)
    return (1 / (1 + np.exp(6 * (radius - 1)))).astype(np.float32)


def octagon(box: tuple[int, int, int, int], cut: int) -> View:
    x0, y0, x1, y1 = box
    corners = [(x0 + cut, y0), (x1 - cut, y0), (x1, y0 + cut), (x1, y1 - cut)]
    corners += [(x1 - cut, y1), (x0 + cut, y1), (x0, y1 - cut), (x0, y0 + cut)]
    return View("octagon", box, tuple((float(x), float(y)) for x, y in corners))


VIEWS = {
    "whole": (whole_view(640, 480), 480, 640),
    "odd": (whole_view(333, 257), 257, 333),
    "portrait": (whole_view(201, 399), 399, 201),
    "octagon": (octagon((97, 13, 612, 468), 71), 480, 640),
    "smaller than the input": (octagon((40, 11, 131, 90), 13), 101, 151),
}


@pytest.mark.parametrize("fit", ["stretch", "pad"])
@pytest.mark.parametrize("size", [224, 331])
@pytest.mark.parametrize("name", VIEWS)
def test_a_lesion_drawn_in_the_frame_comes_back_where_it_was(name: str, size: int, fit: str) -> None:
    view, height, width = VIEWS[name]
    x0, y0, x1, y1 = view.box_xyxy_px
    # Off the middle and oblong, so that a turned or shifted map is seen.
    drawn = blob(height, width, x0 + 0.6 * (x1 - x0), y0 + 0.4 * (y1 - y0), 0.2 * (x1 - x0), 0.15 * (y1 - y0))
    preprocessing = Preprocessing("auto", size, fit)
    grey = np.rint(drawn * 255).astype(np.uint8)
    seen = preprocessing.prepare(grey, view)[..., 0] / np.float32(255)
    back = to_frame(seen, view, preprocessing, height, width)
    assert back.shape == (height, width)
    assert back.dtype == np.float32
    assert overlap(back >= 0.5, drawn >= 0.5).iou > 0.98
    weight, other = (image / image.sum() for image in (back, drawn))
    for axis, grid in enumerate(np.mgrid[:height, :width]):
        assert (grid * weight).sum() == pytest.approx((grid * other).sum(), abs=0.3), axis
    inside = to_frame(np.ones((size, size), np.float32), view, preprocessing, height, width) > 0
    assert np.abs(back - drawn)[inside].max() < 0.08


@pytest.mark.parametrize("fit", ["stretch", "pad"])
@pytest.mark.parametrize("name", VIEWS)
def test_the_input_box_is_what_preparing_fills(name: str, fit: str) -> None:
    view, height, width = VIEWS[name]
    preprocessing = Preprocessing("auto", 224, fit)
    plain = View("whole", view.box_xyxy_px)
    filled = preprocessing.prepare(np.full((height, width), 255, np.uint8), plain)[..., 0] > 0
    left, top, right, bottom = input_box(view, preprocessing)
    assert filled[top:bottom, left:right].all()
    assert filled.sum() == (right - left) * (bottom - top)


def test_outside_the_view_there_is_no_lesion_and_under_its_text_there_may_be() -> None:
    shape = octagon((10, 0, 90, 80), 20)
    view = View(shape.kind, shape.box_xyxy_px, shape.polygon_xy_px, ((40, 40, 60, 50),))
    back = to_frame(np.ones((64, 64), np.float32), view, Preprocessing("auto", 64, "stretch"), 80, 100)
    assert back[:, :10].max() == back[:, 90:].max() == back[1, 11] == 0
    assert back[45, 50] == back[40, 12] == 1


@pytest.mark.parametrize("fit", ["stretch", "pad"])
def test_outlines_in_the_frame_are_those_of_the_map_placed_there(fit: str) -> None:
    view, preprocessing = octagon((97, 13, 612, 468), 71), Preprocessing("auto", 128, fit)
    probability = blob(128, 128, 70, 50, 30, 20)
    (made,) = outlines_in_frame(probability, view, preprocessing, 480, 640, OutlineRule())
    (two_steps,) = find_outlines(to_frame(probability, view, preprocessing, 480, 640), OutlineRule())
    assert (made.polygon_xy_px == two_steps.polygon_xy_px).all()
    assert (made.area_px, made.box_xyxy_px, made.probability) == (
        two_steps.area_px, two_steps.box_xyxy_px, two_steps.probability,
    )  # fmt: skip
    with pytest.raises(ReadingsError, match="no probabilities"):
        outlines_in_frame(probability + 1, view, preprocessing, 480, 640, OutlineRule())


def test_a_map_or_a_view_that_does_not_fit_is_a_clear_error() -> None:
    preprocessing = Preprocessing("whole", 64, "stretch")
    with pytest.raises(ReadingsError, match=r"a map of \(32, 32\).*\(64, 64\)"):
        to_frame(np.ones((32, 32), np.float32), whole_view(10, 10), preprocessing, 10, 10)
    with pytest.raises(ReadingsError, match="not of a frame of 10 x 9"):
        to_frame(np.ones((64, 64), np.float32), whole_view(10, 10), preprocessing, 9, 10)


def noise(seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.random((random.integers(1, 14), random.integers(1, 14))) < random.uniform(0.05, 0.95)


@given(st.integers(0, 10**6))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_lines_along_the_pixels_enclose_exactly_the_pixels(seed: int) -> None:
    mask = noise(seed)
    outlines = find_outlines(mask, EXACT)
    parts, count = ndimage.label(mask, CORNERS_CONNECT)
    assert (fill_outlines(outlines, *mask.shape) == mask).all()
    assert sorted(outline.area_px for outline in outlines) == sorted(np.bincount(parts.ravel())[1:])
    assert len(outlines) == count


@given(st.integers(0, 10**6))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_filled_parts_have_the_area_the_box_and_the_mean_of_their_pixels(seed: int) -> None:
    mask = noise(seed)
    values = np.where(mask, 0.5, 0.0) + 0.4 * np.random.default_rng(seed).random(mask.shape)
    outlines = find_outlines(values, OutlineRule(smallest_px=0, tolerance_px=0))
    for outline in outlines:
        inside = fill_outlines([outline], *mask.shape)
        rows, columns = np.nonzero(inside)
        assert outline.area_px == inside.sum()
        assert outline.box_xyxy_px == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        assert outline.probability == pytest.approx(values[inside].mean(), abs=1e-6)
        assert outline.holes_xy_px == ()


@given(st.integers(0, 10**6))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_holes_do_not_count_in_the_mean(seed: int) -> None:
    mask = noise(seed)
    values = np.where(mask, 0.5, 0.0) + 0.4 * np.random.default_rng(seed).random(mask.shape)
    for outline in find_outlines(values, EXACT):
        assert outline.probability == pytest.approx(values[fill_outlines([outline], *mask.shape)].mean(), abs=1e-6)


def test_specks_are_left_out_and_small_holes_filled() -> None:
    mask = np.zeros((40, 40), dtype=bool)
    mask[5:25, 5:25] = True
    mask[10:13, 10:13] = mask[16:22, 16:22] = False
    mask[30:33, 30:33] = True
    kept = find_outlines(mask, OutlineRule(smallest_px=10, fill_holes=False, tolerance_px=0))
    assert [outline.area_px for outline in kept] == [400 - 36]
    assert len(kept[0].holes_xy_px) == 1
    assert [outline.area_px for outline in find_outlines(mask, OutlineRule(smallest_px=9))] == [400, 9]


def test_the_largest_comes_first() -> None:
    mask = np.zeros((30, 30), dtype=bool)
    mask[:3, :3] = mask[10:20, 10:20] = mask[25:, 25:] = True
    assert [outline.area_px for outline in find_outlines(mask, OutlineRule(smallest_px=1))] == [100, 25, 9]


@pytest.mark.parametrize("tolerance", [0.5, 1.0, 2.0])
def test_a_simplified_line_moves_by_no_more_than_the_tolerance(tolerance: float) -> None:
    drawn = blob(300, 400, 190.3, 140.7, 120, 70) * (1 + 0.2 * np.sin(np.arange(400) / 9)).astype(np.float32) / 1.2
    (exact,) = find_outlines(drawn, OutlineRule(tolerance_px=0))
    (outline,) = find_outlines(drawn, OutlineRule(tolerance_px=tolerance))
    assert len(outline.polygon_xy_px) < len(exact.polygon_xy_px) / (2 if tolerance >= 1 else 1)
    line = outline.polygon_xy_px.astype(np.float32)
    far = [abs(cv2.pointPolygonTest(line, point.tolist(), measureDist=True)) for point in exact.polygon_xy_px]
    assert max(far) <= tolerance + 1e-4
    assert overlap(fill_outlines([outline], 300, 400), drawn >= 0.5).iou > 1 - 0.01 * tolerance


def test_what_is_at_the_edge_of_the_image_is_outlined_to_its_edge() -> None:
    mask = np.zeros((20, 30), dtype=bool)
    mask[:, 25:] = True
    (outline,) = find_outlines(mask, OutlineRule(smallest_px=1))
    assert sorted(map(tuple, outline.polygon_xy_px.tolist())) == [(25, 0), (25, 20), (30, 0), (30, 20)]


def test_where_nothing_is_lesion_there_is_no_outline() -> None:
    assert find_outlines(np.full((9, 9), 0.49, np.float32), OutlineRule(smallest_px=0)) == ()
    assert not fill_outlines((), 3, 4).any()


@pytest.mark.parametrize(
    "values",
    [np.full((4, 4), np.nan), np.full((4, 4), 1.5), np.full((4, 4), -0.1), np.full((4, 4), 255.0), np.zeros(4),
     np.zeros((0, 4))],
)  # fmt: skip
def test_what_is_no_map_of_probabilities_is_refused(values: np.ndarray) -> None:
    with pytest.raises(ReadingsError, match="a map"):
        find_outlines(values, OutlineRule())


@pytest.mark.parametrize("wrong", [{"threshold": 0.0}, {"threshold": 1.5}, {"smallest_px": -1}, {"tolerance_px": -1.0}])
def test_a_rule_that_cannot_be_followed_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ReadingsError):
        OutlineRule(**wrong)
