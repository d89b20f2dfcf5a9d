import numpy as np
import pandas as pd
import pytest
from scipy import stats

from readingroom.core.errors import EvaluationError
from readingroom.evaluation import delong, multireader, pooled_readers

ANALYSES = {
    "random_jackknife": {"covariance": "jackknife"},
    "random_delong": {},
    "fixed_readers_delong": {"readers": "fixed"},
    "fixed_cases_delong": {"cases": "fixed"},
}
VANDYKE = {
    "VanDyke_empirical_auc_DeLong": {},
    "VanDyke_fixed_readers_jackknife": {"covariance": "jackknife", "readers": "fixed"},
    "VanDyke_fixed_cases_DeLong": {"cases": "fixed"},
    "VanDyke_binary_sens_jackknife": {"covariance": "jackknife", "metric": "sensitivity"},
    "VanDyke_binary_spec_jackknife": {"covariance": "jackknife", "metric": "specificity"},
}


def limits(estimate) -> tuple[float, float, float]:
    return estimate.value, estimate.low, estimate.high


@pytest.mark.parametrize("name", ANALYSES)
def test_each_modality_alone_equals_mrmcaov_s_mean(name: str, reference) -> None:
    table, rows = reference("mrmc.csv"), reference("mrmc_expected.json")[name]["test_means"]
    for row in rows:
        own = table[table.modality == row[".row"]]
        ours = pooled_readers(own, score="rating", **ANALYSES[name])
        assert limits(ours) == pytest.approx((row["Estimate"], *row["CI"]), abs=1e-9)
        assert ours.variance**0.5 == pytest.approx(row["StdErr"], abs=1e-9)
    assert len(rows) == 2


@pytest.mark.parametrize("name", VANDYKE)
def test_van_dyke_s_treatments_alone_equal_mrmcaov_s_means(name: str, shared) -> None:
    table, options = shared("mrmc_vandyke.csv"), VANDYKE[name]
    table["call"] = (table.rating >= 3).astype(int)
    for row in shared("mrmc_vandyke_expected.json")["results"][name]["summary"]["test_means"]:
        own = table[table.treatment.astype(str) == row[".row"]]
        ours = pooled_readers(own, score="call" if "metric" in options else "rating", **options)
        assert limits(ours) == pytest.approx((row["Estimate"], *row["CI"]), abs=1e-9)


def panel(readers: int = 3, cases: int = 20, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    rows = [(f"r{r}", c, c % 2, random.integers(0, 6) + c % 2 * 2) for r in range(readers) for c in range(cases)]
    return pd.DataFrame(rows, columns=["reader", "case", "truth", "score"])


@pytest.mark.parametrize("options", [{}, {"readers": "fixed"}, {"cases": "fixed"}])
@pytest.mark.parametrize("metric", ["auc", "sensitivity", "specificity"])
def test_a_modality_within_a_study_and_alone_have_one_estimate(metric: str, options) -> None:
    tables = [panel(seed=seed).assign(modality=f"m{seed}") for seed in (0, 1)]
    table = pd.concat(tables)
    if metric != "auc":
        table["score"] = (table.score >= 4).astype(int)
    ours = multireader(table, metric=metric, **options).modalities
    for name in ours:
        assert pooled_readers(table[table.modality == name], metric=metric, **options) == ours[name]


def test_one_fixed_reader_has_delong_s_interval() -> None:
    table = panel(readers=1)
    ours, plain = pooled_readers(table, readers="fixed"), delong(table.truth, table.score)
    assert limits(ours) == pytest.approx(limits(plain), abs=1e-12)


def test_fixed_cases_leave_the_readers_own_t_interval() -> None:
    table = panel(readers=5)
    areas = [delong(own.truth, own.score).value for _, own in table.groupby("reader")]
    half = stats.t.ppf(0.975, 4) * stats.sem(areas)
    ours = pooled_readers(table, cases="fixed")
    assert limits(ours) == pytest.approx((np.mean(areas), np.mean(areas) - half, np.mean(areas) + half), abs=1e-12)


def test_the_pooled_share_is_the_mean_of_the_readers_own() -> None:
    table = panel().assign(score=lambda t: (t.score >= 4).astype(int))
    positive = table[table.truth == 1]
    ours = pooled_readers(table, metric="sensitivity")
    assert ours.value == pytest.approx(positive.score.mean())
    assert ours.n == 20
    assert "random readers, random cases, sensitivity" in ours.method


def test_readers_like_these_have_a_wider_interval_than_these_readers() -> None:
    table = panel(readers=4, cases=60)
    random, fixed = pooled_readers(table), pooled_readers(table, readers="fixed")
    assert random.high - random.low > fixed.high - fixed.low


def test_the_order_of_rows_and_names_of_columns_do_not_matter() -> None:
    table = panel()
    names = {"reader": "doctor", "case": "image", "truth": "label", "score": "rating"}
    mixed = table.sample(frac=1, random_state=1).rename(columns=names)
    assert limits(pooled_readers(mixed, **names)) == pytest.approx(limits(pooled_readers(table)))


def test_a_negative_covariance_counts_as_zero_and_the_note_says_so() -> None:
    truth = np.arange(40) % 2
    noise = np.random.default_rng(2).normal(size=40)
    tables = [
        pd.DataFrame({"reader": name, "case": range(40), "truth": truth, "score": truth + sign * noise})
        for name, sign in (("r1", 1), ("r2", -1))
    ]
    ours = pooled_readers(pd.concat(tables))
    assert "counts as 0" in ours.note
    areas = [delong(table.truth, table.score).value for table in tables]
    assert ours.variance == pytest.approx(np.var(areas, ddof=1) / 2)


def test_readers_who_are_all_right_have_a_collapsed_interval_and_the_note_says_so() -> None:
    ours = pooled_readers(panel().assign(score=lambda t: t.truth))
    assert limits(ours) == (1, 1, 1)
    assert "collapses" in ours.note


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda t: t.drop(columns="truth"), {}, "no column truth"),
        (lambda t: t.iloc[:0], {}, "no values"),
        (lambda t: t.iloc[1:], {}, "not fully crossed"),
        (lambda t: pd.concat([t, t.iloc[:1]]), {}, "reads a case twice"),
        (lambda t: t[t.reader == "r0"], {}, "one reader only"),
        (lambda t: t[t.truth == 0], {}, "one class only"),
        (lambda t: t[t.case.isin([0, 1, 2])], {}, "one case only in a class"),
        (lambda t: t.assign(score=t.score.where(t.case != 3)), {}, "missing"),
        (lambda t: t.assign(reader=t.reader.where(t.case != 3)), {}, "missing"),
        (lambda t: t.assign(case=t.case.where(t.case != 3)), {}, "missing"),
        (lambda t: t.assign(truth=t.truth.where(t.reader == "r0", 1 - t.truth)), {}, "two truths"),
        (lambda t: t, {"metric": "sensitivity"}, "neither 0 nor 1"),
        (lambda t: t, {"metric": "f1"}, "there is no 'f1'"),
        (lambda t: t, {"covariance": "bootstrap"}, "there is no 'bootstrap'"),
        (lambda t: t, {"readers": "fixed", "cases": "fixed"}, "there is no 'fixed readers, fixed cases'"),
        (lambda t: t, {"level": 95}, "not a confidence level"),
    ],
)
def test_a_panel_that_cannot_be_pooled_says_why(change, options, message: str) -> None:
    with pytest.raises(EvaluationError, match=message) as caught:
        pooled_readers(change(panel()), **options)
    assert caught.value.field
    assert caught.value.fix
