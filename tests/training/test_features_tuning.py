"""Selection and tuning see the training side of each fold only: noise stays noise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_selection import f_classif
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from readingroom.core.errors import StudyFileError
from readingroom.evaluation import auc
from readingroom.reading.features.section import FeaturesSection
from readingroom.reading.features.selection import Selection, uncorrelated
from readingroom.training.features.pipeline import build_pipeline, grid
from readingroom.training.features.tuning import Tuned, grouped_folds, tune

SECTION = FeaturesSection.model_validate({"radiomics": {}, "select": [5, 20]})
PATIENTS = np.repeat(np.arange(50), 2)


def noise(rows: int = 100, columns: int = 800, seed: int = 0) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(size=(rows, columns))
    return pd.DataFrame(values, columns=[f"radiomics:stat_{number}" for number in range(columns)])


def dealt(seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).permutation(np.arange(50) % 2)[PATIENTS]


def fitted(frame: pd.DataFrame, targets: np.ndarray, section: FeaturesSection = SECTION) -> Tuned:
    pipeline = build_pipeline(section, frame, balanced=False, seed=3)
    return tune(pipeline, grid(section), frame, targets, PATIENTS[: len(frame)], folds=4, seed=3)


def test_on_noise_the_held_out_area_holds_chance_and_selection_outside_the_folds_does_not() -> None:
    frame, targets = noise(), dealt()
    tuned = fitted(frame, targets)
    fresh, truth = noise(seed=2), dealt(seed=3)
    honest = auc(truth == 1, tuned.model.predict_proba(fresh)[:, 1])
    best = np.argsort(-f_classif(frame, targets)[0])[:20]  # the mistake: chosen on all rows, judged by cross-validation
    parts = grouped_folds(targets, PATIENTS, 4, 3)
    scores = cross_val_predict(
        LogisticRegression(), frame.to_numpy()[:, best], targets, cv=parts, method="predict_proba"
    )[:, 1]
    flattered = auc(targets == 1, scores)
    assert honest.low is not None
    assert honest.low <= 0.5 <= honest.high
    assert flattered.low is not None
    assert flattered.low > 0.5


def test_the_log_loss_inside_the_folds_says_that_noise_teaches_nothing() -> None:
    tried = fitted(noise(), dealt()).tried
    assert min(row["log_loss"] for row in tried) > 0.95 * np.log(2)


def test_a_feature_that_tells_the_classes_apart_is_kept_and_found() -> None:
    frame, targets = noise(columns=60), dealt()
    frame["radiomics:stat_7"] += 2.5 * targets
    tuned = fitted(frame, targets)
    assert "radiomics:stat_7" in tuned.model[0].get_feature_names_out()
    assert min(row["log_loss"] for row in tuned.tried) < 0.5


@pytest.mark.parametrize("by", ["anova", "mutual_information", "l1"])
def test_every_ranking_finds_what_differs(by: str) -> None:
    values = np.random.default_rng(5).normal(size=(80, 30))
    targets = np.arange(80) % 2
    values[:, 11] += 3 * targets
    chosen = Selection(3, by, seed=1).fit(values, targets).get_support(indices=True)
    assert 11 in chosen
    assert len(chosen) == 3


def test_constant_and_doubled_features_are_left_out() -> None:
    values = np.random.default_rng(6).normal(size=(50, 4))
    table = np.column_stack([values, np.full(50, 7.0), values[:, 0] * 2 + 1])
    assert Selection(None).fit(table, np.arange(50) % 2).get_support(indices=True).tolist() == [0, 1, 2, 3]
    assert uncorrelated(table[:, [0, 5, 1]], 0.95).tolist() == [0, 2]


def test_folds_keep_patients_together_and_have_both_classes() -> None:
    parts = grouped_folds(dealt(), PATIENTS, 5, seed=1)
    assert len(parts) == 5
    assert all(not set(PATIENTS[fit]) & set(PATIENTS[judge]) for fit, judge in parts)
    assert all(set(dealt()[judge]) == {0, 1} for _, judge in parts)


def test_where_a_class_has_one_patient_nothing_is_tuned() -> None:
    targets = (PATIENTS == 3).astype(int)
    assert grouped_folds(targets, PATIENTS, 5, seed=1) == []
    assert fitted(noise(columns=10), targets).folds == 0


def test_the_same_seed_fits_the_same_model() -> None:
    section = FeaturesSection.model_validate({"radiomics": {}, "model": "boosting", "select": 5})
    frame, targets = noise(columns=30), dealt()
    first, second = (fitted(frame, targets, section).model.predict_proba(frame) for _ in range(2))
    assert (first == second).all()


def test_one_class_is_refused() -> None:
    with pytest.raises(StudyFileError, match="one class only"):
        fitted(noise(columns=5), np.zeros(100, int))


def test_texts_in_which_no_term_occurs_twice_are_refused() -> None:
    section = FeaturesSection.model_validate({"text": {"least": 90}})
    frame = pd.DataFrame({"text": ["a\x1fb"] * 50 + ["c"] * 50})
    with pytest.raises(StudyFileError, match="cannot be learned from"):
        fitted(frame, dealt(), section)
