import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import fleiss_kappa, krippendorff_alpha


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval", "ratio"])
def test_krippendorff_s_own_example_with_missing_ratings_equals_irr(level: str, shared) -> None:
    results = shared("kappa_expected.json")["results"]
    table = np.array(results["kripp_data"], dtype=object).T
    ours = krippendorff_alpha(table, level=level, replicates=0)
    assert ours.value == pytest.approx(results["kripp"][level]["alpha"], abs=1e-9)


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_complete_ratings_equal_irr_but_for_its_count_of_pairs(level: str, reference) -> None:
    # Without missing ratings irr counts N (m - 1) = 720 pairable values where Krippendorff counts N = 240.
    expected = reference("annotators_expected.json")[f"kripp_{level}"]
    ours = krippendorff_alpha(reference("annotators.csv"), level=level, replicates=0)
    assert 1 - (1 - ours.value) * (719 / 720) / (239 / 240) == pytest.approx(expected, abs=1e-9)


def test_complete_nominal_ratings_follow_from_fleiss_kappa(reference) -> None:
    table = reference("annotators.csv")
    fleiss = fleiss_kappa(table).value
    assert krippendorff_alpha(table).value == pytest.approx(1 - (1 - fleiss) * (1 - 1 / table.size), abs=1e-12)


def plain_interval_alpha(table: np.ndarray) -> float:
    """Alpha by the definition: every pair of ratings, within cases and overall."""
    cases = [[x for x in row if not np.isnan(x)] for row in table]
    cases = [row for row in cases if len(row) > 1]
    pooled = [x for row in cases for x in row]
    within = sum((x - y) ** 2 / (len(row) - 1) for row in cases for x in row for y in row) / len(pooled)
    overall = sum((x - y) ** 2 for x in pooled for y in pooled) / (len(pooled) * (len(pooled) - 1))
    return 1 - within / overall if overall else float("nan")


@given(st.lists(st.lists(st.sampled_from([1.0, 2.0, 3.5, np.nan]), min_size=3, max_size=3), min_size=4, max_size=12))
def test_alpha_is_the_plain_double_loop(rows) -> None:
    table = np.array(rows)
    plain = plain_interval_alpha(table) if (np.sum(~np.isnan(table), axis=1) > 1).any() else None
    if plain is not None and not np.isnan(plain):
        assert krippendorff_alpha(table, level="interval", replicates=0).value == pytest.approx(plain, abs=1e-12)


def test_the_interval_contains_alpha_and_repeats_with_its_seed(reference) -> None:
    table = reference("annotators.csv")
    one, other = (krippendorff_alpha(table, level="ordinal", replicates=100, seed=3) for _ in range(2))
    assert one == other
    assert one.low < one.value < one.high


def test_named_classes_take_the_order_given() -> None:
    table = [["none", "none"], ["mild", "severe"], ["severe", "severe"], ["mild", "mild"]]
    first = krippendorff_alpha(table, level="ordinal", classes=["none", "mild", "severe"]).value
    second = krippendorff_alpha(table, level="ordinal", classes=["mild", "none", "severe"]).value
    assert first > second
    with pytest.raises(EvaluationError, match="need their order"):
        krippendorff_alpha(table, level="ordinal")


def test_equal_ratings_are_not_defined() -> None:
    assert krippendorff_alpha([[1, 1], [1, 1]]).value is None


@pytest.mark.parametrize(
    ("table", "options"),
    [
        ([[None, None], [None, None]], {}),
        ([[1, None], [None, 2]], {}),
        ([[1], [2]], {}),
        ([["a", "b"], ["a", "a"]], {"level": "interval"}),
        ([[1, 2], [1, 1]], {"level": "cardinal"}),
    ],
)
def test_bad_ratings_are_a_clear_error(table, options) -> None:
    with pytest.raises(EvaluationError) as caught:
        krippendorff_alpha(table, **options)
    assert caught.value.field in {"ratings", "level"}
