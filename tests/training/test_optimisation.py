import numpy as np
import pytest

from readingroom.training.optimisation import class_weights, epoch_order, rate_at
from readingroom.training.recipe import TrainingSection


def test_schedules_start_at_the_rate_and_end_where_they_should() -> None:
    for name, end in (("constant", 0.1), ("cosine", 0.0), ("step", 0.001)):
        recipe = TrainingSection(rate=0.1, epochs=10, schedule=name)
        assert rate_at(recipe, 0, 10) == pytest.approx(0.1)
        assert rate_at(recipe, 99, 10) == pytest.approx(end, abs=1e-4)


def test_the_rate_rises_over_the_warm_up() -> None:
    recipe = TrainingSection(rate=0.1, epochs=10, warmup=2)
    rates = [rate_at(recipe, step, 5) for step in range(12)]
    assert rates[:10] == pytest.approx([0.01 * step for step in range(1, 11)])
    assert rates[10:] == pytest.approx([0.1, 0.1])


def test_class_weights_are_inverse_to_frequency_and_of_mean_one_over_the_images() -> None:
    targets = np.array([0, 0, 0, 1])
    weights = class_weights(targets, 2)
    assert weights[1] == pytest.approx(3 * weights[0])
    assert weights[targets].mean() == pytest.approx(1.0)


def test_an_epoch_visits_every_image_once_in_an_order_of_its_own() -> None:
    targets, recipe = np.zeros(50, dtype=np.int64), TrainingSection()
    first, second = (epoch_order(targets, recipe, 7, epoch) for epoch in (0, 1))
    assert sorted(first) == sorted(second) == list(range(50))
    assert first.tolist() != second.tolist()
    assert first.tolist() == epoch_order(targets, recipe, 7, 0).tolist()


def test_balanced_sampling_draws_every_class_equally_often() -> None:
    targets = np.array([0] * 900 + [1] * 100)
    order = epoch_order(targets, TrainingSection(balance="sampling"), 7, 0)
    assert targets[order].mean() == pytest.approx(0.5, abs=0.05)
