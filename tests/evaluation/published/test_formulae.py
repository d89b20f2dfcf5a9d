"""Areas, means and misses."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.evaluation import auc, confusion
from readingroom.evaluation.published import area_limits, label_area, largest_class, misses, read_printed, top1_of_mean
from readingroom.evaluation.published.formulae import Span


def at(value: str) -> Span:
    return Fraction(value), Fraction(value)


@pytest.mark.parametrize(("mean", "top1"), [("97.60%", 0.640), ("99.34%", 0.901)])
def test_a_mean_accuracy_over_thirty_sites_fixes_the_top1_accuracy(mean: str, top1: float) -> None:
    low, high = top1_of_mean(read_printed(mean).limits(cut=False), 30)
    assert float(low) < top1 < float(high)
    assert float(high - low) == pytest.approx(0.0015)


@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_top1_from_the_mean_is_the_share_of_right_answers(classes: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, answer = random.integers(0, classes, (2, 50))
    table = confusion(truth, answer, range(classes))
    rests = [table.one_against_rest(name) for name in range(classes)]
    mean = Fraction(sum(tp + tn for tp, _, _, tn in rests), 50 * classes)
    right = int((truth == answer).sum())
    assert top1_of_mean((mean, mean), classes) == (Fraction(right, 50),) * 2
    assert misses((mean, mean), classes, 50) == (50 - right, 50 - right)


def test_the_area_of_labels_is_what_an_auc_of_calls_gives() -> None:
    truth, call = [1] * 5 + [0] * 10, [1] * 4 + [0] * 9 + [1] * 2
    area = label_area(at("4/5"), at("4/5"))
    assert float(area[0]) == pytest.approx(auc(truth, call).value)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=4, max_size=40))
def test_every_auc_lies_within_the_limits_of_its_operating_points(readings: list[tuple[bool, int]]) -> None:
    truth, score = np.array([t for t, _ in readings]), np.array([s for _, s in readings])
    if truth.all() or not truth.any():
        return
    area = auc(truth, score).value
    assert area is not None
    for threshold in range(7):
        sensitivity = Fraction(int((score[truth] >= threshold).sum()), int(truth.sum()))
        specificity = Fraction(int((score[~truth] < threshold).sum()), int((~truth).sum()))
        low, high = area_limits((sensitivity,) * 2, (specificity,) * 2)
        assert float(low) - 1e-12 <= area <= float(high) + 1e-12


def test_a_mean_sensitivity_that_leaves_too_few_misses_needs_a_very_large_class() -> None:
    missed = misses(read_printed("99.34%").limits(cut=False), 30, 2119)
    assert [round(float(m), 1) for m in missed] == [208.2, 211.4]
    needed = largest_class(read_printed("99.57%").limits(cut=False), missed, 30)
    assert needed is not None
    assert round(float(needed)) == 1595
    assert largest_class(at("1"), missed, 30) is None
