from pathlib import Path

import readingroom.annotation as room
from readingroom.annotation import FEATURES, FORMATS, REASONS, RULES

DOCS = Path(__file__).parents[2] / "docs" / "annotations.md"


def test_the_table_of_formats_is_what_the_formats_say_of_themselves() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert f"| holds | {' | '.join(FORMATS)} |" in text
    for feature, said in FEATURES.items():
        cells = ["yes" if feature in one.holds else "" for one in FORMATS.values()]
        assert f"| {said} | {' | '.join(cells)} |" in text, feature


def test_every_reason_and_every_rule_is_documented() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert all(f"| `{code}` | {said} |" in text for code, said in REASONS.items())
    assert all(f"| `{rule}` |" in text for rule in RULES)


def test_the_public_names_are_those_that_can_be_imported() -> None:
    assert sorted(room.__all__) == sorted(set(room.__all__))
    assert all(hasattr(room, name) for name in room.__all__)
