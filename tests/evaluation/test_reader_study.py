import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import delong_test, multireader

ANALYSES = {
    "random_jackknife": {"covariance": "jackknife"},
    "random_delong": {},
    "fixed_readers_delong": {"readers": "fixed"},
    "fixed_cases_delong": {"cases": "fixed"},
}
VANDYKE = {
    "VanDyke_empirical_auc_DeLong": {},
    "VanDyke_fixed_readers_DeLong": {"readers": "fixed"},
    "VanDyke_fixed_cases_DeLong": {"cases": "fixed"},
    "VanDyke_empirical_auc_jackknife": {"covariance": "jackknife"},
    "VanDyke_fixed_cases_jackknife": {"covariance": "jackknife", "cases": "fixed"},
    "VanDyke_fixed_readers_jackknife": {"covariance": "jackknife", "readers": "fixed"},
    "VanDyke_binary_sens_jackknife": {"covariance": "jackknife", "metric": "sensitivity"},
    "VanDyke_binary_spec_jackknife": {"covariance": "jackknife", "metric": "specificity"},
}
COMPONENTS = {"treatment:reader": "modality:reader", "Error": "error"}


def assert_equal(ours, expected) -> None:
    """Every figure of MRMCaov's summary, at 1e-9."""
    for row in expected.get("vcov_comps", ()):
        name = COMPONENTS.get(row[".row"], row[".row"].lower())
        assert ours.components[name] == pytest.approx(row["Estimate"], abs=1e-9)
    equality = expected["test_equality"][0]
    assert ours.test.p_value == pytest.approx(equality["p-value"], abs=1e-9)
    assert ours.test.statistic == pytest.approx(equality.get("F", equality.get("X2")), abs=1e-9)
    if "df2" in equality:
        assert ours.test.df == pytest.approx((equality["df1"], equality["df2"]), rel=1e-9)
    difference, (comparison,) = expected["test_diffs"][0], ours.comparisons.values()
    sign = np.sign(comparison.difference * difference["Estimate"])
    assert comparison.difference == pytest.approx(sign * difference["Estimate"], abs=1e-9)
    assert (comparison.low, comparison.high) == pytest.approx(sorted(sign * np.array(difference["CI"])), abs=1e-9)
    modalities = {str(name): estimate for name, estimate in ours.modalities.items()}
    for row in expected["test_means"]:
        estimate = modalities[row[".row"]]
        assert (estimate.value, estimate.low, estimate.high) == pytest.approx((row["Estimate"], *row["CI"]), abs=1e-9)
    for row in expected.get("reader_test_diffs", ()):
        (test,) = (test for (reader, *_), test in ours.readers.items() if str(reader) == str(row["Reader"]))
        assert test.p_value == pytest.approx(row["p-value"], abs=1e-9)
        sign = np.sign(test.difference * row["Estimate"])
        assert test.difference == pytest.approx(sign * row["Estimate"], abs=1e-9)
        assert (test.low, test.high) == pytest.approx(sorted(sign * np.array(row["CI"])), abs=1e-9)


@pytest.mark.parametrize("name", ANALYSES)
def test_the_drawn_study_equals_mrmcaov(name: str, reference) -> None:
    ours = multireader(reference("mrmc.csv"), score="rating", **ANALYSES[name])
    assert_equal(ours, reference("mrmc_expected.json")[name])


def test_single_readings_equal_mrmcaov(reference) -> None:
    ours = multireader(reference("mrmc.csv"), score="rating", readers="fixed")
    for row in reference("mrmc_expected.json")["fixed_readers_delong"]["reader_means"]:
        estimate = ours.readings[row["modality"], row["reader"]]
        figures = (estimate.value, estimate.low, estimate.high)
        assert figures == pytest.approx((row["empirical_auc"], *row["CI"]), abs=1e-9)
        assert estimate.variance**0.5 == pytest.approx(row["StdErr"], abs=1e-9)


@pytest.mark.parametrize("name", VANDYKE)
def test_van_dyke_s_study_equals_mrmcaov(name: str, shared) -> None:
    table, options = shared("mrmc_vandyke.csv"), VANDYKE[name]
    table["call"] = (table.rating >= 3).astype(int)
    ours = multireader(table, modality="treatment", score="call" if "metric" in options else "rating", **options)
    assert_equal(ours, shared("mrmc_vandyke_expected.json")["results"][name]["summary"])


def test_van_dyke_s_study_has_the_figures_that_the_official_program_prints(shared) -> None:
    ours = multireader(shared("mrmc_vandyke.csv"), modality="treatment", score="rating", covariance="jackknife")
    assert (round(ours.test.statistic, 2), round(ours.test.df[1], 2), round(ours.test.p_value, 4)) == (
        4.46,
        15.26,
        0.0517,
    )
    comparison = ours.comparisons[1, 2]
    assert [round(x, 5) for x in (comparison.difference, comparison.low, comparison.high)] == [
        -0.04380,
        -0.08796,
        0.00036,
    ]
    assert round(ours.components["cov1"], 8) == 0.00034661


def study(readers: int = 2, modalities: int = 2, cases: int = 12, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rows = [
        (f"r{r}", f"m{m}", c, c % 2, random.integers(0, 6) + c % 2 * (m + 1))
        for r in range(readers)
        for m in range(modalities)
        for c in range(cases)
    ]
    return pd.DataFrame(rows, columns=["reader", "modality", "case", "truth", "score"])


def test_one_fixed_reader_is_the_paired_delong_test() -> None:
    table = study(readers=1)
    wide = table.pivot_table(index="case", columns="modality", values="score")
    plain = delong_test(wide.index % 2, wide["m0"], wide["m1"])
    ours = multireader(table, readers="fixed").comparisons["m0", "m1"]
    assert (ours.difference, ours.p_value) == pytest.approx((plain.difference, plain.p_value), abs=1e-12)


def test_exchanging_the_modalities_turns_the_difference_round() -> None:
    table = study(readers=3)
    turned = table.assign(modality=table.modality.map({"m0": "m1", "m1": "m0"}))
    one, other = multireader(table), multireader(turned)
    assert one.test.p_value == pytest.approx(other.test.p_value)
    assert one.comparisons["m0", "m1"].difference == pytest.approx(other.comparisons["m1", "m0"].difference * 1)


def test_the_order_of_rows_does_not_matter() -> None:
    table = study(readers=3)
    mixed = pd.concat([table.iloc[:1], table.iloc[1:].sample(frac=1, random_state=1)])
    assert multireader(mixed).test.p_value == pytest.approx(multireader(table).test.p_value)


@given(row=st.integers(0, 71), repeated=st.booleans())
def test_a_hole_or_a_repeat_anywhere_is_refused(row: int, repeated: bool) -> None:
    table = study(readers=3)
    spoilt = pd.concat([table, table.iloc[[row]]]) if repeated else table.drop(index=row)
    with pytest.raises(EvaluationError, match="reads a case twice" if repeated else "not fully crossed"):
        multireader(spoilt)


@given(st.integers(0, 10**6), st.sampled_from(["random", "fixed"]))
@settings(max_examples=20)
def test_the_study_is_symmetric_in_its_modalities(seed: int, readers: str) -> None:
    table = study(readers=3, seed=seed)
    turned = table.assign(modality=1 - table.modality.str[1:].astype(int)).sort_values("modality", kind="stable")
    one, other = multireader(table, readers=readers).test, multireader(turned, readers=readers).test
    assert other.difference == pytest.approx(-one.difference, abs=1e-12)
    if one.p_value is not None:
        assert other.p_value == pytest.approx(one.p_value, abs=1e-9)


def test_three_modalities_have_three_comparisons_and_a_joint_test() -> None:
    ours = multireader(study(readers=3, modalities=3))
    assert list(ours.comparisons) == [("m0", "m1"), ("m0", "m2"), ("m1", "m2")]
    assert ours.test.df[0] == 2
    assert ours.test.difference is None


def test_two_covariances_that_are_negative_count_as_zero_and_the_note_says_so() -> None:
    for seed in range(40):
        ours = multireader(study(readers=3, cases=10, seed=seed))
        if ours.components["cov2"] < ours.components["cov3"]:
            assert "official program" in ours.test.note
            assert ours.test.df[1] == pytest.approx(2)
            return
    pytest.fail("no study with a negative difference of covariances was drawn")


def test_modalities_that_never_differ_have_p_one() -> None:
    table = study(readers=2)
    table["score"] = table["case"] % 2
    ours = multireader(table)
    assert ours.test.p_value == ours.comparisons["m0", "m1"].p_value == 1
    assert "never differ" in ours.test.note


def test_a_difference_without_any_variance_cannot_be_tested() -> None:
    table = study(readers=2)
    table["score"] = (table["case"] % 2).where(table.modality == "m0", -(table["case"] % 2))
    ours = multireader(table)
    assert ours.test.difference == 1
    assert ours.test.p_value is ours.comparisons["m0", "m1"].p_value is None


def _one_truth_changed(table: pd.DataFrame) -> pd.DataFrame:
    table.loc[0, "truth"] = 1
    return table


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.drop(columns="case"), "no column case"),
        (lambda t: t.iloc[1:], "not fully crossed"),
        (lambda t: pd.concat([t, t.iloc[:1]]), "reads a case twice"),
        (lambda t: t[t.modality == "m0"], "one modality only"),
        (lambda t: t[t.reader == "r0"], "one reader only"),
        (_one_truth_changed, "two truths"),
        (lambda t: t[t.truth == 1], "one class only"),
        (lambda t: t.assign(score=t.score.where(t.case != 3)), "missing"),
        (lambda t: t.assign(truth=t.truth + 1), "neither 0 nor 1"),
    ],
)
def test_a_study_that_cannot_be_analysed_says_why(change, message: str) -> None:
    with pytest.raises(EvaluationError, match=message) as caught:
        multireader(change(study()))
    assert caught.value.fix


def test_scores_are_refused_where_calls_are_wanted() -> None:
    with pytest.raises(EvaluationError, match="neither 0 nor 1"):
        multireader(study(), metric="sensitivity")


@pytest.mark.parametrize(
    "options", [{"metric": "f1"}, {"covariance": "bootstrap"}, {"readers": "fixed", "cases": "fixed"}]
)
def test_an_unknown_analysis_is_refused(options) -> None:
    with pytest.raises(EvaluationError, match="there is no"):
        multireader(study(), **options)
