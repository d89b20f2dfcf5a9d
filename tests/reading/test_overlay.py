import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from readingroom.core.errors import OutputError
from readingroom.reading.outlines import Outline, OutlineRule, fill_outlines, find_outlines
from readingroom.reading.overlay import (
    READER_COLOURS,
    RED,
    Mark,
    draw_line,
    draw_overlay,
    line_px,
    named,
    save_picture,
    text_px,
)

MUCOSA = (200, 120, 100)


def mucosa(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), MUCOSA, np.uint8)


def ellipse(height: int, width: int, x: int, y: int, a: int, b: int) -> Outline:
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (x, y), (a, b), 20, 0, 360, 1, -1)
    (outline,) = find_outlines(mask > 0, OutlineRule(smallest_px=1))
    return outline


def changed(image: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.asarray((image != other).any(axis=2))


def is_like(image: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.asarray(np.abs(image.astype(int) - colour).max(axis=2) < 40)


def test_the_line_is_red_in_a_light_casing_along_the_border() -> None:
    outline = ellipse(500, 700, 350, 250, 150, 90)
    made = draw_overlay(mucosa(500, 700), [Mark(outline)])
    red, casing = is_like(made, RED), is_like(made, (255, 255, 255))
    inside = fill_outlines([outline], 500, 700).astype(np.uint8)
    border = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, np.ones((3, 3)))
    far = cv2.distanceTransform(1 - border, cv2.DIST_L2, 5)
    assert far[red].max() < line_px(500, 700)
    assert far[casing].max() < 2 * line_px(500, 700)
    near = cv2.dilate(red.astype(np.uint8), np.ones((5, 5))) > 0
    assert near[border > 0].all()
    assert casing.sum() > 300


def test_a_light_line_has_a_dark_casing() -> None:
    made = mucosa(300, 300)
    draw_line(made, ellipse(300, 300, 150, 150, 90, 60), READER_COLOURS[1])
    assert is_like(made, READER_COLOURS[1]).sum() > 200
    assert is_like(made, (16, 18, 22)).sum() > 50
    assert not is_like(made, (255, 255, 255)).any()


def test_holes_are_drawn_too() -> None:
    mask = np.zeros((200, 200), bool)
    mask[20:180, 20:180], mask[80:120, 80:120] = True, False
    (outline,) = find_outlines(mask, OutlineRule(fill_holes=False))
    assert is_like(draw_overlay(mucosa(200, 200), [Mark(outline)])[75:125, 75:125], RED).any()


def test_a_line_at_the_edge_of_the_image_is_seen_whole() -> None:
    mask = np.zeros((300, 400), bool)
    mask[200:, :200] = True
    (outline,) = find_outlines(mask, OutlineRule())
    made = is_like(draw_overlay(mucosa(300, 400), [Mark(outline)]), RED)
    assert made[-3:, 20:180].any(axis=0).all()
    assert made[220:280, :3].any(axis=1).all()


@given(st.integers(0, 10**6), st.sampled_from([(300, 400), (540, 620), (1080, 1920)]))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_text_hides_nothing_that_is_outlined_and_lies_within_the_image(seed: int, size: tuple[int, int]) -> None:
    random, (height, width) = np.random.default_rng(seed), size
    outlines = [
        ellipse(height, width, *random.integers(0, (width, height)), *random.integers(8, height // 3, 2))
        for _ in range(random.integers(1, 4))
    ]
    texts = ["polyp 93 %", "进展期胃癌 71 %", "x"]
    plain = draw_overlay(mucosa(height, width), [Mark(outline) for outline in outlines])
    made = draw_overlay(mucosa(height, width), [Mark(o, t) for o, t in zip(outlines, texts, strict=False)])
    text = changed(made[:height], plain)
    assert made.shape == plain.shape
    assert not (text & fill_outlines(outlines, height, width)).any()
    parts, _, stats, _ = cv2.connectedComponentsWithStats(text.astype(np.uint8))
    # Every plate is whole: a box that is nearly full, of the height of its letters.
    assert parts - 1 == len(outlines)
    for _, _, across, down, area in stats[1:]:
        assert area > 0.93 * across * down
        assert down >= 12


def test_the_text_is_beside_its_outline() -> None:
    outline = ellipse(540, 960, 700, 200, 60, 40)
    plain = draw_overlay(mucosa(540, 960), [Mark(outline)])
    rows, columns = np.nonzero(changed(draw_overlay(mucosa(540, 960), [Mark(outline, "polyp")]), plain))
    x0, y0, x1, y1 = outline.box_xyxy_px
    gap = max(x0 - columns.max(), columns.min() - x1, y0 - rows.max(), rows.min() - y1)
    assert 0 < gap < 25


def test_where_the_lesion_fills_the_image_the_text_is_written_below() -> None:
    (outline,) = find_outlines(np.ones((200, 300), bool), OutlineRule())
    made = draw_overlay(mucosa(200, 300), [Mark(outline, "polyp 93 %")])
    plain = draw_overlay(mucosa(200, 300), [Mark(outline)])
    assert made.shape[0] > 200
    assert made.shape[1] == 300
    assert (made[:200] == plain).all()
    assert (made[200:] > 200).any()


def test_without_marks_the_picture_is_the_image_and_the_image_is_not_written_to() -> None:
    image = mucosa(60, 80)
    made = draw_overlay(image, [])
    assert (made == image).all()
    draw_overlay(image, [Mark(ellipse(60, 80, 40, 30, 12, 9), "x")])
    assert (image == MUCOSA).all()


def test_grey_and_sixteen_bits_are_drawn_on_in_colour() -> None:
    outline = ellipse(100, 100, 50, 50, 30, 20)
    for image in (np.full((100, 100), 90, np.uint8), np.full((100, 100), 30000, np.uint16)):
        made = draw_overlay(image, [Mark(outline)])
        assert (made.shape, made.dtype) == ((100, 100, 3), np.uint8)
        assert is_like(made, RED).any()


def test_lines_and_letters_grow_with_the_image_and_are_never_too_small() -> None:
    assert [line_px(*size) for size in ((1080, 1920), (2160, 3840), (240, 320))] == [4, 9, 2]
    assert text_px(1080, 1920) > text_px(540, 960) > text_px(100, 100) == 12


def test_a_probability_is_written_in_per_cent() -> None:
    assert named("息肉", 0.934) == "息肉 93 %"
    assert named("polyp") == "polyp"


def test_a_png_is_the_picture_itself_and_a_jpeg_keeps_red_lines_red(tmp_path) -> None:
    outline = ellipse(300, 400, 200, 150, 90, 60)
    made = draw_overlay(mucosa(300, 400), [Mark(outline, "polyp")])
    for name in ("a.png", "b.jpg", "子/c.JPEG"):
        save_picture(made, tmp_path / name)
    read = [np.asarray(Image.open(tmp_path / name)) for name in ("a.png", "b.jpg", "子/c.JPEG")]
    assert (read[0] == made).all()
    for jpeg in read[1:]:
        assert np.abs(jpeg.astype(int) - made)[is_like(made, RED)].mean() < 12


def test_another_ending_says_which_there_are(tmp_path) -> None:
    with pytest.raises(OutputError, match=r"End the name in \.png or \.jpg"):
        save_picture(mucosa(4, 4), tmp_path / "a.gif")
