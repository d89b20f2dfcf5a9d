"""Grades against the reference, and reader against reader: against scikit-learn, plain resampling, and itself."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score, mean_absolute_error

import readingroom.evaluation as ev
from readingroom.core.errors import EvaluationError
from readingroom.core.seeds import generator

GRADES = ["Rf0", "Rf1", "Rf2", "Rf3"]


def read(true: np.ndarray, patient: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """The grades of a reader whose error is partly the patient's."""
    draws = generator(seed, "reader")
    error = draws.normal(0, noise, patient.max() + 1)[patient] + draws.normal(0, noise, patient.size)
    return np.clip(np.rint(true + error), 0, 3).astype(int)


def draw(patients: int, images: int, noise: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grades of the reference and of a reader, and the patient of each image."""
    patient = np.repeat(np.arange(patients), images)
    true = generator(seed, "grades").integers(0, 4, patients)[patient]
    return true, read(true, patient, noise, seed), patient


def named(codes: np.ndarray) -> list[str]:
    return [GRADES[code] for code in codes]


@pytest.mark.parametrize("clustered", [False, True])
def test_every_value_is_that_of_scikit_learn(clustered: bool) -> None:
    true, given, patient = draw(40, 2, 0.6)
    table = ev.grade_table(
        named(true), named(given), classes=GRADES, cluster=patient if clustered else None, replicates=10
    )
    for name in ("quadratic", "linear"):
        assert table[f"{name}_kappa"].value == pytest.approx(cohen_kappa_score(true, given, weights=name), abs=1e-12)
    assert table.mean_absolute_error.value == pytest.approx(mean_absolute_error(true, given), abs=1e-12)
    assert table.within_one.value == pytest.approx(accuracy_score(np.abs(true - given) <= 1, np.ones(80)), abs=1e-12)


def test_without_patients_of_several_images_kappa_has_its_known_interval() -> None:
    true, given, patient = draw(60, 1, 0.6)
    expected = ev.cohen_kappa(true, given, weights="quadratic", classes=range(4))
    for cluster in (None, patient):
        assert ev.grade_table(true, given, classes=range(4), cluster=cluster).quadratic_kappa == expected


def test_the_interval_over_patients_is_the_plain_bootstrap_of_their_images() -> None:
    true, given, patient = draw(50, 3, 0.5)
    ours = ev.grade_table(true, given, classes=range(4), cluster=patient, replicates=400)
    for name, plain in {
        "quadratic_kappa": lambda a, b: float(cohen_kappa_score(a, b, weights="quadratic")),
        "linear_kappa": lambda a, b: float(cohen_kappa_score(a, b, weights="linear")),
        "mean_absolute_error": lambda a, b: float(mean_absolute_error(a, b)),
    }.items():
        peer = ev.bootstrap(plain, true, given, cluster=patient, replicates=400)
        assert (ours[name].low, ours[name].high) == pytest.approx((peer.low, peer.high), abs=1e-9)
        assert ours[name].variance == pytest.approx(peer.variance, rel=1e-6)


def test_images_of_one_patient_that_err_alike_widen_the_interval_and_the_other_stands_beside() -> None:
    true, given, patient = draw(40, 4, 0.6)
    kappa = ev.grade_table(true, given, classes=range(4), cluster=patient).quadratic_kappa
    assert kappa.beside == ev.cohen_kappa(true, given, weights="quadratic", classes=range(4))
    assert kappa.high - kappa.low > 1.2 * (kappa.beside.high - kappa.beside.low)


def test_a_grade_that_nobody_gave_still_counts_in_the_distances() -> None:
    table = ev.grade_table(["Rf0", "Rf3", "Rf0"], ["Rf0", "Rf1", "Rf0"], classes=GRADES, replicates=10)
    assert table.mean_absolute_error.value == pytest.approx(2 / 3)
    assert table.within_one.value == pytest.approx(2 / 3)


def test_one_patient_alone_has_values_without_intervals() -> None:
    table = ev.grade_table([0, 1, 2], [0, 1, 1], classes=range(3), cluster=["p"] * 3, replicates=10)
    assert all(one.value is not None and one.low is None for one in table.values())


def test_where_one_grade_was_given_and_meant_throughout_there_is_no_kappa() -> None:
    table = ev.grade_table([1, 1, 1], [1, 1, 1], classes=range(3), replicates=10)
    assert table.quadratic_kappa.value is None
    assert table.mean_absolute_error.value == 0
    test = ev.compare_grades([1, 1], [1, 1], [1, 1], classes=range(3), replicates=10).quadratic_kappa
    assert (test.difference, test.p_value) == (None, None)
    assert test.note


def test_the_differences_are_those_of_scikit_learn_and_their_error_that_of_resampled_patients() -> None:
    true, first, patient = draw(60, 2, 0.4)
    second = read(true, patient, 0.7, seed=1)
    ours = ev.compare_grades(true, first, second, classes=range(4), cluster=patient, replicates=400)
    for name, plain in {
        "quadratic_kappa": lambda t, g: float(cohen_kappa_score(t, g, weights="quadratic")),
        "mean_absolute_error": lambda t, g: float(mean_absolute_error(t, g)),
    }.items():
        peer = ev.bootstrap(
            lambda t, a, b, plain=plain: plain(t, a) - plain(t, b),
            true, first, second, cluster=patient, replicates=400,
        )  # fmt: skip
        assert ours[name].difference == pytest.approx(plain(true, first) - plain(true, second), abs=1e-12)
        assert ours[name].variance == pytest.approx(peer.variance, rel=1e-6)
        assert ours[name].df == 59


def test_readers_of_the_same_skill_are_told_apart_no_more_often_than_the_level_says() -> None:
    found = []
    for seed in range(200):
        true, first, patient = draw(12, 3, 0.5, seed=seed)
        second = read(true, patient, 0.5, seed=1000 + seed)
        test = ev.compare_grades(true, first, second, classes=range(4), cluster=patient, replicates=100, seed=seed)
        found.append(test.mean_absolute_error.p_value < 0.1)
    assert 0.03 < np.mean(found) < 0.17


def test_a_grade_of_another_scale_is_refused() -> None:
    with pytest.raises(EvaluationError, match="none of the classes Rf0, Rf1, Rf2, Rf3"):
        ev.grade_table(["Rf0", "Rf1"], ["Rf0", "mild"], classes=GRADES)
