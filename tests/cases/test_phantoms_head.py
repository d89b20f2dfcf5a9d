"""Phantom heads: the grades of medial temporal atrophy, the case table, and the simulated raters of them."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from readingroom.cases.phantoms import ATROPHY_GRADES, Rater, draw_atrophy_phantoms, simulate_scores
from readingroom.cases.phantoms.head.atrophy import ATROPHY_SHARES, plan_atrophy_cohort
from readingroom.cases.phantoms.head.brain import plan_head
from readingroom.cases.phantoms.head.coronal import FOV_MM, draw_coronal
from readingroom.core.errors import CaseTableError
from readingroom.core.files import hash_file
from readingroom.core.seeds import generator
from readingroom.core.tables import read_table
from readingroom.evaluation import grade_values, nearest_grade

SMALL = {"patients": 4, "size": (48, 48), "seed": 3}
RATERS = (
    Rater("A", "senior", 0.62, 0.0, 11),
    Rater("B", "senior", 0.68, 0.25, 9, half_points=True),
    Rater("C", "junior", 0.80, -0.2, 16),
)


def digest(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


def fluid_of_the_temporal_lobes(grade: float, seed: int) -> float:
    """Share of dark pixels about both hippocampi and temporal horns."""
    pixels = draw_coronal(plan_head(grade, 0.3, seed=seed, difficulty=0.0), 1, (184, 184), 0.2)
    part = pixels[104:124]
    return float(np.mean([part[:, 52:86].astype(float) < 70, part[:, 98:132].astype(float) < 70]))


def test_the_same_seed_draws_the_same_bytes_whatever_the_workers(tmp_path: Path) -> None:
    draw_atrophy_phantoms(tmp_path / "a", **SMALL, workers=1)
    draw_atrophy_phantoms(tmp_path / "b", **SMALL, workers=3)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert len(digest(tmp_path / "a")) >= 6


def test_more_patients_leave_the_first_ones_as_they_were(tmp_path: Path) -> None:
    few = read_table(draw_atrophy_phantoms(tmp_path / "a", **SMALL))
    more = read_table(draw_atrophy_phantoms(tmp_path / "b", **SMALL | {"patients": 6}))
    pd.testing.assert_frame_equal(few, more.iloc[: len(few)])


def test_the_horn_widens_and_the_hippocampus_shrinks_with_every_grade() -> None:
    heads = [[plan_head(grade, 0.4, seed=seed, difficulty=0.0) for seed in range(30)] for grade in range(5)]
    horns = [np.mean([head.horn_mm for head in some]) for some in heads]
    heights = [np.mean([head.hippocampus_mm for head in some]) for some in heads]
    assert (np.diff(horns) > 0.3).all()
    assert (np.diff(heights) < -0.2).all()


def test_the_picture_shows_more_fluid_in_the_temporal_lobes_with_every_two_grades() -> None:
    shown = [np.mean([fluid_of_the_temporal_lobes(grade, seed) for seed in range(3)]) for grade in (0, 2, 4)]
    assert (np.diff(shown) > 0.02).all(), shown


def test_the_whole_brain_shrinks_at_every_grade_alike() -> None:
    cohort = plan_atrophy_cohort(600, ATROPHY_SHARES, (1, 1), seed=5)
    of_grade = [[one.shrinkage for one in cohort if one.grade == grade] for grade in ATROPHY_GRADES]
    assert max(map(np.mean, of_grade)) - min(map(np.mean, of_grade)) < 0.12
    assert np.corrcoef([one.age for one in cohort], [one.shrinkage for one in cohort])[0, 1] > 0.5


def test_no_single_statistic_of_the_picture_gives_the_grade_away(tmp_path: Path) -> None:
    table = read_table(draw_atrophy_phantoms(tmp_path / "a", patients=30, size=(64, 64), seed=2, difficulty=0.2))
    pixels = np.array([cv2.imread(str(tmp_path / "a" / name), cv2.IMREAD_GRAYSCALE) for name in table["image"]])
    grade = table["label"].astype(float)
    for statistic in (pixels.mean((1, 2)), pixels.std((1, 2)), (pixels < 60).mean((1, 2))):
        assert abs(np.corrcoef(statistic, grade)[0, 1]) < 0.6


def test_the_label_is_the_grade_nearest_to_the_score(tmp_path: Path) -> None:
    cohort = plan_atrophy_cohort(200, ATROPHY_SHARES, (1, 2), seed=9)
    nearest = nearest_grade([one.score for one in cohort], grade_values(ATROPHY_GRADES))
    assert [int(one.grade) for one in cohort] == nearest.tolist()


def test_a_slice_has_the_proportions_that_are_asked_for() -> None:
    assert FOV_MM > 150
    assert draw_coronal(plan_head(1, 0.2, seed=1), 1, (60, 80)).shape == (60, 80)


def test_arguments_that_cannot_be_drawn_are_all_told(tmp_path: Path) -> None:
    with pytest.raises(CaseTableError) as caught:
        draw_atrophy_phantoms(tmp_path, patients=0, difficulty=2, shares={"7": 1})
    assert all(part in str(caught.value) for part in ("patients", "difficulty", "no class 7"))


def test_raters_agree_as_visual_scores_do() -> None:
    score = generator(3, "scores").uniform(0, 4, 400).round(1)
    cases = pd.DataFrame({"image": [f"{n}.png" for n in range(400)], "score": score})
    said = simulate_scores(cases, ATROPHY_GRADES, RATERS).pivot_table(
        index="image", columns="reader", values="label", aggfunc="first"
    )
    for a, b in combinations("ABC", 2):
        assert 0.68 < cohen_kappa_score(said[a], said[b], weights="quadratic") < 0.86


def test_only_raters_by_half_points_give_scores_and_those_are_half_points() -> None:
    cases = pd.DataFrame({"image": ["a", "b", "c"], "score": [0.2, 1.9, 3.9]})
    said = simulate_scores(cases, ATROPHY_GRADES, RATERS)
    given = said[said["reader"] == "B"]["score"].astype(float)
    assert (2 * given % 1 == 0).all()
    assert said[said["reader"] != "B"]["score"].isna().all()
