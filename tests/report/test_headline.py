"""The headline is about a reader that was not chosen on the test set."""

from __future__ import annotations

import pandas as pd

from readingroom.core.translations import Translator
from readingroom.report import compute_results
from readingroom.report.headline import cards, find_lead, headline

say = Translator("en")
CLASSES = ("normal", "polyp")


def test_the_reader_is_chosen_on_the_validation_part_even_if_another_did_better_on_the_test(
    readings: pd.DataFrame,
) -> None:
    # a is the better reader; on the validation part alone its scores are turned round.
    turned = readings.copy()
    rows = (turned["reader"] == "a") & (turned["split"] == "validation")
    turned.loc[rows, ["score_polyp", "score_normal"]] = turned.loc[rows, ["score_normal", "score_polyp"]].to_numpy()
    lead = find_lead(compute_results(turned, classes=CLASSES, positive="polyp"))
    assert lead is not None
    assert (lead.performance.reader, lead.why) == ("b", "validation")


def test_without_validation_readings_the_choice_is_called_flattering(readings: pd.DataFrame) -> None:
    results = compute_results(readings[readings["split"] == "test"], classes=CLASSES, positive="polyp")
    lead = find_lead(results)
    assert lead is not None
    assert lead.why == "highest"
    assert "flatters" in " ".join(headline(results, lead, say))


def test_the_headline_gives_images_patients_classes_area_and_interval(readings: pd.DataFrame) -> None:
    results = compute_results(readings, classes=CLASSES, positive="polyp")
    lead = find_lead(results)
    assert lead is not None
    first = headline(results, lead, say)[0]
    found = lead.performance.headline("auc")
    assert found is not None
    assert first.startswith(f"On {lead.performance.n} test images of {lead.performance.patients} patients, a separated")
    assert f"AUC of {found.value:.3f} (95% CI {found.low:.3f} to {found.high:.3f})" in first


def test_a_reader_no_better_than_chance_is_not_said_to_separate(readings: pd.DataFrame) -> None:
    blind = readings[readings["reader"] == "a"].assign(score_polyp=0.5, score_normal=0.5)
    results = compute_results(blind, classes=CLASSES, positive="polyp")
    lead = find_lead(results)
    assert lead is not None
    assert "did not separate polyp from normal better than chance" in headline(results, lead, say)[0]


def test_the_headline_compares_with_the_best_doctor(readings: pd.DataFrame) -> None:
    results = compute_results(readings, classes=CLASSES, positive="polyp")
    lead = find_lead(results)
    assert lead is not None
    assert "that of senior by" in headline(results, lead, say)[-1]


def test_cards_show_size_area_rates_and_time(readings: pd.DataFrame) -> None:
    results = compute_results(readings, classes=CLASSES, positive="polyp")
    lead = find_lead(results)
    assert lead is not None
    assert [card.label for card in cards(results, lead, say)] == [
        "Test",
        "AUC",
        "Sensitivity",
        "Specificity",
        "Reading time",
    ]


def test_a_reader_of_many_classes_no_better_than_chance_is_said_to_be_so(readings: pd.DataFrame) -> None:
    blind = readings[readings["reader"] == "a"].assign(score_polyp=0.5, score_normal=0.5)
    results = compute_results(blind, classes=CLASSES)
    lead = find_lead(results)
    assert lead is not None
    assert "was no better than chance at 2 classes" in headline(results, lead, say)[0]
