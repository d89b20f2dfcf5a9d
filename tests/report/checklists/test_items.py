"""The checklists as published: their numbers, in both languages, each with a filler that exists."""

from __future__ import annotations

import re

import pytest

from readingroom.report.checklists import CHECKLISTS, load_checklist
from readingroom.report.checklists.fill import FILLERS

ROWS = {"claim-2024": (44, 44), "tripod-ai": (27, 52), "stard-ai": (40, 48)}
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("key", CHECKLISTS)
def test_numbers_are_unique_in_order_and_as_many_as_published(key: str) -> None:
    numbers = [item.number for item in load_checklist(key).items]
    mains = [int(re.sub(r"[a-g]$", "", number)) for number in numbers]
    assert len(set(numbers)) == len(numbers)
    assert (len(set(mains)), len(numbers)) == ROWS[key]
    assert mains == sorted(mains)
    assert set(mains) == set(range(1, ROWS[key][0] + 1))


@pytest.mark.parametrize("key", CHECKLISTS)
def test_letters_begin_with_a_and_miss_none(key: str) -> None:
    letters: dict[str, str] = {}
    for item in load_checklist(key).items:
        main, letter = re.fullmatch(r"(\d+)([a-g]?)", item.number).groups()  # type: ignore[union-attr]
        letters[main] = letters.get(main, "") + letter
    assert all("abcdefg".startswith(found) for found in letters.values())


@pytest.mark.parametrize("key", CHECKLISTS)
def test_every_name_and_section_has_a_chinese_form(key: str) -> None:
    for item in load_checklist(key).items:
        assert CHINESE.search(item.name.zh), item.number
        assert CHINESE.search(item.section.zh), item.number
        assert not CHINESE.search(item.name.en), item.number


@pytest.mark.parametrize("key", CHECKLISTS)
def test_every_filler_named_exists(key: str) -> None:
    assert {item.fill for item in load_checklist(key).items} - {""} <= set(FILLERS)


def test_every_filler_serves_some_item() -> None:
    used = {item.fill for key in CHECKLISTS for item in load_checklist(key).items}
    assert set(FILLERS) <= used
