"""What is not anatomy, in numbers."""

from __future__ import annotations

import cv2
import numpy as np

from readingroom.cases.surroundings import describe_surroundings
from readingroom.cases.view import find_view, whole_view


def frame() -> np.ndarray:
    pixels = np.zeros((400, 500, 3), np.uint8)
    pixels[:, 100:] = (180, 100, 90)
    return pixels


def test_the_border_is_measured_as_a_share_of_the_frame() -> None:
    pixels = frame()
    facts = describe_surroundings(pixels, find_view(pixels))
    assert facts.border_share == 0.2
    assert facts.border_level == 0.0
    assert (facts.text_share, facts.patch_share, facts.green_share, facts.text_lines) == (0.0, 0.0, 0.0, 0)


def test_text_in_the_border_raises_the_share_of_text_only() -> None:
    pixels = frame()
    for line in range(6):
        cv2.putText(pixels, "01/02/2020", (4, 60 + 20 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (230, 230, 230), 1)
    facts = describe_surroundings(pixels, find_view(pixels))
    assert facts.text_share > 0.004
    assert facts.patch_share == 0.0


def test_patches_over_the_anatomy_are_measured_by_area() -> None:
    pixels = frame()
    pixels[300:, 100:250] = (20, 165, 140)
    facts = describe_surroundings(pixels, find_view(pixels))
    assert abs(facts.green_share - 0.075) < 0.003
    assert abs(facts.patch_share - 0.075) < 0.003


def test_a_whole_frame_has_no_surroundings() -> None:
    pixels = frame()[:, 100:]
    facts = describe_surroundings(pixels, whole_view(400, 400))
    assert facts.border_share == 0.0
    assert set(facts.columns()) >= {"panel_border_share", "panel_text_share", "panel_patch_share"}
