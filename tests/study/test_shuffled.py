"""Labels dealt at random: whole patients, within their part, and never the test part."""

from __future__ import annotations

import numpy as np

from readingroom.study.shuffled import deal_boxes, deal_labels
from readingroom.training.boxing import PreparedBoxes


def _cohort() -> tuple[np.ndarray, np.ndarray]:
    groups = np.repeat(np.arange(200), 3)
    return np.repeat(np.arange(200) % 2, 3), groups


def test_images_of_a_patient_keep_one_label_and_the_shares_of_the_classes_stay() -> None:
    targets, groups = _cohort()
    dealt = deal_labels(targets, groups, (np.arange(600),), seed=1)
    assert all(len(set(dealt[groups == group])) == 1 for group in range(200))
    assert dealt.sum() == targets.sum()


def test_dealt_labels_tell_nothing_of_the_true_ones() -> None:
    targets, groups = _cohort()
    for seed in range(20):
        right = deal_labels(targets, groups, (np.arange(600),), seed=seed) == targets
        assert abs(right[targets == 0].mean() - 0.5) <= 0.02
        assert abs(right[targets == 1].mean() - 0.5) <= 0.02


def test_patients_of_rare_classes_are_dealt_the_shares_of_all() -> None:
    targets = np.repeat([0, 1, 2], [60, 30, 10])
    dealt = deal_labels(targets, np.arange(100), (np.arange(100),), seed=1)
    for own in (0, 1, 2):
        shares = np.bincount(dealt[targets == own], minlength=3) / (targets == own).sum()
        np.testing.assert_allclose(shares, [0.6, 0.3, 0.1], atol=0.11)


def test_among_few_patients_too_the_dealt_labels_agree_with_the_truth_by_half() -> None:
    targets, groups = np.arange(40) % 2, np.arange(40)
    wrong = [(deal_labels(targets, groups, (np.arange(40),), seed=seed) != targets).mean() for seed in range(20)]
    assert min(wrong) >= 0.4
    assert max(wrong) <= 0.6


def test_labels_never_leave_their_part_and_those_of_the_test_part_stay() -> None:
    targets, groups = np.arange(60) // 20, np.arange(60)
    dealt = deal_labels(targets, groups, (np.arange(20), np.arange(20, 40)), seed=2)
    np.testing.assert_array_equal(dealt, targets)


def test_the_same_seed_deals_the_same_labels_and_another_one_others() -> None:
    targets, groups = _cohort()
    one, same, other = (deal_labels(targets, groups, (np.arange(600),), seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_boxes_are_dealt_among_images_of_one_size_of_a_part() -> None:
    rows = tuple(np.full((1, 4), float(place)) if place % 3 else np.empty((0, 4)) for place in range(120))
    sizes = [(64, 48) if place % 2 else (32, 32) for place in range(120)]
    parts = np.arange(60), np.arange(60, 90)
    dealt = deal_boxes(PreparedBoxes(rows, 64), sizes, parts, seed=1).rows
    come_from = {place: int(boxes[0, 0]) for place, boxes in enumerate(dealt) if boxes is not None and len(boxes)}
    assert all(sizes[place] == sizes[other] for place, other in come_from.items())
    assert all((place < 60) == (other < 60) for place, other in come_from.items() if place < 90)
    assert np.mean([place == other for place, other in come_from.items() if place < 90]) < 0.15
    assert sorted(come_from.values()) == [place for place in range(120) if place % 3]
    assert all(come_from[place] == place for place in range(90, 120) if place % 3)


def test_boxes_of_images_whose_size_is_their_own_are_dealt_as_well() -> None:
    rows = tuple(np.full((1, 4), float(place)) for place in range(50))
    dealt = deal_boxes(PreparedBoxes(rows, 64), [(place, 9) for place in range(50)], (np.arange(50),), seed=3).rows
    moved = [boxes is not None and boxes[0, 0] != place for place, boxes in enumerate(dealt)]
    assert np.mean(moved) > 0.8
