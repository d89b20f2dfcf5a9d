import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import auc, delong, delong_test
from readingroom.evaluation.areas import placements


@st.composite
def readings(draw, readers: int = 1):
    """Truth with at least two of each class, and scores with ties."""
    truth = [0, 0, 1, 1, *draw(st.lists(st.integers(0, 1), max_size=26))]
    values = st.lists(st.integers(-8, 8), min_size=len(truth), max_size=len(truth))
    return np.array(truth), *(np.array(draw(values), dtype=float) for _ in range(readers))


@pytest.mark.parametrize("reader", ["reader_a", "reader_b"])
def test_area_interval_and_variance_equal_proc(reader: str, scores, reference) -> None:
    expected = reference("scores_expected.json")[reader]
    estimate = delong(scores.truth, scores[reader])
    assert estimate.value == pytest.approx(expected["auc"], abs=1e-9)
    assert (estimate.low, estimate.high) == pytest.approx((expected["ci95"][0], expected["ci95"][2]), abs=1e-9)
    assert estimate.variance == pytest.approx(expected["var"], abs=1e-12)


def test_the_paired_test_equals_proc(scores, reference) -> None:
    expected = reference("scores_expected.json")["paired_delong"]
    test = delong_test(scores.truth, scores.reader_a, scores.reader_b)
    assert test.p_value == pytest.approx(expected["p_value"], abs=1e-9)
    assert test.statistic == pytest.approx(expected["statistic"]["Z"], abs=1e-9)
    assert (test.low, test.high) == pytest.approx(tuple(expected["conf_int"]), abs=1e-9)


def test_proc_s_own_example_gives_its_printed_figures(shared) -> None:
    table = shared("aSAH.csv")
    poor = table.outcome == "Poor"
    estimate = delong(poor, table.s100b)
    assert estimate.value == pytest.approx(0.7313685636856369, abs=1e-12)
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (0.6301, 0.8326)
    test = delong_test(poor, table.s100b, table.wfns)
    assert (test.statistic, test.p_value) == (
        pytest.approx(-2.2089836, abs=1e-7),
        pytest.approx(0.0271758, abs=1e-7),
    )


def test_every_marker_of_proc_s_example_has_its_interval_at_every_level(shared) -> None:
    table, expected = shared("aSAH.csv"), shared("aSAH_expected.json")["single"]
    for marker, figures in expected.items():
        for level in (90, 95, 99):
            ours = delong(table.outcome == "Poor", table[marker], level=level / 100)
            assert (ours.low, ours.high) == pytest.approx(tuple(figures[f"ci{level}_delong"]), abs=1e-9)
        assert (ours.value, ours.variance) == pytest.approx((figures["auc"], figures["var_delong"]), abs=1e-12)
    assert len(expected) == 4


def test_areas_of_calls_equal_proc_s(shared) -> None:
    cases = shared("bootstrap_expected.json")["fistula_hard_label_delong"]
    for case in cases:
        truth = np.repeat([1, 0], 99)
        call = np.r_[np.arange(99) < case["tp"], np.arange(99) >= case["tn"]]
        ours = delong(truth, call)
        assert (ours.value, ours.variance) == pytest.approx((case["auc"], case["var"]), abs=1e-12)
        assert (ours.low, ours.high) == pytest.approx(tuple(case["ci95_delong"]), abs=1e-9)
    assert len(cases) == 8


def test_all_paired_and_unpaired_comparisons_of_proc_s_example_agree(shared) -> None:
    table, expected = shared("aSAH.csv"), shared("aSAH_expected.json")
    poor = table.outcome == "Poor"
    for pair in expected["paired"].values():
        test = delong_test(poor, table[pair["roc1"]], table[pair["roc2"]])
        theirs = pair["delong_two_sided"]
        assert test.p_value == pytest.approx(theirs["p_value"], abs=1e-9)
        assert test.statistic == pytest.approx(theirs["statistic"]["Z"], abs=1e-9)
        assert (test.low, test.high) == pytest.approx(tuple(theirs["conf_int"]), abs=1e-9)
        narrow = delong_test(poor, table[pair["roc1"]], table[pair["roc2"]], level=0.9)
        assert (narrow.low, narrow.high) == pytest.approx(tuple(pair["delong_diff_ci90"]), abs=1e-9)
    for marker, groups in expected["unpaired_by_gender"].items():
        first = table.gender == groups["group1"]
        test = delong_test(poor[first], table[marker][first], table[marker][~first], truth_b=poor[~first])
        assert test.p_value == pytest.approx(groups["delong"]["p_value"], abs=1e-9)
        assert test.statistic == pytest.approx(groups["delong"]["statistic"]["D"], abs=1e-9)
        assert test.variance == pytest.approx(groups["var1"] + groups["var2"], abs=1e-12)
        assert test.df == pytest.approx(groups["delong"]["parameter"]["df"], abs=1e-9)
    assert len(expected["paired"]) == 6


def test_large_samples_do_not_overflow(shared) -> None:
    for case in shared("proc_large_n.json")["results"]:
        i = np.arange(1, case["n"] + 1)
        score, chance = (i * 0.6180339887498949) % 1, (i * 0.41421356237309515) % 1
        truth, binned = chance < 0.05 + 0.4 * score, np.floor(50 * score) / 50
        estimate = delong(truth, score)
        assert (estimate.value, estimate.low) == pytest.approx((case["auc"], case["ci95"][0]), abs=1e-9)
        assert delong_test(truth, score, binned).p_value == pytest.approx(case["paired"]["p_value"], abs=1e-9)


def test_edges_of_proc_agree(shared) -> None:
    for case in shared("aSAH_expected.json")["edge"].values():
        if "y" in case:
            estimate = delong(case["y"], case["s"])
            assert (estimate.value, estimate.variance) == pytest.approx((case["auc"], case["var"]), abs=1e-12)
            assert (estimate.low, estimate.high) == pytest.approx(tuple(case["ci95_delong"]), abs=1e-9)


def test_placements_equal_the_plain_double_loop() -> None:
    random = np.random.default_rng(3)
    truth, score = random.random(60) < 0.4, random.integers(0, 9, 60).astype(float)
    places = placements(truth, score)
    for value, placed in zip(score[truth], places.positive, strict=True):
        assert placed == pytest.approx(np.mean((value > score[~truth]) + 0.5 * (value == score[~truth])))
    for value, placed in zip(score[~truth], places.negative, strict=True):
        assert placed == pytest.approx(np.mean((score[truth] > value) + 0.5 * (value == score[truth])))


@given(readings())
def test_the_area_is_scikit_learn_s(sample) -> None:
    truth, score = sample
    assert auc(truth, score).value == pytest.approx(roc_auc_score(truth, score), abs=1e-12)


@given(readings())
def test_monotone_transforms_change_nothing(sample) -> None:
    truth, score = sample
    plain, curved = delong(truth, score), delong(truth, np.exp(score / 3) * 7 - 2)
    assert (plain.value, plain.variance) == pytest.approx((curved.value, curved.variance), abs=1e-12)


@given(readings())
def test_turning_the_scores_or_the_truth_round_gives_the_complement(sample) -> None:
    truth, score = sample
    plain = delong(truth, score)
    for turned in (delong(truth, -score), delong(1 - truth, score)):
        assert turned.value == pytest.approx(1 - plain.value, abs=1e-12)
        assert turned.variance == pytest.approx(plain.variance, abs=1e-12)


@given(readings(), st.randoms(use_true_random=False))
def test_the_order_of_readings_does_not_matter(sample, random) -> None:
    truth, score = sample
    order = list(range(len(truth)))
    random.shuffle(order)
    assert delong(truth[order], score[order]).variance == pytest.approx(delong(truth, score).variance, abs=1e-12)


@given(readings(), st.sampled_from(["delong", "newcombe"]), st.floats(0.5, 0.999))
def test_the_interval_contains_the_area(sample, method: str, level: float) -> None:
    estimate = auc(*sample, method=method, level=level)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@given(readings(2))
@settings(max_examples=50)
def test_the_test_is_symmetric_in_its_readers(sample) -> None:
    truth, a, b = sample
    one, other = delong_test(truth, a, b), delong_test(truth, b, a)
    assert one.difference == pytest.approx(-other.difference, abs=1e-12)
    assert one.p_value == (None if other.p_value is None else pytest.approx(other.p_value, abs=1e-9))


@given(readings(2))
@settings(max_examples=50)
def test_the_interval_of_the_difference_excludes_zero_exactly_where_p_is_below_five_per_cent(sample) -> None:
    test = delong_test(*sample)
    if test.p_value is not None and abs(test.p_value - 0.05) > 1e-9 and test.variance:
        assert (test.low > 0 or test.high < 0) == (test.p_value < 0.05)


def test_the_newcombe_interval_does_not_collapse_at_one() -> None:
    estimate = auc([0] * 20 + [1] * 20, list(range(40)), method="newcombe")
    assert estimate.value == estimate.high == 1
    assert 0.8 < estimate.low < 0.95


def test_one_case_in_a_class_has_an_area_but_no_delong_variance() -> None:
    estimate = delong([0, 0, 1], [1, 3, 2])
    assert estimate.value == 0.5
    assert estimate.low is estimate.variance is None
    assert estimate.beside is not None
    assert delong_test([0, 0, 1], [1, 3, 2], [1, 2, 3]).p_value is None


def test_equal_readers_have_p_one_and_opposite_perfect_ones_cannot_be_tested() -> None:
    truth, score = [0, 0, 1, 1], [1, 2, 3, 4]
    assert delong_test(truth, score, score).p_value == 1
    turned = delong_test(truth, score, [4, 3, 2, 1])
    assert (turned.difference, turned.p_value) == (1, None)


@pytest.mark.parametrize(
    ("truth", "score", "field"),
    [
        ([0, 1], [0.1], "truth"),
        ([1, 1], [0.1, 0.2], "truth"),
        ([0, 0], [0.1, 0.2], "truth"),
        ([0, 1], [0.1, float("nan")], "score"),
        ([0, 1], [0.1, float("inf")], "score"),
        ([], [], "truth"),
        ([0, 1], ["low", "high"], "score"),
    ],
)
def test_bad_input_is_a_clear_error(truth, score, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        auc(truth, score)
    assert caught.value.field == field
    assert caught.value.fix
