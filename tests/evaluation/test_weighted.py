import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from readingroom.core.errors import EvaluationError
from readingroom.evaluation.kappa import WEIGHTS, distances
from readingroom.evaluation.weighted import (
    WeightedArea,
    WeightedCallable,
    WeightedDifference,
    WeightedKappa,
    WeightedRatio,
    WeightedTotals,
)


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
    ours = WeightedRatio(WeightedTotals(np.stack([above, under]), codes, 6), [1, 0], [0, 1]).of(drawn)
    plain = np.sum(drawn[codes] * under)
    assert ours == (
        pytest.approx(np.sum(drawn[codes] * above) / plain) if plain else pytest.approx(np.nan, nan_ok=True)
    )


def kappa_of(a: np.ndarray, b: np.ndarray, weights: str, codes: np.ndarray, count: int) -> WeightedKappa:
    cells = np.zeros((16, a.size))
    cells[a * 4 + b, np.arange(a.size)] = 1
    return WeightedKappa(WeightedTotals(cells, codes, count), WEIGHTS[weights](distances(4), 4))


@pytest.mark.parametrize("weights", ["linear", "quadratic"])
def test_the_fast_kappa_of_a_draw_is_the_plain_kappa_of_the_readings_drawn(weights: str) -> None:
    random = np.random.default_rng(7)
    a, codes = random.integers(0, 4, 60), np.arange(60) % 12
    b = np.clip(a + random.integers(-1, 2, 60), 0, 3)
    for _ in range(20):
        drawn = np.bincount(random.integers(0, 12, 12), minlength=12).astype(float)
        rows = np.repeat(np.arange(60), drawn[codes].astype(int))
        plain = cohen_kappa_score(a[rows], b[rows], weights=weights, labels=range(4))
        assert kappa_of(a, b, weights, codes, 12).of(drawn) == pytest.approx(plain, abs=1e-12)
    assert np.isnan(kappa_of(a * 0, b * 0, weights, codes, 12).of(np.ones(12)))
    assert np.isnan(kappa_of(a, b, weights, codes, 12).of(np.zeros(12)))


def test_the_influence_of_kappa_adds_up_to_nothing_and_follows_the_jackknife() -> None:
    random = np.random.default_rng(3)
    a = random.integers(0, 4, 400)
    b = np.clip(a + random.integers(-1, 2, 400), 0, 3)
    fast = kappa_of(a, b, "quadratic", np.arange(400) % 80, 80)
    plain = WeightedCallable(
        lambda x, y: float(cohen_kappa_score(x, y, weights="quadratic")), (a, b), np.arange(400) % 80, 80
    )
    assert fast.influence().sum() == pytest.approx(0, abs=1e-9)
    assert np.corrcoef(fast.influence(), plain.influence())[0, 1] > 0.999


def test_influences_add_up_to_nothing_and_follow_the_jackknife() -> None:
    random = np.random.default_rng(2)
    truth, score, codes = random.random(300) < 0.4, random.normal(size=300), np.arange(300) % 60
    fast = WeightedArea(truth, score, codes, 60)
    plain = WeightedCallable(lambda t, s: float(roc_auc_score(t, s)), (truth, score), codes, 60)
    assert fast.influence().sum() == pytest.approx(0, abs=1e-12)
    assert np.corrcoef(fast.influence(), plain.influence())[0, 1] > 0.999


def test_a_difference_is_taken_on_the_same_draw() -> None:
    totals = WeightedTotals(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]), np.array([0, 1]), 2)
    one, other = (WeightedRatio(totals, above, [0, 0, 1]) for above in ([1, 0, 0], [0, 1, 0]))
    both = WeightedDifference(one, other)
    assert both.of(np.array([2.0, 0.0])) == 1
    assert both.influence().tolist() == (one.influence() - other.influence()).tolist()


def test_ratios_that_share_totals_follow_each_draw() -> None:
    totals = WeightedTotals(np.array([[1.0, 0.0, 2.0], [1.0, 1.0, 3.0]]), np.arange(3), 3)
    first, second = WeightedRatio(totals, [1, 0], [0, 1]), WeightedRatio(totals, [0, 1], [1, 1])
    for drawn in (np.array([3.0, 0.0, 0.0]), np.array([0.0, 1.0, 2.0]), np.ones(3)):
        above, below = np.array([1, 0, 2]) @ drawn, np.array([1, 1, 3]) @ drawn
        assert first.of(drawn) == above / below
        assert second.of(drawn) == below / (above + below)


def test_a_function_that_is_not_defined_on_a_draw_gives_not_a_number() -> None:
    def refuse(values: np.ndarray) -> float:
        raise EvaluationError("one class only")

    codes = np.array([0, 1])
    assert np.isnan(WeightedCallable(refuse, (codes,), codes, 2).of(np.ones(2)))
    assert np.isnan(WeightedCallable(lambda values: None, (codes,), codes, 2).of(np.ones(2)))
    assert np.isnan(WeightedCallable(lambda values: 1.0, (codes,), codes, 2).of(np.zeros(2)))
