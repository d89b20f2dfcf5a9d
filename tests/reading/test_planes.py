"""Planes: what each is called, and strips that show what each counted."""

from __future__ import annotations

import numpy as np

from readingroom.cases.stacks.choice import FrameStack, ViewStack
from readingroom.reading.overlay import READER_COLOURS
from readingroom.reading.planes import draw_strip, plane_names, weighed

BLUE = np.array(READER_COLOURS[0])


def planes(count: int, absent: tuple[int, ...] = ()) -> np.ndarray:
    made = np.full((count, 16, 16, 3), 90, np.uint8)
    made[list(absent)] = 0
    return made


def framed(strip: np.ndarray) -> int:
    """How many planes have a frame, by the colour at the left edge of each."""
    cells = strip[40, 1::92]
    return int((np.abs(cells.astype(int) - BLUE).sum(axis=1) < 30).sum())


def test_frames_are_numbered_and_planes_of_views_carry_their_names() -> None:
    assert plane_names(FrameStack(kind="frames", planes=3)) == ["1", "2", "3"]
    assert plane_names(ViewStack(kind="views", names=("ap", "lateral"))) == ["ap", "lateral"]


def test_planes_that_are_not_there_have_no_row_and_no_picture() -> None:
    stack = FrameStack(kind="frames", planes=4)
    table = weighed(stack, planes(4, absent=(2,)), np.array([0.5, 0.3, 0.0, 0.2], np.float32))
    assert table["plane"].tolist() == [1, 2, 4]
    assert draw_strip(planes(4, absent=(2,)), [0.5, 0.3, 0.0, 0.2]).shape[1] == 3 * 92


def test_the_highest_planes_are_framed_and_none_where_all_weigh_alike() -> None:
    assert framed(draw_strip(planes(6), [0.4, 0.3, 0.2, 0.05, 0.03, 0.02])) == 3
    assert framed(draw_strip(planes(6), [1 / 6] * 6)) == 0


def test_many_planes_stand_in_even_rows() -> None:
    strip = draw_strip(planes(20), [0.05] * 20, columns=8)
    assert strip.shape[:2] == (3 * 118, 7 * 92)
    assert draw_strip(planes(15), [0.05] * 15).shape[:2] == (2 * 118, 8 * 92)
