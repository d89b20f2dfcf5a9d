"""From several annotators to a case table."""

from __future__ import annotations

import pandas as pd

from readingroom.annotation import AnnotatedImage, Annotations, Lesion, agreed_cases, find_consensus


def said(image: str, *answers: str, box: float | None = None) -> list[AnnotatedImage]:
    lesions = () if box is None else (Lesion(answers[0], drawn_box=(1, 2, box, 9)),)
    return [
        AnnotatedImage(image, 20, 20, f"doctor {number}", (answer,), lesions)
        for number, answer in enumerate(answers, start=1)
    ]


def test_only_what_all_agree_on_enters_and_every_other_row_says_why_not() -> None:
    images = [*said("a", "x", "x", "x", box=8), *said("b", "x", "y", "x"), *said("c", "y", "y", "y")]
    cases = pd.DataFrame({"image": ["a", "b", "c", "d"], "patient": [1, 1, 2, 2], "label": "?"})
    found = agreed_cases(cases, find_consensus(Annotations(tuple(images)), "unanimous"))
    assert found["label"].fillna("").tolist() == ["x", "", "y", ""]
    assert found["boxes"].fillna("").tolist() == ["1 2 8 9", "", "", ""]
    assert found["excluded"].tolist() == ["", "the annotators do not agree", "", "not annotated"]
    assert found["patient"].tolist() == [1, 1, 2, 2]


def test_a_reason_that_a_row_had_before_is_kept_and_experts_may_take_images_out() -> None:
    images = [*said("a", "x", "x"), *said("b", "x", "y")]
    cases = pd.DataFrame({"image": ["a", "b"], "excluded": ["blurred", None]})
    consensus = find_consensus(Annotations(tuple(images)), "unanimous", decisions={"b": "exclude"})
    assert agreed_cases(cases, consensus)["excluded"].tolist() == ["blurred", "taken out"]


def test_the_commas_of_a_table_and_its_input_are_left_as_they_are() -> None:
    cases = pd.DataFrame({"image": ["a"], "note": ["one, two"]})
    before = cases.copy()
    agreed_cases(cases, find_consensus(Annotations(tuple(said("a", "x", "x")))))
    pd.testing.assert_frame_equal(cases, before)
