"""A statistic on two samples that share patients."""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import bootstrap, compare_samples


@pytest.fixture(scope="module")
def sample():
    draw = np.random.default_rng(5)
    truth = draw.integers(0, 3, 240)
    scores = draw.random((240, 3)) + np.eye(3)[truth] * 0.4
    return truth, scores / scores.sum(axis=1, keepdims=True), np.arange(240) // 6


def test_the_mean_area_and_the_mean_recall_agree_with_scikit_learn(sample) -> None:
    truth, scores, _ = sample
    answer = scores.argmax(axis=1)
    assert bootstrap("mean_auc", truth, scores, replicates=2).value == pytest.approx(
        roc_auc_score(truth, scores, multi_class="ovr"), abs=1e-12
    )
    assert bootstrap("mean_recall", truth, answer, replicates=2).value == pytest.approx(
        balanced_accuracy_score(truth, answer), abs=1e-12
    )


def test_the_same_sample_twice_differs_by_nothing(sample) -> None:
    truth, scores, patient = sample
    found = compare_samples("mean_auc", (truth, scores), (truth, scores), clusters=(patient, patient), replicates=50)
    assert (found.difference.value, found.difference.low, found.difference.high) == (0, 0, 0)


def test_samples_without_a_common_patient_vary_independently(sample) -> None:
    truth, scores, patient = sample
    right = (scores.argmax(axis=1) == truth).astype(float)
    apart = compare_samples("mean", (right,), (right,), clusters=(patient, patient + 1000), replicates=4000)
    alone = bootstrap("mean", right, cluster=patient, replicates=4000)
    assert apart.difference.variance == pytest.approx(2 * alone.variance, rel=0.12)


def test_a_shared_patient_is_drawn_into_both_samples_alike(sample) -> None:
    """Against a plain loop over drawn patients."""
    truth, scores, patient = sample
    right = (scores.argmax(axis=1) == truth).astype(float)
    first, second = slice(0, 180), slice(60, 240)
    found = compare_samples(
        "mean", (right[first],), (right[second],), clusters=(patient[first], patient[second]), replicates=3000
    )
    draw, values = np.random.default_rng(1), []
    for _ in range(3000):
        chosen = np.bincount(draw.integers(0, 40, 40), minlength=40)[patient]
        values.append(
            np.average(right[first], weights=chosen[first]) - np.average(right[second], weights=chosen[second])
        )
    assert found.difference.variance == pytest.approx(np.var(values), rel=0.12)
    assert (found.first.n, found.second.n) == (180, 180)


def test_scores_that_do_not_fit_the_classes_are_refused() -> None:
    with pytest.raises(EvaluationError, match="truth is no column"):
        compare_samples("mean_auc", ([0, 5], np.eye(2)), ([0, 1], np.eye(2)), clusters=([1, 2], [1, 2]))
    with pytest.raises(EvaluationError, match="one class only"):
        compare_samples("mean_auc", ([1, 1], np.eye(2)), ([0, 1], np.eye(2)), clusters=([1, 2], [1, 2]))
