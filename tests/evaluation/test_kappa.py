import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import cohen_kappa, fleiss_kappa

CLASSES = list("ABCD")


def test_kappas_equal_irr_caret_and_psych(reference) -> None:
    table, expected = reference("annotators.csv"), reference("annotators_expected.json")
    plain, quadratic = (cohen_kappa(table.doctor1, table.doctor2, weights=w).value for w in (None, "quadratic"))
    assert plain == pytest.approx(expected["cohen_12"], abs=1e-9)
    assert quadratic == pytest.approx(expected["cohen_12_quadratic"], abs=1e-9)
    table, expected = reference("multiclass.csv"), reference("multiclass_expected.json")
    predicted = table[CLASSES].idxmax(axis=1)
    assert cohen_kappa(table.truth, predicted).value == pytest.approx(expected["overall"]["Kappa"], abs=1e-9)
    for weights in ("linear", "quadratic"):
        ours = cohen_kappa(table.truth, predicted, weights=weights, classes=CLASSES)
        assert ours.value == pytest.approx(expected[f"kappa_{weights}"], abs=1e-9)


def test_values_and_intervals_of_vcd_agree(shared) -> None:
    checked = 0
    for case in shared("kappa_expected.json")["results"]["tables"].values():
        counts = np.array(case["table"])
        a, b = (np.repeat(axis.ravel(), counts.ravel()) for axis in np.indices(counts.shape))
        peers = {
            None: case["vcd"]["unweighted"],
            "linear": case["vcd"]["linear_weighted"],
            "quadratic": case["vcd_quadratic"],
        }
        for weights, peer in peers.items():
            ours = cohen_kappa(a, b, weights=weights)
            assert ours.value == pytest.approx(peer["value"], abs=1e-9)
            assert ours.variance**0.5 == pytest.approx(peer["ase"], abs=1e-9)
            checked += 1
    assert checked >= 15


def test_cohen_equals_irr_on_its_own_examples(shared) -> None:
    expected = shared("kappa_expected.json")["results"]
    diagnoses, anxiety = shared("irr_diagnoses.csv"), shared("irr_anxiety.csv")
    for first in (1, 2):
        ours = cohen_kappa(diagnoses[f"rater{first}"], diagnoses[f"rater{first + 1}"]).value
        assert ours == pytest.approx(expected[f"cohen_diag_r{first}_r{first + 1}"]["value"], abs=1e-9)
    # irr takes the distances of the ranks of the levels seen, ours of the levels in their order: the same here.
    for weights, name in ((None, "unweighted"), ("linear", "equal"), ("quadratic", "squared")):
        ours = cohen_kappa(anxiety.rater1, anxiety.rater2, weights=weights).value
        assert ours == pytest.approx(expected[f"anxiety_r1_r2_{name}"]["value"], abs=1e-9)


def test_fleiss_equals_irr(reference) -> None:
    expected = reference("annotators_expected.json")["fleiss"]["value"]
    assert fleiss_kappa(reference("annotators.csv")).value == pytest.approx(expected, abs=1e-9)


def test_fleiss_equals_irr_on_its_own_example(shared) -> None:
    expected = shared("kappa_expected.json")["results"]["fleiss_diagnoses"]["value"]
    assert fleiss_kappa(shared("irr_diagnoses.csv")).value == pytest.approx(expected, abs=1e-9)


ratings = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=30)


@given(ratings, st.sampled_from([None, "linear", "quadratic"]))
def test_kappa_is_scikit_learn_s_symmetric_and_inside_its_interval(rows, weights) -> None:
    a, b = zip(*rows, strict=True)
    ours = cohen_kappa(a, b, weights=weights, classes=range(4))
    if ours.defined:
        assert ours.value == pytest.approx(cohen_kappa_score(a, b, weights=weights, labels=range(4)), abs=1e-9)
        assert cohen_kappa(b, a, weights=weights, classes=range(4)).value == pytest.approx(ours.value)
        assert -1 <= ours.low <= ours.value + 1e-12
        assert ours.value <= ours.high + 1e-12


@given(ratings)
def test_fleiss_of_two_readers_does_not_depend_on_who_is_first(rows) -> None:
    table = np.array(rows)
    one, other = fleiss_kappa(table), fleiss_kappa(table[:, ::-1])
    assert one.value == (None if other.value is None else pytest.approx(other.value))


def test_one_class_throughout_is_not_defined() -> None:
    assert cohen_kappa([1, 1], [1, 1]).value is None
    assert fleiss_kappa([[1, 1], [1, 1]]).value is None


@given(st.lists(st.sampled_from("abc"), min_size=2, max_size=30), st.sampled_from([None, "linear", "quadratic"]))
def test_a_reader_agrees_perfectly_with_itself(rows, weights) -> None:
    ours, several = cohen_kappa(rows, rows, weights=weights, classes="abc"), fleiss_kappa([[row] * 3 for row in rows])
    if len(set(rows)) > 1:
        assert ours.value == pytest.approx(1)
        assert several.value == pytest.approx(1)
    else:
        assert ours.value is several.value is None


def test_perfect_agreement_is_one() -> None:
    assert cohen_kappa(["a", "b"], ["a", "b"]).value == 1
    assert fleiss_kappa([["a", "a"], ["b", "b"], ["b", "b"]]).value == 1


def test_weights_of_text_need_the_order_of_the_classes() -> None:
    with pytest.raises(EvaluationError, match="order of the classes"):
        cohen_kappa(["Rf0", "Rf1"], ["Rf0", "Rf2"], weights="linear")


@pytest.mark.parametrize("table", [[[1], [2]], [1, 2], [[1, None], [1, 2]], np.empty((0, 2))])
def test_bad_ratings_are_a_clear_error(table) -> None:
    with pytest.raises(EvaluationError) as caught:
        fleiss_kappa(table)
    assert caught.value.field == "ratings"
