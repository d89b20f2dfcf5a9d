import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.weighted import WeightedArea, WeightedCallable, WeightedDifference, WeightedRatio


@given(st.integers(0, 10**6), st.floats(0.1, 0.9))
def test_the_fast_area_of_a_draw_is_the_plain_area_of_the_readings_drawn(seed: int, share: float) -> None:
    random = np.random.default_rng(seed)
    truth, score = random.random(40) < share, random.integers(0, 12, 40).astype(float)
    codes = random.integers(0, 9, 40)
    drawn = np.bincount(random.integers(0, 9, 9), minlength=9).astype(float)
    rows = np.repeat(np.arange(40), drawn[codes].astype(int))
    ours = WeightedArea(truth, score, codes, 9).of(drawn)
    if len(set(truth[rows])) < 2:
        assert np.isnan(ours)
    else:
        assert ours == pytest.approx(roc_auc_score(truth[rows], score[rows]), abs=1e-12)


@given(st.integers(0, 10**6))
def test_the_fast_ratio_of_a_draw_is_the_plain_ratio(seed: int) -> None:
    random = np.random.default_rng(seed)
    above, under, codes = random.random(30), random.random(30), random.integers(0, 6, 30)
    drawn = random.integers(0, 3, 6).astype(float)
    ours = WeightedRatio(above, under, codes, 6).of(drawn)
    plain = np.sum(drawn[codes] * under)
    assert ours == (
        pytest.approx(np.sum(drawn[codes] * above) / plain) if plain else pytest.approx(np.nan, nan_ok=True)
    )


def test_influences_add_up_to_nothing_and_follow_the_jackknife() -> None:
    random = np.random.default_rng(2)
    truth, score, codes = random.random(300) < 0.4, random.normal(size=300), np.arange(300) % 60
    fast = WeightedArea(truth, score, codes, 60)
    plain = WeightedCallable(lambda t, s: float(roc_auc_score(t, s)), (truth, score), codes, 60)
    assert fast.influence().sum() == pytest.approx(0, abs=1e-12)
    assert np.corrcoef(fast.influence(), plain.influence())[0, 1] > 0.999


def test_a_difference_is_taken_on_the_same_draw() -> None:
    one = WeightedRatio(np.array([1.0, 0.0]), np.ones(2), np.array([0, 1]), 2)
    other = WeightedRatio(np.array([0.0, 1.0]), np.ones(2), np.array([0, 1]), 2)
    both = WeightedDifference(one, other)
    assert both.of(np.array([2.0, 0.0])) == 1
    assert both.influence().tolist() == (one.influence() - other.influence()).tolist()


def test_a_function_that_is_not_defined_on_a_draw_gives_not_a_number() -> None:
    def refuse(values: np.ndarray) -> float:
        raise EvaluationError("one class only")

    codes = np.array([0, 1])
    assert np.isnan(WeightedCallable(refuse, (codes,), codes, 2).of(np.ones(2)))
    assert np.isnan(WeightedCallable(lambda values: None, (codes,), codes, 2).of(np.ones(2)))
    assert np.isnan(WeightedCallable(lambda values: 1.0, (codes,), codes, 2).of(np.zeros(2)))
