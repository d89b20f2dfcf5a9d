import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import Cost, diagnostic_table, operating_point, roc_curve

samples = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=4, max_size=30).filter(
    lambda rows: 0 < sum(row[0] for row in rows) < len(rows)
)


@pytest.mark.parametrize("reader", ["reader_a", "reader_b"])
def test_the_youden_point_equals_proc_s(reader: str, scores, reference) -> None:
    expected = reference("scores_expected.json")[reader]["youden"]
    point = operating_point(scores.truth, scores[reader])
    assert point.threshold == pytest.approx(expected["threshold"], abs=1e-9)
    assert point.sensitivity.value == pytest.approx(expected["sensitivity"], abs=1e-9)
    assert point.specificity.value == pytest.approx(expected["specificity"], abs=1e-9)
    assert point.table.counts == {name: expected[name] for name in ("tp", "fp", "fn", "tn")}


def test_youden_points_of_proc_s_example_agree(shared) -> None:
    table, expected = shared("aSAH.csv"), shared("aSAH_expected.json")["coords"]
    for marker, points in expected.items():
        theirs, point = points["best_youden"][0], operating_point(table.outcome == "Poor", table[marker])
        assert point.threshold == pytest.approx(theirs["threshold"], abs=1e-9)
        for name in ("sensitivity", "specificity", "ppv", "npv", "accuracy"):
            assert point.table[name].value == pytest.approx(theirs[name], abs=1e-9)
    assert len(expected) == 3


def test_the_cost_rule_equals_proc_s_best_weights(shared) -> None:
    table, expected = shared("aSAH.csv"), shared("aSAH_expected.json")["coords"]
    for marker, points in expected.items():
        point = operating_point(table.outcome == "Poor", table[marker], rule=Cost(5, 1, prevalence=0.2))
        assert point.threshold == pytest.approx(points["best_youden_weights_c5_p0.2"][0]["threshold"], abs=1e-9)


@given(samples, st.sampled_from(["youden", "sensitivity>=0.9", "specificity >= 0.75", Cost(3, 1)]))
def test_applying_the_threshold_gives_the_table_that_was_promised(rows, rule) -> None:
    truth, score = (np.array(column) for column in zip(*rows, strict=True))
    point = operating_point(truth, score, rule=rule)
    assert math.isfinite(point.threshold)
    assert diagnostic_table(truth, score >= point.threshold).counts == point.table.counts


@given(samples, st.sampled_from([0, 0.5, 0.9, 1]))
def test_a_wanted_share_is_reached_and_the_other_is_the_best_possible(rows, share: float) -> None:
    truth, score = zip(*rows, strict=True)
    curve = roc_curve(truth, score)
    point = operating_point(truth, score, rule=f"sensitivity>={share}")
    assert point.sensitivity.value >= share
    assert point.specificity.value == curve.specificity[curve.sensitivity >= share].max()
    point = operating_point(truth, score, rule=f"specificity>={share}")
    assert point.specificity.value >= share
    assert point.sensitivity.value == curve.sensitivity[curve.specificity >= share].max()


def test_of_equal_points_the_more_sensitive_is_taken() -> None:
    # Youden is 1/2 both at score >= 4 and at score >= 2.
    assert operating_point([0, 1, 0, 1], [1, 2, 3, 4]).score == 2


def test_all_positive_takes_the_lowest_score_and_none_positive_just_above_the_highest() -> None:
    everyone = operating_point([1, 0, 1], [1, 2, 3], rule="sensitivity>=1")
    assert (everyone.threshold, everyone.score) == (1, 1)
    nobody = operating_point([1, 1, 0], [1, 2, 3], rule="specificity>=1")
    assert nobody.threshold > 3
    assert nobody.score is None
    assert nobody.table.ppv.value is None


@pytest.mark.parametrize("rule", ["best", "sensitivity>=90", "sensitivity>0.9", "", "accuracy>=0.9"])
def test_an_unknown_rule_is_refused_with_the_rules(rule: str) -> None:
    with pytest.raises(EvaluationError, match="Choose youden") as caught:
        operating_point([0, 1], [1, 2], rule=rule)
    assert caught.value.field == "rule"


@pytest.mark.parametrize("cost", [Cost(0, 1), Cost(1, -1), Cost(1, 1, prevalence=1.0)])
def test_an_impossible_cost_is_refused(cost: Cost) -> None:
    with pytest.raises(EvaluationError, match="Costs are above 0"):
        operating_point([0, 1], [1, 2], rule=cost)
