"""From readings to results."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from readingroom.evaluation import auc, clustered_auc, delong_test, diagnostic_table
from readingroom.report import Results, compute_results
from readingroom.report.results import RESULTS_SCHEMA_VERSION

CLASSES = ("normal", "polyp")


@pytest.fixture
def results(readings: pd.DataFrame) -> Results:
    return compute_results(readings, classes=CLASSES, positive="polyp", study="s")


def test_numbers_are_those_of_the_evaluation_room(readings: pd.DataFrame, results: Results) -> None:
    own = readings[(readings["reader"] == "a") & (readings["split"] == "test")]
    truth, call = own["truth"] == "polyp", own["predicted"] == "polyp"
    found = results.select(split="test")[0]
    expected = diagnostic_table(truth.to_numpy(), call.to_numpy())
    assert found.binary is not None
    assert found.binary.counts == dict(expected.counts)
    for name in ("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1"):
        assert found.binary.measures[name].value == pytest.approx(expected[name].value)


def test_with_several_images_a_patient_the_interval_is_clustered_and_the_naive_one_stands_beside(
    readings: pd.DataFrame, results: Results
) -> None:
    own = readings[(readings["reader"] == "a") & (readings["split"] == "test")]
    truth = (own["truth"] == "polyp").to_numpy()
    expected = clustered_auc(truth, own["score_polyp"].to_numpy(), own["patient"].to_numpy())
    found = results.select(split="test")[0].headline("auc")
    assert found == expected
    assert found is not None
    assert found.beside is not None
    assert found.beside.value == auc(truth, own["score_polyp"].to_numpy()).value


def test_with_one_image_a_patient_the_interval_is_delongs(readings: pd.DataFrame) -> None:
    results = compute_results(readings.drop(columns="patient"), classes=CLASSES, positive="polyp")
    found = results.select(split="test")[0].headline("auc")
    assert found is not None
    assert found.method == "delong"


def test_a_reader_with_calls_only_has_no_auc(results: Results) -> None:
    person = next(p for p in results.select(split="test") if p.reader == "senior")
    assert person.headline("auc") is None
    assert person.headline("sensitivity") is not None
    assert not results.reader("senior").has_scores
    assert not any("senior" in (c.first, c.second) for c in results.comparisons if c.measure == "auc")


def test_people_and_networks_stand_in_one_table(results: Results) -> None:
    kinds = {reader.name: (reader.kind, reader.experience) for reader in results.readers}
    assert kinds == {"a": ("network", None), "b": ("network", None), "senior": ("person", ">10 years")}


def test_every_pair_is_compared_and_corrected(results: Results) -> None:
    pairs = {(c.first, c.second) for c in results.comparisons if (c.unit, c.measure) == ("image", "accuracy")}
    assert pairs == {("a", "b"), ("a", "senior"), ("b", "senior")}
    for comparison in results.comparisons:
        assert comparison.p_holm is not None
        assert comparison.p_value is not None
        assert comparison.p_holm >= comparison.p_value


def test_areas_of_independent_images_are_compared_by_delongs_paired_test(readings: pd.DataFrame) -> None:
    results = compute_results(readings.drop(columns="patient"), classes=CLASSES, positive="polyp")
    tested = readings[readings["split"] == "test"].pivot_table(index="image", columns="reader", values="score_polyp")
    truth = readings[readings["reader"] == "a"].set_index("image")["truth"].loc[tested.index] == "polyp"
    expected = delong_test(truth.to_numpy(), tested["a"].to_numpy(), tested["b"].to_numpy())
    found = next(c for c in results.comparisons if (c.measure, c.unit) == ("auc", "image"))
    assert (found.difference, found.p_value) == pytest.approx((expected.difference, expected.p_value))


def test_readers_are_compared_on_the_images_that_both_read(readings: pd.DataFrame) -> None:
    images = readings.loc[readings["split"] == "test", "image"].unique()[:20]
    kept = readings[(readings["reader"] != "b") | readings["image"].isin(images)]
    results = compute_results(kept, classes=CLASSES, positive="polyp")
    sizes = {
        c.n for c in results.comparisons if (c.unit, c.measure) == ("image", "accuracy") and "b" in (c.first, c.second)
    }
    assert sizes == {20}


def test_reading_times_are_totals_medians_and_quartiles(readings: pd.DataFrame, results: Results) -> None:
    own = readings[(readings["reader"] == "senior") & (readings["split"] == "test")]["time_ms"]
    time = next(t for t in results.times if (t.reader, t.split) == ("senior", "test"))
    assert time.total_s == pytest.approx(own.sum() / 1000)
    assert (time.median_ms, time.n) == (pytest.approx(own.median()), len(own))


def test_results_can_be_written_as_json_and_every_number_has_method_and_n(results: Results) -> None:
    written = json.loads(json.dumps(results.to_json(), allow_nan=False))
    assert (written["schema_version"], written["kind"]) == (RESULTS_SCHEMA_VERSION, "readingroom.results")
    measures = [measure for p in written["performances"] for measure in p["binary"]["measures"].values() if p["binary"]]
    assert len(measures) > 50
    assert all({"value", "low", "high", "level", "method", "n"} <= set(measure) for measure in measures)
    assert all(measure["method"] for measure in measures)


def test_folds_are_pooled_and_given_one_by_one(readings: pd.DataFrame) -> None:
    patients = pd.factorize(readings["patient"])[0]
    results = compute_results(readings.assign(fold=patients // 2 % 4 + 1), classes=CLASSES, positive="polyp")
    whole, parts = results.select(split="test")[0], [results.select(split="test", fold=k)[0] for k in (1, 2, 3, 4)]
    assert whole.n == sum(part.n for part in parts)
    spread = next(s for s in results.spreads if (s.reader, s.over, s.measure, s.split) == ("a", "fold", "auc", "test"))
    assert spread.mean == pytest.approx(np.mean(spread.parts))
    assert len(spread.parts) == 4


def test_images_that_every_fold_reads_are_counted_once(readings: pd.DataFrame) -> None:
    external = readings.assign(split="external")
    folds = pd.concat([external.assign(fold=1), external.assign(fold=2)], ignore_index=True)
    results = compute_results(folds, classes=CLASSES, positive="polyp")
    assert results.select(split="external")[0].n == readings["image"].nunique()


def test_the_first_repeat_is_shown_and_the_spread_over_all_stands_beside(readings: pd.DataFrame) -> None:
    networks = readings[readings["reader"] != "senior"]
    second = networks.assign(repeat=2, score_polyp=networks["score_polyp"] ** 2, predicted="polyp")
    results = compute_results(pd.concat([networks, second]), classes=CLASSES, positive="polyp")
    assert [p.repeat for p in results.select(split="test")] == [1, 1]
    spread = next(s for s in results.spreads if (s.reader, s.over, s.measure) == ("a", "repeat", "top1"))
    assert len(spread.parts) == 2
    assert spread.parts[0] > spread.parts[1]


def test_many_classes_are_told_one_against_the_rest_with_top1_beside(readings: pd.DataFrame) -> None:
    found = compute_results(readings, classes=CLASSES).select(split="test")[0]
    assert [table.positive for table in found.classes] == list(CLASSES)
    assert found.top1 is not None
    assert found.confusion is not None
    assert found.top1.value == pytest.approx(np.trace(np.array(found.confusion)) / found.n)
    assert found.macro["auc"].value == pytest.approx(np.mean([table.measures["auc"].value for table in found.classes]))


def test_a_class_that_is_never_predicted_has_a_predictive_value_that_is_not_defined(readings: pd.DataFrame) -> None:
    silent = readings[readings["reader"] == "a"].assign(predicted="normal")
    found = compute_results(silent, classes=CLASSES, positive="polyp").select(split="test")[0]
    ppv = found.headline("ppv")
    assert ppv is not None
    assert ppv.value is None
    assert json.loads(json.dumps(ppv.to_dict()))["value"] is None


def test_a_part_with_one_class_only_has_no_auc_but_the_rate_that_exists(readings: pd.DataFrame) -> None:
    positives = readings[(readings["reader"] == "a") & (readings["truth"] == "polyp")]
    found = compute_results(positives, classes=CLASSES, positive="polyp").select(split="test")[0]
    assert found.headline("auc") is None
    sensitivity, specificity = found.headline("sensitivity"), found.headline("specificity")
    assert sensitivity is not None
    assert specificity is not None
    assert sensitivity.value is not None
    assert specificity.value is None


def test_lesions_have_the_published_table_and_the_one_against_the_rest(readings: pd.DataFrame) -> None:
    found = compute_results(readings, classes=CLASSES).select(split="test", unit="lesion")[0]
    assert set(found.recognised) == set(CLASSES)
    own = sum(estimate.n for estimate in found.recognised.values())
    assert own == found.n
    assert [table.positive for table in found.classes] == list(CLASSES)
