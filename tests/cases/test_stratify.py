from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import StratifiedGroupKFold

from readingroom.cases.stratify import deal_groups, missing_classes


def draw_groups(rng: np.random.Generator, groups: int, classes: int) -> np.ndarray:
    counts = np.zeros((groups, classes), np.int64)
    for group in range(groups):
        np.add.at(counts[group], rng.integers(0, classes, 2), rng.integers(1, 9, 2))
    return counts


def deviation(counts: np.ndarray, parts: np.ndarray, sizes: list[float]) -> float:
    held = np.zeros((len(sizes), counts.shape[1]))
    np.add.at(held, parts, counts)
    return float(np.abs(held / counts.sum(axis=0) - np.array(sizes)[:, None]).mean())


def keys_of(number: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).permutation(number).astype(np.uint64)


def test_equal_groups_are_dealt_exactly() -> None:
    counts = np.repeat(np.eye(3, dtype=np.int64), 20, axis=0)
    parts = deal_groups(counts, [0.7, 0.1, 0.2], keys_of(60, 0))
    for label in range(3):
        assert np.bincount(parts[counts[:, label] > 0]).tolist() == [14, 2, 4]


@pytest.mark.parametrize("seed", range(4))
def test_folds_deviate_no_more_than_those_of_scikit_learn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = draw_groups(rng, 80, 4)
    label = np.concatenate([np.repeat(np.arange(4), row) for row in counts])
    group = np.repeat(np.arange(80), counts.sum(axis=1))
    theirs = np.zeros(80, int)
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed).split(label, label, group)
    for fold, (_, test) in enumerate(folds):
        theirs[np.unique(group[test])] = fold
    ours = deal_groups(counts, [0.2] * 5, keys_of(80, seed))
    assert deviation(counts, ours, [0.2] * 5) <= deviation(counts, theirs, [0.2] * 5)


def test_another_key_deals_otherwise() -> None:
    counts = draw_groups(np.random.default_rng(0), 50, 3)
    dealt = [deal_groups(counts, [0.5, 0.5], keys_of(50, seed)) for seed in range(2)]
    assert (dealt[0] != dealt[1]).any()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(6, 40), st.integers(1, 4))
def test_the_order_of_the_groups_does_not_matter(seed: int, groups: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    counts, keys, order = draw_groups(rng, groups, classes), keys_of(groups, seed), rng.permutation(groups)
    parts = deal_groups(counts, [0.7, 0.1, 0.2], keys)
    assert (deal_groups(counts[order], [0.7, 0.1, 0.2], keys[order]) == parts[order]).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.integers(0, 30))
def test_three_groups_of_a_class_reach_all_three_parts(seed: int, others: int) -> None:
    rare = np.array([[1, 0], [2, 0], [5, 0]])
    common = np.tile([0, 3], (others + 3, 1))
    counts = np.concatenate([rare, common])
    parts = deal_groups(counts, [0.7, 0.1, 0.2], keys_of(len(counts), seed))
    assert missing_classes(counts, parts, 3) == []


def test_a_class_of_one_group_is_missing_elsewhere() -> None:
    parts = np.array([0, 0, 1])
    assert missing_classes(np.array([[1, 0], [0, 2], [3, 0]]), parts, 2) == [(1, 1)]
