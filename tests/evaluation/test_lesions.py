import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import (
    LesionOutcome,
    clustered_proportion,
    lesion_outcome,
    overlap,
    proportion,
    summarise_lesions,
)

EMPTY = np.zeros((20, 20), dtype=bool)


def drawn(*boxes: tuple[int, int, int, int], dtype: type = int) -> np.ndarray:
    """A mask with a label for each box x0, y0, x1, y1."""
    mask = np.zeros((20, 20), dtype=dtype)
    for label, (x0, y0, x1, y1) in enumerate(boxes, start=1):
        mask[y0:y1, x0:x1] = label
    return mask


def test_any_part_of_a_lesion_is_enough() -> None:
    reference, prediction = drawn((0, 0, 10, 10)), drawn((9, 9, 15, 15)) > 0
    assert lesion_outcome(reference, prediction).found == (True,)
    assert lesion_outcome(reference, prediction).false_outlines == 0
    strict = lesion_outcome(reference, prediction, rule="iou")
    assert (strict.found, strict.false_outlines) == ((False,), 1)
    assert strict.iou == pytest.approx((1 / 135,))


def test_an_outline_over_two_lesions_finds_both_by_any_part_and_one_by_overlap() -> None:
    reference, prediction = drawn((0, 0, 10, 10), (10, 0, 20, 10)), drawn((0, 0, 20, 10))
    assert lesion_outcome(reference, prediction).found == (True, True)
    assert lesion_outcome(reference, prediction, rule="iou", at_least=0.4).found == (True, False)


def test_labels_keep_their_numbers_and_parts_of_a_label_are_one_lesion() -> None:
    reference = drawn((0, 0, 4, 4), (5, 5, 9, 9)) * 7
    reference[15:, 15:] = 7
    outcome = lesion_outcome(reference, drawn((16, 16, 18, 18)))
    assert (outcome.lesions, outcome.found) == ((7, 14), (True, False))


def test_of_booleans_each_connected_part_is_one_and_corners_connect() -> None:
    mask = np.eye(20, dtype=bool)
    mask[19, 0] = True
    outcome = lesion_outcome(mask, mask)
    assert (outcome.lesions, outcome.outlines) == ((1, 2), 2)
    assert outcome.iou == (1, 1)


def test_a_mask_without_a_pixel_outside_is_read() -> None:
    outcome = lesion_outcome(np.ones((4, 4), dtype=np.uint8), np.ones((4, 4), dtype=bool))
    assert outcome == LesionOutcome((1,), (True,), (1.0,), 1, 0)


@pytest.mark.parametrize("rule", ["any part", "iou"])
def test_empty_masks_find_nothing_and_miss_nothing(rule: str) -> None:
    assert lesion_outcome(EMPTY, EMPTY, rule=rule) == LesionOutcome((), (), (), 0, 0)
    assert lesion_outcome(EMPTY, drawn((0, 0, 3, 3), (5, 5, 9, 9)), rule=rule) == LesionOutcome((), (), (), 2, 2)
    assert lesion_outcome(drawn((0, 0, 3, 3)), EMPTY, rule=rule) == LesionOutcome((1,), (False,), (0.0,), 0, 0)


@given(st.integers(0, 10**6))
def test_the_overlap_of_each_pair_is_that_of_the_overlap_measures(seed: int) -> None:
    random = np.random.default_rng(seed)
    reference, prediction = (random.integers(0, 4, (12, 12)) for _ in range(2))
    outcome = lesion_outcome(reference, prediction)
    for label, iou in zip(outcome.lesions, outcome.iou, strict=True):
        pairs = [overlap(reference == label, prediction == other).iou for other in np.unique(prediction) if other]
        assert iou == pytest.approx(max(pairs))


def outcome(found: list[bool], false: int = 0) -> LesionOutcome:
    labels = tuple(range(1, len(found) + 1))
    return LesionOutcome(labels, tuple(found), tuple(map(float, found)), sum(found) + false, false)


SEEN = [outcome([True]), outcome([False]), outcome([False, True]), outcome([], 3), outcome([]), outcome([], 1)]
LESION = ["x", "x", {1: "y", 2: "z"}, None, None, None]


def test_a_lesion_is_found_where_any_one_of_its_images_finds_it() -> None:
    table = summarise_lesions(SEEN, lesion=LESION, replicates=50)
    assert table.lesion_sensitivity == proportion(2, 3)
    assert table.view_sensitivity == proportion(2, 4)
    assert table.image_sensitivity == proportion(2, 3)
    assert table.image_specificity == proportion(1, 3)
    assert table.false_outlines.value == pytest.approx(4 / 3)
    assert table.false_outlines_beside.value == 0
    assert table.counts == {"images": 6, "images_with_lesion": 3, "lesions": 3, "outlines": 6}


def test_without_names_each_label_of_each_image_is_a_lesion() -> None:
    table = summarise_lesions(SEEN, replicates=10)
    assert table.lesion_sensitivity == table.view_sensitivity == proportion(2, 4)


def test_one_name_in_two_patients_is_two_lesions() -> None:
    table = summarise_lesions([outcome([True]), outcome([False])], lesion=[1, 1], patient=["p", "q"], replicates=10)
    assert table.lesion_sensitivity.value == 0.5


def test_with_patients_intervals_count_them() -> None:
    patient = ["p", "p", "q", "q", "r", "s"]
    table = summarise_lesions(SEEN, lesion=LESION, patient=patient, replicates=50)
    assert table.view_sensitivity == clustered_proportion([1, 0, 0, 1], ["p", "p", "q", "q"])
    assert table.image_specificity == clustered_proportion([0, 1, 0], ["q", "r", "s"])
    assert "3 clusters" in table.image_specificity.note
    assert "bootstrap" in table.false_outlines.method


def test_what_the_images_do_not_hold_is_not_defined() -> None:
    ill, healthy = summarise_lesions([outcome([True])] * 2), summarise_lesions([outcome([])] * 2, patient=[1, 2])
    assert ill.image_specificity.value is ill.false_outlines.value is None
    assert healthy.lesion_sensitivity.value is healthy.image_sensitivity.value is None
    assert healthy.lesion_sensitivity.note == "no lesion"
    assert healthy.image_specificity.value == 1


@pytest.mark.parametrize(
    ("reference", "prediction", "options", "field"),
    [
        (EMPTY, np.zeros((20, 21), dtype=bool), {}, "prediction"),
        (np.zeros(4, dtype=int), EMPTY, {}, "reference"),
        (np.zeros((0, 4), dtype=int), EMPTY, {}, "reference"),
        (np.full((20, 20), 0.5), EMPTY, {}, "reference"),
        (np.full((20, 20), -1), EMPTY, {}, "reference"),
        (np.full((20, 20), "a"), EMPTY, {}, "reference"),
        (EMPTY, EMPTY, {"rule": "half"}, "rule"),
        (EMPTY, EMPTY, {"at_least": 0}, "at_least"),
    ],
)
def test_bad_masks_are_a_clear_error(reference, prediction, options, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        lesion_outcome(reference, prediction, **options)
    assert caught.value.field == field
    assert caught.value.fix


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"lesion": ["x"]}, "lesion"),
        ({"lesion": ["x", "x", {1: "y"}, None, None, None]}, "lesion"),
        ({"lesion": [None] * 6}, "lesion"),
        ({"patient": ["p"]}, "outcomes"),
        ({"level": 95}, "level"),
    ],
)
def test_lesions_that_cannot_be_told_apart_are_a_clear_error(options, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        summarise_lesions(SEEN, **options)
    assert caught.value.field == field


def test_no_images_are_refused() -> None:
    with pytest.raises(EvaluationError, match="no images"):
        summarise_lesions([])
