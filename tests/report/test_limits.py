"""Limits that the run itself shows."""

from __future__ import annotations

import pandas as pd
import pytest

from readingroom.core.translations import Translator
from readingroom.report import Results, compute_results
from readingroom.report.limits import find_limits

say = Translator("en")


@pytest.fixture
def results(readings: pd.DataFrame) -> Results:
    return compute_results(readings, classes=("normal", "polyp"), positive="polyp")


@pytest.mark.parametrize(
    ("manifest", "patients_known", "word"),
    [
        ({"phantoms": True}, True, "phantoms"),
        ({"protocol": "as-published"}, True, "inflates"),
        ({}, False, "leakage cannot be excluded"),
        ({"readers": {"a": {"leaks": ["x.png"]}}}, True, "had learned from"),
    ],
)
def test_what_makes_numbers_doubtful_is_grave(
    results: Results, manifest: dict[str, object], patients_known: bool, word: str
) -> None:
    grave = [limit.text for limit in find_limits(results, (), manifest, patients_known, say) if limit.grave]
    assert len(grave) == 1
    assert word in grave[0]


def test_a_sound_run_has_no_grave_limit_but_is_still_no_medical_device(results: Results) -> None:
    limits = find_limits(results, (), {}, True, say)
    assert not any(limit.grave for limit in limits)
    assert limits[-1].text == "For research, not a medical device."
    assert any("no external validation" in limit.text for limit in limits)


def test_few_images_of_a_class_are_named(readings: pd.DataFrame) -> None:
    few = readings[(readings["truth"] == "normal") | readings["patient"].isin(["p009", "p021"])]
    results = compute_results(few, classes=("normal", "polyp"), positive="polyp")
    assert any(
        "Fewer than 10" in limit.text and "polyp" in limit.text for limit in find_limits(results, (), {}, True, say)
    )
