"""Readers among raters: kappas of every pair against scikit-learn, and the comparison of their means."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator
from readingroom.evaluation import among_raters

GRADES = range(5)


def graded(spreads: dict[str, float], patients: int = 80, each: int = 1, seed: int = 1) -> dict[str, np.ndarray]:
    """What readers of so much error say of the same cases."""
    random = generator(seed, "raters")
    true = np.repeat(random.uniform(0, 4, patients), each)
    return {
        name: np.clip(np.rint(true + random.normal(0, spread, true.size)), 0, 4).astype(int)
        for name, spread in spreads.items()
    }


def test_the_kappa_of_every_pair_is_scikit_learns() -> None:
    raters = graded({"a": 0.6, "b": 0.8, "c": 1.0})
    found = among_raters(raters, classes=GRADES, replicates=20)
    assert len(found.pairs) == 3
    for a, b in combinations(raters, 2):
        wanted = cohen_kappa_score(raters[a], raters[b], weights="quadratic", labels=list(GRADES))
        assert found.pairs[a, b].value == pytest.approx(wanted)
    assert found.between.value == pytest.approx(np.mean([one.value for one in found.pairs.values()]))


def test_a_reader_as_good_as_the_raters_is_not_told_from_them() -> None:
    given = graded({"a": 0.7, "b": 0.7, "c": 0.7, "net": 0.7}, patients=150)
    net = given.pop("net")
    found = among_raters(given, {"net": net}, classes=GRADES, replicates=400)
    test = found.differences["net"]
    assert test.low < 0 < test.high
    assert test.p_value > 0.05


def test_a_worse_reader_agrees_less_with_raters_than_they_do() -> None:
    given = graded({"a": 0.5, "b": 0.5, "net": 1.8})
    net = given.pop("net")
    found = among_raters(given, {"net": net}, classes=GRADES, replicates=400)
    assert found.differences["net"].high < 0
    mean = (found.pairs["net", "a"].value + found.pairs["net", "b"].value) / 2
    assert found.with_raters["net"].value == pytest.approx(mean)
    assert found.differences["net"].difference == pytest.approx(mean - found.between.value)


def test_equal_readers_differ_at_about_the_stated_rate() -> None:
    rejected = 0
    for seed in range(40):
        given = graded({"a": 0.7, "b": 0.7, "c": 0.7, "net": 0.7}, patients=50, seed=seed)
        net = given.pop("net")
        rejected += among_raters(given, {"net": net}, classes=GRADES, replicates=120).differences["net"].p_value < 0.05
    assert rejected <= 6


def test_patients_with_several_images_are_drawn_whole() -> None:
    once = graded({"a": 0.7, "b": 0.7}, patients=40)
    twice = {name: np.repeat(given, 4) for name, given in once.items()}
    clustered = among_raters(twice, classes=GRADES, cluster=np.repeat(np.arange(40), 4), replicates=300)
    plain = among_raters(once, classes=GRADES, replicates=300)
    assert (clustered.between.low, clustered.between.high) == pytest.approx((plain.between.low, plain.between.high))


def test_one_patient_alone_has_no_intervals() -> None:
    raters = {"a": [0, 1, 2], "b": [0, 2, 2]}
    found = among_raters(raters, {"net": [0, 1, 2]}, classes=GRADES, cluster=["p"] * 3, replicates=5)
    assert found.between.low is None
    assert not found.differences["net"].defined


@pytest.mark.parametrize(
    ("raters", "readers"), [({"a": [0, 1]}, {}), ({"a": [0, 1], "b": [0, 1]}, {"a": [0, 1]})], ids=["one", "namesake"]
)
def test_fewer_than_two_raters_and_namesakes_are_refused(
    raters: dict[str, list[int]], readers: dict[str, list[int]]
) -> None:
    with pytest.raises(EvaluationError, match="two raters or more"):
        among_raters(raters, readers, classes=GRADES)
