"""Labels dealt at random: whole patients, within their part, and never the test part."""

from __future__ import annotations

import numpy as np

from readingroom.study.shuffled import deal_labels


def _cohort() -> tuple[np.ndarray, np.ndarray]:
    groups = np.repeat(np.arange(200), 3)
    return np.repeat(np.arange(200) % 2, 3), groups


def test_images_of_a_patient_keep_one_label_and_the_shares_of_the_classes_stay() -> None:
    targets, groups = _cohort()
    dealt = deal_labels(targets, groups, (np.arange(600),), seed=1)
    assert all(len(set(dealt[groups == group])) == 1 for group in range(200))
    assert dealt.sum() == targets.sum()


def test_about_half_of_balanced_labels_are_wrong_afterwards() -> None:
    targets, groups = _cohort()
    wrong = [(deal_labels(targets, groups, (np.arange(600),), seed=seed) != targets).mean() for seed in range(20)]
    assert 0.45 < np.mean(wrong) < 0.55


def test_labels_never_leave_their_part_and_those_of_the_test_part_stay() -> None:
    targets, groups = np.arange(60) // 20, np.arange(60)
    dealt = deal_labels(targets, groups, (np.arange(20), np.arange(20, 40)), seed=2)
    np.testing.assert_array_equal(dealt, targets)


def test_the_same_seed_deals_the_same_labels_and_another_one_others() -> None:
    targets, groups = _cohort()
    one, same, other = (deal_labels(targets, groups, (np.arange(600),), seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
