from __future__ import annotations

import numpy as np

from readingroom.reading.heat_pictures import heat_colours, heat_overlay


def test_the_cold_is_blue_and_the_hot_is_red() -> None:
    cold, hot = heat_colours(np.array([[0.15, 0.95]], np.float32))[0].astype(int)
    assert cold[2] > cold[0]
    assert hot[0] > hot[2]


def test_where_the_map_is_zero_the_image_stays_as_it_is() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    heat = np.zeros((6, 8), np.float32)
    heat[2, 3] = 1
    over = heat_overlay(pixels, heat)
    changed = (over != pixels).any(axis=2)
    assert changed[2, 3]
    assert changed.sum() == 1


def test_a_grey_image_of_16_bits_is_shown_in_colours() -> None:
    over = heat_overlay(np.full((4, 5), 30_000, np.uint16), np.ones((4, 5), np.float32))
    assert over.shape == (4, 5, 3)
    assert over.dtype == np.uint8
