"""Measures over the classes, and readers compared over them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from readingroom.core.seeds import generator
from readingroom.evaluation import compare_over_classes, holm
from readingroom.evaluation.published.formulae import top1_of_mean
from readingroom.report import Results, compute_results
from readingroom.report.analyses.over_classes import (
    LEAST_CLASSES,
    ClassComparison,
    compare_classes,
    kind_of,
    values_of,
)

CLASSES = tuple(f"class {n}" for n in range(8))


def draw(right: dict[str, float], classes: tuple[str, ...] = CLASSES) -> pd.DataFrame:
    """Readings of readers that are right as often as said."""
    random = generator(5, "over classes")
    truth = np.repeat(classes, 12)
    parts = []
    for reader, share in right.items():
        guess = random.choice(classes, len(truth))
        predicted = np.where(random.random(len(truth)) < share, truth, guess)
        images = [f"i{n}" for n in range(len(truth))]
        columns = {"reader": reader, "image": images, "truth": truth, "predicted": predicted, "split": "test"}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def results() -> Results:
    return compute_results(draw({"good": 0.8, "middle": 0.6, "poor": 0.3}), classes=CLASSES)


def find(results: Results, measure: str, kind: str) -> ClassComparison:
    found = results.analyses.class_comparisons
    return next(c for c in found if (c.first, c.second, c.measure, kind_of(c)) == ("good", "poor", measure, kind))


def test_mean_median_and_range_are_those_of_the_classes(results: Results) -> None:
    p = results.select(split="test")[0]
    values = {name: value for name, value in values_of(p, "sensitivity").items() if value is not None}
    spread = next(s for s in results.analyses.class_spreads if (s.reader, s.measure) == (p.reader, "sensitivity"))
    assert spread.mean == pytest.approx(np.mean(list(values.values())))
    assert spread.median == pytest.approx(np.median(list(values.values())))
    assert (spread.lowest, spread.highest) == (min(values.values()), max(values.values()))
    assert values[spread.lowest_class] == spread.lowest
    assert values[spread.highest_class] == spread.highest


def test_the_mean_accuracy_over_classes_fixes_the_top1_accuracy(results: Results) -> None:
    for p in results.select(split="test"):
        mean = next(s.mean for s in results.analyses.class_spreads if (s.reader, s.measure) == (p.reader, "accuracy"))
        low, _ = top1_of_mean((mean, mean), len(CLASSES))  # type: ignore[arg-type]
        assert p.top1 is not None
        assert low == pytest.approx(p.top1.value)


@pytest.mark.parametrize("kind", ["paired-t", "signed-rank", "t", "rank-sum"])
def test_each_test_is_that_of_the_evaluation_room_on_the_values_of_the_classes(results: Results, kind: str) -> None:
    by_reader = {p.reader: list(values_of(p, "accuracy").values()) for p in results.select(split="test")}
    expected = compare_over_classes(by_reader["good"], by_reader["poor"], method=kind)  # type: ignore[arg-type]
    found = find(results, "accuracy", kind)
    assert (found.p_value, found.difference, found.method) == (expected.p_value, expected.difference, expected.method)
    assert found.paired is (kind in {"paired-t", "signed-rank"})


def test_holm_is_over_all_pairs_and_measures_of_one_test(results: Results) -> None:
    family = [c for c in results.analyses.class_comparisons if kind_of(c) == "paired-t"]
    assert len(family) == 15
    assert [c.p_holm for c in family] == holm([c.p_value for c in family])


def test_a_class_that_one_reader_never_answers_is_left_out_of_the_paired_tests_of_its_ppv() -> None:
    readings = draw({"good": 0.9, "poor": 0.5})
    silent = (readings["reader"] == "poor") & (readings["predicted"] == "class 0")
    readings.loc[silent, "predicted"] = "class 1"
    found = compute_results(readings, classes=CLASSES)
    assert find(found, "ppv", "paired-t").classes == 7
    assert find(found, "sensitivity", "paired-t").classes == 8


def test_few_classes_are_not_compared_over_classes() -> None:
    classes = CLASSES[: LEAST_CLASSES - 1]
    found = compute_results(draw({"good": 0.8, "poor": 0.3}, classes), classes=classes)
    assert found.analyses.class_comparisons == ()
    assert found.analyses.class_spreads


def test_readers_that_never_differ_have_p_one() -> None:
    p = compute_results(draw({"good": 0.8}), classes=CLASSES).select(split="test")[0]
    assert {c.p_value for c in compare_classes([p, replace(p, reader="twin")], 0.95)} == {1.0}
