"""Numbers as a journal prints them."""

from __future__ import annotations

import pytest

from readingroom.core.translations import Translator
from readingroom.evaluation import Estimate
from readingroom.report.wording import (
    count_text,
    interval_sentence,
    interval_text,
    joined,
    p_text,
    seconds_text,
    value_text,
)

say = Translator("en")
ESTIMATE = Estimate(38 / 41, 0.8057, 0.9748, 0.95, "wilson", 41)


@pytest.mark.parametrize(
    ("measure", "value", "expected"),
    [("auc", 0.9534, "0.953"), ("sensitivity", 38 / 41, "92.7%"), ("ppv", None, "–"), ("f1", 0.5, "0.500")],
)
def test_areas_have_three_decimals_and_rates_are_per_cent(measure: str, value: float | None, expected: str) -> None:
    assert value_text(measure, value) == expected


def test_an_interval_is_said_in_the_unit_of_its_value() -> None:
    assert interval_text("sensitivity", ESTIMATE) == "80.6–97.5"
    assert interval_sentence("sensitivity", ESTIMATE, say) == "92.7% (95% CI 80.6 to 97.5)"


def test_a_proportion_shows_what_it_was_counted_from() -> None:
    assert count_text(ESTIMATE) == "38/41"


@pytest.mark.parametrize(
    ("p_value", "expected"), [(0.0004, "<0.001"), (0.0316, "0.032"), (0.8234, "0.82"), (1.0, "1.00"), (None, "–")]
)
def test_p_values_keep_the_digits_that_mean_something(p_value: float | None, expected: str) -> None:
    assert p_text(p_value) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(3.21, "3.2 s"), (318.0, "5.3 min"), (7200.0, "2.0 h")])
def test_durations_are_said_in_the_unit_a_person_would_use(seconds: float, expected: str) -> None:
    assert seconds_text(seconds, say) == expected


def test_a_list_ends_with_and() -> None:
    assert joined(["a", "b", "c"], say) == "a, b and c"
    assert joined(["a"], say) == "a"
