import numpy as np
import pytest

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import froc, match_points


def test_a_mark_hits_within_the_radius_and_not_beyond_it() -> None:
    marks = [[0, 0, 3], [0, 0, 3.1]]
    found = match_points(["a", "b"], ["a", "b"], [0.9, 0.9], marks, ["a", "b"], [[0, 0, 0, 3]] * 2)
    assert found.hit.tolist() == [0, -1]


def test_the_stated_distance_counts_where_it_is_more_than_the_radius() -> None:
    lesions = [[0, 0, 0, 1], [0, 50, 0, 9]]
    found = match_points(["a"], ["a", "a"], [0.9, 0.8], [[0, 0, 4], [0, 58, 0]], ["a", "a"], lesions, at_least_mm=4)
    assert found.hit.tolist() == [0, 1]


def test_of_two_lesions_in_reach_the_nearest_free_one_is_hit_and_a_third_mark_is_a_repeat() -> None:
    lesions = [[0, 0, 0, 6], [4, 0, 0, 6]]
    found = match_points(["a"], ["a"] * 3, [0.5, 0.9, 0.7], [[3, 0, 0]] * 3, ["a"] * 2, lesions)
    assert found.hit.tolist() == [-1, 1, 0]
    assert found.repeat.tolist() == [True, False, False]


def test_a_mark_never_hits_a_lesion_of_another_volume() -> None:
    found = match_points(["a", "b"], ["a"], [0.9], [[0, 0, 0]], ["b"], [[0, 0, 0, 5]])
    assert found.hit.tolist() == [-1]


@pytest.mark.parametrize(
    ("marks", "lesions", "field"),
    [
        ([[0, 0]], [[0, 0, 0, 1]], "mark_mm"),
        ([[0, 0, np.nan]], [[0, 0, 0, 1]], "mark_mm"),
        ([[0, 0, 0]], [[0, 0, 0]], "reference_mm"),
        ([[0, 0, 0]], [[0, 0, 0, -1]], "reference_mm"),
        ([["x", 0, 0]], [[0, 0, 0, 1]], "mark_mm"),
    ],
)
def test_what_is_no_place_is_refused_by_name(marks: list[list[float]], lesions: list[list[float]], field: str) -> None:
    with pytest.raises(EvaluationError) as raised:
        match_points(["a"], ["a"], [0.9], marks, ["a"], lesions)
    assert raised.value.field == field


def test_a_distance_below_zero_is_refused() -> None:
    with pytest.raises(EvaluationError, match="at_least_mm"):
        match_points(["a"], [], [], [], [], [], at_least_mm=-1)


def test_the_froc_of_points_is_that_worked_out_by_hand() -> None:
    """Three volumes, one without a lesion; three lesions in two patients, of which two are found."""
    volumes = ["a", "b", "c"]
    lesions = [[0, 0, 0, 5], [30, 0, 0, 5], [0, 0, 0, 5]]
    marks = [[1, 0, 0], [60, 0, 0], [0, 9, 0], [0, 2, 0]]
    scores = [0.9, 0.8, 0.7, 0.6]  # found in a, false in c, false in b, found in b
    matches = match_points(volumes, ["a", "c", "b", "b"], scores, marks, ["a", "a", "b"], lesions)
    curve = froc(matches, rates=[1 / 3, 2 / 3], replicates=0)
    assert [one.value for one in (curve.by_lesion[name] for name in ("0.333333", "0.666667"))] == [1 / 3, 2 / 3]
    assert [one.value for one in (curve.by_patient[name] for name in ("0.333333", "0.666667"))] == [0.5, 1.0]
    assert curve.false_positives.round(6).tolist() == [0, 0, round(1 / 3, 6), round(2 / 3, 6), round(2 / 3, 6)]


def test_the_curve_is_monais_where_lesions_are_balls_in_a_mask() -> None:
    """MONAI takes masks and voxels; balls that touch no voxel of another give the same hits."""
    monai = pytest.importorskip("monai.metrics.froc")
    random = np.random.default_rng(2)
    side, volumes, grid = 24, 6, np.stack(np.meshgrid(*[np.arange(24)] * 3, indexing="ij"), axis=-1)
    false, hits, targets = [], [], 0
    given: dict[str, list[object]] = {"mark": [], "score": [], "at": [], "lesion": [], "shown": []}
    for volume in range(volumes):
        centres = [np.array([5, 5, 5]), np.array([17, 17, 17])][: volume % 3]
        mask = np.zeros((side,) * 3, int)
        for number, centre in enumerate(centres, start=1):
            mask[np.linalg.norm(grid - centre, axis=-1) <= 4] = number
            given["lesion"].append([*centre, 4.0])
            given["shown"].append(volume)
        places, scores = random.integers(0, side, (12, 3)), random.random(12).astype(np.float32)
        places[: len(centres)] = np.array(centres).reshape(-1, 3) + 1
        fp, tp, total = monai.compute_fp_tp_probs_nd(scores, places, mask)
        false, hits, targets = [*false, *fp], [*hits, *tp], targets + total
        given["mark"] += places.tolist()
        given["score"] += scores.tolist()
        given["at"] += [volume] * 12
    rates, shares = monai.compute_froc_curve_data(np.array(false), np.array(hits), targets, volumes)
    matches = match_points(
        np.arange(volumes), given["at"], given["score"], given["mark"], given["shown"], given["lesion"]
    )
    curve = froc(matches, rates=[0.5, 1, 2, 4], between="linear", replicates=0)
    expected = np.interp([0.5, 1, 2, 4], rates[::-1], shares[::-1])
    assert [curve.by_lesion[name].value for name in ("0.5", "1", "2", "4")] == pytest.approx(expected.tolist())
