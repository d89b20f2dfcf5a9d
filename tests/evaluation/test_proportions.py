import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import proportion, proportion_limits
from readingroom.evaluation.proportions import METHODS

COLUMNS = {"wilson": "wilson", "clopper-pearson": "cp", "jeffreys": "jeffreys", "agresti-coull": "agresti_coull"}


@pytest.mark.parametrize("method", METHODS)
def test_limits_equal_r_binom_on_its_whole_table(method: str, shared) -> None:
    table = shared("proportion_ci.csv")
    assert len(table) == 117
    for row in table.itertuples():
        estimate = proportion(int(row.x), int(row.n), method=method, level=row.conf)
        # R leaves Agresti-Coull limits outside [0, 1]; a proportion is not.
        assert estimate.low == pytest.approx(max(getattr(row, f"{COLUMNS[method]}_lo"), 0), abs=1e-9)
        assert estimate.high == pytest.approx(min(getattr(row, f"{COLUMNS[method]}_hi"), 1), abs=1e-9)


def test_the_five_documents_proportions_have_their_recomputed_intervals(shared) -> None:
    table = shared("seeds_proportions.csv").dropna(subset=["k", "n", "wilson_lo"])
    for row in table.itertuples():
        wilson, exact = (proportion(int(row.k), int(row.n), method=m) for m in ("wilson", "clopper-pearson"))
        assert (wilson.low, wilson.high) == pytest.approx((row.wilson_lo, row.wilson_hi), abs=1e-9)
        assert (exact.low, exact.high) == pytest.approx((row.cp_lo, row.cp_hi), abs=1e-9)
    assert len(table) > 50


@given(st.integers(1, 400), st.data(), st.sampled_from(sorted(METHODS)), st.floats(0.5, 0.999))
def test_the_interval_contains_the_proportion_and_stays_in_zero_to_one(n: int, data, method: str, level: float) -> None:
    count = data.draw(st.integers(0, n))
    estimate = proportion(count, n, method=method, level=level)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@given(st.integers(1, 400), st.data(), st.sampled_from(sorted(METHODS)))
def test_the_complement_has_the_mirrored_interval(n: int, data, method: str) -> None:
    count = data.draw(st.integers(0, n))
    one, other = proportion(count, n, method=method), proportion(n - count, n, method=method)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-10)


@given(st.integers(2, 200), st.data(), st.sampled_from(sorted(METHODS)))
def test_a_higher_level_never_narrows_the_interval(n: int, data, method: str) -> None:
    count = data.draw(st.integers(0, n))
    narrow, wide = (proportion(count, n, method=method, level=level) for level in (0.9, 0.99))
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


def test_clopper_pearson_has_its_coverage_exactly_at_its_limits() -> None:
    estimate = proportion(7, 20, method="clopper-pearson")
    assert special.bdtr(7, 20, estimate.high) == pytest.approx(0.025, abs=1e-12)
    assert special.bdtrc(6, 20, estimate.low) == pytest.approx(0.025, abs=1e-12)


def test_no_observation_is_not_defined_rather_than_zero() -> None:
    estimate = proportion(0, 0)
    assert estimate.value is estimate.low is estimate.high is None
    assert estimate.n == 0


def test_many_limits_at_once_equal_the_single_ones() -> None:
    low, high = proportion_limits([0, 3, 0], [10, 10, 0])
    assert low[1] == proportion(3, 10).low
    assert high[0] == proportion(0, 10).high
    assert np.isnan(low[2])
    assert np.isnan(high[2])


@pytest.mark.parametrize(
    ("count", "total", "field"),
    [
        (-1, 5, "count"),
        (6, 5, "count"),
        (1.5, 5, "count"),
        (True, 5, "count"),
        ("3", 5, "count"),
        (1, float("nan"), "total"),
    ],
)
def test_impossible_counts_are_refused(count, total, field: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        proportion(count, total)
    assert caught.value.field == field


def test_an_unknown_method_or_level_is_refused_with_the_choices() -> None:
    with pytest.raises(EvaluationError, match="wilson, clopper-pearson"):
        proportion(1, 2, method="wald")
    with pytest.raises(EvaluationError, match="95 is not a confidence level"):
        proportion(1, 2, level=95)
