"""Terms: English by words, Chinese by characters, both in one text; and where they stand."""

from __future__ import annotations

import pytest

from readingroom.reading.features.contributions import word_marks
from readingroom.reading.features.section import TextSection
from readingroom.reading.features.text import joined_terms, terms


def said(text: str, **values: object) -> list[str]:
    return [term.text for term in terms(text, TextSection.model_validate(values))]


def test_a_negation_is_another_term_than_what_it_denies() -> None:
    assert "no nodule" in said("No nodule.")
    assert "未见结" in said("未见结节")
    assert "未见结" not in said("见结节")


def test_a_run_never_crosses_punctuation() -> None:
    assert "no effusion nodule" not in said("No effusion. Nodule seen.", ngrams=[1, 3])
    assert "effusion nodule" not in said("No effusion. Nodule seen.")
    assert "节心" not in said("结节。心影")


def test_a_text_that_mixes_scripts_is_taken_apart_by_each() -> None:
    found = said("右肺 CT 见 5 mm 结节")
    assert {"ct", "5 mm", "结节", "右肺"} <= set(found)


@pytest.mark.parametrize(
    ("analyser", "there", "missing"), [("words", "未见结节", "未"), ("characters", "no", "no node")]
)
def test_an_analyser_that_is_asked_for_serves_all_scripts(analyser: str, there: str, missing: str) -> None:
    found = said("no node 未见结节", analyser=analyser)
    assert there in found
    assert missing not in found


def test_case_and_full_width_forms_make_no_difference() -> None:
    assert said("ＣＴ Ｎｏｄｕｌｅ") == said("ct nodule")


def test_terms_stand_where_they_say() -> None:
    text = "No Nodule; 未见结节"
    assert all(text[term.start : term.end].lower() == term.text for term in terms(text, TextSection()))


def test_a_text_of_nothing_has_no_terms() -> None:
    assert joined_terms("。 … !", TextSection()) == ""


def test_marks_share_what_a_term_adds_among_its_characters_and_add_up() -> None:
    text = "no node, no node"
    marks = word_marks(text, TextSection(), {"no node": -1.4, "node": 0.6, "absent": 9.0})
    assert sum(mark.value * (mark.end - mark.start) for mark in marks) == pytest.approx(-0.8)
    assert all(text[mark.start : mark.end].strip() for mark in marks)
