from typing import Any

import pytest
from pydantic import ValidationError

from readingroom.cases.cleaning import Bias, CleanSection, Denoise, Histogram


def test_a_method_may_stand_for_its_keys() -> None:
    section = CleanSection.model_validate({"denoise": "bilateral", "bias": "n4", "histogram": "equalise", "clahe": {}})
    assert section.denoise == Denoise(method="bilateral")
    assert section.bias == Bias()
    assert section.histogram == Histogram(equalise=True)
    assert section.steps == ("bias", "denoise", "histogram", "clahe")


def test_it_comes_back_from_its_plain_values() -> None:
    given = {"border": [0.1, 0, 0, 0.2], "histogram": {"percentiles": [1, 99]}, "denoise": {"strength": 3}}
    section = CleanSection.model_validate(given)
    assert CleanSection.model_validate(section.model_dump(mode="json")) == section
    assert CleanSection.model_validate(section.model_dump(mode="json", exclude_none=True)) == section


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"border": "black"}, "neither auto nor four shares"),
        ({"border": [0.1, 0.2]}, "neither auto nor four shares"),
        ({"border": [0.5, 0, 0, 0]}, "neither auto nor four shares"),
        ({"denoise": "median"}, "'nlm' or 'bilateral'"),
        ({"denoise": {"patch": 6}}, "an odd number"),
        ({"bias": "n3"}, "'n4'"),
        ({"histogram": {}}, "give one of match, equalise and percentiles"),
        ({"histogram": {"match": "training", "equalise": True}}, "give one of"),
        ({"histogram": {"percentiles": [9, 1]}}, "not below"),
        ({"clahe": {"clip": 0}}, "greater than 0"),
        ({"sharpen": 1}, "not permitted"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as caught:
        CleanSection.model_validate(wrong)
    assert len(caught.value.errors()) == 1
