import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from readingroom.annotation.model import Lesion, Polygon
from readingroom.annotation.outlines import area, crossing, ellipse_ring, lesion_mask, mask_box, rasterise, trace

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14))


@given(masks)
@settings(max_examples=300, deadline=None)
def test_a_mask_becomes_polygons_and_the_same_mask_again(mask: np.ndarray) -> None:
    polygons = trace(mask)
    assert np.array_equal(rasterise(polygons, *mask.shape), mask)
    assert area(polygons) == mask.sum()
    assert Lesion("a", polygons).box == mask_box(mask)
    assert all(crossing(polygon) is None for polygon in polygons)


@given(masks)
@settings(max_examples=100, deadline=None)
def test_tracing_pixels_gives_the_polygons_that_filled_them(mask: np.ndarray) -> None:
    polygons = trace(mask)
    assert trace(rasterise(polygons, *mask.shape)) == polygons


def test_whole_corners_fill_the_pixels_that_coco_fills() -> None:
    coco = pytest.importorskip("pycocotools.mask", reason="COCO's own code is a development dependency")
    polygon = Polygon(((3, 2), (11, 2), (11, 5), (7, 5), (7, 9), (3, 9)))
    flat = [value for corner in polygon.exterior for value in corner]
    theirs = coco.decode(coco.merge(coco.frPyObjects([flat], 12, 15)))
    assert np.array_equal(rasterise([polygon], 12, 15), theirs.astype(bool))


def test_a_pixel_is_inside_when_its_middle_is() -> None:
    just_over = Polygon(((0.49, 0), (2, 0), (2, 1), (0.49, 1)))
    just_under = Polygon(((0.51, 0), (2, 0), (2, 1), (0.51, 1)))
    assert rasterise([just_over], 1, 2).tolist() == [[True, True]]
    assert rasterise([just_under], 1, 2).tolist() == [[False, True]]


def test_an_outline_is_cut_off_at_the_image() -> None:
    polygon = Polygon(((-5, -5), (30, -5), (30, 30), (-5, 30)))
    assert rasterise([polygon], 4, 6).all()
    assert not rasterise([Polygon(((40, 40), (50, 40), (50, 50)))], 4, 6).any()


def test_parts_that_overlap_are_filled_once_and_holes_are_not() -> None:
    one, other = (Polygon(((x, 0.0), (x + 4, 0.0), (x + 4, 4.0), (x, 4.0))) for x in (0.0, 2.0))
    assert rasterise([one, other], 4, 6).all()
    holed = Polygon(one.exterior, (((1.0, 1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 3.0)),))
    assert rasterise([holed], 4, 4).sum() == area([holed]) == 12


@pytest.mark.parametrize(
    ("ring", "crosses"),
    [
        ([(0, 0), (4, 4), (4, 0), (0, 4)], True),  # a bow tie
        ([(0, 0), (2, 2), (4, 4), (4, 0), (2, 2), (0, 4)], True),  # the same, with corners where it crosses
        ([(0, 0), (2, 2), (4, 4), (4, 0), (0, 4)], True),  # a line that passes through a corner
        ([(0, 0), (4, 0), (4, 4), (0, 4)], False),
        ([(0, 0), (2, 2), (4, 0), (4, 4), (2, 2), (0, 4)], False),  # two triangles that touch in a corner
        ([(0, 0), (4, 0), (4, 4), (2, 0), (0, 4)], False),  # a corner that touches a line from inside
    ],
)
def test_a_line_that_crosses_itself_is_told_from_one_that_touches(ring: list, crosses: bool) -> None:
    assert (crossing(Polygon(tuple(ring))) is not None) is crosses


def test_a_hole_that_cuts_the_border_is_a_crossing() -> None:
    square = ((0.0, 0.0), (8.0, 0.0), (8.0, 8.0), (0.0, 8.0))
    assert crossing(Polygon(square, (((6.0, 2.0), (10.0, 2.0), (10.0, 4.0), (6.0, 4.0)),))) == (8.0, 2.0)
    assert crossing(Polygon(square, (((2.0, 2.0), (4.0, 2.0), (4.0, 4.0)),))) is None


@given(st.integers(3, 40), st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_crossings_are_those_of_a_plain_search(corners: int, seed: int) -> None:
    ring = np.random.default_rng(seed).random((corners, 2)) * 50
    found = crossing(Polygon(tuple(map(tuple, ring.tolist()))))
    assert (found is not None) == _plain_crossing(ring)


def _plain_crossing(ring: np.ndarray) -> bool:
    edges = list(zip(ring, np.roll(ring, -1, axis=0), strict=True))

    def side(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> float:
        return float((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]))

    return any(
        side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
        for n, (a, b) in enumerate(edges)
        for c, d in edges[n + 1 :]
    )


def test_an_ellipse_covers_its_area() -> None:
    ring = ellipse_ring(50, 40, 30, 20, degrees=30)
    assert area([Polygon(ring)]) == pytest.approx(np.pi * 600, rel=2e-3)


def test_a_box_alone_is_a_lesions_mask_only_where_asked_for() -> None:
    lesion = Lesion("a", drawn_box=(1, 1, 3, 2))
    assert lesion_mask(lesion, 4, 4).sum() == 2
    assert not lesion_mask(lesion, 4, 4, boxes=False).any()
