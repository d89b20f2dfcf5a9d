"""The results in words: every number is one of the results'."""

from __future__ import annotations

import pandas as pd
import pytest

from readingroom.core.translations import Translator
from readingroom.report import Results, compute_results
from readingroom.report.headline import find_lead
from readingroom.report.paragraphs import results_paragraphs
from readingroom.report.participants import parts_of
from readingroom.report.wording import interval_sentence

say = Translator("en")
CLASSES = ("normal", "polyp")


def paragraphs(readings: pd.DataFrame, positive: str | None = "polyp", language: str = "en") -> tuple[Results, str]:
    results = compute_results(readings, classes=CLASSES, positive=positive)
    parts = parts_of(readings.rename(columns={"truth": "label"}).drop_duplicates("image"), CLASSES, patients_known=True)
    excluded = [("cannot be read as an image", 2)]
    return results, "\n".join(results_paragraphs(results, find_lead(results), parts, excluded, Translator(language)))


def test_participants_are_counted_by_part(readings: pd.DataFrame) -> None:
    _, text = paragraphs(readings)
    images = readings.drop_duplicates("image")
    tested = images[images["split"] == "test"]
    assert f"Of {len(images) + 2} images in the case table, 2 were left out" in text
    assert f"{len(tested)} test images of {tested['patient'].nunique()} patients" in text
    assert f"polyp (n = {(tested['truth'] == 'polyp').sum()})" in text


@pytest.mark.parametrize("measure", ["auc", "sensitivity", "specificity", "ppv", "npv", "accuracy", "f1"])
def test_every_measure_of_the_lead_reader_is_said_with_its_interval(readings: pd.DataFrame, measure: str) -> None:
    results, text = paragraphs(readings)
    lead = find_lead(results)
    assert lead is not None
    estimate = lead.performance.headline(measure)
    assert estimate is not None
    assert interval_sentence(measure, estimate, say) in text


def test_people_are_named_with_their_experience_and_without_an_auc(readings: pd.DataFrame) -> None:
    _, text = paragraphs(readings)
    assert "senior (>10 years) reached a sensitivity of" in text


def test_differences_are_lead_minus_other_whichever_was_named_first(readings: pd.DataFrame) -> None:
    # b is made the better one, so that the lead stands second in its pair with a.
    swapped = readings.assign(reader=readings["reader"].replace({"a": "b", "b": "a"}))
    results, text = paragraphs(swapped)
    found = next(c for c in results.comparisons if (c.split, c.unit, c.measure) == ("test", "image", "auc"))
    assert (found.first, found.second) == ("b", "a") or found.difference is not None
    assert "The AUC of b differed from that of a by +" in text
    assert "after Holm's correction (comparisons: 1)" in text


def test_p_values_are_printed_as_journals_do(readings: pd.DataFrame) -> None:
    _, text = paragraphs(readings)
    assert "p = <" not in text
    assert "p < 0.001" in text or "p = 0." in text


def test_external_cases_are_said_apart(readings: pd.DataFrame) -> None:
    outside = readings[readings["split"] == "validation"].assign(split="external")
    outside = outside.assign(image="out-" + outside["image"], patient="out-" + outside["patient"])
    _, text = paragraphs(pd.concat([readings, outside]))
    assert "external images of" in text
    assert "From test to external images, the AUC of a moved by" in text


def test_with_folds_the_parts_are_those_of_the_first(readings: pd.DataFrame) -> None:
    folds = readings.assign(fold=readings["patient"].str[1:].astype(int) // 2 % 2 + 1)
    _, text = paragraphs(folds)
    assert "In the first of 2 folds there were" in text
    assert "Over 2 folds, its AUC was" in text


def test_many_readers_are_left_to_the_table(readings: pd.DataFrame) -> None:
    more = [readings[readings["reader"] == "b"].assign(reader=f"b{n}") for n in range(9)]
    _, text = paragraphs(pd.concat([readings, *more]))
    assert "The other 5 readers are in the table." in text


def test_several_classes_have_means_and_no_sensitivity(readings: pd.DataFrame) -> None:
    _, text = paragraphs(readings, positive=None)
    assert "a mean AUC of" in text
    assert "a top-1 accuracy of" in text


def test_the_text_is_there_in_chinese(readings: pd.DataFrame) -> None:
    _, text = paragraphs(readings, language="zh")
    assert "共有验证集图像" in text
    assert "reached" not in text


def test_nothing_read_says_nothing() -> None:
    results = compute_results(pd.DataFrame(columns=["reader", "image", "split", "truth"]), classes=CLASSES)
    assert results_paragraphs(results, None, (), (), say) == []
