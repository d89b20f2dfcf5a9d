import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import auc, delong, hand_till, one_against_rest

CLASSES = list("ABCD")
CARET = {"sensitivity": "Sensitivity", "specificity": "Specificity", "ppv": "Pos Pred Value", "npv": "Neg Pred Value",
         "f1": "F1", "prevalence": "Prevalence", "balanced_accuracy": "Balanced Accuracy"}  # fmt: skip


def test_each_class_against_the_rest_equals_caret_and_proc(reference) -> None:
    table, expected = reference("multiclass.csv"), reference("multiclass_expected.json")
    result = one_against_rest(table.truth, CLASSES, scores=table[CLASSES].to_numpy(), method="clopper-pearson")
    for row in expected["by_class"]:
        for name, theirs in CARET.items():
            assert result.tables[row["class"]][name].value == pytest.approx(row[theirs], abs=1e-9)
        area, ours = expected["one_vs_rest_auc"][row["class"]], result.tables[row["class"]].auc
        assert (ours.low, ours.value, ours.high) == pytest.approx(tuple(area["ci95"]), abs=1e-9)
    overall = expected["overall"]
    limits = (overall["AccuracyLower"], overall["Accuracy"], overall["AccuracyUpper"])
    assert (result.top1.low, result.top1.value, result.top1.high) == pytest.approx(limits, abs=1e-9)


def test_hand_till_equals_proc(reference) -> None:
    table, expected = reference("multiclass.csv"), reference("multiclass_expected.json")
    ours = hand_till(table.truth, table[CLASSES].to_numpy(), CLASSES)
    assert ours.value == pytest.approx(expected["hand_till"], abs=1e-9)
    assert ours.low < ours.value < ours.high


def test_iris_agrees_with_proc(shared) -> None:
    table = shared("multiclass_iris_lda_loo.csv")
    expected = shared("multiclass_expected.json")["multiclass"]["iris_lda_loo"]
    names = expected["levels"]
    scores = table[names].to_numpy()
    assert hand_till(table.truth, scores, names).value == pytest.approx(expected["hand_till_auc"], abs=1e-9)
    result = one_against_rest(table.truth, names, predicted=table.pred, scores=scores)
    assert result.confusion.counts.T.tolist() == [
        [row[name] for name in names] for row in expected["confusion_rows_pred_cols_truth"]
    ]


def assert_by_class(tables, rows) -> None:
    """Every figure of caret's table of classes; what R has not, ours has not.

    Caret's F1 divides 0 by 0 where no call is right; ours, and scikit-learn's, is 2 tp / (2 tp + fp + fn) = 0.
    """
    for row in rows:
        for name, theirs in CARET.items():
            value = 0 if name == "f1" and row["Sensitivity"] == 0 else row[theirs]
            assert tables[row["class"]][name].value == (None if value is None else pytest.approx(value, abs=1e-9))


def test_iris_has_caret_s_figures_and_proc_s_intervals_by_class(shared) -> None:
    table = shared("multiclass_iris_lda_loo.csv")
    expected = shared("multiclass_expected.json")["multiclass"]["iris_lda_loo"]
    names = expected["levels"]
    result = one_against_rest(table.truth, names, predicted=table.pred, scores=table[names].to_numpy())
    assert_by_class(result.tables, expected["by_class"])
    for row in expected["ovr_auc_ci95"]:
        area = result.tables[row["class"]].auc
        assert (area.low, area.high) == pytest.approx((row["V1"], row["V2"]), abs=1e-9)
        assert area.value == pytest.approx(expected["ovr_auc"][row["class"]], abs=1e-9)


@pytest.mark.parametrize("name", ["fgl_lda_loo", "never_predicted"])
def test_six_glasses_and_a_class_never_predicted_have_caret_s_figures(name: str, shared) -> None:
    expected = shared("multiclass_expected.json")["multiclass"][name]
    if "pred" in expected:
        truth, predicted = expected["truth"], expected["pred"]
    else:
        counts = zip(expected["levels"], expected["confusion_rows_pred_cols_truth"], strict=True)
        pairs = [(real, called) for called, row in counts for real, n in row.items() for _ in range(n)]
        truth, predicted = zip(*pairs, strict=True)
    result = one_against_rest(truth, sorted(set(truth)), predicted=predicted, method="clopper-pearson")
    assert_by_class(result.tables, expected["by_class"])
    overall = expected["overall"]
    assert (result.top1.low, result.top1.high) == pytest.approx(
        (overall["AccuracyLower"], overall["AccuracyUpper"]), abs=1e-9
    )


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 9)), min_size=5, max_size=30))
def test_with_two_classes_hand_till_is_the_area_and_its_delong_variance(rows) -> None:
    truth = np.array([0, 0, 1, 1] + [row[0] for row in rows])
    score = np.array([3, 5, 4, 7] + [row[1] for row in rows], dtype=float)
    ours, plain = hand_till(truth, np.column_stack([-score, score]), [0, 1]), delong(truth, score)
    assert (ours.value, ours.variance) == pytest.approx((plain.value, plain.variance), abs=1e-12)


@given(st.integers(2, 6), st.integers(0, 10**6))
def test_mean_accuracy_against_the_rest_fixes_top_one(count: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    truth, predicted = random.integers(0, count, 50), random.integers(0, count, 50)
    result = one_against_rest(truth, range(count), predicted=predicted)
    mean = result.spread("accuracy").mean
    assert mean == pytest.approx(1 - 2 * (1 - result.top1.value) / count, abs=1e-12)


def test_the_published_thirty_site_mean_means_sixty_four_per_cent_right() -> None:
    # 97.60 % mean accuracy over 30 sites: top-1 = 1 - 30 / 2 * 0.024.
    truth = np.repeat(np.arange(30), 50)
    predicted = np.where(np.arange(1500) % 50 < 32, truth, (truth + 1) % 30)
    result = one_against_rest(truth, range(30), predicted=predicted)
    assert result.top1.value == 0.64
    assert result.spread("accuracy").mean == pytest.approx(0.976)


def test_calls_alone_have_no_area() -> None:
    result = one_against_rest(["a", "b"], ["a", "b"], predicted=["a", "b"])
    assert result.tables["a"].auc.value is None
    assert "no scores" in result.macro_auc.note


def test_a_class_absent_from_the_truth_has_no_sensitivity_nor_area() -> None:
    scores = [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1]]
    result = one_against_rest(["a", "b", "a"], ["a", "b", "c"], scores=scores)
    assert result.tables["c"].sensitivity.value is None
    assert result.tables["c"].auc.value is None
    assert result.macro_auc.value is None
    assert hand_till(["a", "b", "a"], scores, ["a", "b", "c"]).value is None
    assert result.spread("sensitivity").classes == 2


def test_the_macro_area_is_the_mean_of_the_classes_areas() -> None:
    random = np.random.default_rng(1)
    truth, scores = random.integers(0, 3, 60), random.random((60, 3))
    result = one_against_rest(truth, range(3), scores=scores)
    assert result.macro_auc.value == pytest.approx(np.mean([auc(truth == k, scores[:, k]).value for k in range(3)]))
    assert result.macro_auc.low < result.macro_auc.value < result.macro_auc.high


def test_the_first_of_equal_scores_is_the_answer() -> None:
    result = one_against_rest(["b"], ["a", "b"], scores=[[0.5, 0.5]])
    assert result.confusion.counts.tolist() == [[0, 0], [1, 0]]


def test_neither_calls_nor_scores_or_unknown_measures_are_refused() -> None:
    with pytest.raises(EvaluationError, match="neither predicted"):
        one_against_rest(["a"], ["a", "b"])
    with pytest.raises(EvaluationError, match="there is no 'mcc'"):
        one_against_rest(["a"], ["a", "b"], predicted=["a"]).spread("mcc")


def test_scores_of_another_width_or_length_are_refused() -> None:
    with pytest.raises(EvaluationError, match=r"\(readings, 3\)"):
        one_against_rest(["a"], ["a", "b", "c"], scores=[[0.5, 0.5]])
    with pytest.raises(EvaluationError, match="lengths differ"):
        hand_till(["a", "b"], [[0.5, 0.5]], ["a", "b"])
