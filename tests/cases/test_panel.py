"""Patches and text burned into a frame."""

from __future__ import annotations

import cv2
import numpy as np

from readingroom.cases.panel import find_black_patches, find_emblems, find_green_patches, find_text, text_contrast

TISSUE = (190, 110, 90)


def frame(height: int = 480, width: int = 600) -> np.ndarray:
    rng = np.random.default_rng(5)
    coarse = rng.normal(0, 12, (12, 15, 1)).astype(np.float32)
    shade = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
    return (np.array(TISSUE) + shade).clip(0, 255).astype(np.uint8)


def write(rgb: np.ndarray, lines: list[str], x: int = 8, y: int = 120) -> list[tuple[int, int, int, int]]:
    """Write lines one below the other; returns their boxes."""
    boxes = []
    for number, line in enumerate(lines):
        (width, height), _ = cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)
        bottom = y + 20 * number
        cv2.putText(rgb, line, (x, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (235, 235, 235), 1)
        boxes.append((x, bottom - height, x + width, bottom))
    return boxes


def covered(boxes: list[tuple[int, int, int, int]], wanted: tuple[int, int, int, int]) -> float:
    mask = np.zeros((480, 600), bool)
    for x0, y0, x1, y1 in boxes:
        mask[y0:y1, x0:x1] = True
    x0, y0, x1, y1 = wanted
    return float(mask[y0:y1, x0:x1].mean())


def test_lines_of_text_over_tissue_are_found_and_little_else() -> None:
    rgb = frame()
    wanted = write(rgb, ["24/10/2014", "10:05:11", "00:45:00"])
    found = find_text(text_contrast(rgb.min(axis=2)))
    assert [round(covered(found, box)) for box in wanted] == [1, 1, 1]
    assert sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in found) < 0.03 * 480 * 600


def test_text_at_the_right_edge_is_found() -> None:
    rgb = frame()
    wanted = write(rgb, ["24/10/2014", "10:05:11"], x=500)
    found = find_text(text_contrast(rgb.min(axis=2)))
    assert [round(covered(found, box)) for box in wanted] == [1, 1]


def test_highlights_are_not_text() -> None:
    rgb = frame()
    rng = np.random.default_rng(9)
    for x, y in rng.integers(10, 470, (60, 2)):
        cv2.ellipse(rgb, (int(x), int(y)), tuple(rng.integers(2, 9, 2).tolist()), 30, 0, 360, (255, 250, 245), -1)
    assert (
        sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in find_text(text_contrast(rgb.min(axis=2)))) < 0.005 * 480 * 600
    )


def test_plain_tissue_has_no_text_and_no_emblem() -> None:
    rgb = frame()
    contrast = text_contrast(rgb.min(axis=2))
    assert find_text(contrast) == []
    assert find_emblems(rgb.max(axis=2), contrast) == []


def test_a_sign_on_black_near_the_edge_is_found() -> None:
    rgb = frame()
    rgb[380:412, 566:596] = 0
    cv2.circle(rgb, (581, 396), 8, (240, 240, 240), 2)
    [(x0, y0, x1, y1)] = find_emblems(rgb.max(axis=2), text_contrast(rgb.min(axis=2)))
    assert x0 <= 573
    assert y0 <= 388
    assert x1 >= 589
    assert y1 >= 404


def test_a_flat_green_patch_is_found_and_green_tissue_is_not() -> None:
    rgb = frame()
    rgb[300:440, 20:180] = (20, 165, 140)
    cv2.line(rgb, (60, 420), (120, 380), (30, 30, 30), 2)
    assert find_green_patches(rgb) == [(20, 300, 180, 440)]
    tissue = frame()
    tissue[..., 0] = (tissue[..., 0] * 0.4).astype(np.uint8)
    assert find_green_patches(tissue) == []


def test_a_black_patch_over_a_corner_is_found_in_each_corner() -> None:
    for right in (False, True):
        for down in (False, True):
            lit = np.ones((200, 240), np.uint8)
            rows = slice(150, 200) if down else slice(0, 50)
            columns = slice(180, 240) if right else slice(0, 60)
            lit[rows, columns] = 0
            [found] = find_black_patches(lit, (0, 0, 240, 200))
            assert found == (columns.start, rows.start, columns.stop, rows.stop)


def test_a_cut_corner_is_not_a_black_patch() -> None:
    lit = np.zeros((200, 240), np.uint8)
    octagon = [(70, 0), (170, 0), (239, 70), (239, 130), (170, 199), (70, 199), (0, 130), (0, 70)]
    cv2.fillPoly(lit, [np.array(octagon, np.int32)], 1)
    assert find_black_patches(lit, (0, 0, 240, 200)) == []
