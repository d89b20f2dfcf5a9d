"""Boxes in the report: FROC and average precision by lesion and patient, of tables as a run leaves them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from readingroom.core.translations import Translator
from readingroom.evaluation import average_precision, froc, match_boxes
from readingroom.report.analyses.boxed import CORNERS, BoxPerformance, FoundBoxes, box_performances
from readingroom.report.box_tables import RATES
from readingroom.report.figures.froc import draw_froc
from readingroom.report.figures.style import Pen

NAN = [np.nan] * 4


def tables() -> FoundBoxes:
    """Four images of two patients: a found twice, b missed, c clean with a false box below the threshold, d clean."""
    found = [
        ("a", "p1", 0.9, [0, 0, 10, 10], True),
        ("a", "p1", 0.8, [0, 0, 10, 9], True),
        ("b", "p1", 0.7, [50, 50, 60, 60], True),
        ("c", "p2", 0.2, [5, 5, 9, 9], False),
        ("d", "p2", np.nan, NAN, False),
        ("unknown", "p2", 0.95, [0, 0, 5, 5], True),
    ]
    rows = [
        {"reader": "r", "split": "test", "fold": 1, "repeat": 1, "image": image, "patient": patient, "score": score}
        | dict(zip(CORNERS, box, strict=True))
        | {"counted": counted}
        for image, patient, score, box, counted in found
    ]
    known = [("a", [0, 0, 10, 10]), ("b", [20, 20, 30, 30]), ("c", NAN), ("d", NAN)]
    reference = pd.DataFrame([(image, *box) for image, box in known], columns=["image", *CORNERS])
    return FoundBoxes(pd.DataFrame(rows), reference)


@pytest.fixture
def performance() -> BoxPerformance:
    (found,) = box_performances(tables(), 0.95)
    return found


def test_what_is_known_is_counted(performance: BoxPerformance) -> None:
    one = performance
    assert (one.n, one.with_lesion, one.boxes, one.lesions, one.patients) == (4, 2, 2, 2, 1)
    assert one.hit == "IoU at least 0.5"


def test_the_numbers_are_those_of_the_evaluation_room(performance: BoxPerformance) -> None:
    boxes = [[0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 60, 60], [5, 5, 9, 9]]
    marks = match_boxes(
        list("abcd"), list("aabc"), [0.9, 0.8, 0.7, 0.2], boxes,
        ["a", "b"], [[0, 0, 10, 10], [20, 20, 30, 30]], patient=[1, 1, 2, 2],
    )  # fmt: skip
    assert performance.average_precision == average_precision(marks)
    assert performance.by_lesion["0.25"] == froc(marks).by_lesion["0.25"]
    assert performance.a_patient["0.5"] == froc(marks, per="patient").by_patient["0.5"]
    assert {*RATES, "mean"} == set(performance.by_lesion) == set(performance.by_patient)
    assert performance.curve[0] == (0.0, 0.0, 0.0)
    assert performance.curve[-1] == (0.5, 0.5, 1.0)


def test_at_the_threshold_a_second_box_on_a_lesion_is_not_false(performance: BoxPerformance) -> None:
    values = {name: one.value for name, one in performance.at_threshold.items()}
    assert values == {
        "false_boxes": 0.25,
        "box_precision": 0.5,
        "image_specificity": 1.0,
        "lesion_sensitivity": 0.5,
        "patient_sensitivity": 1.0,
        "patient_false_boxes": 0.5,
        "patient_specificity": 1.0,
    }


def test_a_named_lesion_is_found_in_any_of_its_images() -> None:
    boxes = tables()
    named = boxes.found.assign(lesion=boxes.found["patient"] + "-1")
    (one,) = box_performances(FoundBoxes(named, boxes.reference), 0.95)
    assert one.lesions == 1
    assert one.at_threshold["lesion_sensitivity"].value == 1.0


def test_without_any_box_or_lesion_nothing_breaks() -> None:
    boxes = tables()
    nothing = boxes.found.assign(score=np.nan, counted=False, **dict.fromkeys(CORNERS, np.nan)).drop_duplicates("image")
    (blind,) = box_performances(FoundBoxes(nothing, boxes.reference), 0.95)
    assert blind.by_lesion["8"].value == 0.0
    assert "box_precision" not in blind.at_threshold
    clean = boxes.reference.assign(**dict.fromkeys(CORNERS, np.nan))
    (healthy,) = box_performances(FoundBoxes(boxes.found, clean), 0.95)
    assert not healthy.average_precision.defined
    assert box_performances(FoundBoxes(pd.DataFrame(), boxes.reference), 0.95) == ()


def test_the_figure_has_a_curve_and_a_ring_for_each_reader(performance: BoxPerformance) -> None:
    figure = draw_froc(Pen(Translator("en")), [performance])
    left, right = figure.axes
    assert len(left.lines) == len(right.lines) == 2
    assert left.get_ylim()[1] > 1
