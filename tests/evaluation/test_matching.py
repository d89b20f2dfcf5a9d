import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import box_iou, match_boxes

SQUARE = [0, 0, 10, 10]


def test_each_mark_takes_the_free_box_that_it_fits_best() -> None:
    boxes = [SQUARE, [0, 0, 10, 12]]
    found = match_boxes(["a"], ["a"] * 3, [0.7, 0.9, 0.8], [[0, 0, 10, 12]] * 3, ["a"] * 2, boxes)
    assert found.hit.tolist() == [-1, 1, 0]
    assert found.repeat.tolist() == [True, False, False]


def test_a_mark_never_hits_a_box_of_another_image() -> None:
    found = match_boxes(["a", "b"], ["a"], [0.7], [SQUARE], ["b"], [SQUARE])
    assert found.hit.tolist() == [-1]
    assert not found.repeat.any()


def test_the_overlap_asked_for_is_enough() -> None:
    for at_least, hit in ((0.8, 0), (0.81, -1)):
        found = match_boxes(["a"], ["a"], [0.7], [[0, 0, 10, 8]], ["a"], [SQUARE], at_least=at_least)
        assert found.hit.tolist() == [hit]


def test_a_cad_mark_hits_the_box_that_it_lies_in_or_on_the_edge_of() -> None:
    marks = [[5, 5, 5, 5], [10, 10, 10, 10], [11, 5, 11, 5]]
    found = match_boxes(
        ["a", "b", "c"], ["a", "b", "c"], [1, 1, 1], marks, ["a", "b", "c"], [SQUARE] * 3, rule="centre"
    )
    assert found.hit.tolist() == [0, 1, -1]


def test_of_boxes_in_one_another_a_mark_hits_the_one_whose_centre_is_nearest() -> None:
    found = match_boxes(["a"], ["a"], [1], [[2, 2, 4, 4]], ["a"] * 2, [SQUARE, [1, 1, 5, 5]], rule="centre")
    assert found.hit.tolist() == [1]


def test_a_lesion_of_several_images_is_one_and_its_name_is_its_patients() -> None:
    found = match_boxes(
        ["a", "b", "c"], [], [], [], ["a", "b", "c"], [SQUARE] * 3, patient=["p", "p", "q"], lesion=["x", "x", "x"]
    )
    assert found.box_lesion.tolist() == [0, 0, 1]
    assert found.patient.tolist() == [0, 0, 1]


def test_neither_marks_nor_boxes_are_needed() -> None:
    found = match_boxes(["a"], [], [], [], [], [])
    assert found.hit.size == found.box_image.size == 0


def plainly(marks, boxes, at_least: float) -> list[int]:
    """Marks, given by falling score, of one image."""
    free, hit = set(range(len(boxes))), []
    for mark in marks:
        fits = {b: box_iou([mark], [boxes[b]])[0] for b in sorted(free)}
        best = max(fits, key=fits.get, default=None)
        hit.append(best if best is not None and fits[best] >= at_least else -1)
        free -= {hit[-1]}
    return hit


@given(st.integers(0, 10**6))
def test_many_images_at_once_are_each_matched_plainly(seed: int) -> None:
    random = np.random.default_rng(seed)
    image, box_image = random.integers(0, 4, 30), random.integers(0, 4, 12)
    marks, boxes = (np.sort(random.random((n, 2, 2)), axis=1).reshape(n, 4) for n in (30, 12))
    score = random.permutation(30)
    found = match_boxes(range(4), image, score, marks, box_image, boxes, at_least=0.1)
    for one in range(4):
        mine, theirs = np.flatnonzero(image == one), np.flatnonzero(box_image == one)
        mine = mine[np.argsort(-score[mine])]
        expected = plainly(marks[mine], boxes[theirs], 0.1)
        assert found.hit[mine].tolist() == [theirs[b] if b >= 0 else -1 for b in expected]


def test_the_overlap_of_boxes_without_area_is_none() -> None:
    assert box_iou([[1, 1, 1, 1]], [[1, 1, 1, 1]]).tolist() == [0]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"images": []}, "images"),
        ({"images": ["a", "a"]}, "images"),
        ({"mark_image": ["z"]}, "mark_image"),
        ({"reference_image": ["z"]}, "reference_image"),
        ({"mark_image": ["a", "a"]}, "box"),
        ({"score": [np.nan]}, "score"),
        ({"box": [[5, 0, 1, 1]]}, "box"),
        ({"box": [1, 2, 3, 4]}, "box"),
        ({"box": [[1, 2, 3]]}, "box"),
        ({"box": [[1, 2, 3, 4], [1, 2]]}, "box"),
        ({"box": [["left", 0, 1, 1]]}, "box"),
        ({"reference_box": [[0, 0, np.inf, 1]]}, "reference_box"),
        ({"rule": "touch"}, "rule"),
        ({"at_least": 0}, "at_least"),
        ({"patient": ["p", "q"]}, "images"),
        ({"lesion": ["x", "y"]}, "lesion"),
    ],
)
def test_bad_marks_are_a_clear_error(changed, field: str) -> None:
    good = {
        "images": ["a"], "mark_image": ["a"], "score": [1], "box": [SQUARE],
        "reference_image": ["a"], "reference_box": [SQUARE],
    }  # fmt: skip
    with pytest.raises(EvaluationError) as caught:
        match_boxes(**{**good, **changed})
    assert caught.value.field == field
    assert caught.value.fix
