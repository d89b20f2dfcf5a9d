import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import auc, delong_test, mcnemar, permutation_test


def test_exchanging_calls_gives_mcnemar_s_exact_p_value() -> None:
    # Only the discordant pairs change sign, each with chance 1/2: the binomial test.
    a, b = np.r_[np.ones(7), np.zeros(2), np.ones(3)], np.r_[np.zeros(7), np.ones(2), np.ones(3)]
    ours = permutation_test(np.ones(12), a, b, statistic="sensitivity", replicates=5000)
    assert ours.method.startswith("permutation of sensitivity, all 4096")
    assert ours.p_value == pytest.approx(mcnemar(7, 2).p_value, abs=1e-12)


def test_every_exchange_is_what_the_plain_loop_gives() -> None:
    random = np.random.default_rng(8)
    truth, a, b = np.array([0, 1] * 5), random.random(10), random.random(10)
    ranks_a, ranks_b = stats.rankdata(a), stats.rankdata(b)
    drawn = []
    for code in range(2**10):
        swap = np.array([(code >> i) & 1 for i in range(10)], dtype=bool)
        first, second = np.where(swap, ranks_b, ranks_a), np.where(swap, ranks_a, ranks_b)
        drawn.append(auc(truth, first).value - auc(truth, second).value)
    observed = auc(truth, a).value - auc(truth, b).value
    plain = np.mean(np.abs(drawn) >= abs(observed) - 1e-12)
    assert permutation_test(truth, a, b, replicates=1024).p_value == pytest.approx(plain)


def test_the_p_value_is_near_delong_s(scores) -> None:
    ours = permutation_test(scores.truth, scores.reader_a, scores.reader_b, replicates=1999)
    assert ours.p_value == pytest.approx(delong_test(scores.truth, scores.reader_a, scores.reader_b).p_value, abs=4e-3)


def test_patients_are_exchanged_as_a_whole() -> None:
    truth, a, b = [0, 1] * 6, [0, 1] * 6, [1, 0] * 6
    assert permutation_test(truth, a, b, cluster=np.arange(12) // 6).p_value == 0.5
    assert permutation_test(truth, a, b, cluster=np.arange(12)).p_value < 0.01


@given(st.integers(0, 10**6), st.sampled_from(["auc", "accuracy"]))
@settings(max_examples=20)
def test_the_test_is_symmetric(seed: int, statistic: str) -> None:
    random = np.random.default_rng(seed)
    truth = np.r_[0, 1, random.integers(0, 2, 28)]
    a, b = random.integers(0, 2, (2, 30))
    one, other = (permutation_test(truth, x, y, statistic=statistic, replicates=99) for x, y in ((a, b), (b, a)))
    assert one.p_value == other.p_value
    assert one.difference == pytest.approx(-other.difference)
    assert 0 < one.p_value <= 1


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (([0, 1], [1, 2], [1]), {}),
        (([0, 0], [1, 2], [1, 3]), {}),
        (([0, 1], [1, 2], [1, 2]), {"statistic": "f1"}),
        (([0, 0], [1, 0], [1, 0]), {"statistic": "sensitivity"}),
        (([0, 1], [0.5, 1], [1, 0]), {"statistic": "accuracy"}),
        (([0, 1], [1, 2], [1, 2]), {"replicates": 0}),
    ],
)
def test_bad_input_is_a_clear_error(arguments, options) -> None:
    with pytest.raises(EvaluationError) as caught:
        permutation_test(*arguments, **options)
    assert caught.value.field
