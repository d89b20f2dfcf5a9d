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


def test_labels_never_leave_their_part_and_those_of_the_test_part_stay() -> None:
    targets, groups = np.arange(60) // 20, np.arange(60)
    dealt = deal_labels(targets, groups, (np.arange(20), np.arange(20, 40)), seed=2)
    np.testing.assert_array_equal(dealt, targets)


def test_the_same_seed_deals_the_same_labels_and_another_one_others() -> None:
    targets, groups = _cohort()
    one, same, other = (deal_labels(targets, groups, (np.arange(600),), seed=seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
