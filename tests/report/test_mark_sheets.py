"""Sheets of marks: what was missed first, and circles where lesions and marks cut the slice."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from readingroom.cases.images import ImageFacts
from readingroom.cases.stacks.choice import parse_stack
from readingroom.cases.stacks.stack import LoadedStack
from readingroom.cases.window import GivenWindow
from readingroom.core.translations import Translator
from readingroom.report.analyses.boxed import FoundBoxes, box_performances
from readingroom.report.mark_sheets import Looked, Slice, choose, mark_sheets

SAY = Translator("en")
REFERENCE = pd.DataFrame(
    [("a", 0, 0, 0, 2.0), ("a", 30, 0, 0, 5.0), ("b", 0, 0, 0, 3.0), ("c", np.nan, np.nan, np.nan, np.nan)],
    columns=["image", "x_mm", "y_mm", "z_mm", "radius_mm"],
)


def marks(*rows: tuple[str, float, float, bool]) -> FoundBoxes:
    """Marks on the x axis: image, x, score, counted."""
    frame = pd.DataFrame(rows, columns=["image", "x_mm", "score", "counted"])
    given = {"y_mm": 0.0, "z_mm": 0.0, "reader": "heat", "split": "test", "fold": 1, "repeat": 1}
    frame = frame.assign(patient=frame["image"], **given)
    frame.loc[frame["score"].isna(), ["x_mm", "y_mm", "z_mm"]] = np.nan
    return FoundBoxes(frame, REFERENCE, form="points", hit_mm=3.0)


FOUND = marks(
    ("a", 1.0, 0.9, True), ("a", 60.0, 0.4, True), ("b", 1.0, 0.2, False), ("c", 5.0, 0.8, True), ("c", 9.0, 0.7, True)
)


def test_missed_lesions_come_first_then_those_found_then_the_surest_false_mark_of_each_volume() -> None:
    said = [(one.image, one.said) for one in choose(FOUND.found, FOUND, SAY)]
    assert said == [
        ("a", "10.0 mm: missed"),
        ("b", "6.0 mm: missed"),
        ("a", "4.0 mm: found"),
        ("c", "false mark, score 0.80"),
    ]


def test_performance_counts_scans_without_a_lesion_and_lesions_by_size() -> None:
    (found,) = box_performances(FOUND, 0.95)
    assert (found.form, found.n, found.with_lesion, found.lesions, found.patients) == ("points", 3, 2, 3, 2)
    assert found.at_threshold["false_boxes"].value == 1.0
    assert found.at_threshold["lesion_sensitivity"].value == pytest.approx(1 / 3)
    assert found.by_lesion["0.5"].value == pytest.approx(1 / 3)
    assert found.by_lesion["1"].value == pytest.approx(2 / 3)
    assert [(one.low_mm, one.lesions, one.found.value) for one in found.by_size] == [(4, 1, 1), (6, 1, 0), (10, 1, 0)]
    assert "within 3 mm" in found.hit


def stack_of(shape: tuple[int, int, int]) -> LoadedStack:
    volume = np.random.default_rng(1).integers(0, 100, shape).astype(np.int16)
    affine = np.array([[0, 0, 0.5, -10], [0, 1.0, 0, -20], [2.0, 0, 0, 30], [0, 0, 0, 1]])
    return LoadedStack(volume, ImageFacts("NIfTI", shape[2], shape[1], 1, 16), affine=affine)


def test_a_ball_is_a_circle_where_it_cuts_the_slice_in_millimetres() -> None:
    found = Slice.through(stack_of((20, 60, 120)), (0.0, 0.0, 50.0), GivenWindow(centre=50, width=100))
    assert found.plane == 10
    through, beside = found.ring(np.array([0.0, 0, 50]), 6.0), found.ring(np.array([0.0, 0, 54]), 6.0)
    assert through is not None
    assert beside is not None
    assert through.area_px * found.mm_px**2 == pytest.approx(np.pi * 36, rel=0.1)
    assert beside.area_px * found.mm_px**2 == pytest.approx(np.pi * (36 - 16), rel=0.1)
    assert found.ring(np.array([0.0, 0, 60]), 6.0) is None


def test_near_an_edge_the_picture_stays_within_the_volume() -> None:
    found = Slice.through(stack_of((20, 200, 400)), (-9.0, -19.0, 30.0), GivenWindow(centre=50, width=100))
    assert found.corner == pytest.approx([0, 0])
    assert found.pixels.any(axis=1).all()


def test_volumes_that_are_not_at_hand_any_more_give_no_sheet(tmp_path: Path) -> None:
    stack = parse_stack({"kind": "volume", "spacing": [1, 1, 1], "around": "whole"})
    assert mark_sheets(FOUND, "test", Looked(tmp_path, stack, "percentiles"), tmp_path, SAY) == []
