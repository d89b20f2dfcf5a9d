"""The analyses of a table of readings, against plain computations of the same quantities."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import brier_score_loss, cohen_kappa_score, roc_auc_score

from readingroom.core.errors import ReadingsError
from readingroom.core.translations import Translator
from readingroom.evaluation import multireader
from readingroom.report import Results, compute_results
from readingroom.report.analyses.agreement import REFERENCE
from readingroom.report.analyses.subgroups import facts_of, levels
from readingroom.report.analysis_tables import analysis_tables
from readingroom.report.calls import Submitted


def rows_of(submitted: Submitted, reader: str, split: str = "test") -> pd.DataFrame:
    rows = submitted.readings
    return rows[(rows["reader"] == reader) & (rows["split"] == split)].reset_index(drop=True)


def test_a_person_with_and_without_help_is_two_readers_and_one_person(study: Results) -> None:
    people = [reader for reader in study.readers if reader.kind == "person"]
    assert len(people) == 8
    assert {reader.person for reader in people} == {"Chen", "Wang", "Li", "赵医生"}
    assert {"Chen · with help", "Chen · without help"} <= {reader.name for reader in people}


def test_calibration_is_that_of_the_probability_of_the_positive_class(study: Results, submitted: Submitted) -> None:
    rows = rows_of(submitted, "resnet")
    truth = (rows["truth"] == "lesion").to_numpy()
    found = next(c for c in study.analyses.calibrations if (c.reader, c.split) == ("resnet", "test"))
    assert found.measures["brier"].value == pytest.approx(brier_score_loss(truth, rows["score_lesion"]), abs=1e-12)
    assert sum(found.count) == found.n == len(rows)
    assert np.average(found.observed, weights=found.count) == pytest.approx(truth.mean())
    assert np.average(found.predicted, weights=found.count) == pytest.approx(rows["score_lesion"].mean())


def test_the_temperature_is_fitted_on_validation_and_improves_its_cross_entropy(
    study: Results, submitted: Submitted
) -> None:
    found = next(c for c in study.analyses.calibrations if (c.reader, c.split) == ("convmixer", "test"))
    temperature = found.measures["temperature"].value
    assert temperature is not None
    rows = rows_of(submitted, "convmixer", "validation")
    p, truth = rows["score_lesion"].to_numpy(), (rows["truth"] == "lesion").to_numpy()

    def entropy(t: float) -> float:
        cooled = 1 / (1 + np.exp(-np.log(p / (1 - p)) / t))
        return float(-np.mean(np.where(truth, np.log(cooled), np.log(1 - cooled))))

    assert entropy(temperature) < min(entropy(temperature * 0.9), entropy(temperature * 1.1))


def test_people_are_in_no_calibration_and_in_decision_curves_by_their_calls(
    study: Results, submitted: Submitted
) -> None:
    assert {c.reader for c in study.analyses.calibrations} == {"resnet", "convmixer"}
    name = "Li · without help"
    curve = next(c for c in study.analyses.decision_curves if (c.reader, c.split) == (name, "test"))
    assert curve.from_calls
    assert curve.low == ()
    rows = rows_of(submitted, name)
    truth, called = rows["truth"] == "lesion", rows["predicted"] == "lesion"
    place = curve.threshold.index(0.2)
    plain = (called & truth).mean() - (called & ~truth).mean() * 0.2 / 0.8
    assert curve.net_benefit[place] == pytest.approx(plain, abs=1e-12)


def test_the_optimistic_threshold_is_never_worse_on_its_own_images(study: Results) -> None:
    found = [one for one in study.analyses.optimistic if one.validated]
    assert {one.reader for one in found} == {"resnet", "convmixer"}
    for one in found:
        best, fixed = (m["sensitivity"].value + m["specificity"].value for m in (one.measures, one.validated))
        assert best >= fixed - 1e-12


def test_subgroups_are_the_measures_of_their_own_images(study: Results, submitted: Submitted) -> None:
    rows = rows_of(submitted, "resnet")
    north = rows[rows["centre"] == "North"]
    found = next(
        s
        for s in study.analyses.subgroups
        if (s.reader, s.split, s.fact, s.level) == ("resnet", "test", "centre", "North")
    )
    area = roc_auc_score(north["truth"] == "lesion", north["score_lesion"])
    assert found.measures["auc"].value == pytest.approx(area, abs=1e-12)
    assert found.n == len(north)
    assert found.patients == north["patient"].nunique()


def test_two_levels_differ_by_the_square_of_the_normal_test(study: Results) -> None:
    own = {s.level: s.measures["auc"] for s in study.analyses.subgroups
           if (s.reader, s.split, s.fact) == ("resnet", "test", "sex")}  # fmt: skip
    a, b = own["F"].limits(), own["M"].limits()
    z = stats.norm.ppf(0.975)
    variance = sum(((high - low) / 2 / z) ** 2 for _, low, high in (a, b))
    found = next(
        i
        for i in study.analyses.interactions
        if (i.reader, i.split, i.fact, i.measure) == ("resnet", "test", "sex", "auc")
    )
    assert found.df == 1
    assert found.statistic == pytest.approx((a[0] - b[0]) ** 2 / variance)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(a[0] - b[0]) / math.sqrt(variance)))
    assert found.p_holm is not None
    assert found.p_holm >= found.p_value


def test_numbers_with_many_values_are_cut_into_thirds(study_table: pd.DataFrame) -> None:
    ages = study_table["age"]
    found = levels(ages)
    assert found.nunique() == 3
    shares = found.value_counts(normalize=True)
    assert shares.between(0.25, 0.42).all()
    below = next(name for name in found.unique() if name.startswith("≤"))
    assert ages[found == below].max() <= float(below[2:])


def test_facts_are_found_and_a_missing_one_is_named(study_table: pd.DataFrame) -> None:
    assert set(facts_of(study_table)) == {"age", "sex", "centre"}
    with pytest.raises(ReadingsError, match="'device'"):
        facts_of(study_table, ["device"])


def test_agreement_is_cohens_kappa_with_the_reference(study: Results, submitted: Submitted) -> None:
    rows = rows_of(submitted, "Chen · with help")
    found = next(
        a for a in study.analyses.agreements if a.readers == ("Chen · with help", REFERENCE) and a.split == "test"
    )
    assert found.estimate.value == pytest.approx(cohen_kappa_score(rows["truth"], rows["predicted"]), abs=1e-12)
    assert found.same == pytest.approx((rows["truth"] == rows["predicted"]).mean())
    together = [a for a in study.analyses.agreements if a.kind == "fleiss" and a.split == "test"]
    assert {a.modality for a in together} == {"with help", "without help"}
    assert all(len(a.readers) == 4 for a in together)


def test_modalities_are_compared_as_the_evaluation_room_does_on_patients(study: Results, submitted: Submitted) -> None:
    rows = submitted.readings
    rows = rows[(rows["split"] == "test") & rows["modality"].notna()].assign(
        truth=lambda t: (t["truth"] == "lesion").astype(int), score=lambda t: (t["predicted"] == "lesion").astype(int)
    )
    by = ["person", "modality", "patient"]
    units = rows.groupby(by, sort=False)[["truth", "score"]].max().reset_index()
    plain = multireader(units, reader="person", case="patient", metric="sensitivity")
    found = next(m for m in study.analyses.modalities if (m.measure, m.split) == ("sensitivity", "test"))
    assert found.unit == "patient"
    assert found.readers == ("Chen", "Wang", "Li", "赵医生")
    assert found.test.p_value == pytest.approx(plain.test.p_value)
    assert found.test.difference == pytest.approx(plain.test.difference)


def test_pools_are_plain_means_over_their_readers(study: Results) -> None:
    own = {(p.group, p.modality): p for p in study.analyses.pools if (p.split, p.measure) == ("test", "sensitivity")}
    assert set(own) == {(g, m) for g in ("people", "senior", "junior") for m in ("with help", "without help")}
    assert len(own["people", "with help"].readers) == 4
    halves = [own[group, "with help"].estimate.value for group in ("senior", "junior")]
    assert own["people", "with help"].estimate.value == pytest.approx(np.mean(halves))
    assert all(p.estimate.low is not None and p.estimate.low < p.estimate.high for p in own.values())


def test_reading_times_are_ratios_within_a_person_or_a_modality(study: Results, submitted: Submitted) -> None:
    found = {(t.first, t.second): t for t in study.analyses.time_ratios if t.split == "test"}
    first, second = "Chen · without help", "Chen · with help"
    a, b = rows_of(submitted, first), rows_of(submitted, second)
    ratio = math.exp(np.log(a["time_ms"].to_numpy()).mean() - np.log(b["time_ms"].to_numpy()).mean())
    assert found[first, second].ratio == pytest.approx(ratio)
    assert ("Chen · without help", "Li · with help") not in found
    over = found["without help", "with help"]
    assert (over.over, over.n) == ("readers", 4)


def test_external_validation_is_a_shift_from_the_test_part(study: Results) -> None:
    found = {(s.reader, s.measure): s for s in study.analyses.external}
    shift = found["resnet", "auc"]
    assert shift.difference == pytest.approx(shift.external.value - shift.test.value)
    assert shift.low is not None
    assert shift.low < shift.difference < shift.high
    assert ("Li · with help", "auc") not in found


def test_several_classes_have_top_label_calibration_and_no_decision_curve() -> None:
    random = np.random.default_rng(3)
    truth = random.integers(0, 3, 200)
    logits = random.normal(0, 1, (200, 3))
    logits[np.arange(200), truth] += 1.5
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    names = np.array(["a", "b", "c"])
    table = pd.DataFrame({"reader": "r", "image": [f"{i}" for i in range(200)], "truth": names[truth]})
    table = table.assign(predicted=names[p.argmax(axis=1)], **{f"score_{n}": p[:, i] for i, n in enumerate(names)})
    found = compute_results(table, classes=names).analyses
    assert found.decision_curves == ()
    one = found.calibrations[0]
    assert one.positive is None
    assert np.average(one.observed, weights=one.count) == pytest.approx((p.argmax(axis=1) == truth).mean())
    brier = ((p - np.eye(3)[truth]) ** 2).sum(axis=1).mean()
    assert one.measures["brier"].value == pytest.approx(brier)


def test_scores_that_are_no_probabilities_are_not_calibrated() -> None:
    table = pd.DataFrame({"reader": "r", "image": [f"{i}" for i in range(40)], "truth": ["a", "b"] * 20})
    score = np.linspace(-3, 3, 40)
    table = table.assign(predicted=np.where(score > 0, "b", "a"), score_a=-score, score_b=score)
    found = compute_results(table, classes=["a", "b"], positive="b")
    assert found.analyses.calibrations == ()
    assert found.performances[0].headline("auc") is not None


def test_one_person_in_two_modalities_is_a_fixed_reader(study_table: pd.DataFrame) -> None:
    rows = study_table[(study_table["reader"] == "Li") & (study_table["split"] == "test")]
    rows = rows.rename(columns={"call": "predicted"}).drop(columns=["score_lesion", "score_normal"])
    facts = {f"Li · {m}": {"kind": "person"} for m in ("with help", "without help")}
    found = compute_results(rows, classes=["normal", "lesion"], positive="lesion", facts=facts).analyses
    assert found.modalities[0].readers == ("Li",)
    assert "fixed readers" in found.modalities[0].test.method
    assert found.pools == ()


def test_no_two_facts_share_a_file(study_table: pd.DataFrame) -> None:
    rows = study_table[(study_table["reader"] == "resnet") & (study_table["split"] == "test")]
    rows = rows.rename(columns={"sex": "a b", "centre": "ab"}).assign(predicted=rows["truth"])
    found = compute_results(rows, classes=["normal", "lesion"], positive="lesion")
    names = [table.name for table in analysis_tables(found, "test", Translator("en")).subgroups]
    assert len(names) == len(set(names)) == 3
